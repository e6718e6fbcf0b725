/* SPDX-License-Identifier: Apache-2.0 */
/* Session tickets through real handshakes in memory, with a clock of our own (PROMISES#S6). */
#include "testing.h"

#include <openssl/ssl.h>
#include <string.h>

#include "secret.h"
#include "ticket.h"
#include "tlscontext.h"

#define HOUR (3600ull * 1000)

static uint64_t now_ms = 5 * HOUR;

static uint64_t my_time(void *context)
{
	(void)context;
	return now_ms;
}

static const struct clock my_clock = {my_time, my_time, NULL};

/* A key and a certificate made on the spot. */
static struct credentials *make_credentials(void)
{
	static struct credentials c;
	X509 *x = X509_new();

	c.key = EVP_EC_gen("P-256");
	c.chain = sk_X509_new_null();
	assert_non_null(c.key);
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, c.key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"vault", -1, -1,
				   0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	assert_true(X509_sign(x, c.key, EVP_sha256()) > 0);
	c.certificate = x;
	return &c;
}

static struct {
	struct ticket_keys *keys;
	SSL_CTX *server, *client;
	SSL_SESSION *saved;
} world;

static int keep(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	SSL_SESSION_free(world.saved);
	world.saved = session;
	return 1;
}

static int set_up(void **state)
{
	(void)state;
	struct credentials *c = make_credentials();
	if (!ok(secret_setup()) || !ok(ticket_keys_new(&my_clock, &world.keys)) ||
	    !ok(tlscontext_new(c, world.keys, &world.server)))
		return 1;
	X509_free(c->certificate);
	EVP_PKEY_free(c->key);
	sk_X509_free(c->chain);
	world.client = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_session_cache_mode(world.client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(world.client, keep);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	SSL_SESSION_free(world.saved);
	SSL_CTX_free(world.client);
	SSL_CTX_free(world.server);
	ticket_keys_free(world.keys);
	return 0;
}

/* One connection with ${offered}, in memory: was it resumed?  The newest ticket is in world.saved after it. */
static bool connect_with(SSL_SESSION *offered)
{
	SSL *server = SSL_new(world.server), *client = SSL_new(world.client);
	BIO *one, *two;
	char byte;

	assert_int_equal(BIO_new_bio_pair(&one, 0, &two, 0), 1);
	SSL_set_bio(server, one, one);
	SSL_set_bio(client, two, two);
	SSL_set_accept_state(server);
	SSL_set_connect_state(client);
	if (offered != NULL) {
		/* A client of good manners uses a ticket once; a thief does not. */
		SSL_SESSION *copy = SSL_SESSION_dup(offered);
		assert_int_equal(SSL_set_session(client, copy), 1);
		SSL_SESSION_free(copy);
	}
	for (int i = 0; i < 20; i++) {
		(void)SSL_do_handshake(client);
		(void)SSL_do_handshake(server);
	}
	assert_true(SSL_is_init_finished(server) && SSL_is_init_finished(client));
	(void)SSL_read(client, &byte, 1); /* takes the ticket of TLS 1.3 */
	bool resumed = SSL_session_reused(server) == 1;
	/* A session of a connection that broke is not used again. */
	SSL_set_shutdown(client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(server);
	SSL_free(client);
	return resumed;
}

static SSL_SESSION *fresh_ticket(void)
{
	(void)connect_with(NULL);
	assert_non_null(world.saved);
	SSL_SESSION *taken = world.saved;
	world.saved = NULL;
	return taken;
}

static void a_ticket_resumes(void **state)
{
	SSL_SESSION *ticket = fresh_ticket();

	(void)state;
	assert_true(connect_with(ticket));
	SSL_SESSION_free(ticket);
}

static void a_key_opens_for_a_day_at_most(void **state)
{
	(void)state;
	now_ms += 48 * HOUR; /* a fresh key */
	SSL_SESSION *ticket = fresh_ticket();
	now_ms += 13 * HOUR; /* seals no more, opens still */
	assert_true(connect_with(ticket));
	now_ms += 10 * HOUR;
	assert_true(connect_with(ticket));
	now_ms += 2 * HOUR; /* 25 hours after it was made */
	assert_false(connect_with(ticket));
	SSL_SESSION_free(ticket);
}

static void a_long_quiet_time_ends_both_keys(void **state)
{
	(void)state;
	SSL_SESSION *ticket = fresh_ticket();
	now_ms += 25 * HOUR;
	ticket_keys_turn(world.keys);
	assert_false(connect_with(ticket));
	SSL_SESSION_free(ticket);
}

static void a_ticket_of_another_server_is_no_use(void **state)
{
	(void)state;
	SSL_SESSION *ticket = fresh_ticket();
	struct ticket_keys *others;
	assert_ok(ticket_keys_new(&my_clock, &others));
	assert_ok(ticket_keys_use(others, world.server));
	assert_false(connect_with(ticket));
	assert_ok(ticket_keys_use(world.keys, world.server));
	assert_true(connect_with(ticket));
	ticket_keys_free(others);
	SSL_SESSION_free(ticket);
}

static void in_tls_1_2_too(void **state)
{
	(void)state;
	SSL_CTX_set_max_proto_version(world.client, TLS1_2_VERSION);
	SSL_SESSION *ticket = fresh_ticket();
	assert_true(SSL_SESSION_get_ticket_lifetime_hint(ticket) <= 86400);
	assert_true(connect_with(ticket));
	now_ms += 25 * HOUR;
	assert_false(connect_with(ticket));
	SSL_SESSION_free(ticket);
	SSL_CTX_set_max_proto_version(world.client, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_ticket_resumes),
		TEST(a_key_opens_for_a_day_at_most),
		TEST(a_long_quiet_time_ends_both_keys),
		TEST(a_ticket_of_another_server_is_no_use),
		TEST(in_tls_1_2_too),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
