/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation of net fails in turn, once and from there on, while a server is opened, asked over HTTP/1.1 and
 * HTTP/2, and closed: no crash, no leak, no exchange that is not finished, and nobody waits for an answer for ever. */
#include "testing.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "failingheap.h"
#include "net.h"
#include "secret.h"

/* What nghttp2 holds when an allocation of its own fails is given up: see http2session.c. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:nghttp2";
}

/* --- the server --- */

static struct {
	char certificate[4096], key[4096], path[64], where[80];
	_Atomic(unsigned) begun, finished;
	SSL_CTX *client;
} world;

static uint8_t large[50000];

static void echo(struct exchange *e, struct status s, struct bytes body)
{
	exchange_answer(e, &(struct exchange_reply){.status = ok(s) ? 200 : 413, .body = body});
}

static struct status produce(void *context, uint8_t *out, size_t max, size_t *len, bool *last)
{
	(void)context;
	memset(out, 'x', max);
	*len = max < 500 ? max : 500;
	*last = true;
	return OK;
}

static void on_request(void *own, struct exchange *e)
{
	const struct uuid session = {{1}};
	const struct exchange_reply fine = {.status = 200, .body = bytes_of(large, sizeof large)};
	const struct exchange_source source = {EXCHANGE_LENGTH_UNKNOWN, produce, NULL};

	(void)own;
	world.begun++;
	exchange_tag(e, &session);
	if (exchange_request(e)->method == HTTP_POST)
		exchange_collect(e, 100000, echo);
	else if (exchange_request(e)->has_query)
		exchange_answer_from(e, &fine, &source);
	else
		exchange_answer(e, &fine);
}

static void on_finished(void *own, struct exchange *e, enum exchange_outcome outcome)
{
	(void)own, (void)e, (void)outcome;
	world.finished++;
}

static void make_identity(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());

	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"vault", -1, -1,
				   0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509(bio, x), 1);
	assert_true(BIO_read(bio, world.certificate, sizeof world.certificate - 1) > 0);
	assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
	assert_true(BIO_read(bio, world.key, sizeof world.key - 1) > 0);
	BIO_free(bio);
	X509_free(x);
	EVP_PKEY_free(key);
}

/* --- clients: they ask, and wait until they are answered or cut off --- */

static void set_patience(int fd)
{
	const struct timeval patience = {.tv_sec = 120};

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
}

static void ask_http1(void)
{
	static const char requests[] =
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
		"GET /?chunks HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	char waste[4096];
	ssize_t n;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(sa.sun_path, world.path, strlen(world.path));
	set_patience(fd);
	if (connect(fd, (struct sockaddr *)&sa, sizeof sa) == 0 &&
	    send(fd, requests, sizeof requests - 1, MSG_NOSIGNAL) > 0) {
		while ((n = recv(fd, waste, sizeof waste, 0)) > 0)
			continue;
		assert_false(n < 0 && errno == EAGAIN); /* neither answered nor cut off */
	}
	close(fd);
}

