/* SPDX-License-Identifier: Apache-2.0 */
/* command_review: the access review: what there is to see since the last one, and an auditor's word that he saw it. */
#include "output.h"
#include "review.h"

#include <stdio.h>

#define DAY_MS (24ull * 3600 * 1000)

/** The past, and what has happened since, up to --until or the newest checkpoint. */
static struct status gather(struct cli *c, struct review_history *history, struct review *out)
{
	const char *given = options_value(&c->options, "--until");
	uint64_t until;

	TRY(cli_prepared(c));
	until = c->site.head.size;
	if (given != NULL && !ok(text_to_u64(text_of(given), 1, UINT64_MAX, &until)))
		return cli_usage("not a size of the log (tacenda review status shows one)", given);
	TRY(review_past(&c->site, NULL, NULL, history));
	return review_gather(&c->site, history->last.said.until, until, out);
}

static struct text state_of(const struct person *p)
{
	return p->enrolled || p->state == USER_DISABLED ? vocabulary_word(VOCABULARY_USER_STATE, p->state)
							: TEXT("invited");
}

static struct status print_user(struct output *rows, const struct review_user *u)
{
	AUTO(buffer) rights = {.max = 256};

	TRY(vocabulary_put_rights(&rights, u->person.rights));
	const struct output_cell cells[] = {
		CELL_TEXT("login", u->person.login),
		CELL_TEXT("profile", vocabulary_word(VOCABULARY_PROFILE, u->person.profile)),
		CELL_WORDS("rights", text_from(buffer_bytes(&rights))),
		CELL_TEXT("state", state_of(&u->person)),
		CELL_NUMBER("sign_ins", u->sign_ins),
		CELL_NUMBER("failures", u->failures),
		CELL_NUMBER("locks", u->locks),
		CELL_NUMBER("unusual", u->unusual),
		CELL_TIME("last_sign_in", u->last),
		CELL_BOOL("dormant", review_user_dormant(u)),
	};
	return output_row(rows, cells, COUNT(cells));
}

static struct status list(struct cli *c)
{
	AUTO(review) r = {0};
	AUTO(output) rows;
	struct review_history history = {0};

	output_begin(c, &rows);
	TRY(gather(c, &history, &r));
	for (size_t i = 0; i < r.count; i++)
		TRY(print_user(&rows, &r.users[i]));
	TRY(output_end(&rows, "Nobody."));
	output_done(
		c,
		"\nSince leaf %llu of the log, up to %llu. The entries: tacenda log list --action sign-ins [--failed] "
		"[--unusual]\nWhen you have gone through it: tacenda review sign --until %llu",
		(unsigned long long)r.said.from, (unsigned long long)r.said.until, (unsigned long long)r.said.until);
	return OK;
}

static struct status print_totals(struct cli *c, const struct review_history *h, const struct review *r)
{
	const uint64_t now = clock_wall(&clock_system);
	const struct review_past *last = &h->last;
	const uint64_t days = h->count > 0 && now > last->time ? (now - last->time) / DAY_MS : 0;
	const struct output_cell cells[] = {
		CELL_NUMBER("reviews", h->count),
		CELL_TIME("last", last->time),
		CELL_TEXT("auditor", h->count > 0 ? cli_login(c, &last->auditor) : (struct text){0}),
		CELL_NUMBER("interval_days", h->interval_days),
		CELL_BOOL("overdue", h->count > 0 && days >= h->interval_days),
		CELL_NUMBER("from", r->said.from),
		CELL_NUMBER("until", r->said.until),
		CELL_NUMBER("sign_ins", r->said.sign_ins),
		CELL_NUMBER("failures", r->said.failures),
		CELL_NUMBER("locks", r->said.locks),
		CELL_NUMBER("unusual", r->said.unusual),
		CELL_NUMBER("users", r->said.users),
		CELL_NUMBER("dormant", r->said.dormant),
		CELL_NUMBER("strangers", r->strangers),
	};

	return output_object(c, cells, COUNT(cells));
}

static struct status status(struct cli *c)
{
	AUTO(review) r = {0};
	struct review_history history = {0};

	TRY(gather(c, &history, &r));
	return print_totals(c, &history, &r);
}

static struct status sign(struct cli *c)
{
	AUTO(review) r = {0};
	struct review_history history = {0};
	uint64_t leaf;

	TRY(gather(c, &history, &r));
	if (!c->json)
		TRY(print_totals(c, &history, &r));
	TRY(cli_confirm(c, "Sign that you have reviewed this?"));
	TRY(review_sign(&c->site, &r, &history, &leaf));
	const struct output_cell cells[] = {CELL_NUMBER("leaf", leaf), CELL_NUMBER("from", r.said.from),
					    CELL_NUMBER("until", r.said.until)};
	if (c->json)
		return output_object(c, cells, COUNT(cells));
	output_done(c, "Signed: leaf %llu of the log. The next one begins at leaf %llu.", (unsigned long long)leaf,
		    (unsigned long long)r.said.until);
	return OK;
}

struct printing {
	struct cli *cli;
	struct output *rows;
};
static struct status print_past(void *context, const struct review_past *p)
{
	const struct printing *to = context;
	const struct output_cell cells[] = {
		CELL_NUMBER("leaf", p->leaf),
		CELL_TIME("time", p->time),
		CELL_TEXT("auditor", cli_login(to->cli, &p->auditor)),
		CELL_NUMBER("from", p->said.from),
		CELL_NUMBER("until", p->said.until),
		CELL_NUMBER("sign_ins", p->said.sign_ins),
		CELL_NUMBER("failures", p->said.failures),
		CELL_NUMBER("locks", p->said.locks),
		CELL_NUMBER("unusual", p->said.unusual),
		CELL_NUMBER("users", p->said.users),
		CELL_NUMBER("dormant", p->said.dormant),
	};

	return output_row(to->rows, cells, COUNT(cells));
}

static struct status history(struct cli *c)
{
	AUTO(output) rows;
	struct printing to = {c, &rows};
	struct review_history all;

	output_begin(c, &rows);
	TRY(cli_prepared(c));
	TRY(review_past(&c->site, print_past, &to, &all));
	return output_end(&rows, "None yet: tacenda review list shows what there is to review.");
}

static const struct option_spec until_options[] = {
	{"--until", "SIZE", "up to this size of the log; otherwise as it is now", false, 0},
	{0},
};

const struct command commands_review[] = {
	{"review list", "", 0, 0, until_options, list,
	 "list every user with rights, sign-ins, failures, locks and unusual use since the last access review",
	 "tacenda review list", NULL},
	{"review status", "", 0, 0, until_options, status, "say when the last review was, and count what came since",
	 "tacenda --json review status", NULL},
	{"review sign", "", 0, 0, until_options, sign,
	 "sign that you have reviewed it (auditor), with its counts and place in the log",
	 "tacenda review sign --until 48210", NULL},
	{"review history", "", 0, 0, NULL, history, "list the reviews that were signed, each proven",
	 "tacenda review history", NULL},
	{0},
};
