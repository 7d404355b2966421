#!/usr/bin/env bash
# libhvemu as it is built: what it shows of itself, and the Python module over it. (tests/package builds a
# C program against the installed one.) Exit status 77: nothing to say in a sanitizer build.
set -euo pipefail

! grep -qsE '^HVEMU_SANITIZE:[A-Z]+=.+' "$HVEMU_BIN/../CMakeCache.txt" || exit 77
library=$HVEMU_BIN/../vmms/libhvemu.so.0
[[ -e $library ]] || exit 77

shown=$(nm -D --defined-only "$library" | awk '{ print $3 }' | grep -v '^hvemu_' || true)
[[ -z $shown ]] || {
	echo "not ok: the library shows $shown"
	exit 1
}
objdump -p "$library" | grep -q 'SONAME *libhvemu.so.0$' || {
	echo "not ok: the library's name"
	exit 1
}
[[ -x /usr/bin/python3 ]] || exit 77
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$HVEMU_SOURCE/python
HVEMU_LIBRARY=$(readlink -f "$library") /usr/bin/python3 -W error "$HVEMU_SOURCE/tests/python/test_hvemu.py"
got=0
HVEMU_LIBRARY=/nonexistent /usr/bin/python3 -c 'import hvemu' 2>/dev/null || got=$?
[[ $got = 1 ]] || {
	echo "not ok: the module is imported without a library"
	exit 1
}
echo "ok"
