#!/usr/bin/env bash
# What is configuration and no registry value: files of a host, and the choices between readings. The
# host's folder has characters in its name that a pattern would take for its own.
set -euo pipefail

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
export HVEMU_ROOT="$work/a [b]*\\c?"

hvctl host create >/dev/null
disks="$HVEMU_ROOT/ProgramData/Microsoft/Windows/Hyper-V/Virtual Hard Disks"
mkdir -p "$disks" "$work/a bx/ProgramData"
: >"$disks/one.vhdx"
found=$(hvctl files --json | python3 -c '
import json, sys
print("\n".join(f for s in json.load(sys.stdin) for f in s["files"]))')
[ "$found" = "$disks/one.vhdx" ] || fail "files lists \"$found\""
lacks "., of" hvctl files

all=$(hvctl switches --json | python3 -c 'import json, sys; print("\n".join(json.load(sys.stdin)))')
first=$(head -n 1 <<<"$all")
[ "$(wc -l <<<"$all")" -gt 1 ] || fail "there is one switch: $all"
one=$(hvctl switches "${first,,}" --json |
	python3 -c 'import json, sys; print("\n".join(json.load(sys.stdin)))')
[ "$one" = "$first" ] || fail "switches $first --json lists \"$one\""
hvctl switches "$first" | grep -q "^$first = " || fail "switches $first does not tell its word"
echo "ok"
