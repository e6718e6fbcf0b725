/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_seal: what a command gets done in a second with keys in its own process and
 * with keys in the agent.  Batches are pages of 1000 patients.  Wall time of the best
 * of five runs, because two processes share the work.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "agentclient.h"
#include "agentplace.h"
#include "hash.h"
#include "keyholder_local.h"
#include "securitystore.h"

#define PAGE    1000
#define RUNS    5
#define CONTENT ((size_t)64 << 20)

static const char passphrase[] = "for measuring only";
static char home_path[] = "/tmp/bench-seal-XXXXXX";

static struct {
	int home;
	struct keyholder holder;
	struct keyholder_wrapped wrapped[PAGE];
	struct keyholder_header headers[PAGE];
	struct epoch_handle keys[PAGE];
	struct buffer sealed, plain;
	struct keyholder_record record;
	struct sealed_key sealed_key;
	struct buffer content; /* sealed */
	struct recordcontent_claim claim;
} rig;

static void must(struct status s)
{
	if (!ok(s)) {
		fprintf(stderr, "bench_seal: %s (%s)\n", status_name(s.code), s.what != NULL ? s.what : "-");
		exit(1);
	}
}

static double now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The best of RUNS runs of ${work}, in seconds. */
static double best_of(void (*work)(void))
{
	double best = 1e9;

	for (int i = 0; i < RUNS; i++) {
		double start = now_s();

		work();
		double passed = now_s() - start;
		best = passed < best ? passed : best;
	}
	return best;
}

static struct epoch_place patient(size_t number)
{
	struct epoch_place place = {
		.fingerprint = rig.holder.person.site,
		.holder_kind = HOLDER_PATIENT,
		.compartment = COMPARTMENT_IDENTITY,
	};

	memcpy(place.holder.bytes, &number, sizeof number);
	return place;
}

/* One patient of the page: a key wrapped for us and a sealed header of 300 bytes. */
static void make_patient(size_t i)
{
	static const char json[] = "{\"family\":\"Musterfrau\",\"given\":[\"Erika\"],\"birth\":\"1964-08-12\"}";
	struct epoch_place place = patient(i);
	struct keyholder_epoch epoch;
	struct keyholder_recipient self = {
		.recipient = {RECIPIENT_USER, rig.holder.person.user.uuid, rig.holder.person.key_hash},
		.hpke_key = rig.holder.person.hpke_key,
	};
	struct keyholder_header *h = &rig.headers[i];

	must(keyholder_epoch_new(&rig.holder, &place, (struct epoch_handle){0}, &epoch));
	must(keyholder_epoch_wrap(&rig.holder, epoch.key, &self, 1));
	rig.wrapped[i] = (struct keyholder_wrapped){.place = place, .wrapped = self.wrapped};
	rig.wrapped[i].claim.commitment = epoch.commitment;
	must(wrappedkey_hash(&self.wrapped, &rig.wrapped[i].claim.wrapped_hash));
	*h = (struct keyholder_header){
		.record = {.place = {.fingerprint = place.fingerprint,
				     .patient = {place.holder},
				     .version = 1,
				     .compartment = COMPARTMENT_IDENTITY},
			   .author = rig.holder.person.user,
			   .identity = epoch.key},
		.in = bytes_of(json, sizeof json - 1),
	};
	must(keyholder_record_new(&rig.holder, &h->record, &h->sealed_key));
	must(keyholder_header_seal(&rig.holder, h, 1, &rig.sealed));
	rig.keys[i] = epoch.key;
}

static void make_page(void)
{
	for (size_t i = 0; i < PAGE; i++)
		make_patient(i);
	/* The buffer has stopped moving. */
	for (size_t i = 0; i < PAGE; i++)
		rig.headers[i].in = bytes_of(rig.sealed.bytes + rig.headers[i].at, rig.headers[i].len);
	must(keyholder_epoch_drop(&rig.holder, rig.keys, PAGE));
}

static void open_wrapped(void)
{
	must(keyholder_epoch_open(&rig.holder, rig.wrapped, PAGE));
	for (size_t i = 0; i < PAGE; i++) {
		must(rig.wrapped[i].status);
		rig.keys[i] = rig.wrapped[i].key;
	}
	must(keyholder_epoch_drop(&rig.holder, rig.keys, PAGE));
}

static void open_headers(void)
{
	rig.plain.len = 0;
	must(keyholder_header_open(&rig.holder, rig.headers, PAGE, &rig.plain));
	for (size_t i = 0; i < PAGE; i++)
		must(rig.headers[i].status);
}

/* In the pieces that an upload and a download have. */
static void seal_content(void)
{
	static const uint8_t piece[4 * CHUNKED_PLAIN];

	rig.content.len = 0;
	must(keyholder_content_seal_begin(&rig.holder, &rig.record, &rig.sealed_key, &rig.content));
	for (size_t at = 0; at < CONTENT; at += sizeof piece)
		must(keyholder_content_seal_add(&rig.holder, plain_of(piece, sizeof piece), &rig.content));
	must(keyholder_content_seal_end(&rig.holder, &rig.content, &rig.claim));
}

