#!/usr/bin/env bash
# hvctl lint with the true programs: every format, as its own program writes it, the exit statuses,
# suppressions, and the reports.
set -euo pipefail

PATH=$HVEMU_BIN:$PATH
work=$(mktemp -d)
export HVEMU_ROOT=$work/host NO_COLOR=1
trap 'rm -rf "$work"' EXIT
cd "$work"

checks=0
fail() {
	echo "not ok: $*" >&2
	exit 1
}

# A command's exit status; its output is in $out.
exits() {
	local wanted=$1 got=0
	shift
	checks=$((checks + 1))
	out=$("$@" 2>&1) || got=$?
	[ "$got" = "$wanted" ] || fail "\"$*\" exited with $got, not $wanted: $out"
}

has() {
	checks=$((checks + 1))
	[[ $out == *"$1"* ]] || fail "lacks \"$1\": $out"
}

lacks() {
	checks=$((checks + 1))
	[[ $out != *"$1"* ]] || fail "has \"$1\": $out"
}

virtualization='HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Virtualization'
migration="$virtualization\\Migration"

# --- .reg of both versions, as reg and regedit write them
reg add "$migration" /v MemoryWalkerCount /t REG_DWORD /d 129 /f >/dev/null
reg export "$migration" five.reg /y >/dev/null
exits 1 hvctl lint five.reg
has 'five.reg:4: warning: MemoryWalkerCount: 129 threads is above 128: capped to 128 threads (vmms.exe) [HV1105]'
has '(vmwp.exe) [HV1105]'
has 'hvctl restart vmms'
iconv -f UTF-16 -t UTF-8 five.reg >utf8.reg
exits 1 hvctl lint utf8.reg
has 'utf8.reg:4: warning: MemoryWalkerCount'
printf 'REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\vhdmp\\Parameters]\r\n"MirrorBlockSize"=dword:00100000\r\n' >four.reg
exits 0 hvctl lint four.reg
has 'four.reg:4: note: MirrorBlockSize: takes effect: 1048576 (vhdmp.sys) [HV1101]'
exits 1 hvctl lint - <utf8.reg
has '(standard input):4: warning'

# --- Registry.pol, the machine's and a user's; it hides what another file sets
reg add 'HKLM\SOFTWARE\Policies\Microsoft\Windows\HyperV' /v RequireSecureDeviceAssignment /t REG_DWORD /d 1 /f >/dev/null
hvctl policy export 'HKLM\SOFTWARE\Policies\Microsoft\Windows\HyperV' Registry.pol >/dev/null
exits 0 hvctl lint Registry.pol
has 'Registry.pol:0x8: note: RequireSecureDeviceAssignment: takes effect: 1'
printf 'Windows Registry Editor Version 5.00\n\n[%s]\n"RequireSecureDeviceAssignment"=dword:0\n' "$virtualization" >local.reg
exits 0 hvctl lint local.reg
exits 1 hvctl lint local.reg Registry.pol
has 'local.reg:4: warning: RequireSecureDeviceAssignment: hidden by policy'
has 'set at Registry.pol:0x8'
exits 0 hvctl lint --each local.reg Registry.pol
exits 1 hvctl lint --user Registry.pol
has '[HV1302]'
mkdir User
cp Registry.pol User/
exits 1 hvctl lint User/Registry.pol
has '[HV1302]'

# --- hives: found by their contents, or where --at says
reg save 'HKLM\SOFTWARE' SOFTWARE /y >/dev/null
exits 1 hvctl lint SOFTWARE --at 'HKLM\SOFTWARE'
has 'SOFTWARE:0x'
has 'capped to 128'
reg save "$migration" migration.hiv /y >/dev/null
exits 2 hvctl lint migration.hiv
has 'migration.hiv:0x0: error: expected a hive'
exits 1 hvctl lint migration.hiv --at "$migration"
has 'capped to 128'
head -c 5000 SOFTWARE >broken
exits 2 hvctl lint broken
has 'broken:0x0: error:'

# --- boot configuration: the store as a hive, and what bcdedit prints
hvctl host create >/dev/null 2>&1 || true
bcdedit /set '{hypervisorsettings}' hypervisorchannel 63 >/dev/null
bcdedit /export bcd >/dev/null
exits 1 hvctl lint bcd
has 'hypervisorchannel: bcd hypervisorchannel: 63 is above 62'
for form in '/enum all' '/enum all /v' '/v /enum inherit' '/enum {hypervisorsettings}'; do
	# shellcheck disable=SC2086 # words
	bcdedit $form >enum.txt
	exits 1 hvctl lint enum.txt
	has 'hypervisorchannel: bcd hypervisorchannel: 63 is above 62'
