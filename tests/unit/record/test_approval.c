/* SPDX-License-Identifier: Apache-2.0 */
/* Acts of two persons: states x who, against a model, and what the model does not say. */
#include "town.h"

#define HOUR (UINT64_C(3600) * 1000)

static struct status run_end(struct store_txn *txn, const struct record_log *log, void *context)
{
	size_t *count = context;

	TRY(approval_end_due(txn, log, count));
	return *count > 0 ? OK : FAIL(ST_NOT_FOUND);
}

/** anna deletes the file; what counts is withdrawn at once, so that the next one finds it as it was. */
static struct status delete_file(struct town *t)
{
	struct file *f = &t->s.reader;
	struct statement d = world_draft(&f->w, STATEMENT_PATIENT_END, &f->w.anna, &f->p.head);

	d.patient_end = (struct statement_patient_end){{uuid_of(PATIENT)}, AUTHORITY_END_MS};
	t->s.second_person = true;
	const struct status done = send_as(t, ANNA, &d);
	TRY(done);
	f->w.position = t->s.leaves - 2; /* behind it: the approval was used */
	assert_ok(patient_state_add(&f->p, &f->people, &f->w.last, file_place(f)));
	assert_ok(server_keep(&t->s, &f->w.anna));
	assert_ok(server_send(&t->s, &f->w.anna));
	return OK;
}

/* ---- The model ---- */

struct modelled {
	struct asked asked;
	enum act act;
	enum who by, about;
	enum approval_state state;
	uint64_t due;
};
#define MODELLED 400
struct model {
	struct modelled list[MODELLED];
	size_t count;
	uint64_t time;
};

static bool administrator(enum who who)
{
	return who <= EMIL;
}

static bool waits(const struct model *m, const struct modelled *a)
{
	return a->due > m->time;
}

static enum status_code may_ask(const struct town *t, const struct model *m, enum who who, enum act act, enum who about)
{
	size_t waiting = 0;
	bool same = false;

	for (size_t i = 0; i < m->count; i++) {
		const struct modelled *a = &m->list[i];
		waiting += waits(m, a) && a->by == who ? 1 : 0;
		same = same || (waits(m, a) && a->act == act && a->about == about);
	}
	if (t->disabled[who])
		return ST_DENIED;
	if (waiting >= 20)
		return ST_TOO_MANY;
	if (act == ACT_PATIENT_DELETE ? who != ANNA : !administrator(who) || who == about)
		return ST_DENIED;
	return same ? ST_CONFLICT : ST_OK;
}

static enum status_code may_answer(const struct town *t, const struct model *m, const struct modelled *a,
				   enum verdict verdict)
{
	if (a->state != APPROVAL_ASKED)
		return ST_CONFLICT;
	if (m->time >= a->due)
		return ST_GONE;
	return verdict == VERDICT_APPROVE && t->disabled[a->by] ? ST_DENIED : ST_OK;
}

static enum status_code may_decide(const struct town *t, const struct model *m, enum who who, const struct modelled *a,
				   enum verdict verdict)
{
	const bool of_file = a->act == ACT_PATIENT_DELETE;

	if (t->disabled[who])
		return ST_DENIED;
	if (!administrator(who) && who != a->by && who != a->about && !(of_file && (who == ANNA || who == BEN)))
		return ST_NOT_FOUND;
	if (who == a->by)
		return verdict == VERDICT_APPROVE ? ST_DENIED : may_answer(t, m, a, verdict);
	if (who == a->about || (!administrator(who) && !of_file))
		return ST_DENIED;
	return may_answer(t, m, a, verdict);
}

static void answered(struct model *m, struct modelled *a, enum verdict verdict)
{
	a->state = verdict == VERDICT_APPROVE ? APPROVAL_APPROVED : APPROVAL_REFUSED;
	a->due = verdict == VERDICT_APPROVE ? m->time + ACT_LIFE_MS : 0;
}

/* ---- Steps ---- */

static uint32_t draw(uint64_t *seed, uint32_t below)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33) % below;
}

static void step_ask(struct town *t, struct model *m, uint64_t *seed)
{
	const enum who who = (enum who)draw(seed, WHO_COUNT);
	const enum act act = draw(seed, 2) == 0 ? ACT_FACTOR_RESET : ACT_PATIENT_DELETE;
	const enum who about = act == ACT_PATIENT_DELETE ? WHO_COUNT : (enum who)draw(seed, WHO_COUNT);
	struct modelled made = {.act = act, .by = who, .about = about, .state = APPROVAL_ASKED};
	const enum status_code expected = may_ask(t, m, who, act, about);

	assert_int_equal(ask(t, who, act, about, &made.asked).code, expected);
	made.due = m->time + ACT_LIFE_MS;
	if (expected == ST_OK && m->count < MODELLED)
		m->list[m->count++] = made;
}

