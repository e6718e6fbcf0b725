/* SPDX-License-Identifier: Apache-2.0 */
/* net_handshake HOST PORT THREADS SECONDS [PATH]: how many full TLS handshakes a second, each on a connection of its
 * own with one request that asks to close it; no session is ever resumed.  Prints one number. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "text.h"

static struct {
	struct sockaddr_in to;
	SSL_CTX *context;
	double until;
	char request[256];
	_Atomic(uint64_t) done, failed;
} run;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool ask(SSL *ssl)
{
	const int len = (int)strlen(run.request);
	char answer[8192];
	int total = 0, n;

	if (SSL_connect(ssl) != 1 || SSL_session_reused(ssl) == 1 || SSL_write(ssl, run.request, len) != len)
		return false;
	while ((n = SSL_read(ssl, answer, sizeof answer)) > 0)
		total += n;
	return total > 12;
}

static bool once(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	SSL *ssl = SSL_new(run.context);
	bool fine = connect(fd, (struct sockaddr *)&run.to, sizeof run.to) == 0 && SSL_set_fd(ssl, fd) == 1 && ask(ssl);

	SSL_free(ssl);
	close(fd);
	return fine;
}

static void *client(void *context)
{
	while (now() < run.until) {
		if (once())
			run.done++;
		else
			run.failed++;
	}
	return context;
}

int main(int argc, char **argv)
{
	uint32_t port, threads, seconds;
	pthread_t ids[256];

	if (argc < 5 || argc > 6 || inet_pton(AF_INET, argv[1], &run.to.sin_addr) != 1 ||
	    !ok(text_to_u32(text_of(argv[2]), 1, UINT16_MAX, &port)) ||
	    !ok(text_to_u32(text_of(argv[3]), 1, 256, &threads)) ||
	    !ok(text_to_u32(text_of(argv[4]), 1, 3600, &seconds)))
		return 2;
	(void)snprintf(run.request, sizeof run.request,
		       "GET %.128s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
		       argc == 6 ? argv[5] : "/small");
	run.to.sin_family = AF_INET;
	run.to.sin_port = htons((uint16_t)port);
	run.context = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_session_cache_mode(run.context, SSL_SESS_CACHE_OFF);
	double start = now();
	run.until = start + seconds;
	for (uint32_t i = 0; i < threads; i++)
		if (pthread_create(&ids[i], NULL, client, NULL) != 0)
			return 1;
	for (uint32_t i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	printf("%.1f\n", (double)run.done / (now() - start));
	SSL_CTX_free(run.context);
	if (run.failed > 0)
		fprintf(stderr, "%llu failed\n", (unsigned long long)run.failed);
	return run.failed > 0;
}
