/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_store: what the store and the vault cost on this machine and the disk of /tmp.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hash.h"
#include "rig.h"
#include "store.h"
#include "vault.h"

#define COMMITS    20000
#define ROWS       100000
#define GROUP      64
#define READS      300000
#define SAMPLES    200000
#define MUST(call) must((call), #call)

static double samples[SAMPLES];

static void must(struct status s, const char *call)
{
	if (ok(s))
		return;
	fprintf(stderr, "%s: %s (%s)\n", call, status_name(s.code), s.what != NULL ? s.what : "-");
	exit(1);
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* What this thread has used: says something on a busy machine, too. */
static double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

struct start {
	double wall, cpu;
};

static struct start started(void)
{
	return (struct start){now_us(), cpu_us()};
}

static int by_size(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static void print_times(const char *what, size_t count, struct start start)
{
	double elapsed = now_us() - start.wall, cpu = cpu_us() - start.cpu;

	qsort(samples, count, sizeof *samples, by_size);
	printf("%-33s %8.0f /s  cpu %7.1f us  p50 %8.1f us  p99 %8.1f us  p99.9 %8.1f us  max %8.1f us\n", what,
	       (double)count / elapsed * 1e6, cpu / (double)count, samples[count / 2], samples[count * 99 / 100],
	       samples[count * 999 / 1000], samples[count - 1]);
	fflush(stdout);
}

/* ---- Rows ---- */

static struct uuid record_id(uint64_t n)
{
	struct uuid id = {{1, 0x93}};

	for (size_t i = 0; i < 8; i++)
		id.bytes[15 - i] = (uint8_t)(n >> 8 * i);
	return id;
}

static void put_record(struct store_txn *txn, uint64_t n)
{
	struct uuid id = record_id(n), patient = rig_patient((uint8_t)(n % 200));
	uint8_t head[40] = {0};
	struct row row = {
		.table = TABLE_RECORD,
		.plain = {[COLUMN_RECORD_ID] = ROW_UUID(&id),
			  [COLUMN_RECORD_PATIENT] = ROW_UUID(&patient),
			  [COLUMN_RECORD_KIND] = ROW_NUMBER(2),
			  [COLUMN_RECORD_VERSIONS] = ROW_NUMBER(1)},
		.secret = {[SECRET_RECORD_STATUS] = bytes_of("\2", 1), [SECRET_RECORD_HEAD] = BYTES_OF(head)},
	};

	MUST(store_put(txn, &row));
}

static void commit_records(struct store *store, uint64_t from, unsigned count)
{
	static const uint8_t event[300];
	AUTO(store_txn) txn = {0};

	MUST(store_begin(store, &txn));
	for (unsigned i = 0; i < count; i++) {
		MUST(store_savepoint(&txn));
		put_record(&txn, from + i);
		MUST(store_txn_audit(&txn, BYTES_OF(event), NULL));
		MUST(store_savepoint_keep(&txn));
	}
	MUST(store_commit(&txn));
}

static void commit_alone(struct store *store, const char *what, uint64_t from)
{
	struct start start = started();

	for (size_t i = 0; i < COMMITS; i++) {
		double before = now_us();
		commit_records(store, from + i, 1);
		samples[i] = now_us() - before;
	}
	print_times(what, COMMITS, start);
}

static void commit_groups(struct store *store, uint64_t from)
{
	struct start start = started();
	size_t rounds = ROWS / GROUP;

	for (size_t i = 0; i < rounds; i++) {
		double before = now_us();
		commit_records(store, from + i * GROUP, GROUP);
		samples[i] = now_us() - before;
	}
	double elapsed = now_us() - start.wall, cpu = cpu_us() - start.cpu;
	print_times("transactions of 64 changes", rounds, start);
	printf("%-33s %8.0f rows/s, %.0f rows/s of cpu (half of them events)\n", "",
	       (double)(rounds * GROUP * 2) / elapsed * 1e6, (double)(rounds * GROUP * 2) / cpu * 1e6);
}

static void read_points(struct store *store, uint64_t range, const char *what)
{
	AUTO(store_snapshot) snapshot = {0};
	AUTO(row) row = {0};
	uint64_t n = 1;

	MUST(store_snapshot_new(store, &snapshot));
	struct start start = started();
	for (size_t i = 0; i < READS; i++) {
		struct uuid id;

		n = (n * 6364136223846793005u + 1442695040888963407u);
		id = record_id((n >> 33) % range);
		const struct row_value key[] = {ROW_UUID(&id)};
		MUST(store_get(snapshot.view, TABLE_RECORD, key, &row));
	}
	printf("%-33s cpu %.2f us a row\n", what, (cpu_us() - start.cpu) / READS);
}

static struct status count_row(void *context, const struct row *row)
{
	(void)row;
	(*(unsigned *)context)++;
	return OK;
}

static void read_pages(struct store *store)
{
	AUTO(store_snapshot) snapshot = {0};
	unsigned seen = 0;

	MUST(store_snapshot_new(store, &snapshot));
	struct start start = started();
	for (int i = 0; i < 1000; i++) {
		struct uuid patient = rig_patient((uint8_t)(i % 200));
		struct store_range range = {
			.index = INDEX_RECORD_PATIENT, .prefix_count = 1, .prefix = {ROW_UUID(&patient)}, .limit = 100};
		MUST(store_scan(snapshot.view, TABLE_RECORD, &range, count_row, &seen));
	}
	printf("%-33s cpu %.2f us a row\n", "pages of 100 rows by an index", (cpu_us() - start.cpu) / seen);
}

/* ---- Readers beside the committer ---- */

static struct {
	struct store *store;
	_Atomic bool stop;
	_Atomic uint64_t reads;
} readers;

static void *read_until_stopped(void *context)
{
	AUTO(store_snapshot) snapshot = {0};
	AUTO(row) row = {0};
	uint64_t n = 1;

	(void)context;
	MUST(store_snapshot_new(readers.store, &snapshot));
	while (!readers.stop) {
		MUST(store_snapshot_renew(&snapshot));
		for (int i = 0; i < 20; i++) {
			struct uuid id = record_id(n++ % 20000);
			const struct row_value key[] = {ROW_UUID(&id)};
			MUST(store_get(snapshot.view, TABLE_RECORD, key, &row));
		}
		readers.reads += 20;
	}
	return NULL;
}

static void commit_beside_readers(struct store *store, uint64_t from)
{
	pthread_t thread;

	readers.store = store;
	MUST(pthread_create(&thread, NULL, read_until_stopped, NULL) == 0 ? OK : FAIL(ST_NO_MEMORY));
	struct start start = started();
	commit_alone(store, "commits alone, a thread reading", from);
	readers.stop = true;
	pthread_join(thread, NULL);
	printf("%-33s %8.0f reads/s beside them\n", "", (double)readers.reads / (now_us() - start.wall) * 1e6);
}

/* ---- Objects ---- */

static uint8_t content[1 << 20];

static struct row version_row(const struct uuid *record, const struct uuid *patient, const struct hash *statement)
{
	return (struct row){
		.table = TABLE_VERSION,
		.plain = {[COLUMN_VERSION_RECORD] = ROW_UUID(record),
			  [COLUMN_VERSION_NUMBER] = ROW_NUMBER(1),
			  [COLUMN_VERSION_PATIENT] = ROW_UUID(patient),
			  [COLUMN_VERSION_STATEMENT] = ROW_HASH(statement)},
	};
}

static void write_objects(struct store *store, struct vault *vault, size_t len, unsigned count)
{
	struct uuid patient = rig_patient(1);
	char what[64];
	struct hash hash;

	MUST(sha256(bytes_of(content, len), &hash));
	struct start start = started();
	for (unsigned i = 0; i < count; i++) {
		double before = now_us();
		struct uuid record = record_id(len << 20 | i), id = uuid_new(1700000000000 + len + i);
		AUTO(vault_writer) w = {0};
		AUTO(store_txn) txn = {0};
		struct row row = version_row(&record, &patient, &hash);

		MUST(vault_write_begin(vault, &id, &w));
		MUST(vault_write(&w, bytes_of(content, len)));
		MUST(vault_write_finish(&w, len, &hash));
		MUST(vault_write_row(&w, &row));
		MUST(store_begin(store, &txn));
		MUST(store_put(&txn, &row));
		MUST(store_txn_audit(&txn, BYTES_OF(hash), NULL));
		MUST(store_commit(&txn));
		samples[i] = now_us() - before;
	}
	(void)snprintf(what, sizeof what, "durable writes of %zu KiB", len >> 10);
	print_times(what, count, start);
}

static void read_objects(struct store *store, struct vault *vault, size_t len, unsigned count)
{
	AUTO(store_snapshot) snapshot = {0};
	AUTO(vault_reader) reader = {0};
	AUTO(row) row = {0};
	char what[64];

	MUST(store_snapshot_new(store, &snapshot));
	struct start start = started();
	for (unsigned i = 0; i < count; i++) {
		double before = now_us();
		struct uuid record = record_id(len << 20 | i % 50);
		const struct row_value key[] = {ROW_UUID(&record), ROW_NUMBER(1)};
		struct vault_object object;
		struct bytes piece;

		MUST(store_get(snapshot.view, TABLE_VERSION, key, &row));
		MUST(vault_object(&row, &object));
		MUST(vault_read_begin(vault, &object, (struct vault_range){0, len}, NULL, &reader));
		do
			MUST(vault_read(&reader, &piece));
		while (piece.len > 0);
		samples[i] = now_us() - before;
	}
	double cpu = cpu_us() - start.cpu;
	(void)snprintf(what, sizeof what, "reads of %zu KiB", len >> 10);
	print_times(what, count, start);
	printf("%-33s %8.0f MB/s of cpu\n", "", (double)len * count / cpu);
}

/* What one durable write of a page costs here: everything above is to be seen against it. */
static void measure_disk(int dir)
{
	int fd = openat(dir, "probe", O_RDWR | O_CREAT, 0600);

	if (fd < 0 || pwrite(fd, content, sizeof content, 0) < 0 || fsync(fd) != 0)
		exit(1);
	struct start start = started();
	for (size_t i = 0; i < 2000; i++) {
		double before = now_us();
		if (pwrite(fd, content, 4096, (off_t)(i % 200 * 4096)) < 0 || fdatasync(fd) != 0)
			exit(1);
		samples[i] = now_us() - before;
	}
	print_times("fdatasync of one page", 2000, start);
	close(fd);
	unlinkat(dir, "probe", 0);
}

int main(void)
{
	struct rig rig = rig_new();
	struct store store = {0};
	struct vault *vault = NULL;
	const size_t sizes[] = {4 << 10, 64 << 10, 1 << 20};

	for (size_t i = 0; i < sizeof content; i++)
		content[i] = (uint8_t)(i * 2654435761u >> 11);
	measure_disk(rig.dir);
	rig.options.background = true;
	MUST(store_open(&rig.options, &store));
	MUST(vault_open(&os_real, rig.dir, &vault));
	commit_alone(&store, "commits alone, a new log", 0);
	commit_alone(&store, "commits alone", 20000);
	commit_groups(&store, 40000);
	read_points(&store, 1000, "point reads, 1 k rows");
	read_points(&store, 130000, "point reads, 130 k rows");
	read_pages(&store);
	commit_beside_readers(&store, 0);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		write_objects(&store, vault, sizes[i], sizes[i] > 500000 ? 300 : 2000);
		read_objects(&store, vault, sizes[i], sizes[i] > 500000 ? 2000 : 20000);
	}
	vault_close(vault);
	store_clear(&store);
	rig_end(&rig);
	return 0;
}
