/* SPDX-License-Identifier: Apache-2.0 */
/* What a keyd that lies can do to the daemon's side: the first byte chooses what is asked, the rest is the answer. */
#include <sys/socket.h>
#include <unistd.h>

#include "certificate.h"
#include "pem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define NAMES 3

static struct keyring ring = {.fd = -1};
static struct key_name names[NAMES];

static void demand(bool holds)
{
	if (!holds)
		__builtin_trap();
}

/* --- What is asked --- */

static struct status ask_get(const struct keywire_answer *a)
{
	struct key key;

	TRY(keyring_get(&ring, &names[0], &key));
	demand(a->keys.at[0] == 1 && bytes_equal(BYTES_OF(key), bytes_of(a->keys.at + 1, sizeof key)));
	return OK;
}

static struct status ask_prefetch(const struct keywire_answer *a)
{
	TRY(keyring_prefetch(&ring, names, NAMES));
	for (size_t i = 0; i < NAMES; i++)
		demand(keycache_has(&ring.cache, &names[i]) == (a->keys.at[i * KEYWIRE_GET_STEP] == 1));
	return OK;
}

static struct status ask_make(const struct keywire_answer *a)
{
	struct key key;

	TRY(keyring_create(&ring, names, NAMES));
	demand(ok(keyring_get(&ring, &names[1], &key)));
	demand(bytes_equal(BYTES_OF(key), bytes_of(a->keys.at + KEYWIRE_MAKE_STEP, sizeof key)));
	return OK;
}

static struct status ask_sign(const struct keywire_answer *a)
{
	static const struct hash root;
	AUTO(buffer) out = {.max = KEYWIRE_NOTE_MAX};

	TRY(keyring_sign_checkpoint(&ring, 1, &root, NULL, 0, &out));
	demand(bytes_equal(buffer_bytes(&out), a->note));
	return OK;
}

/** As PEM, in which it is served, it is the same. */
static struct status ask_identity(const struct keywire_answer *a)
{
	AUTO(certificate) c = {0};
	AUTO(pem_pair) again = {0};

	TRY(certificate_load(&ring, &c));
	demand(bytes_equal(buffer_bytes(&c.ca), a->identity.ca) && c.ends == a->identity.ends);
	demand(ok(pem_pair_read(text_from(buffer_bytes(&c.chain)), text_from(buffer_bytes(&c.private_key)), &again)));
	demand(again.parts.count == a->identity.chain.count);
	demand(bytes_equal(again.parts.private_key, a->identity.chain.private_key));
	for (size_t i = 0; i < again.parts.count; i++)
		demand(bytes_equal(again.parts.certificates[i], a->identity.chain.certificates[i]));
	return OK;
}

static struct status ask_status(const struct keywire_answer *a)
{
	struct keywire_status about;

	TRY(keyring_status(&ring, &about));
	demand(about.slot_count <= KEYWIRE_SLOTS_MAX && about.signed_size == a->about.signed_size);
	demand(text_equal(about.origin, a->about.origin));
	return OK;
}

static struct status ask_rewrap(const struct keywire_answer *a)
{
	uint64_t night;

	TRY(keyring_rewrap(&ring, &night));
	demand(night == a->night);
	return OK;
}

static struct status ask_slots(const struct keywire_answer *a)
{
	const struct keywire_proof proof = {SLOT_PASSPHRASE, BYTES_LITERAL("words")};
	size_t count;

	TRY(keyring_slot_remove(&ring, &proof, 1, &count));
	demand(count == a->slots && count <= KEYWIRE_SLOTS_MAX);
	return OK;
}

static struct status ask_unseal(const struct keywire_answer *a)
{
	(void)a;
	return keyring_unseal(&ring, &(struct keywire_proof){SLOT_PASSPHRASE, BYTES_LITERAL("words")});
}

static const struct {
	struct status (*ask)(const struct keywire_answer *a);
	enum keywire_id id;
	size_t keys; /* how many an answer must have */
} calls[] = {{ask_get, KEYWIRE_GET, 1},       {ask_prefetch, KEYWIRE_GET, NAMES},  {ask_make, KEYWIRE_MAKE, NAMES},
	     {ask_sign, KEYWIRE_SIGN, 0},     {ask_identity, KEYWIRE_IDENTITY, 0}, {ask_status, KEYWIRE_STATUS, 0},
	     {ask_rewrap, KEYWIRE_REWRAP, 0}, {ask_slots, KEYWIRE_SLOT_REMOVE, 0}, {ask_unseal, KEYWIRE_UNSEAL, 0}};

/* --- What is answered --- */

static void setup(void)
{
	demand(ok(secret_setup()) && ok(secret_empty(KEYWIRE_PACKET_MAX, &ring.packet)) &&
	       ok(keycache_new(&ring.cache)));
	for (size_t i = 0; i < NAMES; i++)
		names[i] = key_name_number(KEY_LOG_YEAR, 2026 + i);
}

/** An answer to something else, or no answer, ends the connection and takes every key with it; a refusal does not. */
static void try_call(size_t which, struct bytes packet)
{
	struct keywire_answer a = {0};
	const bool fits = packet.len <= KEYWIRE_PACKET_MAX && ok(keywire_read_answer(packet, &a)) &&
			  a.id == calls[which].id &&
			  (!ok(a.status) || calls[which].keys == 0 || a.keys.count == calls[which].keys);
	struct status s = calls[which].ask(&a);

	if (fits) {
		const bool absent = which == 0 && ok(a.status) && a.keys.at[0] == 0;
		demand(ring.fd >= 0 && s.code == (absent ? ST_NOT_FOUND : a.status.code));
		return;
	}
	demand(ring.fd < 0 && s.code == ST_UNREACHABLE && ring.filled == 0);
	demand(!keycache_has(&ring.cache, &names[0]));
	demand(calls[which].ask(&a).code == ST_UNREACHABLE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int both[2];

	if (len == 0)
		return 0;
	if (ring.packet.len == 0)
		setup();
	demand(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, both) == 0);
	ring.fd = both[0];
	if (send(both[1], data + 1, len - 1, MSG_DONTWAIT) == (ssize_t)(len - 1))
		try_call(data[0] % COUNT(calls), bytes_of(data + 1, len - 1));
	keycache_empty(&ring.cache);
	if (ring.fd >= 0)
		(void)close(ring.fd);
	ring.fd = -1;
	(void)close(both[1]);
	return 0;
}
