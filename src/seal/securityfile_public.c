/* SPDX-License-Identifier: Apache-2.0 */
#include "securityfile_public.h"

#include <string.h>

#include "context.h"
#include "reader.h"

#define LABEL "tacenda/v1/security-file"

struct status securityfile_public_put(const struct securityfile_person *person, struct buffer *out)
{
	const struct bytes arguments[] = {
		hash_bytes(&person->site),
		text_bytes(person->origin),
		person->ca,
		uuid_bytes(&person->user.uuid),
		text_bytes(person->login),
		p256_public_bytes(&person->hpke_key),
		p256_public_bytes(&person->sign_key),
	};

	return context_put(out, LABEL, arguments, COUNT(arguments));
}

/* Exactly ${len} bytes under their length. */
static struct status read_fixed(struct reader *r, void *out, size_t len)
{
	struct bytes taken;

	TRY(reader_sized(r, len, &taken));
	if (taken.len != len)
		return FAIL_AT(ST_INVALID, "field length");
	memcpy(out, taken.at, len);
	return OK;
}

static struct status read_fields(struct reader *r, struct securityfile_person *p)
{
	struct bytes label, origin, login;

	TRY(reader_take(r, sizeof LABEL, &label));
	if (!bytes_equal(label, bytes_of(LABEL, sizeof LABEL)))
		return FAIL_AT(ST_INVALID, "label");
	TRY(read_fixed(r, p->site.bytes, sizeof p->site.bytes));
	TRY(reader_sized(r, ORIGIN_MAX, &origin));
	TRY(reader_sized(r, SECURITYFILE_CA_MAX, &p->ca));
	TRY(read_fixed(r, p->user.uuid.bytes, sizeof p->user.uuid.bytes));
	TRY(reader_sized(r, LIMIT_LOGIN, &login));
	TRY(read_fixed(r, p->hpke_key.bytes, sizeof p->hpke_key.bytes));
	TRY(read_fixed(r, p->sign_key.bytes, sizeof p->sign_key.bytes));
	p->origin = text_from(origin);
	p->login = text_from(login);
	return reader_done(r);
}

struct status securityfile_public_read(struct bytes bytes, struct securityfile_person *out)
{
	struct reader r = reader_of(bytes);
	struct securityfile_person read = {0};

	TRY(read_fields(&r, &read));
	TRY(origin_check(read.origin));
	if (read.login.len == 0 || !text_is_utf8(read.login))
		return FAIL_AT(ST_INVALID, "login");
	TRY(p256_check(&read.hpke_key));
	TRY(p256_check(&read.sign_key));
	*out = read;
	return OK;
}
