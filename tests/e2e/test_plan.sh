#!/usr/bin/env bash
# plan with the true programs: what files would change, the smallest set of steps that makes it
# effective, and that these steps are enough and none of them is too many.
set -euo pipefail
command -v python3 >/dev/null || exit 77

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
export TMPDIR=$work/tmp
mkdir "$TMPDIR"

services='HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services'
base='HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Virtualization'

# Write a .reg file: reg FILE [KEY NAME=DATA]...
reg_file() {
	local file=$1
	printf 'Windows Registry Editor Version 5.00\r\n' >"$file"
	shift
	while [ $# -gt 0 ]; do
		printf '\r\n[%s]\r\n"%s"=%s\r\n' "$1" "${2%%=*}" "${2#*=}" >>"$file"
		shift 2
	done
}

# The commands of a plan.
steps_of() {
	python3 -c '
import json, sys
print("; ".join(step["command"] for step in json.load(sys.stdin)["steps"]))'
}

steps_are() {
	local wanted=$1 got
	shift
	checks=$((checks + 1))
	got=$(hvctl plan --json "$@" | steps_of)
	[ "$got" = "$wanted" ] || fail "plan $*: the steps are \"$got\", not \"$wanted\""
}

# What a plan says of one value: before and after, verdict, and when.
says() {
	local name=$1 wanted=$2 got
	shift 2
	checks=$((checks + 1))
	got=$(hvctl plan --json "$@" | python3 -c '
import json, sys
for c in json.load(sys.stdin)["changes"]:
    if c["name"] == sys.argv[1]:
        print(c["before"] and c["before"]["effective"], c["after"] and c["after"]["effective"],
              c["after"] and c["after"]["verdict"], c["needs"] or c["when"])' "$name")
	[ "$got" = "$wanted" ] || fail "plan $*: $name is \"$got\", not \"$wanted\""
}

pending() {
	hvctl tunables --pending --json | python3 -c '
import json, sys
print(" ".join(sorted({v["name"] for v in json.load(sys.stdin)})))'
}

cd "$work"
reload=("$services\\vhdmp\\Parameters" MirrorBlockSize=dword:00100000)
driver=("$services\\storvsp" NominalIoTimeout=dword:00000007)
device=("$services\\storvsp\\vport1" FcVportRescanInterval=dword:00000003)
service=("$base" VssThreadPoolSize=dword:00000006)
machine=("$base\\Worker" MaxNestedTlbSize=dword:00000007)
boot=("$services\\vhdmp\\Parameters" SurfaceTimeout=dword:00000005)
notified=("$services\\vid\\Parameters" ExoDeviceEnabled=dword:00000001)
operation=("$base\\Replication" ApplyVMLimit=dword:00000007)
attach=("$services\\vhdmp\\Parameters" CTTraceFlags=dword:00000007)
reg_file reload.reg "${reload[@]}"
reg_file driver.reg "${driver[@]}"
reg_file device.reg "${device[@]}"
reg_file service.reg "${service[@]}"
reg_file machine.reg "${machine[@]}"
reg_file boot.reg "${boot[@]}"
reg_file notified.reg "${notified[@]}"
reg_file operation.reg "${operation[@]}"
reg_file attach.reg "${attach[@]}"

# --- Without a host, on a new one, which is gone afterwards.
says MirrorBlockSize "8388608 1048576 applied the host is down: its next boot reads it" reload.reg
exits 0 "a new host" hvctl plan reload.reg
exits 1 "there is no host" hvctl plan --apply reload.reg
[ ! -e "$HVEMU_ROOT" ] || fail "plan made a host"
[ -z "$(ls "$TMPDIR")" ] || fail "plan left its scratch host"

# --- Each event by itself, and what stands for what.
hvctl up >/dev/null
hvctl vm create one >/dev/null
before=$(hvctl host show --json)
steps_are "hvctl reload vhdmp" reload.reg
steps_are "hvctl restart storvsp" driver.reg
steps_are "hvctl add-device storvsp 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\storvsp\\vport1'" device.reg
steps_are "hvctl restart storvsp" driver.reg device.reg
steps_are "hvctl restart vmms" service.reg
steps_are "" machine.reg
says MaxNestedTlbSize "0 7 applied the next start of a virtual machine reads it" machine.reg
steps_are "hvctl reboot" boot.reg reload.reg driver.reg device.reg service.reg machine.reg
steps_are "" notified.reg operation.reg attach.reg
says ExoDeviceEnabled "0 1 applied at once: the change is notified" notified.reg
says ApplyVMLimit "None 7 applied the next operation reads it" operation.reg
says CTTraceFlags "None 7 applied the next attach reads it" attach.reg
steps_are "hvctl restart storvsp; hvctl reload vhdmp; hvctl restart vmms" \
	service.reg reload.reg device.reg driver.reg
[ "$(hvctl host show --json)" = "$before" ] || fail "plan wrote something"

# A machine that runs must be started anew, by whatever ends it.
hvctl vm start one >/dev/null
steps_are "hvctl vm stop 'one' && hvctl vm start 'one'" machine.reg
steps_are "hvctl reboot; hvctl vm start 'one'" boot.reg machine.reg

# --- Verdicts, values that stay, values that nobody knows.
reg_file judged.reg "$services\\vmswitch\\Parameters" NoSuchValue=dword:00000001 \
	"$services\\vhdmp\\Parameters" MirrorBlockSize=dword:00800000
says MirrorBlockSize "8388608 8388608 applied the effective value stays as it is" judged.reg
steps_are "" judged.reg
exits 0 '1 of them no reader knows; "hvctl lint judged.reg"' hvctl plan judged.reg
exits 0 "Nothing was written" hvctl plan judged.reg

# --- What is pending already and left alone is no part of a plan; what goes back needs nothing.
reg import driver.reg >/dev/null 2>&1
[ "$(pending)" = NominalIoTimeout ] || fail "pending is \"$(pending)\""
steps_are "hvctl reload vhdmp" reload.reg
steps_are "" driver.reg
reg_file back.reg "$services\\storvsp" NominalIoTimeout=dword:0000000a
says NominalIoTimeout "10 10 applied the effective value stays as it is" back.reg
steps_are "" back.reg
reg delete "HKLM\\SYSTEM\\CurrentControlSet\\Services\\storvsp" /v NominalIoTimeout /f >/dev/null

# --- Failures write nothing and say where.
printf 'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\X]\r\n"a"=dwxrd:1\r\n' >bad.reg
before=$(hvctl host show --json)
exits 1 "bad.reg:4:" hvctl plan reload.reg bad.reg
exits 1 "bad.reg:4:" hvctl plan --apply reload.reg bad.reg
exits 1 "none.reg" hvctl plan none.reg
exits 2 "takes files" hvctl plan
exits 2 "takes files" hvctl plan --into HKLM
exits 1 "names its keys itself" hvctl plan --into HKLM reload.reg
[ "$(hvctl host show --json)" = "$before" ] || fail "a plan that failed wrote something"

# --- Applied, nothing is pending; and without any one step, something is.
reg import driver.reg reload.reg >/dev/null 2>&1 || true
hvctl plan --json driver.reg reload.reg service.reg machine.reg notified.reg >plan.json
steps=$(python3 -c 'import json; print(len(json.load(open("plan.json"))["steps"]))')
for ((left = 0; left < steps; left++)); do
	python3 - "$left" <<-'END' >run.sh
		import json, sys
		steps = json.load(open("plan.json"))["steps"]
		print("\n".join(s["command"] for i, s in enumerate(steps) if i != int(sys.argv[1])))
	END
	hvctl down >/dev/null
	for file in driver reload service machine; do
		sed 's/^"\(.*\)"=.*/"\1"=-/' "$file.reg" >un.reg
		reg import un.reg >/dev/null 2>&1
	done
	hvctl up >/dev/null
	hvctl vm start one >/dev/null
	for file in driver reload service machine; do reg import "$file.reg" >/dev/null 2>&1; done
	bash -e run.sh >/dev/null
	checks=$((checks + 1))
	[ -n "$(pending)" ] || fail "step $left of $(steps_of <plan.json) is one too many"
done
hvctl down >/dev/null
for file in driver reload service machine; do
	sed 's/^"\(.*\)"=.*/"\1"=-/' "$file.reg" >un.reg
	reg import un.reg >/dev/null 2>&1
done
hvctl up >/dev/null
hvctl vm start one >/dev/null
exits 0 "Nothing of it is pending." hvctl plan --apply driver.reg reload.reg service.reg machine.reg notified.reg
[ -z "$(pending)" ] || fail "pending is \"$(pending)\""
hvctl plan --json driver.reg reload.reg service.reg machine.reg notified.reg | python3 -c '
import json, sys
plan = json.load(sys.stdin)
assert plan["up"] and plan["changes"] == [] and plan["steps"] == [], plan'

# --- Every row of a fixed key at once: first all that needs no boot, then all.
python3 - <<-'END'
	import json, subprocess
	rows = json.loads(subprocess.check_output(["hvctl", "describe", "--json"]))
	files = {"rest.reg": [r for r in rows if r["read_at"] != "boot"], "all.reg": rows}
	for name, some in files.items():
	    out = ["Windows Registry Editor Version 5.00", ""]
	    for r in some:
	        if any(c in r["key"] + r["name"] for c in "<{*(") or r["type"] == "?":
	            continue
	        default = r["default"] if isinstance(r["default"], int) else 0
	        number = default + 1
	        if r["max"] is not None and number > int(r["max"]):
	            number = max(0, default - 1)
	        data = {"REG_DWORD": "dword:%08x" % (number & 0xffffffff),
	                "REG_QWORD": "hex(b):" + ",".join("%02x" % b for b in number.to_bytes(8, "little")),
	                "REG_SZ": '"text"', "REG_BINARY": "hex:01,02,03,04,05,06",
	                "REG_MULTI_SZ": "hex(7):61,00,00,00,00,00"}.get(r["type"])
	        if data:
	            out += ["[%s]" % r["key"].replace("HKLM", "HKEY_LOCAL_MACHINE").replace("HKCU", "HKEY_CURRENT_USER"),
	                    '"%s"=%s' % (r["name"], data), ""]
	    open(name, "w").write("\r\n".join(out))
END
hvctl plan --apply --json rest.reg >rest.json || fail "applying rest.reg: $(cat rest.json)"
python3 - <<-'END' || fail "the plan of all rows that need no boot"
	import json
	plan = json.load(open("rest.json"))
	actions = {s["action"] for s in plan["steps"]}
	assert actions >= {"restart-driver", "reload", "restart-service", "restart-vm"}, actions
	assert "boot" not in actions and "start-vm" not in actions, actions
	assert all(s["done"] for s in plan["steps"]) and plan["pending"] == []
	restarted = {s["target"] for s in plan["steps"] if s["action"] == "restart-driver"}
	assert not [s for s in plan["steps"] if s["action"] in ("reload", "add-device") and s["target"] in restarted]
	assert len(plan["changes"]) > 300, len(plan["changes"])
END
[ -z "$(pending)" ] || fail "pending is \"$(pending)\""
hvctl plan --apply --json all.reg >all.json || fail "applying all.reg: $(cat all.json)"
python3 - <<-'END' || fail "the plan of all rows"
	import json
	plan = json.load(open("all.json"))
	assert [s["action"] for s in plan["steps"]] == ["boot", "start-vm"], plan["steps"]
	assert plan["pending"] == []
END
checks=$((checks + 4))

# --- A policy, a hive, boot configuration: where each goes, and the conditions that a boot changes.
hvctl policy export 'HKLM\SYSTEM\CurrentControlSet\Services\vhdmp' host.pol >/dev/null
exits 0 "No tunable changes." hvctl plan host.pol
reg save 'HKLM\SYSTEM\CurrentControlSet\Services\storvsp' storvsp.hiv /y >/dev/null
reg import back.reg >/dev/null 2>&1
exits 0 "NominalIoTimeout" hvctl plan --into 'HKLM\SYSTEM\CurrentControlSet\Services\storvsp' storvsp.hiv
exits 1 "no boot configuration; say with --into KEY" hvctl plan storvsp.hiv
bcdedit /export before.bcd >/dev/null
exits 0 "No tunable changes." hvctl plan before.bcd
bcdedit /set hypervisorschedulertype root >/dev/null
bcdedit /export root.bcd >/dev/null
bcdedit /import before.bcd >/dev/null
steps_are "hvctl reboot; hvctl vm start 'one'" root.bcd
checks=$((checks + 1))
hvctl plan --json root.bcd | python3 -c '
import json, sys
changes = json.load(sys.stdin)["changes"]
gated = [c["name"] for c in changes if c["owner"] == "winhvr.sys"]
assert gated, changes' || fail "what only the root scheduler reads is not in the plan"
exits 0 "Nothing of it is pending." hvctl plan --apply root.bcd
[ "$(hvctl boot --json | sed -n 's/^ *"scheduler": \(.*\),*/\1/p')" = 4, ] || fail "the scheduler is not 4"

# --- How a service starts, and which control set is taken, only a boot reads.
reg_file start.reg "$services\\hvsocket" Start=dword:00000004
steps_are "hvctl reboot; hvctl vm start 'one'" start.reg
says Start "dword:3 (demand) dword:4 (disabled) applied hvctl reboot" start.reg
reg_file select.reg 'HKEY_LOCAL_MACHINE\SYSTEM\Select' LastKnownGood=dword:00000001
steps_are "" select.reg
says LastKnownGood "dword:2 dword:1 applied only a boot of the last known good reads it" select.reg
exits 0 "Nothing of it is pending." hvctl plan --apply start.reg
exits 1 "hvsocket" hvctl reload hvsocket

# --- A host that is down gets the files and no step.
hvctl down >/dev/null
exits 0 "its next boot reads it" hvctl plan --apply back.reg reload.reg
[ "$(hvctl resolve NominalIoTimeout --json | sed -n 's/^ *"effective": \(.*\),/\1/p')" = 10 ] ||
	fail "the files were not imported"

echo "ok: $checks checks"
