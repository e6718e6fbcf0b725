/* SPDX-License-Identifier: Apache-2.0 */
/* The real tacenda-keyd, through the client. */
#include "testing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "den.h"

static int fresh(void **state)
{
	static struct den d;

	den_make(&d, 4);
	*state = &d;
	return 0;
}

static int opened(void **state)
{
	assert_int_equal(fresh(state), 0);
	den_init(*state);
	return 0;
}

static int gone(void **state)
{
	den_remove(*state);
	return 0;
}

static void create(struct keyring *r, uint64_t first, size_t count)
{
	struct key_name names[KEYWIRE_KEYS_MAX];

	for (size_t i = 0; i < count; i++)
		names[i] = den_name(first + i);
	assert_ok(keyring_create(r, names, count));
}

static struct key get(struct keyring *r, uint64_t n)
{
	const struct key_name name = den_name(n);
	struct key key;

	assert_ok(keyring_get(r, &name, &key));
	return key;
}

static void keys_survive_a_restart(void **state)
{
	struct den *d = *state;
	const struct key_name missing = den_name(500);
	struct key before[100], key;

	assert_int_equal(d->ring.state, KEYWIRE_OPEN);
	create(&d->ring, 0, 100);
	for (uint64_t n = 0; n < 100; n++)
		before[n] = get(&d->ring, n);
	den_restart(d);
	for (uint64_t n = 0; n < 100; n++) {
		key = get(&d->ring, n);
		assert_memory_equal(&key, &before[n], sizeof key);
	}
	assert_fails(ST_NOT_FOUND, keyring_get(&d->ring, &missing, &key));
	/* Creating again changes nothing. */
	create(&d->ring, 0, 100);
	const struct key_name seventh = den_name(7);
	keyring_forget(&d->ring, &seventh);
	key = get(&d->ring, 7);
	assert_memory_equal(&key, &before[7], sizeof key);
}

static void a_prefetched_page_needs_no_more_messages(void **state)
{
	struct den *d = *state;
	struct key_name names[2500];

	for (uint64_t n = 0; n < 2500; n += 500)
		create(&d->ring, n, 500);
	for (uint64_t n = 0; n < 2500; n++)
		names[n] = den_name(n);
	den_restart(d);
	assert_ok(keyring_prefetch(&d->ring, names, 2500));
	assert_ok(keyring_prefetch(&d->ring, names, 0));
	/* Nobody answers any more; what is here is here. */
	int fd = d->ring.fd, pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	d->ring.fd = pair[0];
	assert_ok(keyring_prefetch(&d->ring, names, 2500));
	for (uint64_t n = 0; n < 2500; n++)
		(void)get(&d->ring, n);
	(void)close(pair[0]);
	(void)close(pair[1]);
	d->ring.fd = fd;
}

static void refusals_keep_their_words(void **state)
{
	struct den *d = *state;
	const struct keywire_proof wrong = den_passphrase("wrong"), right = den_proof();
	struct keyring_process second = {.watch = -1};
	struct keyring ring = {.fd = -1};

	struct status s = keyring_init(&d->ring, TEXT("https://localhost"), TEXT("Site"), &right);
	assert_int_equal(s.code, ST_CONFLICT);
	assert_string_equal(s.what, REASON_HAS_STORE);
	/* A second keyd on the same store. */
	assert_ok(keyring_start(&d->options, &second));
	assert_ok(keyring_open(&second, 0, &ring));
	s = keyring_unseal(&ring, &right);
	assert_int_equal(s.code, ST_BUSY);
	assert_string_equal(s.what, REASON_LOCKED);
	keyring_clear(&ring);
	keyring_process_clear(&second);
	den_stop(d);
	den_start(d);
	assert_int_equal(d->ring.state, KEYWIRE_SEALED);
	s = keyring_unseal(&d->ring, &wrong);
	assert_int_equal(s.code, ST_UNPROVEN);
	assert_string_equal(s.what, REASON_SECRET);
	struct key key;
	const struct key_name name = den_name(1);
	s = keyring_get(&d->ring, &name, &key);
	assert_int_equal(s.code, ST_CONFLICT);
	assert_string_equal(s.what, REASON_SEALED);
	assert_ok(keyring_unseal(&d->ring, &right));
	s = keyring_unseal(&d->ring, &right);
	assert_int_equal(s.code, ST_CONFLICT);
	assert_string_equal(s.what, REASON_UNSEALED);
}

