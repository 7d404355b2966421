/*
 * What is told of keys: ZwQueryKey, ZwEnumerateKey.
 */
#include <string.h>
#include <strings.h>

#include "regstore/ntreg/internal.h"

/* --- Paths --------------------------------------------------------------------------------------
 */

/* The engine's names of the roots, and the kernel's. */
static const struct {
	const char *engine;
	const char *kernel;
} roots[] = {
	{ "HKEY_LOCAL_MACHINE", "\\REGISTRY\\MACHINE" },
	{ "HKEY_USERS", "\\REGISTRY\\USER" },
	{ "", "\\REGISTRY" },
};

NTSTATUS
nt_key_kernel_path(struct registry *registry, reg_key key, struct buf *out)
{
	struct buf path = { 0 };
	NTSTATUS status = nt_status(registry_key_path(registry, key, &path));
	const char *text = buf_text(&path);

	for (size_t i = 0; i < ARRAY_SIZE(roots) && NT_SUCCESS(status); i++) {
		size_t length = strlen(roots[i].engine);

		if (strncmp(text, roots[i].engine, length) != 0 ||
		    (text[length] != '\\' && text[length] != '\0'))
			continue;
		buf_append_text(out, roots[i].kernel);
		buf_append_text(out, text + length);
		break;
	}
	if (out->failed)
		status = STATUS_INSUFFICIENT_RESOURCES;
	buf_release(&path);
	return status;
}

NTSTATUS
nt_key_is_trusted(struct registry *registry, reg_key key, bool *ret_trusted)
{
	static const char *const hives[] = { "HARDWARE", "SAM", "SECURITY", "SOFTWARE", "SYSTEM" };
	static const char machine[] = "\\REGISTRY\\MACHINE\\";
	struct buf path = { 0 };
	NTSTATUS status = nt_key_kernel_path(registry, key, &path);
	const char *text = buf_text(&path);

	*ret_trusted = false;
	if (NT_SUCCESS(status) && strncmp(text, machine, strlen(machine)) == 0) {
		const char *hive = text + strlen(machine);
		size_t length = strcspn(hive, "\\");

		for (size_t i = 0; i < ARRAY_SIZE(hives); i++) {
			if (strlen(hives[i]) == length && strncasecmp(hives[i], hive, length) == 0)
				*ret_trusted = true;
		}
	}
	buf_release(&path);
	return status;
}

/* --- Facts of a key
 * ------------------------------------------------------------------------------- */

struct facts {
	struct reg_key_info info;
	struct buf name; /* UTF-16LE: the last component or, for KeyNameInformation, the path */
	struct buf class;
};

static void
release_facts(struct facts *facts)
{
	buf_release(&facts->name);
	buf_release(&facts->class);
}

static NTSTATUS
collect_facts(struct registry *registry, reg_key key, const char *name, struct facts *facts)
{
	NTSTATUS status = nt_status(registry_query_info(registry, key, &facts->info));

	if (NT_SUCCESS(status))
		status = nt_status(registry_query_class(registry, key, &facts->class));
	if (NT_SUCCESS(status))
		status = nt_name_from_utf8(name, &facts->name);
	if (facts->class.failed)
		status = STATUS_INSUFFICIENT_RESOURCES;
	return status;
}

/* --- Into the caller's buffer -------------------------------------------------------------------
 */

static NTSTATUS
put_basic(const struct facts *facts, const struct output *output)
{
	size_t fixed = offsetof(KEY_BASIC_INFORMATION, Name);
	KEY_BASIC_INFORMATION basic = {
		.LastWriteTime.QuadPart = facts->info.last_write,
		.NameLength = (ULONG)facts->name.size,
	};
	NTSTATUS status = nt_output_begin(output, fixed, fixed + facts->name.size);

	if (!nt_output_takes(status))
		return status;
	nt_output_put(output, 0, &basic, fixed);
	nt_output_put(output, fixed, facts->name.data, facts->name.size);
	return status;
}

static NTSTATUS
put_node(const struct facts *facts, const struct output *output)
{
	size_t fixed = offsetof(KEY_NODE_INFORMATION, Name);
	size_t end = fixed + facts->name.size;
	size_t class = (end + sizeof(ULONG) - 1) / sizeof(ULONG) * sizeof(ULONG);
	KEY_NODE_INFORMATION node = {
		.LastWriteTime.QuadPart = facts->info.last_write,
		.ClassOffset = facts->class.size > 0 ? (ULONG) class : UINT32_MAX,
		.ClassLength = (ULONG)facts->class.size,
		.NameLength = (ULONG)facts->name.size,
	};
	NTSTATUS status =
	    nt_output_begin(output, fixed, facts->class.size > 0 ? class + facts->class.size : end);

	if (!nt_output_takes(status))
		return status;
	nt_output_put(output, 0, &node, fixed);
	nt_output_put(output, fixed, facts->name.data, facts->name.size);
	nt_output_put(output, class, facts->class.data, facts->class.size);
	return status;
}

static NTSTATUS
put_full(const struct facts *facts, const struct output *output)
{
	size_t fixed = offsetof(KEY_FULL_INFORMATION, Class);
	KEY_FULL_INFORMATION full = {
		.LastWriteTime.QuadPart = facts->info.last_write,
		.ClassOffset = facts->class.size > 0 ? (ULONG)fixed : UINT32_MAX,
		.ClassLength = (ULONG)facts->class.size,
		.SubKeys = facts->info.subkeys,
		.MaxNameLen = facts->info.max_subkey_units * (ULONG)sizeof(WCHAR),
		.MaxClassLen = facts->info.max_class_size,
		.Values = facts->info.values,
		.MaxValueNameLen = facts->info.max_value_units * (ULONG)sizeof(WCHAR),
		.MaxValueDataLen = facts->info.max_data_size,
	};
	NTSTATUS status = nt_output_begin(output, fixed, fixed + facts->class.size);

	if (!nt_output_takes(status))
		return status;
	nt_output_put(output, 0, &full, fixed);
	nt_output_put(output, fixed, facts->class.data, facts->class.size);
	return status;
}

