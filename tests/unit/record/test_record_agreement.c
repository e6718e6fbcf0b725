/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Server and reader never disagree (PROMISES#K9): whatever four people try, in any
 * order, rows and replay take and refuse the same statements.
 */
#include "server.h"

#define STEPS 150

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static struct actor *somebody(struct server *s)
{
	struct world *w = &s->reader.w;
	struct actor *const all[] = {&w->anna, &w->ben, &w->carl, &w->administrator};

	/* The owner more often than others, or nothing much happens. */
	return draw(3) == 0 ? &w->anna : all[draw(COUNT(all))];
}

/** bring_epochs(s, a): what a change of grants demands of an author who holds the keys. */
static void bring_epochs(struct server *s, const struct actor *a)
{
	struct file *f = &s->reader;

	for (unsigned c = COMPARTMENT_IDENTITY; c <= COMPARTMENT_CLINICAL; c++) {
		const enum compartment compartment = (enum compartment)c;
		uint32_t power = 0;

		f->w.position = s->leaves + s->count;
		assert_ok(patient_state_power(&f->p, &f->people, &a->id, file_place(f), &power));
		const bool reads = uuid_equal(&f->p.owner.uuid, &a->id.uuid) ||
				   (power & authority_compartment_rights(compartment)) != 0;
		if (reads && file_must_rekey(f, compartment))
			assert_ok(server_epoch(s, a, compartment));
	}
}

static struct status try_access(struct server *s, const struct actor *a)
{
	const struct actor *to = somebody(s);
	const uint32_t permissions = draw(2) == 0 ? draw(256) : 15;
	const uint64_t until = draw(3) == 0 ? s->reader.w.time + draw(5) * 1000 : 0;
	const struct status got = draw(3) == 0 ? server_revoke(s, a, to) : server_grant(s, a, to, permissions, until);

	if (ok(got))
		bring_epochs(s, a);
	return got;
}

static struct status try_user(struct server *s)
{
	struct world *w = &s->reader.w;
	struct actor *const about[] = {&w->ben, &w->carl};
	struct actor *who = about[draw(2)];
	struct person p;

	assert_ok(directory_state_find(&w->directory, &who->id, POSITION_NOW, &p));
	who->head = p.head;
	const enum profile profile = draw(2) == 0 ? PROFILE_CLINICIAN : PROFILE_ASSISTANT;
	world_user(w, who, profile, draw(256) & rights_maximum(profile), draw(6) == 0 ? USER_DISABLED : USER_ACTIVE);
	const struct status done = server_enter(s, &w->administrator, "");
	if (ok(done))
		who->head = w->last.name;
	return done;
}

static struct status try_file(struct server *s, const struct actor *a)
{
	const enum compartment compartment = (enum compartment)(1 + draw(3));

	switch (draw(32)) {
	case 30:
		return patient_state_end(&s->reader.p, POSITION_NOW).exists && draw(3) != 0 ? server_keep(s, a)
											    : server_delete(s, a);
	case 0:
		return s->reader.record.version < 7 ? try_access(s, a) : server_end_record(s, a);
	case 1:
	case 2:
	case 3:
	case 4:
		return server_epoch(s, a, compartment == COMPARTMENT_BOTH ? COMPARTMENT_CLINICAL : compartment);
	case 5:
		return server_record(s, a, COMPARTMENT_IDENTITY, NULL);
	default:
		return draw(2) == 0 ? try_access(s, a) : server_record(s, a, compartment, NULL);
	}
}

static void walk(uint32_t from, size_t *taken)
{
	AUTO(server) s = {0};

	seed = from;
	server_begin(&s);
	server_file(&s);
	for (size_t i = 0; i < STEPS; i++) {
		const struct actor *a = somebody(&s);

		s.reader.w.time += draw(20) == 0 ? DAY : draw(1000);
		if (draw(12) == 0) {
			(void)ok(try_user(&s));
			continue;
		}
		const struct status read = try_file(&s, a);
		const struct status done = server_send(&s, a);
		if (ok(read) != ok(done))
			fail_msg("seed %u, step %zu: reader %s (%s), server %s (%s)", from, i, status_name(read.code),
				 read.what != NULL ? read.what : "-", status_name(done.code),
				 done.what != NULL ? done.what : "-");
		*taken += ok(done) ? 1 : 0;
		if (s.reader.record.ended)
			return; /* one record is enough for one walk */
	}
}

static void rows_and_replay_take_and_refuse_the_same(void **state)
{
	size_t taken = 0;

	(void)state;
	for (uint32_t from = 1; from <= 8; from++)
		walk(from, &taken);
	print_message("# %zu statements taken\n", taken);
	assert_true(taken > 100);
}

static int setup(void **state)
{
	(void)state;
	return ok(secret_setup()) && ok(crypto_setup()) ? 0 : 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rows_and_replay_take_and_refuse_the_same),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