static void a_missing_store_is_named(void **state)
{
	struct den *d = *state;
	const struct keywire_proof proof = den_proof();

	assert_int_equal(d->ring.state, KEYWIRE_MISSING);
	struct status s = keyring_unseal(&d->ring, &proof);
	assert_int_equal(s.code, ST_NOT_FOUND);
	assert_string_equal(s.what, REASON_NO_STORE);
	/* Not even the folder. */
	den_stop(d);
	assert_int_equal(rmdir(d->keys), 0);
	d->options.create = false;
	den_start(d);
	s = keyring_unseal(&d->ring, &proof);
	assert_int_equal(s.code, ST_NOT_FOUND);
	s = keyring_init(&d->ring, TEXT("https://localhost"), TEXT("Site"), &proof);
	assert_false(ok(s));
	assert_string_equal(s.what, REASON_NO_STORE);
	assert_int_equal(access(d->keys, F_OK), -1);
}

static void a_missing_program_is_named(void **state)
{
	struct den *d = *state;
	struct keyring_process p = {.watch = -1};
	struct keyring_options o = d->options;

	o.program = "/nowhere/tacenda-keyd";
	struct status s = keyring_start(&o, &p);
	assert_int_equal(s.code, ST_NOT_FOUND);
	assert_string_equal(s.what, REASON_PROGRAM);
	/* Beside this test there is none. */
	o.program = NULL;
	assert_fails(ST_NOT_FOUND, keyring_start(&o, &p));
	o.connections = KEYRING_CONNECTIONS_MAX + 1;
	assert_fails(ST_INVALID, keyring_start(&o, &p));
	assert_false(keyring_running(&p));
}

/* A thread with a connection of its own. */
struct worker {
	struct den *d;
	size_t number;
	bool good;
};

static void *work(void *context)
{
	struct worker *w = context;
	struct keyring r = {.fd = -1};
	struct key_name names[50];
	struct key key, first[50];

	if (!ok(keyring_open(&w->d->process, w->number, &r)))
		return NULL;
	bool good = true;
	for (uint64_t round = 0; good && round < 20; round++) {
		for (uint64_t n = 0; n < 50; n++)
			names[n] = den_name(w->number * 10000 + round * 50 + n);
		good = ok(keyring_create(&r, names, 50));
		for (uint64_t n = 0; good && n < 50; n++)
			good = ok(keyring_get(&r, &names[n], &first[n]));
		keycache_empty(&r.cache);
		good = good && ok(keyring_prefetch(&r, names, 50));
		for (uint64_t n = 0; good && n < 50; n++)
			good = ok(keyring_get(&r, &names[n], &key)) && memcmp(&key, &first[n], sizeof key) == 0;
	}
	keyring_clear(&r);
	w->good = good;
	return NULL;
}

static void run_workers(struct den *d, struct worker *workers, pthread_t *threads)
{
	for (size_t i = 0; i < 3; i++) {
		workers[i] = (struct worker){d, i + 1, false};
		assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
}

static void join_workers(struct worker *workers, pthread_t *threads)
{
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_true(workers[i].good);
	}
}

static void threads_have_connections_of_their_own(void **state)
{
	struct worker workers[3];
	pthread_t threads[3];

	run_workers(*state, workers, threads);
	join_workers(workers, threads);
}

