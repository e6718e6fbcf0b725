/* SPDX-License-Identifier: Apache-2.0 */
/* A small server that shows everything net can do, for the flows and the bench.
 *
 *   net_server [--listen WHERE]... [--inherit] [--cert F --key F [--chain F]] [--origin URL] [--loops N]
 *              [--body BYTES] [--limit NAME=N]...
 *
 * It prints "ready PORT..." and serves until SIGTERM, which drains; SIGHUP reloads
 * the certificate.  Its routes are in the table at the end. */
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "net.h"
#include "secret.h"

#define LISTEN_MAX 8
#define BODY_MAX   (1 << 20)

static struct {
	struct net_server *server;
	uint8_t body[BODY_MAX];
	size_t body_len;
	_Atomic(uint64_t) begun, finished, lost, turns;
} world = {.body_len = 200};

/* --- a thread that finishes what handlers cannot finish at once --- */

struct errand {
	struct net_task task; /* first */
	struct errand *next;
	struct exchange_handle exchange;
	uint64_t due_ms;
	void (*run)(struct exchange *e);
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct errand *first;
	bool ending;
	pthread_t thread;
} worker = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static uint64_t real_ms(void)
{
	return clock_system.wall_ms(clock_system.context);
}

static void errand_done(struct net_task *task, void *own)
{
	struct errand *errand = (struct errand *)(void *)task;
	struct exchange *e = own != NULL ? exchange_find(errand->exchange) : NULL;

	if (e != NULL)
		errand->run(e);
	free(errand);
}

static struct errand *take_due(void)
{
	for (struct errand **link = &worker.first; *link != NULL; link = &(*link)->next) {
		struct errand *errand = *link;
		if (errand->due_ms > real_ms() && !worker.ending)
			continue;
		*link = errand->next;
		return errand;
	}
	return NULL;
}

static void *worker_main(void *context)
{
	(void)context;
	pthread_mutex_lock(&worker.lock);
	while (!worker.ending || worker.first != NULL) {
		struct errand *errand = take_due();
		if (errand != NULL) {
			pthread_mutex_unlock(&worker.lock);
			net_post(errand->exchange.loop, &errand->task);
			pthread_mutex_lock(&worker.lock);
			continue;
		}
		uint64_t wake = real_ms() + (worker.first != NULL ? 5 : 1000);
		struct timespec until = {(time_t)(wake / 1000), (long)(wake % 1000) * 1000000};
		pthread_cond_timedwait(&worker.changed, &worker.lock, &until);
	}
	pthread_mutex_unlock(&worker.lock);
	return NULL;
}

static void later(struct exchange *e, uint64_t ms, void (*run)(struct exchange *))
{
	struct errand *errand = calloc(1, sizeof *errand);

	if (errand == NULL)
		abort();
	errand->task.run = errand_done;
	errand->exchange = exchange_handle(e);
	errand->due_ms = real_ms() + ms;
	errand->run = run;
	pthread_mutex_lock(&worker.lock);
	errand->next = worker.first;
	worker.first = errand;
	pthread_cond_signal(&worker.changed);
	pthread_mutex_unlock(&worker.lock);
}

/* --- answers --- */

static void answer_text(struct exchange *e, unsigned status, const char *text)
{
	exchange_answer(e, &(struct exchange_reply){.status = status,
						    .content_type = TEXT("application/json"),
						    .body = {(const uint8_t *)text, strlen(text)}});
}

static uint64_t number(struct exchange *e, const char *name, uint64_t otherwise)
{
	struct text query = exchange_request(e)->query, item;
	uint64_t value = otherwise;

	while (text_split(&query, '&', &item))
		if (text_starts(item, text_of(name)) && item.len > strlen(name) && item.at[strlen(name)] == '=')
			(void)ok(text_to_u64((struct text){item.at + strlen(name) + 1, item.len - strlen(name) - 1}, 0,
					     UINT64_MAX, &value));
	return value;
}

static void on_small(struct exchange *e)
{
	exchange_answer(e, &(struct exchange_reply){.status = 200,
						    .content_type = TEXT("application/json"),
						    .body = {world.body, world.body_len}});
}

