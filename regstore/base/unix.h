/*
 * Unix sockets below a host's folder, whose path may be longer than a socket address holds.
 */
#ifndef REGSTORE_BASE_UNIX_H
#define REGSTORE_BASE_UNIX_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

/*
 * Fill the address of the socket file `name` in the folder behind `folder`, an open descriptor that
 * must stay open while the address is used. Returns the address's length, 0 if the name is too
 * long.
 */
socklen_t unix_address(int folder, const char *name, struct sockaddr_un *ret_address);

#endif
