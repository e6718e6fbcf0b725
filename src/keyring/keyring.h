/* SPDX-License-Identifier: Apache-2.0 */
/**
 * keyring: the daemon's side of tacenda-keyd (docs/PROTOCOL.md section 1).
 *
 * One process is started; each thread that needs keys owns one `struct keyring`,
 * which is one connection with a cache of its own, so no lock guards a key.
 *
 * Invariants:
 *  1. Keys are in guarded memory only: the cache, the packet, what the caller brings.
 *  2. Once a call has found that keyd ended or broke the protocol, the connection is
 *     closed, the cache wiped, and every later call ST_UNREACHABLE (REASON_GONE).  It is
 *     never mended: the daemon, which sees keyd end (keyring_process.watch) even while
 *     caches answer, drains and ends.
 *
 * What keyd refuses comes back as it left it: code and one of the literals of keywire.h.
 */
#ifndef KEYRING_KEYRING_H
#define KEYRING_KEYRING_H

#include <sys/types.h>

#include "keycache.h"

#define KEYRING_CONNECTIONS_MAX 16
#define KEYRING_HOLDERS_MAX     8
#define REASON_GONE             "tacenda-keyd has ended: restart tacendad"
#define REASON_PROGRAM          "tacenda-keyd cannot be started: install it beside tacendad"

/** How to start keyd. */
struct keyring_options {
	const char *program;                      /* path of tacenda-keyd; NULL: beside our own executable */
	const char *keys;                         /* the key store's directory */
	const char *holders[KEYRING_HOLDERS_MAX]; /* night holders' directories */
	size_t holder_count;
	size_t connections; /* 1 to KEYRING_CONNECTIONS_MAX: one a thread */
	bool create;        /* make the directory ${keys} when it is missing */
};

/** A running keyd.  Owned by the thread that started it. */
struct keyring_process {
	pid_t pid;                                /* 0: none */
	int watch;                                /* becomes readable when keyd has ended, for whatever reason */
	int connections[KEYRING_CONNECTIONS_MAX]; /* -1 once keyring_open() took it */
	size_t count;
};
/** keyring_start(o, out): ST_NOT_FOUND (REASON_PROGRAM), ST_IO.  Its environment is empty. */
MUST_CHECK struct status keyring_start(const struct keyring_options *o, struct keyring_process *out);
/**
 * keyring_process_clear(p): close what was not taken and wait for keyd, which ends
 * with its last connection: clear every ring first.  After ten seconds it is killed.
 */
void keyring_process_clear(struct keyring_process *p);

/** One thread's connection.  `{ .fd = -1 }` is a closed one. */
struct keyring {
	int fd;
	enum keywire_state state; /* as hello told, and as our own calls changed it */
	struct secret packet;
	size_t filled; /* bytes of ${packet} to be wiped */
	struct keycache cache;
};
/** keyring_open(p, number, out): take connection ${number} and greet; may be called by the thread that will own it. */
MUST_CHECK struct status keyring_open(struct keyring_process *p, size_t number, struct keyring *out);
void keyring_clear(struct keyring *r);

/**
 * keyring_init(r, origin, site_name, proof):
 * Make a key store with its first root slot; it is then open.  ST_CONFLICT
 * (REASON_HAS_STORE), ST_INVALID (REASON_ORIGIN), ST_BUSY (REASON_LOCKED), ST_FULL.
 */
MUST_CHECK struct status keyring_init(struct keyring *r, struct text origin, struct text site_name,
				      const struct keywire_proof *proof);
/**
 * keyring_unseal(r, proof):
 * Once, by one thread, before the others ask.  ST_UNPROVEN (REASON_SECRET),
 * ST_NOT_FOUND (REASON_NO_STORE, REASON_NIGHT_MISSING), ST_BUSY (REASON_LOCKED),
 * ST_CONFLICT (REASON_NEWER, REASON_UNSEALED), ST_CORRUPT (which file).
 * The caller wipes its own copy of the secret.
 */
MUST_CHECK struct status keyring_unseal(struct keyring *r, const struct keywire_proof *proof);

/** keyring_get(r, name, out): ${out} is guarded memory of the caller's.  ST_NOT_FOUND, ST_CORRUPT. */
MUST_CHECK struct status keyring_get(struct keyring *r, const struct key_name *name, struct key *out);
/** keyring_prefetch(r, names, count): bring a page's keys into the cache with few messages; missing ones are no
 * failure. */
MUST_CHECK struct status keyring_prefetch(struct keyring *r, const struct key_name *names, size_t count);
/**
 * keyring_create(r, names, count):
 * Keys that are durable when this returns OK; those that are there already stay
 * as they are.  At most KEYWIRE_KEYS_MAX, all or none.  keyring_get() gives them.
 */
MUST_CHECK struct status keyring_create(struct keyring *r, const struct key_name *names, size_t count);

/**
 * keyring_sign_checkpoint(r, size, root, proof, count, out):
 * Append the signed checkpoint.  ${proof} leads from the last size that was
 * signed (keyring_status()) to ${size}; none for the first and for the same size.
 * ST_CORRUPT (REASON_NOT_EXTENDED, REASON_SMALLER, REASON_OTHER_ROOT): tell someone.
 */
MUST_CHECK struct status keyring_sign_checkpoint(struct keyring *r, uint64_t size, const struct hash *root,
						 const struct hash *proof, size_t count, struct buffer *out);

/** The server's certificate; owned by who asked.  `{ 0 }` is empty. */
struct keyring_identity {
	enum tls_source source;
	uint64_t made, ends;       /* ms since 1970; ${ends} is 0 when imported */
	struct secret private_key; /* DER */
	struct buffer ca;          /* DER; empty when imported */
	size_t count;
	struct buffer chain[KEYWIRE_CHAIN_MAX]; /* DER, the server's own first */
};
void keyring_identity_clear(struct keyring_identity *i);
MUST_CHECK struct status keyring_tls_identity(struct keyring *r, struct keyring_identity *out);
/** keyring_tls_renew(r, out): a new key and certificate from the site's own CA; ST_CONFLICT (REASON_IMPORTED). */
MUST_CHECK struct status keyring_tls_renew(struct keyring *r, struct keyring_identity *out);
/** keyring_tls_import(r, chain): keep a certificate that another authority issued; the caller has checked it. */
MUST_CHECK struct status keyring_tls_import(struct keyring *r, const struct keywire_chain *chain);

/** keyring_rewrap(r, night): a new night; waits until it is done.  ST_BUSY (REASON_REWRAPPING), ST_UNREACHABLE
 * (REASON_HOLDER). */
MUST_CHECK struct status keyring_rewrap(struct keyring *r, uint64_t *night);
/** keyring_status(r, out): out->origin is a view that the next call on ${r} ends. */
MUST_CHECK struct status keyring_status(struct keyring *r, struct keywire_status *out);
/** keyring_slot_add(r, present, added, count): another way to unseal; ${count}: slots now. ST_UNPROVEN, ST_CONFLICT. */
MUST_CHECK struct status keyring_slot_add(struct keyring *r, const struct keywire_proof *present,
					  const struct keywire_proof *added, size_t *count);
/** keyring_slot_remove(r, present, index, count): as numbered by keyring_status(); ST_CONFLICT for the last one. */
MUST_CHECK struct status keyring_slot_remove(struct keyring *r, const struct keywire_proof *present, uint8_t index,
					     size_t *count);

#endif /* !KEYRING_KEYRING_H */
