/* SPDX-License-Identifier: Apache-2.0 */
#include "site.h"

#include "directory.h"
#include "key_hash.h"
#include "securitystore.h"

#include <stdio.h>
#include <string.h>

#define SITE_ARENA   ((size_t)4 << 20)
#define PATH_MAX_LEN 160

struct status site_open(const struct site_options *options, struct site *out)
{
	struct site made = {.options = *options};
	struct secret token = {0};
	struct status s = securitystore_load(options->os, options->home, SECURITYSTORE_NAME, &made.file);

	if (ok(s))
		s = https_open(&(struct https_site){.origin = options->keys->person.origin, .ca = made.file.person.ca},
			       &made.https);
	if (ok(s)) {
		/* No session is no failure here: signing in begins so. */
		struct status held = keyholder_token_get(options->keys, &token);
		if (ok(held))
			s = https_token(&made.https, secret_bytes(&token));
		else if (held.code != ST_NOT_FOUND)
			s = held;
	}
	secret_clear(&token);
	if (!ok(s)) {
		site_clear(&made);
		return s;
	}
	*out = made;
	/* The public part's views point into its own buffer, which has not moved. */
	return OK;
}

void site_clear(struct site *s)
{
	https_clear(&s->https);
	tileview_free(s->view);
	pins_free(s->pins);
	receipts_clear(&s->receipts);
	securityfile_clear(&s->file);
	directory_state_clear(&s->directory);
	*s = (struct site){0};
}

struct status site_call(struct site *s, const struct https_call *call, struct https_answer *answer)
{
	return https_send(&s->https, call, answer);
}

struct status site_get(struct site *s, const char *path, struct https_answer *answer)
{
	return site_call(s, &(struct https_call){.method = "GET", .path = path, .max = placed_json_limits.bytes},
			 answer);
}

struct status site_send(struct site *s, const char *method, const char *path, const struct buffer *json,
			struct https_answer *answer)
{
	struct https_call call = {.method = method, .path = path, .max = LIMIT_JSON_BYTES};

	if (json != NULL) {
		call.content_type = "application/json";
		call.body = buffer_bytes(json);
	}
	return site_call(s, &call, answer);
}

struct status site_ask(struct https *h, struct arena *arena, struct site_answer *out)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	struct json root;
	struct buffer decoded = {.max = LIMIT_STATEMENT_BYTES};
	struct text field;
	struct site_answer found = {0};

	TRY(https_send(h, &(struct https_call){.method = "GET", .path = "/v1/site", .max = UINT64_C(1) << 20},
		       &answer));
	if (!ok(json_parse(buffer_bytes(&answer.body), &placed_json_limits, &document)))
		return FAIL_AT(ST_CORRUPT, "answer");
	root = json_root(&document);
	const struct {
		struct text name;
		struct text *text;
		struct bytes *bytes;
		bool required;
	} wanted[] = {
		{TEXT("statement"), NULL, &found.statement, true}, {TEXT("ca"), NULL, &found.ca, false},
		{TEXT("name"), &found.name, NULL, true},           {TEXT("region"), &found.region, NULL, true},
		{TEXT("origin"), &found.origin, NULL, true},       {TEXT("preset"), &found.preset, NULL, true},
		{TEXT("version"), &found.version, NULL, true},     {TEXT("checkpoint"), &found.checkpoint, NULL, true},
	};
	for (size_t i = 0; i < COUNT(wanted); i++) {
		if (!ok(json_text(json_member(root, wanted[i].name), &field))) {
			if (wanted[i].required)
				return FAIL_AT(ST_CORRUPT, "answer");
			continue;
		}
		if (wanted[i].text != NULL) {
			TRY(arena_text(arena, field, wanted[i].text));
			continue;
		}
		decoded.len = 0;
		struct status s = text_from_base64(field, &decoded);
		if (ok(s))
			s = arena_copy(arena, buffer_bytes(&decoded), wanted[i].bytes);
		if (!ok(s)) {
			buffer_clear(&decoded);
			return FAIL_AT(ST_CORRUPT, "answer");
		}
	}
	buffer_clear(&decoded);
	const struct json limits = json_member(root, TEXT("limits"));
	(void)ok(json_u64(json_member(limits, TEXT("site_bytes")), 0, UINT64_MAX, &found.site_limit));
	(void)ok(json_u64(json_member(limits, TEXT("owner_bytes")), 0, UINT64_MAX, &found.owner_limit));
	*out = found;
	return OK;
}

struct status site_ask_stored(struct site *s, uint64_t *out)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};

	TRY(site_get(s, "/v1/settings", &answer));
	if (!ok(json_parse(buffer_bytes(&answer.body), &placed_json_limits, &document)) ||
	    !ok(json_u64(json_member(json_root(&document), TEXT("stored_bytes")), 0, UINT64_MAX, out)))
		return FAIL_AT(ST_CORRUPT, "answer");
	return OK;
}

struct status site_check(const struct site_answer *answer, const struct hash *fingerprint, struct statement *parsed)
{
	if (!ok(statement_parse(answer->statement, parsed)) || parsed->kind != STATEMENT_SITE ||
	    !hash_equal(&parsed->name, fingerprint) || !ok(statement_verify(parsed, &parsed->site.invitation_key)))
		return FAIL_AT(ST_CORRUPT, "site");
	/* What is said beside the statement is what people read (PROMISES#K2). */
	if (!text_equal(answer->region, parsed->site.region))
		return FAIL_AT(ST_CORRUPT, "region of the site");
	return text_equal(answer->name, parsed->site.name) && text_equal(answer->origin, parsed->site.origin)
		       ? OK
		       : FAIL_AT(ST_CORRUPT, "name or origin of the site");
}

