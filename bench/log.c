/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_log [LEAVES]: what the log costs on this machine and the disk of /tmp:
 * appends, starts, reads, proofs, and the offline verifier.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "draft.h"
#include "hash.h"
#include "logread.h"
#include "savedlog.h"

#define PATIENTS   100000
#define USERS      500
#define MUST(call) must((call), #call)

static struct patient_id patients[PATIENTS];
static struct user_id users[USERS];
static uint64_t leaves = 1000000;

static void must(struct status s, const char *call)
{
	if (ok(s))
		return;
	fprintf(stderr, "%s: %s (%s)\n", call, status_name(s.code), s.what != NULL ? s.what : "-");
	exit(1);
}

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct start {
	double wall, cpu;
};
static struct start started(void)
{
	return (struct start){seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID)};
}

static void said(const char *what, struct start s, uint64_t count)
{
	const double wall = seconds(CLOCK_MONOTONIC) - s.wall, cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - s.cpu;

	printf("%-44s %9.3f s %12.0f /s %9.2f us CPU each\n", what, wall, (double)count / wall,
	       cpu * 1e6 / (double)count);
}

static void said_once(const char *what, struct start s)
{
	printf("%-44s %9.3f s %26.3f s CPU\n", what, seconds(CLOCK_MONOTONIC) - s.wall,
	       seconds(CLOCK_PROCESS_CPUTIME_ID) - s.cpu);
}

static void said_memory(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	printf("%-44s %9.1f MB\n", "peak memory of this process", (double)r.ru_maxrss / 1024);
}

/* ---- Keys and events ---- */

static struct status year_key(void *context, unsigned year, struct key *out)
{
	(void)context;
	memset(out->bytes, (int)(year & 0xff), sizeof out->bytes);
	return OK;
}
static struct status subject_key(void *context, enum piece_kind kind, const struct uuid *id, struct key *out)
{
	(void)context;
	memset(out->bytes, 1, sizeof out->bytes);
	if (kind == PIECE_PATIENT)
		memcpy(out->bytes, id, sizeof *id);
	return OK;
}
static const struct log_keys keys = {year_key, subject_key, NULL};

static struct event event_of(uint64_t n)
{
	static const uint8_t address[4] = {192, 0, 2, 7};
	struct event e = {.kind = LEAF_READ, .result = LEAF_DONE, .time = UINT64_C(1795000000000) + n};

	e.actor.user = users[n * 7919 % USERS];
	e.actor.session.uuid.bytes[0] = 1;
	e.actor.device.uuid.bytes[0] = 2;
	e.actor.address = BYTES_OF(address);
	e.actor.client = TEXT("tacenda/0.1.0 (x86_64-linux)");
	e.actor.detail = TEXT("");
	e.subject.kind = PIECE_PATIENT;
	e.subject.id = patients[n * 104729 % PATIENTS].uuid;
	e.subject.record.uuid.bytes[0] = 3;
	e.subject.version = 1;
	e.subject.detail = TEXT("");
	return e;
}

static void append(struct log *log, struct draft *draft, uint64_t count, unsigned batch)
{
	uint64_t index, from = log_size(log);

	for (uint64_t i = 0; i < count; i++) {
		struct event e = event_of(from + i);

		MUST(draft_add(draft, &e, &index));
		if (draft->count == batch || i + 1 == count)
			MUST(log_append(log, draft));
	}
}

/* ---- The offline verifier, on files in memory ---- */

struct signer {
	struct note_key key;
	struct secret seed;
};
static struct status never_signed(void *context, struct tree_head *out)
{
	(void)context;
	*out = (struct tree_head){0};
	return OK;
}
static struct status sign(void *context, const struct tree_head *head, const struct tree_proof *proof,
			  struct buffer *out)
{
	const struct signer *s = context;

	(void)proof;
	return checkpoint_sign(head, &s->key, &s->seed, out);
}

struct saved {
	struct buffer checkpoint, edge; /* the partial tiles and bundle, one after another */
	struct buffer *bundles;
	struct buffer tiles[3];
	struct logread *reader;
};

/* Whole tiles and bundles from memory; the few partial ones from the log. */
static struct status load(void *context, const char *path, size_t max, struct buffer *out)
{
	struct saved *s = context;
	struct tile t;

	(void)max;
	if (strcmp(path, "checkpoint") == 0)
		return buffer_put(out, buffer_bytes(&s->checkpoint));
	TRY(tile_parse_path(text_of(path), &t));
	if (t.width < TILE_WIDTH || t.level > 2)
		return logread_tile(s->reader, &t, out);
	if (t.kind == TILE_ENTRIES)
		return buffer_put(out, buffer_bytes(&s->bundles[t.index]));
	return buffer_put(out, bytes_of(s->tiles[t.level].bytes + t.index * TILE_BYTES, TILE_BYTES));
}

