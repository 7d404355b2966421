#!/bin/bash
# The benchmarks still run, on tiny sizes: every group gives its rows. No time is judged.
# HVEMU_BIN is the folder with the binaries, HVEMU_SOURCE the project's. Wine is left out: it takes
# longer to make its prefix than all the rest.
set -eu

: "${HVEMU_BIN:?the folder with the binaries}"
[ -x "$HVEMU_BIN/bench-store" ] || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

TMPDIR=$work "$HVEMU_SOURCE/scripts/bench/run" --quick --json \
	rows write notify bulk cold schema samba hivex host >"$work/rows"
for operation in 'read a value by path' 'set a value, durable' '4 writers: the slowest' 'reset of 2000' 'notification, 1 watcher' \
	'import 2000 values' 'export 2000 values' 'walk 202 keys' 'rename a key' 'new process reads' \
	'schema: open' '"peer": "Samba"' '"peer": "hivex"' 'boot of a host' 'idle process' \
	'CPU of all processes' 'hvctl verify' 'memory of reg import'; do
	grep -q -F -e "$operation" "$work/rows" || {
		echo "no row \"$operation\":"
		cat "$work/rows"
		exit 1
	}
done
