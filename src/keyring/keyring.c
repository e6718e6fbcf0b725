/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"

/* An answer that takes longer than this does not come: a disk that hangs. */
#define WAIT_MS 30000
/* Argon2id on every slot, or millions of keys sealed anew. */
#define WAIT_LONG_MS 600000

/* A buffer over memory that somebody else owns: never cleared, never moved. */
static struct buffer over(const struct secret *s)
{
	return (struct buffer){.bytes = s->bytes, .capacity = s->len, .max = s->len};
}

static void wipe_packet(struct keyring *r)
{
	secret_wipe(r->packet.bytes, r->filled);
	r->filled = 0;
}

/* Whatever went wrong between us: no second question may follow on this connection. */
static struct status gone(struct keyring *r)
{
	wipe_packet(r);
	keycache_empty(&r->cache);
	if (r->fd >= 0)
		(void)close(r->fd);
	r->fd = -1;
	return FAIL_AT(ST_UNREACHABLE, REASON_GONE);
}

static struct status send_question(struct keyring *r, const struct keywire_question *q)
{
	struct buffer packet = over(&r->packet);
	ssize_t sent;

	wipe_packet(r);
	struct status s = keywire_put_question(&packet, q);
	r->filled = packet.len;
	if (!ok(s)) {
		wipe_packet(r);
		return s;
	}
	do {
		sent = send(r->fd, packet.bytes, packet.len, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	wipe_packet(r);
	return sent == (ssize_t)packet.len ? OK : gone(r);
}

static struct status receive_answer(struct keyring *r, int wait_ms, enum keywire_id id, struct keywire_answer *out)
{
	ssize_t len;

	if (!child_readable(r->fd, wait_ms))
		return gone(r);
	do {
		len = recv(r->fd, r->packet.bytes, r->packet.len, MSG_TRUNC);
	} while (len < 0 && errno == EINTR);
	if (len <= 0)
		return gone(r);
	r->filled = (size_t)len < r->packet.len ? (size_t)len : r->packet.len;
	if ((size_t)len > r->packet.len || !ok(keywire_read_answer(bytes_of(r->packet.bytes, (size_t)len), out)) ||
	    out->id != id)
		return gone(r);
	return out->status;
}

/* The answer's views live in the packet until the next call, or wipe_packet(). */
static struct status ask_for(struct keyring *r, int wait_ms, const struct keywire_question *q,
			     struct keywire_answer *out)
{
	if (r->fd < 0)
		return FAIL_AT(ST_UNREACHABLE, REASON_GONE);
	TRY(send_question(r, q));
	return receive_answer(r, wait_ms, q->id, out);
}

static struct status ask(struct keyring *r, const struct keywire_question *q, struct keywire_answer *out)
{
	return ask_for(r, WAIT_MS, q, out);
}

static struct status greet(struct keyring *r)
{
	const struct keywire_question q = {.id = KEYWIRE_HELLO, .version = KEYWIRE_VERSION};
	struct keywire_answer a;

	TRY(ask(r, &q, &a));
	if (a.hello.version != KEYWIRE_VERSION)
		return FAIL_AT(ST_CONFLICT, REASON_VERSIONS);
	r->state = a.hello.state;
	return OK;
}

struct status keyring_open(struct keyring_process *p, size_t number, struct keyring *out)
{
	AUTO(keyring) r = {.fd = -1};

	if (number >= p->count || p->connections[number] < 0)
		return FAIL_AT(ST_INVALID, "keyd connection");
	TRY(secret_empty(KEYWIRE_PACKET_MAX, &r.packet));
	TRY(keycache_new(&r.cache));
	r.fd = p->connections[number];
	p->connections[number] = -1;
	TRY(greet(&r));
	*out = r;
	r = (struct keyring){.fd = -1};
	return OK;
}

void keyring_clear(struct keyring *r)
{
	if (r->fd >= 0)
		(void)close(r->fd);
	secret_clear(&r->packet);
	keycache_clear(&r->cache);
	*r = (struct keyring){.fd = -1};
}

struct status keyring_init(struct keyring *r, struct text origin, struct text site_name,
			   const struct keywire_proof *proof)
{
	const struct keywire_question q = {.id = KEYWIRE_CREATE, .create = {origin, site_name, *proof}};
	struct keywire_answer a;

	TRY(ask_for(r, WAIT_LONG_MS, &q, &a));
	r->state = KEYWIRE_OPEN;
	return OK;
}

struct status keyring_unseal(struct keyring *r, const struct keywire_proof *proof)
{
	const struct keywire_question q = {.id = KEYWIRE_UNSEAL, .unseal = *proof};
	struct keywire_answer a;

	TRY(ask_for(r, WAIT_LONG_MS, &q, &a));
	r->state = KEYWIRE_OPEN;
	return OK;
}

/* Keys. */

/* One message for at most KEYWIRE_KEYS_MAX names; what there is goes to the cache. */
static struct status fetch(struct keyring *r, enum keywire_id id, const struct key_name *names, size_t count)
{
	const struct keywire_question q = {.id = id, .keys = {names, count}};
	size_t skip = id == KEYWIRE_GET ? 1 : 0;
	struct keywire_answer a;

	TRY(ask(r, &q, &a));
	if (a.keys.count != count)
		return gone(r);
	for (size_t i = 0; i < count; i++) {
		const uint8_t *at = a.keys.at + i * (skip + sizeof(struct key));

		if (skip == 0 || at[0] == 1)
			keycache_put(&r->cache, &names[i], (const struct key *)(at + skip));
	}
	wipe_packet(r);
	return OK;
}

struct status keyring_get(struct keyring *r, const struct key_name *name, struct key *out)
{
	if (r->fd < 0)
		return FAIL_AT(ST_UNREACHABLE, REASON_GONE);
	if (keycache_find(&r->cache, name, out))
		return OK;
	TRY(fetch(r, KEYWIRE_GET, name, 1));
	return keycache_find(&r->cache, name, out) ? OK : FAIL_AT(ST_NOT_FOUND, "stored key");
}

/* Names that wait for a message.  Plain names, not keys: any memory will do. */
struct wanted {
	struct key_name names[KEYWIRE_KEYS_MAX];
	size_t count;
};

static struct status fetch_wanted(struct keyring *r, struct wanted *w)
{
	size_t count = w->count;

	w->count = 0;
	return count == 0 ? OK : fetch(r, KEYWIRE_GET, w->names, count);
}

struct status keyring_prefetch(struct keyring *r, const struct key_name *names, size_t count)
{
	struct wanted wanted;

	if (r->fd < 0)
		return FAIL_AT(ST_UNREACHABLE, REASON_GONE);
	wanted.count = 0;
	for (size_t i = 0; i < count; i++) {
		if (keycache_has(&r->cache, &names[i]))
			continue;
		wanted.names[wanted.count++] = names[i];
		if (wanted.count == KEYWIRE_KEYS_MAX)
			TRY(fetch_wanted(r, &wanted));
	}
	return fetch_wanted(r, &wanted);
}

struct status keyring_create(struct keyring *r, const struct key_name *names, size_t count)
{
	return count == 0 ? OK : fetch(r, KEYWIRE_MAKE, names, count);
}

/* The log. */

struct status keyring_sign_checkpoint(struct keyring *r, uint64_t size, const struct hash *root,
				      const struct hash *proof, size_t count, struct buffer *out)
{
	const struct keywire_question q = {.id = KEYWIRE_SIGN, .sign = {size, *root, proof, count}};
	struct keywire_answer a;

	TRY(ask(r, &q, &a));
	return buffer_put(out, a.note);
}

/* TLS. */

void keyring_identity_clear(struct keyring_identity *i)
{
	secret_clear(&i->private_key);
	buffer_clear(&i->ca);
	for (size_t n = 0; n < COUNT(i->chain); n++)
		buffer_clear(&i->chain[n]);
	*i = (struct keyring_identity){0};
}

static struct status keep(struct bytes piece, struct buffer *out)
{
	out->max = KEYWIRE_CERTIFICATE_MAX;
	return buffer_put(out, piece);
}

static struct status ask_identity(struct keyring *r, enum keywire_id id, struct keyring_identity *out)
{
	const struct keywire_question q = {.id = id};
	AUTO(keyring_identity) i = {0};
	struct keywire_answer a;

	TRY(ask(r, &q, &a));
	i.source = a.identity.source;
	i.made = a.identity.made;
	i.ends = a.identity.ends;
	TRY(secret_from(a.identity.chain.private_key, &i.private_key));
	TRY(keep(a.identity.ca, &i.ca));
	for (; i.count < a.identity.chain.count; i.count++)
		TRY(keep(a.identity.chain.certificates[i.count], &i.chain[i.count]));
	wipe_packet(r);
	*out = i;
	i = (struct keyring_identity){0};
	return OK;
}

struct status keyring_tls_identity(struct keyring *r, struct keyring_identity *out)
{
	return ask_identity(r, KEYWIRE_IDENTITY, out);
}

struct status keyring_tls_renew(struct keyring *r, struct keyring_identity *out)
{
	return ask_identity(r, KEYWIRE_RENEW, out);
}

struct status keyring_tls_import(struct keyring *r, const struct keywire_chain *chain)
{
	const struct keywire_question q = {.id = KEYWIRE_IMPORT, .import = *chain};
	struct keywire_answer a;

	return ask(r, &q, &a);
}

/* The operator's. */

struct status keyring_rewrap(struct keyring *r, uint64_t *night)
{
	const struct keywire_question q = {.id = KEYWIRE_REWRAP};
	struct keywire_answer a;

	TRY(ask_for(r, WAIT_LONG_MS, &q, &a));
	*night = a.night;
	return OK;
}

struct status keyring_status(struct keyring *r, struct keywire_status *out)
{
	const struct keywire_question q = {.id = KEYWIRE_STATUS};
	struct keywire_answer a;

	TRY(ask(r, &q, &a));
	*out = a.about;
	return OK;
}

struct status keyring_slot_add(struct keyring *r, const struct keywire_proof *present,
			       const struct keywire_proof *added, size_t *count)
{
	const struct keywire_question q = {.id = KEYWIRE_SLOT_ADD, .slot_add = {*present, *added}};
	struct keywire_answer a;

	TRY(ask_for(r, WAIT_LONG_MS, &q, &a));
	*count = a.slots;
	return OK;
}

struct status keyring_slot_remove(struct keyring *r, const struct keywire_proof *present, uint8_t index, size_t *count)
{
	const struct keywire_question q = {.id = KEYWIRE_SLOT_REMOVE, .slot_remove = {*present, index}};
	struct keywire_answer a;

	TRY(ask_for(r, WAIT_LONG_MS, &q, &a));
	*count = a.slots;
	return OK;
}
