/* SPDX-License-Identifier: Apache-2.0 */
/* reportcheck: is this folder what the log says?  Without a server (PROMISES#B2). */
#include "checkpoint.h"
#include "os.h"
#include "report.h"

#include <string.h>

/** What is missing or too large is damage here, like everything else that does not fit. */
static struct status load(int dir, const char *name, struct buffer *out)
{
	const struct status s = os_load(&os_real, dir, name, out->max, out);

	return ok(s) || s.code == ST_NO_MEMORY ? s : FAIL_AT(ST_CORRUPT, name);
}

static struct status check_head(int dir, const struct note_key *key, const struct report *r)
{
	AUTO(buffer) note = {.max = 65536}, named = {.max = 1024};
	struct checkpoint signed_head;

	TRY(load(dir, REPORT_CHECKPOINT, &note));
	const struct status opened = checkpoint_open(buffer_bytes(&note), key, &signed_head);
	if (opened.code == ST_UNPROVEN)
		return FAIL_AT(ST_UNPROVEN, REPORT_CHECKPOINT);
	TRY(note_key_put(&named, key));
	if (!ok(opened) || signed_head.head.size != r->head.size ||
	    !hash_equal(&signed_head.head.root, &r->head.root) ||
	    !text_equal(text_from(buffer_bytes(&named)), r->log_key))
		return FAIL_AT(ST_CORRUPT, REPORT_CHECKPOINT);
	return OK;
}

/** One after the other from the newest to the first, about this file, each in the tree. */
static struct status check_entries(const struct report *r)
{
	struct leaf_chain chain = {0};
	struct hash leaf;

	for (size_t i = 0; i < r->entry_count; i++) {
		const struct report_entry *e = &r->entries[i];
		const struct piece_subject *s = &e->read.subject;
		if (s->kind != PIECE_PATIENT || !uuid_equal(&s->id, &r->patient.uuid))
			return FAIL_AT(ST_CORRUPT, REPORT_JSON);
		if (!ok(leaf_chain_step(&chain, e->raw.leaf.at, s->sequence, &s->previous)))
			return FAIL_AT(ST_CORRUPT, REPORT_JSON);
		TRY(tree_leaf_hash(e->raw.leaf, &leaf));
		if (!ok(tree_verify_inclusion(&r->head, e->raw.index, &leaf, e->proof, e->proof_count)))
			return FAIL_AT(ST_CORRUPT, REPORT_JSON);
	}
	return leaf_chain_complete(&chain) ? OK : FAIL_AT(ST_CORRUPT, REPORT_JSON);
}

typedef struct status write_report(const struct report *r, struct buffer *out);

/** The file says what the proofs do, and nothing else. */
static struct status check_words(const struct report *r, write_report *write, const char *name, struct bytes file)
{
	AUTO(buffer) again = {.max = REPORT_FILE_MAX};

	TRY(write(r, &again));
	if (again.len != file.len || memcmp(again.bytes, file.at, file.len) != 0)
		return FAIL_AT(ST_CORRUPT, name);
	return OK;
}

struct status report_check(int dir, const struct note_key *key, struct report *out)
{
	AUTO(buffer) json = {.max = REPORT_FILE_MAX}, html = {.max = REPORT_FILE_MAX};
	AUTO(report) r = {0};

	TRY(load(dir, REPORT_JSON, &json));
	TRY(load(dir, REPORT_HTML, &html));
	TRY(report_read_json(buffer_bytes(&json), &r));
	TRY(check_head(dir, key, &r));
	TRY(check_entries(&r));
	TRY(check_words(&r, report_write_json, REPORT_JSON, buffer_bytes(&json)));
	TRY(check_words(&r, report_write_html, REPORT_HTML, buffer_bytes(&html)));
	*out = r;
	r = (struct report){0};
	return OK;
}
