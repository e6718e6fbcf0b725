/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve: the daemon: opens everything, serves, keeps house, and drains when told to.
 *
 * The main thread waits for events only: signals (signalfd), the control socket, keyd's
 * end, and a timer for the housekeeping.  Order of opening is order of trust: keys, rows,
 * log, then the network.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "certificate.h"
#include "confinement.h"
#include "control.h"
#include "credential.h"
#include "origin.h"
#include "serving.h"

#define DRAIN_MS       30000
#define HOUSEKEEPING_S 10

static void serving_clear(struct serving *s)
{
	net_close(s->service.net);
	workers_stop(s->service.workers);
	workers_stop(s->service.writers);
	later_stop(s->service.later);
	delivering_clear(&s->delivering);
	vessel_close(&s->vessel);
	presence_free(s->service.presence);
	strangers_free(s->service.strangers);
	challenges_clear(&s->service.challenges);
	passwordlist_clear(&s->passwords);
	settings_clear(&s->settings);
	buffer_clear(&s->ca);
	buffer_clear(&s->site_statement);
	buffer_clear(&s->log_key);
}

/* --- Keys of the loops --- */

static struct status keys_begin(void *context, unsigned loop, struct log_keys *out)
{
	(void)loop;
	*out = threadkeys_log(context);
	return OK;
}
static void keys_end(void *context, unsigned loop)
{
	(void)loop;
	threadkeys_end(context);
}
static struct status keys_create(void *context, const struct key_name *names, size_t count)
{
	struct keyring *ring;

	TRY(threadkeys_ring(context, &ring));
	return keyring_create(ring, names, count);
}

/* --- The certificate --- */

static struct status use(struct serving *s, const struct certificate *c)
{
	const struct net_identity identity = certificate_identity(c);

	TRY(net_reload(s->service.net, &identity));
	s->certificate_ends = c->ends;
	return OK;
}

struct status serving_reload(struct serving *s)
{
	AUTO(certificate) c = {0};
	struct keyring *ring;
	bool changed;

	TRY(threadkeys_ring(&s->vessel.keys, &ring));
	TRY(tlsfiles_renew(&s->files, ring, &changed));
	TRY(certificate_load(ring, &c));
	TRY(use(s, &c));
	return changed ? serving_log(s, "certificate replaced") : OK;
}

/** At the start a file that is gone or half renewed is no reason not to serve. */
static void renew_at_start(struct serving *s, struct keyring *ring)
{
	bool changed;
	struct status renewed = tlsfiles_renew(&s->files, ring, &changed);

	if (!ok(renewed))
		(void)fprintf(stderr, "tacendad: event=certificate_kept status=%s what=\"%s\"\n",
			      status_name(renewed.code), renewed.what != NULL ? renewed.what : "");
}

struct status serving_renew(struct serving *s)
{
	AUTO(certificate) c = {0};
	struct keyring *ring;

	TRY(threadkeys_ring(&s->vessel.keys, &ring));
	TRY(certificate_renew(ring, &c));
	TRY(use(s, &c));
	return serving_log(s, "certificate renewed");
}

/* --- Opening --- */

static struct status load_statement(struct serving *s)
{
	AUTO(store_snapshot) snapshot = {0};
	AUTO(row) row = {0};
	const struct row_value key[] = {ROW_HASH(&s->vessel.fingerprint)};

	s->site_statement.max = LIMIT_STATEMENT_BYTES;
	s->log_key.max = 512;
	TRY(store_snapshot_new(&s->vessel.store, &snapshot));
	TRY(store_find(snapshot.view, TABLE_STATEMENT, INDEX_STATEMENT_NAME, key, &row));
	TRY(buffer_put(&s->site_statement, row.secret[SECRET_STATEMENT_BYTES]));
	return note_key_put(&s->log_key, &s->vessel.log_key);
}

static struct status make_service(struct serving *s)
{
	struct service *v = &s->service;

