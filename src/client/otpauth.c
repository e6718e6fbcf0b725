/* SPDX-License-Identifier: Apache-2.0 */
#include "otpauth.h"

#include <string.h>

#include "percent.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

struct status otpauth_put(struct bytes secret, struct buffer *out)
{
	uint32_t pending = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < secret.len; i++) {
		pending = pending << 8 | secret.at[i];
		for (bits += 8; bits >= 5; bits -= 5)
			TRY(buffer_put_u8(out, (uint8_t)letters[pending >> (bits - 5) & 31]));
	}
	return bits == 0 ? OK : buffer_put_u8(out, (uint8_t)letters[pending << (5 - bits) & 31]);
}

/** 0 to 31; -1: passed over; -2: no such letter. */
static int value_of(char c)
{
	const char capital = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	const char *found = capital != '\0' ? strchr(letters, capital) : NULL;

	if (found != NULL)
		return (int)(found - letters);
	return c == ' ' || c == '-' || c == '=' || c == '\n' || c == '\r' ? -1 : -2;
}

struct status otpauth_read(struct text t, struct buffer *out)
{
	uint32_t pending = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < t.len; i++) {
		int value = value_of(t.at[i]);
		if (value == -2 || out->len > OTPAUTH_SECRET_MAX)
			return FAIL_AT(ST_INVALID, "secret: base32, as the authenticator shows it");
		if (value < 0)
			continue;
		pending = pending << 5 | (uint32_t)value;
		for (bits += 5; bits >= 8; bits -= 8)
			TRY(buffer_put_u8(out, (uint8_t)(pending >> (bits - 8))));
	}
	if (out->len < OTPAUTH_SECRET || out->len > OTPAUTH_SECRET_MAX)
		return FAIL_AT(ST_INVALID, "secret: 160 to 512 bits, that is 32 to 103 characters");
	return OK;
}

struct status otpauth_link(struct text issuer, struct text login, struct bytes secret, struct buffer *out)
{
	TRY(buffer_print(out, "otpauth://totp/"));
	TRY(percent_put(out, issuer));
	TRY(buffer_put_u8(out, ':'));
	TRY(percent_put(out, login));
	TRY(buffer_print(out, "?secret="));
	TRY(otpauth_put(secret, out));
	TRY(buffer_print(out, "&issuer="));
	TRY(percent_put(out, issuer));
	return buffer_print(out, "&algorithm=SHA1&digits=6&period=30");
}
