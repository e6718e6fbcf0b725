/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve: the daemon: opens everything, serves, keeps house, and drains when told to.
 *
 * The main thread waits for events only: signals (signalfd), the control socket, keyd's
 * end, and a timer for the housekeeping.  Order of opening is order of trust: keys, rows,
 * log, then the network.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "control.h"
#include "credential.h"
#include "serving.h"

#define DRAIN_MS       30000
#define HOUSEKEEPING_S 10

static void serving_clear(struct serving *s)
{
	net_close(s->service.net);
	workers_stop(s->service.workers);
	vessel_close(&s->vessel);
	presence_free(s->service.presence);
	strangers_free(s->service.strangers);
	challenges_clear(&s->service.challenges);
	keyring_identity_clear(&s->identity);
	buffer_clear(&s->certificate);
	buffer_clear(&s->private_key);
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

static struct status put_pem(const char *label, struct bytes der, struct buffer *out)
{
	AUTO(buffer) base64 = {.max = 65536, .wipe = true};

	TRY(text_put_base64(&base64, der));
	TRY(buffer_print(out, "-----BEGIN %s-----\n", label));
	for (size_t at = 0; at < base64.len; at += 64)
		TRY(buffer_print(out, "%.*s\n", (int)(base64.len - at < 64 ? base64.len - at : 64),
				 (const char *)base64.bytes + at));
	return buffer_print(out, "-----END %s-----\n", label);
}

/** RFC 5915 keys begin with version 1, PKCS#8 ones with version 0. */
static const char *key_label(struct bytes der)
{
	for (size_t i = 0; i + 2 < der.len && i < 8; i++)
		if (der.at[i] == 0x02 && der.at[i + 1] == 0x01)
			return der.at[i + 2] == 1 ? "EC PRIVATE KEY" : "PRIVATE KEY";
	return "PRIVATE KEY";
}

static struct status load_identity(struct serving *s, struct net_identity *out)
{
	struct keyring *ring;

	keyring_identity_clear(&s->identity);
	s->certificate = (struct buffer){.max = 262144};
	s->private_key = (struct buffer){.max = 65536, .wipe = true};
	TRY(threadkeys_ring(&s->vessel.keys, &ring));
	TRY(keyring_tls_identity(ring, &s->identity));
	for (size_t i = 0; i < s->identity.count; i++)
		TRY(put_pem("CERTIFICATE", buffer_bytes(&s->identity.chain[i]), &s->certificate));
	TRY(put_pem(key_label(secret_bytes(&s->identity.private_key)), secret_bytes(&s->identity.private_key),
		    &s->private_key));
	*out = (struct net_identity){.certificate = buffer_bytes(&s->certificate),
				     .key = buffer_bytes(&s->private_key)};
	return OK;
}

struct status serving_reload(struct serving *s)
{
	struct net_identity identity;

	TRY(load_identity(s, &identity));
	struct status done = net_reload(s->service.net, &identity);
	buffer_clear(&s->private_key);
	secret_clear(&s->identity.private_key);
	return done;
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
	TRY(store_get(snapshot.view, TABLE_STATEMENT, key, &row));
	TRY(buffer_put(&s->site_statement, row.secret[SECRET_STATEMENT_BYTES]));
	return note_key_put(&s->log_key, &s->vessel.log_key);
}

static struct status open_vessel(struct serving *s, unsigned loops)
{
	struct vessel_options options = {.data = options_value(&s->args->options, "--data"),
					 .keys = options_value(&s->args->options, "--keys"),
					 .loops = loops};

	hostargs_holders(s->args, &options);
	TRY(hostargs_proof(s->args, false, &options.proof));
	struct status opened = vessel_open(&options, &s->vessel);
	secret_clear(&s->args->root);
	TRY(opened);
	TRY(vessel_load_site(&s->vessel));
	TRY(load_statement(s));
	return vessel_commit(&s->vessel);
}

static struct status make_service(struct serving *s)
{
	struct service *v = &s->service;

	v->clock = clock_system;
	v->store = &s->vessel.store;
	v->vault = s->vessel.vault;
	v->log = s->vessel.log;
	v->committer = s->vessel.committer;
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
	TRY(presence_new(&v->presence));
	TRY(strangers_new(&v->strangers));
	return workers_start(LIMIT_HASH_POOL, LIMIT_HASH_QUEUE, &v->workers);
}

static bool loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strncmp(address, "[::1]", 5) == 0 ||
	       strncmp(address, "unix:", 5) == 0;
}

