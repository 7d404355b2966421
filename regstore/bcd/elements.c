/*
 * What is known of elements and objects: ids, names, words.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/bcd/bcd.h"

static const struct bcd_word debug_type_words[] = {
	{ 0, "Serial" },
	{ 1, "1394" },
	{ 2, "USB" },
	{ 3, "NET" },
	{ 4, "Local" },
	{ 0 },
};

static const struct bcd_word debug_start_words[] = {
	{ 0, "Active" },
	{ 1, "AutoEnable" },
	{ 2, "Disable" },
	{ 0 },
};

static const struct bcd_word first_megabyte_words[] = {
	{ 0, "UseNone" },
	{ 1, "UseAll" },
	{ 2, "UsePrivate" },
	{ 0 },
};

static const struct bcd_word config_access_words[] = {
	{ 0, "Default" },
	{ 1, "DisallowMmConfig" },
	{ 0 },
};

static const struct bcd_word integrity_words[] = {
	{ 0, "Default" },
	{ 1, "Enable" },
	{ 2, "Disable" },
	{ 0 },
};

static const struct bcd_word resolution_words[] = {
	{ 0, "1024x768" },
	{ 1, "800x600" },
	{ 2, "1024x600" },
	{ 0 },
};

static const struct bcd_word message_words[] = {
	{ 0, "Default" },
	{ 1, "Resume" },
	{ 2, "HyperV" },
	{ 3, "Recovery" },
	{ 4, "StartupRepair" },
	{ 5, "SystemImageRecovery" },
	{ 6, "CommandPrompt" },
	{ 7, "SystemRestore" },
	{ 8, "PushButtonReset" },
	{ 0 },
};

static const struct bcd_word nx_words[] = {
	{ 0, "OptIn" },
	{ 1, "OptOut" },
	{ 2, "AlwaysOff" },
	{ 3, "AlwaysOn" },
	{ 0 },
};

static const struct bcd_word pae_words[] = {
	{ 0, "Default" },
	{ 1, "ForceEnable" },
	{ 2, "ForceDisable" },
	{ 0 },
};

static const struct bcd_word force_disable_words[] = {
	{ 0, "Default" },
	{ 1, "ForceDisable" },
	{ 0 },
};

static const struct bcd_word safeboot_words[] = {
	{ 0, "Minimal" },
	{ 1, "Network" },
	{ 2, "DsRepair" },
	{ 0 },
};

static const struct bcd_word tsc_words[] = {
	{ 0, "Default" },
	{ 1, "Legacy" },
	{ 2, "Enhanced" },
	{ 0 },
};

static const struct bcd_word load_failure_words[] = {
	{ 0, "Fatal" },
	{ 1, "UseErrorControl" },
	{ 0 },
};

static const struct bcd_word menu_words[] = {
	{ 0, "Legacy" },
	{ 1, "Standard" },
	{ 0 },
};

static const struct bcd_word status_words[] = {
	{ 0, "DisplayAllFailures" },
	{ 1, "IgnoreAllFailures" },
	{ 2, "IgnoreShutdownFailures" },
	{ 3, "IgnoreBootFailures" },
	{ 4, "IgnoreCheckpointFailures" },
	{ 5, "DisplayShutdownFailures" },
	{ 6, "DisplayBootFailures" },
	{ 7, "DisplayCheckpointFailures" },
	{ 0 },
};

static const struct bcd_word launch_words[] = {
	{ 0, "Off" },
	{ 1, "Auto" },
	{ 0 },
};

static const struct bcd_word hv_debug_words[] = {
	{ 0, "Serial" },
	{ 1, "1394" },
	{ 2, "Net" },
	{ 0 },
};

static const struct bcd_word iommu_words[] = {
	{ 0, "Default" },
	{ 1, "Enable" },
	{ 2, "Disable" },
	{ 0 },
};

static const struct bcd_word filter_words[] = {
	{ 0, "Disable" },
	{ 1, "Enable" },
	{ 0 },
};

static const struct bcd_word scheduler_words[] = {
	{ 1, "Classic" },
	{ 2, "Core" },
	{ 3, "Root" },
	{ 4, "Root" },
	{ 0 },
};

static const struct bcd_word perfmon_words[] = {
	{ 0, "System" },
	{ 1, "Hypervisor" },
	{ 0 },
};

static const struct bcd_word hvci_words[] = {
	{ 0, "Disable" },
	{ 1, "Enable" },
	{ 2, "Strict" },
	{ 0 },
};

static const struct bcd_word bootux_words[] = {
	{ 0, "Disabled" },
	{ 1, "Basic" },
	{ 2, "Standard" },
	{ 0 },
};

static const struct bcd_word x2apic_words[] = {
	{ 0, "Default" },
	{ 1, "Disable" },
	{ 2, "Enable" },
	{ 0 },
};

static const struct bcd_word testmix_words[] = {
	{ 0, "Basic" },
	{ 1, "Extended" },
	{ 0 },
};

static const struct bcd_word error_words[] = {
	{ 0, "Legacy" },
	{ 1, "Standard" },
	{ 2, "Simple" },
	{ 0 },
};

static const struct bcd_word log_format_words[] = {
	{ 0, "Default" },
	{ 1, "Sha1" },
	{ 0 },
};

static const struct bcd_word entropy_words[] = {
	{ 0, "Default" },
	{ 1, "ForceDisable" },
	{ 2, "ForceEnable" },
	{ 0 },
};

static const struct bcd_word memory_test_words[] = {
	{ 0, "Stride" },
	{ 1, "Mats" },
	{ 2, "InverseCoupling" },
	{ 3, "RandomPattern" },
	{ 4, "Checkerboard" },
	{ 0 },
};

static const struct bcd_word rotation_words[] = {
	{ 0, "0" },
	{ 1, "90" },
	{ 2, "180" },
	{ 3, "270" },
	{ 0 },
};

static const struct bcd_word la57_words[] = {
	{ 0, "Default" },
	{ 1, "OptOut" },
	{ 2, "OptIn" },
	{ 0 },
};

const struct bcd_element bcd_elements[] = {
	{ 0x11000001, "device", BCD_FOR_ALL, NULL, false },
	{ 0x11000043, "bootstatdevice", BCD_FOR_ALL, NULL, false },
	{ 0x11000084, "windowssyspart", BCD_FOR_ALL, NULL, false },
	{ 0x12000002, "path", BCD_FOR_ALL, NULL, false },
	{ 0x12000004, "description", BCD_FOR_ALL, NULL, false },
	{ 0x12000005, "locale", BCD_FOR_ALL, NULL, false },
	{ 0x12000016, "targetname", BCD_FOR_ALL, NULL, false },
	{ 0x12000019, "busparams", BCD_FOR_ALL, NULL, false },
	{ 0x1200001d, "key", BCD_FOR_ALL, NULL, false },
	{ 0x1200001f, "hostipv6", BCD_FOR_ALL, NULL, false },
	{ 0x12000030, "loadoptions", BCD_FOR_ALL, NULL, false },
	{ 0x12000044, "bootstatfilepath", BCD_FOR_ALL, NULL, false },
	{ 0x1200004a, "fontpath", BCD_FOR_ALL, NULL, false },
	{ 0x12000088, "additionalcipolicy", BCD_FOR_ALL, NULL, false },
	{ 0x14000006, "inherit", BCD_FOR_ALL, NULL, false },
	{ 0x14000008, "recoverysequence", BCD_FOR_ALL, NULL, false },
	{ 0x15000007, "truncatememory", BCD_FOR_ALL, NULL, false },
	{ 0x1500000c, "firstmegabytepolicy", BCD_FOR_ALL, first_megabyte_words, false },
	{ 0x1500000d, "relocatephysical", BCD_FOR_ALL, NULL, false },
	{ 0x1500000e, "avoidlowmemory", BCD_FOR_ALL, NULL, false },
	{ 0x15000011, "debugtype", BCD_FOR_ALL, debug_type_words, false },
	{ 0x15000012, "debugaddress", BCD_FOR_ALL, NULL, false },
	{ 0x15000013, "debugport", BCD_FOR_ALL, NULL, false },
	{ 0x15000014, "baudrate", BCD_FOR_ALL, NULL, false },
	{ 0x15000015, "channel", BCD_FOR_ALL, NULL, false },
	{ 0x15000018, "debugstart", BCD_FOR_ALL, debug_start_words, false },
	{ 0x1500001a, "hostip", BCD_FOR_ALL, NULL, false },
	{ 0x1500001b, "port", BCD_FOR_ALL, NULL, false },
	{ 0x15000022, "emsport", BCD_FOR_ALL, NULL, false },
	{ 0x15000023, "emsbaudrate", BCD_FOR_ALL, NULL, false },
	{ 0x15000042, "keyringaddress", BCD_FOR_ALL, NULL, false },
	{ 0x15000047, "configaccesspolicy", BCD_FOR_ALL, config_access_words, false },
	{ 0x1500004b, "integrityservices", BCD_FOR_ALL, integrity_words, false },
	{ 0x1500004c, "volumebandid", BCD_FOR_ALL, NULL, false },
	{ 0x15000051, "initialconsoleinput", BCD_FOR_ALL, NULL, false },
	{ 0x15000052, "graphicsresolution", BCD_FOR_ALL, resolution_words, false },
	{ 0x15000065, "displaymessage", BCD_FOR_ALL, message_words, false },
	{ 0x15000066, "displaymessageoverride", BCD_FOR_ALL, message_words, false },
	{ 0x1500006d, "bootuxfadeframes", BCD_FOR_ALL, NULL, false },
	{ 0x15000073, "aliaswindowskey", BCD_FOR_ALL, NULL, false },
	{ 0x15000075, "performancefrequency", BCD_FOR_ALL, NULL, false },
	{ 0x15000076, "securebootrawpolicy", BCD_FOR_ALL, NULL, false },
	{ 0x15000079, "bootuxtransitiontime", BCD_FOR_ALL, NULL, false },
	{ 0x1500007d, "booterrorux", BCD_FOR_ALL, error_words, false },
	{ 0x1500007f, "measuredbootlogformat", BCD_FOR_ALL, log_format_words, false },
	{ 0x15000080, "displayrotation", BCD_FOR_ALL, rotation_words, false },
	{ 0x15000081, "logcontrol", BCD_FOR_ALL, NULL, false },
	{ 0x15000088, "linearaddress57", BCD_FOR_ALL, la57_words, false },
	{ 0x16000009, "recoveryenabled", BCD_FOR_ALL, NULL, false },
	{ 0x1600000b, "badmemoryaccess", BCD_FOR_ALL, NULL, false },
	{ 0x1600000f, "traditionalkseg", BCD_FOR_ALL, NULL, false },
	{ 0x16000010, "bootdebug", BCD_FOR_ALL, NULL, false },
	{ 0x16000017, "noumex", BCD_FOR_ALL, NULL, false },
	{ 0x1600001c, "dhcp", BCD_FOR_ALL, NULL, false },
	{ 0x1600001e, "vm", BCD_FOR_ALL, NULL, false },
	{ 0x16000020, "bootems", BCD_FOR_ALL, NULL, false },
	{ 0x16000031, "attemptnonbcdstart", BCD_FOR_ALL, NULL, false },
	{ 0x16000040, "advancedoptions", BCD_FOR_ALL, NULL, false },
	{ 0x16000041, "optionsedit", BCD_FOR_ALL, NULL, false },
	{ 0x16000045, "preservebootstat", BCD_FOR_ALL, NULL, false },
	{ 0x16000046, "graphicsmodedisabled", BCD_FOR_ALL, NULL, false },
	{ 0x16000048, "nointegritychecks", BCD_FOR_ALL, NULL, false },
	{ 0x16000049, "testsigning", BCD_FOR_ALL, NULL, false },
	{ 0x16000050, "extendedinput", BCD_FOR_ALL, NULL, false },
	{ 0x16000053, "restartonfailure", BCD_FOR_ALL, NULL, false },
	{ 0x16000054, "highestmode", BCD_FOR_ALL, NULL, false },
	{ 0x16000060, "isolatedcontext", BCD_FOR_ALL, NULL, false },
	{ 0x16000067, "nobootuxlogo", BCD_FOR_ALL, NULL, false },
	{ 0x16000068, "nobootuxtext", BCD_FOR_ALL, NULL, false },
	{ 0x16000069, "nobootuxprogress", BCD_FOR_ALL, NULL, false },
	{ 0x1600006a, "nobootuxfade", BCD_FOR_ALL, NULL, false },
	{ 0x1600006b, "bootuxreservepooldebug", BCD_FOR_ALL, NULL, false },
	{ 0x1600006c, "bootuxdisabled", BCD_FOR_ALL, NULL, false },
	{ 0x1600006e, "bootuxdumpstats", BCD_FOR_ALL, NULL, false },
	{ 0x1600006f, "bootuxshowstats", BCD_FOR_ALL, NULL, false },
	{ 0x16000071, "multibootsystem", BCD_FOR_ALL, NULL, false },
	{ 0x16000072, "nokeyboard", BCD_FOR_ALL, NULL, false },
	{ 0x16000074, "bootshutdowndisabled", BCD_FOR_ALL, NULL, false },
	{ 0x16000078, "bootuxpreallocprogress", BCD_FOR_ALL, NULL, false },
	{ 0x1600007a, "mobilegraphics", BCD_FOR_ALL, NULL, false },
	{ 0x1600007b, "forcefipscrypto", BCD_FOR_ALL, NULL, false },
	{ 0x1600007e, "flightsigning", BCD_FOR_ALL, NULL, false },
	{ 0x16000082, "nofirmwaresync", BCD_FOR_ALL, NULL, false },
	{ 0x16000087, "numlock", BCD_FOR_ALL, NULL, false },
	{ 0x1700000a, "badmemorylist", BCD_FOR_ALL, NULL, false },
	{ 0x17000077, "allowedinmemorysettings", BCD_FOR_ALL, NULL, false },
	{ 0x21000001, "osdevice", BCD_FOR_OSLOADER, NULL, false },
	{ 0x21000001, "filedevice", BCD_FOR_RESUME, NULL, false },
	{ 0x21000005, "associatedosdevice", BCD_FOR_RESUME, NULL, false },
	{ 0x21000022, "bcddevice", BCD_FOR_BOOTMGR, NULL, false },
	{ 0x21000138, "imcdevice", BCD_FOR_OSLOADER, NULL, false },
	{ 0x21000150, "systemdatadevice", BCD_FOR_OSLOADER, NULL, false },
	{ 0x21000151, "osarcdevice", BCD_FOR_OSLOADER, NULL, false },
	{ 0x21000153, "osdatadevice", BCD_FOR_OSLOADER, NULL, false },
	{ 0x21000154, "bspdevice", BCD_FOR_OSLOADER, NULL, false },
	{ 0x21000155, "bspfilepath", BCD_FOR_OSLOADER, NULL, false },
	{ 0x22000001, "bpbstring", BCD_FOR_NTLDR, NULL, false },
	{ 0x22000002, "systemroot", BCD_FOR_OSLOADER, NULL, false },
	{ 0x22000002, "filepath", BCD_FOR_RESUME, NULL, false },
	{ 0x22000002, "applicationname", BCD_FOR_STARTUP, NULL, false },
	{ 0x22000011, "kernel", BCD_FOR_OSLOADER, NULL, false },
	{ 0x22000012, "hal", BCD_FOR_OSLOADER, NULL, false },
	{ 0x22000013, "dbgtransport", BCD_FOR_OSLOADER, NULL, false },
	{ 0x22000023, "bcdfilepath", BCD_FOR_BOOTMGR, NULL, false },
	{ 0x22000040, "fverecoveryurl", BCD_FOR_BOOTMGR, NULL, false },
	{ 0x22000041, "fverecoverymessage", BCD_FOR_BOOTMGR, NULL, false },
	{ 0x22000053, "evstore", BCD_FOR_OSLOADER, NULL, false },
	{ 0x220000f1, "hypervisorpath", BCD_FOR_OSLOADER, NULL, false },
	{ 0x220000f9, "hypervisorbusparams", BCD_FOR_OSLOADER, NULL, false },
	{ 0x22000110, "hypervisorusekey", BCD_FOR_OSLOADER, NULL, false },
	{ 0x22000112, "hypervisorproductskutype", BCD_FOR_OSLOADER, NULL, false },
	{ 0x22000117, "hypervisorloadoptions", BCD_FOR_OSLOADER, NULL, false },
	{ 0x2200011b, "hypervisorrootprocnumanodes", BCD_FOR_OSLOADER, NULL, false },
	{ 0x2200011e, "hypervisorrootprocnumanodelps", BCD_FOR_OSLOADER, NULL, false },
	{ 0x2200012d, "kernelbusparams", BCD_FOR_OSLOADER, NULL, false },
	{ 0x22000132, "kerneltargetname", BCD_FOR_OSLOADER, NULL, false },
	{ 0x22000136, "kernelkey", BCD_FOR_OSLOADER, NULL, false },
	{ 0x22000137, "imchivename", BCD_FOR_OSLOADER, NULL, false },
	{ 0x22000140, "mfgmode", BCD_FOR_OSLOADER, NULL, false },
	{ 0x22000156, "kernelhostipv6", BCD_FOR_OSLOADER, NULL, false },
	{ 0x22000161, "hypervisorhostipv6", BCD_FOR_OSLOADER, NULL, false },
	{ 0x23000003, "default", BCD_FOR_BOOTMGR, NULL, false },
	{ 0x23000003, "resumeobject", BCD_FOR_OSLOADER, NULL, false },
	{ 0x23000006, "resumeobject", BCD_FOR_BOOTMGR, NULL, false },
	{ 0x24000001, "displayorder", BCD_FOR_BOOTMGR, NULL, false },
	{ 0x24000002, "bootsequence", BCD_FOR_BOOTMGR, NULL, false },
	{ 0x24000007, "startupsequence", BCD_FOR_BOOTMGR, NULL, false },
	{ 0x24000010, "toolsdisplayorder", BCD_FOR_BOOTMGR, NULL, false },
	{ 0x25000001, "passcount", BCD_FOR_MEMDIAG, NULL, false },
	{ 0x25000002, "testmix", BCD_FOR_MEMDIAG, testmix_words, false },
	{ 0x25000003, "failurecount", BCD_FOR_MEMDIAG, NULL, false },
	{ 0x25000004, "timeout", BCD_FOR_BOOTMGR, NULL, false },
	{ 0x25000004, "testtofail", BCD_FOR_MEMDIAG, memory_test_words, false },
	{ 0x25000005, "stridefailcount", BCD_FOR_MEMDIAG, NULL, false },
	{ 0x25000006, "invcfailcount", BCD_FOR_MEMDIAG, NULL, false },
	{ 0x25000007, "bootux", BCD_FOR_RESUME, bootux_words, false },
	{ 0x25000007, "matsfailcount", BCD_FOR_MEMDIAG, NULL, false },
	{ 0x25000008, "bootmenupolicy", BCD_FOR_RESUME, menu_words, false },
	{ 0x25000008, "randfailcount", BCD_FOR_MEMDIAG, NULL, false },
	{ 0x25000009, "chckrfailcount", BCD_FOR_MEMDIAG, NULL, false },
	{ 0x25000020, "nx", BCD_FOR_OSLOADER, nx_words, false },
	{ 0x25000021, "pae", BCD_FOR_OSLOADER, pae_words, false },
	{ 0x25000031, "removememory", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000032, "increaseuserva", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000033, "perfmem", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000050, "clustermodeaddressing", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000052, "restrictapiccluster", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000055, "x2apicpolicy", BCD_FOR_OSLOADER, x2apic_words, false },
	{ 0x25000061, "numproc", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000063, "configflags", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000066, "groupsize", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000071, "msi", BCD_FOR_OSLOADER, force_disable_words, false },
	{ 0x25000072, "pciexpress", BCD_FOR_OSLOADER, force_disable_words, false },
	{ 0x25000080, "safeboot", BCD_FOR_OSLOADER, safeboot_words, false },
	{ 0x250000a6, "tscsyncpolicy", BCD_FOR_OSLOADER, tsc_words, false },
	{ 0x250000c0, "forcefailure", BCD_FOR_OSLOADER, NULL, false },
	{ 0x250000c1, "driverloadfailurepolicy", BCD_FOR_OSLOADER, load_failure_words, false },
	{ 0x250000c2, "bootmenupolicy", BCD_FOR_OSLOADER, menu_words, false },
	{ 0x250000e0, "bootstatuspolicy", BCD_FOR_OSLOADER, status_words, false },
	{ 0x250000f0, "hypervisorlaunchtype", BCD_FOR_OSLOADER, launch_words, false },
	{ 0x250000f3, "hypervisordebugtype", BCD_FOR_OSLOADER, hv_debug_words, false },
	{ 0x250000f4, "hypervisordebugport", BCD_FOR_OSLOADER, NULL, false },
	{ 0x250000f5, "hypervisorbaudrate", BCD_FOR_OSLOADER, NULL, false },
	{ 0x250000f6, "hypervisorchannel", BCD_FOR_OSLOADER, NULL, false },
	{ 0x250000f7, "bootux", BCD_FOR_OSLOADER, bootux_words, false },
	{ 0x250000fa, "hypervisornumproc", BCD_FOR_OSLOADER, NULL, false },
	{ 0x250000fb, "hypervisorrootprocpernode", BCD_FOR_OSLOADER, NULL, false },
	{ 0x250000fd, "hypervisorhostip", BCD_FOR_OSLOADER, NULL, false },
	{ 0x250000fe, "hypervisorhostport", BCD_FOR_OSLOADER, NULL, false },
	{ 0x250000ff, "hypervisordebugpages", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000100, "tpmbootentropy", BCD_FOR_OSLOADER, entropy_words, false },
	{ 0x25000113, "hypervisorrootproc", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000115, "hypervisoriommupolicy", BCD_FOR_OSLOADER, iommu_words, false },
	{ 0x25000118, "hypervisormsrfilterpolicy", BCD_FOR_OSLOADER, filter_words, false },
	{ 0x25000119, "hypervisormmionxpolicy", BCD_FOR_OSLOADER, filter_words, false },
	{ 0x2500011a, "hypervisorschedulertype", BCD_FOR_OSLOADER, scheduler_words, false },
	{ 0x2500011c, "hypervisorperfmon", BCD_FOR_OSLOADER, perfmon_words, false },
	{ 0x2500011d, "hypervisorrootprocpercore", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000120, "xsavepolicy", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000121, "xsaveaddfeature0", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000122, "xsaveaddfeature1", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000123, "xsaveaddfeature2", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000124, "xsaveaddfeature3", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000125, "xsaveaddfeature4", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000126, "xsaveaddfeature5", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000127, "xsaveaddfeature6", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000128, "xsaveaddfeature7", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000129, "xsaveremovefeature", BCD_FOR_OSLOADER, NULL, false },
	{ 0x2500012a, "xsaveprocessorsmask", BCD_FOR_OSLOADER, NULL, false },
	{ 0x2500012b, "xsavedisable", BCD_FOR_OSLOADER, NULL, false },
	{ 0x2500012c, "kerneldebugtype", BCD_FOR_OSLOADER, debug_type_words, false },
	{ 0x2500012e, "kerneldebugaddress", BCD_FOR_OSLOADER, NULL, false },
	{ 0x2500012f, "kerneldebugport", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000130, "claimedtpmcounter", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000131, "kernelchannel", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000133, "kernelhostip", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000134, "kernelport", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000139, "kernelbaudrate", BCD_FOR_OSLOADER, NULL, false },
	{ 0x25000142, "vsmlaunchtype", BCD_FOR_OSLOADER, launch_words, false },
	{ 0x25000144, "hypervisorenforcedcodeintegrity", BCD_FOR_OSLOADER, hvci_words, false },
	{ 0x25000510, "chargethreshold", BCD_FOR_BOOTAPP, NULL, false },
	{ 0x25000aaa, "bootflow", BCD_FOR_BOOTAPP, NULL, false },
	{ 0x26000001, "pxesoftreboot", BCD_FOR_STARTUP, NULL, false },
	{ 0x26000003, "customsettings", BCD_FOR_RESUME, NULL, false },
	{ 0x26000003, "cacheenable", BCD_FOR_MEMDIAG, NULL, false },
	{ 0x26000004, "stampdisks", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000004, "pae", BCD_FOR_RESUME, NULL, false },
	{ 0x26000004, "failuresenabled", BCD_FOR_MEMDIAG, NULL, false },
	{ 0x26000005, "resume", BCD_FOR_BOOTMGR, NULL, false },
	{ 0x26000006, "debugoptionenabled", BCD_FOR_RESUME, NULL, false },
	{ 0x26000010, "detecthal", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000020, "displaybootmenu", BCD_FOR_BOOTMGR, NULL, false },
	{ 0x26000021, "noerrordisplay", BCD_FOR_BOOTMGR, NULL, false },
	{ 0x26000022, "winpe", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000024, "nocrashautoreboot", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000025, "hiberboot", BCD_FOR_BOOTMGR, NULL, false },
	{ 0x26000025, "lastknowngood", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000026, "oslnointegritychecks", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000027, "osltestsigning", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000028, "processcustomactionsfirst", BCD_FOR_BOOTMGR, NULL, false },
	{ 0x26000030, "nolowmem", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000031, "persistbootsequence", BCD_FOR_BOOTMGR, NULL, false },
	{ 0x26000032, "skipstartupsequence", BCD_FOR_BOOTMGR, NULL, false },
	{ 0x26000040, "vga", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000041, "quietboot", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000042, "flightedbootmgr", BCD_FOR_BOOTMGR, NULL, false },
	{ 0x26000042, "novesa", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000043, "novga", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000051, "usephysicaldestination", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000054, "uselegacyapicmode", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000060, "onecpu", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000062, "maxproc", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000064, "maxgroup", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000065, "groupaware", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000070, "usefirmwarepcisettings", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000081, "safebootalternateshell", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000090, "bootlog", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000091, "sos", BCD_FOR_OSLOADER, NULL, false },
	{ 0x260000a0, "debug", BCD_FOR_OSLOADER, NULL, false },
	{ 0x260000a1, "halbreakpoint", BCD_FOR_OSLOADER, NULL, false },
	{ 0x260000a2, "useplatformclock", BCD_FOR_OSLOADER, NULL, false },
	{ 0x260000a3, "forcelegacyplatform", BCD_FOR_OSLOADER, NULL, false },
	{ 0x260000a4, "useplatformtick", BCD_FOR_OSLOADER, NULL, false },
	{ 0x260000a5, "disabledynamictick", BCD_FOR_OSLOADER, NULL, false },
	{ 0x260000b0, "ems", BCD_FOR_OSLOADER, NULL, false },
	{ 0x260000c3, "onetimeadvancedoptions", BCD_FOR_OSLOADER, NULL, false },
	{ 0x260000c4, "onetimeoptionsedit", BCD_FOR_OSLOADER, NULL, false },
	{ 0x260000e1, "disableelamdrivers", BCD_FOR_OSLOADER, NULL, false },
	{ 0x260000f2, "hypervisordebug", BCD_FOR_OSLOADER, NULL, false },
	{ 0x260000f8, "hypervisordisableslat", BCD_FOR_OSLOADER, NULL, false },
	{ 0x260000fc, "hypervisoruselargevtlb", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000114, "hypervisordhcp", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000116, "hypervisorusevapic", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000135, "kerneldhcp", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000141, "event", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000145, "dtrace", BCD_FOR_OSLOADER, NULL, false },
	{ 0x26000145, "enablebootdebugpolicy", BCD_FOR_BOOTAPP, NULL, false },
	{ 0x26000146, "enablebootorderclean", BCD_FOR_BOOTAPP, NULL, false },
	{ 0x26000147, "enabledeviceid", BCD_FOR_BOOTAPP, NULL, false },
	{ 0x26000148, "enableffuloader", BCD_FOR_BOOTAPP, NULL, false },
	{ 0x26000149, "enableiuloader", BCD_FOR_BOOTAPP, NULL, false },
	{ 0x2600014a, "enablemassstorage", BCD_FOR_BOOTAPP, NULL, false },
	{ 0x2600014b, "enablerpmbprovisioning", BCD_FOR_BOOTAPP, NULL, false },
	{ 0x2600014c, "enablesecurebootpolicy", BCD_FOR_BOOTAPP, NULL, false },
	{ 0x2600014d, "enablestartcharge", BCD_FOR_BOOTAPP, NULL, false },
	{ 0x2600014e, "enableresettpm", BCD_FOR_BOOTAPP, NULL, false },
	{ 0x260001f0, "hypervisordisabledfss", BCD_FOR_OSLOADER, NULL, true },
	{ 0x26000202, "skipffumode", BCD_FOR_BOOTAPP, NULL, false },
	{ 0x26000203, "forceffumode", BCD_FOR_BOOTAPP, NULL, false },
	{ 0x26000512, "offmodecharging", BCD_FOR_BOOTAPP, NULL, false },
	{ 0x27000030, "customactions", BCD_FOR_BOOTMGR, NULL, false },
	{ 0x31000003, "ramdisksdidevice", BCD_FOR_DEVICE, NULL, false },
	{ 0x32000004, "ramdisksdipath", BCD_FOR_DEVICE, NULL, false },
	{ 0x35000001, "ramdiskimageoffset", BCD_FOR_DEVICE, NULL, false },
	{ 0x35000002, "ramdisktftpclientport", BCD_FOR_DEVICE, NULL, false },
	{ 0x35000005, "ramdiskimagelength", BCD_FOR_DEVICE, NULL, false },
	{ 0x35000007, "ramdisktftpblocksize", BCD_FOR_DEVICE, NULL, false },
	{ 0x35000008, "ramdisktftpwindowsize", BCD_FOR_DEVICE, NULL, false },
	{ 0x36000006, "exportascd", BCD_FOR_DEVICE, NULL, false },
	{ 0x36000009, "ramdiskmcenabled", BCD_FOR_DEVICE, NULL, false },
	{ 0x3600000a, "ramdiskmctftpfallback", BCD_FOR_DEVICE, NULL, false },
	{ 0x3600000b, "ramdisktftpvarwindow", BCD_FOR_DEVICE, NULL, false },
	{ 0x3600000c, "vhdramdiskboot", BCD_FOR_DEVICE, NULL, false },
	{ 0x47000006, "elementstomigrate", BCD_FOR_ALL, NULL, false },
	{ 0 },
};

const struct bcd_difference bcd_differences[] = {
	{ "hypervisorscheduler", "hypervisorschedulertype", 0,
	    "numbers: see bcd_schedulers; public tables have 0 to 2, the reference 1 to 4" },
	{ "hypervisorserialdebugport", "hypervisordebugport", 0, "the reference's name" },
	{ "hypervisorusevapic", "hypervisorusevapic", 0x260000d6,
	    "26000116 in public tables: the reference's ids look like a decompiler's constants" },
	{ "hypervisorenforcedcodeintegrity", "hypervisorenforcedcodeintegrity", 0,
	    "a boolean in the reference, an integer of 0 to 2 in public tables" },
	{ "hypervisordisabledfss", "hypervisordisabledfss", 0,
	    "no public table has it; the id here is assumed" },
	{ 0 },
};

const struct bcd_scheduler bcd_schedulers[] = {
	{ 1, "Classic", 2 },
	{ 2, "Core", 3 },
	{ 3, "Root", 4 },
	{ 4, "Root", 4 },
	{ 0 },
};

const struct bcd_known bcd_known[] = {
	{ "{bootmgr}", BCD_GUID_BOOTMGR, BCD_BOOTMGR, "Windows Boot Manager" },
	{ "{fwbootmgr}", "{a5a30fa2-3d06-4e9f-b5f4-a01df9d1fcba}", BCD_FWBOOTMGR,
	    "Firmware Boot Manager" },
	{ "{memdiag}", "{b2721d73-1db4-4c62-bf78-c548a880142d}", BCD_MEMDIAG,
	    "Windows Memory Tester" },
	{ "{ntldr}", "{466f5a88-0af2-4f76-9038-095b170dc21c}", BCD_NTLDR,
	    "Windows Legacy OS Loader" },
	{ "{globalsettings}", "{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}", BCD_INHERIT_ANY,
	    "Global Settings" },
	{ "{dbgsettings}", "{4636856e-540f-4170-a130-a84776f4c654}", BCD_INHERIT_ANY,
	    "Debugger Settings" },
	{ "{emssettings}", "{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}", BCD_INHERIT_ANY,
	    "EMS Settings" },
	{ "{badmemory}", "{5189b25c-5558-4bf2-bca4-289b11bd29e2}", BCD_INHERIT_ANY, "RAM Defects" },
	{ "{bootloadersettings}", "{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}", BCD_INHERIT_OSLOADER,
	    "Boot Loader Settings" },
	{ "{hypervisorsettings}", BCD_GUID_HYPERVISOR, BCD_INHERIT_OSLOADER,
	    "Hypervisor Settings" },
	{ "{kerneldbgsettings}", "{313e8eed-7098-4586-a9bf-309c61f8d449}", BCD_INHERIT_OSLOADER,
	    "Kernel Debugger Settings" },
	{ "{resumeloadersettings}", "{1afa9c49-16ab-4a5c-901b-212802da9460}", BCD_INHERIT_RESUME,
	    "Resume Loader Settings" },
	{ "{ramdiskoptions}", "{ae5534e0-a924-466c-b836-758539a3ee3a}", BCD_DEVICE_OPTIONS,
	    "Setup Ramdisk Options" },
	{ "{current}", BCD_GUID_CURRENT, 0, NULL },
	{ "{default}", BCD_GUID_DEFAULT, 0, NULL },
	{ "{legacy}", "{466f5a88-0af2-4f76-9038-095b170dc21c}", 0, NULL },
	{ "{eventsettings}", "{4636856e-540f-4170-a130-a84776f4c654}", 0, NULL },
	{ 0 },
};

/*
 * The kind of object that a type is, as a BCD_FOR_ bit: the low bits are the application's number,
 * also of what an application inherits.
 */
