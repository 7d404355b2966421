/*
 * Paths: root names, components, and the symbolic links on the way.
 *
 * The store finds a key by its whole folded path in one look-up. That cannot see links, so the few
 * links of a host are kept here by path, and a path that runs through one is rewritten first.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/utf16.h"
#include "regstore/registry/internal.h"

#define LINKS_MAX 32 /* links followed in one path before it is called a circle */

#define MACHINE_CLASSES                                                                            \
	"MACHINE\x01SOFTWARE\x01"                                                                  \
	"Classes"
#define CURRENT_CONFIG                                                                             \
	"MACHINE\x01SYSTEM\x01"                                                                    \
	"CurrentControlSet\x01Hardware Profiles\x01"                                               \
	"Current"

/* A root's name, and the components that it stands for. */
static const struct {
	const char *name;
	const char *component;
} roots[] = {
	{ "HKEY_LOCAL_MACHINE", "MACHINE" },
	{ "HKLM", "MACHINE" },
	{ "HKEY_USERS", "USER" },
	{ "HKU", "USER" },
	{ "HKEY_CURRENT_USER", "USER\x01" REGISTRY_USER_SID },
	{ "HKCU", "USER\x01" REGISTRY_USER_SID },
	{ "HKEY_CURRENT_CONFIG", CURRENT_CONFIG },
	{ "HKCC", CURRENT_CONFIG },
	/* The machine's part; key.c lays the user's over it. */
	{ "HKEY_CLASSES_ROOT", MACHINE_CLASSES },
	{ "HKCR", MACHINE_CLASSES },
};

#define KERNEL_ROOT "\\REGISTRY"

void
path_release(struct path *path)
{
	buf_release(&path->text);
	buf_release(&path->folded);
}

void
component_append(const char *name, size_t length, struct buf *out)
{
	for (size_t i = 0; i < length; i++) {
		if (name[i] == STORE_SEPARATOR)
			buf_append(out, "\xc0\x81", 2);
		else
			buf_append_byte(out, (uint8_t)name[i]);
	}
}

/* Append components separated by backslashes; one at the end is allowed. */
static lstatus
append_components(const char *text, struct buf *out)
{
	while (*text != '\0') {
		const char *end = strchrnul(text, '\\');

		if (end == text)
			return LSTATUS(ERROR_BAD_PATHNAME);
		if (out->size > 0)
			buf_append_byte(out, STORE_SEPARATOR);
		component_append(text, (size_t)(end - text), out);
		text = *end == '\0' ? end : end + 1;
	}
	return LSTATUS(ERROR_SUCCESS);
}

/* Append an absolute path's components, its root name replaced by the kernel's. */
static lstatus
append_absolute(const char *text, struct buf *out)
{
	size_t kernel = strlen(KERNEL_ROOT);
	size_t length;

	if (strncasecmp(text, KERNEL_ROOT, kernel) == 0 &&
	    (text[kernel] == '\\' || text[kernel] == '\0'))
		return append_components(text + kernel + (text[kernel] == '\\'), out);
	length = (size_t)(strchrnul(text, '\\') - text);
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		if (strlen(roots[i].name) != length ||
		    strncasecmp(roots[i].name, text, length) != 0)
			continue;
		buf_append_text(out, roots[i].component);
		return append_components(text + length + (text[length] == '\\'), out);
	}
	return LSTATUS(ERROR_BAD_PATHNAME);
}

/* --- Links ------------------------------------------------------------------------------------ */

void
links_release(struct registry *registry)
{
	for (size_t i = 0; i < registry->link_count; i++) {
		free(registry->links[i].path);
		free(registry->links[i].target);
	}
	free(registry->links);
	registry->links = NULL;
	registry->link_count = 0;
}

