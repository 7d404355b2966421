/*
 * Rights on registry keys. Enumerations where Windows' headers have macros, so that a file may
 * include those after this; GENERIC_READ alone does not fit one.
 */
#ifndef REGSTORE_SECURITY_RIGHTS_H
#define REGSTORE_SECURITY_RIGHTS_H

enum key_right {
	KEY_QUERY_VALUE = 0x0001,
	KEY_SET_VALUE = 0x0002,
	KEY_CREATE_SUB_KEY = 0x0004,
	KEY_ENUMERATE_SUB_KEYS = 0x0008,
	KEY_NOTIFY = 0x0010,
	KEY_CREATE_LINK = 0x0020,
	KEY_WOW64_64KEY = 0x0100, /* a view, not a right */
	KEY_WOW64_32KEY = 0x0200,
};

enum standard_right {
	ACCESS_DELETE = 0x00010000,
	READ_CONTROL = 0x00020000,
	WRITE_DAC = 0x00040000,
	WRITE_OWNER = 0x00080000,
	SYNCHRONIZE = 0x00100000,
	ACCESS_SYSTEM_SECURITY = 0x01000000,
	MAXIMUM_ALLOWED = 0x02000000,
};

/* Generic rights, and what they mean for a key. */
enum generic_right {
	GENERIC_ALL = 0x10000000,
	GENERIC_EXECUTE = 0x20000000,
	GENERIC_WRITE = 0x40000000,
	KEY_READ = 0x00020019,
	KEY_WRITE = 0x00020006,
	KEY_EXECUTE = 0x00020019,
	KEY_ALL_ACCESS = 0x000f003f,
};
#define GENERIC_READ 0x80000000u

#endif
