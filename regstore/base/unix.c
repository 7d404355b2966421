/*
 * Addresses of Unix sockets, by way of /proc/self/fd so that the folder's depth does not matter.
 */
#include "regstore/base/unix.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

socklen_t
unix_address(int folder, const char *name, struct sockaddr_un *ret_address)
{
	int length;

	memset(ret_address, 0, sizeof(*ret_address));
	ret_address->sun_family = AF_UNIX;
	length = snprintf(ret_address->sun_path, sizeof(ret_address->sun_path),
	    "/proc/self/fd/%d/%s", folder, name);
	if (length < 0 || (size_t)length >= sizeof(ret_address->sun_path))
		return 0;
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)length + 1);
}
