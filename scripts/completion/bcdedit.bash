# Completion of bcdedit in bash.

_bcdedit()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local commands="/enum /set /deletevalue /create /copy /delete /default /displayorder
		/bootsequence /toolsdisplayorder /timeout /ems /bootems /emssettings /debug
		/bootdebug /dbgsettings /hypervisorsettings /export /import /createstore /store
		/v /? --root"
	local choices=$commands

	case $before in
	/store | /export | /import | /createstore | --root)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	/enum) choices="ACTIVE ALL BOOTMGR FIRMWARE BOOTAPP OSLOADER RESUME INHERIT {current}
		{bootmgr} {hypervisorsettings} {globalsettings} {bootloadersettings}" ;;
	/dbgsettings) choices="SERIAL 1394 USB NET LOCAL" ;;
	/hypervisorsettings) choices="SERIAL 1394 NET" ;;
	/ems | /bootems | /debug | /bootdebug) choices="{current} {bootmgr} ON OFF" ;;
	/application) choices="BOOTAPP BOOTSECTOR OSLOADER RESUME STARTUP" ;;
	/set | /deletevalue | \{*\}) choices="{current} {hypervisorsettings} hypervisorlaunchtype
		hypervisorschedulertype hypervisornumproc hypervisorrootproc hypervisorloadoptions
		hypervisorusevapic hypervisordebug hypervisoriommupolicy" ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
}

complete -F _bcdedit bcdedit
