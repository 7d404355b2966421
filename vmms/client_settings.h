/*
 * What the management client keeps and shows (reference, section 5).
 *
 * SettingsConfigurationOptions is persisted by .NET's user-settings mechanism in a user.config
 * file, an XML document with one <setting> a property; a property that is not there, or whose text
 * is no boolean, has its default. The middle of the file's path is not given by the reference: the
 * folder name used here is assumed.
 */
#ifndef VMMS_CLIENT_SETTINGS_H
#define VMMS_CLIENT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "regstore/base/buf.h"
#include "regstore/registry/registry.h"

struct client_setting {
	const char *name;
	bool by_default;
	const char *doc;
};

extern const struct client_setting client_settings[]; /* ends with name NULL */

/* A page of the settings dialog: its id, and the WMI classes whose instances it shows. */
struct setting_page {
	const char *id;      /* as the reference lists it */
	const char *classes; /* names separated by blanks; "" for a preference of the client */
};

extern const struct setting_page setting_pages[]; /* ends with id NULL */

/* Append the path of the user.config of the caller on the host in `root`. */
void client_settings_path(struct registry *registry, const char *root, struct buf *out);

/*
 * Read all settings into `ret_values`, one for each of client_settings. A file that is not there
 * gives the defaults. False with a sentence in `error` for a file that is no such document.
 */
bool client_settings_read(
    struct registry *registry, const char *root, bool *ret_values, struct buf *error);

/*
 * Write one setting; the file is replaced whole or not at all, and what else it holds is kept.
 * False with a sentence in `error`.
 */
bool client_settings_write(struct registry *registry, const char *root,
    const struct client_setting *setting, bool value, struct buf *error);

#endif
