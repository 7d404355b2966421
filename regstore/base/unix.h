/*
 * What Unix has and C has not: sockets below a host's folder, whose path may be longer than a
 * socket address holds; files that processes share as memory; folders on the disk; forks.
 */
#ifndef REGSTORE_BASE_UNIX_H
#define REGSTORE_BASE_UNIX_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "regstore/base/status.h"

/*
 * Fill the address of the socket file `name` in the folder behind `folder`, an open descriptor that
 * must stay open while the address is used. Returns the address's length, 0 if the name is too
 * long.
 */
socklen_t unix_address(int folder, const char *name, struct sockaddr_un *ret_address);

/*
 * Map `size` bytes of the file `name` in `folder` for reading and writing, shared with all who map
 * it; a new file is made, all zero. The caller unmaps. Returns what errno says.
 */
lstatus unix_map_file(int folder, const char *name, size_t size, void **ret_memory);

/*
 * Copy a file to an empty one, from where both are: it shares the blocks where the file system can.
 * False with errno.
 */
bool unix_copy_bytes(int from, int to);

/* Remove a folder and all below it, without a look through symbolic links; what fails stays. */
void unix_remove_tree(const char *path);

/*
 * Put the folder that `path` is in on the disk: a new name is there only after that. Some file
 * systems cannot flush a folder, which is no error.
 */
void unix_flush_folder(const char *path);

/*
 * A number by which what a process made is told from what it inherited: a child has another one
 * than those that it descends from. Costs no system call; a child that was made by a bare system
 * call, and not by fork, may only execute another program.
 */
unsigned unix_process(void);

#endif
