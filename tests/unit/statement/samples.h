/* SPDX-License-Identifier: Apache-2.0 */
/** samples: one valid statement of every kind, with keys derived from a fixed seed. */
#ifndef UNIT_STATEMENT_SAMPLES_H
#define UNIT_STATEMENT_SAMPLES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "key_hash.h"
#include "statement.h"
#include "testing.h"

struct pair {
	struct secret private_key;
	struct p256_public public_key;
};

static inline void pair_clear(struct pair *p)
{
	secret_clear(&p->private_key);
}

static inline void pair_of(const char *seed, struct pair *out)
{
	struct hash h;

	assert_ok(sha256(text_bytes(text_of(seed)), &h));
	assert_ok(p256_derive(hash_bytes(&h), BYTES_LITERAL("test"), &out->private_key, &out->public_key));
}

static inline struct uuid uuid_of(uint8_t fill)
{
	struct uuid u;

	memset(u.bytes, fill, sizeof u.bytes);
	return u;
}

static inline struct hash hash_of(uint8_t fill)
{
	struct hash h;

	memset(h.bytes, fill, sizeof h.bytes);
	return h;
}

static inline struct recipient recipient_of(uint8_t fill)
{
	return (struct recipient){RECIPIENT_USER, uuid_of(fill), hash_of(fill), hash_of((uint8_t)(fill + 1))};
}

/** sample_draft(kind, key, rows, out): ${rows} keeps the recipients of an epoch and outlives the draft. */
static inline void sample_draft(enum statement_kind kind, const struct p256_public *key, struct buffer *rows,
				struct statement *out)
{
	static const uint8_t sealed[72] = {7};
	static const uint8_t token[32] = {9};
	struct statement s = {.kind = kind};

	if (kind != STATEMENT_SITE)
		s.head.site = hash_of(1);
	s.head.author.uuid = uuid_of(2);
	s.head.author_key = hash_of(3);
	s.head.seen_size = 17;
	s.head.seen_root = hash_of(4);
	if (kind != STATEMENT_SIGN_IN)
		s.head.previous = hash_of(5);
	s.head.time = 1795000000123;
	switch (kind) {
	case STATEMENT_SITE:
		s.site = (struct statement_site){TEXT("Practice at the Mill"),
						 TEXT("eu"),
						 TEXT("https://localhost:8443"),
						 {{6}},
						 {uuid_of(2)},
						 TEXT("root"),
						 *key};
		break;
	case STATEMENT_INVITATION:
		s.invitation = (struct statement_invitation){
			{uuid_of(7)}, TEXT("anna"), PROFILE_CLINICIAN, RIGHT_READ | RIGHT_SHARE, *key, 1795000900000};
		break;
	case STATEMENT_KEY:
		s.key = (struct statement_key){{uuid_of(7)}, *key, *key, hash_of(8)};
		break;
	case STATEMENT_USER:
		s.user = (struct statement_user){{uuid_of(7)}, PROFILE_ASSISTANT, RIGHT_READ, USER_DISABLED};
		break;
	case STATEMENT_PATIENT:
		s.patient = (struct statement_patient){{uuid_of(9)}, bytes_of(token, 32)};
		break;
	case STATEMENT_EPOCH:
		rows->len = 0;
		for (uint8_t i = 1; i <= 3; i++) {
			const struct recipient row = recipient_of((uint8_t)(i * 16));
			assert_ok(statement_put_recipient(rows, &row));
		}
		s.epoch = (struct statement_epoch){HOLDER_PATIENT, uuid_of(9),           COMPARTMENT_CLINICAL, 4,
						   hash_of(10),    bytes_of(sealed, 72), buffer_bytes(rows)};
		break;
	case STATEMENT_GRANT:
		s.grant = (struct statement_grant){{uuid_of(9)}, RECIPIENT_USER, uuid_of(11), RIGHT_READ, 0};
		break;
	case STATEMENT_REVOCATION:
		s.revocation = (struct statement_revocation){{uuid_of(9)}, RECIPIENT_LIST, uuid_of(11)};
		break;
	case STATEMENT_RECORD:
		s.record = (struct statement_record){{uuid_of(9)}, {uuid_of(12)},    1,    RECORD_PHOTO,
						     RECORD_FINAL, COMPARTMENT_BOTH, 3,    4,
						     {NULL, 0},    hash_of(13),      4096, hash_of(14)};
		break;
	case STATEMENT_RECORD_END:
		s.record_end = (struct statement_record_end){{uuid_of(9)}, {uuid_of(12)}, 2, END_IN_ERROR};
		break;
	case STATEMENT_SIGN_IN:
		s.sign_in = (struct statement_sign_in){hash_of(15), {uuid_of(16)}};
		break;
	case STATEMENT_PATIENT_END:
		s.patient_end = (struct statement_patient_end){{uuid_of(9)}, 604800000};
		break;
	case STATEMENT_PATIENT_KEEP:
		s.patient_keep = (struct statement_patient_keep){{uuid_of(9)}, hash_of(17)};
		break;
	case STATEMENT_CONDUCT:
		s.conduct = (struct statement_conduct){2, LANGUAGE_FRENCH, hash_of(18)};
		break;
	case STATEMENT_REVIEW:
		s.review = (struct statement_review){3, 17, 40, 5, 1, 2, 7, 3};
		break;
	case STATEMENT_KINDS:
		break;
	}
	*out = s;
}

#endif /* !UNIT_STATEMENT_SAMPLES_H */
