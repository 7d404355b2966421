#!/usr/bin/env bash
# A host's life with the true programs: make, import, boot, look, change, reload, restart, kill, shut
# down. Says what differs and exits with 1 at the first difference.
set -euo pipefail

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

pending() {
	hvctl tunables --pending --json | sed -n 's/^ *"name": "\(.*\)",*$/\1/p' | sort | tr '\n' ' '
}

pending_is() {
	checks=$((checks + 1))
	local got
	got=$(pending)
	[ "$got" = "$1" ] || fail "pending is \"$got\", not \"$1\""
}

vhdmp='HKLM\SYSTEM\CurrentControlSet\Services\vhdmp\Parameters'
storvsp='HKLM\SYSTEM\CurrentControlSet\Services\storvsp'
vmsmp='HKLM\SYSTEM\CurrentControlSet\Services\VmsMp\Parameters'
set_dword() {
	reg add "$1" /v "$2" /t REG_DWORD /d "$3" /f >/dev/null
}

# --- Without a host
has '"name": "SurfaceTimeout"' hvctl describe --json
has '60000' hvctl resolve SmbResiliencyTimeoutMs dword:0
exits 1 'there is no host' hvctl tunables
exits 1 'is down' hvctl status
exits 2 'no command' hvctl nonsense
exits 1 'did you mean "SurfaceTimeout"' hvctl why SurfaceTimeot
printf 'id\tkey\tvalue\tgiven\texpect\nx\t%s\tSurfaceTimeout\tabsent\t300\n' "$vhdmp" >"$work/good.tsv"
printf 'id\tkey\tvalue\tgiven\texpect\nx\t%s\tSurfaceTimeout\tabsent\t301\n' "$vhdmp" >"$work/bad.tsv"
printf 'id\tkey\tvalue\tgiven\texpect\n' >"$work/none.tsv"
printf 'id\tkey\tvalue\tgiven\texpect\nx\t%s\tNoSuchValue\tabsent\t0\n' "$vhdmp" >"$work/unknown.tsv"
exits 0 '1 passed, 0 failed' hvctl verify "$work/good.tsv"
exits 1 'not ok 1 - x' hvctl verify "$work/bad.tsv"
exits 1 'unknown key or name' hvctl verify "$work/unknown.tsv"
exits 2 'no case' hvctl verify "$work/none.tsv"
exits 2 'No such file' hvctl verify "$work/absent.tsv"
exits 0 '' hvctl verify "$work/good.tsv" --junit "$work/junit.xml"
has 'tests="1" failures="0"' cat "$work/junit.xml"

# --- Make, import, boot
has 'is ready' hvctl host create
has 'there already' hvctl host create --relaxed
has '"made": false' hvctl host create --seed 7 --json
lacks 'seed 7' hvctl clock
has 'successfully' reg import "$HVEMU_SOURCE/scripts/sample/hyperv-host.reg"
has 'The host is down' hvctl tunables
has 'did you mean SmbResiliencyTimeoutMs?' hvctl tunables vhdmp
has 'ready in' hvctl up
has 'is up already' hvctl up
has 'running' hvctl status vhdmp
lacks 'The host is down' hvctl tunables
has 'reset' hvctl tunables SmbResiliencyTimeoutMs
has 'ignored-type' hvctl tunables CacheNodeQuota
has 'raised' hvctl tunables VmsSafeHeaderSize
has 'through reg' hvctl why SmbResiliencyTimeoutMs
pending_is ""

# --- Each apply class takes effect at its event and at no other
set_dword "$vhdmp" MirrorBlockSize 65536
set_dword "$vhdmp" SurfaceTimeout 77
set_dword "$vmsmp" VmsVmBatchCopyRndisBatchSize 7
set_dword "$vmsmp" VmsExecutionMode 1
set_dword "$storvsp" NominalIoTimeout 33
all="MirrorBlockSize NominalIoTimeout SurfaceTimeout VmsExecutionMode VmsVmBatchCopyRndisBatchSize "
pending_is "$all"
exits 1 'no reload signal' hvctl reload storvsp
pending_is "$all"
has 'reloaded' hvctl reload vmswitch
pending_is "MirrorBlockSize NominalIoTimeout SurfaceTimeout VmsExecutionMode "
has 'reloaded' hvctl reload vhdmp
pending_is "NominalIoTimeout SurfaceTimeout VmsExecutionMode "
has 'restarted' hvctl restart vmswitch
pending_is "NominalIoTimeout SurfaceTimeout "
has 'restarted' hvctl restart vhdmp
pending_is "NominalIoTimeout SurfaceTimeout "
has 'passive_receive           yes' hvctl status vmswitch
has 'unloaded' hvctl stop storvsp
has 'loaded' hvctl start storvsp
pending_is "SurfaceTimeout "
has 'pending until boot' hvctl tunables SurfaceTimeout
has 'is down' hvctl down
has 'ready in' hvctl up
pending_is ""
has ' 77 ' hvctl tunables SurfaceTimeout

