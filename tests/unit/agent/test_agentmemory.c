/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's memory, read as root: what it holds while it works and what is left of it
 * after a lock (PROMISES#S1).  Reading another process needs root; without it, skipped. */
#include "agent_fixture.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine.h"
#include "subkey.h"

#define WINDOW  ((size_t)1 << 20)
#define OVERLAP ((size_t)64)
/* A sanitizer's shadow; nothing of ours is so large. */
#define REGION_MAX ((uint64_t)4 << 30)

/* Reading another process needs root; under ThreadSanitizer most of an address space is shadow and takes hours. */
#if defined(__SANITIZE_THREAD__)
#define CAN_READ false
#else
#define CAN_READ (geteuid() == 0)
#endif

/* Count ${wanted} in one region; windows overlap so that none is cut in two. */
static size_t count_in_region(int mem, uint64_t from, uint64_t to, struct bytes wanted)
{
	uint8_t *window = test_malloc(WINDOW);
	size_t found = 0;

	for (uint64_t at = from; at < to; at += WINDOW - OVERLAP) {
		size_t len = to - at < WINDOW ? (size_t)(to - at) : WINDOW;
		ssize_t n = pread(mem, window, len, (off_t)at);

		for (uint8_t *hit = window; n > 0 && hit != NULL;) {
			size_t left = (size_t)(window + n - hit);
			uint8_t *next = memmem(hit, left, wanted.at, wanted.len);

			found += next != NULL;
			hit = next != NULL ? next + 1 : NULL;
		}
		if (n <= 0)
			break;
	}
	test_free(window);
	return found;
}

/* How often ${wanted} stands in the memory of ${pid}. */
static size_t count_in_memory(pid_t pid, struct bytes wanted)
{
	char path[64], line[512];
	size_t found = 0, regions = 0;

	snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
	int mem = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(mem >= 0);
	snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
	FILE *maps = fopen(path, "re");
	assert_non_null(maps);
	while (fgets(line, sizeof line, maps) != NULL) {
		char *rest;
		uint64_t from = strtoull(line, &rest, 16), to = strtoull(rest + 1, NULL, 16);

		if (to - from > REGION_MAX || strstr(line, "[v") != NULL)
			continue;
		regions++;
		found += count_in_region(mem, from, to, wanted);
	}
	fclose(maps);
	close(mem);
	assert_true(regions > 5);
	return found;
}

/** An agent at work: everything it can be asked for has been asked. */
struct at_work {
	struct agent_world w;
	struct agentclient control;
	struct keyholder holder;
	struct secret epoch_key; /* as a colleague opened it */
};

static const char header[] = "{\"family\":\"HEADER-CANARY-Oberhuber\"}";
static const char content[] = "CONTENT-CANARY: patient reports chest pain";

/* A colleague opens what the agent wrapped: now the test knows the epoch key. */
static void learn_epoch_key(struct at_work *a, const struct keyholder_epoch *epoch, const struct epoch_place *place)
{
	struct fixture_person colleague;
	struct keyholder_recipient to;
	struct wrappedkey_claim claim = {.commitment = epoch->commitment};

	fixture_person_new(&colleague, 2);
	to = (struct keyholder_recipient){.recipient = colleague.recipient, .hpke_key = colleague.public_key};
	assert_ok(keyholder_epoch_wrap(&a->holder, epoch->key, &to, 1));
	assert_ok(wrappedkey_hash(&to.wrapped, &claim.wrapped_hash));
	a->epoch_key = fixture_key(0);
	assert_ok(wrappedkey_open(place, &colleague.recipient, &colleague.private_key, &to.wrapped, &claim,
				  (struct key *)a->epoch_key.bytes));
	fixture_person_clear(&colleague);
}

static void use_records(struct at_work *a, const struct keyholder_epoch *epoch)
{
	AUTO(buffer) out = {.max = 1 << 20, .wipe = true};
	struct recordcontent_claim claim;
	struct keyholder_header item = {
		.record = {.place = fixture_record(), .author = fixture_user(1), .clinical = epoch->key},
		.in = bytes_of(header, sizeof header - 1),
	};

	item.record.place.compartment = COMPARTMENT_CLINICAL;
	assert_ok(keyholder_record_new(&a->holder, &item.record, &item.sealed_key));
	assert_ok(keyholder_header_seal(&a->holder, &item, 1, &out));
	item.in = buffer_bytes(&out);
	AUTO(buffer) opened = {.max = 1 << 20, .wipe = true};
	assert_ok(keyholder_header_open(&a->holder, &item, 1, &opened));
	assert_ok(item.status);
	out.len = 0;
	assert_ok(keyholder_content_seal_begin(&a->holder, &item.record, &item.sealed_key, &out));
	assert_ok(keyholder_content_seal_add(&a->holder, plain_of(content, sizeof content - 1), &out));
	assert_ok(keyholder_content_seal_end(&a->holder, &out, &claim));
	assert_ok(keyholder_content_open_begin(&a->holder, &item.record, &item.sealed_key, &claim));
	assert_ok(keyholder_content_open_add(&a->holder, sealed_of(out.bytes, out.len), &opened));
	assert_ok(keyholder_content_open_end(&a->holder));
	/* One is left under way. */
	assert_ok(keyholder_content_seal_begin(&a->holder, &item.record, &item.sealed_key, &out));
	assert_ok(keyholder_content_seal_add(&a->holder, plain_of(content, sizeof content - 1), &out));
}

static void at_work_new(struct at_work *a)
{
	struct agentclient c = {.fd = -1};
	struct epoch_place place = fixture_epoch();
	struct keyholder_epoch epoch;
	const struct bytes source = BYTES_LITERAL("IMPORT-CANARY-4711");
	AUTO(buffer) out = {.max = LIMIT_STATEMENT_BYTES};
	struct hash token;

	*a = (struct at_work){.control = {.fd = -1}};
	agent_world_run_unlocked(&a->w, &c);
	assert_fails(ST_UNPROVEN, agentclient_unlock(&c, BYTES_LITERAL("PASSPHRASE-CANARY mistyped"), 0));
	assert_ok(agentclient_holder(&c, &a->holder));
	agent_world_connect(&a->w, &a->control);
	place.number = 0;
	assert_ok(keyholder_epoch_new(&a->holder, &place, (struct epoch_handle){0}, &epoch));
	learn_epoch_key(a, &epoch, &place);
	use_records(a, &epoch);
	assert_ok(keyholder_import_token(&a->holder, "patient", &source, 1, &token));
	struct statement draft = {
		.kind = STATEMENT_PATIENT,
		.head = keyholder_head(&a->holder, NULL, 1),
		.patient = {.patient = {fixture_user(9).uuid}},
	};
	assert_ok(keyholder_sign(&a->holder, &draft, &out));
}

static void at_work_clear(struct at_work *a)
{
	keyholder_clear(&a->holder);
	agentclient_clear(&a->control);
	secret_clear(&a->epoch_key);
	agent_world_clear(&a->w);
}

static void assert_absent(pid_t pid, const char *what, struct bytes wanted)
{
	size_t found = count_in_memory(pid, wanted);

	if (found > 0)
		fail_msg("%s is in memory %zu times", what, found);
}

/* An answer leaves before its packet is wiped; the next question is looked at afterwards. */
static void settle(struct agentclient *c)
{
	struct agentwire_status status;

	assert_ok(agentclient_status(c, &status));
}

/* What nobody needs after its message, locked or not. */
static void assert_no_canary(pid_t pid)
{
	assert_absent(pid, "the passphrase", BYTES_LITERAL("PASSPHRASE-CANARY"));
	assert_absent(pid, "a header", BYTES_LITERAL("HEADER-CANARY"));
	assert_absent(pid, "an import source", BYTES_LITERAL("IMPORT-CANARY"));
}

static void holds_its_keys_once_and_nothing_it_was_told(void **state)
{
	(void)state;
	AUTO(at_work) a;

	if (!CAN_READ)
		skip();
	at_work_new(&a);
	settle(&a.control);
	/* The search finds what is there: otherwise finding nothing would mean nothing. */
	assert_int_equal(count_in_memory(a.w.pid, secret_bytes(&a.w.home.keys.sign_private)), 1);
	assert_int_equal(count_in_memory(a.w.pid, secret_bytes(&a.w.home.keys.hpke_private)), 1);
	assert_int_equal(count_in_memory(a.w.pid, secret_bytes(&a.w.home.keys.file_key)), 1);
	assert_int_equal(count_in_memory(a.w.pid, secret_bytes(&a.epoch_key)), 1);
	assert_no_canary(a.w.pid);
}

static void a_lock_leaves_nothing(void **state)
{
	(void)state;
	AUTO(at_work) a;
	AUTO(secret) import_key = fixture_key(0);

	if (!CAN_READ)
		skip();
	at_work_new(&a);
	assert_ok(agentclient_lock(&a.control));
	settle(&a.control);
	assert_absent(a.w.pid, "the signing key", secret_bytes(&a.w.home.keys.sign_private));
	assert_absent(a.w.pid, "the HPKE key", secret_bytes(&a.w.home.keys.hpke_private));
	assert_absent(a.w.pid, "the file key", secret_bytes(&a.w.home.keys.file_key));
	assert_absent(a.w.pid, "an epoch key", secret_bytes(&a.epoch_key));
	assert_absent(a.w.pid, "a content", BYTES_LITERAL("CONTENT-CANARY"));
	assert_no_canary(a.w.pid);
	/* A half is enough to be a trace: registers spill in such pieces. */
	assert_absent(a.w.pid, "half the signing key", bytes_of(a.w.home.keys.sign_private.bytes, 16));
	assert_absent(a.w.pid, "half the HPKE key", bytes_of(a.w.home.keys.hpke_private.bytes + 16, 16));
	assert_absent(a.w.pid, "half the file key", bytes_of(a.w.home.keys.file_key.bytes, 16));
	assert_absent(a.w.pid, "half an epoch key", bytes_of(a.epoch_key.bytes + 16, 16));
	assert_ok(subkey_derive(secret_bytes(&a.w.home.keys.hpke_private), CONTEXT_IMPORT_TOKEN,
				fixture_place(&import_key)));
	assert_absent(a.w.pid, "the import key", secret_bytes(&import_key));
}

static void a_forgotten_session_leaves_nothing(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};
	AUTO(secret) token = {0};

	if (!CAN_READ)
		skip();
	agent_world_run(&w, &c);
	assert_ok(agentclient_token_put(&c, BYTES_LITERAL("TOKEN-CANARY-0123456789")));
	assert_ok(agentclient_token_get(&c, &token));
	settle(&c);
	assert_int_equal(count_in_memory(w.pid, BYTES_LITERAL("TOKEN-CANARY")), 1);
	assert_ok(agentclient_token_put(&c, (struct bytes){0}));
	settle(&c);
	assert_absent(w.pid, "the token", BYTES_LITERAL("TOKEN-CANARY"));
}