	v->clock = clock_system;
	v->store = &s->vessel.store;
	v->vault = s->vessel.vault;
	v->log = s->vessel.log;
	v->committer = s->vessel.committer;
	v->settings = &s->settings;
	v->passwords = &s->passwords;
	v->fingerprint = s->vessel.fingerprint;
	v->name = text_of(s->vessel.name);
	v->region = text_of(s->vessel.region);
	v->origin = text_of(s->vessel.origin);
	v->preset = text_of(s->vessel.preset);
	v->version = text_of(TACENDA_VERSION);
	v->log_key = text_from(buffer_bytes(&s->log_key));
	v->statement = buffer_bytes(&s->site_statement);
	v->trial = strcmp(s->vessel.preset, "trial") == 0;
	v->keys_begin = keys_begin;
	v->keys_end = keys_end;
	v->keys_create = keys_create;
	v->keys_context = &s->vessel.keys;
	TRY(credential_setup());
	TRY(challenges_new(&v->challenges));
	TRY(presence_new(clock_mono(&clock_system), &v->presence));
	TRY(strangers_new(&v->strangers));
	TRY(later_start(&v->later));
	TRY(workers_start(&(struct workers_bounds){LIMIT_HASH_POOL, LIMIT_HASH_QUEUE, "sign-ins waiting"},
			  &v->workers));
	return workers_start(&(struct workers_bounds){LIMIT_WRITE_POOL, LIMIT_WRITE_QUEUE, "writes waiting"},
			     &v->writers);
}

static bool loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strncmp(address, "[::1]", 5) == 0 ||
	       strncmp(address, "unix:", 5) == 0;
}

/** Whether a socket that was handed over can be reached from another machine. */
static bool inherited_public(const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		union {
			struct sockaddr any;
			struct sockaddr_in v4;
			struct sockaddr_in6 v6;
			struct sockaddr_storage storage;
		} a = {0};
		socklen_t len = sizeof a;
		if (getsockname(fds[i], &a.any, &len) != 0)
			return true;
		if (a.any.sa_family == AF_INET && (ntohl(a.v4.sin_addr.s_addr) >> 24) != 127)
			return true;
		if (a.any.sa_family == AF_INET6 && !IN6_IS_ADDR_LOOPBACK(&a.v6.sin6_addr))
			return true;
	}
	return false;
}

/** Addresses to bind, or sockets that a supervisor bound. */
static struct status bind_net(struct serving *s, unsigned loops)
{
	static int inherited[LISTENFILE_MAX];
	AUTO(certificate) c = {0};
	struct net_config config = {
		.loops = loops, .clock = clock_system, .handler = api_handler(), .context = &s->service};
	struct keyring *ring;
	struct keywire_status status;

	TRY(listenfile_read(s->vessel.data, &s->args->options, &s->listen));
	config.inherited_count = net_inherited(inherited, COUNT(inherited));
	config.inherited = inherited;
	s->public = inherited_public(inherited, config.inherited_count);
	/* Then none of the others is bound, and none is to be removed. */
	if (config.inherited_count > 0)
		s->listen.count = 0;
	config.listen = s->listen.addresses;
	config.listen_count = s->listen.count;
	for (size_t i = 0; i < config.listen_count; i++)
		s->public = s->public || !loopback(s->listen.addresses[i]);
	TRY(threadkeys_ring(&s->vessel.keys, &ring));
	TRY(tlsfiles_read(s->vessel.data, &s->files));
	renew_at_start(s, ring);
	TRY(certificate_load(ring, &c));
	TRY(keyring_status(ring, &status));
	char origin[ORIGIN_MAX + 1];
	(void)snprintf(origin, sizeof origin, "%.*s", TEXT_ARG(status.origin));
	config.origin = origin;
	config.identity = certificate_identity(&c);
	s->certificate_ends = c.ends;
	/* The own CA stays as it is while the loops read it; a reload does not touch it. */
	s->ca.max = c.ca.max;
	TRY(buffer_put(&s->ca, buffer_bytes(&c.ca)));
	return net_open(&config, &s->service.net);
}

