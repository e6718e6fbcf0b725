/* SPDX-License-Identifier: Apache-2.0 */
#include "logbook.h"

#include "directory.h"
#include "disclosure.h"

#include <stdio.h>
#include <string.h>

#define PAGE       500
#define PAGE_ARENA ((size_t)32 << 20)

struct log_page {
	struct jsonfield_list items;
	bool more;
};
static const struct jsonfield page_rows[] = {
	{.name = "items",
	 .type = JSONFIELD_OBJECT,
	 .offset = offsetof(struct log_page, items),
	 .required = true,
	 .many = LIMIT_PAGE,
	 .table = &entry_table},
	{.name = "more", .type = JSONFIELD_BOOL, .offset = offsetof(struct log_page, more), .required = true},
};
static const struct jsonfield_table page_table = JSONFIELD_TABLE(struct log_page, page_rows);

static struct status put_query(const struct logbook_query *q, uint64_t before, unsigned limit, struct buffer *out)
{
	TRY(buffer_print(out, "/v1/log/entries?scope=%s&limit=%u", q->scope, limit));
	if (q->patient != NULL)
		TRY(buffer_print(out, "&patient=%s", id_print(ID_PATIENT, &q->patient->uuid).at));
	if (q->user != NULL)
		TRY(buffer_print(out, "&user=%s", id_print(ID_USER, &q->user->uuid).at));
	if (q->action != NULL)
		TRY(buffer_print(out, "&action=%s", q->action));
	if (q->from > 0) {
		TRY(buffer_print(out, "&from="));
		TRY(text_put_time(out, q->from));
	}
	if (q->until > 0) {
		TRY(buffer_print(out, "&until="));
		TRY(text_put_time(out, q->until));
	}
	if (before != UINT64_MAX)
		TRY(buffer_print(out, "&before=%llu", (unsigned long long)before));
	return buffer_put_u8(out, 0);
}

/** The leaf's hash is the one at this place of the pinned tree. */
static struct status check_place(struct site *s, const struct entry *e)
{
	struct hash wanted, held;

	if (e->index >= s->head.size)
		TRY(site_advance(s));
	if (e->index >= s->head.size)
		return FAIL_AT(ST_CORRUPT, "inclusion");
	TRY(site_view(s));
	TRY(tree_leaf_hash(e->leaf, &wanted));
	TRY(tileview_leaf(s->view, e->index, &held));
	return hash_equal(&wanted, &held) ? OK : FAIL_AT(ST_CORRUPT, "inclusion");
}

/** Called with the raw entry too, for walks along chains. */
typedef struct status raw_visit(void *context, const struct entry *raw, const struct logbook_entry *entry);

static struct status visit_page(struct site *s, const char *path, uint64_t *before, bool *more, raw_visit *visit,
				void *context)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = PAGE_ARENA};
	struct log_page page = {0};

	TRY(site_get(s, path, &answer));
	TRY(placed_read(buffer_bytes(&answer.body), &page_table, &arena, &document, &page));
	const struct entry *items = page.items.items;
	for (size_t i = 0; i < page.items.count; i++) {
		struct logbook_entry entry = {.index = items[i].index, .raw = &items[i]};
		if (items[i].index >= *before)
			return FAIL_AT(ST_CORRUPT, "answer");
		TRY(entry_check(&items[i], &entry.read));
		TRY(check_place(s, &items[i]));
		TRY(visit(context, &items[i], &entry));
		*before = items[i].index;
	}
	if (page.more && page.items.count == 0)
		return FAIL_AT(ST_CORRUPT, "answer");
	*more = page.more;
	return OK;
}

static struct status visit_all(struct site *s, const struct logbook_query *q, uint64_t before, raw_visit *visit,
			       void *context)
{
	bool more = true;

	while (more) {
		AUTO(buffer) path = {.max = 1024};
		TRY(put_query(q, before, PAGE, &path));
		TRY(visit_page(s, (const char *)path.bytes, &before, &more, visit, context));
	}
	return OK;
}

/* --- Chains --- */

/** Which piece of an entry belongs to the chain that a listing follows. */
enum followed { FOLLOW_NONE, FOLLOW_ACTOR, FOLLOW_SUBJECT };

