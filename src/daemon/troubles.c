/* SPDX-License-Identifier: Apache-2.0 */
/* troubles: what the daemon itself finds and administrators should know. */
#include <stdio.h>

#include "serving.h"

#define SWEEP_MS (3600ull * 1000)

struct telling {
	struct committer_entry entry; /* must be first */
	enum notice_kind kind;
	const char *why;
};
static struct status apply_telling(struct committer_entry *entry, struct committer_turn *turn)
{
	const struct telling *t = (const struct telling *)entry;
	const struct event event = {.kind = LEAF_SERVICE,
				    .result = LEAF_FAILED,
				    .subject = {.kind = PIECE_SITE, .detail = text_of(notice_rules[t->kind].word)}};
	uint64_t leaf;

	TRY(notice_put(turn->txn, notice_to_profile(PROFILE_ADMINISTRATOR), t->kind, text_of(t->why), turn->time));
	return committer_add(turn, &event, &leaf);
}

void troubles_tell(struct serving *s, enum notice_kind kind, struct status why)
{
	/* On a full disk, too: that is one of them. */
	struct telling t = {.entry = {.apply = apply_telling, .weight = COMMITTER_END},
			    .kind = kind,
			    .why = why.what != NULL ? why.what
				   : ok(why)        ? ""
						    : status_name(why.code)};
	struct status told = committer_run(s->vessel.committer, &t.entry);

	if (!ok(told))
		(void)fprintf(stderr, "tacendad: event=notice kind=%s status=%s\n", notice_rules[kind].word,
			      status_name(told.code));
}

static struct status apply_forgetting(struct committer_entry *entry, struct committer_turn *turn)
{
	const struct event event = {
		.kind = LEAF_EXPIRY, .result = LEAF_DONE, .subject = {.kind = PIECE_SITE, .detail = TEXT("notices")}};
	uint64_t leaf;
	size_t removed;

	(void)entry;
	TRY(notice_forget(turn->txn, turn->time, &removed));
	/* Nothing to log, and the change is refused without a trace. */
	return removed > 0 ? committer_add(turn, &event, &leaf) : FAIL_AT(ST_NOT_FOUND, "notices");
}

struct status troubles_forget(struct serving *s)
{
	struct committer_entry entry = {.apply = apply_forgetting};
	const uint64_t now = clock_wall(&clock_system);

	if (now < s->notices_swept + SWEEP_MS)
		return OK;
	s->notices_swept = now;
	struct status done = committer_run(s->vessel.committer, &entry);
	return done.code == ST_NOT_FOUND || done.code == ST_FULL ? OK : done;
}
