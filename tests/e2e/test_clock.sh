#!/usr/bin/env bash
# The clock of a host with the true programs: time-outs of minutes at once and at their moment, in
# all processes; and two hosts with one seed, which come out equal.
set -euo pipefail

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
leave() {
	hvctl clock resume >/dev/null 2>&1 || true
}

# --- Without any process
hvctl host create --relaxed >/dev/null
has ', running' hvctl clock
has ', paused' hvctl clock pause
has '2107-06-01T00:00:00.0000000Z, paused' hvctl clock jump 2107-06-01
has '2107-06-01T00:05:00.0000000Z, paused' hvctl clock step 5m
has '1601-01-01T00:00:00.0000000Z, paused' hvctl clock jump 1601-01-01
refuses '1601' hvctl clock jump 1600-12-31
refuses '30827' hvctl clock jump 30828-01-01
refuses 'expected' hvctl clock step -- -5s
refuses 'expected' hvctl clock step soon
refuses 'expected' hvctl clock wind
has '"paused": true' hvctl clock --json
has ', running' hvctl clock resume

# --- A worker that hangs: 300 s, and 600 s for a shielded machine
mkdir "$work/bin" "$work/fifo"
for program in hvloader ntoskrnl vmms vmcompute svchost; do
	ln -s "$HVEMU_BIN/$program" "$work/bin/$program"
done
mkfifo "$work/started"
printf '#!/bin/sh\necho started >"%s"\nexec sleep 100000\n' "$work/started" >"$work/bin/vmwp"
chmod +x "$work/bin/vmwp"
export HVEMU_LIBEXEC=$work/bin
hvctl up >/dev/null
hvctl clock pause >/dev/null
has '2026-03-01T12:00:00.0000000Z' hvctl clock jump 2026-03-01T12:00:00

# hangs NAME SECONDS OPTION...: the machine is given up at exactly that moment.
hangs() {
	local name=$1 seconds=$2 word start
	shift 2
	hvctl vm create "$name" "$@" >/dev/null
	hvctl vm start "$name" >"$work/start" 2>&1 &
	start=$!
	read -r word <"$work/started"
	[ "$word" = started ] || fail "the worker of $name said $word"
	has "next timer in $seconds.000 s" hvctl clock
	has 'next timer in 0.001 s' hvctl clock step "$((seconds * 1000 - 1))ms"
	# Neither the time of day nor real time brings it nearer.
	has 'next timer in 0.001 s' hvctl clock jump 2027-01-01
	has 'next timer in 0.001 s' hvctl clock jump 2025-01-01
	has 'starting' hvctl vm list
	lacks 'next timer' hvctl clock step 1ms
	wait "$start" && fail "$name started"
	grep -q "was not ready in $seconds s (StartupWaitTimeout)" "$work/start" ||
		fail "$(cat "$work/start")"
	has 'off' hvctl vm list
	hvctl vm delete "$name" >/dev/null
	checks=$((checks + 2))
}
hangs plain 300
hangs shielded 600 --shielded

# --- A service that fails is started again when its FailureActions say, on the host's clock
services='HKLM\SYSTEM\CurrentControlSet\Services'
# Restart after 60,000 ms, then nothing.
reg add "$services\\vmcompute" /v FailureActions /t REG_BINARY /f \
	/d 80510100000000000000000002000000140000000100000060ea00000000000000000000 >/dev/null
hvctl reboot >/dev/null
has ', paused' hvctl clock
service() {
	hvctl service query vmcompute
}
kill -9 "$(hvctl service query vmcompute --json | sed -n 's/^ *"pid": \([0-9]*\).*/\1/p')"
until service | grep -q 'state stopped'; do :; done
has 'next timer in 60.000 s' hvctl clock
has 'state stopped' service
has 'next timer in 1.000 s' hvctl clock step 59s
lacks 'next timer' hvctl clock step 1s
until service | grep -q 'state running'; do :; done
has 'failed 1 times, started again 1 times' service

# --- Event times are the host's; a step that passes a moment stops there for it
hvctl clock jump 2044-05-06T07:08:09 >/dev/null
hvctl reboot >/dev/null
has '2044-05-06T07:08:09' hvctl events --id 6005
has '"wall": "2' hvctl events --id 6005 --json
hvctl down >/dev/null
unset HVEMU_LIBEXEC

# --- Two hosts of one seed
make() {
	export HVEMU_ROOT=$work/$1
	hvctl host create --relaxed --seed "$2" >/dev/null
	hvctl clock pause >/dev/null
	hvctl clock jump 2026-01-01 >/dev/null
	hvctl up >/dev/null
	for name in one two three; do
		hvctl vm create "$name" >/dev/null
	done
	hvctl vm start one >/dev/null
	{
		for _ in 1 2 3; do
			hvctl call NetMgmtIF allocate-mac
		done
		hvctl vm list
		bcdedit /copy '{current}' /d Second
	} | sed 's/running *[0-9]*/running/' >"$work/$1.txt"
	hvctl down >/dev/null
	for root in HKLM HKU; do
		reg export "$root" "$work/$1.$root.reg" /y >/dev/null
	done
}
make first 7
make second 7
make third 8
for part in txt HKLM.reg HKU.reg; do
	checks=$((checks + 1))
	cmp "$work/first.$part" "$work/second.$part" || fail "two hosts of one seed differ in $part"
done
cmp -s "$work/first.txt" "$work/third.txt" && fail "two seeds made the same ids"

echo "ok: $checks checks"
