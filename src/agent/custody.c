/* SPDX-License-Identifier: Apache-2.0 */
#include "custody.h"

void custody_begin(struct custody *c)
{
	for (size_t i = 0; i < COUNT(c->desks); i++)
		c->desks[i] = (struct keydesk){.unlocked = &c->unlocked, .token = &c->token};
	c->end_at = 0;
	custody_used(c);
}

void custody_lock(struct custody *c)
{
	for (size_t i = 0; i < COUNT(c->desks); i++)
		keydesk_clear(&c->desks[i]);
	unlocked_clear(&c->unlocked);
	c->end_at = 0;
}

void custody_clear(struct custody *c)
{
	custody_lock(c);
	secret_clear(&c->token);
}

static bool same_person(const struct keyholder_person *a, const struct keyholder_person *b)
{
	return hash_equal(&a->site, &b->site) && uuid_equal(&a->user.uuid, &b->user.uuid) &&
	       hash_equal(&a->key_hash, &b->key_hash);
}

struct status custody_unlock(struct custody *c, struct bytes passphrase, uint64_t for_ms)
{
	struct unlocked opened = {.os = NULL};

	TRY(unlocked_open(c->os, c->home, passphrase, &opened));
	/* Commands at work go on, unless the file has become somebody else's. */
	if (!unlocked_is(&c->unlocked) || !same_person(&c->unlocked.person, &opened.person))
		custody_lock(c);
	unlocked_clear(&c->unlocked);
	c->unlocked = opened;
	c->end_at = for_ms > 0 ? clock_mono(c->clock) + for_ms : 0;
	custody_used(c);
	return OK;
}

void custody_used(struct custody *c)
{
	c->used_at = clock_mono(c->clock);
}

uint64_t custody_left(const struct custody *c)
{
	uint64_t end = c->end_at > 0 ? c->end_at : c->used_at + c->idle_ms;
	uint64_t now = clock_mono(c->clock);

	return end > now ? end - now : 0;
}
