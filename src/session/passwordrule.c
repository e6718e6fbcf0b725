/* SPDX-License-Identifier: Apache-2.0 */
#include "passwordrule.h"

#include "limits.h"

/** Whether ${login} stands in ${password}, ASCII case ignored. */
static bool holds(struct text password, struct text login)
{
	if (login.len < 3)
		return false;
	for (size_t at = 0; at + login.len <= password.len; at++)
		if (text_equal_nocase((struct text){password.at + at, login.len}, login))
			return true;
	return false;
}

struct status passwordrule_check(struct text password, struct text login)
{
	size_t characters = 0;
	bool letter = false, figure = false, special = false;

	if (password.len > LIMIT_PASSWORD || !text_is_utf8(password))
		return FAIL_AT(ST_INVALID, "password: UTF-8, 1024 bytes at most");
	for (size_t i = 0; i < password.len; i++) {
		unsigned char c = (unsigned char)password.at[i];
		bool ascii_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		bool digit = c >= '0' && c <= '9';

		characters += (c & 0xc0) != 0x80;
		letter |= ascii_letter || c >= 0x80;
		figure |= digit;
		special |= c < 0x80 && !ascii_letter && !digit;
	}
	if (characters < PASSWORDRULE_MIN)
		return FAIL_AT(ST_INVALID, "password: use at least 8 characters");
	if (!letter || !figure || !special)
		return FAIL_AT(ST_INVALID, "password: use letters, figures and special characters");
	if (holds(password, login))
		return FAIL_AT(ST_INVALID, "password: leave your login out of it");
	return OK;
}
