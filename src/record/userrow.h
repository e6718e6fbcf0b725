/* SPDX-License-Identifier: Apache-2.0 */
/**
 * userrow: a person as a row of table `user`.
 *
 * Secret columns: login and name as text; profile, rights and state as numbers of
 * 8 bytes; key_hash and head of 32 bytes, zeros where there is none; keys: HPKE and
 * signing key (65 + 65) of whoever has enrolled, else name, one-time key and end
 * (32 + 65 + 8) of the newest invitation, else nothing.
 */
#ifndef RECORD_USERROW_H
#define RECORD_USERROW_H

#include "person.h"
#include "store.h"

/** userrow_read(row, out): ST_CORRUPT; out->login is a view into ${row}. */
MUST_CHECK struct status userrow_read(const struct row *row, struct person *out);
/** userrow_get(view, id, row, out): the same of a user's row, read into ${row}; ST_NOT_FOUND "user". */
MUST_CHECK struct status userrow_get(struct store_view *view, const struct user_id *id, struct row *row,
				     struct person *out);
/** userrow_find(view, login, row, out): by login, which has no upper case; ST_NOT_FOUND. */
MUST_CHECK struct status userrow_find(struct store_view *view, struct text login, struct row *row, struct person *out);
/** userrow_put(txn, person, name): insert or replace; ${name} is the display name.  ST_CONFLICT: the login is taken. */
MUST_CHECK struct status userrow_put(struct store_txn *txn, const struct person *person, struct text name);
/** userrow_name(row): the display name. */
static inline struct text userrow_name(const struct row *row)
{
	return text_from(row->secret[SECRET_USER_NAME]);
}
/** userrow_login_fits(login): what a login may be: 1 to 64 bytes of UTF-8, no space, control or upper case. */
bool userrow_login_fits(struct text login);

#endif /* !RECORD_USERROW_H */
