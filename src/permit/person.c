/* SPDX-License-Identifier: Apache-2.0 */
#include "person.h"

bool person_works_on_files(const struct person *p)
{
	return p->state == USER_ACTIVE && (p->profile == PROFILE_CLINICIAN || p->profile == PROFILE_ASSISTANT);
}
