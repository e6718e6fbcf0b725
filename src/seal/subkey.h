/* SPDX-License-Identifier: Apache-2.0 */
/** subkey: a key for one purpose, derived from another by HKDF-Expand with a label (docs/FORMATS.md section 2). */
#ifndef SEAL_SUBKEY_H
#define SEAL_SUBKEY_H

#include "secret.h"

/** subkey_derive(from, label, out): ${label} is a label of context.h; ${out} lies in locked memory (scratchkey.h). */
MUST_CHECK struct status subkey_derive(struct bytes from, const char *label, struct key *out);

#endif /* !SEAL_SUBKEY_H */
