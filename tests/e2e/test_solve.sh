#!/usr/bin/env bash
# solve with the true programs: what it prints is imported, and the readers come to the goal.
set -euo pipefail

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work"

# effective NAME: what the readers make of the host's value.
effective_is() {
	has "  effective  $2" hvctl why "$1"
}

services='HKLM\SYSTEM\CurrentControlSet\Services'

# --- Without a host

exits 0 '' hvctl solve SmbResiliencyTimeoutMs=50000
[ ! -e "$HVEMU_ROOT" ] || fail "solve made a host"
exits 1 'written as it is, it becomes 6 (reset: 3 is below 6: reset to 6)' hvctl solve MaximumActiveTransfers=3
exits 1 'the nearest above: 6' hvctl solve MaximumActiveTransfers=3
exits 1 '"nearest_above": 6' hvctl solve --json MaximumActiveTransfers=3
exits 1 'cannot hold it' hvctl solve StartupWaitTimeout=4294967296
exits 2 '' hvctl solve
exits 2 '' hvctl solve StartupWaitTimeout
exits 2 '' hvctl solve StartupWaitTimeout=1 --state nothing=here
exits 2 '' hvctl solve StartupWaitTimeout=1 --reg --bcdedit
exits 1 'did you mean "StartupWaitTimeout"' hvctl solve StartupWaitTimeot=1
# Which of its places, and which instance of its key.
exits 2 '' hvctl solve RequireSecureDeviceAssignment=blocked
exits 2 '' hvctl solve Percentage=5
has 'MemoryReserve\0]' hvctl solve "$services\\vid\\Parameters\\MemoryReserve\\0\\Percentage=5"
has 'only while scheduler is 4, which is no setting' \
	hvctl solve 'HKLM\SYSTEM\CurrentControlSet\Control\Hypervisor\DfssEnabled=0'
exits 1 '' hvctl solve --state scheduler=1 'HKLM\SYSTEM\CurrentControlSet\Control\Hypervisor\DfssEnabled=0'

# --- On a host: what is printed is imported, and holds

hvctl host create >/dev/null
# A text, a list, a number behind a closed gate, words.
for goal in 'SmbResiliencyTimeoutMs=50000' 'AffinitizeThreads=0' 'Firmware Version=1 "two"' \
	'VmsQueueSchedulingMode=hybrid' 'FileSystemsToSkipParentPathTransformation=NTFS|ReFS' \
	'CurrentMacAddress=00155d0000ff'; do
	hvctl solve "$goal" >answer.reg
	reg import answer.reg >/dev/null 2>&1 || fail "the answer to $goal cannot be imported: $(cat answer.reg)"
	has '; nothing is to be changed' hvctl solve "$goal"
done
effective_is AffinitizeThreads 0
effective_is VmsQueueSchedulingMode 2
effective_is CurrentMacAddress 00155d0000ff

# What stands in the way: a policy is changed, a value that has to go is deleted.
reg add 'HKLM\SOFTWARE\Policies\Microsoft\Windows\HyperV' /v RequireSecureDeviceAssignment /t REG_DWORD \
	/d 1 /f >/dev/null
virtualization='HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Virtualization'
has 'Policies' hvctl solve "$virtualization\\RequireSecureDeviceAssignment=0"
hvctl solve SmbResiliencyTimeoutMs=60000 | reg import /dev/stdin >/dev/null 2>&1
effective_is SmbResiliencyTimeoutMs 60000
hvctl solve 'Firmware Version=absent' >answer.reg
grep -q '^"Firmware Version"=-$' answer.reg || fail "no deletion in: $(cat answer.reg)"
reg import answer.reg >/dev/null 2>&1
has '; nothing is to be changed' hvctl solve 'Firmware Version=absent'

# Boot options: commands for bcdedit, which does what they say.
hvctl solve hypervisorscheduler=core >commands
grep -q '^bcdedit /set hypervisorscheduler Core$' commands || fail "$(cat commands)"
bash commands >/dev/null
has 'nothing is to be changed' hvctl solve hypervisorscheduler=core
has 'bcdedit /set hypervisorusevapic yes' hvctl solve --bcdedit HypervisorUseVapic=1
# An option that is set wins over the registry, which alone cannot help then.
bcdedit /set hypervisorusevapic no >/dev/null
exits 1 '' hvctl solve --reg HypervisorUseVapic=1
has 'bcdedit /set hypervisorusevapic yes' hvctl solve HypervisorUseVapic=1

# And the running process comes to it at the event that was named.
hvctl up >/dev/null
has 'takes effect at reload: hvctl reload vhdmp' hvctl solve MirrorBlockSize=1048576
hvctl solve MirrorBlockSize=1048576 | reg import /dev/stdin >/dev/null 2>&1
hvctl reload vhdmp >/dev/null
effective_is MirrorBlockSize 1048576

echo "$checks checks passed"
