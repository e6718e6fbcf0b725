/* SPDX-License-Identifier: Apache-2.0 */
/* command_approval: acts of two persons: what waits, approving, refusing, and asking for those about users. */
#include "approvals.h"
#include "output.h"

#include <string.h>

/* --- Listing --- */

struct showing {
	struct cli *cli;
	struct output *rows;
	bool all;
};

static bool waits(const struct approvals_item *item)
{
	return text_equal(item->state, TEXT("asked")) || text_equal(item->state, TEXT("approved"));
}

/** A login, or the random id of a patient file. */
static struct text about(struct cli *c, const struct statement_request *r, struct id_text *room)
{
	if (!uuid_is_zero(&r->user.uuid))
		return cli_login(c, &r->user);
	*room = id_print(ID_PATIENT, &r->patient.uuid);
	return text_of(room->at);
}

static struct status show(void *context, const struct approvals_item *item)
{
	const struct showing *s = context;
	const struct statement_request *r = &item->request.request;
	const struct id_text id = id_print(ID_APPROVAL, &r->approval.uuid);
	struct id_text room;
	const bool decided = item->has_decision || item->host;

	if (!s->all && !waits(item))
		return OK;
	const struct output_cell cells[] = {
		CELL_STRING("id", id.at),
		CELL_TEXT("act", vocabulary_word(VOCABULARY_ACT, (uint32_t)r->act)),
		CELL_TEXT("about", about(s->cli, r, &room)),
		CELL_TEXT("by", cli_login(s->cli, &item->request.head.author)),
		CELL_TEXT("state", item->state),
		CELL_TIME("asked", item->asked),
		CELL_TEXT("decided_by", item->host           ? TEXT("host")
					: item->has_decision ? cli_login(s->cli, &item->decision.head.author)
							     : TEXT("")),
		CELL_TEXT("reason", item->has_decision ? item->decision.decision.reason : TEXT("")),
		CELL_TIME("decided", item->decided),
		CELL_TIME("ends", item->ends),
	};
	/* No time is no member. */
	return output_row(s->rows, cells, s->cli->json ? (decided ? 9 : 8) : COUNT(cells));
}

static struct status list(struct cli *c)
{
	AUTO(output) rows;
	struct showing s = {c, &rows, options_has(&c->options, "--all")};

	output_begin(c, &rows);
	TRY(cli_prepared(c));
	TRY(approvals_list(&c->site, show, &s));
	return output_end(&rows, s.all ? "Nothing was asked." : "Nothing waits.");
}

/* --- Deciding --- */

struct seeking {
	struct text word;
	struct approvals_answer found;
	struct statement_request request;
	struct user_id by;
	size_t count;
	bool waits;
};

static struct status compare(void *context, const struct approvals_item *item)
{
	struct seeking *s = context;
	const struct statement_request *r = &item->request.request;
	const struct id_text id = id_print(ID_APPROVAL, &r->approval.uuid);
	const size_t len = s->word.len;

	if (len == 0 || len > ID_TEXT_LEN || memcmp(id.at + ID_TEXT_LEN - len, s->word.at, len) != 0)
		return OK;
	s->found.approval = r->approval;
	s->found.request = item->request.name;
	s->request = *r;
	s->by = item->request.head.author;
	s->waits = waits(item);
	s->count++;
	return OK;
}

/** By its id or the end of one, verified. */
static struct status find(struct cli *c, struct seeking *s)
{
	s->word = text_of(cli_argument(c, 0));
	TRY(cli_prepared(c));
	TRY(approvals_list(&c->site, compare, s));
	if (s->count > 1)
		return cli_usage("several ids end so; give more of it", cli_argument(c, 0));
	return s->count == 1 ? OK : FAIL_AT(ST_NOT_FOUND, "approval (tacenda approvals --all shows them)");
}

static struct status approve(struct cli *c)
{
	struct seeking s = {.found = {.verdict = VERDICT_APPROVE}};
	AUTO(buffer) question = {.max = 512};
	struct id_text room;

