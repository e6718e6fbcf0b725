/* SPDX-License-Identifier: Apache-2.0 */
/** vault_internal: what the files of this module share. */
#ifndef VAULT_VAULT_INTERNAL_H
#define VAULT_VAULT_INTERNAL_H

#include <pthread.h>

#include "vault.h"

#define CONTEXT_MAX 128

/* Objects already compared for a session; the oldest is overwritten. */
#define VERIFIED 256

struct verified {
	struct uuid object, session;
	struct hash file; /* what the file system said of the file then */
};

struct vault {
	struct objects *objects;
	pthread_mutex_t mutex; /* guards what follows */
	struct verified verified[VERIFIED];
	size_t next;
};

/** vault_verified(v, entry): whether it was remembered. */
bool vault_verified(struct vault *v, const struct verified *entry);
void vault_remember(struct vault *v, const struct verified *entry);

#endif /* !VAULT_VAULT_INTERNAL_H */
