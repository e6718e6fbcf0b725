/* SPDX-License-Identifier: Apache-2.0 */
/**
 * terminology: which codes and units may stand in a pseudonymous chart.
 *
 * A code is taken only if its system is a published terminology listed here and the
 * code has that terminology's form; a unit only if it is built of known UCUM atoms.
 * A hospital's own code system can hold anything, a name too, so none is taken
 * (PROMISES#K9: a reader of charts reads no identity).
 */
#ifndef CLINICAL_TERMINOLOGY_H
#define CLINICAL_TERMINOLOGY_H

#include "text.h"

/** terminology_takes(system, code) */
bool terminology_takes(struct text system, struct text code);
/**
 * terminology_unit(code, out):
 * Append the UCUM unit ${code} without its annotations in braces, which are free text;
 * `1` when nothing else is in it.  ST_INVALID ("unit") when it is no unit we know.
 */
MUST_CHECK struct status terminology_unit(struct text code, struct buffer *out);

#endif /* !CLINICAL_TERMINOLOGY_H */
