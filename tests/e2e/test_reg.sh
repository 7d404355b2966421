#!/bin/bash
# The true `reg` over a host of its own: output and exit status, compared as a whole.
# HVEMU_BIN is the folder with the binaries. Prints TAP; exits 1 if a case fails.
set -u

reg="${HVEMU_BIN:?the folder with the binaries}/reg"
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
export HVEMU_ROOT="$work/host"
cd "$work" || exit 2

cases=0
failed=0
done_line='The operation completed successfully.'
missing='ERROR: The system was unable to find the specified registry key or value.'

report() { # passed, name
	cases=$((cases + 1))
	if [ "$1" = yes ]; then
		echo "ok $cases - $2"
	else
		echo "not ok $cases - $2"
		failed=$((failed + 1))
	fi
}

# check NAME STATUS STDOUT STDERR -- ARGUMENTS: run reg with $input as its standard input. The
# expected texts are without their last line end; an "x" keeps the shell from cutting more off.
input=
check() {
	local name=$1 status=$2 out=$3 err=$4 got_out got_err got
	shift 5
	printf '%s' "$input" | "$reg" "$@" >out.txt 2>err.txt
	got=$?
	got_out=$(cat out.txt; echo x)
	got_err=$(cat err.txt; echo x)
	[ -n "$out" ] && out+=$'\n'
	[ -n "$err" ] && err+=$'\n'
	if [ "$got" = "$status" ] && [ "$got_out" = "${out}x" ] && [ "$got_err" = "${err}x" ]; then
		report yes "$name"
	else
		report no "$name"
		printf '# reg %s\n# exit %s, expected %s\n' "$*" "$got" "$status"
		diff <(printf '%s' "$out") out.txt | sed 's/^/# stdout: /'
		diff <(printf '%s' "$err") err.txt | sed 's/^/# stderr: /'
	fi
	input=
}

usage() { # verb
	printf 'ERROR: Invalid syntax.\nType "REG %s/?" for usage.' "${1:+$1 }"
}

key='HKLM\SOFTWARE\Test'
path='HKEY_LOCAL_MACHINE\SOFTWARE\Test'
no_host="ERROR: There is no host in $HVEMU_ROOT. Create one with \"hvctl host create\", or set HVEMU_ROOT."

# No host
check 'query needs a host' 1 '' "$no_host" -- query HKLM
check 'delete needs a host' 1 '' "$no_host" -- delete "$key" /f
check 'export needs a host' 1 '' "$no_host" -- export "$key" a.reg
[ ! -e "$HVEMU_ROOT" ] && report yes 'no host was made' || report no 'no host was made'

# Syntax
check 'a verb is needed' 1 '' "$(usage '')" --
check 'an unknown verb is refused' 1 '' "$(usage '')" -- frob HKLM
check 'a key is needed' 1 '' "$(usage QUERY)" -- query
check 'an unknown switch is refused' 1 '' "$(usage ADD)" -- add "$key" /x
check 'a switch needs its text' 1 '' "$(usage ADD)" -- add "$key" /v
check 'a switch stands once' 1 '' "$(usage ADD)" -- add "$key" /v a /V b
check '/v and /ve exclude each other' 1 '' "$(usage DELETE)" -- delete "$key" /v a /ve
check 'export needs a file' 1 '' "$(usage EXPORT)" -- export "$key"
check 'both views at once are refused' 1 '' "$(usage QUERY)" -- query HKLM /reg:32 /reg:64
for root in HKXX 'HKLMX\a' '\HKLM' ''; do
	check "root \"$root\" is refused" 1 '' \
		$'ERROR: Invalid key name.\nType "REG QUERY /?" for usage.' -- query "$root"
done
"$reg" query '/?' | grep -q '^REG QUERY KEY' && report yes 'help' || report no 'help'
"$reg" '/?' >/dev/null && report yes 'usage' || report no 'usage'
# What takes a view says so, in the line of usage and in the list; unload takes none.
for verb in query add delete copy save restore load compare import export flags; do
	[[ $("$reg" "$verb" '/?' | grep -c '/reg:32') -eq 2 ]] && report yes "$verb: help tells /reg:32" ||
		report no "$verb: help tells /reg:32"
