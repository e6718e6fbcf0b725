/* SPDX-License-Identifier: Apache-2.0 */
#include "secondfactor.h"

#include <stdio.h>
#include <string.h>

#include "notice.h"

#define DAY_MS    (24ull * 3600 * 1000)
#define MINUTE_MS 60000ull
/* Longer than any recovery code with its hyphens and blanks. */
#define CODE_MAX 64
/* So few recovery codes left are told of. */
#define CODES_LOW 3

static const struct jsonfield field_rows[] = {
	{.name = "code",
	 .type = JSONFIELD_TEXT,
	 .offset = offsetof(struct secondfactor_field, code),
	 .min = 1,
	 .max = CODE_MAX},
	{.name = "passkey",
	 .type = JSONFIELD_OBJECT,
	 .offset = offsetof(struct secondfactor_field, passkey),
	 .table = &passkeys_table},
};
const struct jsonfield_table secondfactor_table = JSONFIELD_TABLE(struct secondfactor_field, field_rows);

void secondfactor_clear(struct secondfactor *f)
{
	factors_clear(&f->had);
	secret_wipe(f, sizeof *f);
}

struct status secondfactor_begin(struct store_view *view, const struct user_id *user,
				 const struct secondfactor_field *field, struct secondfactor *out)
{
	const bool passkey = field->passkey.id.len > 0;

	if (passkey && field->code.len > 0)
		return FAIL_AT(ST_INVALID, "factor: a code or a passkey, not both");
	out->answer = field->code.len > 0 ? factor_answer_code(field->code) : (struct factor_answer){0};
	if (passkey) {
		out->passkey.assertion = passkeys_assertion(&field->passkey);
		out->answer = (struct factor_answer){.kind = FACTOR_PASSKEY, .passkey = &out->passkey};
		out->expected = FAIL_AT(ST_UNPROVEN, "passkey: nothing was asked");
	}
	return factors_load(view, user, &out->had);
}

void secondfactor_expect(struct secondfactor *f, const struct service *s, const struct user_id *user,
			 const struct hash *challenge)
{
	f->passkey.expected = (struct passkey_expected){.origin = s->origin, .challenge = *challenge, .user = *user};
	f->expected = OK;
}

bool secondfactor_missing(const struct secondfactor *f)
{
	return f->answer.kind == FACTOR_NONE && factors_proving(&f->had) > 0;
}

static const char *detail_of(enum factor_kind kind)
{
	static const char *const details[FACTOR_KINDS] = {[FACTOR_TOTP] = "second factor: totp",
							  [FACTOR_PASSKEY] = "second factor: passkey",
							  [FACTOR_CODES] = "second factor: recovery code"};

	return details[kind];
}

struct status secondfactor_verify(struct secondfactor *f, uint64_t now)
{
	if (factors_proving(&f->had) == 0)
		return OK;
	TRY(f->expected);
	TRY(factor_verify(&f->had, &f->answer, now, &f->proof));
	f->detail = detail_of(f->proof.kind);
	return OK;
}

static struct status take(struct secondfactor *f, struct store_txn *txn, const struct user_id *user, uint64_t now)
{
	char left[32];

	struct status taken = factor_take(txn, &f->proof, now, &f->left);

	/* The refusal is a change of its own: what failed is counted (attempt_fail()), and told of. */
	if (passkey_copied(taken))
		TRY(notice_put(txn, notice_to_user(user), NOTICE_FACTOR_COPIED, (struct text){0}, now));
	TRY(taken);
	if (f->proof.kind != FACTOR_CODES || f->left > CODES_LOW)
		return OK;
	(void)snprintf(left, sizeof left, "%zu left", f->left);
	return notice_put(txn, notice_to_user(user), NOTICE_CODES_LOW, text_of(left), now);
}

struct status secondfactor_take(struct secondfactor *f, struct store_txn *txn, const struct user_id *user, uint64_t now)
{
	AUTO(factors) present = {0};

	if (f->detail != NULL)
		return take(f, txn, user, now);
	TRY(factors_load(txn->view, user, &present));
	return factors_proving(&present) == 0 ? OK : FAIL_AT(ST_UNPROVEN, "factor");
}

const char *secondfactor_why(const struct secondfactor *f, struct status s, const char *otherwise)
{
	return f->answer.kind == FACTOR_PASSKEY && s.what != NULL ? s.what : otherwise;
}

uint64_t secondfactor_due(const struct service *s, enum profile profile, const struct factors *had, uint64_t now)
{
	uint64_t days = settings_factor_days(s->settings, profile);

	if (s->trial || days == SETTING_FACTOR_NEVER || factors_proving(had) > 0)
		return UINT64_MAX;
	return (had->asked != 0 ? had->asked : now) + days * DAY_MS;
}

struct status secondfactor_ask(const struct service *s, struct store_txn *txn, const struct person *person,
			       uint64_t now)
{
	AUTO(factors) had = {0};
	AUTO(buffer) day = {.max = 64};

	TRY(factors_load(txn->view, &person->id, &had));
	uint64_t due = secondfactor_due(s, person->profile, &had, now);
	if (due == UINT64_MAX || had.asked != 0)
		return OK;
	TRY(text_put_time(&day, due));
	TRY(notice_put(txn, notice_to_user(&person->id), NOTICE_FACTOR_DUE,
		       (struct text){(const char *)day.bytes, strlen("2026-01-01")}, now));
	return factor_ask(txn, &person->id, now);
}

static bool lately(const struct call *c)
{
	uint64_t now = call_now(c), fresh = c->caller.session.fresh;

	return now < fresh ||
	       now - fresh <= settings_value(c->loop->service->settings, SETTING_FACTOR_FRESH) * MINUTE_MS;
}

struct status secondfactor_fresh(const struct call *c)
{
	AUTO(factors) had = {0};

	if (c->loop->service->trial || lately(c))
		return OK;
	TRY(factors_load(call_view(c), &c->caller.session.user, &had));
	return secondfactor_fresh_for(c, &had);
}

struct status secondfactor_fresh_for(const struct call *c, const struct factors *had)
{
	if (lately(c))
		return OK;
	return factors_proving(had) > 0 ? FAIL_AT(ST_PENDING, "step-up: run tacenda step-up")
					: FAIL_AT(ST_PENDING, "sign-in: run tacenda login, then at once this again");
}
