/* SPDX-License-Identifier: Apache-2.0 */
/**
 * vouched: small public files of the key store that only keyd can have written:
 * body || HMAC-SHA-256 over the file's name and body, under a key derived from
 * the log signing key (docs/FORMATS.md section 5).
 */
#ifndef KEYD_VOUCHED_H
#define KEYD_VOUCHED_H

#include "os.h"
#include "secret.h"

/* A chain of KEYWIRE_CHAIN_MAX certificates and a CA's is the largest. */
#define VOUCHED_BYTES_MAX ((size_t)96 * 1024)

/** Made by vouched_new(); ended by vouched_clear(). */
struct vouched {
	const struct os *os;
	int dir; /* borrowed */
	struct secret key;
};
/** vouched_new(os, dir, seed, out): ${seed} is the log signing key. */
MUST_CHECK struct status vouched_new(const struct os *os, int dir, const struct secret *seed, struct vouched *out);
/** vouched_save(v, name, body): durable. */
MUST_CHECK struct status vouched_save(const struct vouched *v, const char *name, struct bytes body);
/** vouched_load(v, name, reason, out): append the body; ST_CORRUPT (${reason}) when it is missing or not ours. */
MUST_CHECK struct status vouched_load(const struct vouched *v, const char *name, const char *reason,
				      struct buffer *out);
void vouched_clear(struct vouched *v);

#endif /* !KEYD_VOUCHED_H */