done
"$reg" unload '/?' | grep -q '/reg:' && report no 'unload: help' || report yes 'unload: help'

# Add, and what query prints of it
check 'a key is added' 0 "$done_line" '' -- add "$key"
check 'an empty key has nothing to print' 0 '' '' -- query "$key"
check 'text' 0 "$done_line" '' -- add "$key" /v Text /d 'a b'
check 'no data is empty text' 0 "$done_line" '' -- Add "$key" /V Empty
check 'the default value' 0 "$done_line" '' -- ADD "$key" /ve /d dflt
check 'decimal' 0 "$done_line" '' -- add "$key" /v Dec /t REG_DWORD /d 4294967295
check 'hexadecimal' 0 "$done_line" '' -- add "$key" /v Hex /t reg_dword /d 0xABC /reg:64
check 'qword' 0 "$done_line" '' -- add "$key" /v Q /t REG_QWORD /d 0xFFFFFFFFFFFFFFFF
check 'binary' 0 "$done_line" '' -- add "$key" /v Bin /t REG_BINARY /d 0aBc
check 'odd binary' 0 "$done_line" '' -- add "$key" /v Odd /t REG_BINARY /d abc
check 'multi' 0 "$done_line" '' -- add "$key" /v Multi /t REG_MULTI_SZ /d 'a\0b\0c'
check 'multi with a separator' 0 "$done_line" '' -- add "$key" /v Multi2 /t REG_MULTI_SZ /s ';' /d 'a;b;'
check 'expand' 0 "$done_line" '' -- add "$key" /v Exp /t REG_EXPAND_SZ /d '%a%'
check 'none' 0 "$done_line" '' -- add "$key" /v None /t REG_NONE /d a
check 'names beyond ASCII' 0 "$done_line" '' -- add "$key" /v 'Ä' /d '€😀'
check 'a subkey' 0 "$done_line" '' -- add "$key"'\Sub\Deep' /v v /d 1
check 'all is printed' 0 "
$path
    Text    REG_SZ    a b
    Empty    REG_SZ    
    (Default)    REG_SZ    dflt
    Dec    REG_DWORD    0xffffffff
    Hex    REG_DWORD    0xabc
    Q    REG_QWORD    0xffffffffffffffff
    Bin    REG_BINARY    0ABC
    Odd    REG_BINARY    0ABC
    Multi    REG_MULTI_SZ    a\\0b\\0c
    Multi2    REG_MULTI_SZ    a\\0b
    Exp    REG_EXPAND_SZ    %a%
    None    REG_NONE    61000000
    Ä    REG_SZ    €😀

$path\\Sub" '' -- query "$key"

check 'a number out of range' 1 '' "$(usage ADD)" -- add "$key" /v x /t REG_DWORD /d 4294967296
check 'a number with more after it' 1 '' "$(usage ADD)" -- add "$key" /v x /t REG_DWORD /d 1x
check 'a negative number' 1 '' "$(usage ADD)" -- add "$key" /v x /t REG_DWORD /d -1
check 'a number is needed' 1 '' "$(usage ADD)" -- add "$key" /v x /t REG_DWORD
check 'a qword out of range' 1 '' "$(usage ADD)" -- add "$key" /v x /t REG_QWORD /d 18446744073709551616
check 'no hexadecimal digits' 1 '' "$(usage ADD)" -- add "$key" /v x /t REG_BINARY /d xy
check 'an empty string in a list' 1 '' "$(usage ADD)" -- add "$key" /v x /t REG_MULTI_SZ /d 'a\0\0b'
check 'a separator is one character' 1 '' "$(usage ADD)" -- add "$key" /v x /t REG_MULTI_SZ /s '##' /d a
check 'an unknown type' 1 '' "$(usage ADD)" -- add "$key" /v x /t REG_NOPE /d 1
check 'nothing of these was written' 1 '' "$missing" -- query "$key" /v x
check 'no new key below a root' 1 '' 'ERROR: The parameter is incorrect.' -- add 'HKLM\New'

