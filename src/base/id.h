/* SPDX-License-Identifier: Apache-2.0 */
/**
 * id: time-ordered random identifiers (UUIDv7, RFC 9562 section 5.7), one C type
 * a kind so that a patient's never passes for a user's.
 *
 * Text form: prefix, '-', 26 characters base32hex (lower case): `pt-0dq3...`.
 */
#ifndef BASE_ID_H
#define BASE_ID_H

#include "text.h"

struct uuid {
	uint8_t bytes[16];
};

#define ID_TYPE(name) \
	struct name { \
		struct uuid uuid; \
	}
ID_TYPE(user_id);     /* us- */
ID_TYPE(patient_id);  /* pt- */
ID_TYPE(record_id);   /* rc- */
ID_TYPE(list_id);     /* ls- */
ID_TYPE(device_id);   /* dv- */
ID_TYPE(session_id);  /* se-: names a session; it is not its token */
ID_TYPE(upload_id);   /* up- */
ID_TYPE(object_id);   /* ob-: sealed bytes on disk */
ID_TYPE(notice_id);   /* nt- */
ID_TYPE(factor_id);   /* fa-: a second factor of one user */
ID_TYPE(approval_id); /* ap-: an act of two persons that was asked for */

enum id_kind {
	ID_USER,
	ID_PATIENT,
	ID_RECORD,
	ID_LIST,
	ID_DEVICE,
	ID_SESSION,
	ID_UPLOAD,
	ID_OBJECT,
	ID_NOTICE,
	ID_FACTOR,
	ID_APPROVAL,
};

#define ID_TEXT_LEN 29 /* prefix of 2, '-', 26 */
struct id_text {
	char at[ID_TEXT_LEN + 1]; /* NUL-terminated */
};

/** uuid_new(ms): 48 bits of ${ms} since 1970, version, 74 random bits. */
struct uuid uuid_new(uint64_t ms);
bool uuid_equal(const struct uuid *a, const struct uuid *b);
bool uuid_is_zero(const struct uuid *u);
static inline struct bytes uuid_bytes(const struct uuid *u)
{
	return bytes_of(u->bytes, sizeof u->bytes);
}
/** id_print(kind, uuid): `id_print(ID_PATIENT, &patient.uuid).at`. */
struct id_text id_print(enum id_kind kind, const struct uuid *uuid);
/** id_parse(kind, t, out): the full text form only; ST_INVALID otherwise. */
MUST_CHECK struct status id_parse(enum id_kind kind, struct text t, struct uuid *out);

#endif /* !BASE_ID_H */
