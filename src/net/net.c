/* SPDX-License-Identifier: Apache-2.0 */
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connection.h"
#include "credentials.h"
#include "limits.h"
#include "server.h"

/* --- opening --- */

static void set_default(size_t *value, size_t otherwise)
{
	if (*value == 0)
		*value = otherwise;
}

static void set_limits(struct net_server *s, const struct net_limits *wanted)
{
	struct net_limits *l = &s->limits;

	*l = *wanted;
	set_default(&l->connections, LIMIT_CONNECTIONS);
	set_default(&l->connections_per_address, LIMIT_CONNECTIONS_PER_ADDRESS);
	set_default(&l->streams, LIMIT_HTTP2_STREAMS);
	set_default(&l->handshake_ms, LIMIT_HEAD_MS);
	set_default(&l->head_ms, LIMIT_HEAD_MS);
	set_default(&l->idle_ms, LIMIT_IDLE_MS);
	set_default(&l->stall_ms, LIMIT_BODY_STALL_MS);
}

/* Every inherited descriptor is owned from here on, whatever fails. */
static struct status open_listeners(struct net_server *s, const struct net_config *config)
{
	struct status result = OK;

	for (size_t i = 0; i < config->inherited_count; i++) {
		struct status one = listener_adopt(&s->listeners[config->listen_count + i], config->inherited[i]);
		if (!ok(one) && ok(result))
			result = one;
	}
	for (size_t i = 0; i < config->listen_count && ok(result); i++)
		result = listener_bind(&s->listeners[i], text_of(config->listen[i]));
	return result;
}

static bool needs_tls(const struct net_server *s)
{
	for (size_t i = 0; i < s->listener_count; i++)
		if (!s->listeners[i].is_unix)
			return true;
	return false;
}

static struct status open_tls(struct net_server *s, const struct net_identity *identity)
{
	struct credentials *credentials;

	TRY(ticket_keys_new(&s->clock, &s->tickets));
	TRY(credentials_load(identity, &credentials));
	struct status result = OK;
	for (unsigned i = 0; i < s->loop_count && ok(result); i++)
		result = tlscontext_new(credentials, s->tickets, &s->loops[i].tls);
	credentials_free(credentials);
	return result;
}

static struct status open_parts(struct net_server *s, const struct net_config *config)
{
	TRY(guests_new(s->limits.connections, s->limits.connections_per_address, &s->guests));
	for (unsigned i = 0; i < s->loop_count; i++)
		TRY(loop_setup(&s->loops[i], s, i));
	if (needs_tls(s))
		TRY(open_tls(s, &config->identity));
	if (config->origin != NULL && (s->origin = strdup(config->origin)) == NULL)
		return FAIL(ST_NO_MEMORY);
	s->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return s->spare_fd >= 0 ? OK : FAIL_AT(ST_IO, "/dev/null");
}

static unsigned loops_wanted(const struct net_config *config)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (config->loops != 0)
		return config->loops;
	return processors > 0 ? (unsigned)processors : 1;
}

static void disown_inherited(const struct net_config *config)
{
	for (size_t i = 0; i < config->inherited_count; i++)
		close(config->inherited[i]);
}

static struct status allocate(const struct net_config *config, struct net_server **out)
{
	struct net_server *s = calloc(1, sizeof *s);

	if (s == NULL)
		return FAIL(ST_NO_MEMORY);
	s->spare_fd = -1;
	s->loop_count = loops_wanted(config);
	s->listener_count = config->listen_count + config->inherited_count;
	s->loops = calloc(s->loop_count, sizeof *s->loops);
	s->listeners = calloc(s->listener_count, sizeof *s->listeners);
	if (s->loops == NULL || s->listeners == NULL) {
		free(s->loops);
		free(s->listeners);
		free(s);
		return FAIL(ST_NO_MEMORY);
	}
	for (size_t i = 0; i < s->listener_count; i++)
		s->listeners[i].watch.fd = -1;
	*out = s;
	return OK;
}

struct status net_open(const struct net_config *config, struct net_server **out)
{
	struct net_server *s = NULL;
	struct status result = config->listen_count + config->inherited_count > 0 && config->handler.request != NULL
				       ? allocate(config, &s)
				       : FAIL_AT(ST_INVALID, "listen");

	if (!ok(result)) {
		disown_inherited(config);
		return result;
	}
	s->handler = config->handler;
	s->context = config->context;
	s->clock = config->clock.mono_ms != NULL ? config->clock : clock_system;
	set_limits(s, &config->limits);
	result = open_listeners(s, config);
	if (ok(result))
		result = open_parts(s, config);
	if (!ok(result)) {
		net_close(s);
		return result;
	}
	*out = s;
	return OK;
}

/* --- running --- */

/* How a loop's thread says that it has begun. */
struct beginning {
	struct net_loop *loop;
	pthread_mutex_t *lock;
	pthread_cond_t *changed;
	bool done;
	struct status result;
};

