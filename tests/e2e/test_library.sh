#!/usr/bin/env bash
# libhvemu as it is built: what it shows of itself, hvctl over it, and the Python module over it.
# (tests/package builds a C program against the installed one.)
set -euo pipefail

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
library=$HVEMU_LIB/libhvemu.so.0

# --- What it shows: the functions of its header under one version, and hvctl's entry under another

sed -n 's/^.*\<\(hvemu_[a-z_]*\)(.*$/\1@@HVEMU_0.1/p' <(grep -v '^ \*' "$HVEMU_SOURCE/vmms/hvemu.h") | sort >"$work/declared"
[[ -s $work/declared ]] || fail "the header declares nothing"
nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sort >"$work/shown"
grep '@@HVEMU_0.1$' "$work/shown" | diff "$work/declared" - || fail "the header declares and the library shows other functions"
[[ $(grep -v '@@HVEMU_0.1$' "$work/shown") =~ ^hvctl_main@@HVEMU_PRIVATE_[0-9.]+$ ]] ||
	fail "the library shows $(cat "$work/shown")"
objdump -p "$library" | grep -q 'SONAME *libhvemu.so.0$' || fail "the library's name"
! objdump -p "$library" | grep -q 'NEEDED *libxml2' || fail "the library loads libxml2"

# --- hvctl has nothing of its own, and finds it wherever both are moved to

objdump -p "$HVEMU_BIN/hvctl" | grep -q 'NEEDED *libhvemu.so.0$' || fail "hvctl does not use the library"
! nm -C "$HVEMU_BIN/hvctl" | grep -qE ' [TtDdRr] (tunable|lint|registry|vector)_' || fail "hvctl has code of its own"
moved=$work/bin/$(realpath --relative-to="$HVEMU_BIN" "$HVEMU_LIB")
mkdir -p "$work/bin" "$moved"
cp "$HVEMU_BIN/hvctl" "$work/bin/"
! LD_LIBRARY_PATH='' "$work/bin/hvctl" --version >/dev/null 2>&1 || fail "hvctl runs without its library"
cp -L "$library" "$moved/"
(cd / && LD_LIBRARY_PATH='' "$work/bin/hvctl" --version >/dev/null) || fail "hvctl does not find its library beside it"

# --- The Python module. A library with a sanitizer in it is not for an interpreter without.

! grep -qsE '^HVEMU_SANITIZE:[A-Z]+=.+' "$HVEMU_BIN/../CMakeCache.txt" || exit 0
[[ -x /usr/bin/python3 ]] || exit 77
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$HVEMU_SOURCE/python
HVEMU_LIBRARY=$(readlink -f "$library") /usr/bin/python3 -W error "$HVEMU_SOURCE/tests/python/test_hvemu.py"
got=0
HVEMU_LIBRARY=/nonexistent /usr/bin/python3 -c 'import hvemu' 2>/dev/null || got=$?
[[ $got = 1 ]] || fail "the module is imported without a library"
echo "ok"
