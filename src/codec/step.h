/* SPDX-License-Identifier: Apache-2.0 */
/**
 * step: what may stand between a sign-in and work: a bit of the session's row, a word of `pending` on the wire, and
 * the command by which it is done.
 */
#ifndef CODEC_STEP_H
#define CODEC_STEP_H

#include <stddef.h>
#include <stdint.h>

/** Bits. */
enum step {
	STEP_PASSWORD = 1,
	STEP_CONDUCT = 2,
	STEP_FACTOR = 4,
};
struct step_about {
	enum step step;
	const char *word, *command;
	const char *advice; /* of a refusal: names the command */
};
/** step_at(index): one after the other, in the order in which they are done best; NULL behind the last. */
const struct step_about *step_at(size_t index);
/** step_advice(steps): a literal that names the command for the first of these bits. */
const char *step_advice(uint32_t steps);

#endif /* !CODEC_STEP_H */
