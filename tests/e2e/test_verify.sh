#!/usr/bin/env bash
# What verify tells beside the verdict on each case: coverage, and vectors from the tables.
set -euo pipefail

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work"

vectors=("$HVEMU_SOURCE"/tests/vectors/*.tsv)

# --- Coverage

exits 0 "" hvctl verify --require-coverage "${vectors[@]}"
exits 1 'some judgements have no case' hvctl verify --require-coverage "${vectors[0]}"
exits 0 "" hvctl verify --coverage "${vectors[0]}"

# One line gone, and what it alone showed is named.
grep -v '^vhdmp-mirrorthreads-short' "$HVEMU_SOURCE/tests/vectors/vhdmp.tsv" >vhdmp.tsv
name='vhdmp.sys HKLM\SYSTEM\CurrentControlSet\Services\vhdmp\Parameters\InternalConcurrentMirrorThreadCount'
has "# never: $name: a wrong size" hvctl verify --coverage vhdmp.tsv
exits 0 "" hvctl verify --coverage=counts.tsv vhdmp.tsv
[ "$(head -n 1 counts.tsv)" = $'owner\tkey\tname\tjudgement\thits' ] || fail "header of counts.tsv"
[ "$(grep -c $'\tInternalConcurrentMirrorThreadCount\ta wrong size\t0$' counts.tsv)" = 1 ] ||
	fail "counts.tsv has no line for what was never hit"
exits 2 "" hvctl verify --coverage=no/such/folder vhdmp.tsv
exits 2 "" hvctl verify --coverage= vhdmp.tsv
has '"judgement": "a wrong size"' hvctl verify --coverage --json vhdmp.tsv

# --- Generation

exits 0 "" hvctl verify --generate --all -o all.tsv
head -n 3 all.tsv | grep -q 'no proof against the reference' || fail "the head of all.tsv"
exits 0 "" hvctl verify all.tsv
hvctl verify --generate vhdmp >module.tsv
exits 0 "" hvctl verify module.tsv
[ "$(grep -c '^vhdmp' module.tsv)" -gt 300 ] || fail "few vectors in module.tsv"
hvctl verify --generate 'vhdmp\Parameters\MirrorBlockSize' >one.tsv
exits 0 "" hvctl verify one.tsv
[ "$(cut -f 3 one.tsv | sort -u | grep -c MirrorBlockSize)" = 1 ] || fail "other values in one.tsv"
exits 1 "" hvctl verify --generate NoSuchName
exits 2 "" hvctl verify --generate
exits 2 "" hvctl verify --generate vhdmp -o
exits 1 "" hvctl verify --generate vhdmp -o no/such/folder/file
# Another default than the tables', and the baseline says so.
sed 's/\tabsent\t8388608 default-absent\t/\tabsent\t8388609 default-absent\t/' one.tsv >changed.tsv
exits 1 "" hvctl verify changed.tsv

echo "$checks checks passed"
