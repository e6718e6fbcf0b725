/* SPDX-License-Identifier: Apache-2.0 */
/**
 * hl7: messages of HL7 version 2 in their "vertical bar" form, read as far as it takes
 * to know whom they are about.
 *
 * Each message names its own separators in MSH; segments end in CR, and in LF or CRLF
 * too, as editors leave them; MLLP frame bytes are passed over.
 */
#ifndef CODEC_HL7_H
#define CODEC_HL7_H

#include "text.h"

struct hl7 {
	struct text rest;
	char field, component, repetition, escape, part; /* of the message in hand */
};

/** hl7_of(text): before the first segment; ${text} must outlive it. */
struct hl7 hl7_of(struct text text);
/** hl7_next(h, segment): the next one that is not empty, MSH setting the separators; false after the last. */
bool hl7_next(struct hl7 *h, struct text *segment);
/** hl7_is(segment, name): its first three characters. */
bool hl7_is(struct text segment, const char *name);
/** hl7_field(h, segment, number): counted as HL7 counts (MSH-1 is the separator); empty where there is none. */
struct text hl7_field(const struct hl7 *h, struct text segment, size_t number);
/** hl7_piece(t, separator, number): from 1; empty where there is none. */
struct text hl7_piece(struct text t, char separator, size_t number);
/** hl7_open(h, t, out): append ${t} with its escapes for separators opened, others as they are. */
MUST_CHECK struct status hl7_open(const struct hl7 *h, struct text t, struct buffer *out);

#endif /* !CODEC_HL7_H */
