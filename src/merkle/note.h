/* SPDX-License-Identifier: Apache-2.0 */
/**
 * note: text signed by one or more keys (c2sp.org/signed-note), Ed25519 only.
 *
 * A note is public text; nothing in it may be believed before note_verify().
 */
#ifndef MERKLE_NOTE_H
#define MERKLE_NOTE_H

#include "ed25519.h"
#include "text.h"

/** A key name is a short URL; tlog-cosignature has no room for a longer one. */
#define NOTE_NAME_MAX 255
/** The specification demands 16; a log key, its successor and some witnesses need fewer. */
#define NOTE_SIGNATURES_MAX 32
/** A whole note: parsed from foreign bytes in one piece. */
#define NOTE_BYTES_MAX ((size_t)64 * 1024)

/** What a signature covers, and how (signed-note, "Signature types"). */
enum note_type {
	NOTE_ED25519 = 0x01,     /* the note's text */
	NOTE_COSIGNATURE = 0x04, /* a time and the text: checkpoint_verify_cosignature() */
};

/** A verifier key.  Made by note_key_new() or note_key_parse() only. */
struct note_key {
	char name[NOTE_NAME_MAX];
	uint8_t name_len;
	enum note_type type;
	uint32_t id;
	struct ed25519_public public_key;
};
static inline struct text note_key_name(const struct note_key *k)
{
	return (struct text){k->name, k->name_len};
}

/** note_name_valid(name): UTF-8, 1 to NOTE_NAME_MAX bytes, no space, no control, no plus. */
bool note_name_valid(struct text name);
/** note_key_new(name, type, public, out): ST_INVALID for a name that is not valid. */
MUST_CHECK struct status note_key_new(struct text name, enum note_type type, const struct ed25519_public *public_key,
				      struct note_key *out);
/** note_key_parse(vkey, out): `name+hex+base64`, whose id must be the one of its name, type and key. */
MUST_CHECK struct status note_key_parse(struct text vkey, struct note_key *out);
/** note_key_put(b, k): append the vkey. */
MUST_CHECK struct status note_key_put(struct buffer *b, const struct note_key *k);

struct note_signature {
	struct text name;
	uint32_t id;
	struct text base64; /* valid, of the id and at least one byte more */
};
/** Views into the bytes that were parsed. */
struct note {
	struct text text; /* what is signed; ends with a newline */
	size_t count;
	struct note_signature signatures[NOTE_SIGNATURES_MAX];
};

/** note_parse(bytes, out): the form only, no signature is looked at.  ST_INVALID, ST_TOO_BIG. */
MUST_CHECK struct status note_parse(struct bytes bytes, struct note *out);
/**
 * note_verify(n, key):
 * ${key} (of type NOTE_ED25519) signed this text.  ST_UNPROVEN when it did not,
 * or when any signature under its name and id does not fit; signatures of other
 * keys are ignored.
 */
MUST_CHECK struct status note_verify(const struct note *n, const struct note_key *key);
/**
 * note_signature_of(n, key, at, out):
 * The bytes after the id of the next signature under the name and id of ${key},
 * looking from *${at}, which moves past it.  ST_NOT_FOUND when there is none,
 * ST_UNPROVEN unless it is ${len} bytes.
 */
MUST_CHECK struct status note_signature_of(const struct note *n, const struct note_key *key, size_t *at, uint8_t *out,
					   size_t len);
/** note_put_signature(b, key, signature): append one signature line. */
MUST_CHECK struct status note_put_signature(struct buffer *b, const struct note_key *key, struct bytes signature);
/**
 * note_sign(text, key, seed, out):
 * Append the whole note: text, blank line, signature.  ST_INVALID unless ${text}
 * may be a note's (ends with a newline, UTF-8, no control character).
 */
MUST_CHECK struct status note_sign(struct text text, const struct note_key *key, const struct secret *seed,
				   struct buffer *out);

#endif /* !MERKLE_NOTE_H */
