/* SPDX-License-Identifier: Apache-2.0 */
/** page: a piece of a list, by `?since=SEQ` (DESIGN section 7): where it begins, how long it may be, where the next
 * one begins. */
#ifndef STORE_PAGE_H
#define STORE_PAGE_H

#include <stdbool.h>
#include <stdint.h>

struct page {
	uint64_t since;
	uint32_t limit; /* 1 to LIMIT_PAGE */
	/* Results. */
	uint64_t next; /* `since` of the next page */
	bool more;
};

#endif /* !STORE_PAGE_H */