/** Beside its data it reads where the operator's certificate is, unless keyd's or other secrets are there as well. */
static struct status confine_files(const struct serving *s, const struct vessel_options *options)
{
	static const char *const secrets[] = {"--root-passphrase-file", "--root-key-file", "--mail-password-file",
					      "--hook-key-file"};
	const char *const files[] = {s->files.certificate, s->files.key};
	const char *withheld[1 + COUNT(secrets) + KEYRING_HOLDERS_MAX] = {options->keys};
	size_t count = 1;

	for (size_t i = 0; i < COUNT(secrets); i++) {
		const char *file = options_value(&s->args->options, secrets[i]);
		/* "-": standard input. */
		if (file != NULL && strcmp(file, "-") != 0)
			withheld[count++] = file;
	}
	for (size_t i = 0; i < options->holder_count; i++)
		withheld[count++] = options->holders[i];
	return confinement_files(s->vessel.data,
				 &(struct confinement_paths){.addresses = s->listen.addresses,
							     .address_count = s->listen.count,
							     .files = files,
							     .file_count = tlsfiles_any(&s->files) ? COUNT(files) : 0,
							     .withheld = withheld,
							     .withheld_count = count});
}

static struct status open_vessel(struct serving *s, unsigned loops)
{
	struct vessel_options options = {.data = options_value(&s->args->options, "--data"),
					 .keys = options_value(&s->args->options, "--keys"),
					 .loops = loops};

	hostargs_holders(s->args, &options);
	TRY(hostargs_proof(s->args, false, &options.proof));
	struct status opened = vessel_open_keys(&options, &s->vessel);
	secret_clear(&s->args->root);
	TRY(opened);
	/* The only thread so far: what it gives up none of the later ones has. */
	TRY(bind_net(s, loops));
	TRY(confine_files(s, &options));
	TRY(vessel_open_rows(&options, &s->vessel));
	TRY(vessel_load_site(&s->vessel));
	TRY(load_statement(s));
	TRY(settings_load(&s->vessel.store, &s->settings));
	return vessel_commit(&s->vessel);
}

static struct status start_net(struct serving *s)
{
	if (s->service.trial && s->public)
		return FAIL_AT(ST_DENIED, "preset trial: listen on 127.0.0.1 or [::1] only");
	s->service.ca = buffer_bytes(&s->ca);
	return net_start(s->service.net);
}

struct status serving_log(struct serving *s, const char *what)
{
	const struct event event = {.kind = LEAF_SERVICE,
				    .result = LEAF_DONE,
				    .time = clock_wall(&clock_system),
				    .subject = {.kind = PIECE_SITE, .detail = text_of(what)}};
	struct committer_entry entry = {.events = &event, .event_count = 1};

	return committer_run(s->vessel.committer, &entry);
}

/* --- The loop of the main thread --- */

static struct status open_events(struct serving *s)
{
	const struct itimerspec every = {{HOUSEKEEPING_S, 0}, {HOUSEKEEPING_S, 0}};

	s->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (s->timer < 0 || timerfd_settime(s->timer, 0, &every, NULL) != 0)
		return FAIL_AT(ST_IO, "timer");
	return control_listen(s->vessel.data, &s->control);
}

static void on_signal(struct serving *s)
{
	struct signalfd_siginfo info;

	if (read(s->signals, &info, sizeof info) != (ssize_t)sizeof info)
		return;
	if (info.ssi_signo != SIGHUP) {
		s->stop = true;
		return;
	}
	struct status done = serving_reload(s);
	(void)fprintf(stderr, "tacendad: event=reload status=%s what=\"%s\"\n", status_name(done.code),
		      done.what != NULL ? done.what : "");
}

/** OK when told to stop; ST_UNREACHABLE when keyd ended, without which nothing can go on. */
static struct status wait_for_events(struct serving *s)
{
	enum { SIGNALS, CONTROL, TIMER, KEYD, COURIER, EVENTS };

