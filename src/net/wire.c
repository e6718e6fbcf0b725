/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include <errno.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

/* So that a peer who sends without end holds the loop no longer than others. */
#define DISCARD_ROUNDS 16

struct status wire_setup(struct wire *w, int fd, SSL_CTX *context)
{
	SSL *ssl = NULL;

	if (context != NULL) {
		ssl = SSL_new(context);
		if (ssl == NULL || SSL_set_fd(ssl, fd) != 1) {
			SSL_free(ssl);
			ERR_clear_error();
			return FAIL(ST_NO_MEMORY);
		}
		SSL_set_accept_state(ssl);
	}
	*w = (struct wire){.fd = fd, .ssl = ssl, .up = ssl == NULL};
	return OK;
}

/* SSL_get_error() looks at what others left there too; clearing an empty queue is not free. */
static void forget_errors(void)
{
	if (ERR_peek_error() != 0)
		ERR_clear_error();
}

static struct status outcome(struct wire *w, int result)
{
	int error = SSL_get_error(w->ssl, result);

	ERR_clear_error();
	w->wants_write = error == SSL_ERROR_WANT_WRITE;
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
		return FAIL(ST_BUSY);
	return FAIL(ST_GONE);
}

/* A TLS client begins with a record of type 22; a method begins with a letter. */
static bool is_plain_http(struct wire *w)
{
	uint8_t first;

	return SSL_in_before(w->ssl) && recv(w->fd, &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1 && first >= 'A' &&
	       first <= 'Z';
}

struct status wire_handshake(struct wire *w)
{
	if (is_plain_http(w)) {
		SSL_free(w->ssl);
		w->ssl = NULL;
		w->up = true;
		return FAIL(ST_INVALID);
	}
	forget_errors();
	int result = SSL_accept(w->ssl);
	if (result != 1)
		return outcome(w, result);
	w->up = true;
	return OK;
}

static struct status socket_outcome(struct wire *w, bool writing)
{
	w->wants_write = writing;
	return FAIL(errno == EAGAIN || errno == EINTR ? ST_BUSY : ST_GONE);
}

struct status wire_read(struct wire *w, uint8_t *out, size_t max, size_t *len)
{
	if (w->ssl != NULL) {
		forget_errors();
		if (SSL_read_ex(w->ssl, out, max, len) == 1)
			return OK;
		return outcome(w, 0);
	}
	ssize_t n = recv(w->fd, out, max, MSG_DONTWAIT);
	if (n < 0)
		return socket_outcome(w, false);
	if (n == 0)
		return FAIL(ST_GONE);
	*len = (size_t)n;
	return OK;
}

bool wire_pending(const struct wire *w)
{
	return w->ssl != NULL && SSL_has_pending(w->ssl) == 1;
}

struct status wire_write(struct wire *w, struct bytes bytes, size_t *len)
{
	if (w->ssl != NULL) {
		forget_errors();
		if (SSL_write_ex(w->ssl, bytes.at, bytes.len, len) == 1)
			return OK;
		return outcome(w, 0);
	}
	ssize_t n = send(w->fd, bytes.at, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return socket_outcome(w, true);
	*len = (size_t)n;
	return OK;
}

void wire_rest(struct wire *w)
{
	if (w->ssl != NULL && w->up)
		(void)SSL_free_buffers(w->ssl);
}

void wire_save_memory(struct wire *w)
{
	if (w->ssl != NULL)
		SSL_set_mode(w->ssl, SSL_MODE_RELEASE_BUFFERS);
}

static void say_goodbye(struct wire *w)
{
	if (w->ssl == NULL || !w->up)
		return;
	ERR_clear_error();
	(void)SSL_shutdown(w->ssl);
	ERR_clear_error();
}

void wire_finish(struct wire *w)
{
	say_goodbye(w);
	SSL_free(w->ssl);
	w->ssl = NULL;
	(void)shutdown(w->fd, SHUT_WR);
}

bool wire_discard(struct wire *w)
{
	uint8_t waste[4096];
	ssize_t n = sizeof waste;

	for (int i = 0; i < DISCARD_ROUNDS && n == (ssize_t)sizeof waste; i++)
		n = recv(w->fd, waste, sizeof waste, MSG_DONTWAIT);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

void wire_close(struct wire *w, bool abruptly)
{
	const struct linger now = {.l_onoff = 1, .l_linger = 0};

	if (w->fd < 0)
		return;
	if (abruptly)
		(void)setsockopt(w->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	else
		say_goodbye(w);
	SSL_free(w->ssl);
	close(w->fd);
	*w = (struct wire){.fd = -1};
}
