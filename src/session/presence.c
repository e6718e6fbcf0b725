/* SPDX-License-Identifier: Apache-2.0 */
#include "presence.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Open sessions of a site; a power of two.  Past that the table doubles. */
#define FIRST_SLOTS 1024
/* Instead of a time: idle for too long, and not yet ended in the store. */
#define IDLE_OVER UINT64_MAX

struct seen {
	struct session_id session; /* zero: free */
	uint64_t at;
};

struct presence {
	pthread_mutex_t lock;
	struct seen *slots; /* open addressing, linear probing */
	size_t capacity, count;
	uint64_t begun; /* last use of whatever has no slot */
};

struct status presence_new(uint64_t now, struct presence **out)
{
	struct presence *p = calloc(1, sizeof *p);

	if (p == NULL)
		return FAIL(ST_NO_MEMORY);
	p->slots = calloc(FIRST_SLOTS, sizeof *p->slots);
	if (p->slots == NULL) {
		free(p);
		return FAIL(ST_NO_MEMORY);
	}
	p->capacity = FIRST_SLOTS;
	p->begun = now;
	(void)pthread_mutex_init(&p->lock, NULL);
	*out = p;
	return OK;
}

void presence_free(struct presence *p)
{
	if (p == NULL)
		return;
	(void)pthread_mutex_destroy(&p->lock);
	free(p->slots);
	free(p);
}

/** Its slot, or the free one where it belongs.  The random end of an id is its own hash, but for its first byte, which
 * holds the variant. */
static struct seen *slot_of(struct seen *slots, size_t capacity, const struct session_id *session)
{
	uint64_t hash;

	memcpy(&hash, session->uuid.bytes + 8, sizeof hash);
	for (size_t i = (size_t)(hash >> 8) & (capacity - 1);; i = (i + 1) & (capacity - 1))
		if (uuid_is_zero(&slots[i].session.uuid) || uuid_equal(&slots[i].session.uuid, &session->uuid))
			return &slots[i];
}

static struct status grow(struct presence *p)
{
	size_t capacity = p->capacity * 2;
	struct seen *slots = calloc(capacity, sizeof *slots);

	if (slots == NULL)
		return FAIL(ST_NO_MEMORY);
	for (size_t i = 0; i < p->capacity; i++)
		if (!uuid_is_zero(&p->slots[i].session.uuid))
			*slot_of(slots, capacity, &p->slots[i].session) = p->slots[i];
	free(p->slots);
	p->slots = slots;
	p->capacity = capacity;
	return OK;
}

/** Free the slot and move up whoever was pushed past it. */
static void remove_slot(struct presence *p, struct seen *slot)
{
	size_t at = (size_t)(slot - p->slots);

	*slot = (struct seen){0};
	p->count--;
	for (size_t i = (at + 1) & (p->capacity - 1); !uuid_is_zero(&p->slots[i].session.uuid);
	     i = (i + 1) & (p->capacity - 1)) {
		struct seen moved = p->slots[i];
		p->slots[i] = (struct seen){0};
		*slot_of(p->slots, p->capacity, &moved.session) = moved;
	}
}

/** Its slot, made where there is none. */
static struct status take_slot(struct presence *p, const struct session_id *session, struct seen **out)
{
	struct seen *slot = slot_of(p->slots, p->capacity, session);

	if (uuid_is_zero(&slot->session.uuid)) {
		if (p->count * 2 >= p->capacity) {
			TRY(grow(p));
			slot = slot_of(p->slots, p->capacity, session);
		}
		*slot = (struct seen){*session, p->begun};
		p->count++;
	}
	*out = slot;
	return OK;
}

static struct status touch(struct presence *p, const struct session_id *session, uint64_t now, uint64_t idle_ms)
{
	struct seen *slot;

	TRY(take_slot(p, session, &slot));
	if (slot->at == IDLE_OVER || (now > slot->at && now - slot->at > idle_ms)) {
		/* It stays so until presence_forget(): a second request must not begin a new idle time. */
		slot->at = IDLE_OVER;
		return FAIL_AT(ST_UNPROVEN, "idle");
	}
	slot->at = now;
	return OK;
}

struct status presence_touch(struct presence *p, const struct session_id *session, uint64_t now, uint64_t idle_ms)
{
	(void)pthread_mutex_lock(&p->lock);
	struct status s = touch(p, session, now, idle_ms);
	(void)pthread_mutex_unlock(&p->lock);
	return s;
}

struct status presence_begin(struct presence *p, const struct session_id *session, uint64_t now)
{
	struct seen *slot;

	(void)pthread_mutex_lock(&p->lock);
	struct status s = take_slot(p, session, &slot);
	if (ok(s))
		slot->at = now;
	(void)pthread_mutex_unlock(&p->lock);
	return s;
}

uint64_t presence_unused(struct presence *p, const struct session_id *session, uint64_t now)
{
	(void)pthread_mutex_lock(&p->lock);
	const struct seen *slot = slot_of(p->slots, p->capacity, session);
	uint64_t at = uuid_is_zero(&slot->session.uuid) ? p->begun : slot->at;
	(void)pthread_mutex_unlock(&p->lock);
	if (at == IDLE_OVER)
		return UINT64_MAX;
	return now > at ? now - at : 0;
}

void presence_forget(struct presence *p, const struct session_id *session)
{
	(void)pthread_mutex_lock(&p->lock);
	struct seen *slot = slot_of(p->slots, p->capacity, session);
	if (!uuid_is_zero(&slot->session.uuid))
		remove_slot(p, slot);
	(void)pthread_mutex_unlock(&p->lock);
}
