#!/usr/bin/env bash
# Each apply class, proven with the true processes: a write is pending until its own event, and no
# other event gives it effect. Then what the virtual machines' life itself shows.
set -euo pipefail
command -v python3 >/dev/null || exit 77

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

services='HKLM\SYSTEM\CurrentControlSet\Services'
base='HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Virtualization'

set_dword() {
	reg add "$1" /v "$2" /t REG_DWORD /d "$3" /f >/dev/null
}

# What is pending, as NAME=EVENT words in order.
pending() {
	hvctl tunables --pending --json | python3 -c '
import json, sys
print(" ".join(sorted({v["name"] + "=" + v["pending_event"] for v in json.load(sys.stdin)})))'
}

pending_is() {
	local got
	checks=$((checks + 1))
	got=$(pending)
	[ "$got" = "$1" ] || fail "${2:-}: pending is \"$got\", not \"$1\""
}

# The effective value of NAME in PROCESS (a prefix); all that are shown there.
effective() {
	hvctl tunables "$2" --json | python3 -c '
import json, sys
print(" ".join(sorted({str(v["effective"]) for v in json.load(sys.stdin)
                       if v["process"].startswith(sys.argv[1])})))' "$1"
}

effective_is() {
	local got
	checks=$((checks + 1))
	got=$(effective "$1" "$2")
	[ "$got" = "$3" ] || fail "$2 in $1 is \"$got\", not \"$3\""
}

printf 'vhdxfile' >"$work/one.vhdx"
device="$services"'\storvsp\vport1'
reg add "$device" /v FcVportRescanInterval /t REG_DWORD /d 1 /f >/dev/null

# --- The events, each by itself. Together they are all there are.
event_boot() { hvctl reboot >/dev/null && hvctl vm start one >/dev/null && attach; }
event_driver_entry() { hvctl restart storvsp >/dev/null; }
event_device_add() { hvctl add-device storvsp "$device" >/dev/null; }
event_attach() { attach; }
event_service_start() { hvctl restart vmms >/dev/null; }
event_reload() { hvctl reload >/dev/null; }
event_vm_start() { hvctl vm stop one >/dev/null && hvctl vm start one >/dev/null; }
attach() {
	hvctl call vhdmp detach "$work/one.vhdx" >/dev/null 2>&1 || true
	hvctl call vhdmp attach "$work/one.vhdx" >/dev/null
}

hvctl up >/dev/null
hvctl vm create one >/dev/null
hvctl vm start one >/dev/null
attach
pending_is ""

# One value of each class. SpreadWork is read at storvsp's entry, ApplyVMLimit by each operation.
declare -A key=(
	[boot]="$services"'\vhdmp\Parameters' [driver-entry]="$services"'\storvsp'
	[device-add]="$device" [attach]="$services"'\vhdmp\Parameters'
	[service-start]="$base" [reload]="$services"'\vhdmp\Parameters' [vm-start]="$base"'\Worker'
)
declare -A name=(
	[boot]=SurfaceTimeout [driver-entry]=NominalIoTimeout [device-add]=FcVportRescanInterval
	[attach]=CTTraceFlags [service-start]=VssThreadPoolSize [reload]=MirrorBlockSize
	[vm-start]=MaxNestedTlbSize
)
declare -A process=(
	[boot]=ntoskrnl [driver-entry]=ntoskrnl [device-add]=ntoskrnl [attach]=ntoskrnl
	[service-start]=vmms [reload]=ntoskrnl [vm-start]=vmwp
)
# What other events imply: a boot is the start of everything, a driver's entry that of its devices,
# and a machine's start comes with each of them here.
implied_by() {
	case $1 in
	boot) echo "boot" ;;
	driver-entry) echo "driver-entry boot" ;;
	device-add) echo "device-add driver-entry boot" ;;
	attach) echo "attach boot" ;;
	service-start) echo "service-start boot" ;;
	reload) echo "reload boot" ;;
	vm-start) echo "vm-start boot" ;;
	esac
}
classes="reload attach device-add driver-entry service-start vm-start boot"
number=2
for class in $classes; do
	before=$(effective "${process[$class]}" "${name[$class]}")
	number=$((number + 1))
	set_dword "${key[$class]}" "${name[$class]}" $number
	pending_is "${name[$class]}=$class" "$class, written"
	effective_is "${process[$class]}" "${name[$class]}" "$before"
	for other in $classes; do
		[[ " $(implied_by "$class") " == *" $other "* ]] && continue
		"event_${other//-/_}"
		pending_is "${name[$class]}=$class" "$class after $other"
		effective_is "${process[$class]}" "${name[$class]}" "$before"
	done
	"event_${class//-/_}"
	pending_is "" "$class, raised"
	effective_is "${process[$class]}" "${name[$class]}" $number
