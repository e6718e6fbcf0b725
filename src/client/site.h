/* SPDX-License-Identifier: Apache-2.0 */
/**
 * site: one person's connection to one site: what he pinned, who belongs to the
 * site, and the newest checkpoint that extends everything he has seen.
 *
 * 1. Nothing the server says about people, places or keys is used before it was
 *    verified against leaf 0, whose hash is the fingerprint in the security file
 *    (PROMISES#B2, PROMISES#B3).
 * 2. The pin only moves forward, and only to a tree proven to extend the old one.
 * 3. A struct site belongs to one thread; its connection may be lent (patientfetch.h).
 */
#ifndef CLIENT_SITE_H
#define CLIENT_SITE_H

#include "checkpoint.h"
#include "clock.h"
#include "directory_state.h"
#include "https.h"
#include "keyholder.h"
#include "os.h"
#include "pins.h"
#include "placed.h"
#include "receipts.h"
#include "tileview.h"

struct site_options {
	const struct os *os;
	const struct clock *clock;
	int home;               /* directory of the security file and the cache; stays the caller's */
	struct keyholder *keys; /* whose person this is; stays the caller's */
};

struct site {
	struct site_options options;
	struct https https;
	struct securityfile file; /* its public part: origin, CA */
	struct note_key log_key;
	struct tree_head head; /* proven in this run; size 0: not fetched yet */
	struct tileview *view; /* of the tree of `head`; NULL until site_view() */
	struct directory_state directory;
	uint64_t directory_seq;
	struct pins *pins;        /* NULL until one is needed */
	struct receipts receipts; /* of answers that nobody has compared yet */
	bool prepared;
	/* The last patient file that turned out to be deleted, so that its reader can be told by whom and when. */
	struct {
		struct patient_id patient;
		struct authority_end end;
	} deleted;
};

/** site_open(options, out): no network yet.  ST_NOT_FOUND without a security file. */
MUST_CHECK struct status site_open(const struct site_options *options, struct site *out);
void site_clear(struct site *s);

/** site_call(s, call, answer): https_send(), with the person's token. */
MUST_CHECK struct status site_call(struct site *s, const struct https_call *call, struct https_answer *answer);
/** site_get(s, path, answer): a GET of at most placed_json_limits.bytes. */
MUST_CHECK struct status site_get(struct site *s, const char *path, struct https_answer *answer);
/** site_send(s, method, path, json, answer): ${json} NULL: no body.  An answer of at most LIMIT_JSON_BYTES. */
MUST_CHECK struct status site_send(struct site *s, const char *method, const char *path, const struct buffer *json,
				   struct https_answer *answer);

/**
 * site_prepare(s):
 * Once a run before anything is believed: the site statement, the newest
 * checkpoint, the directory.  ST_CORRUPT names what was seen: "site" (another site
 * answers), "checkpoint signature", "rollback" (a smaller tree than the pinned one),
 * "fork", "directory".
 */
MUST_CHECK struct status site_prepare(struct site *s);
/** site_advance(s): fetch the newest checkpoint again and move the pin to it. */
MUST_CHECK struct status site_advance(struct site *s);
/** site_view(s): make s->view, tiles of the tree of s->head, proven as they are read. */
MUST_CHECK struct status site_view(struct site *s);
/** site_people(s): everybody of the site, for replays. */
struct people site_people(struct site *s);

/** What the public answer of `GET /v1/site` says; views into ${arena}. */
struct site_answer {
	struct bytes statement, ca;
	struct text name, region, origin, preset, version, checkpoint;
	uint64_t site_limit, owner_limit; /* bytes; a limit of 0: the disk */
};
/** site_ask(h, arena, out): the answer, unverified. */
MUST_CHECK struct status site_ask(struct https *h, struct arena *arena, struct site_answer *out);
/** site_ask_stored(s, out): the bytes that count against the site's quota: `GET /v1/settings`, which takes a session.
 */
MUST_CHECK struct status site_ask_stored(struct site *s, uint64_t *out);
/**
 * site_check(answer, fingerprint, parsed): its statement is the one with that name, signed, and says the region, name
 * and origin that stand beside it; ST_CORRUPT names what does not fit.
 */
MUST_CHECK struct status site_check(const struct site_answer *answer, const struct hash *fingerprint,
				    struct statement *parsed);
/** site_log_key(origin, key, out): the note key of the site's log: `host[:port]/v1/log`. */
MUST_CHECK struct status site_log_key(struct text origin, const struct ed25519_public *key, struct note_key *out);
/** site_check_head(checkpoint, key, pin, h, out): verify, and fetch the proof that it extends ${pin}. */
MUST_CHECK struct status site_check_head(struct bytes checkpoint, const struct note_key *key,
					 const struct tree_head *pin, struct https *h, struct tree_head *out);

#endif /* !CLIENT_SITE_H */
