/* SPDX-License-Identifier: Apache-2.0 */
#include "loop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connection.h"
#include "server.h"

/* Events taken in one turn. */
#define EVENTS 128
/* The longest sleep: what is done once in a while (ticket keys) is late by no more. */
#define SLEEP_MAX_MS (600 * 1000)
/* While draining, how long a request that is already on its way may take to arrive. */
#define GRACE_MS  250
#define LINGER_MS 2000
/* A connection without a request for so long is no longer a busy one. */
#define REST_MS 500

static void on_wake(struct watch *w, uint32_t events)
{
	(void)w, (void)events; /* the tasks are run in every turn anyway */
}

static void read_clocks(struct net_loop *l, const struct clock *clock)
{
	l->now = clock_mono(clock);
	l->wall = clock_wall(clock);
}

struct status loop_setup(struct net_loop *l, struct net_server *server, unsigned index)
{
	const struct net_limits *limits = &server->limits;
	const uint64_t rest = limits->idle_ms / 2 < REST_MS ? limits->idle_ms / 2 : REST_MS;
	const uint64_t span[DEADLINE_KINDS] = {
		[DEADLINE_HANDSHAKE] = limits->handshake_ms,
		[DEADLINE_HEAD] = limits->head_ms,
		[DEADLINE_REST] = rest,
		[DEADLINE_IDLE] = limits->idle_ms - rest,
		[DEADLINE_STALL] = limits->stall_ms,
		[DEADLINE_LINGER] = LINGER_MS,
		[DEADLINE_GRACE] = GRACE_MS,
	};

	l->server = server;
	l->index = index;
	l->dirty_end = &l->dirty;
	deadlines_setup(&l->deadlines, span);
	read_clocks(l, &server->clock);
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0)
		return FAIL_AT(ST_IO, "epoll");
	TRY(mailbox_setup(&l->mailbox));
	l->wake = (struct watch){.ready = on_wake, .fd = l->mailbox.fd};
	return loop_watch(l, &l->wake, EPOLLIN | EPOLLET);
}

void loop_clear(struct net_loop *l)
{
	mailbox_clear(&l->mailbox);
	if (l->epoll > 0)
		close(l->epoll);
	l->epoll = 0;
	SSL_CTX_free(l->tls);
	l->tls = NULL;
	exchange_table_clear(&l->exchanges);
	http2memory_clear(&l->http2_memory);
	pool_clear(&l->pool);
}

struct status loop_watch(struct net_loop *l, struct watch *w, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = w};
	int operation = w->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;

	if (events == w->events)
		return OK;
	if (events == 0)
		operation = EPOLL_CTL_DEL;
	if (epoll_ctl(l->epoll, operation, w->fd, &event) != 0)
		return FAIL_AT(ST_IO, "epoll");
	w->events = events;
	return OK;
}

/* --- the date --- */

/* Days since 1970-01-01 to a date: H. Hinnant, "chrono-compatible low-level date algorithms". */
static void civil(uint64_t days, unsigned *year, unsigned *month, unsigned *day)
{
	uint64_t shifted = days + 719468, era = shifted / 146097, of_era = shifted % 146097;
	uint64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	uint64_t march_month = (5 * of_year + 2) / 153;

	*day = (unsigned)(of_year - (153 * march_month + 2) / 5 + 1);
	*month = (unsigned)(march_month < 10 ? march_month + 3 : march_month - 9);
	*year = (unsigned)(year_of_era + era * 400 + (*month <= 2));
}

const char *loop_date(struct net_loop *l)
{
	static const char days[] = "ThuFriSatSunMonTueWed", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	uint64_t second = l->wall / 1000, today = second / 86400, of_day = second % 86400;
	unsigned year, month, day;
	char text[64];

	if (second == l->date_second)
		return l->date;
	civil(today, &year, &month, &day);
	(void)snprintf(text, sizeof text, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT", days + today % 7 * 3, day % 100,
		       months + (size_t)(month - 1) * 3, year % 10000, (unsigned)(of_day / 3600),
		       (unsigned)(of_day / 60 % 60), (unsigned)(of_day % 60));
	memcpy(l->date, text, LOOP_DATE_LEN);
	l->date_second = second;
	return l->date;
}

/* --- a turn --- */

bool loop_tasks(struct net_loop *l, void *own)
{
	struct net_task *task = mailbox_take(&l->mailbox);
	bool any = task != NULL;

	while (task != NULL) {
		/* run() may free the task. */
		struct net_task *next = task->next;
		task->run(task, own);
		task = next;
	}
	return any;
}

/* Those touched meanwhile wait for the next turn, so that none is starved. */
static void advance_dirty(struct net_loop *l)
{
	struct connection *c = l->dirty;

	l->dirty = NULL;
	l->dirty_end = &l->dirty;
	while (c != NULL) {
		struct connection *next = c->next_dirty;
		c->is_dirty = false;
		connection_advance(c);
		c = next;
	}
}

static void fire_deadlines(struct net_loop *l)
{
	struct deadline *d;

	while ((d = deadline_due(&l->deadlines, l->now)) != NULL)
		connection_overdue((struct connection *)(void *)((char *)d - offsetof(struct connection, deadline)));
}

/* One that is still marked dirty is named by the list of the next turn. */
static void bury_dead(struct net_loop *l)
{
	struct connection **link = &l->dead;

	while (*link != NULL) {
		struct connection *c = *link;
		if (c->is_dirty) {
			link = &c->next;
			continue;
		}
		*link = c->next;
		free(c);
	}
}

static int sleep_time(struct net_loop *l)
{
	int wait = deadline_wait(&l->deadlines, l->now);

	if (l->dirty != NULL || l->ending || !mailbox_sleep(&l->mailbox))
		return 0;
	return wait < 0 || wait > SLEEP_MAX_MS ? SLEEP_MAX_MS : wait;
}

static void turn(struct net_loop *l)
{
	struct epoll_event events[EVENTS];
	int count = epoll_wait(l->epoll, events, EVENTS, sleep_time(l));

	mailbox_awake(&l->mailbox);
	read_clocks(l, &l->server->clock);
	for (int i = 0; i < count; i++) {
		struct watch *w = events[i].data.ptr;
		w->ready(w, events[i].events);
	}
	(void)loop_tasks(l, l->own);
	advance_dirty(l);
	fire_deadlines(l);
	if (l->server->handler.turn != NULL)
		l->server->handler.turn(l->own);
	advance_dirty(l);
	bury_dead(l);
	if (l->index == 0 && l->server->tickets != NULL && count == 0)
		ticket_keys_turn(l->server->tickets);
}

void loop_run(struct net_loop *l)
{
	while (!l->ending)
		turn(l);
	while (l->connections != NULL)
		connection_close(l->connections, true);
	advance_dirty(l);
	bury_dead(l);
}
