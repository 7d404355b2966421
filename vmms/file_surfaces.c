/*
 * The files that the reference names.
 */
#include "vmms/file_surfaces.h"

#include <stddef.h>

#define STORE    "%ProgramData%\\Microsoft\\Windows\\Hyper-V\\"
#define MACHINES STORE "Virtual Machines\\"

const struct file_surface file_surfaces[] = {
	{ "%USERPROFILE%\\...\\<ConfigFileName>", "hvc.exe", "7.1", HVC_PROFILE, "INI",
	    "Defaults of a user's hvc sessions.",
	    "read and written as a private profile by \"hvctl client profile\"" },
	{ "ServerManager\\ComponentConfiguration\\Hyper-V.xml", "ConfigureHyperV.exe", "7.2", NULL,
	    "XML", "The role's template for Server Manager, read when the role is installed.",
	    "nothing: the role is there" },
	{ "<GuestStateDataRoot>\\Virtual Machines\\<VMID>.xml", "vmms.exe", "7.2", MACHINES "*.xml",
	    "XML", "The configuration of a machine of before version 8.",
	    "a machine each: found, made and removed by vmms" },
	{ "<datapath>\\UndoLog Configuration\\<id>.xml", "vmms.exe", "7.2",
	    STORE "UndoLog Configuration\\*.xml", "XML",
	    "The undo log of changes of configuration.",
	    "listed only: a change here is one transaction, or a file that is replaced whole" },
	{ "<path>\\config.xml", "vmms.exe", "7.2", STORE "config.xml", "XML",
	    "The configuration of a switch or a feature.", "listed only" },
	{ "*_ir.xml", "vmms.exe", "7.2", MACHINES "*_ir.xml", "XML",
	    "What is recovered of an import that did not end.",
	    "listed; vmms takes none for a machine's configuration" },
	{ "*.xml", "vmms.exe", "7.2", MACHINES "*.xml", "XML",
	    "What vmms looks through at its start for machines.", "looked through at each start" },
	{ ".vmcx", "VMImport.exe, vmms.exe", "7.3", MACHINES "*.vmcx", "binary",
	    "The configuration of a machine of version 8 or later.", "listed only" },
	{ ".vmgs", "vmms.exe", "7.3", MACHINES "*.vmgs", "binary",
	    "The guest state of a shielded machine.", "listed only" },
	{ ".vmrs", "vmcompute.exe", "7.3", MACHINES "*.vmrs", "binary",
	    "The state of a machine's run; Bugcheck_<GUID>.vmrs after a crash.", "listed only" },
	{ ".vhd", "vmms.exe", "7.3", STORE "Virtual Hard Disks\\*.vhd", "VHD", "A virtual disk.",
	    "vhdmp attaches it by its signature" },
	{ ".vhdx", "vmms.exe", "7.3", STORE "Virtual Hard Disks\\*.vhdx", "VHDX", "A virtual disk.",
	    "vhdmp attaches it by its signature" },
	{ ".vhds", "vmms.exe", "7.3", STORE "Virtual Hard Disks\\*.vhds", "VHD set",
	    "A set of virtual disks.", "listed only" },
	{ ".avhdx", "vmms.exe", "7.3", STORE "Virtual Hard Disks\\*.avhdx", "VHDX",
	    "A differencing disk.", "vhdmp attaches it by its signature" },
	{ 0 },
};
