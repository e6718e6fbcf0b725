/* SPDX-License-Identifier: Apache-2.0 */
/**
 * http: the words that every version of HTTP shares (RFC 9110): methods, field
 * names and values, targets, authorities.
 *
 * Everything is a positive grammar: what is not named here is refused.
 */
#ifndef CODEC_HTTP_H
#define CODEC_HTTP_H

#include "text.h"

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OPTIONS };

/** Fields that may stand in a request once only, and what frames or routes it. */
enum http_known {
	HTTP_UNKNOWN,
	HTTP_HOST,
	HTTP_CONTENT_LENGTH,
	HTTP_TRANSFER_ENCODING,
	HTTP_CONNECTION,
	HTTP_EXPECT,
	HTTP_COOKIE,
	HTTP_AUTHORIZATION,
	HTTP_CONTENT_TYPE,
	HTTP_CONTENT_ENCODING,
	HTTP_CONTENT_RANGE,
	HTTP_RANGE,
	HTTP_IF_MATCH,
	HTTP_IF_NONE_MATCH,
	HTTP_IF_RANGE,
	HTTP_ORIGIN,
	HTTP_REFERER,
	HTTP_USER_AGENT,
	HTTP_IDEMPOTENCY_KEY,
	HTTP_REPR_DIGEST,
	HTTP_FORWARDED,
	HTTP_FORWARDED_FOR,
	HTTP_FORWARDED_PROTO,
	HTTP_KNOWN_COUNT
};

/** One field of a head, as offsets from the head's start: 8 bytes, and still right when the head moves. */
struct http_field {
	uint16_t name, name_len, value, value_len;
};

/** A path and what follows its first '?'; percent-encoding is checked and left in place. */
struct http_target {
	struct text path, query;
	bool has_query;
};

/** http_method(name, out): exact, case matters (RFC 9110 section 9.1); ST_NOT_FOUND for any other. */
MUST_CHECK struct status http_method(struct text name, enum http_method *out);
/** http_known(name): which field this is, whatever its case. */
enum http_known http_known(struct text name);

/** http_token_span(t): how many leading characters are of a token (RFC 9110 section 5.6.2). */
size_t http_token_span(struct text t);
/** http_is_value(t): a field value without control characters but TAB; may be empty. */
bool http_is_value(struct text t);
/** http_is_authority(t): host or [IPv6] with an optional port, no user part (RFC 3986 section 3.2). */
bool http_is_authority(struct text t);
/**
 * http_target(t, out):
 * An origin-form target: '/', then path characters, with every '%' followed by two
 * hexadecimal digits; at most LIMIT_HTTP_TARGET long.  Views into ${t}.
 */
MUST_CHECK struct status http_target(struct text t, struct http_target *out);
/** http_has_token(list, token): whether a comma-separated ${list} names ${token}, in any case. */
bool http_has_token(struct text list, struct text token);
/** http_reason(status): the phrase of RFC 9110 for an HTTP status; "Status" for one we never send. */
struct text http_reason(unsigned status);

#endif /* !CODEC_HTTP_H */