static void *loop_main(void *context)
{
	struct beginning *b = context;
	struct net_loop *l = b->loop;
	const struct net_handler *handler = &l->server->handler;
	struct status result = OK;

	if (handler->loop_begin != NULL)
		result = handler->loop_begin(l->server->context, l, &l->own);
	pthread_mutex_lock(b->lock);
	b->result = result;
	b->done = true;
	pthread_cond_signal(b->changed);
	/* From here on ${b} may be gone. */
	pthread_mutex_unlock(b->lock);
	if (!ok(result))
		return NULL;
	loop_run(l);
	if (handler->loop_end != NULL)
		handler->loop_end(l->own);
	l->own = NULL;
	return NULL;
}

/* Signals are for the thread that reads them; SIGPIPE is for nobody. */
static int create_quiet(struct net_loop *l, struct beginning *b)
{
	sigset_t all, before;
	char name[16];

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&l->thread, NULL, loop_main, b);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error == 0 && snprintf(name, sizeof name, "net-%u", l->index) < (int)sizeof name)
		(void)pthread_setname_np(l->thread, name);
	return error;
}

static struct status start_loop(struct net_loop *l)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
	struct beginning b = {.loop = l, .lock = &lock, .changed = &changed};

	if (create_quiet(l, &b) != 0)
		return FAIL_AT(ST_NO_MEMORY, "thread");
	pthread_mutex_lock(&lock);
	while (!b.done)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	if (ok(b.result))
		l->started = true;
	else
		(void)pthread_join(l->thread, NULL);
	return b.result;
}

struct status net_start(struct net_server *s)
{
	for (size_t i = 0; i < s->listener_count; i++)
		TRY(listener_start(&s->listeners[i], &s->loops[0]));
	/* The first loop accepts: it is started last, when there is somebody to hand out to. */
	for (unsigned i = s->loop_count; i-- > 0;)
		TRY(start_loop(&s->loops[i]));
	return OK;
}

static void on_drain(struct net_task *task, void *own)
{
	struct net_loop *l = (struct net_loop *)(void *)((char *)task - offsetof(struct net_loop, drain_task));
	struct connection *next;

	(void)own;
	l->draining = true;
	for (size_t i = 0; l->index == 0 && i < l->server->listener_count; i++)
		listener_stop(&l->server->listeners[i]);
	for (struct connection *c = l->connections; c != NULL; c = next) {
		next = c->next;
		connection_drain(c);
	}
}

struct status net_drain(struct net_server *s, uint64_t ms)
{
	for (unsigned i = 0; i < s->loop_count && !s->draining; i++) {
		s->loops[i].drain_task.run = on_drain;
		net_post(&s->loops[i], &s->loops[i].drain_task);
	}
	s->draining = true;
	return guests_wait_empty(s->guests, ms) ? OK : FAIL_AT(ST_BUSY, "connections");
}

static void on_end(struct net_task *task, void *own)
{
	struct net_loop *l = (struct net_loop *)(void *)((char *)task - offsetof(struct net_loop, end_task));

	(void)own;
	l->ending = true;
}

static void end_loops(struct net_server *s)
{
	for (unsigned i = 0; i < s->loop_count; i++)
		if (s->loops[i].started) {
			s->loops[i].end_task.run = on_end;
			net_post(&s->loops[i], &s->loops[i].end_task);
		}
	for (unsigned i = 0; i < s->loop_count; i++)
		if (s->loops[i].started)
			(void)pthread_join(s->loops[i].thread, NULL);
	/* A task may post another to a loop that was already looked at. */
	for (bool any = true; any;) {
		any = false;
		for (unsigned i = 0; i < s->loop_count; i++) {
			s->loops[i].ending = true;
			any = loop_tasks(&s->loops[i], NULL) || any;
		}
	}
}

void net_close(struct net_server *s)
{
	if (s == NULL)
		return;
	end_loops(s);
	for (size_t i = 0; i < s->listener_count; i++)
		listener_clear(&s->listeners[i]);
	for (unsigned i = 0; i < s->loop_count; i++)
		loop_clear(&s->loops[i]);
	ticket_keys_free(s->tickets);
	guests_free(s->guests);
	if (s->spare_fd >= 0)
		close(s->spare_fd);
	free(s->origin);
	free(s->listeners);
	free(s->loops);
	free(s);
}

/* --- while it runs --- */

/* The same order for every loop, freed by the last that has followed it. */
struct orders {
	_Atomic(unsigned) left;
	struct uuid session;
	struct order {
		struct net_task task; /* first */
		struct orders *all;
		struct net_loop *loop;
		SSL_CTX *tls;
	} each[];
};

static struct status orders_new(struct net_server *s, void (*run)(struct net_task *, void *), struct orders **out)
{
	struct orders *orders = calloc(1, sizeof *orders + s->loop_count * sizeof orders->each[0]);