static void step_decide(struct town *t, struct model *m, uint64_t *seed)
{
	/* Mostly the newest ones: the others are decided. */
	const size_t back = draw(seed, 4);
	const enum verdict verdict = draw(seed, 3) == 0 ? VERDICT_REFUSE : VERDICT_APPROVE;
	const enum who who = (enum who)draw(seed, WHO_COUNT + 1);

	if (back >= m->count)
		return;
	struct modelled *a = &m->list[m->count - 1 - back];
	if (who == WHO_COUNT) {
		const bool not_his = verdict == VERDICT_APPROVE && a->act == ACT_PATIENT_DELETE;
		const enum status_code expected = not_his ? ST_DENIED : may_answer(t, m, a, verdict);
		assert_int_equal(by_the_host(t, &a->asked.id, verdict).code, expected);
		if (expected == ST_OK)
			answered(m, a, verdict);
		return;
	}
	const enum status_code expected = may_decide(t, m, who, a, verdict);
	t->salt++;
	const struct status got = decide(t, who, &a->asked, verdict);
	if (got.code != expected)
		fail_msg("person %d decides: %s (%s), expected %s", who, status_name(got.code), got.what,
			 status_name(expected));
	if (expected == ST_OK)
		answered(m, a, verdict);
}

static void step_use(struct town *t, struct model *m)
{
	struct modelled *found = NULL;

	for (size_t i = 0; i < m->count; i++)
		if (m->list[i].state == APPROVAL_APPROVED && m->list[i].act == ACT_PATIENT_DELETE &&
		    waits(m, &m->list[i]))
			found = &m->list[i];
	assert_int_equal(delete_file(t).code, found != NULL ? ST_OK : ST_DENIED);
	if (found == NULL)
		return;
	found->state = APPROVAL_DONE;
	found->due = 0;
}

static void step_time(struct town *t, struct model *m, uint64_t *seed)
{
	size_t ended = 0, expected = 0;

	m->time = t->s.reader.w.time += draw(seed, 9) * HOUR;
	if (draw(seed, 2) == 0)
		return;
	for (size_t i = 0; i < m->count; i++)
		if (m->list[i].due != 0 && m->list[i].due <= m->time) {
			m->list[i].state = APPROVAL_ENDED;
			m->list[i].due = 0;
			expected++;
		}
	assert_int_equal(in_transaction(t, run_end, &ended).code, expected > 0 ? ST_OK : ST_NOT_FOUND);
	assert_int_equal(ended, expected);
}

/** dora or ben, by root. */
static void step_state(struct town *t, uint64_t *seed)
{
	struct world *w = &t->s.reader.w;
	const enum who who = draw(seed, 2) == 0 ? DORA : BEN;

	t->disabled[who] = !t->disabled[who];
	world_user(w, t->people[who], who == DORA ? PROFILE_ADMINISTRATOR : PROFILE_CLINICIAN,
		   who == DORA ? 0 : RIGHTS_ALL, t->disabled[who] ? USER_DISABLED : USER_ACTIVE);
	assert_ok(server_enter(&t->s, &w->administrator, ""));
	t->people[who]->head = w->last.name;
}

static void whatever_is_asked_and_decided_goes_as_the_model_says(void **state)
{
	static struct model m;
	size_t seen[APPROVAL_DONE + 1] = {0};

	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++) {
		AUTO(town) t = {0};
		uint64_t random = seed;

		begin(&t);
		m = (struct model){.time = t.s.reader.w.time};
		for (size_t i = 0; i < 300; i++) {
			const uint32_t what = draw(&random, 20);
			if (what < 6)
				step_ask(&t, &m, &random);
			else if (what < 15)
				step_decide(&t, &m, &random);
			else if (what < 17)
				step_use(&t, &m);
			else if (what < 19)
				step_time(&t, &m, &random);
			else
				step_state(&t, &random);
		}
		for (size_t i = 0; i < m.count; i++) {
			const struct approval a = row_of(&t, &m.list[i].asked.id);
			assert_int_equal(a.state, m.list[i].state);
			assert_int_equal(a.due, m.list[i].due);
			seen[a.state]++;
		}
	}
	for (size_t i = APPROVAL_ASKED; i <= APPROVAL_DONE; i++)
		assert_true(seen[i] > 0);
	print_message("# asked %zu, approved %zu, refused %zu, ended %zu, done %zu\n", seen[1], seen[2], seen[3],
		      seen[4], seen[5]);
}

/* ---- What the model does not say ---- */

