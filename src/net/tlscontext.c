/* SPDX-License-Identifier: Apache-2.0 */
#include "tlscontext.h"

#include <openssl/err.h>

#define SUITES_12 \
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:" \
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:" \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
#define SUITES_13 "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"
#define GROUPS    "X25519:P-256"

/* In our order of preference, each preceded by its length (RFC 7301 section 3.1). */
static const unsigned char protocols[] = "\x02h2\x08http/1.1";

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
		   unsigned int in_len, void *context)
{
	unsigned char *chosen;

	(void)ssl, (void)context;
	if (SSL_select_next_proto(&chosen, out_len, protocols, sizeof protocols - 1, in, in_len) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static void set_options(SSL_CTX *context)
{
	SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
					     SSL_OP_PRIORITIZE_CHACHA | SSL_OP_SINGLE_ECDH_USE |
					     /* What was decrypted holds passwords and tokens (PROMISES#S1). */
					     SSL_OP_CLEANSE_PLAINTEXT);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* One read(2) takes the record's header with its content. */
	SSL_CTX_set_read_ahead(context, 1);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_alpn_select_cb(context, on_alpn, NULL);
}

static bool set_strength(SSL_CTX *context)
{
	int groups[] = {NID_X25519, NID_X9_62_prime256v1};

	/* Level 2 asks 112 bits of everything: no SHA-1, no short key in the chain. */
	SSL_CTX_set_security_level(context, 2);
	return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(context, SUITES_12) == 1 && SSL_CTX_set_ciphersuites(context, SUITES_13) == 1 &&
	       SSL_CTX_set1_groups(context, groups, COUNT(groups)) == 1 &&
	       SSL_CTX_set_max_early_data(context, 0) == 1 && SSL_CTX_set_recv_max_early_data(context, 0) == 1 &&
	       SSL_CTX_set_num_tickets(context, 1) == 1 &&
	       SSL_CTX_set_session_id_context(context, (const unsigned char *)"tacenda", 7) == 1;
}

static struct status fill(const struct credentials *c, struct ticket_keys *tickets, SSL_CTX *context)
{
	if (!set_strength(context))
		return FAIL_AT(ST_INVALID, "TLS settings");
	set_options(context);
	TRY(ticket_keys_use(tickets, context));
	if (SSL_CTX_use_certificate(context, c->certificate) != 1 || SSL_CTX_use_PrivateKey(context, c->key) != 1 ||
	    SSL_CTX_set1_chain(context, c->chain) != 1)
		return FAIL_AT(ST_INVALID, "certificate or its chain is too weak");
	return OK;
}

struct status tlscontext_new(const struct credentials *c, struct ticket_keys *tickets, SSL_CTX **out)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	if (context == NULL)
		return FAIL(ST_NO_MEMORY);
	struct status s = fill(c, tickets, context);
	ERR_clear_error();
	if (!ok(s)) {
		SSL_CTX_free(context);
		return s;
	}
	*out = context;
	return OK;
}

struct status net_check(const struct net_identity *identity)
{
	struct credentials *credentials;
	struct ticket_keys *tickets;
	SSL_CTX *context;

	TRY(credentials_load(identity, &credentials));
	struct status s = ticket_keys_new(&clock_system, &tickets);
	if (ok(s)) {
		s = tlscontext_new(credentials, tickets, &context);
		if (ok(s))
			SSL_CTX_free(context);
		ticket_keys_free(tickets);
	}
	credentials_free(credentials);
	return s;
}