/** Own actions and a patient file's part are chains; a server that picks by action, user or end breaks them. */
static enum followed followed_by(const struct logbook_query *q)
{
	if (q->action != NULL || q->user != NULL || q->until > 0)
		return FOLLOW_NONE;
	if (strcmp(q->scope, "own") == 0)
		return FOLLOW_ACTOR;
	return strcmp(q->scope, "patient") == 0 ? FOLLOW_SUBJECT : FOLLOW_NONE;
}

/** A walk along one chain, from the leaf of its own asking to the first. */
struct walking {
	enum followed which;
	enum pin_kind kind;
	struct uuid id;
	uint64_t asked; /* index of that leaf */
	struct pin pin; /* how far it was followed before */
	struct pin newest;
	struct leaf_chain chain;
	struct disclosure disclosure; /* of a patient file */
	uint64_t count;
	logbook_visit *visit;
	void *context;
};
static void walking_clear(struct walking *w)
{
	disclosure_clear(&w->disclosure);
}

/**
 * A first question, so that there is a leaf in the chain which this client caused and whose index it
 * knows: the list must begin with it, so nothing that is older can be kept back (PROMISES#B2).
 */
static struct status ask(struct site *s, const struct logbook_query *q, uint64_t *leaf)
{
	AUTO(https_answer) answer = {0};
	AUTO(buffer) path = {.max = 1024};

	TRY(put_query(q, UINT64_MAX, 1, &path));
	TRY(site_get(s, (const char *)path.bytes, &answer));
	return receipts_leaf(s, &answer, leaf);
}

static struct status begin(struct site *s, const struct logbook_query *q, struct walking *w)
{
	w->which = followed_by(q);
	w->asked = UINT64_MAX - 1;
	if (w->which == FOLLOW_NONE)
		return OK;
	w->kind = w->which == FOLLOW_ACTOR ? PIN_ACTOR : PIN_PATIENT;
	w->id = w->which == FOLLOW_ACTOR ? s->options.keys->person.user.uuid : q->patient->uuid;
	TRY(pins_get(s, w->kind, &w->id, &w->pin));
	w->newest.shown = w->pin.shown;
	return ask(s, q, &w->asked);
}

/** The pinned leaf is passed where it stood, and nothing stands in its place. */
static struct status pass_pin(struct walking *w, const struct entry *raw, uint64_t sequence)
{
	struct hash link;

	TRY(pin_compare(&w->pin, raw->index, sequence));
	TRY(leaf_link(raw->leaf.at, &link));
	if (w->count == 0) {
		w->newest.sequence = sequence;
		w->newest.index = raw->index;
		w->newest.link = link;
	}
	if (raw->index == w->pin.index && !hash_is_zero(&w->pin.link) && !hash_equal(&link, &w->pin.link))
		return FAIL_AT(ST_CORRUPT, "withheld: two histories of one chain");
	return OK;
}

static struct status follow(struct walking *w, const struct entry *raw, const struct entry_read *r)
{
	bool actor = w->which == FOLLOW_ACTOR;

	if (w->count == 0 && raw->index != w->asked)
		return FAIL_AT(ST_CORRUPT, "withheld: the newest entries of a chain");
	if (actor ? !r->has_actor : !r->has_subject)
		return FAIL_AT(ST_CORRUPT, "withheld");
	uint64_t sequence = actor ? r->actor.sequence : r->subject.sequence;
	if (!ok(leaf_chain_step(&w->chain, raw->leaf.at, sequence, actor ? &r->actor.previous : &r->subject.previous)))
		return FAIL_AT(ST_CORRUPT, "withheld: an entry of a chain");
	TRY(pass_pin(w, raw, sequence));
	return actor ? OK : disclosure_take(&w->disclosure, raw->index, r);
}

static struct status step(void *context, const struct entry *raw, const struct logbook_entry *entry)
{
	struct walking *w = context;

	if (w->which != FOLLOW_NONE)
		TRY(follow(w, raw, &entry->read));
	w->count++;
	return w->visit == NULL ? OK : w->visit(w->context, entry);
}

/** Back to the first of all, unless only the younger ones were asked for. */
static struct status end(struct site *s, const struct logbook_query *q, struct walking *w)
{
	uint64_t suspect = 0;

