# What every target of the project is compiled with.
function(hvemu_target target)
	target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
	target_compile_definitions(${target} PRIVATE _GNU_SOURCE HVEMU_VERSION="${PROJECT_VERSION}")
	target_compile_options(${target} PRIVATE
		-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
		-Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings
		-fno-common -fstack-protector-strong)
	if(HVEMU_SANITIZE)
		# gcc sees uninitialised values in what the sanitizers add.
		target_compile_options(${target} PRIVATE
			$<$<C_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
		target_compile_options(${target} PUBLIC -fsanitize=${HVEMU_SANITIZE}
			-fno-sanitize-recover=all -fno-omit-frame-pointer)
		target_link_options(${target} PUBLIC -fsanitize=${HVEMU_SANITIZE})
	endif()
	if(HVEMU_FUZZ)
		target_compile_options(${target} PUBLIC -fsanitize=fuzzer-no-link)
	endif()
endfunction()
