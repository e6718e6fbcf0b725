/* SPDX-License-Identifier: Apache-2.0 */
/** mailpassword: the file of the mail password: HOST:PORT that it is for, and below it the password. */
#ifndef COURIER_MAILPASSWORD_H
#define COURIER_MAILPASSWORD_H

#include "carry.h"

/** mailpassword_read(path, out): both of ${out}, or neither; ST_NOT_FOUND, ST_INVALID, ST_TOO_BIG. */
MUST_CHECK struct status mailpassword_read(const char *path, struct carry_secrets *out);

#endif /* !COURIER_MAILPASSWORD_H */
