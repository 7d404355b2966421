#!/usr/bin/env bash
# bcdedit with the true program: what its commands print and leave in the store, and stores in files
# that other readers of hives made and read.
set -euo pipefail

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# The whole output of a command, and its exit status, must be this.
prints() {
	local wanted=$1 text=$2 out got=0
	shift 2
	checks=$((checks + 1))
	out=$("$@" 2>&1) || got=$?
	[ "$got" = "$wanted" ] || fail "\"$*\" exited with $got, not $wanted: $out"
	[ "$out" = "$text" ] || fail "\"$*\" printed: $out"
}

done='The operation completed successfully.'
assist='Run "bcdedit /?" for command line assistance.'
wrong='The parameter is incorrect.'

# The titles of a listing, on one line.
titles() {
	bcdedit "$@" | grep -B1 '^---' | grep -v '^--' | tr '\n' ';'
}

hvctl host create >/dev/null

# --- Listings: types, their order, the menu's order
prints 0 'Windows Boot Manager;Windows Boot Loader;' titles
prints 0 'Windows Boot Manager;Windows Boot Loader;Resume from Hibernate;Windows Memory Tester;EMS Settings;Debugger Settings;RAM Defects;Global Settings;Boot Loader Settings;Hypervisor Settings;Resume Loader Settings;' titles /enum all
prints 0 'Windows Boot Manager;' titles /enum FIRMWARE
prints 0 'Windows Boot Loader;' titles -enum osloader
prints 0 'Windows Boot Loader;Resume from Hibernate;Windows Memory Tester;' titles /enum bootapp
prints 0 'EMS Settings;Debugger Settings;RAM Defects;Global Settings;Boot Loader Settings;Hypervisor Settings;Resume Loader Settings;' titles /enum INHERIT
prints 1 "Invalid command line switch: /encodedCommand
$assist
$wrong" bcdedit /enum -encodedCommand x
prints 1 "The enum command specified is not valid.
$assist
$wrong" bcdedit /enum all more

# --- Elements
prints 0 "$done" bcdedit -set '{hypervisorsettings}' hypervisorhostip 10.0.0.2
has 'hypervisorhostip        10.0.0.2' bcdedit /enum '{hypervisorsettings}'
prints 0 "$done" bcdedit /set '{current}' HypervisorScheduler Core
has 'hypervisorschedulertype Core' bcdedit
prints 0 "$done" bcdedit /deletevalue '{current}' hypervisorschedulertype
prints 1 "The integer data is not valid as specified.
$assist
$wrong" bcdedit /set hypervisorlaunchtype on
prints 1 "The device is not valid as specified.
$assist
$wrong" bcdedit /set '{current}' device somewhere
prints 1 "The element data type specified is not recognized, or does not apply to the
specified entry.
$assist
Element not found." bcdedit /set '{bootmgr}' hypervisorlaunchtype auto
prints 1 "The entry identifier specified is not valid.
$assist
$wrong" bcdedit /set '{nosuch}' path x
prints 1 "An error occurred while attempting to reference the specified entry.
The system cannot find the file specified." bcdedit /set '{ntldr}' path x
prints 1 "The element data type specified is not recognized, or does not apply to the
specified entry.
$assist
Element not found." bcdedit /set custom:+2500012 1
prints 0 "$done" bcdedit /set '{current}' custom:45000001 7
lacks custom:45000001 bcdedit
has 'custom:45000001         7' bcdedit /v
prints 0 "$done" bcdedit /deletevalue '{current}' custom:45000001

# --- Switches with a command of their own
prints 0 "$done" bcdedit /debug on
has 'debug                   Yes' bcdedit
prints 0 "$done" bcdedit /bootdebug '{bootmgr}' ON
has 'bootdebug               Yes' bcdedit /enum '{bootmgr}'
prints 0 "$done" bcdedit /ems '{current}' on
prints 0 "$done" bcdedit /ems OFF
has 'ems                     No' bcdedit
prints 1 "The element data type specified is not recognized, or does not apply to the
specified entry.
$assist
Element not found." bcdedit /ems '{bootmgr}' on
prints 1 "The debug command specified is not valid.
$assist
$wrong" bcdedit /debug maybe