# Overwriting
input=$'n\n'
check 'overwriting asks' 0 \
	'Value Text exists, overwrite(Yes/No)? The operation was canceled by the user.' '' \
	-- add "$key" /v Text /d new
input=$'what\nYES\n'
check 'overwriting asks again' 0 \
	"Value Text exists, overwrite(Yes/No)? Value Text exists, overwrite(Yes/No)? $done_line" '' \
	-- add "$key" /v Text /d new
check 'no answer cancels and fails' 1 \
	$'Value Text exists, overwrite(Yes/No)? \nThe operation was canceled by the user.' '' \
	-- add "$key" /v Text /d newer
check '/f does not ask' 0 "$done_line" '' -- add "$key" /v Text /d 'a b' /f

# Query by name
check 'one value' 0 "
$path
    Dec    REG_DWORD    0xffffffff
" '' -- query "$key" /v dec
check 'the default value alone' 0 "
$path
    (Default)    REG_SZ    dflt
" '' -- query "$key" /ve
check 'an unset default value' 0 "
$path\\Sub
    (Default)    REG_SZ    (value not set)
" '' -- query "$key\\Sub" /ve
check 'type numbers' 0 "
$path
    Dec    REG_DWORD (4)    0xffffffff
" '' -- query "$key" /v Dec /z
check 'another separator' 0 "
$path
    Multi    REG_MULTI_SZ    a#b#c
" '' -- query "$key" /v Multi /se '#'
check 'a missing value' 1 '' "$missing" -- query "$key" /v nope
check 'a missing key' 1 '' "$missing" -- query "$key\\Nope"
check 'the path is printed as typed' 0 "
HKEY_LOCAL_MACHINE\\software\\TEST\\sub\\Deep" '' -- query 'hklm\software\TEST\sub\'
check 'the subtree' 0 "
$path\\Sub\\Deep
    v    REG_SZ    1
" '' -- query "$key\\Sub" /s

# Search
check 'search in data' 0 "
$path
    Exp    REG_EXPAND_SZ    %a%

End of search: 1 match(es) found." '' -- query "$key" /f '%A' /d
check 'search is exact on demand' 1 'End of search: 0 match(es) found.' '' -- query "$key" /f '%a' /d /e
check 'search in names of keys' 0 "
$path\\Sub\\Deep

End of search: 1 match(es) found." '' -- query "$key" /s /f dEE /k
check 'search with case' 1 'End of search: 0 match(es) found.' '' -- query "$key" /s /f dEE /k /c
check 'search in names of values' 0 "
$path
    Multi    REG_MULTI_SZ    a\\0b\\0c
    Multi2    REG_MULTI_SZ    a\\0b

End of search: 2 match(es) found." '' -- query "$key" /v /f 'm*l?i'
check 'search by type' 0 "
$path
    Dec    REG_DWORD    0xffffffff
    Hex    REG_DWORD    0xabc

End of search: 2 match(es) found." '' -- query "$key" /s /t REG_DWORD
check 'search for a name at every level' 0 "
$path\\Sub\\Deep
    v    REG_SZ    1

End of search: 1 match(es) found." '' -- query "$key" /s /v v
check '/k needs /f' 1 '' "$(usage QUERY)" -- query "$key" /k

# Export and import
check 'export' 0 "$done_line" '' -- export "$key\\Sub" a.reg
printf '\xff\xfe' >expected.reg
printf 'Windows Registry Editor Version 5.00\r\n\r\n[%s]\r\n\r\n[%s]\r\n"v"="1"\r\n\r\n' \
	"$path\\Sub" "$path\\Sub\\Deep" | iconv -t UTF-16LE >>expected.reg
cmp -s a.reg expected.reg && report yes 'the file is regedit'\''s' || report no 'the file is regedit'\''s'
check 'export asks before it overwrites' 1 \
	$'File a.reg already exists. Overwrite (Yes/No)?\nThe operation was canceled by the user.' '' \
	-- export "$key" a.reg