	if (w->which == FOLLOW_NONE)
		return OK;
	if (q->from == 0 && !leaf_chain_complete(&w->chain))
		return FAIL_AT(ST_CORRUPT, "withheld: the first entries of a chain");
	struct status seen = q->from == 0 ? disclosure_check(&w->disclosure, &suspect) : OK;
	if (!ok(seen) && q->suspect != NULL)
		*q->suspect = suspect;
	TRY(seen);
	return w->count > 0 ? pins_put(s, w->kind, &w->id, &w->newest) : OK;
}

static struct status walk(struct site *s, const struct logbook_query *q, struct walking *w)
{
	TRY(begin(s, q, w));
	TRY(visit_all(s, q, w->asked + 1, step, w));
	return end(s, q, w);
}

struct status logbook_list(struct site *s, const struct logbook_query *query, logbook_visit *visit, void *context)
{
	AUTO(walking) w = {.visit = visit, .context = context};

	return walk(s, query, &w);
}

struct status logbook_verify(struct site *s, struct logbook_report *out)
{
	AUTO(walking) own = {0};

	TRY(site_prepare(s));
	TRY(walk(s, &(struct logbook_query){.scope = "own"}, &own));
	*out = (struct logbook_report){s->head, own.count};
	return OK;
}

/* --- A copy --- */

static struct status save_file(int dir, const char *path, struct bytes content)
{
	char part[TILE_PATH_MAX + 16];
	int at = dir;
	struct status s = OK;

	/* Each folder of the path is made on the way; the last part is the file. */
	for (const char *slash = strchr(path, '/'); ok(s) && slash != NULL; slash = strchr(path, '/')) {
		int next = -1;
		(void)snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
		s = os_open_dir(&os_real, at, part, true, &next);
		if (at != dir)
			(void)os_real.close(at);
		at = next;
		path = slash + 1;
	}
	if (ok(s))
		s = os_save(&os_real, at, path, content);
	if (at != dir && at >= 0)
		(void)os_real.close(at);
	return s;
}

static struct status save_tile(struct site *s, int dir, const struct tile *tile)
{
	AUTO(https_answer) answer = {0};
	struct tile_path path = tile_print_path(tile);
	char target[TILE_PATH_MAX + 16];

	(void)snprintf(target, sizeof target, "/v1/log/%s", path.at);
	TRY(site_call(s, &(struct https_call){.method = "GET", .path = target, .max = UINT64_C(1) << 20}, &answer));
	return save_file(dir, path.at, buffer_bytes(&answer.body));
}

static struct status save_tiles(struct site *s, int dir, const struct logbook_progress *progress)
{
	struct tile_walk walk = {.size = s->head.size};
	struct tile tile;
	uint64_t done = 0, all = s->head.size / TILE_WIDTH + 1;

	while (tile_walk_next(&walk, &tile)) {
		TRY(save_tile(s, dir, &tile));
		if (tile.level > 0)
			continue;
		struct tile entries = {.kind = TILE_ENTRIES, .index = tile.index, .width = tile.width};
		TRY(save_tile(s, dir, &entries));
		if (progress != NULL)
			progress->tell(progress->context, ++done, all);
	}
	return OK;
}

struct status logbook_save(struct site *s, int dir, const struct logbook_progress *progress)
{
	AUTO(https_answer) answer = {0};
	const struct securityfile_pin *pin = &s->options.keys->person.pin;
	struct tree_head pinned = {pin->size, pin->root};

	TRY(site_prepare(s));
	TRY(site_call(s, &(struct https_call){.method = "GET", .path = "/v1/log/checkpoint", .max = 65536}, &answer));
	TRY(site_check_head(buffer_bytes(&answer.body), &s->log_key, &pinned, &s->https, &s->head));
	TRY(save_tiles(s, dir, progress));
	/* Last: a copy with a checkpoint is a whole one. */
	return save_file(dir, "checkpoint", buffer_bytes(&answer.body));
}

struct folder {
	const struct os *os;
	int dir;
};
static struct status load_file(void *context, const char *path, size_t max, struct buffer *out)
{
	const struct folder *f = context;

	return os_load(f->os, f->dir, path, max, out);
}

struct status logbook_verify_saved(const struct os *os, int dir, const struct note_key *key,
				   struct savedlog_report *out)
{
	struct folder folder = {os, dir};

	return savedlog_verify(&(struct savedlog_source){load_file, &folder}, key, out);
}
