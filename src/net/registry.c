/* SPDX-License-Identifier: Apache-2.0 */
#include "registry.h"

#include <string.h>

/* The end of a UUIDv7 is random already. */
static size_t bucket_of(const struct uuid *session)
{
	uint32_t tail;

	memcpy(&tail, session->bytes + 12, sizeof tail);
	return tail % REGISTRY_BUCKETS;
}

void registry_remove(struct registry_entry *e)
{
	if (e->link == NULL)
		return;
	*e->link = e->next;
	if (e->next != NULL)
		e->next->link = e->link;
	e->link = NULL;
	e->next = NULL;
}

void registry_add(struct registry *r, struct registry_entry *e, const struct uuid *session)
{
	struct registry_entry **bucket = &r->buckets[bucket_of(session)];

	registry_remove(e);
	e->session = *session;
	e->next = *bucket;
	e->link = bucket;
	if (e->next != NULL)
		e->next->link = &e->next;
	*bucket = e;
}

struct registry_entry *registry_next(const struct registry *r, const struct uuid *session,
				     const struct registry_entry *after)
{
	struct registry_entry *e = after != NULL ? after->next : r->buckets[bucket_of(session)];

	while (e != NULL && !uuid_equal(&e->session, session))
		e = e->next;
	return e;
}