done

# --- A change that is notified has its effect by itself: once it is there, nothing is pending.
mkfifo "$work/watch"
hvctl watch vid --count 1 >"$work/watch" &
watcher=$!
exec 3<"$work/watch"
read -r line <&3
[[ $line == Watching* ]] || fail "watch began with \"$line\""
set_dword "$services"'\vid\Parameters' ExoDeviceEnabled 1
cat <&3 >/dev/null
wait "$watcher"
exec 3<&-
until [ "$(effective ntoskrnl ExoDeviceEnabled)" = 1 ]; do :; done
pending_is "" "notification"

# --- What each operation reads is never pending: the next one has it.
set_dword "$base"'\Replication' ApplyVMLimit 7
pending_is "" "per-operation"
effective_is vmms ApplyVMLimit 7
guid='{11111111-2222-3333-4444-555555555555}'
reg add "$services"'\storvsp\Parameters\Parsers\'"$guid" /v ServiceName /d first /f >/dev/null
hvctl call storvsp load-parser "$guid" | grep -q first || fail "the parser is not the first"
reg add "$services"'\storvsp\Parameters\Parsers\'"$guid" /v ServiceName /d second /f >/dev/null
hvctl call storvsp load-parser "$guid" | grep -q second || fail "the parser is not the second"
pending_is "" "per-operation"

# --- The partition of a running machine keeps what it was set up with.
set_dword "$services"'\vid\Parameters' PageBackingSize 1
pending_is "PageBackingSize=vm-start" "partition"
event_vm_start
pending_is "" "partition"

# --- A shielded machine waits by its own default
hvctl vm create two --shielded >/dev/null
hvctl vm start two >/dev/null
effective_is vmms StartupWaitTimeout "300 600"

# --- Workers outlive vmms; one that is killed leaves its machine off
hvctl restart vmms >/dev/null
[ "$(hvctl vm list --json | grep -c '"running"')" = 2 ] || fail "vmms did not take over its workers"
worker=$(hvctl vm list --json | sed -n 's/^ *"pid": \([0-9]*\).*/\1/p' | sed 1q)
kill -9 "$worker"
tail --pid="$worker" -f /dev/null
until [ "$(hvctl vm list --json | grep -c '"off"')" = 1 ]; do :; done

# --- StartupWaitTimeout times out: a worker that never gets ready is given up
hvctl down >/dev/null
mkdir "$work/bin" "$work/lib"
cp -a "$HVEMU_BIN"/. "$work/bin"
cp -a "$HVEMU_LIB"/. "$work/lib"
printf '#!/bin/sh\nexec tail -f /dev/null\n' >"$work/bin/vmwp"
set_dword "$base" StartupWaitTimeout 1
PATH=$work/bin:$PATH
hvctl up >/dev/null
got=0
out=$(hvctl vm start one 2>&1) || got=$?
[[ $got = 1 && $out == *"not ready in 1 s (StartupWaitTimeout)"* ]] || fail "the start said: $out"
[ "$(hvctl vm list --json | grep -c '"off"')" = 2 ] || fail "a machine is not off"

echo "ok: $((checks + 6)) checks"
