#!/usr/bin/env bash
# Wine as a judge: .reg files made by chance (but always the same ones) are imported by our reg and
# by Wine's, and what both export and query must be the same, in whatever order. Then each imports
# what the other one has exported. What is known to differ is in tests/lib/reg_files.py.
# Exit status 77: no Wine (scripts/setup --wine installs it) or no Python.
set -euo pipefail

reg=${HVEMU_BIN:?the folder with the binaries}/reg
source=${HVEMU_SOURCE:-$(dirname "$(readlink -f "$0")")/../..}
count=20
seed=2025

for command in wine /usr/bin/python3; do
	command -v "$command" >/dev/null || {
		echo "skipped: there is no $command"
		exit 77
	}
done

work=$(mktemp -d)
export HVEMU_ROOT=$work/host WINEPREFIX=$work/wine HOME=$work WINEDEBUG=-all LC_ALL=C.UTF-8
# No windows, no downloads, no entries in the desktop's menus.
export WINEDLLOVERRIDES="mscoree=;mshtml=;winemenubuilder.exe="
unset DISPLAY WAYLAND_DISPLAY
cleanup() {
	wineserver --kill >/dev/null 2>&1 || true
	wineserver --wait >/dev/null 2>&1 || true
	rm -rf "$work"
}
trap cleanup EXIT
cd "$work"

fail() {
	echo "not ok: $*" >&2
	exit 1
}

# Prints what the command said only if it fails.
quietly() {
	local out
	out=$("$@" 2>&1 </dev/null) || fail "\"$*\" exited with $?: $out"
}

files() {
	/usr/bin/python3 -B "$source/tests/lib/reg_files.py" "$@"
}

wine wineboot --init >/dev/null 2>&1 || fail "wineboot"
wine --version
files generate "$count" "$seed" .

failed=0
for file in [0-9]*.reg; do
	name=${file%.reg}
	key="HKLM\\SOFTWARE\\hvemu-$name"
	full="HKEY_LOCAL_MACHINE\\SOFTWARE\\hvemu-$name"

	quietly "$reg" import "$file"
	if ((10#$name % 2)); then
		quietly wine regedit /S "$file"
	else
		quietly wine reg import "$file"
	fi
	quietly "$reg" export "$key" ours.txt /y
	quietly wine reg export "$key" theirs.txt /y
	quietly wine regedit /E regedit.txt "$full"
	files compare ours.txt theirs.txt >>known.txt || failed=$((failed + 1))
	files compare ours.txt regedit.txt >>known.txt || failed=$((failed + 1))

	# Each reads what the other one wrote; what Wine's export leaves out is lost on both sides.
	quietly "$reg" delete "$key" /f
	quietly wine reg delete "$key" /f
	quietly "$reg" import theirs.txt
	quietly wine reg import ours.txt
	quietly "$reg" export "$key" ours-2.txt /y
	quietly wine reg export "$key" theirs-2.txt /y
	files compare ours-2.txt theirs.txt >>known.txt || failed=$((failed + 1))
	files compare ours.txt theirs-2.txt >>known.txt || failed=$((failed + 1))
done

# What query prints: of plain values, as Wine's query loses letters beyond ASCII without a console
# and crashes on empty lists. Known to differ: Wine sorts values by their names, prints no number for
# a REG_QWORD, and has other words (and one empty line less) for the end of a search.
query_key='HKLM\SOFTWARE\hvemu-query'
while read -r name type data; do
	for command in "$reg" "wine reg"; do
		# shellcheck disable=SC2086 # two words
		quietly $command add "$query_key\\Sub Key" /v "$name" /t "$type" /d "$data" /f
	done
done <<'VALUES'
zero REG_SZ a "b" \c
one REG_EXPAND_SZ %SystemRoot%\x
two REG_MULTI_SZ a\0bc\0d
three REG_DWORD 0x1fE
four REG_DWORD 4294967295
five REG_QWORD 0x123456789abcdef0
six REG_BINARY 00ffA0
seven REG_NONE 01
VALUES
comparable() {
	tr -d '\r' | sed -e 's/\(REG_QWORD    \).*/\1(null)/' -e '/^$/d' \
		-e 's/^End of search: \([0-9]*\) .*/found: \1/' -e 's/^Search complete.*: /found: /' | sort
}
for switches in "" /s "/s /v three" "/v one" /ve; do
	# shellcheck disable=SC2086 # words
	diff <("$reg" query "$query_key\\Sub Key" $switches | comparable) \
		<(wine reg query "$query_key\\Sub Key" $switches 2>/dev/null </dev/null | comparable) >&2 ||
		failed=$((failed + 1))
done

# The sum over all files of each known difference; everything else that was printed.
grep -v '^known: ' known.txt >&2 || true
sed -n 's/^known: //p' known.txt |
	awk '{ n = $1; $1 = ""; sum[$0] += n }
		END { for (name in sum) print "known:" name ": " sum[name] }' | sort
comparisons=$((count * 4 + 5))
echo "$((comparisons - failed)) of $comparisons comparisons over $count files passed"
((failed == 0))
