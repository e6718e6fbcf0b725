/* SPDX-License-Identifier: Apache-2.0 */
/* A connection and a handler that does a bit of everything, fed over a socket pair.
 *
 * Byte 0: bit 0 HTTP/2, else HTTP/1.1; the other bits the size of the pieces (0: all at once).  The rest is what the
 * peer sends.  Every exchange that began must be finished once the connection is closed. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"
#include "secret.h"
#include "server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static unsigned begun, finished;

static void on_collected(struct exchange *e, struct status s, struct bytes body)
{
	exchange_answer(e, &(struct exchange_reply){.status = ok(s) ? 200 : 413, .body = body});
}

static void on_piece(struct exchange *e, struct status s, struct bytes piece, bool last)
{
	if (!ok(s) || last)
		exchange_answer(e, &(struct exchange_reply){.status = ok(s) ? 200 : 413});
	else if (piece.len % 3 == 1)
		exchange_pause(e);
	else if (piece.len % 7 == 5)
		exchange_cut(e);
}

static struct status on_produce(void *context, uint8_t *out, size_t max, size_t *len, bool *last)
{
	static unsigned calls;

	(void)context;
	*len = ++calls % 5 == 0 ? 0 : max < 700 ? max : 700;
	memset(out, 'x', *len);
	*last = calls % 11 == 0;
	return calls % 97 == 0 ? FAIL(ST_CORRUPT) : OK;
}

static void on_request(void *own, struct exchange *e)
{
	const struct exchange_request *r = exchange_request(e);
	const struct exchange_source known = {5000, on_produce, NULL},
				     unknown = {EXCHANGE_LENGTH_UNKNOWN, on_produce, NULL};
	const struct exchange_reply fine = {.status = 200, .body = BYTES_LITERAL("fine")};
	static const struct uuid session = {{7}};

	(void)own;
	begun++;
	if (r->path.len == 0 || r->authority.len == 0 || exchange_header(e, TEXT("no-such")).at != NULL ||
	    exchange_find(exchange_handle(e)) != e)
		__builtin_trap();
	exchange_tag(e, &session);
	switch (r->path.len % 8) {
	case 0:
		exchange_collect(e, 1000, on_collected);
		break;
	case 2:
		exchange_stream(e, 100000, on_piece);
		break;
	case 3:
		exchange_answer_from(e, &fine, &known);
		break;
	case 4:
		exchange_answer_from(e, &fine, &unknown);
		break;
	case 5:
		exchange_cut(e);
		break;
	case 6: /* later, or never */
		break;
	default:
		exchange_answer(e, &fine);
		exchange_answer(e, &fine); /* a second one does nothing */
		break;
	}
}

static void on_finished(void *own, struct exchange *e, enum exchange_outcome outcome)
{
	(void)own, (void)outcome;
	if (exchange_find(exchange_handle(e)) != NULL)
		__builtin_trap();
	finished++;
}

static struct net_server *server(void)
{
	static struct net_server *s;
	static const char *const listen[] = {"unix:/tmp/fuzz-httpconn.sock"};
	const struct net_config config = {.listen = listen,
					  .listen_count = 1,
					  .loops = 1,
					  .handler = {.request = on_request, .finished = on_finished}};

	if (s == NULL && (!ok(secret_setup()) || !ok(net_open(&config, &s))))
		__builtin_trap();
	return s;
}

static void drain_socket(int fd)
{
	uint8_t waste[65536];

	while (recv(fd, waste, sizeof waste, MSG_DONTWAIT) > 0)
		continue;
}

/* What a handler that answers later does. */
static void tend(struct connection *c)
{
	if (c->stage != CONNECTION_OPEN)
		return;
	struct exchange *e = c->protocol == &http1_protocol ? c->http1.exchange : c->http2.first;
	for (; e != NULL; e = e->next) {
		exchange_resume(e);
		exchange_wake(e);
		if (e->begun && e->request.path.len % 16 == 6)
			exchange_answer(e, &(struct exchange_reply){.status = 204});
	}
}

static void work(struct connection *c, int peer)
{
	for (int i = 0; i < 8 && c->stage != CONNECTION_CLOSED; i++) {
		c->watch.ready(&c->watch, EPOLLIN | EPOLLOUT);
		drain_socket(peer);
		tend(c);
	}
}

static void run(struct net_loop *loop, bool http2, struct bytes in, size_t step)
{
	const struct address nobody = {0};
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0 ||
	    guests_enter(loop->server->guests, &nobody) != GUESTS_WELCOME)
		__builtin_trap();
	connection_open(loop, ends[0], &(struct connection_origin){.is_unix = true});
	struct connection *c = loop->connections;
	if (http2) {
		c->protocol = &http2_protocol;
		if (!ok(c->protocol->start(c)))
			__builtin_trap();
	}
	while (in.len > 0 && c->stage == CONNECTION_OPEN) {
		size_t piece = step == 0 || in.len < step ? in.len : step;
		ssize_t sent = send(ends[1], in.at, piece, MSG_NOSIGNAL);
		if (sent <= 0)
			break;
		in = bytes_of(in.at + sent, in.len - (size_t)sent);
		work(c, ends[1]);
	}
	if (c->stage != CONNECTION_CLOSED)
		connection_overdue(c);
	work(c, ends[1]);
	close(ends[1]);
	work(c, ends[1]);
	connection_close(c, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct net_loop *loop = server()->loops;

	if (len == 0)
		return 0;
	begun = finished = 0;
	run(loop, (data[0] & 1) != 0, bytes_of(data + 1, len - 1), data[0] / 2);
	if (begun != finished || guests_count(loop->server->guests) != 0 || meter_read(&loop->meter.exchanges) != 0)
		__builtin_trap();
	loop->dirty = NULL;
	loop->dirty_end = &loop->dirty;
	while (loop->dead != NULL) {
		struct connection *c = loop->dead;
		loop->dead = c->next;
		free(c);
	}
	return 0;
}