static void on_hello(struct exchange *e)
{
	const struct exchange_request *r = exchange_request(e);
	struct address_text peer = address_print(&r->peer);
	struct text cookie = exchange_header(e, TEXT("cookie")), agent = exchange_header(e, TEXT("User-Agent"));
	char text[4096];

	(void)snprintf(
		text, sizeof text,
		"{\"method\":\"%.*s\",\"path\":\"%.*s\",\"query\":\"%.*s\",\"authority\":\"%.*s\",\"peer\":\"%s\","
		"\"protocol\":%d,\"tls\":%d,\"secure\":%d,\"cookie\":\"%.*s\",\"agent\":\"%.*s\"}\n",
		TEXT_ARG(http_method_name(r->method)), TEXT_ARG(r->path), TEXT_ARG(r->query), TEXT_ARG(r->authority),
		peer.at, (int)r->protocol, (int)r->tls, r->secure, TEXT_ARG(cookie), TEXT_ARG(agent));
	answer_text(e, 200, text);
}

static void on_asset(struct exchange *e)
{
	const struct exchange_header headers[] = {
		{TEXT("cache-control"), TEXT("public, max-age=31536000, immutable")},
		{TEXT("content-security-policy"), TEXT("default-src 'self'")},
		{TEXT("cross-origin-embedder-policy"), {"", 0}},
		{TEXT("etag"), TEXT("\"one\"")},
	};

	exchange_answer(e, &(struct exchange_reply){.status = 200,
						    .content_type = TEXT("text/javascript"),
						    .headers = headers,
						    .header_count = COUNT(headers),
						    .body = BYTES_LITERAL("export {}\n")});
}

static void on_split(struct exchange *e)
{
	const struct exchange_header header = {TEXT("x-note"), TEXT("a\r\nset-cookie: b")};

	exchange_answer(e, &(struct exchange_reply){.status = 200, .headers = &header, .header_count = 1});
}

static void on_empty(struct exchange *e)
{
	exchange_answer(e, &(struct exchange_reply){.status = 204});
}

static void on_never(struct exchange *e)
{
	(void)e;
}

static void on_slow(struct exchange *e)
{
	later(e, number(e, "ms", 50), on_small);
}

/* --- streamed answers: byte k is k modulo 251 --- */

struct flow {
	uint64_t at, length;
	bool dribbles, waits;
	struct exchange *exchange;
};

static void wake(struct exchange *e)
{
	exchange_wake(e);
}

static struct status produce(void *context, uint8_t *out, size_t max, size_t *len, bool *last)
{
	struct flow *flow = context;
	uint64_t left = flow->length - flow->at;

	if (flow->dribbles) {
		flow->waits = !flow->waits;
		if (flow->waits) {
			later(flow->exchange, 1, wake);
			*len = 0;
			return OK;
		}
		max = max < 1000 ? max : 1000;
	}
	*len = left < max ? (size_t)left : max;
	for (size_t i = 0; i < *len; i++)
		out[i] = (uint8_t)((flow->at + i) % 251);
	flow->at += *len;
	*last = flow->at == flow->length;
	return OK;
}

static void stream_back(struct exchange *e, bool known, bool dribbles)
{
	struct flow *flow = calloc(1, sizeof *flow);

	if (flow == NULL)
		abort();
	*flow = (struct flow){.length = number(e, "n", 100000), .dribbles = dribbles, .exchange = e};
	exchange_set_context(e, flow);
	struct exchange_source source = {
		.length = known ? flow->length : EXCHANGE_LENGTH_UNKNOWN, .produce = produce, .context = flow};
	exchange_answer_from(
		e, &(struct exchange_reply){.status = 200, .content_type = TEXT("application/octet-stream")}, &source);
}

static void on_bytes(struct exchange *e)
{
	stream_back(e, true, false);
}

static void on_chunks(struct exchange *e)
{
	stream_back(e, false, false);
}

static void on_dribble(struct exchange *e)
{
	stream_back(e, false, true);
}

