/* SPDX-License-Identifier: Apache-2.0 */
/**
 * cookie: the one cookie we set, in and out (RFC 6265 and 6265bis).
 */
#ifndef CODEC_COOKIE_H
#define CODEC_COOKIE_H

#include "text.h"

/**
 * cookie_find(field, name, out):
 * The value of ${name} in a Cookie field.  Cookies of others are passed over,
 * whatever they look like.  ST_NOT_FOUND; ST_INVALID when it is there twice
 * (somebody else may have planted one) or its value holds a character that no
 * cookie may.
 */
MUST_CHECK struct status cookie_find(struct text field, struct text name, struct text *out);

/**
 * cookie_put(out, name, value, max_age):
 * A Set-Cookie field for the whole origin and nobody else (Path=/, Secure,
 * HttpOnly, SameSite=Strict).  ${max_age} is in seconds, 0 deletes the cookie,
 * UINT32_MAX leaves it to end with the browser.  ST_INVALID unless ${name} begins with
 * `__Host-` and both are made of characters a cookie may hold.
 */
MUST_CHECK struct status cookie_put(struct buffer *out, struct text name, struct text value, uint32_t max_age);

#endif /* !CODEC_COOKIE_H */
