#!/bin/bash
# Other programs read the hives that we write: each judge's dump is imported into a key of its own,
# which must then be the key that was saved. HVEMU_BIN is the folder with the binaries. Judges that
# are not installed are skipped; without any the status is 77. Prints TAP.
set -u

reg="${HVEMU_BIN:?the folder with the binaries}/reg"
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
export HVEMU_ROOT="$work/host"
cd "$work" || exit 2
PATH=$PATH:/usr/sbin

cases=0
failed=0
judges=0

report() { # yes or no, name
	cases=$((cases + 1))
	if [ "$1" = yes ]; then
		echo "ok $cases - $2"
	else
		echo "not ok $cases - $2"
		failed=$((failed + 1))
	fi
}

skip() { # name
	cases=$((cases + 1))
	echo "ok $cases - $1 # SKIP not installed"
}

top='HKEY_LOCAL_MACHINE\SOFTWARE\Judged'

# import_and_compare NAME DUMP SOURCE: DUMP is a .reg file of the key $top\NAME.
import_and_compare() {
	if "$reg" import "$2" >out.txt 2>&1 &&
		"$reg" compare "$top\\$3" "$top\\$1" /s >>out.txt 2>&1; then
		report yes "$1 reads $3"
	else
		report no "$1 reads $3"
		sed 's/^/# /' out.txt
	fi
}

add() { # key, then arguments of add
	local key=$1
	shift
	"$reg" add "$top\\$key" "$@" /f >/dev/null || exit 2
}

# Trees within ASCII, within 16 bits, and beyond: not every judge knows all names.
make_tree() { # name, then words for names
	local tree=$1 word i
	shift
	for word in "$@"; do
		add "$tree\\$word\\Deep $word\\deeper" /ve /d "default of $word"
		add "$tree\\$word" /v "$word" /d 'some text'
		add "$tree\\$word" /v 'a dword' /t REG_DWORD /d 0xfedcba98
		add "$tree\\$word" /v qword /t REG_QWORD /d 0x123456789abcdef0
		add "$tree\\$word" /v expand /t REG_EXPAND_SZ /d '%SystemRoot%\x'
		add "$tree\\$word" /v multi /t REG_MULTI_SZ /d 'one\0two\0three'
		add "$tree\\$word" /v binary /t REG_BINARY /d 00ff10
		add "$tree\\$word" /v none /t REG_NONE
	done
	add "$tree\\$1" /v big /t REG_BINARY /d "$(head -c 40000 /dev/zero | tr '\0' 7)"
	for i in $(seq 60); do
		printf '[%s\\Many\\Key %s]\n' "$top\\$tree" "$((i * 37 % 61))"
	done >many.txt
	{ echo 'Windows Registry Editor Version 5.00'; cat many.txt; } >many.reg
	"$reg" import many.reg 2>/dev/null || exit 2
	"$reg" save "$top\\$tree" "$tree.hiv" >/dev/null || exit 2
}

make_tree Ascii Zulu alpha '{B}' under_score
make_tree Wide zz Ärger ärmer 'été' 漢字
make_tree Astral 😀 𝒜

# Data that take version 1.5 and segments: a byte more than fill the last of them, and a few small ones.
make_large() {
	{
		printf 'Windows Registry Editor Version 5.00\n\n[%s\\Large]\n"large"=hex:' "$top"
		seq 0 1000007 | awk '{ printf "%s%02x", (NR > 1 ? "," : ""), ($1 * 7 + int($1 / 16344)) % 256 }'
		printf '\n"middle"=hex:'
		seq 0 16344 | awk '{ printf "%s%02x", (NR > 1 ? "," : ""), $1 % 251 }'
		printf '\n"small"=hex:01,02,03,04,05\n'
	} >large.reg
	"$reg" import large.reg 2>/dev/null || exit 2
	"$reg" save "$top\\Large" Large.hiv >/dev/null || exit 2
}
make_large
[ "$(od -An -tu4 -j24 -N4 Large.hiv | tr -d ' ')" = 5 ] && report yes 'large data are of version 1.5' ||
	report no 'large data are of version 1.5'

if command -v hivexregedit >/dev/null; then
	judges=$((judges + 1))
	for tree in Ascii Wide Astral Large; do
		PERL_UNICODE=S hivexregedit --export --prefix "$top\\hivexregedit" "$tree.hiv" '\' >dump.reg
		"$reg" delete "$top\\hivexregedit" /f >/dev/null 2>&1
		import_and_compare hivexregedit dump.reg "$tree"
	done
	# And one that it changed comes back to us.
	printf 'Windows Registry Editor Version 5.00\n\n[X\\zulu]\n"new"=dword:00000001\n\n[X\\Zzz]\n' >merge.reg
	cp Ascii.hiv merged.hiv
	hivexregedit --merge --prefix X merged.hiv <merge.reg
	add Merged
	"$reg" restore "$top\\Merged" merged.hiv >/dev/null 2>&1
	"$reg" compare "$top\\Ascii" "$top\\Merged" /s >out.txt
	grep -v '^$' out.txt | diff - <(printf '%s\n' "> Value:  $top\\Merged\\Zulu  new  REG_DWORD  0x1" \
		"> Key:  $top\\Merged\\Zzz" 'Result Compared:  Different' \
		'The operation completed successfully.') && report yes 'hivexregedit merges' ||
		report no 'hivexregedit merges'