/* Preface, SETTINGS, POST on stream 1 with a body, GET on 3 and 5. */
static const uint8_t http2[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
			       "\0\0\0\4\0\0\0\0\0"
			       "\0\0\7\1\4\0\0\0\1\x83\x84\x87\x41\x02"
			       "ab"
			       "\0\0\5\0\1\0\0\0\1hello"
			       "\0\0\7\1\5\0\0\0\3\x82\x84\x87\x41\x02"
			       "ab"
			       "\0\0\x0a\1\5\0\0\0\5\x82\x87\x41\x02"
			       "ab\x04\x02/?";

static int frames_ended(const uint8_t *bytes, size_t len)
{
	int ended = 0;

	for (size_t at = 0; len - at >= 9;) {
		size_t size = (size_t)bytes[at] << 16 | (size_t)bytes[at + 1] << 8 | bytes[at + 2];
		if (len - at - 9 < size)
			break;
		ended += bytes[at + 3] <= 1 && (bytes[at + 4] & 1) != 0; /* END_STREAM */
		ended += bytes[at + 3] == 3;                             /* RST_STREAM */
		at += 9 + size;
	}
	return ended;
}

static void ask_http2(uint16_t port)
{
	static uint8_t got[400000];
	struct sockaddr_in sa = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	SSL *ssl = SSL_new(world.client);
	size_t len = 0, n;

	set_patience(fd);
	SSL_set_fd(ssl, fd);
	SSL_set_alpn_protos(ssl, (const unsigned char *)"\2h2", 3);
	if (connect(fd, (struct sockaddr *)&sa, sizeof sa) == 0 && SSL_connect(ssl) == 1 &&
	    SSL_write(ssl, http2, sizeof http2 - 1) > 0) {
		while (frames_ended(got, len) < 3 && len < sizeof got &&
		       SSL_read_ex(ssl, got + len, sizeof got - len, &n) == 1)
			len += n;
		assert_false(frames_ended(got, len) < 3 && SSL_get_error(ssl, 0) == SSL_ERROR_WANT_READ);
	}
	SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(ssl);
	close(fd);
}

static int descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

/* A whole life of a server; true when it went through without a fault. */
static bool live(long first, bool lasting)
{
	const char *const listen[] = {world.where, "127.0.0.1:0"};
	const struct net_config config = {
		.listen = listen,
		.listen_count = COUNT(listen),
		.identity = {.certificate = text_bytes(text_of(world.certificate)),
			     .key = text_bytes(text_of(world.key))},
		.origin = "https://vault",
		.loops = 2,
		.limits = {.stall_ms = 2000, .idle_ms = 2000, .head_ms = 2000, .handshake_ms = 2000},
		.handler = {.request = on_request, .finished = on_finished},
	};
	const struct uuid session = {{1}};
	struct net_server *s = NULL;

	world.begun = world.finished = 0;
	failingheap_begin(first, lasting);
	struct status result = net_open(&config, &s);
	if (ok(result)) {
		result = net_start(s);
		if (ok(result)) {
			ask_http1();
			ask_http2(net_port(s, 1));
			(void)ok(net_reload(s, &config.identity));
			(void)ok(net_end_session(s, &session));
			(void)ok(net_drain(s, 3000));
		}
		net_close(s);
	}
	const bool met = failingheap_end();

	assert_true(ok(result) || result.code == ST_NO_MEMORY || result.code == ST_TOO_BIG);
	assert_int_equal(world.begun, world.finished);
	return !met;
}

static void survives(bool lasting)
{
	int before = descriptors();
	long n = 0;

	while (!live(n, lasting)) {
		assert_int_equal(descriptors(), before);
		assert_true(++n < 5000);
	}
	assert_int_equal(world.begun, 6);
	print_message("# %ld fault points\n", n);
	assert_true(n > 50);
}

static void every_single_failure_is_survived(void **state)
{
	(void)state;
	survives(false);
}

static void every_lasting_failure_is_survived(void **state)
{
	(void)state;
	survives(true);
}

static int set_up(void **state)
{
	sigset_t pipe;

	(void)state;
	if (!ok(secret_setup()))
		return 1;
	/* For the clients; a server's threads see to it themselves. */
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, NULL);
	memset(large, 'y', sizeof large);
	(void)snprintf(world.path, sizeof world.path, "/tmp/net-memory-%d.sock", (int)getpid());
	(void)snprintf(world.where, sizeof world.where, "unix:%s", world.path);
	make_identity();
	world.client = SSL_CTX_new(TLS_client_method());
	/* Warm what OpenSSL keeps for the life of the process. */
	return live(1000000, false) ? 0 : 1;
}

static int tear_down(void **state)
{
	(void)state;
	SSL_CTX_free(world.client);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_single_failure_is_survived),
		TEST(every_lasting_failure_is_survived),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