static void a_night_stops_nobody(void **state)
{
	struct den *d = *state;
	struct worker workers[3];
	pthread_t threads[3];
	uint64_t night, last = 1;

	for (uint64_t n = 0; n < 5000; n += 1000)
		create(&d->ring, 1000000 + n, 1000);
	const struct key before = get(&d->ring, 1000001);
	run_workers(d, workers, threads);
	for (int i = 0; i < 3; i++) {
		assert_ok(keyring_rewrap(&d->ring, &night));
		assert_int_equal(night, last + 1);
		last = night;
	}
	join_workers(workers, threads);
	den_restart(d);
	const struct key after = get(&d->ring, 1000001);
	assert_memory_equal(&before, &after, sizeof before);
	for (uint64_t w = 1; w <= 3; w++)
		(void)get(&d->ring, w * 10000 + 999);
}

static void its_end_is_noticed(void **state)
{
	struct den *d = *state;
	const struct key_name name = den_name(1), other = den_name(2);
	struct pollfd watch = {.fd = d->process.watch, .events = POLLIN};
	struct key key;

	create(&d->ring, 1, 1);
	assert_true(keyring_running(&d->process));
	assert_int_equal(poll(&watch, 1, 0), 0);
	assert_int_equal(kill(d->process.pid, SIGKILL), 0);
	assert_int_equal(poll(&watch, 1, 10000), 1);
	assert_false(keyring_running(&d->process));
	struct status s = keyring_get(&d->ring, &other, &key);
	assert_int_equal(s.code, ST_UNREACHABLE);
	assert_string_equal(s.what, REASON_GONE);
	/* From then on the cache is silent too. */
	assert_fails(ST_UNREACHABLE, keyring_get(&d->ring, &name, &key));
	assert_fails(ST_UNREACHABLE, keyring_create(&d->ring, &name, 1));
	assert_fails(ST_UNREACHABLE, keyring_prefetch(&d->ring, &name, 1));
	struct keywire_status about;
	assert_fails(ST_UNREACHABLE, keyring_status(&d->ring, &about));
}

static void it_ends_with_its_last_connection_and_not_by_a_signal(void **state)
{
	struct den *d = *state;
	struct pollfd watch = {.fd = d->process.watch, .events = POLLIN};

	assert_int_equal(kill(d->process.pid, SIGTERM), 0);
	assert_int_equal(kill(d->process.pid, SIGINT), 0);
	assert_int_equal(kill(d->process.pid, SIGHUP), 0);
	create(&d->ring, 1, 1);
	keyring_clear(&d->ring);
	assert_int_equal(poll(&watch, 1, 50), 0);
	for (size_t i = 0; i < d->process.count; i++) {
		if (d->process.connections[i] >= 0)
			(void)close(d->process.connections[i]);
		d->process.connections[i] = -1;
	}
	assert_int_equal(poll(&watch, 1, 10000), 1);
}

/* A supervisor, a debugger or a terminal may stop it for a while. */
static void a_quick_restart_waits_for_its_predecessor(void **state)
{
	struct den *d = *state;
	const struct keywire_proof proof = den_proof();
	struct keyring_process second = {.watch = -1};
	struct keyring ring = {.fd = -1};

	create(&d->ring, 1, 1);
	/* As if tacendad had been killed: nobody waits for the first one, which is slow to see it. */
	assert_int_equal(kill(d->process.pid, SIGSTOP), 0);
	keyring_clear(&d->ring);
	for (size_t i = 1; i < d->process.count; i++) {
		(void)close(d->process.connections[i]);
		d->process.connections[i] = -1;
	}
	assert_ok(keyring_start(&d->options, &second));
	assert_int_equal(kill(d->process.pid, SIGCONT), 0);
	assert_ok(keyring_open(&second, 0, &ring));
	assert_ok(keyring_unseal(&ring, &proof));
	(void)get(&ring, 1);
	keyring_clear(&ring);
	keyring_process_clear(&second);
}

