/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "passkey_device.h"

#include <string.h>

#include "hash.h"

const struct user_id device_user = {.uuid.bytes = {1, 2, 3}};
const struct bytes device_credential = {(const uint8_t *)"a credential's id", 17};

void device_clear(struct device *d)
{
	secret_clear(&d->private_key);
	buffer_clear(&d->client);
	buffer_clear(&d->key);
	buffer_clear(&d->data);
	buffer_clear(&d->object);
	buffer_clear(&d->signature);
}
struct device device_new(void)
{
	struct device d = {.client = {.max = 8192},
			   .key = {.max = 1024},
			   .data = {.max = 32768},
			   .object = {.max = 32768},
			   .signature = {.max = 1024}};
	static const uint8_t head[] = {0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32};

	assert_ok(p256_new(&d.private_key, &d.public_key));
	assert_ok(buffer_put(&d.key, bytes_of(head, sizeof head)));
	assert_ok(buffer_put(&d.key, bytes_of(d.public_key.bytes + 1, 32)));
	assert_ok(buffer_put(&d.key, BYTES_LITERAL("\x22\x58\x20")));
	assert_ok(buffer_put(&d.key, bytes_of(d.public_key.bytes + 33, 32)));
	return d;
}

struct passkey_expected device_expected(void)
{
	struct passkey_expected e = {.origin = TEXT(ORIGIN), .user = device_user};

	memset(e.challenge.bytes, 7, sizeof e.challenge.bytes);
	return e;
}

void device_say(struct device *d, const char *type, const char *origin, const char *more)
{
	const struct passkey_expected e = device_expected();

	d->client.len = 0;
	assert_ok(buffer_print(&d->client, "{\"type\":\"%s\",\"challenge\":\"", type));
	assert_ok(text_put_base64url(&d->client, hash_bytes(&e.challenge)));
	assert_ok(buffer_print(&d->client, "\",\"origin\":\"%s\"%s}", origin, more));
}

void device_tell(struct device *d, const char *host, unsigned flags, uint32_t counter)
{
	struct hash hash;

	d->data.len = 0;
	assert_ok(sha256(text_bytes(text_of(host)), &hash));
	assert_ok(buffer_put(&d->data, hash_bytes(&hash)));
	assert_ok(buffer_put_u8(&d->data, (uint8_t)flags));
	assert_ok(buffer_put_u32(&d->data, counter));
	if ((flags & AUTHENTICATOR_CREDENTIAL) == 0)
		return;
	assert_ok(buffer_put(&d->data, bytes_of("0123456789abcdef", 16)));
	assert_ok(buffer_put_u16(&d->data, (uint16_t)device_credential.len));
	assert_ok(buffer_put(&d->data, device_credential));
	assert_ok(buffer_put(&d->data, buffer_bytes(&d->key)));
}

void device_wrap(struct device *d, struct bytes before)
{
	d->object.len = 0;
	assert_ok(buffer_put(&d->object, before));
	assert_ok(buffer_put(&d->object, BYTES_LITERAL("hauthData"))); /* 'h' is 0x68: a text of 8 */
	if (d->data.len < 256) {
		assert_ok(buffer_put(&d->object, BYTES_LITERAL("\x58")));
		assert_ok(buffer_put_u8(&d->object, (uint8_t)d->data.len));
	} else {
		assert_ok(buffer_put(&d->object, BYTES_LITERAL("\x59")));
		assert_ok(buffer_put_u16(&d->object, (uint16_t)d->data.len));
	}
	assert_ok(buffer_put(&d->object, buffer_bytes(&d->data)));
}
static void put_integer(struct buffer *out, const uint8_t *at)
{
	size_t zeros = 0;

	while (zeros < 31 && at[zeros] == 0)
		zeros++;
	bool sign = at[zeros] >= 0x80;
	assert_ok(buffer_put_u8(out, 2));
	assert_ok(buffer_put_u8(out, (uint8_t)(32 - zeros + sign)));
	if (sign)
		assert_ok(buffer_put_u8(out, 0));
	assert_ok(buffer_put(out, bytes_of(at + zeros, 32 - zeros)));
}

void device_sign(struct device *d)
{
	AUTO(buffer) message = {.max = 65536};
	AUTO(buffer) pair = {.max = 80};
	struct signature raw;
	struct hash hash;

	assert_ok(sha256(buffer_bytes(&d->client), &hash));
	assert_ok(buffer_put(&message, buffer_bytes(&d->data)));
	assert_ok(buffer_put(&message, hash_bytes(&hash)));
	assert_ok(p256_sign(&d->private_key, buffer_bytes(&message), &raw));
	put_integer(&pair, raw.bytes);
	put_integer(&pair, raw.bytes + 32);
	d->signature.len = 0;
	assert_ok(buffer_put_u8(&d->signature, 0x30));
	assert_ok(buffer_put_u8(&d->signature, (uint8_t)pair.len));
	assert_ok(buffer_put(&d->signature, buffer_bytes(&pair)));
}

struct passkey_assertion device_assertion(const struct device *d)
{
	return (struct passkey_assertion){.credential = device_credential,
					  .client_data = buffer_bytes(&d->client),
					  .data = buffer_bytes(&d->data),
					  .signature = buffer_bytes(&d->signature),
					  .user_handle = uuid_bytes(&device_user.uuid)};
}
