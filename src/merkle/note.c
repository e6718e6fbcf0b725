/* SPDX-License-Identifier: Apache-2.0 */
#include "note.h"

#include <string.h>

#include "hash.h"
#include "reader.h"

#define ID_BYTES        4
#define SIGNATURE_BYTES 64
#define KEY_BYTES       (1 + sizeof(struct ed25519_public))
/* U+2014 and a space. */
#define DASH "\xe2\x80\x94 "

/* Unicode White_Space beyond ASCII, as UTF-8. */
static const char *const wide_spaces[] = {
	"\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f",
	"\xe3\x80\x80", "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85",
	"\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a",
};

static bool has_wide_space(struct text t)
{
	for (size_t i = 0; i < COUNT(wide_spaces); i++)
		if (memmem(t.at, t.len, wide_spaces[i], strlen(wide_spaces[i])) != NULL)
			return true;
	return false;
}

bool note_name_valid(struct text name)
{
	if (name.len == 0 || name.len > NOTE_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.at[i] <= ' ' || name.at[i] == '+')
			return false;
	return text_is_utf8(name) && !has_wide_space(name);
}

/* signed-note, "Signatures": SHA-256(name || 0x0A || type || public key)[:4]. */
static struct status key_id(const struct note_key *k, uint32_t *out)
{
	const uint8_t middle[] = {'\n', (uint8_t)k->type};
	const struct bytes pieces[] = {text_bytes(note_key_name(k)), BYTES_OF(middle), BYTES_OF(k->public_key)};
	struct hash h;

	TRY(sha256_pieces(pieces, COUNT(pieces), &h));
	struct reader r = reader_of(hash_bytes(&h));

	return reader_u32(&r, out);
}

struct status note_key_new(struct text name, enum note_type type, const struct ed25519_public *public_key,
			   struct note_key *out)
{
	struct note_key k = {.type = type, .public_key = *public_key};

	if (!note_name_valid(name))
		return FAIL_AT(ST_INVALID, "key name");
	memcpy(k.name, name.at, name.len);
	k.name_len = (uint8_t)name.len;
	TRY(key_id(&k, &k.id));
	*out = k;
	return OK;
}

static bool type_known(uint8_t type)
{
	return type == NOTE_ED25519 || type == NOTE_COSIGNATURE;
}

struct status note_key_parse(struct text vkey, struct note_key *out)
{
	struct text name, id_text;
	uint8_t id[ID_BYTES];
	struct ed25519_public public_key;
	struct note_key k;
	uint32_t claimed;

	/* What is left after two plus signs may hold more of them: base64 does. */
	if (!text_split(&vkey, '+', &name) || !text_split(&vkey, '+', &id_text))
		return FAIL_AT(ST_INVALID, "verifier key");
	TRY(text_from_hex(id_text, id, sizeof id));
	AUTO(buffer) raw = {.max = KEY_BYTES};

	if (!ok(text_from_base64(vkey, &raw)) || raw.len != KEY_BYTES || !type_known(raw.bytes[0]))
		return FAIL_AT(ST_INVALID, "verifier key");
	memcpy(public_key.bytes, raw.bytes + 1, sizeof public_key);
	TRY(note_key_new(name, (enum note_type)raw.bytes[0], &public_key, &k));
	struct reader r = reader_of(BYTES_OF(id));

	TRY(reader_u32(&r, &claimed));
	if (claimed != k.id)
		return FAIL_AT(ST_INVALID, "verifier key id");
	*out = k;
	return OK;
}

struct status note_key_put(struct buffer *b, const struct note_key *k)
{
	uint8_t raw[KEY_BYTES] = {(uint8_t)k->type};

	memcpy(raw + 1, k->public_key.bytes, sizeof k->public_key);
	TRY(buffer_put(b, text_bytes(note_key_name(k))));
	TRY(buffer_print(b, "+%08x+", k->id));
	return text_put_base64(b, BYTES_OF(raw));
}

/* UTF-8 without control characters but newline. */
static bool characters_valid(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if ((unsigned char)t.at[i] < ' ' && t.at[i] != '\n')
			return false;
	return text_is_utf8(t);
}

/* The id and at least one byte of signature, or a failure. */
static struct status decode(struct text base64, struct buffer *out, uint32_t *id)
{
	if (!ok(text_from_base64(base64, out)) || out->len <= ID_BYTES)
		return FAIL_AT(ST_INVALID, "note signature");
	struct reader r = reader_of(buffer_bytes(out));

	return reader_u32(&r, id);
}

/* `— name base64`, without its newline. */
static struct status parse_signature(struct text line, struct note_signature *out)
{
	struct note_signature s;