# --- Debuggers
prints 0 'Key=a.b.c.d' bcdedit /hypervisorsettings net hostip:10.0.0.3 port:50001 key:a.b.c.d busparams:0.25.0
prints 0 'hypervisorbusparams     0.25.0
hypervisorusekey        a.b.c.d
hypervisordebugtype     Net
hypervisordebugport     1
hypervisorbaudrate      115200
hypervisorhostip        10.0.0.3
hypervisorhostport      50001
hypervisordhcp          Yes
The operation completed successfully.' bcdedit /hypervisorsettings
[[ $(bcdedit /dbgsettings NET HOSTIP:10.0.0.2 PORT:50000 nodhcp) =~ ^Key=[0-9a-z]+\.[0-9a-z]+\.[0-9a-z]+\.[0-9a-z]+$ ]] || fail "no key"
has 'dhcp                    No' bcdedit /dbgsettings
prints 1 "The dbgsettings command specified is not valid.
$assist
$wrong" bcdedit /dbgsettings net key:a.b.c
has 'debugtype               NET' bcdedit /dbgsettings
prints 0 "$done" bcdedit /dbgsettings SERIAL DEBUGPORT:2 BAUDRATE:57600 /start AutoEnable /noumex
has 'debugstart              AutoEnable' bcdedit /dbgsettings
has 'noumex                  Yes' bcdedit /dbgsettings
prints 0 "$done" bcdedit /emssettings EMSPORT:1 EMSBAUDRATE:115200
prints 0 'emsport                 1
emsbaudrate             115200
bootems                 No
The operation completed successfully.' bcdedit /emssettings
prints 0 "$done" bcdedit /emssettings bios
prints 0 'bootems                 No
The operation completed successfully.' bcdedit /emssettings

# --- Entries
copied=$(bcdedit /copy '{current}' /d '-a copy')
one=$(sed -n 's/^The entry was successfully copied to \({[0-9a-f-]*}\)\.$/\1/p' <<<"$copied")
[ -n "$one" ] || fail "copied: $copied"
has "displayorder            {current}
                        $one" bcdedit
has 'description             -a copy' bcdedit /enum "$one"
prints 0 "$done" bcdedit /displayorder "$one" /addfirst
has "displayorder            $one
                        {current}" bcdedit
prints 0 "identifier              {bootmgr}
identifier              {current}
identifier              $one" bash -c 'bcdedit | grep identifier'
prints 0 "$done" bcdedit /export "$work/menu.bcd"
prints 0 "identifier              {bootmgr}
identifier              $one
identifier              {default}" bash -c "bcdedit /store $work/menu.bcd | grep identifier"
made=$(bcdedit /create /d Other /application osloader)
two=$(sed -n 's/^The entry \({[0-9a-f-]*}\) was successfully created\.$/\1/p' <<<"$made")
[ -n "$two" ] || fail "made: $made"
lacks "$two" bcdedit
prints 0 'The entry {ramdiskoptions} was successfully created.' bcdedit /create '{ramdiskoptions}' /d Ramdisk
prints 0 "$done" bcdedit /set '{ramdiskoptions}' ramdisksdipath '\boot\boot.sdi'
has 'Setup Ramdisk Options
---------------------
identifier              {ramdiskoptions}
description             Ramdisk
ramdisksdipath          \boot\boot.sdi' bcdedit /enum '{ramdiskoptions}'
for words in '/d x' '/d x /application nonsense' '/d x /inherit nonsense' '/application osloader /d'; do
	# shellcheck disable=SC2086
	prints 1 "The create command specified is not valid.
