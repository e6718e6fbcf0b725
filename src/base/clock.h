/* SPDX-License-Identifier: Apache-2.0 */
/**
 * clock: time is passed in, so that tests own it.  Wall time for expiry and
 * leaves, monotonic time for limits and lock-out.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

struct clock {
	uint64_t (*wall_ms)(void *context); /* since 1970-01-01 UTC */
	uint64_t (*mono_ms)(void *context); /* from an arbitrary start */
	void *context;
};

/** The system's clocks. */
extern const struct clock clock_system;

static inline uint64_t clock_wall(const struct clock *c)
{
	return c->wall_ms(c->context);
}
static inline uint64_t clock_mono(const struct clock *c)
{
	return c->mono_ms(c->context);
}
#endif /* !BASE_CLOCK_H */
