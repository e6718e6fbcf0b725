/* SPDX-License-Identifier: Apache-2.0 */
/**
 * attachment: files that travel inside FHIR resources: every object, wherever it
 * stands, that has `contentType` and base64 `data` (Attachment, Binary).
 */
#ifndef CLINICAL_ATTACHMENT_H
#define CLINICAL_ATTACHMENT_H

#include "json.h"
#include "vocabulary.h"

struct attachment {
	uint32_t ordinal;         /* within its resource, from 0 */
	struct text type;         /* as written: with parameters such as charset */
	struct text title, taken; /* empty when nothing says them; ${taken} is a FHIR date or dateTime */
	struct text data;         /* base64, white space allowed (as in XML's) */
};
typedef struct status attachment_visit(void *context, const struct attachment *attachment);
/** attachment_walk(resource, visit, context): each with data, in document order. */
MUST_CHECK struct status attachment_walk(struct json resource, attachment_visit *visit, void *context);
/** attachment_open(a, out): the bytes; ST_INVALID ("attachment") when it is not base64.  ${out} should wipe. */
MUST_CHECK struct status attachment_open(const struct attachment *a, struct buffer *out);
/** attachment_kind(type): a dictation for audio, a photo for an image or a video, else a report. */
enum record_kind attachment_kind(struct text type);

#endif /* !CLINICAL_ATTACHMENT_H */