check 'export of a missing key' 1 '' "$missing" -- export "$key\\Nope" b.reg
check 'export into a missing folder' 1 '' \
	'ERROR: Unable to write to the file no/b.reg: The system cannot find the file specified.' \
	-- export "$key" no/b.reg
check 'export overwrites with /y' 0 "$done_line" '' -- export "$key" a.reg /y
[ "$(echo a.reg* b.reg*)" = 'a.reg b.reg*' ] && report yes 'no other file stays' || report no 'no other file stays'
HVEMU_ROOT="$work/copy" check 'import makes the host' 0 '' "$done_line" -- import a.reg
HVEMU_ROOT="$work/copy" check 'export from the copy' 0 "$done_line" '' -- export "$key" b.reg
cmp -s a.reg b.reg && report yes 'the round trip is exact' || report no 'the round trip is exact'

printf 'Windows Registry Editor Version 5.00\n\n[%s\\New]\n"a"=dword:1\n"b"=dword:xyz\n' "$path" >bad.reg
check 'a bad line is named' 1 '' \
	'ERROR: bad.reg:5: expected a hexadecimal digit after "dword:", found "xyz"' -- import bad.reg
check 'and nothing was written' 1 '' "$missing" -- query "$key\\New"
printf 'REGEDIT4\n[HKEY_DYN_DATA\\X]\n' >bad.reg
check 'a root that is not there is named' 1 '' \
	'ERROR: bad.reg:2: cannot create the key "HKEY_DYN_DATA\X": The specified path is invalid.' \
	-- import bad.reg
check 'a file that is not there' 1 '' \
	'ERROR: Error opening the file. There may be a disk or file system error.' -- import nope.reg
printf 'Windows Registry Editor Version 5.00\n[-%s\\Sub]\n[-%s\\Nope]\n[%s]\n"Text"=-\n"Nope"=-\n' \
	"$path" "$path" "$path" >delete.reg
check 'import deletes' 0 '' "$done_line" -- import delete.reg
check 'the key is gone' 1 '' "$missing" -- query "$key\\Sub"
check 'the value is gone' 1 '' "$missing" -- query "$key" /v Text

# Delete
input=$'no\n'
check 'deleting a key asks' 0 \
	"Permanently delete the registry key $path (Yes/No)? The operation was canceled by the user." '' \
	-- delete "$key"
input=$'y\n'
check 'deleting a value asks' 0 "Delete the registry value Dec (Yes/No)? 
$done_line" '' -- delete "$key" /v Dec
check 'deleting a missing value' 1 '' "$missing" -- delete "$key" /v Dec /f
check 'deleting the default value' 0 "$done_line" '' -- delete "$key" /ve /f
check 'deleting the unset default value' 1 '' "$missing" -- delete "$key" /ve /f
check 'adding a subkey to keep' 0 "$done_line" '' -- add "$key\\Keep"
check 'deleting all values' 0 "$done_line" '' -- delete "$key" /va /f
check 'the subkey is kept' 0 "
$path\\Keep" '' -- query "$key"
check 'deleting the key' 0 "$done_line" '' -- delete "$key" /f
check 'deleting it again' 1 '' "$missing" -- delete "$key" /f
check 'a root is not deleted' 1 '' 'ERROR: Access is denied.' -- delete HKLM /f

# The other roots, and the 32-bit view
check 'the user'"'"'s root' 0 "$done_line" '' -- add 'HKCU\Software\Test' /v a /d 1
check 'is a key of HKU' 0 '
HKEY_USERS\S-1-5-21-2025000001-2025000002-2025000003-500\Software\Test
    a    REG_SZ    1
' '' -- query 'HKU\S-1-5-21-2025000001-2025000002-2025000003-500\Software\Test'
check 'classes' 0 "$done_line" '' -- add 'HKCR\.test' /ve /d TestFile
check 'are below SOFTWARE' 0 '
HKEY_LOCAL_MACHINE\SOFTWARE\Classes\.test
    (Default)    REG_SZ    TestFile
