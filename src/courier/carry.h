/* SPDX-License-Identifier: Apache-2.0 */
/**
 * carry: an order to its receiver, by libcurl: mail (RFC 6409, RFC 8314), HTTPS, syslog
 * over TLS (RFC 5425).  TLS 1.2 or better and a certificate that is verified, or nothing
 * is sent (PROMISES#S10).
 */
#ifndef COURIER_CARRY_H
#define COURIER_CARRY_H

#include "order.h"
#include "secret.h"

#define MAIL_SERVER_MAX 256
/** What is no setting: read from files at the start. */
struct carry_secrets {
	char mail_server[MAIL_SERVER_MAX]; /* HOST:PORT; no other is offered the password */
	struct secret mail_password;       /* empty: none */
	struct secret hook_key;            /* empty: nothing is signed */
	struct buffer ca; /* PEM of authorities that are trusted besides those of the system; empty: none */
};
void carry_secrets_clear(struct carry_secrets *s);

/** carry(order, secrets, answer): try once; answer->why is a literal or lies in ${why}. */
#define CARRY_WHY_MAX 100
typedef void carry_order(const struct order *order, const struct carry_secrets *secrets, struct order_answer *answer,
			 char why[CARRY_WHY_MAX]);
carry_order carry;

#endif /* !COURIER_CARRY_H */
