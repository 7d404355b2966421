#!/usr/bin/env bash
# Install a finished build into a folder of its own, build programs against it through pkg-config
# and find_package, build the Debian package and look into it.
#
# usage: run.sh BUILD-DIR          exit status 77: nothing to say about this build
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
build=$(readlink -f "${1:?usage: run.sh BUILD-DIR}")

if grep -qE '^HVEMU_SANITIZE:[A-Z]+=.+' "$build/CMakeCache.txt"; then
	echo "skipped: a sanitizer build is not installed"
	exit 77
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/hvemu-package.XXXXXX")
trap 'rm -rf "$work"' EXIT

fail()
{
	echo "not ok: $*" >&2
	exit 1
}

echo "# install"
cmake --install "$build" --prefix "$work/prefix" >"$work/install.txt" || {
	cat "$work/install.txt"
	fail "cmake --install"
}
prefix=$work/prefix
for file in bin/reg bin/hvctl libexec/hvemu/ntoskrnl libexec/hvemu/mmc include/hvemu/regstore/registry/registry.h \
	lib/python3/dist-packages/winreg.py lib/python3/dist-packages/hvemu.py share/man/man1/hvctl.1 \
	share/bash-completion/completions/hvctl share/doc/hvemu/copyright share/doc/hvemu/findings/HV1105.md; do
	[[ -e $prefix/$file ]] || fail "$file is not installed"
done
private=$(find "$prefix/include" \( -name internal.h -o -path '*/store/*' \))
[[ -z $private ]] || fail "a private header is installed: $private"

# An installed header includes only what is installed. (uv.h wants more than the C standard.)
export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name regstore.pc)")
read -ra flags < <(pkg-config --cflags svc)
while IFS= read -r header; do
	printf '#include "%s"\n' "$header" |
		gcc -std=gnu17 "${flags[@]}" -fsyntax-only -x c - || fail "$header does not compile"
done < <(cd "$prefix/include/hvemu" && find . -name '*.h' | sed 's|^\./||')

echo "# pkg-config"
for name in regstore ntreg svc; do
	read -ra flags < <(pkg-config --cflags --libs "$name")
	gcc -std=gnu17 -Wall -Wextra -Werror -o "$work/$name" "$here/$name.c" "${flags[@]}"
done
"$work/regstore" "$work/host-1"
"$work/ntreg" "$work/host-1"
"$work/svc"
read -ra flags < <(pkg-config --cflags --libs winreg)
gcc -std=c17 -DUNICODE -Wall -Wextra -Werror -o "$work/winreg" "$here/../winreg/example.c" "${flags[@]}"
libraries=$(dirname "$(find "$prefix" -name 'libhvemu-winreg.so.0')")
HVEMU_ROOT=$work/host-3 LD_LIBRARY_PATH=$libraries "$work/winreg" || fail "the Windows program: step $?"

read -ra flags < <(pkg-config --cflags --libs hvemu)
gcc -std=c17 -Wall -Wextra -Wpedantic -Werror -o "$work/hvemu" "$here/hvemu.c" "${flags[@]}"
LD_LIBRARY_PATH=$libraries "$work/hvemu" || fail "the program on hvemu.h"
if command -v python3 >/dev/null; then
	PYTHONPATH=$prefix/lib/python3/dist-packages HVEMU_LIBRARY=$libraries/libhvemu.so.0 \
		PYTHONDONTWRITEBYTECODE=1 python3 -c 'import hvemu; assert hvemu.describe("vhdmp")' ||
		fail "the installed Python module"
fi

echo "# find_package"
if ! cmake -G Ninja -S "$here/find" -B "$work/find" -DCMAKE_PREFIX_PATH="$prefix" >"$work/find.txt" ||
	! cmake --build "$work/find" >>"$work/find.txt"; then
	cat "$work/find.txt"
	fail "find_package"
fi
"$work/find/find_regstore" "$work/host-2"
"$work/find/find_svc"

echo "# installed programs"
"$prefix/libexec/hvemu/ntoskrnl" --version
"$prefix/bin/hvctl" --version
HVEMU_ROOT=$work/host-1 "$prefix/bin/hvctl" client settings | grep -q true || fail "the installed client"
HVEMU_ROOT=$work/host-1 "$prefix/bin/reg" query 'HKLM\SOFTWARE\Test' /v Answer | grep -q 0x2a ||
	fail "the installed reg does not read the host"

if ! command -v dpkg-deb >/dev/null; then
	echo "# no dpkg-deb: the Debian package is not built"
	exit 0
fi
echo "# the Debian package"
(cd "$build" && cpack -G DEB -B "$work/deb" >"$work/cpack.txt") || {
	cat "$work/cpack.txt"
	fail "cpack"
}
deb=$(find "$work/deb" -maxdepth 1 -name 'hvemu_*.deb')
[[ -n $deb ]] || fail "no hvemu_*.deb"
dpkg-deb --field "$deb" Package Version Section Depends
contents=$(dpkg-deb --contents "$deb" | awk '{ print $6 }')
printf '%s\n' "$contents"
for file in ./usr/bin/reg ./usr/bin/hvctl ./usr/libexec/hvemu/ntoskrnl \
	./usr/share/man/man1/hvctl.1 ./usr/share/bash-completion/completions/hvctl; do
	grep -qxF "$file" <<<"$contents" || fail "$file is not in the package"
done
dpkg-deb --field "$deb" Depends | grep -q libsqlite3-0 || fail "Depends lacks libsqlite3-0"
echo "ok"
