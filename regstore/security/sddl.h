/*
 * Security descriptors as text: SDDL (MS-DTYP 2.5.1).
 *
 *   O:BAG:SYD:PAI(A;CI;KA;;;SY)(A;CI;KR;;;BU)
 *
 * Read: owner, group and both lists, each at most once and in any order; entries of the types A, D,
 * AU, AL, their object forms OA, OD, OU, OL, and the labels ML and SP; NO_ACCESS_CONTROL for the
 * NULL list. Refused by name: entries with a condition (XA, XD, XU, ZA) and resource attributes
 * (RA), which this product does not evaluate.
 *
 * Written: what Windows writes, so that text that Windows wrote comes back the same.
 */
#ifndef REGSTORE_SECURITY_SDDL_H
#define REGSTORE_SECURITY_SDDL_H

#include <stddef.h>
#include <stdint.h>

#include "regstore/base/buf.h"
#include "regstore/base/status.h"

/* Where text could not be read, and why. */
struct sddl_error {
	size_t position;   /* in bytes from the text's beginning */
	char message[128]; /* what was expected there, without the position */
};

/*
 * Append the descriptor that the text describes, self-relative. `error` (may be NULL) is filled
 * when the text is at fault. Returns ERROR_INVALID_PARAMETER (the text is malformed),
 * ERROR_NOT_SUPPORTED (it has a condition or an attribute), ERROR_NOT_ENOUGH_MEMORY.
 */
lstatus sddl_parse(const char *text, struct buf *out, struct sddl_error *error);

/*
 * Append the text of the parts that `information` (OWNER_SECURITY_INFORMATION, ...) names.
 * Returns ERROR_INVALID_SECURITY_DESCR, ERROR_NOT_SUPPORTED (an entry that this text has no form
 * for), ERROR_NOT_ENOUGH_MEMORY; nothing is appended then.
 */
lstatus sddl_format(const void *descriptor, size_t size, uint32_t information, struct buf *out);

#endif
