/* SPDX-License-Identifier: Apache-2.0 */
#include "passwordrule.h"

#include "commonpassword.h"
#include "limits.h"

#define DAY_MS (24ull * 3600 * 1000)

const struct passwordrule passwordrules[PASSWORDRULE_COUNT] = {
	[PASSWORDRULE_COMPOSITION] = {.name = "composition-180d",
				      .least = 8,
				      .least_beside = 8,
				      .composition = true,
				      .good_ms = 180 * DAY_MS,
				      .office_ms = 90 * DAY_MS,
				      .warning_ms = 14 * DAY_MS,
				      .history = 12},
	/* NIST SP 800-63B-4, 3.1.1.2: 15 characters where the password is the only factor, 8 beside a second one; no
	 * composition rule, no change without evidence of compromise. */
	[PASSWORDRULE_NIST] = {.name = "nist-800-63b-4",
			       .least = 15,
			       .least_beside = 8,
			       .good_ms = UINT64_MAX,
			       .office_ms = UINT64_MAX,
			       .history = 1},
};

struct contents {
	size_t characters;
	bool letter, figure, special;
};

static struct contents look(struct text password)
{
	struct contents c = {0};

	for (size_t i = 0; i < password.len; i++) {
		unsigned char b = (unsigned char)password.at[i];
		bool ascii_letter = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z');
		bool digit = b >= '0' && b <= '9';

		c.characters += (b & 0xc0) != 0x80;
		c.letter |= ascii_letter || b >= 0x80;
		c.figure |= digit;
		c.special |= b < 0x80 && !ascii_letter && !digit;
	}
	return c;
}

static struct status long_enough(const struct passwordrule *rule, const struct contents *c,
				 const struct passwordrule_about *about)
{
	const size_t least = about->second_factor ? rule->least_beside : rule->least;

	if (c->characters >= least)
		return OK;
	return least == 8
		       ? FAIL_AT(ST_INVALID, "password: use at least 8 characters")
		       : FAIL_AT(ST_INVALID, "password: use at least 15 characters, such as four words, or 8 beside a "
					     "second factor");
}

static struct status unlike_others(struct text password, const struct passwordrule_about *about)
{
	if (commonpassword_names(password, about->login))
		return FAIL_AT(ST_INVALID, "password: leave your login out of it");
	if (commonpassword_names(password, about->site))
		return FAIL_AT(ST_INVALID, "password: leave the site's name out of it");
	if (commonpassword_is(password))
		return FAIL_AT(ST_INVALID, "password: too common, others try it first; use several unrelated words");
	if (passwordlist_has(about->list, password))
		return FAIL_AT(ST_INVALID, "password: known from a breach, others try it first; choose another");
	return OK;
}

struct status passwordrule_again(const struct passwordrule *rule, struct text password,
				 const struct passwordrule_about *about)
{
	const struct contents c = look(password);

	TRY(long_enough(rule, &c, about));
	return unlike_others(password, about);
}

struct status passwordrule_check(const struct passwordrule *rule, struct text password,
				 const struct passwordrule_about *about)
{
	if (password.len > LIMIT_PASSWORD || !text_is_utf8(password))
		return FAIL_AT(ST_INVALID, "password: UTF-8, 1024 bytes at most");
	const struct contents c = look(password);
	TRY(long_enough(rule, &c, about));
	if (rule->composition && (!c.letter || !c.figure || !c.special))
		return FAIL_AT(ST_INVALID, "password: use letters, figures and special characters");
	return unlike_others(password, about);
}

uint64_t passwordrule_ends(const struct passwordrule *rule, bool office, uint64_t changed)
{
	uint64_t good = office ? rule->office_ms : rule->good_ms;

	return good == UINT64_MAX ? UINT64_MAX : changed + good;
}