static void it_goes_on_after_being_stopped(void **state)
{
	struct den *d = *state;
	siginfo_t about;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(kill(d->process.pid, SIGSTOP), 0);
		assert_int_equal(waitid(P_PID, (id_t)d->process.pid, &about, WSTOPPED), 0);
		assert_int_equal(kill(d->process.pid, SIGCONT), 0);
		assert_int_equal(waitid(P_PID, (id_t)d->process.pid, &about, WCONTINUED), 0);
		create(&d->ring, (uint64_t)i, 1);
	}
	assert_true(keyring_running(&d->process));
}

static void it_ends_when_told(void **state)
{
	struct den *d = *state;
	struct pollfd watch = {.fd = d->process.watch, .events = POLLIN};

	assert_ok(keyring_shutdown(&d->ring));
	assert_int_equal(poll(&watch, 1, 10000), 1);
}

/* What a taken-over tacendad might send ends its own connection, nobody else's. */
static void bad_packets_end_one_connection(void **state)
{
	static uint8_t big[KEYWIRE_PACKET_MAX + 1] = {KEYWIRE_STATUS};
	static const struct {
		size_t len;
		uint8_t bytes[8];
	} packets[] = {
		{1, {0}},
		{1, {KEYWIRE_IDS}},
		{1, {0xff}},
		{2, {KEYWIRE_HELLO, 0}},
		{1, {KEYWIRE_STATUS}}, /* before hello */
	};
	struct den *d = *state;
	char byte;

	for (size_t i = 0; i < COUNT(packets) + 1; i++) {
		bool last = i == COUNT(packets);

		den_restart(d);
		int fd = d->process.connections[1];
		struct pollfd p = {.fd = fd, .events = POLLIN};
		if (last) {
			struct keyring r;

			assert_ok(keyring_open(&d->process, 1, &r));
			assert_int_equal(send(r.fd, big, sizeof big, MSG_NOSIGNAL), sizeof big);
			assert_int_equal(poll(&p, 1, 10000), 1);
			assert_int_equal(recv(r.fd, &byte, 1, 0), 0);
			keyring_clear(&r);
		} else {
			assert_int_equal(send(fd, packets[i].bytes, packets[i].len, MSG_NOSIGNAL), packets[i].len);
			assert_int_equal(poll(&p, 1, 10000), 1);
			assert_int_equal(recv(fd, &byte, 1, 0), 0);
		}
		create(&d->ring, i, 1);
		assert_true(keyring_running(&d->process));
	}
}

static void who_reads_no_answer_is_let_go(void **state)
{
	struct den *d = *state;
	struct key_name names[KEYWIRE_KEYS_MAX];
	uint8_t packet[KEYWIRE_PACKET_MAX];
	struct buffer b = {.bytes = packet, .capacity = sizeof packet, .max = sizeof packet};
	struct keyring r;

	for (size_t i = 0; i < KEYWIRE_KEYS_MAX; i++)
		names[i] = den_name(i);
	const struct keywire_question q = {.id = KEYWIRE_GET, .keys = {names, KEYWIRE_KEYS_MAX}};
	assert_ok(keywire_put_question(&b, &q));
	assert_ok(keyring_open(&d->process, 1, &r));
	bool ended = false;
	for (int i = 0; i < 1000 && !ended; i++)
		ended = send(r.fd, b.bytes, b.len, MSG_NOSIGNAL) < 0;
	assert_true(ended);
	keyring_clear(&r);
	create(&d->ring, 1, 1);
}