else
	skip hivexregedit
fi

if command -v reged >/dev/null; then
	judges=$((judges + 1))
	reged -x Ascii.hiv "$top\\reged" '\' dump.reg >out.txt 2>&1
	import_and_compare reged dump.reg Ascii
else
	skip reged
fi

if perl -MParse::Win32Registry -e 1 2>/dev/null; then
	judges=$((judges + 1))
	cat >dump.pl <<'END'
use strict;
use Parse::Win32Registry;
binmode STDOUT, ':utf8';
my ($file, $top) = @ARGV;
print "Windows Registry Editor Version 5.00\n";
sub dump_key {
	my ($key, $path) = @_;
	print "\n[$path]\n";
	for my $value ($key->get_list_of_values) {
		my $name = $value->get_name;
		my $hex = join(',', map { sprintf '%02x', $_ } unpack 'C*', $value->get_raw_data // '');
		print $name eq '' ? '@' : "\"$name\"", sprintf('=hex(%x):', $value->get_type), "$hex\n";
	}
	dump_key($_, "$path\\" . $_->get_name) for $key->get_list_of_subkeys;
}
dump_key(Parse::Win32Registry->new($file)->get_root_key, $top);
END
	for tree in Ascii Wide; do
		perl dump.pl "$tree.hiv" "$top\\Parse-Win32Registry" >dump.reg
		"$reg" delete "$top\\Parse-Win32Registry" /f >/dev/null 2>&1
		import_and_compare Parse-Win32Registry dump.reg "$tree"
	done
else
	skip Parse-Win32Registry
fi

# What the other two print is no dump; their lists of keys and values are compared.
"$reg" query "$top\\Ascii" /s | tr -d '\r' >all.txt
keys=$(grep -c '^\[' <(iconv -f UTF-16 -t UTF-8 <("$reg" export "$top\\Ascii" ascii.reg /y >/dev/null; cat ascii.reg)))
values=$(grep -c '^    ' all.txt)

if command -v reglookup >/dev/null; then
	judges=$((judges + 1))
	reglookup -s Ascii.hiv >out.txt 2>err.txt
	[ "$(grep -c ',KEY,' out.txt)" = "$keys" ] && report yes 'reglookup counts keys' ||
		report no 'reglookup counts keys'
	[ "$(grep -vc ',KEY,\|^PATH,' out.txt)" = "$values" ] && report yes 'reglookup counts values' ||
		report no 'reglookup counts values'
	[ ! -s err.txt ] && report yes 'reglookup warns of nothing' || report no 'reglookup warns of nothing'
	grep -q '^/Zulu/a dword,DWORD,0xFEDCBA98,' out.txt && report yes 'reglookup reads a number' ||
		report no 'reglookup reads a number'
	# Every key has an owner, so its security descriptor was found.
	[ "$(grep ',KEY,' out.txt | grep -c 'S-1-5-')" = "$keys" ] && report yes 'reglookup reads descriptors' ||
		report no 'reglookup reads descriptors'
	reglookup Large.hiv >out.txt 2>err.txt
	# It prints a byte as %XX or as one character; what is looked at is that all are there.
	large=$(sed -n 's/^\/*large,BINARY,//p' out.txt | cut -d, -f1 | sed 's/%[0-9A-F][0-9A-F]/x/g' | tr -d '\n' | wc -c)
	[ "$large" = 1000008 ] && [ ! -s err.txt ] && report yes 'reglookup reads large data' ||
		report no 'reglookup reads large data'
else
	skip reglookup
fi

if command -v regfinfo >/dev/null; then
	judges=$((judges + 1))
	for tree in Ascii Wide; do
		regfinfo "$tree.hiv" >out.txt 2>err.txt
		iconv -f UTF-16 -t UTF-8 <("$reg" export "$top\\$tree" tree.reg /y >/dev/null; cat tree.reg) >tree.txt
		[ "$(grep -c '(key:' out.txt)" = "$(grep -c '^\[' tree.txt)" ] &&
			[ "$(grep -c '(value:' out.txt)" = "$(grep -c '^["@]' tree.txt)" ] && [ ! -s err.txt ] &&
			report yes "regfinfo counts $tree" || report no "regfinfo counts $tree"
	done
else
	skip regfinfo
fi

echo "1..$cases"
[ "$failed" = 0 ] || exit 1
[ "$judges" -gt 0 ] || exit 77