static unsigned
kind_of(uint32_t object_type)
{
	static const unsigned kinds[] = { 0, BCD_FOR_BOOTMGR, BCD_FOR_BOOTMGR, BCD_FOR_OSLOADER,
		BCD_FOR_RESUME, BCD_FOR_MEMDIAG, BCD_FOR_NTLDR, BCD_FOR_NTLDR, 0, BCD_FOR_STARTUP,
		BCD_FOR_BOOTAPP };
	uint32_t number = object_type & 0xfffff;

	if (object_type >> 28 == 3 || object_type >> 20 == 0x203)
		return BCD_FOR_DEVICE;
	return number < ARRAY_SIZE(kinds) ? kinds[number] : BCD_FOR_ALL;
}

static bool
belongs(const struct bcd_element *element, uint32_t object_type)
{
	return element->belongs == BCD_FOR_ALL || (element->belongs & kind_of(object_type)) != 0;
}

const struct bcd_element *
bcd_element_named(const char *name, uint32_t object_type)
{
	for (const struct bcd_difference *at = bcd_differences; at->name != NULL; at++) {
		if (strcasecmp(at->name, name) == 0)
			name = at->element;
	}
	for (const struct bcd_element *at = bcd_elements; at->name != NULL; at++) {
		if (strcasecmp(at->name, name) == 0 && belongs(at, object_type))
			return at;
	}
	return NULL;
}