static void a_checkpoint_is_signed_once_for_a_size(void **state)
{
	struct den *d = *state;
	const struct hash root = {{1}}, other = {{2}};
	AUTO(buffer) note = {.max = KEYWIRE_NOTE_MAX};
	struct keywire_status about;

	assert_ok(keyring_sign_checkpoint(&d->ring, 1, &root, NULL, 0, &note));
	assert_true(note.len > 100);
	assert_memory_equal(note.bytes, "localhost:8443/v1/log\n1\n", 24);
	den_restart(d);
	struct status s = keyring_sign_checkpoint(&d->ring, 1, &other, NULL, 0, &note);
	assert_int_equal(s.code, ST_CORRUPT);
	assert_string_equal(s.what, REASON_OTHER_ROOT);
	assert_ok(keyring_status(&d->ring, &about));
	assert_int_equal(about.signed_size, 1);
	assert_true(hash_equal(&about.signed_root, &root));
	assert_true(text_equal(about.origin, TEXT("https://localhost:8443")));
}

static void the_certificate_comes_with_its_key(void **state)
{
	struct den *d = *state;
	AUTO(keyring_identity) first = {0};
	AUTO(keyring_identity) second = {0};
	AUTO(keyring_identity) third = {0};

	assert_ok(keyring_tls_identity(&d->ring, &first));
	assert_int_equal(first.source, TLS_OWN_CA);
	assert_int_equal(first.count, 1);
	assert_true(first.ca.len > 0 && first.chain[0].len > 0 && first.private_key.len > 0);
	assert_true(first.ends > first.made);
	assert_ok(keyring_tls_renew(&d->ring, &second));
	assert_true(bytes_equal(buffer_bytes(&first.ca), buffer_bytes(&second.ca)));
	assert_false(bytes_equal(buffer_bytes(&first.chain[0]), buffer_bytes(&second.chain[0])));
	const struct keywire_chain chain = {BYTES_LITERAL("key"), 1, {BYTES_LITERAL("certificate")}};
	assert_ok(keyring_tls_import(&d->ring, &chain));
	den_restart(d);
	assert_ok(keyring_tls_identity(&d->ring, &third));
	assert_int_equal(third.source, TLS_IMPORTED);
	assert_true(bytes_equal(buffer_bytes(&third.chain[0]), BYTES_LITERAL("certificate")));
	assert_fails(ST_CONFLICT, keyring_tls_renew(&d->ring, &first));
}

static void slots_are_added_and_removed(void **state)
{
	struct den *d = *state;
	const struct keywire_proof file = den_proof(), words = den_passphrase("three good words");
	struct keywire_status about;
	size_t count;

	assert_ok(keyring_slot_add(&d->ring, &file, &words, &count));
	assert_int_equal(count, 2);
	assert_ok(keyring_status(&d->ring, &about));
	assert_int_equal(about.slots[0].kind, SLOT_KEY_FILE);
	assert_int_equal(about.slots[1].kind, SLOT_PASSPHRASE);
	assert_fails(ST_NOT_FOUND, keyring_slot_remove(&d->ring, &words, 2, &count));
	assert_ok(keyring_slot_remove(&d->ring, &words, 0, &count));
	assert_int_equal(count, 1);
	assert_fails(ST_UNPROVEN, keyring_slot_remove(&d->ring, &file, 0, &count));
	struct status s = keyring_slot_remove(&d->ring, &words, 0, &count);
	assert_int_equal(s.code, ST_CONFLICT);
	assert_string_equal(s.what, REASON_LAST_SLOT);
	den_stop(d);
	den_start(d);
	assert_fails(ST_UNPROVEN, keyring_unseal(&d->ring, &file));
	assert_ok(keyring_unseal(&d->ring, &words));
}

