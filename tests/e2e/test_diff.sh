#!/usr/bin/env bash
# diff with the true programs: hosts, files and moments, by what is stored and by what it comes to.
set -euo pipefail
command -v python3 >/dev/null || exit 77

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
export TMPDIR=$work/tmp
mkdir "$TMPDIR"

# What differs, as words: effective NAME..., then stored NAME...
differs() {
	local wanted=$1 got
	shift
	checks=$((checks + 1))
	got=$(hvctl diff --json "$@" | python3 -c '
import json, sys
d = json.load(sys.stdin)
print(" ".join(v["name"] for v in d["effective"]), "|",
      " ".join(str(v["name"]) for v in d["stored"]))') || true
	[ "$got" = "$wanted" ] || fail "diff $*: \"$got\", not \"$wanted\""
}

cd "$work"
parameters='HKLM\SYSTEM\CurrentControlSet\Services\vhdmp\Parameters'
hvctl --root one host create --relaxed >/dev/null
hvctl --root two host create --relaxed >/dev/null
exits 0 "0 differences in effect" hvctl diff one two
hvctl diff one two --reg >/dev/null || fail "two new hosts differ"

# --- The effective value, and what is only stored otherwise: the default, what nobody reads.
set_one() { HVEMU_ROOT=$work/one reg add "$1" /v "$2" /t REG_DWORD /d "$3" /f >/dev/null; }
set_one "$parameters" MirrorBlockSize 0x100000
set_one "$parameters" SurfaceTimeout 300
set_one "$parameters" NobodyReadsThis 1
differs "MirrorBlockSize | None NobodyReadsThis SurfaceTimeout" two one
differs "MirrorBlockSize | " --effective two one
exits 1 "1 difference in effect" hvctl diff two one
differs " | None MirrorBlockSize NobodyReadsThis SurfaceTimeout" --raw two one
exits 1 "dword:300" hvctl diff two one
exits 1 "no reader knows it" hvctl diff two one
exits 1 "8388608 (default-absent) -> 1048576 (applied" hvctl diff two one

# A gate makes two values differ where one is stored otherwise: the rule of hvctl why.
hvctl --root three host create --relaxed >/dev/null
HVEMU_ROOT=$work/three reg add 'HKLM\SOFTWARE\hvemu\Machine' /v cpuvendor /d AuthenticAMD /f >/dev/null
hvctl --root four host create --relaxed >/dev/null
HVEMU_ROOT=$work/four reg add 'HKLM\SOFTWARE\hvemu\Machine' /v cpuvendor /d GenuineIntel /f >/dev/null
hvctl diff --json --effective three four >gate.json && fail "two makers are the same"
grep -q '"EnableSevSnp"' gate.json || fail "EnableSevSnp is the same on AuthenticAMD and GenuineIntel"

# --- Files: against each other, and what makes the one like the other.
HVEMU_ROOT=$work/one reg export "$parameters" one.reg /y >/dev/null
printf 'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Other]\r\n@="x"\r\n' >other.reg
differs "MirrorBlockSize | None  None NobodyReadsThis SurfaceTimeout" other.reg one.reg
exits 1 "only left" hvctl diff other.reg one.reg
hvctl diff --reg other.reg one.reg >delta.reg && fail "two files are the same"
HVEMU_ROOT=$work/two reg import other.reg >/dev/null 2>&1
HVEMU_ROOT=$work/two reg import delta.reg >/dev/null 2>&1
exits 0 "" hvctl diff two one.reg
exits 0 "" hvctl diff one two
hvctl --root one policy export 'HKLM\SYSTEM\CurrentControlSet\Services\vhdmp' one.pol >/dev/null
HVEMU_ROOT=$work/one reg save "$parameters" one.hiv /y >/dev/null
exits 0 "" hvctl diff --raw --into 'HKLM\SYSTEM\CurrentControlSet\Services\vhdmp\Parameters' one.hiv one.reg

# --- Moments of a host.
number=$(hvctl --root one host show --json | sed -n 's/^ *"last_write": \([0-9]*\).*/\1/p')
set_one "$parameters" MirrorBlockSize 0x200000
differs "MirrorBlockSize | " "one@$number" one
exits 1 "1048576 (applied) -> 2097152" hvctl --root one diff "@$number" one
exits 0 "" hvctl diff "one@$number" "one@$number"
exits 2 "" hvctl diff "one@999999" one

# --- Failures
exits 2 "there is no host" hvctl diff one nowhere
printf 'Windows Registry Editor Version 5.00\r\n\r\n[HKLM\\SOFTWARE\\X]\r\nx\r\n' >bad.reg
exits 2 "bad.reg:4:" hvctl diff one bad.reg
exits 2 "takes two" hvctl diff one
exits 2 "takes two" hvctl diff --raw --reg one two
[ -z "$(ls "$TMPDIR")" ] || fail "diff left a scratch host"

echo "ok: $checks checks"