$assist
$wrong" bcdedit /create $words
done
has 'was successfully created.' bcdedit /create /inherit /d any
has 'was successfully created.' bcdedit /create /device
has 'was successfully created.' bcdedit /create /inherit setupldr /d any
template='{a1943bbc-ea85-487c-97c7-c9ede908a38a}'
has 'was successfully created.' bcdedit /create "$template" /inherit osloader
lacks "$template" bcdedit /enum all
has "$template" bcdedit /enum all /v
bcdedit /delete '{memdiag}' >/dev/null && fail "a well-known entry was deleted without /f"
prints 0 "$done" bcdedit /delete '{memdiag}' /f
has 'toolsdisplayorder       {memdiag}' bcdedit
prints 0 "$done" bcdedit /set "$two" resumeobject '{bootmgr}'
prints 0 "$done" bcdedit /bootsequence "$two" "$one"
prints 0 "$done" bcdedit /delete "$two"
has "bootsequence            $one" bcdedit
lacks "$two" bcdedit /enum all
prints 0 "$done" bcdedit /delete "$one" /nocleanup
has "displayorder            $one" bcdedit
has 'Resume from Hibernate' bcdedit /enum resume
prints 0 "$done" bcdedit /displayorder "$one" /remove
prints 1 "The default command specified is not valid.
$assist
$wrong" bcdedit /default
prints 0 "$done" bcdedit /timeout 5
has 'timeout                 5' bcdedit
bcdedit /sysstore S: >/dev/null && fail "another system store was taken"

# --- Help
has '/hypervisorsettings' bcdedit '/?'
has 'bcdedit [/store FILE] /copy ID /d TEXT' bcdedit '/?' copy
prints 0 "$(bcdedit '/?' /set)" bcdedit /set '/?'

# --- One write to the log for a command, and none for one that fails
before=$(bcdedit /v)
bcdedit /dbgsettings serial debugport:3 baudrate:x >/dev/null && fail "half a command succeeded"
has 'debugport               2' bcdedit /dbgsettings
prints 0 "$before" bcdedit /v

# --- Text that is no UTF-8 is refused whole, not cut where it stops being some
prints 1 "The string data is not valid as specified.
$assist
$wrong" bcdedit /set '{current}' description $'one\xfftwo'
prints 1 'An error occurred while attempting to create the entry.
No mapping for the Unicode character exists in the target multi-byte code page.' bcdedit /create /d $'one\xfftwo' /application osloader
prints 1 'An error occurred while attempting to copy the entry.
No mapping for the Unicode character exists in the target multi-byte code page.' bcdedit /copy '{current}' /d $'one\xfftwo'
prints 0 "$before" bcdedit /v

# --- Files
file=$work/made.bcd
prints 0 "$done" bcdedit /createstore "$file"
prints 0 'There are no matching objects or the store is empty.' bcdedit /store "$file"
prints 0 'The entry {bootmgr} was successfully created.' bcdedit /store "$file" /create '{bootmgr}'
prints 1 'The store import operation has failed.
The data is invalid.' bash -c "reg save 'HKLM\\SYSTEM\\Select' $work/select.hiv /y >/dev/null && bcdedit /import $work/select.hiv"
prints 0 "$before" bcdedit /v
cp "$file" "$work/before"
bcdedit /store "$file" /set '{bootmgr}' timeout x >/dev/null && fail "a wrong number was taken"
cmp "$file" "$work/before" || fail "a failed command wrote the file"

if ! command -v hivexsh >/dev/null || ! command -v reglookup >/dev/null; then
	echo "$checks checks, without other readers of hives"
	exit 0
fi