static struct status open_net(struct serving *s, unsigned loops)
{
	static int inherited[16];
	struct net_identity identity;
	struct net_config config = {.origin = s->vessel.origin,
				    .loops = loops,
				    .clock = clock_system,
				    .handler = api_handler(),
				    .context = &s->service};

	TRY(listenfile_read(s->vessel.data, &s->args->options, &s->listen));
	config.inherited_count = net_inherited(inherited, COUNT(inherited));
	config.inherited = inherited;
	if (config.inherited_count == 0) {
		config.listen = s->listen.addresses;
		config.listen_count = s->listen.count;
	}
	for (size_t i = 0; s->service.trial && i < s->listen.count; i++)
		if (!loopback(s->listen.addresses[i]))
			return FAIL_AT(ST_DENIED, "preset trial: listen on 127.0.0.1 or [::1] only");
	TRY(load_identity(s, &identity));
	s->service.ca = buffer_bytes(&s->identity.ca);
	config.identity = identity;
	TRY(net_open(&config, &s->service.net));
	buffer_clear(&s->private_key);
	secret_clear(&s->identity.private_key);
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
	(void)fprintf(stderr, "tacendad: event=reload status=%s\n", status_name(done.code));
}

static void wait_for_events(struct serving *s)
{
	enum { SIGNALS, CONTROL, TIMER, KEYD, EVENTS };

	while (!s->stop) {
		struct pollfd events[EVENTS] = {
			[SIGNALS] = {.fd = s->signals, .events = POLLIN},
			[CONTROL] = {.fd = s->control, .events = POLLIN},
			[TIMER] = {.fd = s->timer, .events = POLLIN},
			[KEYD] = {.fd = s->vessel.keys.process.watch, .events = POLLIN},
		};
		if (poll(events, EVENTS, -1) < 0 && errno != EINTR)
			return;
		if (events[SIGNALS].revents != 0)
			on_signal(s);
		if (events[CONTROL].revents != 0)
			control_serve(s->control, controlverbs_answer, s);
		if (events[TIMER].revents != 0) {
			uint64_t ticks;
			(void)!read(s->timer, &ticks, sizeof ticks);
			housekeeping_run(s);
		}
		if (events[KEYD].revents != 0) {
			(void)fprintf(stderr, "tacendad: event=keyd_ended\n");
			s->stop = true;
		}
	}
}

/** Nothing of this process may be read by another, dumped, or raised in privilege. */
static struct status confine(void)
{
	const struct rlimit none = {0, 0};
	struct rlimit files;

	if (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    setrlimit(RLIMIT_CORE, &none) != 0)
		return FAIL_AT(ST_IO, "confinement");
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
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
	TRY(confine());
	TRY(open_vessel(s, loops));
	TRY(make_service(s));
	TRY(open_events(s));
	TRY(open_net(s, loops));
	TRY(serving_log(s, "start"));
	struct committer_entry signing = {.sign = true};
	return committer_run(s->vessel.committer, &signing);
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
	net_close(s->service.net);
	s->service.net = NULL;
	(void)ok(serving_log(s, "stop"));
	(void)fprintf(stderr, "tacendad: event=stopped\n");
}

int verb_serve(struct hostargs *h)
{
	AUTO(serving) s = {.args = h, .vessel = {.data = -1, .log_dir = -1}, .control = -1, .timer = -1, .signals = -1};

	if (options_value(&h->options, "--data") == NULL || options_value(&h->options, "--keys") == NULL) {
		(void)fputs("tacendad: serve needs --data D --keys K; try: tacendad serve --help\n", stderr);
		return EXIT_USAGE;
	}
	struct status begun = begin(&s);
	if (ok(begun)) {
		s.ready = true;
		announce(&s);
		wait_for_events(&s);
		finish(&s);
	}
	control_unlisten(s.vessel.data, s.control);
	return ok(begun) ? EXIT_DONE : hostargs_failure(begun);
}
