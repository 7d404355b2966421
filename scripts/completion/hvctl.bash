# Completion of hvctl in bash.

# The words of a list of JSON objects: the text of one member, each once.
_hvctl_member()
{
	sed -n 's/^ *"'"$1"'": "\(.*\)",\{0,1\}$/\1/p' | sort -u
}

_hvctl_drivers()
{
	"$1" describe --json 2>/dev/null | _hvctl_member owner | sed 's/\.[a-z]*$//'
}

_hvctl_names()
{
	"$1" describe --json 2>/dev/null | _hvctl_member name | grep -v '[*<]'
}

_hvctl()
{
	local commands="host up down reboot boot events clock fork service status environment files client vm
		tunables show history blame bisect revert snapshot reset switches why resolve solve verify lint plan diff watch describe
		reload start stop restart add-device call policy"
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local command="" driver="" choices="" at count=0

	COMPREPLY=()
	# The command, and how many arguments stand between it and the cursor.
	for ((at = 1; at < COMP_CWORD; at++)); do
		case ${COMP_WORDS[at]} in
		--root | --junit | --count | --provider | --id | --vm | --as-of | --since | --from | --to | --limit | --actor | --channel | --key | --comment | --sarif | --suppressions | --state | \
			--severity | --format | --at | --today | --explain | --into | --seed | --keep-writes | --keep-days | --max-size) ((at++)) ;;
		-* | =) ;;
		*)
			if [[ -z $command ]]; then
				command=${COMP_WORDS[at]}
			else
				((++count))
				[[ $count -ne 1 ]] || driver=${COMP_WORDS[at]}
			fi
			;;
		esac
	done

	case $before in
	--root)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return
		;;
	--junit | --sarif | --suppressions)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	--format)
		mapfile -t COMPREPLY < <(compgen -W "reg pol hive bcdedit" -- "$word")
		return
		;;
	--severity)
		mapfile -t COMPREPLY < <(compgen -W "note warning error" -- "$word")
		return
		;;
	--explain)
		mapfile -t COMPREPLY < <(compgen -W \
			"all $("$1" lint --explain all 2>/dev/null | cut -d " " -f 1)" -- "$word")
		return
		;;
	--count | --as-of | --state | --at | --today | --into) return ;;
	esac

	if [[ $command:$count == fork:0 && $word != -* ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return
	fi
	if [[ $word == -* ]]; then
		choices="--root --json --help"
		case $command in
		"") choices+=" --version" ;;
		host)
			[[ $driver != create ]] || choices+=" --relaxed --seed"
			[[ $driver != check ]] || choices+=" --repair"
			;;
		fork) choices+=" --at" ;;
		tunables) choices+=" --pending --set --summary --as-of" ;;
		history) choices+=" --subtree --actor --channel --from --to --limit --keep-writes --keep-days --max-size" ;;
		bisect) choices+=" --from --to --run" ;;
		revert) choices+=" --to --key --force --dry-run" ;;
		snapshot) choices+=" --comment" ;;
		blame | why) choices+=" --as-of" ;;
		show) choices+=" --as-of --reg" ;;
		up | reboot) choices+=" --last-known-good" ;;
		boot) choices+=" --explain" ;;
		events) choices+=" --provider --id" ;;
		vm) [[ $driver != create ]] || choices+=" --shielded" ;;
		policy) [[ $driver != import ]] || choices+=" --user" ;;
		call) choices+=" --vm" ;;
		describe) choices+=" --man --markdown" ;;
		verify)
			choices+=" --junit --coverage --require-coverage --generate"
			[[ $before != --generate ]] || choices=--all
			;;
		solve) choices+=" --reg --bcdedit --state" ;;
		lint) choices+=" --each --format --at --user --state --severity --quiet --all
			--suppressions --today --sarif --junit --explain" ;;
		plan) choices+=" --into --apply" ;;
		diff) choices+=" --into --effective --raw --reg" ;;
		watch) choices+=" --count --since" ;;
		esac
	elif [[ -z $command ]]; then
		choices=$commands
	elif [[ $command == verify || $command == lint || $command == plan || $command == diff || $command == call && $count -eq 2 && $driver == vhdmp || $command:$count:$driver == policy:1:import || $command:$count:$driver == policy:2:export ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
	else
		case $command:$count in
		host:0) choices="create show check" ;;
		snapshot:0) choices="create list show delete" ;;
		reset:0 | snapshot:1)
			[[ $driver == create || $driver == list ]] || choices=$("${COMP_WORDS[0]}" snapshot list --json 2>/dev/null | _hvctl_member name)
			;;
		history:0) choices="limit prune" ;;
		bisect:0) choices=$(_hvctl_names "${COMP_WORDS[0]}") ;;
		vm:0) choices="list create start stop delete" ;;
		clock:0) choices="show pause resume step jump seed" ;;
		clock:1) [[ $driver != seed ]] || choices="off" ;;
		service:0) choices="query start stop restart" ;;
		service:1) choices=$("${COMP_WORDS[0]}" service query --json 2>/dev/null | _hvctl_member name) ;;
		policy:0) choices="import export" ;;
		client:0) choices="settings pages profile" ;;
		switches:0) choices=$("${COMP_WORDS[0]}" switches --json 2>/dev/null | _hvctl_member name) ;;
		status:0 | watch:0 | reload:0 | start:0 | stop:0 | restart:0 | add-device:0 | call:0)
			choices=$(_hvctl_drivers "${COMP_WORDS[0]}")
			;;
		tunables:0 | describe:0)
			choices=$(
				_hvctl_drivers "${COMP_WORDS[0]}"
				_hvctl_names "${COMP_WORDS[0]}"
			)
			;;
		why:0 | resolve:0) choices=$(_hvctl_names "${COMP_WORDS[0]}") ;;
		solve:0)
			compopt -o nospace 2>/dev/null
			choices=$(_hvctl_names "${COMP_WORDS[0]}" | sed 's/$/=/')
			;;
		why:1 | resolve:1) choices="absent dword: qword: sz: expand_sz: multi_sz: binary: none:" ;;
		call:1)
			case $driver in
			vhdmp*) choices="attach detach" ;;
			storvsp*) choices="load-parser" ;;
			esac
			;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
	[[ ${COMPREPLY[0]-} != *: ]] || compopt -o nospace 2>/dev/null
}

complete -F _hvctl hvctl
