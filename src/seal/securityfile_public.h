/* SPDX-License-Identifier: Apache-2.0 */
/** securityfile_public: the public part of a security file, bytes to struct and back.  Used by securityfile*.c alone.
 */
#ifndef SEAL_SECURITYFILE_PUBLIC_H
#define SEAL_SECURITYFILE_PUBLIC_H

#include "securityfile.h"

/** securityfile_public_put(person, out): append; ST_TOO_BIG. */
MUST_CHECK struct status securityfile_public_put(const struct securityfile_person *person, struct buffer *out);
/** securityfile_public_read(bytes, out): views into ${bytes}; ST_INVALID names the field. */
MUST_CHECK struct status securityfile_public_read(struct bytes bytes, struct securityfile_person *out);

#endif /* !SEAL_SECURITYFILE_PUBLIC_H */