static void holders_acknowledge_each_night(void **state)
{
	struct den *d = *state;
	struct keywire_status about;
	char path[128];
	uint64_t night;

	den_stop(d);
	d->options.holders[0] = d->holder;
	d->options.holders[1] = "/nowhere/at/all";
	d->options.holder_count = 2;
	den_start(d);
	const struct keywire_proof proof = den_proof();
	assert_ok(keyring_unseal(&d->ring, &proof));
	assert_ok(keyring_status(&d->ring, &about));
	assert_int_equal(about.holders, 2);
	assert_int_equal(about.acknowledged, 1);
	struct status s = keyring_rewrap(&d->ring, &night);
	assert_int_equal(s.code, ST_UNREACHABLE);
	assert_string_equal(s.what, REASON_HOLDER);
	assert_ok(keyring_status(&d->ring, &about));
	assert_int_equal(about.night, 1);
	assert_int_equal(about.rewrap, REWRAP_FAILED);
	assert_string_equal(about.rewrap_failure.what, REASON_HOLDER);
	/* The connection is as good as before. */
	create(&d->ring, 1, 1);
	d->options.holder_count = 1;
	den_stop(d);
	den_start(d);
	assert_ok(keyring_unseal(&d->ring, &proof));
	/* The interrupted night goes on by itself; a question meanwhile is told so or finds it done. */
	s = keyring_rewrap(&d->ring, &night);
	assert_true(ok(s) || s.code == ST_BUSY);
	do {
		assert_ok(keyring_status(&d->ring, &about));
	} while (about.rewrap == REWRAP_RUNNING);
	assert_true(about.night >= 2);
	assert_int_equal(about.acknowledged, 1);
	assert_false(about.old_night_remains);
	(void)snprintf(path, sizeof path, "%s/%08d.night", d->holder, (int)about.night);
	assert_int_equal(access(path, F_OK), 0);
	(void)snprintf(path, sizeof path, "%s/00000001.night", d->holder);
	assert_int_equal(access(path, F_OK), 0);
	(void)get(&d->ring, 1);
}

static size_t read_proc(pid_t pid, const char *what, char *out, size_t max)
{
	char path[64];

	(void)snprintf(path, sizeof path, "/proc/%d/%s", pid, what);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	ssize_t len = read(fd, out, max);
	(void)close(fd);
	return len > 0 ? (size_t)len : 0;
}

static void it_gets_no_environment_and_no_other_descriptor(void **state)
{
	struct den *d = *state;
	char environment[4096], path[64];
	size_t count = 0;

	if (getuid() != 0)
		skip();
	assert_int_equal(setenv("KEYRING_TEST_CANARY", "seen", 1), 0);
	int leaked = open("/dev/null", O_RDONLY);
	den_restart(d);
	/* The sanitizers' runtime puts its own settings there in builds that have it. */
	size_t len = read_proc(d->process.pid, "environ", environment, sizeof environment);
	assert_null(memmem(environment, len, "KEYRING_TEST_CANARY", 19));
	assert_null(memmem(environment, len, "PATH=", 5));
	(void)snprintf(path, sizeof path, "/proc/%d/fd", d->process.pid);
	DIR *dir = opendir(path);
	assert_non_null(dir);
	for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
		count += e->d_name[0] != '.';
	(void)closedir(dir);
	/* Three and its four sockets, K, nights, the journal. */
	assert_int_equal(count, 3 + 4 + 3);
	(void)close(leaked);
}

/* Whether ${needle} is anywhere in the writable memory of ${pid}. */
static bool memory_holds(pid_t pid, const char *needle, size_t len)
{
	char path[64], line[512];
	bool found = false;

	(void)snprintf(path, sizeof path, "/proc/%d/mem", pid);
	int mem = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(mem >= 0);
	(void)snprintf(path, sizeof path, "/proc/%d/maps", pid);
	FILE *maps = fopen(path, "re");
	assert_non_null(maps);
	while (!found && fgets(line, sizeof line, maps) != NULL) {
		char *end, *rights;
		unsigned long from = strtoul(line, &end, 16), to = strtoul(end + 1, &rights, 16);

		/* The sanitizers' shadow is terabytes of nothing. */
		if (rights[1] != 'r' || rights[2] != 'w' || to - from > (64u << 20))
			continue;
		char *bytes = malloc(to - from);
		assert_non_null(bytes);
		ssize_t got = pread(mem, bytes, to - from, (off_t)from);
		found = got > 0 && memmem(bytes, (size_t)got, needle, len) != NULL;
		free(bytes);
	}
	(void)fclose(maps);
	(void)close(mem);
	return found;
}