# A store as Windows leaves it, by another writer of hives: a partition of a GPT disk, a ramdisk's
# longer form, what firmware knows, an element of a template, lists, an element nobody knows.
loader='{7619dcc9-fafe-11d9-b411-000476eba25f}'
zeros=$(printf '00,%.0s' {1..16})
partition="${zeros}06,00,00,00,00,00,00,00,48,00,00,00,00,00,00,00,6f,1e,9f,5b,11,22,33,44,55,66,77,88,99,aa,bb,cc,00,00,00,00,00,00,00,00,01,02,03,04,05,06,07,08,09,0a,0b,0c,0d,0e,0f,10,${zeros%,}"
ramdisk="${zeros}00,00,00,00,01,00,00,00,b8,00,00,00,00,00,00,00,03,00,00,00,$(printf '5a,%.0s' {1..163})5a"
element() { # object id value
	echo "cd \\Objects\\$1\\Elements
add $2
cd $2
setval 1
Element
$3"
}
{
	echo 'cd \Description
setval 4
KeyName
string:BCD00000000
System
dword:1
TreatAsSystem
dword:1
GuidCache
hex:3:01,02,03,04,05,06,07,08,09,0a,0b,0c,0d,0e,0f,10,11,12,13,14,15,16,17,18'
	echo "cd \\Objects
add $loader
cd $loader
add Elements
add Description
cd Description
setval 2
Type
dword:0x10200003
FirmwareVariable
hex:3:01,00,00,00,fe"
	element "$loader" 11000001 "hex:3:$partition"
	element "$loader" 21000001 "hex:3:$ramdisk"
	element "$loader" 12000004 'string:Windows 10'
	element "$loader" 17000077 'hex:3:75,00,00,15,00,00,00,00,78,00,00,17,00,00,00,00'
	element "$loader" 26000010 'hex:3:01'
	element "$loader" 250000f0 'hex:3:01,00,00,00,00,00,00,00'
	element "$loader" 25000199 'hex:3:2a,00,00,00,00,00,00,00'
	element "$loader" 45000001 'hex:3:01,00,00,00,00,00,00,00'
	element '{9dea862c-5cdd-4e70-acc1-f32b344d4795}' 23000003 "string:$loader"
	element '{9dea862c-5cdd-4e70-acc1-f32b344d4795}' 24000001 "hex:7:$(printf '%s\0\0' "$loader" | iconv -t UTF-16LE | xxd -p -c 400 | sed 's/../&,/g; s/,$//')"
	echo commit
} >"$work/script"
hivexsh -w -f "$work/script" "$file" >/dev/null
prints 0 "
Windows Boot Loader
-------------------
identifier              {default}
device                  partition={5b9f1e6f-2211-4433-5566-778899aabbcc}
description             Windows 10
allowedinmemorysettings 0x15000075
                        0x17000078
osdevice                unknown
hypervisorlaunchtype    Auto
custom:25000199         42
detecthal               Yes" bcdedit /store "$file" /enum "$loader"

# What reglookup reads of a hive, but for the times.
contents() {
	reglookup -s "$1" | cut -d, -f1-3 | sort
}
contents "$file" >"$work/wanted"
prints 0 "$done" bcdedit /import "$file" /clean
has 'identifier              {current}
device                  partition={5b9f' bcdedit
prints 0 "$done" bcdedit /export "$work/export.bcd"
contents "$work/export.bcd" >"$work/got"
diff "$work/wanted" "$work/got" || fail "import and export changed the store"
checks=$((checks + 1))
[ "$(hivexget "$work/export.bcd" '\Description' KeyName)" = BCD00000000 ] || fail "hivexget"
for hive in "$work/export.bcd" "$file"; do
	[[ $(head -c 4300 "$hive" | tr -d '\0') == *NewStoreRoot* ]] || fail "$hive: the name of its root"
done

# A change touches what it says, and nothing else.
prints 0 "$done" bcdedit /store "$file" /set hypervisorlaunchtype off
contents "$file" >"$work/got"
[ "$(diff "$work/wanted" "$work/got" | grep -c '^[<>]')" = 2 ] || fail "$(diff "$work/wanted" "$work/got")"
has '/250000f0/Element,BINARY,%00%00%00%00%00%00%00%00' cat "$work/got"

echo "$checks checks"
