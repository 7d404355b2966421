/*
 * The inventory of virtual machines.
 */
#include "vmms/machines.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "regstore/base/utf16.h"
#include "regstore/formats/out_file.h"

#define FOLDER    "ProgramData/Microsoft/Windows/Hyper-V/Virtual Machines"
#define KEY       "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization\\"
#define NAME_MAX_ 100 /* characters of a machine's name, as Hyper-V Manager has it */

/* --- The file
 * ------------------------------------------------------------------------------------- */

static xmlNode *
child_of(xmlNode *parent, const char *name)
{
	xmlNode *at = parent != NULL ? parent->children : NULL;

	while (at != NULL &&
	       (at->type != XML_ELEMENT_NODE || strcmp((const char *)at->name, name) != 0))
		at = at->next;
	return at;
}

/* The text of an element; the caller frees it. NULL if there is no such element. */
static char *
text_of(xmlNode *parent, const char *name)
{
	xmlNode *node = child_of(parent, name);
	xmlChar *text = node != NULL ? xmlNodeGetContent(node) : NULL;
	char *copy = text != NULL ? strdup((const char *)text) : NULL;

	xmlFree(text);
	return copy;
}

/* Take a machine from its configuration; false if it is none. */
static bool
parse_machine(xmlDoc *document, struct machine *ret_machine)
{
	xmlNode *root = xmlDocGetRootElement(document);
	xmlNode *properties = child_of(root, "properties");
	char *guid = text_of(properties, "global_id");
	char *name = text_of(properties, "name");
	char *shielded = text_of(child_of(root, "security"), "shielding_requested");
	bool fits = root != NULL && strcmp((const char *)root->name, "configuration") == 0 &&
	            guid != NULL && name != NULL && name[0] != '\0' &&
	            strlen(guid) == GUID_TEXT_SIZE - 1 && guid_is_text(guid, strlen(guid));

	if (fits) {
		for (size_t i = 0; i < GUID_TEXT_SIZE; i++)
			ret_machine->guid[i] =
			    (char)(guid[i] >= 'a' && guid[i] <= 'f' ? guid[i] - 'a' + 'A'
			                                            : guid[i]);
		ret_machine->name = name;
		ret_machine->shielded = shielded != NULL && strcasecmp(shielded, "true") == 0;
		name = NULL;
	}
	free(guid);
	free(name);
	free(shielded);
	return fits;
}

static bool
append_machine(struct machines *machines, const struct machine *machine)
{
	struct machine *list =
	    realloc(machines->list, (machines->count + 1) * sizeof(*machines->list));

	if (list == NULL)
		return false;
	machines->list = list;
	list[machines->count++] = *machine;
	return true;
}