	if (orders == NULL)
		return FAIL(ST_NO_MEMORY);
	atomic_init(&orders->left, s->loop_count);
	for (unsigned i = 0; i < s->loop_count; i++)
		orders->each[i] = (struct order){.task.run = run, .all = orders, .loop = &s->loops[i]};
	*out = orders;
	return OK;
}

static void orders_post(struct net_server *s, struct orders *orders)
{
	for (unsigned i = 0; i < s->loop_count; i++)
		net_post(&s->loops[i], &orders->each[i].task);
}

static void order_done(struct order *o)
{
	if (atomic_fetch_sub(&o->all->left, 1) == 1)
		free(o->all);
}

static void on_end_session(struct net_task *task, void *own)
{
	struct order *o = (struct order *)(void *)task;
	struct registry_entry *entry = NULL;

	(void)own;
	while ((entry = registry_next(&o->loop->registry, &o->all->session, entry)) != NULL)
		exchange_cut((struct exchange *)(void *)entry);
	order_done(o);
}

struct status net_end_session(struct net_server *s, const struct uuid *session)
{
	struct orders *orders;

	TRY(orders_new(s, on_end_session, &orders));
	orders->session = *session;
	orders_post(s, orders);
	return OK;
}

static void on_reload(struct net_task *task, void *own)
{
	struct order *o = (struct order *)(void *)task;

	(void)own;
	/* Connections made from the old one keep it alive. */
	SSL_CTX_free(o->loop->tls);
	o->loop->tls = o->tls;
	order_done(o);
}

static struct status make_contexts(struct net_server *s, const struct credentials *credentials, struct orders *orders)
{
	for (unsigned i = 0; i < s->loop_count; i++)
		TRY(tlscontext_new(credentials, s->tickets, &orders->each[i].tls));
	return OK;
}

struct status net_reload(struct net_server *s, const struct net_identity *identity)
{
	struct credentials *credentials;
	struct orders *orders;

	if (s->tickets == NULL)
		return FAIL_AT(ST_INVALID, "no TLS socket");
	TRY(credentials_load(identity, &credentials));
	struct status result = orders_new(s, on_reload, &orders);
	if (ok(result)) {
		result = make_contexts(s, credentials, orders);
		if (ok(result)) {
			orders_post(s, orders);
		} else {
			for (unsigned i = 0; i < s->loop_count; i++)
				SSL_CTX_free(orders->each[i].tls);
			free(orders);
		}
	}
	credentials_free(credentials);
	return result;
}

uint16_t net_port(const struct net_server *s, size_t i)
{
	return i < s->listener_count ? s->listeners[i].port : 0;
}

size_t net_inherited(int *fds, size_t max)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	uint32_t named = 0, given = 0;
	size_t n = 0;

	if (pid != NULL && count != NULL && ok(text_to_u32(text_of(pid), 1, INT32_MAX, &named)) &&
	    named == (uint32_t)getpid() && ok(text_to_u32(text_of(count), 1, 64, &given)))
		for (; n < given && n < max; n++)
			fds[n] = 3 + (int)n;
	/* They are not for the processes that we start. */
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	return n;
}

/* --- loops --- */

void net_post(struct net_loop *loop, struct net_task *task)
{
	mailbox_put(&loop->mailbox, task);
}

void net_post_quietly(struct net_loop *loop, struct net_task *task)
{
	mailbox_put_quietly(&loop->mailbox, task);
}

void net_wake(struct net_loop *loop)
{
	mailbox_wake(&loop->mailbox);
}

unsigned net_loop_index(const struct net_loop *loop)
{
	return loop->index;
}

uint64_t net_loop_now(const struct net_loop *loop)
{
	return loop->now;
}

uint64_t net_loop_wall(const struct net_loop *loop)
{
	return loop->wall;
}

struct net_metrics net_metrics(const struct net_server *s)
{
	struct net_metrics sum = {0};

	for (unsigned i = 0; i < s->loop_count; i++) {
		const struct meter *m = &s->loops[i].meter;
		for (size_t k = 0; k < COUNT(sum.requests); k++)
			sum.requests[k] += meter_read(&m->requests[k]);
		sum.accepted += meter_read(&m->accepted);
		sum.refused += meter_read(&m->refused);
		sum.evicted += meter_read(&m->evicted);
		sum.handshakes += meter_read(&m->handshakes);
		sum.resumed += meter_read(&m->resumed);
		sum.handshake_failures += meter_read(&m->handshake_failures);
		sum.bytes_in += meter_read(&m->bytes_in);
		sum.bytes_out += meter_read(&m->bytes_out);
		sum.timeouts += meter_read(&m->timeouts);
		sum.protocol_errors += meter_read(&m->protocol_errors);
		sum.connections += meter_read(&m->connections);
		sum.exchanges += meter_read(&m->exchanges);
	}
	return sum;
}
