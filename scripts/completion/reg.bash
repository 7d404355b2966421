# bash completion for reg: operations, switches, types, roots, and the keys of the current host.

_reg_keys() {
	local typed=$1 parent roots='HKLM\ HKCU\ HKCR\ HKU\ HKCC\' line
	if [[ $typed != *\\* ]]; then
		COMPREPLY=($(compgen -W "$roots" -- "${typed^^}"))
		return
	fi
	parent=${typed%\\*}
	while IFS= read -r line; do
		[[ $line == HKEY_* ]] || continue
		line=${parent}\\${line##*\\}
		[[ ${line,,} == "${typed,,}"* ]] && COMPREPLY+=("$line")
	done < <(reg query "$parent" 2>/dev/null)
}

_reg() {
	local word=$2 previous=$3 verb=${COMP_WORDS[1],,} typed
	local types='REG_SZ REG_EXPAND_SZ REG_MULTI_SZ REG_DWORD REG_QWORD REG_BINARY REG_NONE
		REG_DWORD_BIG_ENDIAN'
	local -A switches=(
		[query]='/v /ve /s /f /k /d /c /e /t /z /se /reg:32 /reg:64'
		[add]='/v /ve /t /s /d /f /reg:32 /reg:64'
		[delete]='/v /ve /va /f /reg:32 /reg:64'
		[copy]='/s /f /reg:32 /reg:64'
		[save]='/y /reg:32 /reg:64'
		[restore]='/reg:32 /reg:64'
		[load]='/reg:32 /reg:64'
		[unload]=''
		[compare]='/v /ve /s /oa /od /os /on /reg:32 /reg:64'
		[import]='/reg:32 /reg:64'
		[export]='/y /reg:32 /reg:64'
		[flags]='/s /reg:32 /reg:64'
	)

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		COMPREPLY=($(compgen -W "${!switches[*]}" -- "${word,,}"))
	elif [[ $verb == import && COMP_CWORD -eq 2 ||
		$verb =~ ^(export|save|restore|load)$ && COMP_CWORD -eq 3 ]]; then
		compopt -o filenames
		COMPREPLY=($(compgen -f -- "$word"))
	elif ((COMP_CWORD == 2)) || [[ $verb =~ ^(copy|compare)$ && COMP_CWORD -eq 3 ]]; then
		# Inside an open quote the word begins with it.
		typed=${COMP_WORDS[COMP_CWORD]#[\'\"]}
		compopt -o nospace
		_reg_keys "$typed"
	elif [[ $verb == flags && $COMP_CWORD -eq 3 && $word != /* ]]; then
		COMPREPLY=($(compgen -W 'QUERY SET' -- "${word^^}"))
	elif [[ $verb == flags && ${COMP_WORDS[3],,} == set && $word != /* ]]; then
		COMPREPLY=($(compgen -W 'DONT_VIRTUALIZE DONT_SILENT_FAIL RECURSE_FLAG' -- "${word^^}"))
	elif [[ ${previous,,} == /t ]]; then
		COMPREPLY=($(compgen -W "$types" -- "${word^^}"))
	elif [[ $word == /* || -z $word ]]; then
		COMPREPLY=($(compgen -W "${switches[$verb]:-}" -- "$word"))
	fi
}

complete -F _reg reg REG