' '' -- query 'HKLM\SOFTWARE\Classes\.test'
check 'the current configuration' 0 "$done_line" '' -- add 'HKCC\Software'
check 'the 32-bit view' 0 "$done_line" '' -- add "$key" /v bits /d 32 /reg:32
check 'is another key' 0 '
HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\Test
    bits    REG_SZ    32
' '' -- query 'HKLM\SOFTWARE\WOW6432Node\Test'
check 'the 64-bit view has none' 1 '' "$missing" -- query "$key" /reg:64
check 'a query of the view' 0 "
$path
    bits    REG_SZ    32
" '' -- query "$key" /reg:32
check 'a deletion in the view' 0 "$done_line" '' -- delete "$key" /reg:32 /f

# Copy and compare
check 'a source' 0 "$done_line" '' -- add "$key\\A" /v v /t REG_DWORD /d 1
check 'its subkey' 0 "$done_line" '' -- add "$key\\A\\Sub" /ve /d s
check 'copy' 0 "$done_line" '' -- copy "$key\\A" "$key\\B"
check 'only values without /s' 1 '' "$missing" -- query "$key\\B\\Sub"
check 'copy /s' 0 "$done_line" '' -- copy "$key\\A" "$key\\B" /s /f
check 'copies subkeys' 0 "
$path\\B\\Sub
    (Default)    REG_SZ    s
" '' -- query "$key\\B\\Sub"
input=$'maybe\nno\n'
question="Value $path\\B\\v exists, overwrite(Yes/No/All)? "
check 'copy asks' 0 "$question$question$done_line" '' -- copy "$key\\A" "$key\\B"
input=$'all\n'
check 'copy asks once for all' 0 "$question$done_line" '' -- copy "$key\\A" "$key\\B" /s
check 'copy without an answer' 1 "$question
The operation was canceled by the user." '' -- copy "$key\\A" "$key\\B"
check 'not onto itself' 1 '' 'ERROR: The registry entry cannot be copied onto itself.' \
	-- copy "$key\\A" 'hklm\software\test\a' /f
check 'copy into itself ends' 0 "$done_line" '' -- copy "$key\\A" "$key\\A\\Sub\\In" /s /f
check 'copy: a key like one that only the system may write' 0 "$done_line" '' \
	-- add "$key\\Copied\\SECURITY" /v v /d x /f
HVEMU_TOKEN=administrator check 'copy needs the right to what is below' 1 '' 'ERROR: Access is denied.' \
	-- copy "$key\\Copied" HKLM /s /f
check 'copy: delete it again' 0 "$done_line" '' -- delete "$key\\Copied" /f
check 'and copied what was there' 0 "
$path\\A\\Sub\\In
    v    REG_DWORD    0x1

$path\\A\\Sub\\In\\Sub
    (Default)    REG_SZ    s
" '' -- query "$key\\A\\Sub\\In" /s
check 'without it' 0 "$done_line" '' -- delete "$key\\A\\Sub\\In" /f
check 'alike' 0 "
Result Compared:  Identical

$done_line" '' -- compare "$key\\A" "$key\\B" /s
check 'what is alike' 0 "= Value:  $path\\A  v  REG_DWORD  0x1

Result Compared:  Identical

$done_line" '' -- compare "$key\\A" "$key\\B" /os
check 'a change' 0 "$done_line" '' -- add "$key\\B" /v v /t REG_DWORD /d 2 /f
check 'an addition' 0 "$done_line" '' -- add "$key\\B\\New"
check 'different' 2 "< Value:  $path\\A  v  REG_DWORD  0x1
> Value:  $path\\B  v  REG_DWORD  0x2
> Key:  $path\\B\\New

Result Compared:  Different

$done_line" '' -- compare "$key\\A" "$key\\B" /s
check 'different all' 2 "< Value:  $path\\A  v  REG_DWORD  0x1
> Value:  $path\\B  v  REG_DWORD  0x2
> Key:  $path\\B\\New
= Value:  $path\\A\\Sub  (Default)  REG_SZ  s