/* PROMISES#S1: the passphrase is nowhere once it has been used. */
static void the_passphrase_stays_nowhere_in_memory(void **state)
{
	static const char words[] = "a canary sings in the mine";
	struct den *d = *state;
	const struct keywire_proof file = den_proof(), passphrase = den_passphrase(words);
	size_t count;

	if (getuid() != 0)
		skip();
	assert_ok(keyring_slot_add(&d->ring, &file, &passphrase, &count));
	assert_false(memory_holds(d->process.pid, words, sizeof words - 1));
	den_stop(d);
	den_start(d);
	assert_ok(keyring_unseal(&d->ring, &passphrase));
	assert_false(memory_holds(d->process.pid, words, sizeof words - 1));
	/* So that the search can find something: a key that was given out is sealed there, its origin is not. */
	assert_true(memory_holds(d->process.pid, "https://localhost:8443", 22));
	/* Nor is it in our own packet. */
	assert_null(memmem(d->ring.packet.bytes, d->ring.packet.len, words, sizeof words - 1));
}

static void keys_that_were_given_out_stay_nowhere_in_keyd(void **state)
{
	struct den *d = *state;
	struct keywire_status about;

	if (getuid() != 0)
		skip();
	create(&d->ring, 1, 1);
	const struct key key = get(&d->ring, 1);
	assert_ok(keyring_status(&d->ring, &about));
	assert_false(memory_holds(d->process.pid, (const char *)key.bytes, sizeof key));
	assert_true(memory_holds(getpid(), (const char *)key.bytes, sizeof key));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keys_survive_a_restart, opened, gone),
		cmocka_unit_test_setup_teardown(a_prefetched_page_needs_no_more_messages, opened, gone),
		cmocka_unit_test_setup_teardown(refusals_keep_their_words, opened, gone),
		cmocka_unit_test_setup_teardown(a_missing_store_is_named, fresh, gone),
		cmocka_unit_test_setup_teardown(a_missing_program_is_named, fresh, gone),
		cmocka_unit_test_setup_teardown(threads_have_connections_of_their_own, opened, gone),
		cmocka_unit_test_setup_teardown(a_night_stops_nobody, opened, gone),
		cmocka_unit_test_setup_teardown(its_end_is_noticed, opened, gone),
		cmocka_unit_test_setup_teardown(it_ends_with_its_last_connection_and_not_by_a_signal, opened, gone),
		cmocka_unit_test_setup_teardown(a_quick_restart_waits_for_its_predecessor, opened, gone),
		cmocka_unit_test_setup_teardown(it_goes_on_after_being_stopped, opened, gone),
		cmocka_unit_test_setup_teardown(it_ends_when_told, fresh, gone),
		cmocka_unit_test_setup_teardown(bad_packets_end_one_connection, opened, gone),
		cmocka_unit_test_setup_teardown(who_reads_no_answer_is_let_go, opened, gone),
		cmocka_unit_test_setup_teardown(a_checkpoint_is_signed_once_for_a_size, opened, gone),
		cmocka_unit_test_setup_teardown(the_certificate_comes_with_its_key, opened, gone),
		cmocka_unit_test_setup_teardown(slots_are_added_and_removed, opened, gone),
		cmocka_unit_test_setup_teardown(holders_acknowledge_each_night, opened, gone),
		cmocka_unit_test_setup_teardown(it_gets_no_environment_and_no_other_descriptor, opened, gone),
		cmocka_unit_test_setup_teardown(the_passphrase_stays_nowhere_in_memory, opened, gone),
		cmocka_unit_test_setup_teardown(keys_that_were_given_out_stay_nowhere_in_keyd, opened, gone),
	};

	if (argc < 2 || !ok(secret_setup()))
		return 1;
	den_program = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
