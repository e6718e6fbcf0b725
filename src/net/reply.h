/* SPDX-License-Identifier: Apache-2.0 */
/**
 * reply: what every answer carries, and the problems that net itself answers with
 * (RFC 9457).
 */
#ifndef NET_REPLY_H
#define NET_REPLY_H

#include "exchange.h"

/* Headers a handler may give, and their bytes together: larger answers belong in the body. */
#define REPLY_HEADERS_MAX      32
#define REPLY_HEADER_BYTES_MAX 8192
/* Status line, Date, framing and the security headers fit in this beside what a handler gives. */
#define REPLY_OWN_BYTES_MAX 1024

/** The security headers (PROMISES#S10), each replaced by a header of the same name in an answer. */
extern const struct exchange_header reply_security[];
extern const size_t reply_security_count;

/** How the body of an answer is framed. */
struct reply_framing {
	bool bodyless; /* neither length nor body: 204, 304 */
	bool chunked;
	bool close;
	uint64_t length;
};

/** reply_is_valid(r): status, names and values are what HTTP allows, and no header is one that net sets itself. */
bool reply_is_valid(const struct exchange_reply *r);
/** reply_gives(r, name): whether the handler gave a header of this name. */
bool reply_gives(const struct exchange_reply *r, struct text name);
/** reply_is_bodyless(status): an answer of this status never has a body (RFC 9110 section 6.4.1). */
bool reply_is_bodyless(unsigned status);

/** reply_head_bound(r): no head of ${r} is longer. */
size_t reply_head_bound(const struct exchange_reply *r);
/** reply_head(r, framing, date, out): the head for HTTP/1.1, at most reply_head_bound(); returns its length. */
size_t reply_head(const struct exchange_reply *r, const struct reply_framing *framing, const char *date, uint8_t *out);

/** A problem of our own; declare it AUTO(reply_problem).  { 0 } is none. */
struct reply_problem {
	struct buffer body;
	struct exchange_reply reply; /* points into body; asks to close the connection */
};
/** reply_problem(status, what, out): ${status} an HTTP status, ${what} a literal that names the field or limit, or
 * NULL. */
void reply_problem(unsigned status, const char *what, struct reply_problem *out);
/** reply_speak_tls(origin, out): to who speaks plain HTTP where TLS is spoken; ${origin} may be NULL. */
void reply_speak_tls(const char *origin, struct reply_problem *out);
void reply_problem_clear(struct reply_problem *p);

#define REPLY_DIGITS 20
/** reply_number(n, room): in decimal; the text lies at the end of ${room}. */
struct text reply_number(uint64_t n, char room[REPLY_DIGITS]);

#endif /* !NET_REPLY_H */
