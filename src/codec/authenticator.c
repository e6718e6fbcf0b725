/* SPDX-License-Identifier: Apache-2.0 */
#include "authenticator.h"

#include "cborreader.h"

#define MODEL 16

static struct status read_credential(struct reader *r, struct authenticator_data *d)
{
	uint16_t len;

	TRY(reader_take(r, MODEL, &d->model));
	TRY(reader_u16(r, &len));
	/* Section 7.1: "Verify that the credentialId is <= 1023 bytes". */
	if (len == 0 || len > LIMIT_CREDENTIAL_ID)
		return FAIL(ST_INVALID);
	TRY(reader_take(r, len, &d->credential));
	return cborreader_skip(r, 1, &d->key);
}

static struct status read_data(struct reader *r, struct authenticator_data *d)
{
	struct bytes extensions;

	TRY(reader_copy(r, d->rp_id.bytes, sizeof d->rp_id.bytes));
	TRY(reader_u8(r, &d->flags));
	TRY(reader_u32(r, &d->counter));
	if ((d->flags & AUTHENTICATOR_CREDENTIAL) != 0)
		TRY(read_credential(r, d));
	if ((d->flags & AUTHENTICATOR_EXTENSIONS) != 0) {
		TRY(cborreader_skip(r, CBORREADER_DEPTH, &extensions));
		if (extensions.at[0] >> 5 != 5) /* the major type of a map */
			return FAIL(ST_INVALID);
	}
	return reader_done(r);
}

struct status authenticator_read(struct bytes data, struct authenticator_data *out)
{
	struct authenticator_data made = {0};
	struct reader r = reader_of(data);

	if (data.len > LIMIT_PASSKEY_BYTES)
		return FAIL_AT(ST_TOO_BIG, "authenticator data");
	if (!ok(read_data(&r, &made)))
		return FAIL_AT(ST_INVALID, "authenticator data");
	*out = made;
	return OK;
}

/* Section 6.5: "fmt", "attStmt", "authData", which is also their canonical order. */
static struct status read_attestation(struct reader *r, struct authenticator_attestation *a)
{
	static const struct text names[] = {{"fmt", 3}, {"attStmt", 7}, {"authData", 8}};
	struct cborreader_map map;
	struct cborreader_item key;

	TRY(cborreader_map(r, &map));
	for (size_t i = 0; i < COUNT(names); i++) {
		TRY(cborreader_key(r, &map, &key));
		if (key.kind != CBORREADER_TEXT || !text_equal(text_from(key.bytes), names[i]))
			return FAIL(ST_INVALID);
		TRY(i == 0   ? cborreader_text(r, &a->format)
		    : i == 1 ? cborreader_skip(r, CBORREADER_DEPTH - 1, &a->statement)
			     : cborreader_bytes(r, &a->data));
	}
	TRY(cborreader_map_end(&map));
	return reader_done(r);
}

struct status authenticator_attestation_read(struct bytes object, struct authenticator_attestation *out)
{
	static const uint8_t empty_map = 0xa0;
	struct authenticator_attestation made = {0};
	struct reader r = reader_of(object);

	if (object.len > LIMIT_PASSKEY_BYTES)
		return FAIL_AT(ST_TOO_BIG, "attestation");
	if (!ok(read_attestation(&r, &made)) || made.statement.at[0] >> 5 != 5)
		return FAIL_AT(ST_INVALID, "attestation");
	/* Section 8.7. */
	if (text_equal(made.format, TEXT("none")) && !bytes_equal(made.statement, bytes_of(&empty_map, 1)))
		return FAIL_AT(ST_INVALID, "attestation");
	*out = made;
	return OK;
}
