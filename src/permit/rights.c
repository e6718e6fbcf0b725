/* SPDX-License-Identifier: Apache-2.0 */
#include "rights.h"

/* An administrator runs the site and an auditor reads the log: neither can be
 * given anything of a patient (PROMISES#K8).  An assistant works on what others
 * share: passing on, signing and breaking glass stay with clinicians. */
static const struct {
	uint32_t usual, maximum;
} table[] = {
	[PROFILE_ADMINISTRATOR] = {0, 0},
	[PROFILE_CLINICIAN] = {RIGHTS_ALL & ~(uint32_t)RIGHT_BREAK_GLASS, RIGHTS_ALL},
	[PROFILE_ASSISTANT] = {RIGHT_IDENTITY | RIGHT_READ | RIGHT_WRITE,
			       RIGHT_IDENTITY | RIGHT_READ | RIGHT_WRITE | RIGHT_EXPORT | RIGHT_DELETE},
	[PROFILE_AUDITOR] = {0, 0},
};

uint32_t rights_default(enum profile profile)
{
	return profile < COUNT(table) ? table[profile].usual : 0;
}

uint32_t rights_maximum(enum profile profile)
{
	return profile < COUNT(table) ? table[profile].maximum : 0;
}
