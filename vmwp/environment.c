/*
 * Environment variables of a host.
 */
#include "vmwp/environment.h"

#include <ctype.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "regstore/base/utf16.h"
#include "vmwp/host_name.h"

#define CONTROL "HKLM\\SYSTEM\\CurrentControlSet\\Control\\"

const struct environment_variable environment_variables[] = {
	{ "ProgramData",
	    "vmcompute.dll, containerdevicemanagement.dll, vmuidevices.dll, vmdynmem.dll, "
	    "vmsynthstor.dll, vmchipset.dll, VmSynthNic.dll, vsconfig.dll",
	    "6.1", "Where the configurations, saved states and default disks of a host are." },
	{ "USERPROFILE", "hvc.exe", "6.1", "Where a user's .hvc profile is." },
	{ "COMPUTERNAME",
	    "Microsoft.Virtualization.Client.Management.dll, "
	    "Microsoft.HyperV.PowerShell.Cmdlets.dll",
	    "6.2", "The local host's name, when a connection's target is looked up." },
	{ "appdata", "Microsoft.Virtualization.Client.Common.dll", "6.2",
	    "Where a user's settings of Hyper-V Manager are." },
	{ "VM_CONFIGURATION_ID", "Microsoft.Virtualization.Client.VMBrowser.dll", "6.2",
	    "The virtual machine to show, over what was asked for." },
	{ "VM_CONFIGURATION_SERVER", "Microsoft.Virtualization.Client.VMBrowser.dll", "6.2",
	    "The server to connect to, over what was asked for." },
	{ "LOCALAPPDATA", "Microsoft.Virtualization.Client.Settings.dll", "5",
	    "Where a user's user.config is." },
	{ 0 },
};

/* Append the text that a value holds; false if there is none. */
static bool
value_text(struct registry *registry, const char *path, const char *name, struct buf *out)
{
	struct buf data = { 0 };
	uint32_t type = 0;
	reg_key key;
	bool found = lstatus_ok(registry_open_key(registry, NULL, path, 0, &key)) &&
	             lstatus_ok(registry_query_value(registry, key, name, &type, &data)) &&
	             (type == REG_SZ || type == REG_EXPAND_SZ) && data.size > 2;

	if (found)
		utf16_to_utf8(data.data, data.size, true, out);
	buf_release(&data);
	return found;
}

static void
user_folder(const char *root, const char *below, struct buf *out)
{
	const struct passwd *user = getpwuid(geteuid());

	buf_printf(out, "%s/Users/%s%s", root, user != NULL ? user->pw_name : "Default", below);
}

/* The name that the registry or the environment gives, else this machine's own. */
static void
computer_name(struct registry *registry, struct buf *out)
{
	char name[256] = "HVEMU";
	size_t before = out->size;

	if (lstatus_ok(host_name_append(registry, out)) && out->size > before)
		return;
	gethostname(name, sizeof(name) - 1);
	name[strcspn(name, ".")] = '\0';
	for (char *at = name; *at != '\0'; at++)
		*at = (char)toupper((unsigned char)*at);
	buf_append_text(out, name);
}

bool
environment_get(struct registry *registry, const char *root, const char *name, struct buf *out)
{
	const char *own;

	if (strcasecmp(name, "ProgramData") == 0 || strcasecmp(name, "ALLUSERSPROFILE") == 0)
		buf_printf(out, "%s/ProgramData", root);
	else if (strcasecmp(name, "USERPROFILE") == 0)
		user_folder(root, "", out);
	else if (strcasecmp(name, "APPDATA") == 0)
		user_folder(root, "/AppData/Roaming", out);
	else if (strcasecmp(name, "LOCALAPPDATA") == 0)
		user_folder(root, "/AppData/Local", out);
	else if (strcasecmp(name, "COMPUTERNAME") == 0)
		computer_name(registry, out);
	else if (!value_text(registry, CONTROL "Session Manager\\Environment", name, out)) {
		own = getenv(name);
		if (own == NULL)
			return false;
		buf_append_text(out, own);
	}
	return true;
}

void
environment_expand(struct registry *registry, const char *root, const char *text, struct buf *out)
{
	const char *open;

	while ((open = strchr(text, '%')) != NULL) {
		const char *close = strchr(open + 1, '%');
		struct buf name = { 0 };

		buf_append(out, text, (size_t)(open - text));
		if (close == NULL) {
			text = open;
			break;
		}
		buf_append(&name, open + 1, (size_t)(close - open - 1));
		/* What is no variable stays, and its second % may begin another. */
		if (name.size > 0 && environment_get(registry, root, buf_text(&name), out)) {
			text = close + 1;
		} else {
			buf_append(out, open, (size_t)(close - open));
			text = close;
		}
		buf_release(&name);
	}
	buf_append_text(out, text);
}

void
environment_path(struct registry *registry, const char *root, const char *text, struct buf *out)
{
	size_t length = strlen(root);
	size_t from = out->size;

	environment_expand(registry, root, text, out);
	/* The folder's own name is the machine's, where a backslash is a character like others. */
	if (out->size - from >= length && memcmp(out->data + from, root, length) == 0)
		from += length;
	for (size_t i = from; i < out->size && !out->failed; i++) {
		if (out->data[i] == '\\')
			out->data[i] = '/';
	}
}
