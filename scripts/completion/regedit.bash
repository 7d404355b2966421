# bash completion for regedit: switches and files.

_regedit() {
	local word=$2

	COMPREPLY=()
	if [[ $word == /* && COMP_CWORD -eq 1 ]]; then
		COMPREPLY=($(compgen -W '/s /e /a' -- "$word"))
	fi
	compopt -o filenames
	COMPREPLY+=($(compgen -f -- "$word"))
}

complete -F _regedit regedit
