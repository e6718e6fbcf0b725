/* SPDX-License-Identifier: Apache-2.0 */
#include "checkpoint.h"

#include <inttypes.h>
#include <string.h>

#include "reader.h"

#define HASH_BASE64       44
#define COSIGNATURE_BYTES 72

/* One non-empty line off the front, without its newline. */
static struct status take_line(struct text *rest, struct text *line)
{
	const char *end = rest->len == 0 ? NULL : memchr(rest->at, '\n', rest->len);

	if (end == NULL || end == rest->at)
		return FAIL_AT(ST_INVALID, "checkpoint line");
	*line = (struct text){rest->at, (size_t)(end - rest->at)};
	*rest = (struct text){end + 1, rest->len - line->len - 1};
	return OK;
}

static struct status parse_hash(struct text t, struct hash *out)
{
	AUTO(buffer) raw = {.max = sizeof *out};

	if (t.len != HASH_BASE64 || !ok(text_from_base64(t, &raw)) || raw.len != sizeof *out)
		return FAIL_AT(ST_INVALID, "checkpoint root");
	memcpy(out->bytes, raw.bytes, sizeof *out);
	return OK;
}

static struct status check_extensions(struct text rest)
{
	struct text line;

	while (rest.len > 0)
		TRY(take_line(&rest, &line));
	return OK;
}

struct status checkpoint_parse(struct text body, struct checkpoint *out)
{
	struct checkpoint c;
	struct text size, root;

	TRY(take_line(&body, &c.origin));
	TRY(take_line(&body, &size));
	TRY(take_line(&body, &root));
	TRY(check_extensions(body));
	TRY(text_to_u64(size, 0, TREE_SIZE_MAX, &c.head.size));
	TRY(parse_hash(root, &c.head.root));
	c.extensions = body;
	*out = c;
	return OK;
}

struct status checkpoint_put(struct buffer *b, const struct checkpoint *c)
{
	if (c->origin.len == 0 || memchr(c->origin.at, '\n', c->origin.len) != NULL)
		return FAIL_AT(ST_INVALID, "checkpoint origin");
	TRY(check_extensions(c->extensions));
	TRY(buffer_put(b, text_bytes(c->origin)));
	TRY(buffer_print(b, "\n%" PRIu64 "\n", c->head.size));
	TRY(text_put_base64(b, hash_bytes(&c->head.root)));
	TRY(buffer_put_u8(b, '\n'));
	return buffer_put(b, text_bytes(c->extensions));
}

struct status checkpoint_open(struct bytes bytes, const struct note_key *key, struct checkpoint *out)
{
	struct note n;
	struct checkpoint c;

	if (bytes.len > CHECKPOINT_BYTES_MAX)
		return FAIL_AT(ST_TOO_BIG, "checkpoint");
	TRY(note_parse(bytes, &n));
	TRY(note_verify(&n, key));
	TRY(checkpoint_parse(n.text, &c));
	if (!text_equal(c.origin, note_key_name(key)))
		return FAIL_AT(ST_UNPROVEN, "checkpoint origin");
	*out = c;
	return OK;
}

struct status checkpoint_sign(const struct tree_head *head, const struct note_key *key, const struct secret *seed,
			      struct buffer *out)
{
	struct checkpoint c = {.origin = note_key_name(key), .head = *head, .extensions = TEXT("")};
	AUTO(buffer) body = {.max = CHECKPOINT_BYTES_MAX};

	TRY(checkpoint_put(&body, &c));
	return note_sign(text_from(buffer_bytes(&body)), key, seed, out);
}

/* tlog-cosignature, "Ed25519 signed message". */
static struct status verify_timed(const struct note *n, const struct note_key *witness,
				  const uint8_t raw[COSIGNATURE_BYTES], uint64_t *seconds)
{
	AUTO(buffer) message = {.max = NOTE_BYTES_MAX + 64};
	struct reader r = reader_of(bytes_of(raw, COSIGNATURE_BYTES));
	uint64_t time;

	TRY(reader_u64(&r, &time));
	if (time > INT64_MAX)
		return FAIL_AT(ST_UNPROVEN, "cosignature time");
	TRY(buffer_print(&message, "cosignature/v1\ntime %" PRIu64 "\n", time));
	TRY(buffer_put(&message, text_bytes(n->text)));
	TRY(ed25519_verify(&witness->public_key, buffer_bytes(&message), r.at));
	*seconds = time;
	return OK;
}

struct status checkpoint_verify_cosignature(const struct note *n, const struct note_key *witness, uint64_t *seconds)
{
	uint8_t raw[COSIGNATURE_BYTES];
	size_t at = 0;

	if (witness->type != NOTE_COSIGNATURE)
		return FAIL_AT(ST_UNPROVEN, "witness key type");
	struct status s = note_signature_of(n, witness, &at, raw, sizeof raw);

	if (s.code == ST_NOT_FOUND)
		return FAIL_AT(ST_UNPROVEN, "cosignature");
	TRY(s);
	return verify_timed(n, witness, raw, seconds);
}
