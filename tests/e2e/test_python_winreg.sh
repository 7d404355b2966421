#!/usr/bin/env bash
# The winreg module of Python over a host of its own: our tests, then CPython's own test_winreg.py,
# where Debian's libpython3.11-testsuite is installed (scripts/setup --dev). What stands in for
# Windows in CPython's tests, and what is known to fail, is in tests/python/run_winreg.py.
# Exit status 77: nothing to say without Python, or without the library, or in a sanitizer build.
set -euo pipefail

bin=${HVEMU_BIN:?the folder with the binaries}
source=${HVEMU_SOURCE:-$(dirname "$(readlink -f "$0")")/../..}
python=/usr/bin/python3

skip()
{
	echo "skipped: $*"
	exit 77
}

[[ -x $python ]] || skip "there is no $python"
library=${HVEMU_WINREG_LIBRARY:-$HVEMU_LIB/libhvemu-winreg.so.0}
[[ -e $library ]] || skip "$library is not built"
# A sanitizer's runtime must come first into a process, and this process is Python.
! grep -qsE '^HVEMU_SANITIZE:[A-Z]+=.+' "$bin/../CMakeCache.txt" || skip "a sanitizer build"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HVEMU_ROOT=$work/host HVEMU_WINREG_LIBRARY=$library PYTHONPATH=$source/python
export PYTHONDONTWRITEBYTECODE=1
cd "$work"

status=0
for suite in ours cpython; do
	got=0
	"$python" -W error "$source/tests/python/run_winreg.py" "$suite" || got=$?
	[[ $got == 0 || $got == 77 ]] || status=1
done
exit "$status"