Result Compared:  Different

$done_line" '' -- compare "$key\\A" "$key\\B" /s /oa
check 'different, quietly' 2 "
Result Compared:  Different

$done_line" '' -- compare "$key\\A" "$key\\B" /on /v v
check 'comparing a missing value' 1 '' "$missing" -- compare "$key\\A" "$key\\B" /v none
check 'comparing a missing key' 1 '' "$missing" -- compare "$key\\A" "$key\\None"
check 'one way of showing' 1 '' "$(usage COMPARE)" -- compare "$key\\A" "$key\\B" /oa /on
check 'compare needs two keys' 1 '' "$(usage COMPARE)" -- compare "$key\\A"

# Virtualization flags
flags_key='HKLM\SOFTWARE\Flags'
flags() { # key, states of DONT_VIRTUALIZE, DONT_SILENT_FAIL, RECURSE_FLAG
	printf '\n%s\n\n\tREG_KEY_DONT_VIRTUALIZE: %s\n\tREG_KEY_DONT_SILENT_FAIL: %s\n' "$1" "$2" "$3"
	printf '\tREG_KEY_RECURSE_FLAG: %s\n\n%s' "$4" "$done_line"
}
flags_path='HKEY_LOCAL_MACHINE\SOFTWARE\Flags'
not_software=$'ERROR: Invalid key name.\nType "REG FLAGS /?" for usage.'
check 'a key for flags' 0 "$done_line" '' -- add "$flags_key\\Old" /f
check 'flags are clear' 0 "$(flags "$flags_path" CLEAR CLEAR CLEAR)" '' -- flags "$flags_key" QUERY
check 'flags without a word' 0 "$(flags "$flags_path" CLEAR CLEAR CLEAR)" '' -- flags "$flags_key"
check 'flags of SOFTWARE itself' 0 "$(flags 'HKEY_LOCAL_MACHINE\software' CLEAR CLEAR CLEAR)" '' \
	-- flags 'hklm\software' query
check 'flags are set' 0 "$done_line" '' -- flags "$flags_key" SET DONT_VIRTUALIZE DONT_SILENT_FAIL
check 'the ones named' 0 "$(flags "$flags_path" SET SET CLEAR)" '' -- flags "$flags_key" QUERY /reg:64
check 'a key without recursion' 0 "$done_line" '' -- add "$flags_key\\Single"
check 'inherits none' 0 "$(flags "$flags_path\\Single" CLEAR CLEAR CLEAR)" '' \
	-- flags "$flags_key\\Single" QUERY
check 'others are cleared' 0 "$done_line" '' -- flags "$flags_key" set recurse_flag dont_silent_fail
check 'those not named' 0 "$(flags "$flags_path" CLEAR SET SET)" '' -- flags "$flags_key" QUERY
check 'a key with recursion' 0 "$done_line" '' -- add "$flags_key\\New\\Deep"
check 'inherits, and what is below it' 0 "$(flags "$flags_path\\New\\Deep" CLEAR SET SET)" '' \
	-- flags "$flags_key\\New\\Deep" QUERY
check 'a key that was there does not' 0 "$(flags "$flags_path\\Old" CLEAR CLEAR CLEAR)" '' \
	-- flags "$flags_key\\Old" QUERY
check 'SET alone' 0 "$done_line" '' -- flags "$flags_key" SET
check 'clears all' 0 "$(flags "$flags_path" CLEAR CLEAR CLEAR)" '' -- flags "$flags_key" QUERY
check 'flags in the 32-bit view need the key there' 1 '' "$missing" -- flags "$flags_key" QUERY /reg:32
check 'a key of the 32-bit view' 0 "$done_line" '' -- add "$flags_key" /reg:32
check 'its flags are set' 0 "$done_line" '' -- flags "$flags_key" SET RECURSE_FLAG /reg:32
check 'and are its own' 0 "$(flags "$flags_path" CLEAR CLEAR SET)" '' -- flags "$flags_key" QUERY /reg:32
check 'not the other view'"'"'s' 0 "$(flags "$flags_path" CLEAR CLEAR CLEAR)" '' -- flags "$flags_key" QUERY
check 'flags of a missing key' 1 '' "$missing" -- flags "$flags_key\\None" SET
for root in HKLM 'HKLM\SYSTEM' 'HKLM\SOFTWAREX' 'HKCU\Software' 'HKCR\.test' HKXX; do
	check "flags below \"$root\" are refused" 1 '' "$not_software" -- flags "$root" QUERY