	if (!text_starts(line, TEXT(DASH)))
		return FAIL_AT(ST_INVALID, "note signature");
	line = (struct text){line.at + strlen(DASH), line.len - strlen(DASH)};
	if (!text_split(&line, ' ', &s.name) || !note_name_valid(s.name))
		return FAIL_AT(ST_INVALID, "note signature");
	s.base64 = line;
	AUTO(buffer) raw = {.max = NOTE_BYTES_MAX};

	TRY(decode(s.base64, &raw, &s.id));
	*out = s;
	return OK;
}

/* The last empty line separates the text from the signatures. */
static struct status split_note(struct text all, struct text *text, struct text *signatures)
{
	for (size_t i = all.len; i >= 2; i--) {
		if (all.at[i - 1] != '\n' || all.at[i - 2] != '\n')
			continue;
		*text = (struct text){all.at, i - 1};
		*signatures = (struct text){all.at + i, all.len - i};
		return OK;
	}
	return FAIL_AT(ST_INVALID, "note");
}

struct status note_parse(struct bytes bytes, struct note *out)
{
	struct note n = {0};
	struct text signatures, line;

	if (bytes.len > NOTE_BYTES_MAX)
		return FAIL_AT(ST_TOO_BIG, "note");
	if (bytes.len == 0 || bytes.at[bytes.len - 1] != '\n' || !characters_valid(text_from(bytes)))
		return FAIL_AT(ST_INVALID, "note");
	TRY(split_note(text_from(bytes), &n.text, &signatures));
	if (signatures.len == 0)
		return FAIL_AT(ST_INVALID, "note");
	signatures.len--; /* the newline that ends the last line */
	while (text_split(&signatures, '\n', &line)) {
		if (n.count == NOTE_SIGNATURES_MAX)
			return FAIL_AT(ST_TOO_BIG, "note signatures");
		TRY(parse_signature(line, &n.signatures[n.count++]));
	}
	*out = n;
	return OK;
}

struct status note_signature_of(const struct note *n, const struct note_key *key, size_t *at, uint8_t *out, size_t len)
{
	for (; *at < n->count; (*at)++) {
		const struct note_signature *s = &n->signatures[*at];
		uint32_t id;

		if (s->id != key->id || !text_equal(s->name, note_key_name(key)))
			continue;
		AUTO(buffer) raw = {.max = NOTE_BYTES_MAX};

		TRY(decode(s->base64, &raw, &id));
		(*at)++;
		if (raw.len != ID_BYTES + len)
			return FAIL_AT(ST_UNPROVEN, "note signature");
		memcpy(out, raw.bytes + ID_BYTES, len);
		return OK;
	}
	return FAIL_AT(ST_NOT_FOUND, "note signature");
}

struct status note_verify(const struct note *n, const struct note_key *key)
{
	uint8_t signature[SIGNATURE_BYTES];
	size_t at = 0, verified = 0;

	if (key->type != NOTE_ED25519)
		return FAIL_AT(ST_UNPROVEN, "note key type");
	for (;;) {
		struct status s = note_signature_of(n, key, &at, signature, sizeof signature);

		if (s.code == ST_NOT_FOUND)
			break;
		TRY(s);
		TRY(ed25519_verify(&key->public_key, text_bytes(n->text), signature));
		verified++;
	}
	return verified > 0 ? OK : FAIL_AT(ST_UNPROVEN, "note signature");
}

struct status note_put_signature(struct buffer *b, const struct note_key *key, struct bytes signature)
{
	AUTO(buffer) raw = {.max = NOTE_BYTES_MAX};

	TRY(buffer_put_u32(&raw, key->id));
	TRY(buffer_put(&raw, signature));
	TRY(buffer_put(b, BYTES_LITERAL(DASH)));
	TRY(buffer_put(b, text_bytes(note_key_name(key))));
	TRY(buffer_put_u8(b, ' '));
	TRY(text_put_base64(b, buffer_bytes(&raw)));
	return buffer_put_u8(b, '\n');
}

struct status note_sign(struct text text, const struct note_key *key, const struct secret *seed, struct buffer *out)
{
	uint8_t signature[SIGNATURE_BYTES];

	if (text.len == 0 || text.at[text.len - 1] != '\n' || !characters_valid(text))
		return FAIL_AT(ST_INVALID, "note text");
	if (key->type != NOTE_ED25519)
		return FAIL_AT(ST_INVALID, "note key type");
	TRY(ed25519_sign(seed, text_bytes(text), signature));
	TRY(buffer_put(out, text_bytes(text)));
	TRY(buffer_put_u8(out, '\n'));
	return note_put_signature(out, key, BYTES_OF(signature));
}