/* As fast as memory: for the bench. */
static struct status copy_out(void *context, uint8_t *out, size_t max, size_t *len, bool *last)
{
	struct flow *flow = context;
	uint64_t left = flow->length - flow->at;

	*len = left < max ? (size_t)left : max;
	memcpy(out, world.body, *len);
	flow->at += *len;
	*last = flow->at == flow->length;
	return OK;
}

static void on_large(struct exchange *e)
{
	struct flow *flow = calloc(1, sizeof *flow);

	if (flow == NULL)
		abort();
	flow->length = number(e, "n", 100000);
	exchange_set_context(e, flow);
	struct exchange_source source = {.length = flow->length, .produce = copy_out, .context = flow};
	exchange_answer_from(
		e, &(struct exchange_reply){.status = 200, .content_type = TEXT("application/octet-stream")}, &source);
}

/* A copy in one piece, whatever its size. */
static void on_whole(struct exchange *e)
{
	size_t n = (size_t)number(e, "n", 100000);
	uint8_t *bytes = malloc(n + 1);

	if (bytes == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(i % 251);
	exchange_answer(e, &(struct exchange_reply){.status = 200,
						    .content_type = TEXT("application/octet-stream"),
						    .body = {bytes, n}});
	free(bytes);
}

static struct status fail_midway(void *context, uint8_t *out, size_t max, size_t *len, bool *last)
{
	struct flow *flow = context;

	if (flow->at > 0)
		return FAIL(ST_CORRUPT);
	memset(out, 'x', max);
	*last = false;
	*len = max;
	flow->at = max;
	return OK;
}

static void on_breaks(struct exchange *e)
{
	struct flow *flow = calloc(1, sizeof *flow);

	if (flow == NULL)
		abort();
	exchange_set_context(e, flow);
	struct exchange_source source = {.length = 1000000, .produce = fail_midway, .context = flow};
	exchange_answer_from(e, &(struct exchange_reply){.status = 200}, &source);
}

/* --- bodies --- */

static void echo(struct exchange *e, struct status s, struct bytes body)
{
	if (!ok(s)) {
		answer_text(e, 413, "{\"limit\":100000}");
		return;
	}
	exchange_answer(e, &(struct exchange_reply){
				   .status = 200, .content_type = TEXT("application/octet-stream"), .body = body});
}

static void on_echo(struct exchange *e)
{
	exchange_collect(e, (size_t)number(e, "max", 100000), echo);
}

static void collect_now(struct exchange *e)
{
	exchange_collect(e, 100000, echo);
}

static void on_echo_late(struct exchange *e)
{
	later(e, 50, collect_now);
}

struct tally {
	uint64_t bytes, sum;
	bool pauses;
};

static void resume(struct exchange *e)
{
	exchange_resume(e);
}

static void count(struct exchange *e, struct status s, struct bytes piece, bool last)
{
	struct tally *tally = exchange_context(e);
	char text[128];

	if (!ok(s)) {
		answer_text(e, 413, "{\"limit\":1}");
		return;
	}
	for (size_t i = 0; i < piece.len; i++)
		tally->sum += piece.at[i];
	tally->bytes += piece.len;
	if (last) {
		(void)snprintf(text, sizeof text, "{\"bytes\":%" PRIu64 ",\"sum\":%" PRIu64 "}\n", tally->bytes,
			       tally->sum);
		answer_text(e, 200, text);
	} else if (tally->pauses) {
		exchange_pause(e);
		later(e, 1, resume);
	}
}

static void count_body(struct exchange *e, bool pauses)
{
	struct tally *tally = calloc(1, sizeof *tally);

	if (tally == NULL)
		abort();
	tally->pauses = pauses;
	exchange_set_context(e, tally);
	exchange_stream(e, number(e, "max", 1ull << 30), count);
}

static void on_count(struct exchange *e)
{
	count_body(e, false);
}

static void on_count_slowly(struct exchange *e)
{
	count_body(e, true);
}

/* --- sessions --- */

static struct uuid session_of(struct exchange *e)
{
	struct uuid id = {{0}};

	id.bytes[15] = (uint8_t)number(e, "s", 0);
	return id;
}

static void on_tagged(struct exchange *e)
{
	struct uuid id = session_of(e);

	exchange_tag(e, &id);
	stream_back(e, false, number(e, "dribble", 0) != 0);
}

static void on_end(struct exchange *e)
{
	struct uuid id = session_of(e);

	answer_text(e, ok(net_end_session(world.server, &id)) ? 200 : 500, "{}");
}

static void on_metrics(struct exchange *e)
{
	struct net_metrics m = net_metrics(world.server);
	char text[1024];

	(void)snprintf(text, sizeof text,
		       "{\"2xx\":%" PRIu64 ",\"4xx\":%" PRIu64 ",\"5xx\":%" PRIu64 ",\"none\":%" PRIu64
		       ",\"accepted\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"evicted\":%" PRIu64
		       ",\"handshakes\":%" PRIu64 ",\"resumed\":%" PRIu64 ",\"handshake_failures\":%" PRIu64
		       ",\"bytes_in\":%" PRIu64 ",\"bytes_out\":%" PRIu64 ",\"timeouts\":%" PRIu64
		       ",\"protocol_errors\":%" PRIu64 ",\"connections\":%" PRIu64 ",\"exchanges\":%" PRIu64
		       ",\"begun\":%" PRIu64 ",\"finished\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"turns\":%" PRIu64 "}\n",
		       m.requests[2], m.requests[4], m.requests[5], m.requests[0], m.accepted, m.refused, m.evicted,
		       m.handshakes, m.resumed, m.handshake_failures, m.bytes_in, m.bytes_out, m.timeouts,
		       m.protocol_errors, m.connections, m.exchanges, world.begun, world.finished, world.lost,
		       world.turns);
	answer_text(e, 200, text);
}

static const struct {
	const char *path;
	void (*serve)(struct exchange *e);
} routes[] = {
	{"/small", on_small},
	{"/hello", on_hello},
	{"/asset", on_asset},
	{"/split", on_split},
	{"/empty", on_empty},
	{"/never", on_never},
	{"/slow", on_slow},                 /* ?ms=N: answered by another thread */
	{"/bytes", on_bytes},               /* ?n=N: known length */
	{"/large", on_large},               /* ?n=N: known length, letters */
	{"/chunks", on_chunks},             /* ?n=N: unknown length */
	{"/dribble", on_dribble},           /* ?n=N: unknown length, with "not yet" in between */
	{"/whole", on_whole},               /* ?n=N: in one piece */
	{"/breaks", on_breaks},             /* fails in the middle */
	{"/echo", on_echo},                 /* ?max=N: collected */
	{"/echo-late", on_echo_late},       /* asks for the body only after a while */
	{"/count", on_count},               /* ?max=N: streamed */
	{"/count-slowly", on_count_slowly}, /* paused after every piece */
	{"/tagged", on_tagged},             /* ?s=N&n=N[&dribble=1]: runs under session N */
	{"/end", on_end},                   /* ?s=N: ends session N */
	{"/metrics", on_metrics},
};

static void on_request(void *own, struct exchange *e)
{
	(void)own;
	world.begun++;
	for (size_t i = 0; i < COUNT(routes); i++)
		if (text_equal(exchange_request(e)->path, text_of(routes[i].path))) {
			routes[i].serve(e);
			return;
		}
	answer_text(e, 404, "{}");
}

static void on_finished(void *own, struct exchange *e, enum exchange_outcome outcome)
{
	(void)own;
	world.finished++;
	world.lost += outcome == EXCHANGE_LOST;
	free(exchange_context(e));
}

static struct status on_loop_begin(void *context, struct net_loop *loop, void **own)
{
	(void)loop;
	*own = context;
	return OK;
}

static void on_turn(void *own)
{
	(void)own;
	world.turns++;
}

/* --- the process --- */

static void set_limit(struct net_limits *limits, const char *setting)
{
	const struct {
		const char *name;
		size_t *value;
	} names[] = {
		{"connections", &limits->connections}, {"per_address", &limits->connections_per_address},
		{"streams", &limits->streams},         {"handshake_ms", &limits->handshake_ms},
		{"head_ms", &limits->head_ms},         {"idle_ms", &limits->idle_ms},
		{"stall_ms", &limits->stall_ms},
	};
	const char *equals = strchr(setting, '=');
	uint32_t value;

	if (equals == NULL || !ok(text_to_u32(text_of(equals + 1), 1, UINT32_MAX, &value)))
		exit(2);
	for (size_t i = 0; i < COUNT(names); i++)
		if (strlen(names[i].name) == (size_t)(equals - setting) &&
		    strncmp(names[i].name, setting, strlen(names[i].name)) == 0)
			*names[i].value = value;
}

static int refuse(struct status s)
{
	fprintf(stderr, "net_server: %s (%s)\n", s.what != NULL ? s.what : "-", status_name(s.code));
	return 1;
}

static void wait_for_end(const struct net_config *config)
{
	sigset_t set;
	int number = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	while (sigwait(&set, &number) == 0 && number != SIGTERM) {
		struct status s = net_reload(world.server, &config->identity);
		printf("reload %s\n", s.what != NULL ? s.what : status_name(s.code));
		fflush(stdout);
	}
}

static int serve(const struct net_config *config)
{
	struct status s = net_open(config, &world.server);

	if (ok(s))
		s = net_start(world.server);
	if (!ok(s)) {
		net_close(world.server);
		return refuse(s);
	}
	pthread_create(&worker.thread, NULL, worker_main, NULL);
	printf("ready");
	for (size_t i = 0; i < config->listen_count + config->inherited_count; i++)
		printf(" %u", (unsigned)net_port(world.server, i));
	printf("\n");
	fflush(stdout);
	wait_for_end(config);
	s = net_drain(world.server, 5000);
	pthread_mutex_lock(&worker.lock);
	worker.ending = true;
	pthread_cond_signal(&worker.changed);
	pthread_mutex_unlock(&worker.lock);
	pthread_join(worker.thread, NULL);
	net_close(world.server);
	printf("drained %s begun %" PRIu64 " finished %" PRIu64 "\n", status_name(s.code), world.begun, world.finished);
	return world.begun == world.finished ? 0 : 1;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"listen", required_argument, NULL, 'l'}, {"inherit", no_argument, NULL, 'i'},
		{"cert", required_argument, NULL, 'c'},   {"key", required_argument, NULL, 'k'},
		{"chain", required_argument, NULL, 'n'},  {"origin", required_argument, NULL, 'o'},
		{"loops", required_argument, NULL, 'p'},  {"body", required_argument, NULL, 'b'},
		{"limit", required_argument, NULL, 'm'},  {NULL, 0, NULL, 0},
	};
	const char *listen[LISTEN_MAX];
	int inherited[LISTEN_MAX], option;
	uint32_t n = 0;
	sigset_t blocked;
	struct net_config config = {.listen = listen,
				    .inherited = inherited,
				    .handler = {.loop_begin = on_loop_begin,
						.turn = on_turn,
						.request = on_request,
						.finished = on_finished},
				    .context = &world};

	sigfillset(&blocked);
	sigdelset(&blocked, SIGINT);
	pthread_sigmask(SIG_BLOCK, &blocked, NULL);
	if (!ok(secret_setup()))
		return 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'l' && config.listen_count < LISTEN_MAX)
			listen[config.listen_count++] = optarg;
		else if (option == 'i')
			config.inherited_count = net_inherited(inherited, LISTEN_MAX);
		else if (option == 'c')
			config.identity.certificate_path = optarg;
		else if (option == 'k')
			config.identity.key_path = optarg;
		else if (option == 'n')
			config.identity.chain_path = optarg;
		else if (option == 'o')
			config.origin = optarg;
		else if (option == 'p' && ok(text_to_u32(text_of(optarg), 1, 64, &n)))
			config.loops = n;
		else if (option == 'b' && ok(text_to_u32(text_of(optarg), 0, BODY_MAX, &n)))
			world.body_len = n;
		else if (option == 'm')
			set_limit(&config.limits, optarg);
		else
			return 2;
	}
	memset(world.body, 'a', sizeof world.body);
	return serve(&config);
}