static NTSTATUS
put_name(const struct facts *facts, const struct output *output)
{
	size_t fixed = offsetof(KEY_NAME_INFORMATION, Name);
	ULONG length = (ULONG)facts->name.size;
	NTSTATUS status = nt_output_begin(output, fixed, fixed + facts->name.size);

	if (!nt_output_takes(status))
		return status;
	nt_output_put(output, 0, &length, sizeof(length));
	nt_output_put(output, fixed, facts->name.data, facts->name.size);
	return status;
}

static NTSTATUS
put_cached(const struct facts *facts, const struct output *output)
{
	KEY_CACHED_INFORMATION cached = {
		.LastWriteTime.QuadPart = facts->info.last_write,
		.SubKeys = facts->info.subkeys,
		.MaxNameLen = facts->info.max_subkey_units * (ULONG)sizeof(WCHAR),
		.Values = facts->info.values,
		.MaxValueNameLen = facts->info.max_value_units * (ULONG)sizeof(WCHAR),
		.MaxValueDataLen = facts->info.max_data_size,
		.NameLength = (ULONG)facts->name.size,
	};
	NTSTATUS status = nt_output_begin(output, sizeof(cached), sizeof(cached));

	if (status == STATUS_SUCCESS)
		nt_output_put(output, 0, &cached, sizeof(cached));
	return status;
}

static NTSTATUS
put_facts(KEY_INFORMATION_CLASS class, const struct facts *facts, const struct output *output)
{
	switch (class) {
	case KeyBasicInformation:
		return put_basic(facts, output);
	case KeyNodeInformation:
		return put_node(facts, output);
	case KeyFullInformation:
		return put_full(facts, output);
	case KeyNameInformation:
		return put_name(facts, output);
	case KeyCachedInformation:
		return put_cached(facts, output);
	default:
		return STATUS_INVALID_PARAMETER;
	}
}

/* --- The calls ----------------------------------------------------------------------------------
 */

static NTSTATUS
query_trust(const struct object *object, const struct output *output)
{
	KEY_TRUST_INFORMATION trust = { 0 };
	bool trusted;
	NTSTATUS status = nt_key_is_trusted(object->registry, object->key, &trusted);

	if (NT_SUCCESS(status))
		status = nt_output_begin(output, sizeof(trust), sizeof(trust));
	if (status != STATUS_SUCCESS)
		return status;
	trust.TrustedKey = trusted;
	nt_output_put(output, 0, &trust, sizeof(trust));
	return status;
}

static NTSTATUS
query_key(const struct object *object, KEY_INFORMATION_CLASS class, const struct output *output)
{
	struct facts facts = { 0 };
	struct buf path = { 0 };
	NTSTATUS status = nt_key_kernel_path(object->registry, object->key, &path);
	const char *name = buf_text(&path);

	if (class != KeyNameInformation && strrchr(name, '\\') != NULL)
		name = strrchr(name, '\\') + 1;
	if (NT_SUCCESS(status))
		status = collect_facts(object->registry, object->key, name, &facts);
	if (NT_SUCCESS(status))
		status = put_facts(class, &facts, output);
	release_facts(&facts);
	buf_release(&path);
	return status;
}

NTSTATUS
ZwQueryKey(HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation,
    ULONG Length, PULONG ResultLength)
{
	struct output output = { KeyInformation, Length, ResultLength };
	struct object *object;
	NTSTATUS status;

	if (ResultLength == NULL)
		return STATUS_ACCESS_VIOLATION;
	if (KeyInformationClass > KeyCachedInformation &&
	    KeyInformationClass != KeyTrustInformation)
		return STATUS_INVALID_PARAMETER;
	/* A key's name may be asked for with any handle. */
	status = nt_handle_find_key(
	    KeyHandle, KeyInformationClass == KeyNameInformation ? 0 : KEY_QUERY_VALUE, &object);
	if (!NT_SUCCESS(status))
		return status;
	if (KeyInformationClass == KeyTrustInformation)
		return query_trust(object, &output);
	return query_key(object, KeyInformationClass, &output);
}

NTSTATUS
ZwEnumerateKey(HANDLE KeyHandle, ULONG Index, KEY_INFORMATION_CLASS KeyInformationClass,
    PVOID KeyInformation, ULONG Length, PULONG ResultLength)
{
	struct output output = { KeyInformation, Length, ResultLength };
	struct reg_key_list list = { 0 };
	struct facts facts = { 0 };
	struct object *object;
	NTSTATUS status;

	if (ResultLength == NULL)
		return STATUS_ACCESS_VIOLATION;
	if (KeyInformationClass > KeyFullInformation)
		return STATUS_INVALID_PARAMETER;
	status = nt_handle_find_key(KeyHandle, KEY_ENUMERATE_SUB_KEYS, &object);
	if (!NT_SUCCESS(status))
		return status;
	status = nt_status(registry_list_keys(object->registry, object->key, &list));
	if (NT_SUCCESS(status) && Index >= list.count)
		status = STATUS_NO_MORE_ENTRIES;
	if (NT_SUCCESS(status))
		status = collect_facts(
		    object->registry, list.entries[Index].key, list.entries[Index].name, &facts);
	if (NT_SUCCESS(status))
		status = put_facts(KeyInformationClass, &facts, &output);
	release_facts(&facts);
	reg_key_list_release(&list);
	return status;
}
