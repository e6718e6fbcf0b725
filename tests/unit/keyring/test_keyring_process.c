/* SPDX-License-Identifier: Apache-2.0 */
/* The process tacenda-keyd: when it ends, whom it cuts off, what is left in its memory. */
#include "keyring_fixture.h"

static void its_end_is_noticed(void **state)
{
	struct den *d = *state;
	const struct key_name name = den_name(1), other = den_name(2);
	struct pollfd watch = {.fd = d->process.watch, .events = POLLIN};
	struct key key;

	create(&d->ring, 1, 1);
	assert_true(runs(&d->process));
	assert_int_equal(poll(&watch, 1, 0), 0);
	assert_int_equal(kill(d->process.pid, SIGKILL), 0);
	assert_int_equal(poll(&watch, 1, 120000), 1);
	assert_false(runs(&d->process));
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
	assert_int_equal(poll(&watch, 1, 120000), 1);
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
	assert_true(runs(&d->process));
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
			assert_int_equal(poll(&p, 1, 120000), 1);
			assert_int_equal(recv(r.fd, &byte, 1, 0), 0);
			keyring_clear(&r);
		} else {
			assert_int_equal(send(fd, packets[i].bytes, packets[i].len, MSG_NOSIGNAL), packets[i].len);
			assert_int_equal(poll(&p, 1, 120000), 1);
			assert_int_equal(recv(fd, &byte, 1, 0), 0);
		}
		create(&d->ring, i, 1);
		assert_true(runs(&d->process));
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
		cmocka_unit_test_setup_teardown(its_end_is_noticed, opened, gone),
		cmocka_unit_test_setup_teardown(it_ends_with_its_last_connection_and_not_by_a_signal, opened, gone),
		cmocka_unit_test_setup_teardown(a_quick_restart_waits_for_its_predecessor, opened, gone),
		cmocka_unit_test_setup_teardown(it_goes_on_after_being_stopped, opened, gone),
		cmocka_unit_test_setup_teardown(bad_packets_end_one_connection, opened, gone),
		cmocka_unit_test_setup_teardown(who_reads_no_answer_is_let_go, opened, gone),
		cmocka_unit_test_setup_teardown(it_gets_no_environment_and_no_other_descriptor, opened, gone),
		cmocka_unit_test_setup_teardown(the_passphrase_stays_nowhere_in_memory, opened, gone),
		cmocka_unit_test_setup_teardown(keys_that_were_given_out_stay_nowhere_in_keyd, opened, gone),
	};

	if (argc < 2 || !ok(secret_setup()))
		return 1;
	den_program = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
