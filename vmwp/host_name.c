/*
 * The host's name, from the values in which Windows keeps it.
 */
#include "vmwp/host_name.h"

#include <stdlib.h>

#include "regstore/base/utf16.h"

#define SYSTEM_KEY   "HKLM\\SYSTEM\\CurrentControlSet\\"
#define COMPUTER_KEY SYSTEM_KEY "Control\\ComputerName\\ComputerName"
#define TCPIP_KEY    SYSTEM_KEY "Services\\Tcpip\\Parameters"

/* Append a REG_SZ's text; nothing if there is no such value. */
static lstatus
append_value(struct registry *registry, const char *path, const char *name, struct buf *out)
{
	struct buf data = { 0 };
	uint32_t type = 0;
	reg_key key;
	lstatus status = registry_open_key(registry, NULL, path, 0, &key);

	if (lstatus_ok(status))
		status = registry_query_value(registry, key, name, &type, &data);
	if (lstatus_ok(status) && type == REG_SZ)
		utf16_to_utf8(data.data, data.size, true, out);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND) || lstatus_is(status, ERROR_KEY_DELETED))
		status = LSTATUS(ERROR_SUCCESS);
	if (data.failed || out->failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	buf_release(&data);
	return status;
}

lstatus
host_name_append(struct registry *registry, struct buf *name)
{
	size_t before = name->size;
	lstatus status = append_value(registry, COMPUTER_KEY, "ComputerName", name);
	const char *environment = getenv("COMPUTERNAME");

	if (lstatus_ok(status) && name->size == before && environment != NULL)
		buf_append_text(name, environment);
	return name->failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY) : status;
}

lstatus
host_dns_name_append(struct registry *registry, struct buf *name)
{
	struct buf host = { 0 };
	struct buf domain = { 0 };
	lstatus status = append_value(registry, TCPIP_KEY, "Hostname", &host);

	if (lstatus_ok(status) && host.size == 0)
		status = host_name_append(registry, &host);
	if (lstatus_ok(status))
		status = append_value(registry, TCPIP_KEY, "Domain", &domain);
	if (lstatus_ok(status) && host.size > 0 && domain.size > 0)
		buf_printf(name, "%s.%s", buf_text(&host), buf_text(&domain));
	buf_release(&host);
	buf_release(&domain);
	return name->failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY) : status;
}

lstatus
host_name_number(struct registry *registry, uint32_t *ret_number)
{
	struct buf name = { 0 };
	struct buf folded = { 0 };
	uint32_t hash = 2166136261u; /* FNV-1a */
	lstatus status = host_name_append(registry, &name);

	/* Case does not tell hosts apart. */
	if (lstatus_ok(status))
		name_fold(buf_text(&name), name.size, &folded);
	for (size_t i = 0; i < folded.size; i++)
		hash = (hash ^ folded.data[i]) * 16777619u;
	if (folded.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	*ret_number = hash;
	buf_release(&name);
	buf_release(&folded);
	return status;
}
