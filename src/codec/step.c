/* SPDX-License-Identifier: Apache-2.0 */
#include "step.h"

#include "status.h"

#define STEP(bit, name, what, run) \
	{ \
		.step = (bit), .word = (name), .command = (run), .advice = what ": run " run \
	}
static const struct step_about table[] = {
	STEP(STEP_PASSWORD, "password", "password", "tacenda password change"),
	STEP(STEP_CONDUCT, "conduct", "conduct", "tacenda conduct accept"),
	STEP(STEP_FACTOR, "factor", "second factor", "tacenda factor add totp"),
};

const struct step_about *step_at(size_t index)
{
	return index < COUNT(table) ? &table[index] : NULL;
}

const char *step_advice(uint32_t steps)
{
	for (size_t i = 0; i < COUNT(table); i++)
		if ((steps & (uint32_t)table[i].step) != 0)
			return table[i].advice;
	return "step";
}