static void open_content(void)
{
	must(keyholder_content_open_begin(&rig.holder, &rig.record, &rig.sealed_key, &rig.claim));
	for (size_t at = 0; at < rig.content.len; at += KEYHOLDER_PIECE) {
		size_t left = rig.content.len - at;

		rig.plain.len = 0;
		must(keyholder_content_open_add(
			&rig.holder, sealed_of(rig.content.bytes + at, left < KEYHOLDER_PIECE ? left : KEYHOLDER_PIECE),
			&rig.plain));
	}
	must(keyholder_content_open_end(&rig.holder));
}

static void measure(const char *where)
{
	double wrapped = best_of(open_wrapped);

	printf("%-8s wrapped-key opens  %9.0f /s\n", where, PAGE / wrapped);
	must(keyholder_epoch_open(&rig.holder, rig.wrapped, PAGE));
	for (size_t i = 0; i < PAGE; i++)
		rig.headers[i].record.identity = rig.wrapped[i].key;
	printf("%-8s header opens       %9.0f /s\n", where, PAGE / best_of(open_headers));
	rig.record = rig.headers[0].record;
	rig.sealed_key = rig.headers[0].sealed_key;
	printf("%-8s content seal       %9.0f MB/s\n", where, (double)CONTENT / 1e6 / best_of(seal_content));
	printf("%-8s content open       %9.0f MB/s\n", where, (double)CONTENT / 1e6 / best_of(open_content));
}

static void make_home(void)
{
	const struct argon2_cost cheapest = {.memory = LIMIT_ARGON2_MEMORY_MIN, .passes = 1};
	struct securityfile_person person = {.origin = TEXT("https://localhost"), .login = TEXT("bench")};
	AUTO(securityfile) file = {0};
	AUTO(securityfile_keys) keys = {0};

	if (mkdtemp(home_path) == NULL || setenv("XDG_RUNTIME_DIR", home_path, 1) != 0)
		exit(1);
	rig.home = open(home_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(securityfile_new(&person, &(struct securityfile_pin){0}, &file, &keys));
	must(securityfile_add_slot(&file, &keys, bytes_of(passphrase, sizeof passphrase - 1), cheapest));
	must(securitystore_create(&os_real, rig.home, SECURITYSTORE_NAME, &file));
}

static pid_t start_agent(void)
{
	int ready[2];
	uint8_t code;

	if (pipe2(ready, O_CLOEXEC) != 0)
		exit(1);
	pid_t agent = fork();
	if (agent == 0) {
		const struct agent_options options = {
			.home = home_path, .ready_fd = ready[1], .clock = &clock_system, .os = &os_real};

		_exit((int)agent_run(&options).code);
	}
	if (agent < 0 || read(ready[0], &code, 1) != 1 || code != ST_OK)
		exit(1);
	return agent;
}

static void measure_agent(void)
{
	AUTO(agentclient) client = {.fd = -1};
	AUTO(agentclient) control = {.fd = -1};
	pid_t agent = start_agent();

	must(agentclient_connect(home_path, &client));
	must(agentclient_connect(home_path, &control));
	must(agentclient_unlock(&client, bytes_of(passphrase, sizeof passphrase - 1), 0));
	must(agentclient_holder(&client, &rig.holder));
	measure("agent");
	keyholder_clear(&rig.holder);
	must(agentclient_shutdown(&control));
	(void)waitpid(agent, NULL, 0);
}

/* What the agent leaves: its directory with the lock. */
static void remove_runtime(void)
{
	AUTO(agentplace) place = {.dir = -1};

	must(agentplace_find(home_path, &place));
	(void)unlinkat(place.dir, place.lock, 0);
	(void)unlinkat(rig.home, "tacenda", AT_REMOVEDIR);
}

int main(void)
{
	rig.sealed = (struct buffer){.max = (size_t)PAGE * LIMIT_SEALED_HEADER};
	rig.plain = (struct buffer){.max = (size_t)PAGE * LIMIT_SEALED_HEADER, .wipe = true};
	rig.content = (struct buffer){.max = 2 * CONTENT};
	must(secret_setup());
	must(crypto_setup());
	make_home();
	must(keyholder_local_open(&os_real, rig.home, bytes_of(passphrase, sizeof passphrase - 1), &rig.holder));
	make_page();
	measure("command");
	keyholder_clear(&rig.holder);
	measure_agent();
	(void)unlinkat(rig.home, SECURITYSTORE_NAME, 0);
	(void)unlinkat(rig.home, SECURITYSTORE_NAME ".lock", 0);
	remove_runtime();
	return rmdir(home_path) == 0 ? 0 : 1;
}
