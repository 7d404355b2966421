#!/usr/bin/env bash
# Figures of a whole host: boot to ready, resident memory while idle, CPU used while idle, and cases a
# second of the interpreter. Needs the release build (scripts/run or scripts/test make it).
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
PATH=${HVEMU_BIN:-$top/build/release/bin}:$PATH
work=$(mktemp -d)
export HVEMU_ROOT=$work/host
trap 'hvctl down >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

rounds=20
reg import "$top/scripts/sample/hyperv-host.reg" 2>/dev/null

boots=$work/boots
for _ in $(seq $rounds); do
	hvctl up --json | sed -n 's/^ *"boot_ms": \([0-9.]*\).*/\1/p' >>"$boots"
	hvctl down >/dev/null
done
boot=$(sort -n "$boots" | sed -n "$((rounds / 2))p")

hvctl up >/dev/null
# Of each process of the host, in the order of their start.
mapfile -t pids < <(hvctl status --json | sed -n 's/^ *"pid": \([0-9]*\).*/\1/p')
status=("${pids[@]/#//proc/}")
resident=$(awk '/^VmRSS/ { printf "%s ", $2 }' "${status[@]/%//status}")
cpu() {
	awk '{ ticks += $14 + $15 } END { print ticks }' "${status[@]/%//stat}"
}
before=$(cpu)
read -r -t 10 _ <> <(:) || true # ten idle seconds
idle=$(($(cpu) - before))

cases=$work/cases.tsv
head -n 1 "$top/tests/vectors/vhdmp.tsv" >"$cases"
for _ in $(seq 100); do
	tail -q -n +2 "$top"/tests/vectors/*.tsv
done >>"$cases"
count=$(($(wc -l <"$cases") - 1))
start=$(date +%s%N)
hvctl verify "$cases" >/dev/null
nanoseconds=$(($(date +%s%N) - start))

printf '%-34s %s\n' \
	'boot to ready, median of 20' "$boot ms" \
	'resident memory of each process' "$resident KiB" \
	'CPU of all in 10 idle seconds' "$idle ticks" \
	'cases judged' "$count" \
	'cases a second' "$((count * 1000 / (nanoseconds / 1000000)))"
