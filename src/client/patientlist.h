/* SPDX-License-Identifier: Apache-2.0 */
/**
 * patientlist: the patient files a person may open, with the identities he may read,
 * kept in the sealed cache so that a list or a search fetches only what changed.
 *
 * What the owner alone has signed (his file, its newest identity epoch, its
 * demographics) is verified by signature and hash as it arrives; wherever somebody
 * else's authority matters, the file's whole history is proven first (patientfile.h).
 * A version once seen never goes back (PROMISES#B2).  Of a file whose end has come
 * nothing is shown, and nothing but its id is kept.
 */
#ifndef CLIENT_PATIENTLIST_H
#define CLIENT_PATIENTLIST_H

#include "patientfile.h"

struct patientlist_item {
	uint64_t seq;
	struct patient_id patient;
	struct user_id owner;
	uint32_t permissions;      /* as the server says; reading is decided by keys */
	uint64_t ends;             /* ms: its owner deleted it, and it counts from then on; 0: he did not */
	struct record_id identity; /* zero: the file has none */
	uint32_t version;          /* of the identity record */
	struct hash statement;     /* its name */
	struct text demographics;  /* JSON; empty when this person may not read it */
	struct text search;        /* its words, folded (demographics.h) */
	bool buried;               /* its end has come: in the cache only, never among the items of an open list */
};

struct patientlist {
	struct site *site;
	uint64_t seq;
	struct buffer text;             /* what the cache holds: see patientlist.c */
	struct patientlist_item *items; /* by id, ascending: by time of creation */
	size_t count, capacity;
	struct arena arena;
	bool changed;
};

/** Told after each page that was fetched: so many items so far; may be NULL. */
struct patientlist_progress {
	void (*tell)(void *context, size_t fetched);
	void *context;
};
/** patientlist_open(site, progress, out): cache and changes.  patientlist_clear() it. */
MUST_CHECK struct status patientlist_open(struct site *site, const struct patientlist_progress *progress,
					  struct patientlist *out);
void patientlist_clear(struct patientlist *l);
/** patientlist_add(l, items, count): items that ${l} has not got, in any order; ${items} is sorted.  ST_CORRUPT: one
 * comes twice. */
MUST_CHECK struct status patientlist_add(struct patientlist *l, struct patientlist_item *items, size_t count);
/** patientlist_get(l, id, out): ST_NOT_FOUND. */
MUST_CHECK struct status patientlist_get(const struct patientlist *l, const struct patient_id *id,
					 const struct patientlist_item **out);
/**
 * patientlist_resolve(l, text, out):
 * A whole id, or a unique end of one (with or without its prefix).  ST_NOT_FOUND;
 * ST_CONFLICT when several end so.
 */
MUST_CHECK struct status patientlist_resolve(const struct patientlist *l, struct text text, struct patient_id *out);
/** Called for each item that was found; a failure ends the search. */
typedef struct status patientlist_visit(void *context, const struct patientlist_item *item);
/**
 * patientlist_find(l, words, visit, context):
 * Files in which every word of ${words} begins a word of the names, the birth date or
 * an identifier; case and accents do not matter.
 */
MUST_CHECK struct status patientlist_find(const struct patientlist *l, struct text words, patientlist_visit *visit,
					  void *context);

#endif /* !CLIENT_PATIENTLIST_H */
