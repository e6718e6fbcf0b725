/* SPDX-License-Identifier: Apache-2.0 */
/**
 * jsonwriter: JSON straight into a buffer, never by way of a tree (a tree halves
 * the rate of small answers).
 *
 * Every call takes the member's name, a literal of ours in plain ASCII, or NULL for
 * an element of an array and for the one outermost value.  Calls in an order that would not
 * give JSON are a fault of ours and end in an assertion.  Failures (the buffer's
 * ceiling, no memory, text that is not UTF-8) are remembered; nothing is written
 * after the first, and jsonwriter_done() reports it.
 *
 *	struct jsonwriter w = jsonwriter_of(&body);
 *	jsonwriter_object(&w, NULL);
 *	jsonwriter_id(&w, "id", ID_PATIENT, &patient.uuid);
 *	jsonwriter_u64(&w, "size", size);
 *	jsonwriter_end(&w);
 *	TRY(jsonwriter_done(&w));
 */
#ifndef CODEC_JSONWRITER_H
#define CODEC_JSONWRITER_H

#include "id.h"

#define JSONWRITER_DEPTH 32

struct jsonwriter {
	struct buffer *out; /* borrowed */
	size_t start;       /* length of ${out} before us */
	struct status failure;
	uint32_t arrays; /* bit n: the n-th open container is an array */
	uint8_t depth;
	bool comma; /* a value stands before the next one */
};

struct jsonwriter jsonwriter_of(struct buffer *out);

void jsonwriter_object(struct jsonwriter *w, const char *name);
void jsonwriter_array(struct jsonwriter *w, const char *name);
/** jsonwriter_end(w): close the innermost open object or array. */
void jsonwriter_end(struct jsonwriter *w);

/** Any UTF-8, NUL and control characters included; an empty text is "". */
void jsonwriter_text(struct jsonwriter *w, const char *name, struct text t);
/** The same for NUL-terminated text; NULL is written as null. */
void jsonwriter_string(struct jsonwriter *w, const char *name, const char *t);
void jsonwriter_u64(struct jsonwriter *w, const char *name, uint64_t v);
void jsonwriter_bool(struct jsonwriter *w, const char *name, bool v);
void jsonwriter_null(struct jsonwriter *w, const char *name);
/** RFC 3339, from milliseconds since 1970. */
void jsonwriter_time(struct jsonwriter *w, const char *name, uint64_t ms);
void jsonwriter_id(struct jsonwriter *w, const char *name, enum id_kind kind, const struct uuid *uuid);
/** Lower-case base16. */
void jsonwriter_hash(struct jsonwriter *w, const char *name, const struct hash *h);
void jsonwriter_base64(struct jsonwriter *w, const char *name, struct bytes v);
void jsonwriter_base64url(struct jsonwriter *w, const char *name, struct bytes v);
/** ${json} is one whole JSON value of our own making (json_write(), a stored answer). */
void jsonwriter_raw(struct jsonwriter *w, const char *name, struct text json);

/** jsonwriter_done(w): everything is closed; on failure ${out} is cut back to its former length. */
MUST_CHECK struct status jsonwriter_done(struct jsonwriter *w);

/** jsonwriter_quote(out, t): one JSON string, quotes included; ST_INVALID for text that is not UTF-8. */
MUST_CHECK struct status jsonwriter_quote(struct buffer *out, struct text t);

#endif /* !CODEC_JSONWRITER_H */
