#!/usr/bin/env bash
# A host through time with the true programs: what was written when, the state then, undoing,
# snapshots and reset, the change feed, pruning. Exits with 1 at the first difference.
set -euo pipefail

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
feed=0
leave() {
	[[ $feed -eq 0 ]] || kill "$feed" 2>/dev/null || true
}

last() {
	hvctl host show --json | sed -n 's/^ *"last_write": \([0-9]*\).*/\1/p'
}
set_dword() {
	reg add "$1" /v "$2" /t REG_DWORD /d "$3" /f >/dev/null
}

key='HKLM\SYSTEM\CurrentControlSet\Services\vhdmp\Parameters'
hvctl host create >/dev/null
has created hvctl snapshot list
mkdir -p "$HVEMU_ROOT/ProgramData/x"
echo one >"$HVEMU_ROOT/ProgramData/x/file"
set_dword "$key" MirrorBlockSize 0x100000
first=$(last)
hvctl snapshot create base --comment "for the test"
has "for the test" hvctl snapshot list
exits 1 "already" hvctl snapshot create BASE
exits 1 "no name of a snapshot" hvctl snapshot create 12
set_dword "$key" MirrorBlockSize 0x200000
set_dword "$key" Other 7
reg delete "$key" /v Other /f >/dev/null

# The state then.
has 2097152 hvctl tunables MirrorBlockSize
has 1048576 hvctl tunables MirrorBlockSize --as-of "$first"
has 1048576 hvctl tunables MirrorBlockSize --as-of base
has dword:1048576 hvctl show "$key" --as-of "$first"
has '"last_write"' hvctl show "$key" --json
exits 1 "no write of this host" hvctl show "$key" --as-of 999999
exits 1 "is no moment" hvctl show "$key" --as-of yesterday
exits 1 "host was made later" hvctl show "$key" --as-of 2001-01-01
exits 1 "there is no key" hvctl show 'HKLM\SOFTWARE\None'

# Who wrote what.
has "dword:1048576 -> dword:2097152" hvctl history "$key\\MirrorBlockSize"
has "delete HKEY_LOCAL_MACHINE" hvctl history "$key\\Other" --limit 1
lacks MirrorBlockSize hvctl history "$key\\Other"
has "Nothing is known" hvctl history "$key" --actor nobody
has '"channel":"reg"' hvctl history "$key" --channel reg --json
has "  reg" hvctl blame "$key"
exits 2 "does not take" hvctl history --nonsense

# Which write.
has "became 2097152 (from 1048576)" hvctl bisect MirrorBlockSize
has "became 1048576 (from 8388608)" hvctl bisect MirrorBlockSize=1048576 --to "$first"
has '"before": "1048576"' hvctl bisect MirrorBlockSize --json
exits 1 "is not 77 at write $(last), where the search ends; --to a moment when it was" \
	hvctl bisect MirrorBlockSize=77
exits 1 "already; --from a moment when it was not" hvctl bisect MirrorBlockSize --from now
exits 1 "no reader knows" hvctl bisect NoSuchThing

# --- The write after which a command fails
below() {
	printf 'number=$(reg query "%s" /v MirrorBlockSize | sed -n "s/.*REG_DWORD *//p")\n' "$key"
	printf '[ -n "$number" ] || exit %s\n[ $((number)) -lt 2097152 ]\n' "$1"
}
below 125 >"$work/below"
has "fails since" hvctl bisect --from "$first" --run bash "$work/below"
has "MirrorBlockSize" hvctl bisect --from "$first" --run bash "$work/below"
lacks '"probes"' hvctl bisect --from "$first" --run bash "$work/below" --json
has '"probes"' hvctl bisect --from "$first" --json --run bash "$work/below"
exits 1 "does not succeed" hvctl bisect --from "$first" --run false
exits 1 "does not fail" hvctl bisect --from "$first" --run true
exits 1 '"false" does not succeed at write '"$(hvctl snapshot show created --json |
	sed -n 's/^ *"number": \([0-9]*\).*/\1/p')," hvctl bisect --run false
exits 1 "begin at write $first and end before it, at 20" \
	hvctl bisect --from "$first" --to 20 --run true
exits 1 '"true" does not fail at write 20,' hvctl bisect --to 20 --run true
exits 1 "which stay: name a later moment" hvctl bisect --from 1 --run true
exits 1 "which stay: name a later moment" hvctl fork "$work/before" --at 2
exits 1 "which stay: name a later moment" hvctl revert --to 1
exits 1 "ended by status 127" hvctl bisect --from "$first" --run "$work/no-such-program"

# The feed: what was, and what comes while it waits.
hvctl watch --since "$first" --json --count 4 >"$work/feed" &
feed=$!
set_dword "$key" Late 1
wait "$feed" || fail "the feed failed"
feed=0
[[ $(wc -l <"$work/feed") -eq 4 ]] || fail "the feed told not 4 writes: $(cat "$work/feed")"
grep -q '"name":"Late"' "$work/feed" || fail "the feed lacks the last write"

# Undoing.
number=$(last)
set_dword "$key" Late 2
exits 1 "written since" hvctl revert "$number"
has "dword:2 -> absent" hvctl revert "$number" --force --dry-run
has dword:2 hvctl show "$key"
hvctl revert "$number" --force >/dev/null
lacks Late hvctl show "$key"
hvctl revert --to "$first" --key "$key" >/dev/null
has dword:1048576 hvctl show "$key"
has "it was so already" hvctl revert --to now
exits 2 "takes N" hvctl revert
exits 1 "999999 is no write of this host: they are numbered 1 to $(last)" hvctl revert 1..999999
exits 1 '"nowhere" is no key' hvctl revert --to "$first" --key nowhere
exits 1 '"nowhere" is no key' hvctl history nowhere
exits 1 '"no\where" is no key' hvctl watch --since 1 'no\where'
exits 1 '"nowhere" is no key' hvctl show nowhere

# Reset, under a host that runs.
hvctl up >/dev/null
echo two >"$HVEMU_ROOT/ProgramData/x/file"
rm -f "$HVEMU_ROOT/ProgramData/none"
set_dword "$key" MirrorBlockSize 0x400000
hvctl reload vhdmp >/dev/null
has "as it was at \"base\"" hvctl reset base
set_dword "$key" MirrorBlockSize 0x400000
has ": 1 write, " hvctl reset base
[[ $(cat "$HVEMU_ROOT/ProgramData/x/file") == one ]] || fail "the files are not as they were"
has "pending" hvctl tunables MirrorBlockSize --pending
hvctl reload vhdmp >/dev/null
has 1048576 hvctl tunables MirrorBlockSize
hvctl down >/dev/null
exits 1 "no snapshot" hvctl reset nothing

# Pruning holds before snapshots, and is told.
has '"keep_writes": 5' hvctl history limit --keep-writes 5 --max-size 0 --json
hvctl history prune >/dev/null
exits 1 "pruned away" hvctl watch --since 1 --count 1
exits 1 "pruned away" hvctl show "$key" --as-of "$((first + 1))"
has dword:1048576 hvctl show "$key" --as-of base
hvctl reset base >/dev/null
hvctl snapshot delete BASE
[[ ! -e "$HVEMU_ROOT/snapshots/base" ]] || fail "the files of a deleted snapshot are there still"
exits 1 "there is no snapshot" hvctl snapshot show base
exits 2 "needs a number" hvctl history limit --keep-days x

echo "ok: $checks checks"
