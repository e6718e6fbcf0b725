/* SPDX-License-Identifier: Apache-2.0 */
/**
 * https: the client's side of the wire: libcurl, held to one origin, TLS 1.2 or
 * better, and the certificate authority that the user pinned (PROMISES#S10).
 *
 * 1. No redirect is followed, no proxy taken from the environment, no cookie kept.
 * 2. An answer that is not 2xx is a status, with the problem beside it.
 * 3. One struct https belongs to one thread; connections are kept between calls.
 */
#ifndef CLIENT_HTTPS_H
#define CLIENT_HTTPS_H

#include "problem.h"
#include "secret.h"

struct https_handle;
struct https {
	struct https_handle *handle;
	struct problem_answer problem; /* of the last call that was refused */
	bool (*stopped)(void);         /* asked once a second at least: true ends the call with ST_BUSY; may be NULL */
};

struct https_site {
	const char *origin; /* https://HOST[:PORT] */
	struct bytes ca;    /* DER of the site's own CA; empty: the authorities this computer trusts */
	/* Only to fetch a CA whose hash an invitation names, before anything is believed or sent. */
	bool unverified;
};
MUST_CHECK struct status https_open(const struct https_site *site, struct https *out);
void https_clear(struct https *h);
/** https_token(h, token): the bearer token of the calls that follow; empty: none.  A copy is kept in locked memory. */
MUST_CHECK struct status https_token(struct https *h, struct bytes token);

bool https_has_token(const struct https *h);

/** A body sent piece by piece: read up to ${max} bytes into ${out}; 0 is the end. */
struct https_source {
	struct status (*read)(void *context, uint8_t *out, size_t max, size_t *len);
	void *context;
	uint64_t length;
};
/** An answer's body piece by piece. */
struct https_sink {
	struct status (*write)(void *context, struct bytes piece);
	void *context;
};

struct https_call {
	const char *method;
	const char *path;         /* with its query, percent-encoded */
	const char *content_type; /* of the body; NULL: none */
	struct bytes body;        /* in memory, or ... */
	const struct https_source *source;
	const char *const *headers;    /* "Name: value", NULL-terminated; may be NULL */
	const struct https_sink *sink; /* instead of answer.body, for 2xx only */
	uint64_t max;                  /* of the answer's body; ST_TOO_BIG past it */
};
struct https_answer {
	unsigned status;
	struct buffer body; /* wiped when cleared */
	uint64_t offset;    /* Upload-Offset, when there was one */
	uint64_t leaf;      /* Tacenda-Leaf: the leaf that says what this answer shows; when there was one */
	bool has_offset, has_leaf;
};
void https_answer_clear(struct https_answer *a);
/**
 * https_send(h, call, answer):
 * OK for 2xx.  ST_UNREACHABLE: no connection, or it broke; ST_BUSY ("interrupted"):
 * h->stopped said so; ST_CORRUPT: the
 * certificate does not belong to the pinned authority ("certificate").  Otherwise the
 * problem's status, and h->problem says more.
 */
MUST_CHECK struct status https_send(struct https *h, const struct https_call *call, struct https_answer *answer);

#endif /* !CLIENT_HTTPS_H */
