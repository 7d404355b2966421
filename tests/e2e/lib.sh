# shellcheck shell=bash
# What the end-to-end runs share, for sourcing: a folder of their own with the place of a host in it,
# and checks that say what differs and end the run. The host goes down and the folder goes at the
# end; a run that leaves more behind defines `leave`.
PATH=$HVEMU_BIN:$PATH
work=$(mktemp -d)
export HVEMU_ROOT=$work/host

leave() {
	:
}
clean_up() {
	leave || true
	hvctl down >/dev/null 2>&1 || true
	rm -rf "$work"
}
trap clean_up EXIT

checks=0
fail() {
	echo "not ok: $*" >&2
	exit 1
}

# has TEXT COMMAND...: it succeeds, and its output has the text.
has() {
	local text=$1 out
	shift
	checks=$((checks + 1))
	out=$("$@" 2>&1) || fail "\"$*\" exited with $?: $out"
	[[ $out == *"$text"* ]] || fail "\"$*\" lacks \"$text\": $out"
}

# lacks TEXT COMMAND...: it succeeds, and its output has not.
lacks() {
	local text=$1 out
	shift
	checks=$((checks + 1))
	out=$("$@" 2>&1) || fail "\"$*\" exited with $?: $out"
	[[ $out != *"$text"* ]] || fail "\"$*\" has \"$text\": $out"
}

# exits STATUS TEXT COMMAND...: with this status and text.
exits() {
	local wanted=$1 text=$2 out got=0
	shift 2
	checks=$((checks + 1))
	out=$("$@" 2>&1) || got=$?
	[[ $got -eq $wanted ]] || fail "\"$*\" exited with $got, not $wanted: $out"
	[[ $out == *"$text"* ]] || fail "\"$*\" lacks \"$text\": $out"
}

# refuses TEXT COMMAND...: it fails, and says the text.
refuses() {
	local text=$1 out
	shift
	checks=$((checks + 1))
	out=$("$@" 2>&1) && fail "\"$*\" did not fail"
	[[ $out == *"$text"* ]] || fail "\"$*\" lacks \"$text\": $out"
}
