# What is installed, how others find it, and the Debian package.
include(CMakePackageConfigHelpers)

# --- Libraries: archives, headers as they are included ("regstore/registry/registry.h") --------------

set(HVEMU_HEADERS ${CMAKE_INSTALL_INCLUDEDIR}/hvemu)
install(TARGETS regstore ntreg tunable lint svc EXPORT hvemu
	ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
	INCLUDES DESTINATION ${HVEMU_HEADERS})

# The Win32 face, for programs and for whatever loads a library at run time.
install(TARGETS winreg winreg_shared EXPORT hvemu
	ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
	LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
	INCLUDES DESTINATION ${HVEMU_HEADERS})
install(FILES regstore/winreg/windows.h regstore/winreg/winreg.h DESTINATION ${HVEMU_HEADERS})

# The whole of the tables behind one C header, for programs and for Python.
install(TARGETS hvemu_library EXPORT hvemu
	LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
	INCLUDES DESTINATION ${HVEMU_HEADERS})

install(FILES vmms/hvemu.h DESTINATION ${HVEMU_HEADERS})

# The interfaces; what files of one folder share among themselves (internal.h, ...) stays here.
foreach(folder base security registry formats bcd tunable lint svc winreg ntreg)
	file(GLOB headers CONFIGURE_DEPENDS regstore/${folder}/*.h regstore/${folder}/*.def)
	list(FILTER headers EXCLUDE REGEX "/(internal|documents|bcdedit_text|hive_image|reg_scan|reg_units)\\.h$")
	if(headers)
		install(FILES ${headers} DESTINATION ${HVEMU_HEADERS}/regstore/${folder})
	endif()
endforeach()

# --- pkg-config and CMake ----------------------------------------------------------------------------

# The libraries are static, so what they use is part of every link: Requires, not Requires.private.
# Paths are relative to the .pc file: the folder can be moved, and --prefix works at install time.
file(RELATIVE_PATH PC_PREFIX "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
function(hvemu_pkg_config name description requires)
	file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/package/${name}.pc @ONLY CONTENT
"prefix=\${pcfiledir}/@PC_PREFIX@
libdir=\${prefix}/@CMAKE_INSTALL_LIBDIR@
includedir=\${prefix}/@HVEMU_HEADERS@

Name: @name@
Description: @description@
Version: @PROJECT_VERSION@
Requires: @requires@
Libs: -L\${libdir} -l@name@ -pthread
Cflags: -I\${includedir}
")
	install(FILES ${CMAKE_BINARY_DIR}/package/${name}.pc
		DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()
hvemu_pkg_config(regstore "Windows' registry in user mode, over SQLite"
	"sqlite3 >= 3.40, libutf8proc, hivex >= 1.3.18")
hvemu_pkg_config(ntreg "The registry calls of a Windows driver (Zw, Rtl, Io, Wdf) in user mode"
	"regstore = ${PROJECT_VERSION}")
hvemu_pkg_config(tunable "Registry values as rows: what a reader makes of what it reads"
	"regstore = ${PROJECT_VERSION}, jansson >= 2.14")
hvemu_pkg_config(lint "What the rows would make of a configuration in files"
	"tunable = ${PROJECT_VERSION}")
hvemu_pkg_config(svc "The skeleton of a daemon with tunables and a control socket"
	"tunable = ${PROJECT_VERSION}, libuv >= 1.44, jansson >= 2.14")

# The shared library needs nothing further; wide characters have 16 bits, as on Windows.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/package/winreg.pc @ONLY CONTENT
"prefix=\${pcfiledir}/@PC_PREFIX@
libdir=\${prefix}/@CMAKE_INSTALL_LIBDIR@
includedir=\${prefix}/@HVEMU_HEADERS@

Name: winreg
Description: Windows' registry functions (winreg.h) over a host's registry
Version: @PROJECT_VERSION@
Libs: -L\${libdir} -lhvemu-winreg
Cflags: -fshort-wchar -I\${includedir}
")
install(FILES ${CMAKE_BINARY_DIR}/package/winreg.pc
	DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/package/hvemu.pc @ONLY CONTENT
"prefix=\${pcfiledir}/@PC_PREFIX@
libdir=\${prefix}/@CMAKE_INSTALL_LIBDIR@
includedir=\${prefix}/@HVEMU_HEADERS@

Name: hvemu
Description: What a Hyper-V host makes of registry values: tables, interpreter, linter
Version: @PROJECT_VERSION@
Libs: -L\${libdir} -lhvemu
Cflags: -I\${includedir}
")
install(FILES ${CMAKE_BINARY_DIR}/package/hvemu.pc
	DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

set(HVEMU_CMAKE ${CMAKE_INSTALL_LIBDIR}/cmake/hvemu)
install(EXPORT hvemu NAMESPACE hvemu:: FILE hvemuTargets.cmake DESTINATION ${HVEMU_CMAKE})
# The exported targets name the same imported targets that the build uses.
file(WRITE ${CMAKE_BINARY_DIR}/package/hvemuConfig.cmake.in [=[
@PACKAGE_INIT@
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(PkgConfig)
pkg_check_modules(SQLITE REQUIRED QUIET IMPORTED_TARGET sqlite3>=3.40)
pkg_check_modules(HIVEX REQUIRED QUIET IMPORTED_TARGET hivex>=1.3.18)
pkg_check_modules(UTF8PROC REQUIRED QUIET IMPORTED_TARGET libutf8proc)
pkg_check_modules(UV REQUIRED QUIET IMPORTED_TARGET libuv>=1.44)
pkg_check_modules(JANSSON REQUIRED QUIET IMPORTED_TARGET jansson>=2.14)
include(${CMAKE_CURRENT_LIST_DIR}/hvemuTargets.cmake)
check_required_components(hvemu)
]=])
configure_package_config_file(${CMAKE_BINARY_DIR}/package/hvemuConfig.cmake.in
	${CMAKE_BINARY_DIR}/package/hvemuConfig.cmake INSTALL_DESTINATION ${HVEMU_CMAKE})
# Before 1.0 a minor version may change the interfaces.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/hvemuConfigVersion.cmake
	COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/package/hvemuConfig.cmake
	${CMAKE_BINARY_DIR}/package/hvemuConfigVersion.cmake DESTINATION ${HVEMU_CMAKE})

# --- Python ------------------------------------------------------------------------------------------
# One folder for every Python 3 of Debian, below a prefix of /usr; below others PYTHONPATH names it.

install(FILES python/winreg.py python/hvemu.py DESTINATION lib/python3/dist-packages)

# --- Documents ---------------------------------------------------------------------------------------
# Programs are installed where they are built: commands to bin, daemons to libexec/hvemu.

foreach(section 1 5 7 8)
	file(GLOB pages CONFIGURE_DEPENDS docs/man/*.${section})
	if(pages)
		install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
	endif()
endforeach()
file(GLOB completions CONFIGURE_DEPENDS scripts/completion/*.bash)
foreach(completion IN LISTS completions)
	cmake_path(GET completion STEM command)
	install(FILES ${completion} RENAME ${command}
		DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
endforeach()
file(GLOB documents CONFIGURE_DEPENDS README.md docs/*.md)
install(FILES ${documents} DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/findings docs/reference DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(DIRECTORY scripts/examples/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples
	USE_SOURCE_PERMISSIONS)
install(DIRECTORY scripts/sample/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples
	FILES_MATCHING PATTERN "*.reg")

# --- The Debian package: cpack in a build folder -----------------------------------------------------

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME hvemu)
set(CPACK_PACKAGE_VENDOR "hvemu")
set(CPACK_PACKAGE_CONTACT "The hvemu maintainers <hvemu@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Hyper-V host configuration of Windows Server, in user mode")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"The virtual registry, the drivers' and services' tunables and the commands
(reg, regedit, hvctl) of a Hyper-V host, without Windows and without guests: what a
host would make of a registry value can be seen and tested on Linux. Holds
static libraries and headers for programs of one's own, too.")
# The libraries' own needs, for those who link with them.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS
	"libsqlite3-dev, libutf8proc-dev, libhivex-dev, libuv1-dev, libjansson-dev, pkg-config")
find_program(HVEMU_SHLIBDEPS dpkg-shlibdeps)
mark_as_advanced(HVEMU_SHLIBDEPS)
if(HVEMU_SHLIBDEPS)
	set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
else()
	set(CPACK_DEBIAN_PACKAGE_DEPENDS
		"libc6, libsqlite3-0 (>= 3.40), libutf8proc2, libhivex0 (>= 1.3.18), libuv1 (>= 1.44), libjansson4 (>= 2.14)")
endif()
include(CPack)
