/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to an unlocked agent, each a u16 length and that many bytes: none may crash it, and none
 * may give out a private key. */
#include <string.h>

#include "agentdispatch.h"
#include "hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint64_t no_time(void *context)
{
	(void)context;
	return 1;
}

static const struct clock stopped = {no_time, no_time, NULL};
static struct secret file_key, hpke_private, sign_private, room;
static struct keyholder_person person;

static void demand(bool holds)
{
	if (!holds)
		__builtin_trap();
}

static void prepare(void)
{
	demand(ok(secret_setup()) && ok(crypto_setup()));
	demand(ok(secret_new(32, &file_key)) && ok(p256_new(&hpke_private, &person.hpke_key)) &&
	       ok(p256_new(&sign_private, &person.sign_key)) && ok(secret_empty(AGENTWIRE_PACKET_MAX, &room)));
	/* What the seeds were made for. */
	memset(person.site.bytes, 0x51, sizeof person.site.bytes);
	memset(person.user.uuid.bytes, 0xa1, sizeof person.user.uuid.bytes);
}

static void unlock(struct unlocked *u)
{
	*u = (struct unlocked){.person = person, .os = &os_real, .dir = -1};
	demand(ok(secret_from(secret_bytes(&file_key), &u->keys.file_key)) &&
	       ok(secret_from(secret_bytes(&hpke_private), &u->keys.hpke_private)) &&
	       ok(secret_from(secret_bytes(&sign_private), &u->keys.sign_private)));
}

static void look(const struct buffer *answer)
{
	const struct secret *const kept[] = {&file_key, &hpke_private, &sign_private};

	demand(answer->len >= 3 && answer->len <= AGENTWIRE_PACKET_MAX);
	for (size_t i = 0; i < COUNT(kept); i++)
		demand(memmem(answer->bytes, answer->len, kept[i]->bytes, kept[i]->len) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct custody custody = {.os = &os_real, .clock = &stopped, .home = -1, .idle_ms = 1000};
	struct reader r = reader_of(bytes_of(data, len));
	struct bytes question;
	uint16_t size;

	if (room.bytes == NULL)
		prepare();
	custody_begin(&custody);
	unlock(&custody.unlocked);
	struct agentdispatch_seat seat = {&custody, &custody.desks[3], true};
	while (ok(reader_u16(&r, &size)) && ok(reader_take(&r, size, &question))) {
		struct buffer answer = {.bytes = room.bytes, .capacity = room.len, .max = room.len, .wipe = true};
		enum agentdispatch_verdict verdict = agentdispatch(&seat, question, &answer);

		if (verdict != AGENTDISPATCH_END)
			look(&answer);
		if (verdict != AGENTDISPATCH_ANSWER)
			break;
	}
	custody_clear(&custody);
	return 0;
}
