/* SPDX-License-Identifier: Apache-2.0 */
/** rights: what each profile is given when nothing is said, and what it can have at most (PROMISES#K8). */
#ifndef PERMIT_RIGHTS_H
#define PERMIT_RIGHTS_H

#include "vocabulary.h"

/** rights_default(profile): given to a new user unless the administrator says otherwise. */
uint32_t rights_default(enum profile profile);
/** rights_maximum(profile): more is refused in a statement, and ignored wherever it is met. */
uint32_t rights_maximum(enum profile profile);

#endif /* !PERMIT_RIGHTS_H */
