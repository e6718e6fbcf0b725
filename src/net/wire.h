/* SPDX-License-Identifier: Apache-2.0 */
/**
 * wire: a connected socket, in TLS or, on the unix socket, in clear.
 *
 * Every call leaves OpenSSL's error queue of the thread empty.
 */
#ifndef NET_WIRE_H
#define NET_WIRE_H

#include <openssl/ssl.h>

#include "bytes.h"

struct wire {
	int fd;           /* owned; -1 when closed */
	SSL *ssl;         /* NULL in clear */
	bool up;          /* the handshake is complete, or there is none */
	bool wants_write; /* what it waits for after ST_BUSY */
};

/** wire_setup(w, fd, context): ${context} NULL for clear.  ${fd} is owned by ${w} on success only. */
MUST_CHECK struct status wire_setup(struct wire *w, int fd, SSL_CTX *context);
/**
 * wire_handshake(w): OK when TLS is up; ST_BUSY when the peer's turn has come, or
 * w->wants_write; ST_INVALID when the peer speaks plain HTTP; ST_GONE otherwise.
 */
MUST_CHECK struct status wire_handshake(struct wire *w);
/** wire_read(w, out, max, len): at least one byte, or ST_BUSY, or ST_GONE at the end or on any error. */
MUST_CHECK struct status wire_read(struct wire *w, uint8_t *out, size_t max, size_t *len);
/** wire_pending(w): the next wire_read() has bytes without asking the kernel. */
bool wire_pending(const struct wire *w);
/** wire_write(w, bytes, len): at least one byte, or as wire_read(); after ST_BUSY offer the same bytes again. */
MUST_CHECK struct status wire_write(struct wire *w, struct bytes bytes, size_t *len);
/** wire_rest(w): nothing is on its way: give back what TLS keeps to be quick. */
void wire_rest(struct wire *w);
/** wire_save_memory(w): give it back after every record. */
void wire_save_memory(struct wire *w);
/** wire_finish(w): say that nothing more will be sent (close_notify, FIN); what comes in is then thrown away. */
void wire_finish(struct wire *w);
/** wire_discard(w): throw away what came in after wire_finish(); false when the peer has finished too. */
bool wire_discard(struct wire *w);
/** wire_close(w, abruptly): ${abruptly} also throws away what the kernel still holds for the peer. */
void wire_close(struct wire *w, bool abruptly);

#endif /* !NET_WIRE_H */
