/* SPDX-License-Identifier: Apache-2.0 */
/**
 * meter: counters of one loop.  The loop's thread alone writes; anybody reads.
 * One writer needs no locked instruction, only stores that cannot tear.
 */
#ifndef NET_METER_H
#define NET_METER_H

#include <stdatomic.h>
#include <stdint.h>

typedef _Atomic(uint64_t) meter_count;

struct meter {
	meter_count requests[6];
	meter_count accepted, refused, evicted;
	meter_count handshakes, resumed, handshake_failures;
	meter_count bytes_in, bytes_out;
	meter_count timeouts, protocol_errors;
	meter_count connections, exchanges;
};

static inline void meter_add(meter_count *c, uint64_t n)
{
	atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + n, memory_order_relaxed);
}
static inline void meter_less(meter_count *c)
{
	atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) - 1, memory_order_relaxed);
}
static inline uint64_t meter_read(const meter_count *c)
{
	return atomic_load_explicit((meter_count *)(uintptr_t)c, memory_order_relaxed);
}

#endif /* !NET_METER_H */
