/* SPDX-License-Identifier: Apache-2.0 */
/* handle_block: locks in force, for administrators: seen and lifted, each lift a leaf (PROMISES#K5, PROMISES#S3). */
#include "blocks.h"
#include "route.h"

void handle_block_list(struct call *c, struct bytes body)
{
	struct jsonwriter w = call_writer(c);

	(void)body;
	jsonwriter_object(&w, NULL);
	jsonwriter_array(&w, "items");
	struct status s = blocks_write(call_view(c), call_now(c), &w);
	jsonwriter_end(&w);
	jsonwriter_end(&w);
	call_deliver(c, &w, s, &(struct piece_subject){.kind = PIECE_SITE, .detail = TEXT("blocks")});
}

/** One by its id, or all of a user. */
struct lifting {
	struct hash id;
	struct user_id user;
	bool of_user;
};

static struct status lift_one(struct call *c, struct store_txn *txn, const struct record_log *log,
			      const struct hash *id)
{
	struct blocks_lifted lifted;
	struct event event = {.kind = LEAF_ADMINISTRATION, .result = LEAF_DONE};
	uint64_t leaf;

	TRY(blocks_lift(txn, log->time, id, &lifted));
	call_actor(c, &event.actor);
	event.subject = lifted.subject;
	return log->add(log->context, txn, &event, &leaf);
}

static struct status apply(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	const struct lifting *l = c->own;
	struct hash id = l->id;
	size_t lifted = 0;

	if (!l->of_user)
		return lift_one(c, txn, log, &id);
	/* Each lift takes one away; a user has a login and some devices. */
	for (struct status s = OK; ok(s); lifted++) {
		s = blocks_of_user(txn->view, log->time, &l->user, &id);
		if (s.code == ST_NOT_FOUND)
			break;
		TRY(s);
		TRY(lift_one(c, txn, log, &id));
	}
	return lifted > 0 ? OK : FAIL_AT(ST_NOT_FOUND, "block");
}

static void begin(struct call *c, struct status s, const struct lifting *lifting)
{
	void *room;

	if (ok(s))
		s = arena_take(&c->arena, sizeof *lifting, &room);
	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	c->own = room;
	*(struct lifting *)room = *lifting;
	call_settle_change(c, OK, apply, call_respond_nothing);
}

void handle_block_lift(struct call *c, struct bytes body)
{
	struct lifting l = {.of_user = false};
	struct status s = text_from_hex(route_segment(c, "block"), l.id.bytes, sizeof l.id.bytes);

	(void)body;
	begin(c, s, &l);
}

void handle_user_unlock(struct call *c, struct bytes body)
{
	struct lifting l = {.of_user = true};
	struct status s = route_id(c, "user", ID_USER, &l.user.uuid);

	(void)body;
	begin(c, s, &l);
}
