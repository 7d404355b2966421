#!/usr/bin/env bash
# Boot configuration and boot with the true programs: bcdedit's commands and what they print, files
# that others read, the merge at launch, services, reboots, the last known good control set.
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

# A field of the launch block: its value and where it came from.
field_is() {
	local got
	checks=$((checks + 1))
	got=$(hvctl boot --explain | awk -v field="$1" '$1 == field { print $2, $3 }')
	[ "$got" = "$2" ] || fail "$1 is \"$got\", not \"$2\""
}

completed='The operation completed successfully.'
hypervisor='HKLM\SYSTEM\CurrentControlSet\Control\Hypervisor'

# --- bcdedit
hvctl host create >/dev/null
prints 0 '
Hypervisor Settings
-------------------
identifier              {hypervisorsettings}
hypervisordebugtype     Serial
hypervisordebugport     1
hypervisorbaudrate      115200' bcdedit /enum '{hypervisorsettings}'
has '
Windows Boot Manager
--------------------
identifier              {bootmgr}
' bcdedit
has 'default                 {current}' bcdedit
lacks 'Memory Tester' bcdedit
has 'identifier              {memdiag}' bcdedit /enum all
has 'identifier              {9dea862c-5cdd-4e70-acc1-f32b344d4795}' bcdedit /v
has 'inherit                 {dbgsettings}
                        {emssettings}
                        {badmemory}' bcdedit /enum '{globalsettings}'
prints 0 "$completed" bcdedit /set hypervisornumproc 4
has 'hypervisornumproc       4' bcdedit /enum '{current}'
prints 0 "$completed" bcdedit /deletevalue hypervisornumproc
prints 1 'An error occurred while attempting to delete the specified data element.
Element not found.' bcdedit /deletevalue hypervisornumproc
prints 1 'The element data type specified is not recognized, or does not apply to the
specified entry.
Run "bcdedit /?" for command line assistance.
Element not found.' bcdedit /set nosuch 1
prints 1 'The boolean data is not valid as specified.
Run "bcdedit /?" for command line assistance.
The parameter is incorrect.' bcdedit /set hypervisordebug perhaps
prints 1 'There are no matching objects or the store is empty.' bcdedit /enum '{11111111-2222-3333-4444-555555555555}'
prints 1 'The specified entry type is invalid.
Run "bcdedit /?" for command line assistance.
The parameter is incorrect.' bcdedit /enum nonsense
prints 1 'The set command specified is not valid.
Run "bcdedit /?" for command line assistance.
The parameter is incorrect.' bcdedit /set hypervisorlaunchtype
prints 1 'An unknown command was specified.
Run "bcdedit /?" for command line assistance.' bcdedit /nonsense
second=$(bcdedit /copy '{current}' /d Second | sed -n 's/^The entry was successfully copied to \(.*\)\.$/\1/p')
[ -n "$second" ] || fail "nothing was copied"
prints 0 "$completed" bcdedit /displayorder "$second" /addlast
has "displayorder            {current}
                        $second" bcdedit /enum bootmgr
prints 0 "$completed" bcdedit /delete "$second"
lacks "$second" bcdedit /enum all
prints 0 "$completed" bcdedit /set '{current}' custom:25000199 7
has 'custom:25000199         7' bcdedit /enum '{current}'
HVEMU_TOKEN=user bcdedit /set hypervisorlaunchtype off >/dev/null && fail "a user changed the store"
has 'hypervisorlaunchtype    Auto' bcdedit /enum '{current}'

# --- Files
store=$work/store.bcd
prints 0 "$completed" bcdedit /export "$store"
prints 0 "$completed" bcdedit /store "$store" /set '{default}' hypervisorlaunchtype off
has 'hypervisorlaunchtype    Off' bcdedit /store "$store" /enum '{default}'
has 'hypervisorlaunchtype    Auto' bcdedit /enum '{current}'
if command -v reglookup >/dev/null; then
	has '/Elements/250000f5/Element,BINARY,%00%C2%01%00%00%00%00%00' reglookup "$store"
fi
if command -v hivexget >/dev/null; then
	has 'BCD00000000' hivexget "$store" '\Description' KeyName
fi
prints 0 "$completed" bcdedit /import "$store"
has 'hypervisorlaunchtype    Off' bcdedit /enum '{current}'
prints 1 'The boot configuration data store could not be opened.
The system cannot find the file specified.' bcdedit /store "$work/none" /enum
cp "$store" "$work/broken"
truncate -s 4100 "$work/broken"
bcdedit /import "$work/broken" >/dev/null 2>&1 && fail "a broken file was imported"
has 'hypervisorlaunchtype    Off' bcdedit /enum '{current}'

