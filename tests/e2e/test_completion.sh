#!/usr/bin/env bash
# What the programs' help, bash's completion and the manual pages tell of commands and options is the
# same: each has what the others have.
set -euo pipefail

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
man=$HVEMU_SOURCE/docs/man
# shellcheck source=scripts/completion/hvctl.bash
. "$HVEMU_SOURCE/scripts/completion/hvctl.bash"
# shellcheck source=scripts/completion/reg.bash
. "$HVEMU_SOURCE/scripts/completion/reg.bash"

# Outside of a completion there is nothing to set options of.
compopt() {
	:
}

# offered WORD...: what completes the last word.
offered() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	"_$1" "$1" "${@: -1}" "${@: -2:1}"
	printf '%s\n' "${COMPREPLY[@]}"
}

# same WHAT ONE OTHER: two sorted lists of words.
same() {
	checks=$((checks + 1))
	[[ $2 == "$3" ]] || fail "$1: $(diff <(echo "$2") <(echo "$3"))"
}

# --- hvctl: the options of each command, whatever word of it they belong to
commands=$(hvctl --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p' | sort)
[[ $(wc -l <<<"$commands") -gt 30 ]] || fail "the help names few commands: $commands"
same 'commands' "$commands" "$(offered hvctl '' | sort)"
for command in $commands; do
	told=$(hvctl "$command" --help | grep -oE -- '--[a-z-]+' | sort -u) || true
	words=$(offered hvctl "$command" '' | grep '^[a-z]*$') || true
	[[ $command == host || $command == policy || $command == vm ]] || words=
	given=$(for word in '' $words; do
		# shellcheck disable=SC2086
		offered hvctl "$command" $word --
	done)
	[[ $command != verify ]] || given+=$'\n'$(offered hvctl verify --generate --)
	given=$(grep -vxE -- '--(root|json|help)' <<<"$given" | grep . | sort -u) || true
	same "$command" "$(grep -vxE -- '--json' <<<"$told" || true)" "$given"
	grep -qE "^\.(It Cm|Cm|It Fl|Nm) $command( |\$)|^\.It Cm .*\b$command\b" "$man/hvctl.1" ||
		fail "hvctl.1 lacks $command"
	for option in $told; do
		grep -qE "Fl -${option#--}( |\$)" "$man/hvctl.1" || fail "hvctl.1 lacks $option of $command"
	done
done

# --- reg: the switches of each operation
for verb in $(offered reg ''); do
	told=$(reg "$verb" '/?' | grep -oE '(^|[[ |])/(reg:[0-9]+|[a-z]+)' | tr -d '[ |' | sort -u) || true
	same "$verb" "$told" "$(offered reg "$verb" key file / | grep . | sort -u || true)"
	for switch in $told; do
		grep -qE "Cm (.* )?$switch( |\$)" "$man/reg.1" || fail "reg.1 lacks $switch of $verb"
	done
done
same 'operations' "$(reg '/?' | sed -n 's/^  \([A-Z]*\) .*/\1/p' | tr '[:upper:]' '[:lower:]' | sort)" \
	"$(offered reg '' | sort)"

echo "ok: $checks checks"
