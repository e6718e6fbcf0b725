/* SPDX-License-Identifier: Apache-2.0 */
/**
 * den: the real tacenda-keyd on a key store of its own, for a test.
 */
#ifndef KEYRING_DEN_H
#define KEYRING_DEN_H

#include "keyring.h"

struct den {
	char path[64]; /* the key store is below it, in `keys`; a night holder in `holder` */
	char keys[80], holder[80];
	struct keyring_options options;
	struct keyring_process process;
	struct keyring ring;
};
/** den_program: path of the tacenda-keyd that was built; from the first argument. */
extern const char *den_program;

struct keywire_proof den_proof(void);
struct keywire_proof den_passphrase(const char *words);
struct key_name den_name(uint64_t n);

/** den_make(d, connections): a folder, and keyd on the key store that is not there yet. */
void den_make(struct den *d, size_t connections);
/** den_start(d), den_stop(d): keyd and the first connection. */
void den_start(struct den *d);
void den_stop(struct den *d);
/** den_init(d): make the key store. */
void den_init(struct den *d);
/** den_restart(d): another keyd on the same store, unsealed. */
void den_restart(struct den *d);
void den_remove(struct den *d);

#endif /* !KEYRING_DEN_H */