done
check 'flags need a key' 1 '' "$(usage FLAGS)" -- flags
for words in FROB 'QUERY SET' 'QUERY DONT_VIRTUALIZE' 'SET FROB' 'SET RECURSE_FLAG recurse_flag' \
	'DONT_VIRTUALIZE' 'RECURSE_FLAG SET' '/s' 'QUERY /s' 'SET /s /s' 'SET /s RECURSE_FLAG' \
	'SET /reg:64 RECURSE_FLAG'; do
	# shellcheck disable=SC2086 # words
	check "flags $words is refused" 1 '' "$(usage FLAGS)" -- flags "$flags_key" $words
done
check 'flags are set for all below' 0 "$done_line" '' -- flags "$flags_key" SET DONT_VIRTUALIZE RECURSE_FLAG /s
for below in '' '\Old' '\New' '\New\Deep' '\Single'; do
	check "flags of Flags$below" 0 "$(flags "$flags_path$below" SET CLEAR SET)" '' -- flags "$flags_key$below"
done
check 'but not in the other view' 0 "$(flags "$flags_path" CLEAR CLEAR SET)" '' -- flags "$flags_key" QUERY /reg:32
HVEMU_TOKEN=nobody check 'a token that there is not' 1 '' \
	"ERROR: HVEMU_TOKEN names no user. Give system, administrator, hyperv-administrator, user, local-service, network-service, or SIDs." \
	-- query "$flags_key"
HVEMU_TOKEN=user check 'setting flags below needs the right' 1 '' 'ERROR: Access is denied.' \
	-- flags "$flags_key" SET /S
check 'flags are cleared for all below' 0 "$done_line" '' -- flags "$flags_key" SET /S
check 'flags far below are clear' 0 "$(flags "$flags_path\\New\\Deep" CLEAR CLEAR CLEAR)" '' \
	-- flags "$flags_key\\New\\Deep"
HVEMU_TOKEN=user check 'setting flags needs the right' 1 '' 'ERROR: Access is denied.' \
	-- flags "$flags_key" SET RECURSE_FLAG
check 'none of these was set' 0 "$(flags "$flags_path" CLEAR CLEAR CLEAR)" '' -- flags "$flags_key" QUERY

# Hives
check 'save' 0 "$done_line" '' -- save "$key\\A" a.hiv
[ "$(head -c 4 a.hiv)" = regf ] && report yes 'a hive' || report no 'a hive'
input=$'n\n'
check 'save asks' 0 \
	'File a.hiv already exists. Overwrite (Yes/No)?The operation was canceled by the user.' '' \
	-- save "$key\\A" a.hiv
check 'save /y' 0 "$done_line" '' -- save "$key\\A" a.hiv /y
check 'restore' 0 "$done_line" '' -- restore "$key\\B" a.hiv
check 'restored' 0 "
Result Compared:  Identical

$done_line" '' -- compare "$key\\A" "$key\\B" /s
check 'restore of no hive' 1 '' \
	'ERROR: a.reg: at 0x0: expected the signature "regf" of a hive' -- restore "$key\\B" a.reg
check 'restore to a missing key' 1 '' "$missing" -- restore "$key\\None" a.hiv
check 'load' 0 "$done_line" '' -- load 'HKLM\Mounted' a.hiv
check 'loaded' 0 "
Result Compared:  Identical