	while (!s->stop) {
		struct pollfd events[EVENTS] = {
			[SIGNALS] = {.fd = s->signals, .events = POLLIN},
			[CONTROL] = {.fd = s->control, .events = POLLIN},
			[TIMER] = {.fd = s->timer, .events = POLLIN},
			[KEYD] = {.fd = s->vessel.keys.process.watch, .events = POLLIN},
			[COURIER] = {.fd = s->delivering.courier.fd, .events = POLLIN},
		};
		if (poll(events, EVENTS, -1) < 0 && errno != EINTR)
			return FAIL_AT(ST_IO, "poll");
		if (events[SIGNALS].revents != 0)
			on_signal(s);
		if (events[CONTROL].revents != 0)
			control_serve(s->control, controlverbs_answer, s);
		if (events[TIMER].revents != 0) {
			uint64_t ticks;
			(void)!read(s->timer, &ticks, sizeof ticks);
			housekeeping_run(s);
		}
		if (events[COURIER].revents != 0)
			delivering_hear(s);
		if (events[KEYD].revents != 0)
			return FAIL_AT(ST_UNREACHABLE, REASON_GONE);
	}
	return OK;
}

static struct status block_signals(int *out)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)sigaddset(&set, SIGPIPE);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)sigdelset(&set, SIGPIPE);
	*out = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return *out >= 0 ? OK : FAIL_AT(ST_IO, "signals");
}

static struct status begin(struct serving *s)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned loops = processors < 1 ? 1 : processors > 8 ? 8 : (unsigned)processors;

	TRY(block_signals(&s->signals));
	const char *list = options_value(&s->args->options, "--password-list");

	TRY(confinement_begin());
	if (list != NULL)
		TRY(passwordlist_open(list, &s->passwords));
	delivering_start(s);
	TRY(open_vessel(s, loops));
	TRY(make_service(s));
	TRY(open_events(s));
	TRY(start_net(s));
	TRY(serving_log(s, "start"));
	struct committer_entry signing = {.sign = true};
	TRY(committer_run(s->vessel.committer, &signing));
	return confinement_calls();
}

static void announce(const struct serving *s)
{
	(void)fprintf(stderr, "tacendad: event=ready origin=%s preset=%s\n", s->vessel.origin, s->vessel.preset);
	if (s->service.trial)
		(void)fprintf(stderr,
			      "tacendad: event=trial what=\"loopback only, no second steps; no real patients\"\n");
	if (!options_has(&s->args->options, "--night-holder"))
		(void)fprintf(stderr,
			      "tacendad: event=no_night_holder what=\"neither disaster recovery nor provable deletion "
			      "is promised; name one with --night-holder DIR\"\n");
}

static void finish(struct serving *s)
{
	atomic_store(&s->service.draining, true);
	struct status drained = net_drain(s->service.net, DRAIN_MS);

	if (!ok(drained))
		(void)fprintf(stderr, "tacendad: event=drain status=%s\n", status_name(drained.code));
	/* What is still with workers or committer comes back to loops that run: the stop's leaf is the last in line. */
	workers_stop(s->service.workers);
	s->service.workers = NULL;
	workers_stop(s->service.writers);
	s->service.writers = NULL;
	later_stop(s->service.later);
	s->service.later = NULL;
	(void)ok(serving_log(s, "stop"));
	net_close(s->service.net);
	s->service.net = NULL;
	(void)fprintf(stderr, "tacendad: event=stopped\n");
}

int verb_serve(struct hostargs *h)
{
	AUTO(serving)
	s = {.args = h,
	     .vessel = {.data = -1, .log_dir = -1},
	     .control = -1,
	     .timer = -1,
	     .signals = -1,
	     .delivering = {.courier = {.fd = -1}}};

	if (options_value(&h->options, "--data") == NULL || options_value(&h->options, "--keys") == NULL) {
		(void)fputs("tacendad: serve needs --data D --keys K; try: tacendad serve --help\n", stderr);
		return EXIT_USAGE;
	}
	struct status served = begin(&s);
	if (ok(served)) {
		s.ready = true;
		announce(&s);
		served = wait_for_events(&s);
		finish(&s);
	}
	control_unlisten(s.vessel.data, s.control);
	return ok(served) ? EXIT_DONE : hostargs_failure(h, served);
}
