/*
 * What programs do to a host, one operation a row, for failures to be put into.
 *
 * An operation changes the host in one transaction, or not at all. It says by its status whether it
 * did; it may be run again after a failure, and then leaves what it leaves when nothing fails.
 */
#ifndef TESTS_FAULT_OPERATIONS_H
#define TESTS_FAULT_OPERATIONS_H

#include "tests/fault/fault.h"

struct operation {
	const char *name;
	bool opens;  /* the host itself: there is no open registry when it is run */
	bool random; /* what it leaves differs from run to run */
	lstatus (*run)(struct registry *registry, const char *root);
};

extern const struct operation operations[]; /* ends with name NULL */

/* Fill a new host with what the operations need. */
void operations_prepare(const char *root);

/* --- What the files of operations share ---------------------------------------------------------
 */

#define OPERATIONS_TOP "HKLM\\SOFTWARE\\T"

/* Run `step` if all before it were well. */
#define THEN(status, step)                                                                         \
	do {                                                                                       \
		if (lstatus_ok(status))                                                            \
			(status) = (step);                                                         \
	} while (0)

lstatus operation_open_key(struct registry *registry, const char *path, reg_key *ret_key);

/* End a transaction after its writes. */
lstatus operation_end(struct registry *registry, lstatus status);

/* Make a key that the operations need. */
reg_key operation_made(struct registry *registry, const char *path, uint32_t flags);
void operations_prepare_files(struct registry *registry, const char *root);

/* Those on files, and of the boot configuration. */
lstatus operation_import_text(struct registry *registry, const char *root);
lstatus operation_export_text(struct registry *registry, const char *root);
lstatus operation_save_hive(struct registry *registry, const char *root);
lstatus operation_load_hive(struct registry *registry, const char *root);
lstatus operation_mount_hive(struct registry *registry, const char *root);
lstatus operation_unmount_hive(struct registry *registry, const char *root);
lstatus operation_import_policy(struct registry *registry, const char *root);
lstatus operation_export_policy(struct registry *registry, const char *root);
lstatus operation_set_profile(struct registry *registry, const char *root);
lstatus operation_install_bcd(struct registry *registry, const char *root);
lstatus operation_set_bcd(struct registry *registry, const char *root);

/* Those of the Win32 face, on the host in HVEMU_ROOT, and of the kernel face. */
lstatus operation_winreg_create(struct registry *registry, const char *root);
lstatus operation_winreg_set(struct registry *registry, const char *root);
lstatus operation_winreg_delete(struct registry *registry, const char *root);
lstatus operation_winreg_read(struct registry *registry, const char *root);
lstatus operation_winreg_notify(struct registry *registry, const char *root);
lstatus operation_winreg_transaction(struct registry *registry, const char *root);
lstatus operation_ntreg_write(struct registry *registry, const char *root);
lstatus operation_ntreg_read(struct registry *registry, const char *root);

#endif
