/*
 * The files that the reference names (section 7): whose they are, where they are on a host, and
 * what hvemu does with each.
 */
#ifndef VMMS_FILE_SURFACES_H
#define VMMS_FILE_SURFACES_H

struct file_surface {
	const char *name;  /* as the reference writes it */
	const char *owner; /* the images that read or write it */
	const char *section;
	const char *path; /* on a host, with %NAME%s and *; NULL where a path says nothing */
	const char *format;
	const char *doc;  /* what it is */
	const char *here; /* what hvemu does with it */
};

extern const struct file_surface file_surfaces[]; /* ends with name NULL */

/* Where hvc's profile of the caller is; the middle of its path is not given, and assumed. */
#define HVC_PROFILE "%USERPROFILE%\\.hvc\\config.ini"

#endif