/* The value of a line of /proc/PID/status. */
static long status_of(pid_t pid, const char *name)
{
	char path[64], line[256];
	long value = -1;

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof line, f) != NULL)
		if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
			value = strtol(line + strlen(name) + 1, NULL, 16);
	fclose(f);
	return value;
}

static void has_given_up_what_it_does_not_need(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};

	agent_world_run_unlocked(&w, &c);
	assert_int_equal(status_of(w.pid, "NoNewPrivs"), 1);
	assert_int_equal(status_of(w.pid, "CapEff"), 0);
	assert_int_equal(status_of(w.pid, "CapPrm"), 0);
	/* Sanitizers lock nothing and need calls that the list has not. */
	if (confine_is_whole()) {
		assert_true(status_of(w.pid, "VmLck") > 0);
		assert_int_equal(status_of(w.pid, "Seccomp"), 2);
	}
}

/* As an ordinary user: start an agent and try to look into it. */
static int look_as_its_own_user(struct agent_world *w)
{
	struct agentclient c = {.fd = -1};
	char path[64];

	if (setgid(65534) != 0 || setuid(65534) != 0 || !ok(agent_world_start(w, 0)))
		return 2;
	agent_world_unlock(w, &c);
	snprintf(path, sizeof path, "/proc/%d/mem", (int)w->pid);
	bool mem = open(path, O_RDONLY | O_CLOEXEC) < 0;
	snprintf(path, sizeof path, "/proc/%d/maps", (int)w->pid);
	bool maps = open(path, O_RDONLY | O_CLOEXEC) < 0;
	/* ptrace() goes by the same rule. */
	bool ended = ok(agentclient_shutdown(&c)) && agent_world_ended(w, 120000);
	return mem && maps && ended ? 0 : 1;
}

static void its_own_user_cannot_look_into_it(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	int status;

	if (geteuid() != 0)
		skip();
	agent_world_new(&w);
	assert_int_equal(chown(w.root, 65534, 65534), 0);
	assert_int_equal(chown(w.clock_file, 65534, 65534), 0);
	assert_int_equal(fchown(w.home.fd, 65534, 65534), 0);
	assert_int_equal(fchownat(w.home.fd, SECURITYSTORE_NAME, 65534, 65534, 0), 0);
	pid_t person = fork();
	if (person == 0)
		_exit(look_as_its_own_user(&w));
	assert_int_equal(waitpid(person, &status, 0), person);
	if (status == 2 << 8)
		skip(); /* The program lies where other users cannot run it. */
	assert_int_equal(status, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(holds_its_keys_once_and_nothing_it_was_told),
		TEST(a_lock_leaves_nothing),
		TEST(a_forgotten_session_leaves_nothing),
		TEST(has_given_up_what_it_does_not_need),
		TEST(its_own_user_cannot_look_into_it),
	};

	if (argc != 2)
		return 2;
	agent_program = argv[1];
	return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