struct status site_log_key(struct text origin, const struct ed25519_public *key, struct note_key *out)
{
	char name[ORIGIN_MAX + 16];
	struct text scheme = TEXT("https://");

	if (!text_starts(origin, scheme) || origin.len > ORIGIN_MAX)
		return FAIL_AT(ST_INVALID, "origin");
	int len = snprintf(name, sizeof name, "%.*s/v1/log", (int)(origin.len - scheme.len), origin.at + scheme.len);
	return note_key_new((struct text){name, (size_t)len}, NOTE_ED25519, key, out);
}

struct proof_answer {
	struct jsonfield_list hashes;
};
static const struct jsonfield proof_rows[] = {
	{.name = "hashes",
	 .type = JSONFIELD_BASE64,
	 .offset = offsetof(struct proof_answer, hashes),
	 .required = true,
	 .many = TREE_PROOF_MAX,
	 .min = sizeof(struct hash),
	 .max = sizeof(struct hash)},
};
static const struct jsonfield_table proof_table = JSONFIELD_TABLE(struct proof_answer, proof_rows);

static struct status check_consistency(struct https *h, const struct tree_head *old, const struct tree_head *head)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = (size_t)64 << 10};
	struct proof_answer proof = {0};
	struct hash hashes[TREE_PROOF_MAX];
	char path[PATH_MAX_LEN];

	(void)snprintf(path, sizeof path, "/v1/log/proofs?from=%llu&size=%llu", (unsigned long long)old->size,
		       (unsigned long long)head->size);
	TRY(https_send(h, &(struct https_call){.method = "GET", .path = path, .max = (size_t)64 << 10}, &answer));
	TRY(placed_read(buffer_bytes(&answer.body), &proof_table, &arena, &document, &proof));
	const struct bytes *items = proof.hashes.items;
	for (size_t i = 0; i < proof.hashes.count; i++)
		memcpy(hashes[i].bytes, items[i].at, sizeof hashes[i].bytes);
	if (!ok(tree_verify_consistency(old, head, hashes, proof.hashes.count)))
		return FAIL_AT(ST_CORRUPT, "fork");
	return OK;
}

struct status site_check_head(struct bytes checkpoint, const struct note_key *key, const struct tree_head *pin,
			      struct https *h, struct tree_head *out)
{
	struct checkpoint seen;

	if (!ok(checkpoint_open(checkpoint, key, &seen)))
		return FAIL_AT(ST_CORRUPT, "checkpoint signature");
	if (seen.head.size < pin->size)
		return FAIL_AT(ST_CORRUPT, "rollback");
	if (pin->size > 0 && seen.head.size == pin->size && !hash_equal(&seen.head.root, &pin->root))
		return FAIL_AT(ST_CORRUPT, "fork");
	if (pin->size > 0 && seen.head.size > pin->size)
		TRY(check_consistency(h, pin, &seen.head));
	*out = seen.head;
	return OK;
}

struct status site_advance(struct site *s)
{
	AUTO(https_answer) answer = {0};
	const struct securityfile_pin *pinned = &s->options.keys->person.pin;
	struct tree_head pin = {pinned->size, pinned->root}, head;

	TRY(site_call(s, &(struct https_call){.method = "GET", .path = "/v1/log/checkpoint", .max = (size_t)64 << 10},
		      &answer));
	TRY(site_check_head(buffer_bytes(&answer.body), &s->log_key, &pin, &s->https, &head));
	if (head.size > pin.size)
		TRY(keyholder_pin(s->options.keys, &(struct securityfile_pin){head.size, head.root}));
	if (head.size != s->head.size) {
		tileview_free(s->view);
		s->view = NULL;
	}
	s->head = head;
	return OK;
}

static struct status load_tile(void *context, const struct tile *tile, struct hash *out)
{
	AUTO(https_answer) answer = {0};
	struct site *s = context;
	char path[TILE_PATH_MAX + 16];
	size_t len = tile->width * sizeof *out;

	(void)snprintf(path, sizeof path, "/v1/log/%s", tile_print_path(tile).at);
	TRY(site_call(s, &(struct https_call){.method = "GET", .path = path, .max = TILE_WIDTH * sizeof *out},
		      &answer));
	if (answer.body.len != len)
		return FAIL_AT(ST_CORRUPT, "tile");
	memcpy(out, answer.body.bytes, len);
	return OK;
}

struct status site_view(struct site *s)
{
	if (s->view != NULL)
		return OK;
	return tileview_open(&s->head, (struct tile_source){.load = load_tile, .context = s}, &s->view);
}

struct status site_prepare(struct site *s)
{
	AUTO(arena) arena = {.max = SITE_ARENA};
	struct site_answer answer;
	struct statement parsed;

	if (s->prepared)
		return OK;
	/* A cached directory begins with the site statement; only a first run has to ask for it. */
	TRY(directory_load(s));
	if (s->directory.size == 0) {
		TRY(site_ask(&s->https, &arena, &answer));
		TRY(site_check(&answer, &s->options.keys->person.site, &parsed));
		TRY(directory_state_add(&s->directory, answer.statement, 0, parsed.head.time));
	}
	TRY(site_log_key(s->directory.origin, &s->directory.log_key, &s->log_key));
	TRY(site_advance(s));
	TRY(directory_sync(s));
	s->prepared = true;
	return OK;
}

struct people site_people(struct site *s)
{
	return directory_state_people(&s->directory);
}
