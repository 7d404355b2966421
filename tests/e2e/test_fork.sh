#!/usr/bin/env bash
# A host that is a copy of another: whole while the other is written to, independent, or not there.
set -euo pipefail

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
leave() {
	hvctl --root "$work/fork" down >/dev/null 2>&1 || true
}

key='HKLM\SOFTWARE\Fork'
number() {
	HVEMU_ROOT=$1 reg query "$key" /v "$2" | sed -n 's/.*REG_DWORD *//p'
}
write() {
	reg add "$key" /v "$1" /t REG_DWORD /d "$2" /f >/dev/null
}
same() {
	local root
	for root in HKLM HKU; do
		reg export "$root" "$work/one.reg" /y >/dev/null
		HVEMU_ROOT=$1 reg export "$root" "$work/two.reg" /y >/dev/null
		checks=$((checks + 1))
		cmp "$work/one.reg" "$work/two.reg" || fail "$root differs in $1"
	done
}

hvctl host create --relaxed >/dev/null
hvctl fork "$work/down" >/dev/null
same "$work/down"

# --- While the host is up, with a machine, and somebody writes pairs that are always equal
hvctl up >/dev/null
hvctl vm create one >/dev/null
hvctl vm start one >/dev/null
{
	echo 'Windows Registry Editor Version 5.00'
	for ((i = 1; i <= 400; i++)); do
		printf '\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Fork]\n"a"=dword:%08x\n"b"=dword:%08x\n' "$i" "$i"
	done
} >"$work/pairs.reg"
touch "$work/going"
while [ -e "$work/going" ]; do
	reg import "$work/pairs.reg" >/dev/null 2>&1
	reg add "$key" /v a /t REG_DWORD /d 400 /f >/dev/null
done &
writer=$!
until reg query "$key" >/dev/null 2>&1; do :; done
for round in 1 2 3 4 5; do
	hvctl fork "$work/fork$round" >/dev/null
	checks=$((checks + 1))
	[ "$(number "$work/fork$round" a)" = "$(number "$work/fork$round" b)" ] || fail "a torn copy"
done
rm "$work/going"
wait "$writer"

# --- It is a host of its own
hvctl fork "$work/fork" >/dev/null
same "$work/fork"
[ ! -e "$work/fork/log" ] || fail "the log was copied"
HVEMU_ROOT=$work/fork hvctl up >/dev/null
HVEMU_ROOT=$work/fork hvctl vm list | grep -q 'off *.*one' || fail "the machine is not there"
HVEMU_ROOT=$work/fork hvctl vm start one >/dev/null
write a 5
HVEMU_ROOT=$work/fork write a 6
[ "$(number "$work/host" a):$(number "$work/fork" a)" = 0x5:0x6 ] || fail "they are one"
checks=$((checks + 4))
HVEMU_ROOT=$work/fork hvctl down >/dev/null

# --- As of a moment
write c 1
moment=$(hvctl host show --json | sed -n 's/^ *"last_write": \([0-9]*\).*/\1/p')
reg export HKLM "$work/then.reg" /y >/dev/null
write c 2
reg delete 'HKLM\SYSTEM\CurrentControlSet\Services\vhdmp' /f >/dev/null
hvctl fork "$work/then" --at "$moment" >/dev/null
HVEMU_ROOT=$work/then reg export HKLM "$work/forked.reg" /y >/dev/null
cmp "$work/then.reg" "$work/forked.reg" || fail "the moment is another"
[ "$(number "$work/host" c)" = 0x2 ] || fail "the host went back"
checks=$((checks + 2))

# --- Refused, with nothing left behind
refuses 'is there already' hvctl fork "$work/fork"
refuses 'lies within' hvctl fork "$work/host/inner"
refuses 'No such file' hvctl fork "$work/none/new"
refuses 'expected' hvctl fork
refuses '99999999' hvctl fork "$work/new" --at 99999999
refuses 'no host' hvctl --root "$work/none" fork "$work/new"
[ -z "$(find "$work" -maxdepth 1 -name '*.??????' ! -name '*.reg')" ] || fail "something was left behind"

echo "ok: $checks checks"
