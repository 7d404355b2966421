/*
 * Private profiles: INI files as GetPrivateProfileString and WritePrivateProfileString have them.
 *
 * Sections and keys are found without case, the first of a name counts. Blanks around a key and a
 * value do not belong to them; quotes (' or ") that surround a value are taken away when it is
 * read. A line that begins with ; is a comment. A file may be UTF-16LE with a byte order mark, else
 * it is read as UTF-8. A change keeps all other lines as they are, and the file's encoding; the
 * file is replaced whole or not at all.
 */
#ifndef REGSTORE_FORMATS_PROFILE_H
#define REGSTORE_FORMATS_PROFILE_H

#include "regstore/base/buf.h"
#include "regstore/base/status.h"

#define PROFILE_MAX (16u * 1024u * 1024u) /* bytes of a file that is read */

/*
 * Append the value of a key. ERROR_FILE_NOT_FOUND if there is no such file, section or key,
 * ERROR_FILE_TOO_LARGE above PROFILE_MAX.
 */
lstatus profile_get(const char *path, const char *section, const char *key, struct buf *out);

/*
 * Append the names of the keys of a section, or with `section` NULL those of the sections, each
 * with its NUL. The same errors.
 */
lstatus profile_list(const char *path, const char *section, struct buf *out);

/*
 * Set a key, which is made, its section and its file too; with `value` NULL remove the key, with
 * `key` NULL too the section. ERROR_INVALID_PARAMETER for a section, key or value that could not be
 * read back (a line end in it, a ] in a section, a = or a leading ; or [ in a key).
 */
lstatus profile_set(const char *path, const char *section, const char *key, const char *value);

#endif