/* Add the machine of one file; what is none is told. False without memory. */
static bool
read_file(int folder, const char *file_name, struct machines *machines, struct buf *faults)
{
	int fd = openat(folder, file_name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	xmlDoc *document = NULL;
	struct machine machine = { 0 };
	bool ok = true;

	if (fd >= 0)
		document = xmlReadFd(
		    fd, file_name, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (document == NULL || !parse_machine(document, &machine)) {
		buf_printf(faults,
		    "%s: expected the configuration of a virtual machine with a global_id and a "
		    "name\n",
		    file_name);
	} else if (!append_machine(machines, &machine)) {
		free(machine.name);
		ok = false;
	}
	xmlFreeDoc(document);
	if (fd >= 0)
		close(fd);
	return ok;
}

static int
compare_machines(const void *left, const void *right)
{
	const struct machine *one = left;
	const struct machine *other = right;
	int order = strcasecmp(one->name, other->name);

	return order != 0 ? order : strcmp(one->guid, other->guid);
}

/* "*_ir.xml": what is recovered of an import, no machine's configuration. */
static bool
is_recovery(const char *name, const char *dot)
{
	return dot - name >= 3 && strncasecmp(dot - 3, "_ir", 3) == 0;
}

bool
machines_find(const char *root, struct machines *ret_machines, struct buf *faults)
{
	struct buf path = { 0 };
	struct dirent *at;
	DIR *folder;
	bool ok = true;

	*ret_machines = (struct machines){ 0 };
	buf_printf(&path, "%s/%s", root, FOLDER);
	folder = opendir(buf_text(&path));
	buf_release(&path);
	while (folder != NULL && ok && (at = readdir(folder)) != NULL) {
		const char *dot = strrchr(at->d_name, '.');

		if (dot != NULL && strcasecmp(dot, ".xml") == 0 && dot != at->d_name &&
		    !is_recovery(at->d_name, dot))
			ok = read_file(dirfd(folder), at->d_name, ret_machines, faults);
	}
	if (folder != NULL)
		closedir(folder);
	if (ret_machines->count > 0)
		qsort(ret_machines->list, ret_machines->count, sizeof(*ret_machines->list),
		    compare_machines);
	if (!ok)
		machines_release(ret_machines);
	return ok;
}

void
machines_release(struct machines *machines)
{
	for (size_t i = 0; i < machines->count; i++)
		free(machines->list[i].name);
	free(machines->list);
	*machines = (struct machines){ 0 };
}

const struct machine *
machines_get(const struct machines *machines, const char *word)
{
	for (size_t i = 0; i < machines->count; i++) {
		if (strcasecmp(machines->list[i].guid, word) == 0 ||
		    name_compare(machines->list[i].name, word) == 0)
			return &machines->list[i];
	}
	return NULL;
}

/* --- Making and removing
 * -------------------------------------------------------------------------- */

static void
add_text(xmlNode *parent, const char *name, const char *type, const char *text)
{
	xmlNode *node = xmlNewTextChild(parent, NULL, (const xmlChar *)name, (const xmlChar *)text);

	xmlNewProp(node, (const xmlChar *)"type", (const xmlChar *)type);
}

/* The configuration as a file's bytes; the caller frees them with xmlFree. */
static xmlChar *
configuration(const char *guid, const char *name, bool shielded, int *ret_size)
{
	xmlDoc *document = xmlNewDoc((const xmlChar *)"1.0");
	xmlNode *root = xmlNewNode(NULL, (const xmlChar *)"configuration");
	xmlNode *properties = xmlNewChild(root, NULL, (const xmlChar *)"properties", NULL);
	xmlNode *security = xmlNewChild(root, NULL, (const xmlChar *)"security", NULL);
	xmlChar *text = NULL;

	xmlDocSetRootElement(document, root);
	add_text(properties, "global_id", "string", guid);
	add_text(properties, "name", "string", name);
	add_text(properties, "type_id", "string", "Virtual Machines");
	add_text(security, "shielding_requested", "bool", shielded ? "True" : "False");
	xmlDocDumpFormatMemoryEnc(document, &text, ret_size, "UTF-8", 1);
	xmlFreeDoc(document);
	return text;
}

static bool
write_file(const char *root, const char *guid, const xmlChar *text, size_t size, struct buf *error)
{
	struct buf path = { 0 };
	struct out_file file;
	lstatus status;

	buf_printf(&path, "%s/%s/%s.xml", root, FOLDER, guid);
	status = out_file_folders(buf_text(&path));
	if (lstatus_ok(status))
		status = out_file_begin(&file, buf_text(&path));
	if (lstatus_ok(status)) {
		bool whole = fwrite(text, 1, size, file.file) == size;

		status = out_file_end(&file, LSTATUS(whole ? ERROR_SUCCESS : ERROR_DISK_FULL));
	}
	if (!lstatus_ok(status))
		buf_printf(
		    error, "%s cannot be written: %s", buf_text(&path), lstatus_text(status));
	buf_release(&path);
	return lstatus_ok(status);
}

static lstatus
write_key(struct registry *registry, const char *guid, const char *name)
{
	struct buf path = { 0 };
	bool created;
	reg_key key;
	lstatus status;

	buf_printf(&path, "%s%s", KEY, guid);
	status = registry_create_key(registry, NULL, buf_text(&path), 0, &key, &created);
	if (lstatus_ok(status))
		status = registry_set_text(registry, key, "ElementName", REG_SZ, name);
	buf_release(&path);
	return status;
}

static bool
name_fits(const char *name, struct buf *error)
{
	if (name[0] != '\0' && utf16_units(name) <= NAME_MAX_)
		return true;
	buf_printf(error, "a virtual machine's name has 1 to %d characters", NAME_MAX_);
	return false;
}

bool
machine_create(struct registry *registry, const char *root, const char *name, bool shielded,
    char ret_guid[GUID_TEXT_SIZE], struct buf *error)
{
	int size = 0;
	xmlChar *text;
	lstatus status;
	bool done;

	if (!name_fits(name, error))
		return false;
	status = registry_new_guid(registry, "virtual machine", ret_guid);
	if (!lstatus_ok(status)) {
		buf_printf(error, "there is no id for the machine: %s", lstatus_text(status));
		return false;
	}
	text = configuration(ret_guid, name, shielded, &size);
	status = write_key(registry, ret_guid, name);
	if (!lstatus_ok(status))
		buf_printf(error, "the machine's key cannot be made: %s", lstatus_text(status));
	done = text != NULL && lstatus_ok(status) &&
	       write_file(root, ret_guid, text, (size_t)size, error);
	xmlFree(text);
	return done;
}

bool
machine_delete(
    struct registry *registry, const char *root, const struct machine *machine, struct buf *error)
{
	struct buf path = { 0 };
	struct buf key_path = { 0 };
	reg_key key;
	lstatus status;
	bool done;

	buf_printf(&path, "%s/%s/%s.xml", root, FOLDER, machine->guid);
	done = unlink(buf_text(&path)) == 0 || errno == ENOENT;
	if (!done)
		buf_printf(error, "%s cannot be removed: %s", buf_text(&path), strerror(errno));
	buf_printf(&key_path, "%s%s", KEY, machine->guid);
	status = registry_open_key(registry, NULL, buf_text(&key_path), 0, &key);
	if (done && lstatus_ok(status))
		status = registry_delete_tree(registry, key);
	if (done && !lstatus_ok(status) && !lstatus_is(status, ERROR_FILE_NOT_FOUND)) {
		buf_printf(error, "the machine's key cannot be removed: %s", lstatus_text(status));
		done = false;
	}
	buf_release(&path);
	buf_release(&key_path);
	return done;
}