	TRY(find(c, &s));
	TRY(buffer_print(&question, "%.*s of %.*s, asked for by %.*s: approve?",
			 TEXT_ARG(vocabulary_word(VOCABULARY_ACT, (uint32_t)s.request.act)),
			 TEXT_ARG(about(c, &s.request, &room)), TEXT_ARG(cli_login(c, &s.by))));
	TRY(buffer_put_u8(&question, 0));
	TRY(cli_confirm(c, (const char *)question.bytes));
	TRY(approvals_decide(&c->site, &s.found));
	output_done(c, "Approved.%s",
		    act_rule(s.request.act)->at_once ? " It is done." : " Who asked has 24 hours to do it.");
	return OK;
}

static struct status refuse(struct cli *c)
{
	struct seeking s = {.found = {.verdict = VERDICT_REFUSE}};
	const char *reason = options_value(&c->options, "--reason");

	if (reason == NULL || reason[0] == '\0')
		return cli_usage("say why", "--reason TEXT");
	s.found.reason = text_of(reason);
	if (s.found.reason.len > STATEMENT_REASON_MAX)
		return cli_usage("a reason has at most 200 bytes", "--reason TEXT");
	TRY(find(c, &s));
	TRY(approvals_decide(&c->site, &s.found));
	output_done(c, "Refused; nothing happens.");
	return OK;
}

/* --- Asking --- */

static struct status print_asked(struct cli *c, const struct approval_id *asked)
{
	const struct id_text id = id_print(ID_APPROVAL, &asked->uuid);
	const struct output_cell cells[] = {CELL_STRING("id", id.at)};

	return output_object(c, cells, COUNT(cells));
}

static struct status reset_factor(struct cli *c)
{
	struct statement_request request = {.act = ACT_FACTOR_RESET};
	struct approval_id asked;
	struct person person;

	TRY(cli_user(c, cli_argument(c, 0), &person));
	request.user = person.id;
	TRY(approvals_ask(&c->site, &request, &asked));
	TRY(print_asked(c, &asked));
	output_done(c,
		    "\nAsked. Within 24 hours another administrator runs: tacenda approve %s\nor the host: tacendad "
		    "approve %s",
		    id_print(ID_APPROVAL, &asked.uuid).at, id_print(ID_APPROVAL, &asked.uuid).at);
	return OK;
}

struct status command_approval_ask_deletion(struct cli *c, const struct patient_id *patient)
{
	const struct statement_request request = {.act = ACT_PATIENT_DELETE, .patient = *patient};
	struct approval_id asked;
	const struct status s = approvals_ask(&c->site, &request, &asked);

	if (s.code == ST_CONFLICT)
		return FAIL_AT(ST_PENDING,
			       "second person: asked already; once it is approved (tacenda approvals), run this "
			       "again");
	TRY(s);
	TRY(print_asked(c, &asked));
	return FAIL_AT(ST_PENDING,
		       "second person: asked; within 24 hours an administrator, or a colleague who may delete "
		       "in this file, runs tacenda approve, then run this again");
}

static const struct option_spec list_options[] = {
	{"--all", NULL, "also what was refused, done or ended", false, 0},
	{0},
};
static const struct option_spec refuse_options[] = {
	{"--reason", "TEXT", "why; who asked reads it", false, 0},
	{0},
};

const struct command commands_approval[] = {
	{"approvals", "", 0, 0, list_options, list, "list acts that wait for a second person", "tacenda approvals",
	 NULL},
	{"approve", "ID", 1, 1, NULL, approve, "be the second person of such an act", "tacenda approve ap-0dq3...",
	 "What was asked, and by whom, is verified before it is shown. Nobody approves what he asked for, or what is "
	 "about "
	 "himself."},
	{"refuse", "ID", 1, 1, refuse_options, refuse, "refuse such an act, or withdraw what you asked for",
	 "tacenda refuse ap-0dq3... --reason 'she has found her key'", NULL},
	{"user reset-factor", "LOGIN", 1, 1, NULL, reset_factor,
	 "ask for the removal of somebody's second factors (administrator)", "tacenda user reset-factor amelie",
	 "Another administrator approves it, or the host; then the factors are gone and all sessions of the user end."},
	{0},
};
