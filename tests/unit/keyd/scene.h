/* SPDX-License-Identifier: Apache-2.0 */
/**
 * scene: a key store for a test: a clock that the test owns, a root key file, a keeper.
 */
#ifndef KEYD_SCENE_H
#define KEYD_SCENE_H

#include "faults.h"
#include "keeper.h"

#define SCENE_NOW 1790000000000u /* 2026-09-21 */
extern uint64_t scene_now;
extern const struct clock scene_clock;

/** A key file of 32 bytes, the quick way to unseal. */
struct keywire_proof scene_proof(void);
struct keywire_proof scene_other_proof(void);
struct keywire_proof scene_passphrase(const char *words);

/** scene_name(n): the name of patient ${n}. */
struct key_name scene_name(uint32_t n);

/** scene_create(os, f, k): a new key store in ${f}, open. */
MUST_CHECK struct status scene_create(const struct os *os, const struct folder *f, struct keeper *k);
/** scene_open(os, f, k): an existing one; ${k} is begun whatever comes out. */
MUST_CHECK struct status scene_open(const struct os *os, const struct folder *f, struct keeper *k);
/** scene_make(k, first, count, keys): patients' keys; ${keys} takes count * 32 bytes. */
MUST_CHECK struct status scene_make(struct keeper *k, uint32_t first, uint32_t count, uint8_t *keys);
/** scene_holds(k, first, count, keys): each of them is there and is this key. */
bool scene_holds(struct keeper *k, uint32_t first, uint32_t count, const uint8_t *keys);
/** scene_rewrap(k): a whole night. */
MUST_CHECK struct status scene_rewrap(struct keeper *k);
/** scene_setup(): what every test program does first. */
bool scene_setup(void);

#endif /* !KEYD_SCENE_H */