# --- A host without a hypervisor
has 'is up' hvctl up
has 'without a hypervisor' hvctl boot
has 'stopped' hvctl status vid
hvctl vm create one >/dev/null
got=$(hvctl vm start one 2>&1) && fail "a machine started without a hypervisor"
[[ $got == *"could not be started because the hypervisor is not running."* ]] || fail "$got"

# --- The merge: boot configuration, registry, default; pending until a boot
prints 0 "$completed" bcdedit /set hypervisorlaunchtype auto
prints 0 "$completed" bcdedit /set hypervisorscheduler root
reg add "$hypervisor" /v HypervisorUseVapic /t REG_DWORD /d 1 /f >/dev/null
reg add "$hypervisor" /v Hypervisorloadoptions /t REG_SZ /d NUMADISTRIBUTED /f >/dev/null
has 'pending until boot' hvctl tunables hypervisorscheduler
field_is scheduler "3 none"
hvctl reboot >/dev/null
field_is scheduler "4 bcd"
field_is flags.use_vapic "1 registry"
field_is numa_policy "1 forced"
field_is iov "0 default"
prints 0 "$completed" bcdedit /set hypervisorusevapic no
hvctl reboot >/dev/null
field_is flags.use_vapic "0 bcd"
has 'Hypervisor scheduler type is 0x4.' hvctl events --id 2
has '"SchedulerType": 4' hvctl events --id 2 --json
has 'running' hvctl vm start one
fields=$(hvctl boot --json | grep -c '"field"')
[ "$fields" = 33 ] || fail "$fields fields of the launch block are explained"

# --- Services
has 'depends on vmcompute' hvctl service query vmms
has 'state stopped, start demand' hvctl service query HgClientService
# Of several services of a process the one is told that was asked for.
has '"name": "W32Time"' hvctl service stop W32Time --json
has '"name": "W32Time"' hvctl service start W32Time --json
has 'is started' hvctl service start HgClientService
has 'state running, start demand' hvctl service query HgClientService
services='HKLM\SYSTEM\CurrentControlSet\Services'
# Again at once, then no more: type 1 after 0 ms, then type 0.
reg add "$services\\vmcompute" /v FailureActions /t REG_BINARY /f \
	/d 80510100000000000000000002000000140000000100000000000000000000000000000000 >/dev/null
hvctl reboot >/dev/null
service_pid() {
	hvctl service query vmcompute --json | sed -n 's/^ *"pid": \([0-9]*\).*/\1/p'
}
first=$(service_pid)
kill -9 "$first"
until pid=$(service_pid) && [ "$pid" != 0 ] && [ "$pid" != "$first" ] &&
	hvctl service query vmcompute | grep -q 'state running'; do :; done
has 'failed 1 times, started again 1 times' hvctl service query vmcompute
kill -9 "$pid"
until hvctl service query vmcompute | grep -q 'state stopped'; do :; done
has 'failed 2 times, started again 1 times' hvctl service query vmcompute
reg add "$services\\vmcompute" /v Start /t REG_DWORD /d 4 /f >/dev/null
hvctl reboot >/dev/null
has 'state stopped, start disabled' hvctl service query vmcompute
got=$(hvctl service start vmcompute 2>&1) && fail "a disabled service started"
[[ $got == *"is disabled: Start is 4"* ]] || fail "$got"
reg add "$services\\vmcompute" /v Start /t REG_DWORD /d 2 /f >/dev/null

# --- Volatile keys go; the last known good set brings back what was broken after it
hvctl reboot >/dev/null
reg add "$services\\vhdmp" /v Start /t REG_DWORD /d 4 /f >/dev/null
hvctl down >/dev/null
has 'is up' hvctl up --last-known-good
has 'last known good' hvctl boot
has 'running' hvctl status vhdmp
has 'Failed    REG_DWORD    0x1' reg query 'HKLM\SYSTEM\Select'

# --- A kernel that dies takes the host down; with AutoReboot it comes back
kernel() {
	hvctl boot --json 2>/dev/null | sed -n 's/^ *"kernel_pid": \([0-9]*\).*/\1/p'
}
pid=$(kernel)
kill -9 "$pid"
until hvctl events --id 41 | grep -q 'without cleanly'; do :; done
has 'is up' hvctl up
reg add 'HKLM\SYSTEM\CurrentControlSet\Control\CrashControl' /v AutoReboot /t REG_DWORD /d 1 /f >/dev/null
pid=$(kernel)
kill -9 "$pid"
until next=$(kernel) && [ -n "$next" ] && [ "$next" != "$pid" ]; do :; done
has 'running' hvctl status vhdmp

# --- What a loader that was killed leaves behind is no part of the next boot
pid=$(hvctl status --json | sed -n 's/^ *"pid": \([0-9]*\).*/\1/p' | sed 1q)
kill -9 "$pid"
tail --pid="$pid" -f /dev/null
has 'is up' hvctl up
has 'is down' hvctl down

echo "ok: $checks checks"