static void save_in_memory(struct log *log, struct logread *reader, struct saved *s)
{
	const uint64_t size = log_size(log), whole = size / TILE_WIDTH;

	*s = (struct saved){.checkpoint = {.max = CHECKPOINT_BYTES_MAX}, .reader = reader};
	s->bundles = calloc(whole + 1, sizeof *s->bundles);
	if (s->bundles == NULL)
		exit(1);
	MUST(log_signed(log, &s->checkpoint));
	for (unsigned level = 0; level < 3; level++)
		s->tiles[level].max = SIZE_MAX / 2;
	for (uint64_t i = 0; i < whole; i++) {
		const struct tile bundle = {TILE_ENTRIES, 0, i, TILE_WIDTH};

		s->bundles[i].max = 65536;
		MUST(logread_tile(reader, &bundle, &s->bundles[i]));
	}
	for (unsigned level = 0; level < 3; level++)
		for (uint64_t i = 0; tile_width(level, i, size) == TILE_WIDTH; i++) {
			const struct tile t = {TILE_HASHES, (uint8_t)level, i, TILE_WIDTH};

			MUST(logread_tile(reader, &t, &s->tiles[level]));
		}
}

static void bench_offline(struct log *log, struct logread *reader)
{
	struct ed25519_public public_key;
	struct savedlog_report report;
	struct signer signer = {0};
	struct saved saved;

	MUST(ed25519_new(&signer.seed, &public_key));
	MUST(note_key_new(TEXT("localhost:8443/v1/log"), NOTE_ED25519, &public_key, &signer.key));
	MUST(log_checkpoint(log, &(struct log_signer){signer.key, never_signed, sign, &signer}));
	struct start s = started();

	save_in_memory(log, reader, &saved);
	said("tiles and bundles served", s, log_size(log));
	s = started();
	MUST(savedlog_verify(&(struct savedlog_source){load, &saved}, &signer.key, &report));
	said("offline verification, leaves", s, report.leaves);
	for (uint64_t i = 0; i < log_size(log) / TILE_WIDTH; i++)
		buffer_clear(&saved.bundles[i]);
	free(saved.bundles);
	for (unsigned level = 0; level < 3; level++)
		buffer_clear(&saved.tiles[level]);
	buffer_clear(&saved.checkpoint);
	secret_clear(&signer.seed);
}

/* ---- Reading ---- */

static void bench_reads(struct log *log, struct logread *reader)
{
	struct logread_opening o = {0};
	struct tree_proof proof;
	const uint64_t size = log_size(log), count = 20000;
	struct start s = started();

	for (uint64_t i = 0; i < count; i++)
		MUST(logread_open(reader, i * 7919 % size, &o));
	said("openings, random", s, count);
	s = started();
	for (uint64_t i = 0; i < count; i++)
		MUST(logread_open(reader, i, &o));
	said("openings, in order", s, count);
	s = started();
	for (uint64_t i = 0; i < 2000; i++)
		MUST(logread_prove_inclusion(reader, i * 7919 % size, size, &proof));
	said("inclusion proofs, random", s, 2000);
	logread_opening_clear(&o);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

static void bench_starts(struct log_options *options)
{
	struct log *log;
	struct start s = started();

	MUST(log_open(options, &log));
	said_once("start after a clean end", s);
	log_close(log);
	(void)unlinkat(options->dir, "heads", 0);
	s = started();
	MUST(log_open(options, &log));
	said_once("start with the chain ends saved before those", s);
	log_close(log);
	(void)unlinkat(options->dir, "heads", 0);
	(void)unlinkat(options->dir, "heads.before", 0);
	s = started();
	MUST(log_open(options, &log));
	said("start that reads the whole log, leaves", s, log_size(log));
	said_once("", s);
	s = started();
	log_close(log);
	said_once("saving every chain end", s);
}

int main(int argc, char **argv)
{
	char path[] = "/tmp/tacenda-bench-log-XXXXXX";
	struct draft *draft;
	struct logread *reader;
	struct log *log;

	if (argc > 1)
		leaves = strtoull(argv[1], NULL, 10);
	if (!ok(secret_setup()) || !ok(crypto_setup()) || leaves < 20000 || mkdtemp(path) == NULL)
		return 1;
	for (unsigned i = 0; i < PATIENTS; i++)
		patients[i].uuid = uuid_new(i);
	for (unsigned i = 0; i < USERS; i++)
		users[i].uuid = uuid_new(i);
	struct log_options options = {
		.os = &os_real,
		.dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.keys = keys,
		.create = true,
		.reserve = LOG_RESERVE,
		.snapshot_leaves = LOG_SNAPSHOT_LEAVES,
		.background = true,
	};
	MUST(log_open(&options, &log));
	MUST(draft_new(log, &draft));
	struct start s = started();

	append(log, draft, 2000, 1);
	said("appends of 1 leaf", s, 2000);
	s = started();
	append(log, draft, 10000, 64);
	said("appends of 64 leaves, leaves", s, 10000);
	s = started();
	append(log, draft, leaves - 12000, 1000);
	said("appends of 1000 leaves, leaves", s, leaves - 12000);
	MUST(logread_new(log, &keys, &reader));
	bench_reads(log, reader);
	bench_offline(log, reader);
	logread_free(reader);
	draft_free(draft);
	log_close(log);
	bench_starts(&options);
	said_memory();
	return nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
