#!/usr/bin/env bash
# hvctl's explanations with the true programs: why, of a store, of a running process, of an input.
set -euo pipefail

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# count N TEXT COMMAND...: the text stands in so many lines.
count() {
	local expected=$1 text=$2 got
	shift 2
	checks=$((checks + 1))
	got=$("$@" | grep -cF -- "$text" || true)
	[ "$got" = "$expected" ] || fail "$*: $got lines with \"$text\", not $expected"
}

vhdmp='HKLM\SYSTEM\CurrentControlSet\Services\vhdmp\Parameters'

# An input, without a host.
has '2. 300001 ms is above the highest, 300000 ms: reset to the default (2.4, documented)' \
	hvctl why SmbResiliencyTimeoutMs dword:300001
[ ! -e "$HVEMU_ROOT" ] || fail "an input made a host"
exits 2 '' hvctl why SmbResiliencyTimeoutMs dword:x
exits 2 '' hvctl why SmbResiliencyTimeoutMs dword:1 dword:2
exits 1 '' hvctl why NoSuchName

# Each reader of a name under its owner, and one alone.
count 3 '  owner ' hvctl why LeakWaitSeconds absent
count 1 'owner      hvloader.dll' hvctl why IgnoreMemPart absent
count 2 'owner      vid.sys' hvctl why IgnoreMemPart absent

# The store, then the running process, then what is pending beside it.
reg add "$vhdmp" /v SmbResiliencyTimeoutMs /t REG_DWORD /d 300001 /f >/dev/null
has "1. $vhdmp\\SmbResiliencyTimeoutMs holds dword:300001, which is judged (2.4, documented)" \
	hvctl why SmbResiliencyTimeoutMs
has 'through reg' hvctl why "$vhdmp\\SmbResiliencyTimeoutMs"
hvctl up >/dev/null
reg add "$vhdmp" /v MirrorBlockSize /t REG_DWORD /d 0x100000 /f >/dev/null
has '1. '"$vhdmp"'\MirrorBlockSize is absent' hvctl why MirrorBlockSize
has 'pending until reload' hvctl why MirrorBlockSize
has '1. '"$vhdmp"'\MirrorBlockSize holds dword:1048576' hvctl why MirrorBlockSize
count 1 '"pending_steps"' hvctl why MirrorBlockSize --json
hvctl reload vhdmp >/dev/null
count 0 '"pending_steps"' hvctl why MirrorBlockSize --json
count 1 'MirrorBlockSize holds dword:1048576, which is judged (2.4' hvctl why MirrorBlockSize

echo "$checks checks passed"
