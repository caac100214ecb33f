# shellcheck shell=bash
# The extension with clang's AddressSanitizer and UndefinedBehaviorSanitizer in
# it. To be sourced after deploy/lib.sh, with PG_CONFIG set.

SANITIZE=$REPO/test/sanitize

# What is undefined behaviour ends the process, as AddressSanitizer's findings
# do. -fwrapv, which PostgreSQL is built with, would hide overflows.
# shellcheck disable=SC2054  # the commas are the option's
SANITIZERS=(-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all)

# The functions that redzones.c takes the place of.
WRAPPED=(palloc palloc0 pfree repalloc pstrdup pnstrdup cstring_to_text cstring_to_text_with_len)

# runtime_file NAME SUFFIX: a library of the compiler's sanitizers.
runtime_file()
{
	local found
	found=$(find "$(clang -print-resource-dir)/lib" \
		\( -name "libclang_rt.$1-$(uname -m).$2" -o -name "libclang_rt.$1.$2" \) | sed -n 1p)
	[[ -n $found ]] || die "clang has no $1 here; \"deploy/install test\" installs it"
	say "$found"
}

compile_sanitized() { compile "$1" "${SANITIZERS[*]}" "${@:2}"; }
compile_plain() { compile "$1" '' "${@:2}"; }

# compile OBJECTS FLAGS SOURCE…: one object for each source, two at a time, named for
# the source's folder too: http/list.c and another folder's list.c are two.
compile()
{
	local objects=$1 flags=$2
	mkdir -p "$objects"
	# shellcheck disable=SC2016  # expanded by the inner shell
	printf '%s\n' "${@:3}" | xargs -P 2 -I {} sh -c '
		clang -g -O1 -fPIC -fno-omit-frame-pointer -fno-strict-aliasing -D_GNU_SOURCE \
			-Wall -Werror=implicit-function-declaration -Wno-ignored-attributes -Wno-unknown-warning-option \
			'"$flags"' -I"$1/src" -I"$1/test/sanitize" -I"$1/test/fuzz" -I"$2" \
			-c "$3" -o "$4/$(basename "$(dirname "$3")").$(basename "$3" .c).o"' \
		sh "$REPO" "$("$PG_CONFIG" --includedir-server)" {} "$objects" ||
		die "the extension does not compile with clang's sanitizers"
}

# link_sanitized LIBRARY WHAT…
link_sanitized()
{
	clang -shared -o "$1" "${@:2}" -Wl,-Bsymbolic "${WRAPPED[@]/#/-Wl,--wrap=}" -lm
}

# build_sanitized DIR: objects/, session_group.so and first.so. What was built for one suite of
# a test/run serves the other.
build_sanitized()
{
	local built=${SESSION_GROUP_TEST_DIR:-$1}/sanitized
	[[ -d $built ]] || compile_sanitized "$built" "$REPO"/src/*.c "$REPO"/src/*/*.c
	cp -r "$built" "$1/objects"
	compile_plain "$1/objects" "$SANITIZE/redzones.c"
	link_sanitized "$1/session_group.so" "$1"/objects/*.o
	clang -shared -fPIC -O1 -Wl,-z,initfirst -o "$1/first.so" "$SANITIZE/first.c"
	chmod 755 "$1" "$1"/*.so
}

# sanitizer_environment DIR: what a process needs that loads what build_sanitized
# made there; reports go to files DIR/reports/report.PID.
sanitizer_environment()
{
	say "LD_PRELOAD=$(runtime_file asan so) $1/first.so"
	say "ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0:log_path=$1/reports/report"
	say "UBSAN_OPTIONS=print_stacktrace=1:log_path=$1/reports/report"
	say "ASAN_SYMBOLIZER_PATH=$(clang -print-prog-name=llvm-symbolizer)"
}
