#!/usr/bin/env bash
# The documents that the rows make: what is committed is what the program writes, and is well formed.
set -euo pipefail

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

renew='renew with "hvctl describe --man >docs/man/hvemu-tunables.7; hvctl describe --markdown docs/reference"'
hvctl describe --man >"$work/hvemu-tunables.7"
cmp "$work/hvemu-tunables.7" "$HVEMU_SOURCE/docs/man/hvemu-tunables.7" || fail "$renew"
hvctl describe --markdown "$work/reference" >/dev/null
diff -r "$work/reference" "$HVEMU_SOURCE/docs/reference" || fail "$renew"

# Every row is in both.
rows=$(hvctl tunables --summary --json | sed -n 's/^  "rows": \([0-9]*\),*$/\1/p')
[ "$(grep -c '^\.It ' "$work/hvemu-tunables.7")" = "$rows" ] || fail "not all $rows rows are in the page"
[ "$(cat "$work"/reference/*.md | grep -c '^### ')" = "$rows" ] || fail "not all $rows rows are in the pages"
[ "$(hvctl describe EnableSevSnp | grep -c "^  gates  .*AuthenticAMD")" = 1 ] || fail "describe says nothing of the gate"
hvctl describe --man extra >/dev/null 2>&1 && fail "--man takes an argument"
touch "$work/file"
hvctl describe --markdown "$work/file" >/dev/null 2>&1 && fail "pages are in a file"

if command -v mandoc >/dev/null; then
	mandoc -T lint -W warning "$work/hvemu-tunables.7" || fail "mandoc finds fault"
fi
if command -v groff >/dev/null; then
	said=$(groff -mdoc -T utf8 -w w -z "$work/hvemu-tunables.7" 2>&1)
	[ -z "$said" ] || fail "groff says: $said"
fi
if command -v man >/dev/null; then
	man -l "$work/hvemu-tunables.7" | grep -q 'MirrorBlockSize' || fail "man does not show the page"
fi
echo "ok: $rows rows"
