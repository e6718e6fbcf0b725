/* SPDX-License-Identifier: Apache-2.0 */
/** wrapped: wrapped epoch keys as the server hands them out, and the one that an epoch names for a person. */
#ifndef CLIENT_WRAPPED_H
#define CLIENT_WRAPPED_H

#include "jsonfield.h"
#include "keyholder.h"

struct wrapped {
	struct text compartment;
	uint32_t number;
	struct bytes bytes; /* WRAPPED_KEY_LEN of them */
};
/** Fields of one, for tables of other answers. */
extern const struct jsonfield_table wrapped_table;

/** wrapped_recipient(recipients, person, out): the row of an epoch's recipients that is ${person}'s, under this key. */
bool wrapped_recipient(struct bytes recipients, const struct keyholder_person *person, struct recipient *out);
/**
 * wrapped_find(rows, place, out):
 * The wrapped key of ${place} among ${rows} (struct wrapped): sets the place and the
 * bytes of ${out}, whose claim is the caller's.  False when the server gave none.
 */
bool wrapped_find(struct jsonfield_list rows, const struct epoch_place *place, struct keyholder_wrapped *out);

#endif /* !CLIENT_WRAPPED_H */