# --- Taking a write back takes away that it is pending
set_dword "$vhdmp" MirrorBlockSize 1
pending_is "MirrorBlockSize "
set_dword "$vhdmp" MirrorBlockSize 65536
pending_is ""

# --- A disk reads the trace settings when it is attached
printf 'vhdxfile' >"$work/one.vhdx"
reg add "$vhdmp" /v CTTraceFilePath /t REG_SZ /d 'C:\trace.etl' /f >/dev/null
set_dword "$vhdmp" CTTraceFlags 3
has 'VHDX' hvctl call vhdmp attach "$work/one.vhdx"
pending_is ""
set_dword "$vhdmp" CTTraceFlags 1
pending_is "CTTraceFlags "
has 'trace_flags               3' hvctl status vhdmp
hvctl call vhdmp detach "$work/one.vhdx" >/dev/null
has 'VHDX' hvctl call vhdmp attach "$work/one.vhdx"
has 'trace_flags               1' hvctl status vhdmp
printf 'no disk' >"$work/none.vhdx"
exits 1 'STATUS_NOT_SUPPORTED' hvctl call vhdmp attach "$work/none.vhdx"
(cd "$work" && exits 1 "Give the file's full path" hvctl call vhdmp attach one.vhdx)
exits 1 'has no operation "?": it has attach, detach' hvctl call vhdmp '?'
exits 1 'vmbus has no operation "?", and no other' hvctl call vmbus '?'

# --- A watcher is woken by a write of another process, without asking again and again
mkfifo "$work/watch"
hvctl watch vhdmp --count 1 >"$work/watch" &
watcher=$!
exec 3<"$work/watch"
read -r line <&3
[[ $line == Watching* ]] || fail "watch began with \"$line\""
set_dword "$vhdmp" CacheNodeQuota 99
seen=$(cat <&3)
wait "$watcher" || fail "watch exited with $?"
exec 3<&-
[[ $seen == *CacheNodeQuota* && $seen == *"pending until reload"* ]] || fail "watch printed: $seen"
checks=$((checks + 1))

# --- An import is all or nothing
printf 'Windows Registry Editor Version 5.00\r\n\r\n[%s]\r\n"SectorSize"=dword:00001000\r\n"SurfaceTimeout"=dword:xyz\r\n' \
	'HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\vhdmp\Parameters' >"$work/broken.reg"
exits 1 'broken.reg:5' reg import "$work/broken.reg"
exits 1 'unable to find' reg query "$vhdmp" /v SectorSize2
has ' 77 ' hvctl tunables SurfaceTimeout

# --- A killed kernel leaves a host that boots, with all that was acknowledged
pid=$(hvctl boot --json | sed -n 's/^ *"kernel_pid": \([0-9]*\).*/\1/p')
kill -9 "$pid"
tail --pid="$pid" -f /dev/null
exits 1 'is down' hvctl status
has 'ready in' hvctl up
has ' 99 ' hvctl tunables CacheNodeQuota
has 'is down' hvctl down
has 'is down' hvctl down

# --- A driver whose service is disabled is not loaded
set_dword 'HKLM\SYSTEM\CurrentControlSet\Services\vhdmp' Start 4
has 'ready in' hvctl up
has 'stopped' hvctl status vhdmp
exits 1 'disabled' hvctl start vhdmp

# --- A group policy's file, there and back
policy='HKLM\SOFTWARE\Policies\Microsoft\Windows\HyperV'
set_dword "$policy" RequireSecureDeviceAssignment 1
has 'is written' hvctl policy export "$policy" "$work/Registry.pol"
reg delete "$policy" /f >/dev/null
has '1 values set' hvctl policy import "$work/Registry.pol"
has '0x1' reg query "$policy" /v RequireSecureDeviceAssignment
head -c 40 "$work/Registry.pol" >"$work/cut.pol"
reg delete "$policy" /f >/dev/null
exits 1 'cut.pol: at 0x' hvctl policy import "$work/cut.pol"
exits 1 'unable to find' reg query "$policy"

echo "ok: $checks checks"