done
bcdedit /enum >enum.txt
exits 0 hvctl lint enum.txt
{
	printf 'C:\\>bcdedit /enum all\r\n'
	bcdedit /enum all | sed 's/$/\r/'
	printf '\r\nC:\\>\r\n'
} | iconv -t UTF-16LE >console.txt
exits 1 hvctl lint console.txt
has '63 is above 62'
exits 2 hvctl lint --format reg console.txt

# --- what cannot be read
printf 'Windows Registry Editor Version 5.00\n\n[HKLM\\SOFTWARE\\X]\n"a"=dword:zz\n' >bad.reg
exits 2 hvctl lint bad.reg
has 'bad.reg:4: error: expected a hexadecimal digit'
printf 'hello\n' >prose.txt
exits 2 hvctl lint prose.txt
has 'prose.txt:1: error: expected a .reg file'
exits 2 hvctl lint nosuch.reg
exits 2 hvctl lint
exits 2 hvctl lint five.reg --state nosuch=1
has '--state takes NAME=WORD of a state that there is'
exits 2 hvctl lint five.reg --severity loud
exits 2 hvctl lint --explain HV9999
exits 0 hvctl lint --explain hv1105
has '# HV1105: capped'
exits 0 hvctl lint --explain hv1105 --json
has '"code": "HV1105"'
lacks HV1106
exits 0 hvctl lint --explain all --json
has '"code": "HV1901"'

# --- severity, and lines that are not about Hyper-V
exits 0 hvctl lint five.reg --severity error
exits 1 hvctl lint four.reg --severity note
exits 0 hvctl lint four.reg --quiet
[ -z "$out" ] || fail "--quiet printed: $out"
printf 'Windows Registry Editor Version 5.00\n\n[HKLM\\SOFTWARE\\X]\n"a"="b"\n' >other.reg
exits 0 hvctl lint other.reg
has '1 value is not about Hyper-V'
lacks HV1002
exits 0 hvctl lint other.reg --all
has 'other.reg:4: note: a: '
exits 0 hvctl lint --state cpuvendor=AuthenticAMD four.reg

# --- suppressions
echo 'HV1105 key=*\Migration until=2027-01-31 reason="measured"' >.hvlint
exits 0 hvctl lint five.reg --today 2026-11-29
has '2 suppressed'
exits 1 hvctl lint five.reg --today 2027-02-01
has '.hvlint:1: warning: the suppression held until 2027-01-31'
exits 0 hvctl lint four.reg --today 2026-11-29
has '.hvlint:1: note: the suppression of HV1105 hides nothing'
exits 0 hvctl lint --each five.reg four.reg four.reg --today 2026-11-29
has '2 suppressed'
lacks HV1902
exits 1 hvctl lint --each five.reg four.reg --today 2027-02-01
[ "$(grep -c HV1901 <<<"$out")" = 1 ] || fail "not said once: $out"
echo 'HV1105 until=2027-01-31' >other.hvlint
exits 2 hvctl lint five.reg --suppressions other.hvlint
has 'other.hvlint:1: error: malformed suppression: expected reason='
exits 2 hvctl lint five.reg --suppressions nosuch

# --- reports
exits 0 hvctl lint five.reg four.reg --today 2026-11-29 --json --sarif out.sarif --junit out.xml
python3 - out.sarif <<-'END' "$out" || fail "the reports are not as they should be"
	import json, sys
	data = json.loads(sys.argv[2])
	assert data["summary"]["suppressed"] == 2 and data["summary"]["warnings"] == 0, data["summary"]
	capped = [one for one in data["findings"] if one["code"] == "HV1105"]
	assert [one["owner"] for one in capped] == ["vmms.exe", "vmwp.exe"], capped
	assert capped[0]["effective"] == 128 and capped[0]["raw"] == "dword:129"
	assert capped[0]["suppressed"] == {"kind": "external", "reason": "measured"}
	assert capped[0]["command"] == "hvctl restart vmms" and capped[0]["apply"] == "service-start"
	run = json.load(open(sys.argv[1]))["runs"][0]
	assert run["tool"]["driver"]["rules"][run["results"][0]["ruleIndex"]]["id"] == run["results"][0]["ruleId"]
	assert run["results"][0]["suppressions"][0]["justification"] == "measured"
	assert run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] == 4
END
grep -q '<skipped>measured</skipped>' out.xml || fail "no skipped case in out.xml"
exits 2 hvctl lint five.reg --sarif "$work/nosuch/out.sarif"

echo "ok, $checks checks"
