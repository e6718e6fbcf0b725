/* SPDX-License-Identifier: Apache-2.0 */
#include "mailaddress.h"

#include <string.h>

/** What an unquoted address is made of (RFC 5322 section 3.2.3), and the at. */
static bool fits(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~.@", c) != NULL);
}

struct status mailaddress_check(struct text t)
{
	const struct status refused = FAIL_AT(ST_INVALID, "mail: an address such as anna@clinic.example");
	size_t at = 0, where = 0;

	for (size_t i = 0; i < t.len; i++) {
		if (!fits(t.at[i]))
			return refused;
		if (t.at[i] == '@') {
			at++;
			where = i;
		}
	}
	return at == 1 && where > 0 && where + 1 < t.len && t.len <= MAILADDRESS_MAX && t.at[0] != '-' ? OK : refused;
}