static void a_decision_signs_what_was_asked(void **state)
{
	AUTO(town) t = {0};
	struct asked asked, other;

	(void)state;
	begin(&t);
	assert_ok(ask(&t, ROOT, ACT_FACTOR_RESET, BEN, &asked));
	assert_ok(ask(&t, ROOT, ACT_FACTOR_RESET, CARL, &other));
	assert_fails(ST_CONFLICT, decide(&t, DORA, &(struct asked){asked.id, other.request}, VERDICT_APPROVE));
	assert_fails(ST_CONFLICT, decide(&t, DORA, &(struct asked){asked.id, {{0}}}, VERDICT_APPROVE));
	assert_int_equal(row_of(&t, &asked.id).state, APPROVAL_ASKED);
	assert_ok(decide(&t, DORA, &asked, VERDICT_APPROVE));
	/* The same statement again is answered as before and changes nothing. */
	const uint64_t seq = row_of(&t, &asked.id).seq;
	assert_ok(decide(&t, DORA, &asked, VERDICT_APPROVE));
	assert_int_equal(row_of(&t, &asked.id).seq, seq);
}

static void a_request_is_about_what_its_act_is_about(void **state)
{
	AUTO(town) t = {0};
	struct world *w = &t.s.reader.w;

	(void)state;
	begin(&t);
	for (unsigned both = 0; both < 3; both++) {
		struct statement d = world_draft(w, STATEMENT_REQUEST, &w->administrator, NULL);
		d.request = (struct statement_request){{uuid_of(90)}, ACT_FACTOR_RESET, {{{0}}}, {{{0}}}};
		if (both != 0)
			d.request.patient.uuid = uuid_of(PATIENT);
		if (both == 2)
			d.request.user = w->ben.id;
		assert_fails(ST_INVALID, send_as(&t, ROOT, &d));
	}
	struct statement d = world_draft(w, STATEMENT_REQUEST, &w->administrator, NULL);
	d.request = (struct statement_request){{uuid_of(90)}, ACT_FACTOR_RESET, {uuid_of(77)}, {{{0}}}};
	assert_fails(ST_NOT_FOUND, send_as(&t, ROOT, &d));
	d = world_draft(w, STATEMENT_REQUEST, &w->anna, NULL);
	d.request = (struct statement_request){{uuid_of(90)}, ACT_PATIENT_DELETE, {{{0}}}, {uuid_of(78)}};
	assert_fails(ST_DENIED, send_as(&t, ANNA, &d));
}

static void a_refusal_says_why(void **state)
{
	AUTO(town) t = {0};
	struct asked asked;

	(void)state;
	begin(&t);
	assert_ok(ask(&t, ROOT, ACT_FACTOR_RESET, BEN, &asked));
	struct statement d = world_draft(&t.s.reader.w, STATEMENT_DECISION, &t.dora, &asked.request);
	d.decision = (struct statement_decision){asked.id, VERDICT_REFUSE, TEXT("")};
	assert_fails(ST_INVALID, send_as(&t, DORA, &d));
}

static struct status count_shown(void *context, const struct approval_shown *shown)
{
	size_t *count = context;

	assert_true(shown->request.len > 0);
	(*count)++;
	return OK;
}

/** Pages, and for whom: everybody sees what he may, and nobody more. */
static void the_list_shows_each_his_own(void **state)
{
	static const size_t expected[WHO_COUNT] = {3, 3, 3, 1, 2, 1};
	AUTO(town) t = {0};
	struct asked asked;

	(void)state;
	begin(&t);
	assert_ok(ask(&t, ROOT, ACT_FACTOR_RESET, BEN, &asked));
	assert_ok(ask(&t, DORA, ACT_FACTOR_RESET, CARL, &asked));
	assert_ok(ask(&t, ANNA, ACT_PATIENT_DELETE, WHO_COUNT, &asked));
	for (enum who who = ROOT; who < WHO_COUNT; who++) {
		AUTO(store_snapshot) snapshot = {0};
		struct page page = {.limit = 2};
		struct permit_room room;
		size_t count = 0;

		assert_ok(store_snapshot_new(&t.s.store, &snapshot));
		const struct permit_pass *pass =
			server_pass(&t.s, snapshot.view, t.people[who], PERMIT_APPROVAL, &room);
		assert_ok(approval_list(snapshot.view, pass, NOW, &page, count_shown, &count));
		assert_true(page.more);
		page = (struct page){.since = page.next, .limit = 100};
		assert_ok(approval_list(snapshot.view, pass, NOW, &page, count_shown, &count));
		assert_false(page.more);
		assert_int_equal(count, expected[who]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whatever_is_asked_and_decided_goes_as_the_model_says),
		TEST(a_decision_signs_what_was_asked),
		TEST(a_request_is_about_what_its_act_is_about),
		TEST(a_refusal_says_why),
		TEST(the_list_shows_each_his_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