/* Where a link leads, as components; a link without a target leads nowhere. */
static lstatus
read_target(const struct store_link *row, char **ret_target)
{
	struct buf text = { 0 };
	struct buf components = { 0 };
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (row->type == REG_LINK)
		utf16_to_utf8(row->data, row->size, true, &text);
	if (row->type == REG_LINK && lstatus_ok(append_absolute(buf_text(&text), &components))) {
		*ret_target = strdup(buf_text(&components));
		if (*ret_target == NULL)
			status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	}
	if (text.failed || components.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	buf_release(&text);
	buf_release(&components);
	return status;
}

static lstatus
add_link(void *context, const struct store_link *row)
{
	struct registry *registry = context;
	struct link *links =
	    realloc(registry->links, (registry->link_count + 1) * sizeof(*registry->links));
	struct link *link;

	if (links == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	registry->links = links;
	link = &links[registry->link_count++];
	*link = (struct link){
		.id = row->id, .path = strdup(row->path), .path_length = strlen(row->path)
	};
	return link->path != NULL ? read_target(row, &link->target)
	                          : LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
}

/* Read the host's links again if one was committed since, or written here. */
static lstatus
refresh_links(struct registry *registry)
{
	lstatus status;

	if (!registry->links_stale && store_mark_holds(registry->store, &registry->links_mark))
		return LSTATUS(ERROR_SUCCESS);
	links_release(registry);
	registry->links_mark = (struct store_mark){ 0 };
	store_mark_add(registry->store, &registry->links_mark, STORE_TAG_LINKS);
	status = store_each_link(registry->store, add_link, registry);
	registry->links_stale = !lstatus_ok(status);
	return status;
}

void
links_note(struct registry *registry, const struct store_link *row)
{
	struct link *known = NULL;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (!store_in_transaction(registry->store) ||
	    !store_mark_holds(registry->store, &registry->links_mark))
		registry->links_stale = true;
	for (size_t i = 0; i < registry->link_count && !registry->links_stale; i++) {
		if (registry->links[i].id == row->id)
			known = &registry->links[i];
	}
	if (registry->links_stale)
		return;
	if (known == NULL) {
		status = row->path != NULL ? add_link(registry, row) : status;
	} else {
		free(known->target);
		known->target = NULL;
		status = read_target(row, &known->target);
	}
	registry->links_stale = !lstatus_ok(status);
}

lstatus
links_have(struct registry *registry, int64_t id, bool *ret_is_link)
{
	lstatus status = refresh_links(registry);

	if (!lstatus_ok(status))
		return status;
	*ret_is_link = false;
	for (size_t i = 0; i < registry->link_count; i++) {
		if (registry->links[i].id == id)
			*ret_is_link = true;
	}
	return status;
}

/* The link that the folded path runs through, if any. */
static const struct link *
find_link(const struct registry *registry, const struct buf *folded, bool open_link)
{
	const char *path = (const char *)folded->data;

	for (size_t i = 0; registry->links != NULL && i < registry->link_count; i++) {
		const struct link *link = &registry->links[i];

		if (folded->size < link->path_length ||
		    memcmp(path, link->path, link->path_length) != 0)
			continue;
		if (folded->size == link->path_length ? !open_link
		                                      : path[link->path_length] == STORE_SEPARATOR)
			return link;
	}
	return NULL;
}

/* How many bytes of `text` the first `components` components take. */
static size_t
prefix_size(const struct buf *text, size_t components)
{
	for (size_t at = 0; at < text->size; at++) {
		if (text->data[at] == STORE_SEPARATOR && --components == 0)
			return at;
	}
	return text->size;
}

static lstatus
follow(struct path *path, const struct link *link)
{
	struct buf text = { 0 };
	size_t components = 1;
	size_t skip;

	if (link->target == NULL)
		return LSTATUS(ERROR_FILE_NOT_FOUND);
	for (size_t i = 0; i < link->path_length; i++)
		components += link->path[i] == STORE_SEPARATOR;
	skip = prefix_size(&path->text, components);
	if (link->target[0] == '\0' && skip < path->text.size)
		skip++; /* a link to \REGISTRY itself, whose path is empty */
	buf_append_text(&text, link->target);
	buf_append(&text, path->text.data + skip, path->text.size - skip);
	buf_release(&path->text);
	path->text = text;
	return text.failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY) : LSTATUS(ERROR_SUCCESS);
}

static lstatus
fold(struct path *path)
{
	buf_clear(&path->folded);
	if (!name_fold((const char *)path->text.data, path->text.size, &path->folded))
		return LSTATUS(ERROR_BAD_PATHNAME);
	if (path->text.failed || path->folded.failed)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	return LSTATUS(ERROR_SUCCESS);
}

static lstatus
start_path(struct registry *registry, const reg_key *parent, const char *text, struct path *path)
{
	struct store_key key;
	lstatus status;

	if (parent == NULL)
		return append_absolute(text, &path->text);
	/* The parent's path is there in its folded form only, which is as good for finding. */
	status = store_get_key(registry->store, parent->id, &key, &path->text, NULL);
	return lstatus_ok(status) ? append_components(text, &path->text) : status;
}

/* --- The 32-bit view ----------------------------------------------------------------------------
 */

/*
 * Keys below SOFTWARE that both views share ("Registry Keys Affected by WOW64", Windows 7 and
 * later). Of Classes, a few subkeys are redirected all the same.
 */
static const char *const wow64_shared[] = {
	"CLASSES",
	"MICROSOFT\x01"
	"COM3",
	"MICROSOFT\x01"
	"CRYPTOGRAPHY\x01"
	"CALAIS\x01"
	"CURRENT",
	"MICROSOFT\x01"
	"CRYPTOGRAPHY\x01"
	"CALAIS\x01READERS",
	"MICROSOFT\x01"
	"CRYPTOGRAPHY\x01SERVICES",
	"MICROSOFT\x01"
	"CTF\x01SYSTEMSHARED",
	"MICROSOFT\x01"
	"CTF\x01TIP",
	"MICROSOFT\x01"
	"DFS",
	"MICROSOFT\x01"
	"DRIVER SIGNING",
	"MICROSOFT\x01"
	"ENTERPRISECERTIFICATES",
	"MICROSOFT\x01"
	"EVENTSYSTEM",
	"MICROSOFT\x01MSMQ",
	"MICROSOFT\x01NON-DRIVER SIGNING",
	"MICROSOFT\x01NOTEPAD\x01"
	"DEFAULTFONTS",
	"MICROSOFT\x01OLE",
	"MICROSOFT\x01RAS",
	"MICROSOFT\x01RPC",
	"MICROSOFT\x01SOFTWARE\x01MICROSOFT\x01SHARED TOOLS\x01MSINFO",
	"MICROSOFT\x01SYSTEMCERTIFICATES",
	"MICROSOFT\x01TERMSERVLICENSING",
	"MICROSOFT\x01TRANSACTION SERVER",
	"MICROSOFT\x01WINDOWS\x01"
	"CURRENTVERSION\x01"
	"CONTROL PANEL\x01"
	"CURSORS\x01SCHEMES",
	"MICROSOFT\x01WINDOWS\x01"
	"CURRENTVERSION\x01"
	"EXPLORER\x01"
	"AUTOPLAYHANDLERS",
	"MICROSOFT\x01WINDOWS\x01"
	"CURRENTVERSION\x01"
	"EXPLORER\x01"
	"DRIVEICONS",
	"MICROSOFT\x01WINDOWS\x01"
	"CURRENTVERSION\x01"
	"EXPLORER\x01KINDMAP",
	"MICROSOFT\x01WINDOWS\x01"
	"CURRENTVERSION\x01GROUP POLICY",
	"MICROSOFT\x01WINDOWS\x01"
	"CURRENTVERSION\x01POLICIES",
	"MICROSOFT\x01WINDOWS\x01"
	"CURRENTVERSION\x01PREVIEWHANDLERS",
	"MICROSOFT\x01WINDOWS\x01"
	"CURRENTVERSION\x01SETUP",
	"MICROSOFT\x01WINDOWS\x01"
	"CURRENTVERSION\x01TELEPHONY\x01LOCATIONS",
	"MICROSOFT\x01WINDOWS NT\x01"
	"CURRENTVERSION\x01"
	"CONSOLE",
	"MICROSOFT\x01WINDOWS NT\x01"
	"CURRENTVERSION\x01"
	"FONTDPI",
	"MICROSOFT\x01WINDOWS NT\x01"
	"CURRENTVERSION\x01"
	"FONTLINK",
	"MICROSOFT\x01WINDOWS NT\x01"
	"CURRENTVERSION\x01"
	"FONTMAPPER",
	"MICROSOFT\x01WINDOWS NT\x01"
	"CURRENTVERSION\x01"
	"FONTS",
	"MICROSOFT\x01WINDOWS NT\x01"
	"CURRENTVERSION\x01"
	"FONTSUBSTITUTES",
	"MICROSOFT\x01WINDOWS NT\x01"
	"CURRENTVERSION\x01GRE_INITIALIZE",
	"MICROSOFT\x01WINDOWS NT\x01"
	"CURRENTVERSION\x01IMAGE FILE EXECUTION OPTIONS",
	"MICROSOFT\x01WINDOWS NT\x01"
	"CURRENTVERSION\x01LANGUAGEPACK",
	"MICROSOFT\x01WINDOWS NT\x01"
	"CURRENTVERSION\x01NETWORKCARDS",
	"MICROSOFT\x01WINDOWS NT\x01"
	"CURRENTVERSION\x01PERFLIB",
	"MICROSOFT\x01WINDOWS NT\x01"
	"CURRENTVERSION\x01PORTS",
	"MICROSOFT\x01WINDOWS NT\x01"
	"CURRENTVERSION\x01PRINT",
	"MICROSOFT\x01WINDOWS NT\x01"
	"CURRENTVERSION\x01PROFILELIST",
	"MICROSOFT\x01WINDOWS NT\x01"
	"CURRENTVERSION\x01TIME ZONES",
	"POLICIES",
	"REGISTEREDAPPLICATIONS",
};

static const char *const wow64_redirected_classes[] = { "CLSID", "DIRECTSHOW", "INTERFACE",
	"MEDIA TYPE", "MEDIAFOUNDATION" };

/* Whether the components at `at` begin with those of `prefix`. */
static bool
begins_with(const char *at, size_t length, const char *prefix)
{
	size_t prefix_length = strlen(prefix);

	return length >= prefix_length && memcmp(at, prefix, prefix_length) == 0 &&
	       (length == prefix_length || at[prefix_length] == STORE_SEPARATOR);
}

/* Whether a folded path below SOFTWARE is another key in the 32-bit view. */
static bool
is_redirected(const char *at, size_t length)
{
	static const char classes[] = "CLASSES\x01";

	if (begins_with(at, length, "WOW6432NODE"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(wow64_redirected_classes); i++) {
		if (length > strlen(classes) && memcmp(at, classes, strlen(classes)) == 0 &&
		    begins_with(at + strlen(classes), length - strlen(classes),
		        wow64_redirected_classes[i]))
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(wow64_shared); i++) {
		if (begins_with(at, length, wow64_shared[i]))
			return false;
	}
	return true;
}

/* HKLM\SOFTWARE\... becomes HKLM\SOFTWARE\WOW6432Node\..., as WOW64 does for 32-bit programs. */
static lstatus
redirect(struct path *path)
{
	static const char software[] = "MACHINE\x01SOFTWARE";
	const char *folded = (const char *)path->folded.data;
	size_t stem = strlen(software);
	size_t skip = path->folded.size > stem ? stem + 1 : stem;
	struct buf text = { 0 };

	/* The stem is ASCII: it takes as many bytes in either form. */
	if (!begins_with(folded, path->folded.size, software) ||
	    !is_redirected(folded + skip, path->folded.size - skip))
		return LSTATUS(ERROR_SUCCESS);
	buf_append(&text, path->text.data, stem);
	buf_append_text(&text, "\x01WOW6432Node");
	buf_append(&text, path->text.data + stem, path->text.size - stem);
	buf_release(&path->text);
	path->text = text;
	return fold(path);
}

lstatus
path_resolve(struct registry *registry, const reg_key *parent, const char *text, uint32_t flags,
    struct path *ret_path)
{
	lstatus status = start_path(registry, parent, text, ret_path);

	if (lstatus_ok(status))
		status = refresh_links(registry);
	for (int followed = 0; lstatus_ok(status); followed++) {
		const struct link *link;

		status = fold(ret_path);
		if (!lstatus_ok(status))
			break;
		link = find_link(registry, &ret_path->folded, (flags & REGISTRY_OPEN_LINK) != 0);
		if (link == NULL)
			break;
		status = followed < LINKS_MAX ? follow(ret_path, link)
		                              : LSTATUS(ERROR_CANT_RESOLVE_FILENAME);
	}
	if (lstatus_ok(status) && (flags & REGISTRY_WOW64_32) != 0)
		status = redirect(ret_path);
	return status;
}