const struct bcd_element *
bcd_element_of(uint32_t id, uint32_t object_type)
{
	for (const struct bcd_element *at = bcd_elements; at->name != NULL; at++) {
		if (at->id == id && belongs(at, object_type))
			return at;
	}
	return NULL;
}

const char *
bcd_alias_of(const char *guid)
{
	for (const struct bcd_known *at = bcd_known; at->alias != NULL; at++) {
		if (at->type != 0 && strcasecmp(at->guid, guid) == 0)
			return at->alias;
	}
	return NULL;
}

const char *
bcd_title(const char *guid, uint32_t type)
{
	static const struct {
		uint32_t type;
		const char *title;
	} titles[] = {
		{ BCD_OSLOADER, "Windows Boot Loader" },
		{ BCD_RESUME, "Resume from Hibernate" },
		{ BCD_MEMDIAG, "Windows Memory Tester" },
		{ BCD_NTLDR, "Windows Legacy OS Loader" },
		{ BCD_BOOTSECTOR, "Real-mode Boot Sector" },
		{ BCD_BOOTMGR, "Windows Boot Manager" },
		{ BCD_FWBOOTMGR, "Firmware Boot Manager" },
		{ BCD_DEVICE_OPTIONS, "Device options" },
		{ 0x101fffff, "Firmware Application (101fffff)" },
	};

	for (const struct bcd_known *at = bcd_known; at->alias != NULL; at++) {
		if (at->title != NULL && strcasecmp(at->guid, guid) == 0)
			return at->title;
	}
	for (size_t i = 0; i < ARRAY_SIZE(titles); i++) {
		if (titles[i].type == type)
			return titles[i].title;
	}
	if (type >> 28 == 2)
		return type == BCD_INHERIT_OSLOADER ? "OS Target Template" : "Inherited Settings";
	return "Unknown";
}