$done_line" '' -- compare "$key\\A" 'HKLM\Mounted' /s
check 'a write to it' 0 "$done_line" '' -- add 'HKLM\Mounted\Sub' /v w /d 1
check 'unload' 0 "$done_line" '' -- unload 'HKLM\Mounted'
check 'unloaded' 1 '' "$missing" -- query 'HKLM\Mounted'
check 'and written back' 0 "$done_line" '' -- restore "$key\\B" a.hiv
check 'it is there' 0 "
$path\\B\\Sub
    w    REG_SZ    1
" '' -- query "$key\\B\\Sub" /v w
check 'load of a missing file' 1 '' 'ERROR: The system cannot find the file specified.' \
	-- load 'HKLM\Mounted' none.hiv
check 'load below a hive' 1 '' 'ERROR: a.hiv: The parameter is incorrect.' \
	-- load 'HKLM\SOFTWARE\Mounted' a.hiv
"${reg%reg}REG" QUERY "$key\\B" /v v >/dev/null && report yes 'the other name' || report no 'the other name'

# regedit
regedit="${HVEMU_BIN}/regedit"
"$reg" add "$key\\Edit" /v 'é' /d '€' /f >/dev/null
"$reg" add "$key\\Edit" /v w /d 'Ω' /f >/dev/null
"$reg" export "$key\\Edit" reg5.reg /y >/dev/null
"$regedit" /e edit5.reg "$key\\Edit" && cmp -s reg5.reg edit5.reg &&
	report yes 'regedit /e is reg export' || report no 'regedit /e is reg export'
"$regedit" /a edit4.reg 'HKLM\SOFTWARE\Test\Edit' 2>err.txt
printf 'REGEDIT4\r\n\r\n[%s\\Edit]\r\n"\xe9"="\x80"\r\n"w"="?"\r\n\r\n' "$path" >expected.reg
cmp -s edit4.reg expected.reg && report yes 'regedit /a' || report no 'regedit /a'
grep -q 'value "w": not all characters are in Windows-1252' err.txt &&
	report yes 'and what it lost' || report no 'and what it lost'
"$reg" delete "$key\\Edit" /f >/dev/null
"$regedit" /s edit5.reg a.reg && report yes 'regedit /s' || report no 'regedit /s'
check 'imported' 0 "
$path\\Edit
    é    REG_SZ    €
    w    REG_SZ    Ω
" '' -- query "$key\\Edit"
"$regedit" /s bad.reg 2>err.txt && report no 'a bad file' || report yes 'a bad file'
"$regedit" /e all.reg && [ "$(iconv -f UTF-16 -t UTF-8 all.reg | grep -c '^\[HKEY_[A-Z_]*\]')" = 2 ] &&
	report yes 'everything' || report no 'everything'
"$regedit" 2>err.txt
[ $? = 1 ] && report yes 'usage of regedit' || report no 'usage of regedit'

# Output that cannot be written
if [ -c /dev/full ]; then
	"$reg" query HKLM >/dev/full 2>err.txt
	[ $? = 1 ] && report yes 'a full disk is a failure' || report no 'a full disk is a failure'
fi

# A query whose output nobody takes holds no reader's moment, which would keep the log from its end
if [ -x /usr/bin/python3 ]; then
	awk 'BEGIN { print "REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Test]"
		for (i = 0; i < 9000; i++)
			printf "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Test\\Many\\Key%04d]\n\"v\"=dword:1\n", i }' >many.reg
	"$reg" import many.reg >/dev/null
	mkfifo pipe
	"$reg" query "$key\\Many" /s >pipe &
	exec 9<pipe
	IFS= read -r -N 1 _ <&9
	"$reg" add "$key" /v w /f >/dev/null
	busy=$(/usr/bin/python3 -c '
import sqlite3, sys
host = sqlite3.connect(sys.argv[1], timeout=60)
print(host.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])' "$HVEMU_ROOT/registry.db")
	kill -0 $! && [ "$busy" = 0 ] && report yes 'a query that waits' || report no 'a query that waits'
	lines=$(grep -c Many <&9)
	wait $! && [ "$lines" = 9000 ] && report yes 'and goes on' || report no 'and goes on'
	exec 9<&-
fi

echo "1..$cases"
[ "$failed" = 0 ]
