/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_prepare: what the measurements of the whole server need of a client, made in bulk with the client's own code:
 *
 *   bench_prepare HOME PASSPHRASE-FILE token
 *       the session's token, from the agent
 *   bench_prepare HOME PASSPHRASE-FILE records PATIENT SIZE COUNT FOLDER
 *       COUNT records of SIZE sealed bytes: FOLDER/content, the sealed content that all of them share (the server
 *       cannot tell), FOLDER/heads, what stands before it in the body of each, all of one length, FOLDER/names
 *   bench_prepare HOME PASSPHRASE-FILE fill PATIENTS RECORDS THREADS
 *       a site of PATIENTS patient files with RECORDS small records each, signed and sent by THREADS threads
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agentclient.h"
#include "keyholder_local.h"
#include "patientchange.h"
#include "recordheader.h"
#include "recordput.h"

#define THREADS_MAX  16
#define CONTENT_MAX  ((uint32_t)16 << 20)
#define FILL_CONTENT 200

static void must(struct status s)
{
	if (!ok(s)) {
		fprintf(stderr, "bench_prepare: %s (%s)\n", status_name(s.code), s.what != NULL ? s.what : "-");
		exit(1);
	}
}

/** One signed-in person, with keys in this process. */
struct me {
	int home;
	struct keyholder keys;
	struct site site;
	struct secret token;
};

static void me_open(const char *home, const char *passphrase_file, struct me *out)
{
	AUTO(agentclient) agent = {.fd = -1};
	AUTO(secret) passphrase = {0};

	*out = (struct me){.home = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
	must(secret_read_file(AT_FDCWD, passphrase_file, LIMIT_PASSPHRASE, &passphrase));
	must(keyholder_local_open(&os_real, out->home, secret_bytes(&passphrase), &out->keys));
	must(agentclient_connect(home, &agent));
	must(agentclient_token_get(&agent, &out->token));
	must(keyholder_token_put(&out->keys, secret_bytes(&out->token)));
	must(site_open(
		&(struct site_options){.os = &os_real, .clock = &clock_system, .home = out->home, .keys = &out->keys},
		&out->site));
}

static void me_close(struct me *m)
{
	site_clear(&m->site);
	keyholder_clear(&m->keys);
	secret_clear(&m->token);
	close(m->home);
}

static FILE *create(const char *folder, const char *name)
{
	char path[4096];

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "wb");
	if (f == NULL)
		must(FAIL_AT(ST_IO, "output"));
	return f;
}

static void write_all(FILE *f, struct bytes bytes)
{
	if (fwrite(bytes.at, 1, bytes.len, f) != bytes.len)
		must(FAIL_AT(ST_IO, "output"));
}

/* ---- Records to be sent in one request each ---- */

struct batch {
	struct me *me;
	struct patientfile file;
	struct patientfile_epochs epochs;
	struct keyholder_record record;
	struct recordcontent_claim claim;
};

/* Sealed content of exactly ${size} bytes, to be shared by all records. */
static void seal_content(struct batch *b, uint32_t size, FILE *to)
{
	static uint8_t plain[KEYHOLDER_PIECE];
	struct buffer sealed = {.max = (size_t)CONTENT_MAX * 2};
	struct sealed_key key;
	/* A header, then a tag a chunk. */
	uint64_t chunks = (size - CHUNKED_HEADER + CHUNKED_SEALED - 1) / CHUNKED_SEALED;
	uint64_t left = size - CHUNKED_HEADER - chunks * (CHUNKED_SEALED - CHUNKED_PLAIN);

	must(keyholder_record_new(&b->me->keys, &b->record, &key));
	must(keyholder_content_seal_begin(&b->me->keys, &b->record, &key, &sealed));
	while (left > 0) {
		size_t some = left < sizeof plain ? (size_t)left : sizeof plain;
		must(keyholder_content_seal_add(&b->me->keys, plain_of(plain, some), &sealed));
		left -= some;
	}
	must(keyholder_content_seal_end(&b->me->keys, &sealed, &b->claim));
	if (b->claim.size != size)
		must(FAIL_AT(ST_INVALID, "no content has that size"));
	write_all(to, buffer_bytes(&sealed));
	buffer_clear(&sealed);
}

static void put_header(struct batch *b, const struct sealed_key *key, struct buffer *out)
{
	static const char json[] = "{\"title\":\"Measured\",\"type\":\"application/octet-stream\"}";
	struct keyholder_header item = {.record = b->record, .sealed_key = *key, .in = bytes_of(json, sizeof json - 1)};

	must(keyholder_header_seal(&b->me->keys, &item, 1, out));
	must(item.status);
}

static void put_statement(struct batch *b, struct bytes header, struct buffer *out)
{
	uint64_t now = clock_wall(&clock_system);
	struct statement draft = {
		.kind = STATEMENT_RECORD,
		.head = keyholder_head(&b->me->keys, NULL, now),
		.record = {.patient = b->file.id,
			   .record = b->record.place.record,
			   .version = 1,
			   .kind = RECORD_DICTATION,
			   .status = RECORD_FINAL,
			   .compartment = COMPARTMENT_BOTH,
			   .identity_epoch = b->epochs.identity,
			   .clinical_epoch = b->epochs.clinical,
			   .size = b->claim.size,
			   .content_hash = b->claim.hash},
	};

	must(sha256(header, &draft.record.header_hash));
	must(keyholder_sign(&b->me->keys, &draft, out));
}

static void put_head(struct batch *b, struct buffer *out)
{
	AUTO(buffer) header = {.max = LIMIT_SEALED_HEADER};
	AUTO(buffer) statement = {.max = LIMIT_STATEMENT_BYTES};
	struct sealed_key key;

	b->record.place.record.uuid = uuid_new(clock_wall(&clock_system));
	must(keyholder_record_new(&b->me->keys, &b->record, &key));
	put_header(b, &key, &header);
	put_statement(b, buffer_bytes(&header), &statement);
	must(buffer_put_sized(out, buffer_bytes(&statement)));
	must(buffer_put_sized(out, buffer_bytes(&header)));
	must(buffer_put_sized(out, BYTES_OF(key)));
}

static void begin_batch(struct me *me, const char *patient, struct batch *b)
{
	struct patient_id id;

	*b = (struct batch){.me = me};
	must(id_parse(ID_PATIENT, text_of(patient), &id.uuid));
	must(site_prepare(&me->site));
	must(patientfile_open(&me->site, &id, &b->file));
	b->epochs = patientfile_now(&b->file, COMPARTMENT_BOTH);
	b->record.place = (struct record_place){.fingerprint = b->file.state.fingerprint,
						.patient = b->file.id,
						.version = 1,
						.compartment = COMPARTMENT_BOTH};
	b->record.place.record.uuid = uuid_new(clock_wall(&clock_system));
	b->record.author = me->keys.person.user;
	must(patientfile_keys(&b->file, &b->epochs, &b->record.identity, &b->record.clinical));
}

static void make_records(struct me *me, char **words)
{
	FILE *content = create(words[3], "content"), *heads = create(words[3], "heads");
	FILE *names = create(words[3], "names");
	AUTO(buffer) head = {.max = LIMIT_STATEMENT_BYTES + LIMIT_SEALED_HEADER};
	uint32_t size, count;
	size_t length = 0;
	struct batch b;

	must(text_to_u32(text_of(words[1]), 64, CONTENT_MAX, &size));
	must(text_to_u32(text_of(words[2]), 1, 10000000, &count));
	begin_batch(me, words[0], &b);
	seal_content(&b, size, content);
	for (uint32_t i = 0; i < count; i++) {
		head.len = 0;
		put_head(&b, &head);
		if (length != 0 && head.len != length)
			must(FAIL_AT(ST_INVALID, "heads differ in length"));
		length = head.len;
		write_all(heads, buffer_bytes(&head));
		fprintf(names, "%s\n", id_print(ID_RECORD, &b.record.place.record.uuid).at);
	}
	patientfile_clear(&b.file);
	if (fclose(content) != 0 || fclose(heads) != 0 || fclose(names) != 0)
		must(FAIL_AT(ST_IO, "output"));
	printf("%zu\n", length);
}

/* ---- A large site ---- */

static struct {
	const char *home, *passphrase_file;
	uint32_t patients, records;
	uint32_t done, told; /* guarded by the lock */
	_Atomic uint32_t next;
	struct timespec begin;
	pthread_mutex_t lock;
} filling = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct small {
	size_t left;
};

static struct status read_small(void *context, uint8_t *out, size_t max, size_t *len)
{
	struct small *s = context;

	*len = s->left < max ? s->left : max;
	memset(out, 'r', *len);
	s->left -= *len;
	return OK;
}

static void add_record(struct patientfile *file, struct changeset *set)
{
	struct small content = {FILL_CONTENT};
	const struct recordput_source source = {.read = read_small, .context = &content};
	const struct recordput put = {.version = 1,
				      .kind = RECORD_REPORT,
				      .status = RECORD_FINAL,
				      .compartment = COMPARTMENT_BOTH,
				      .header = {.title = TEXT("Measured"), .type = TEXT("text/plain")},
				      .source = &source,
				      .time = clock_wall(&clock_system)};
	struct record_id record;

	must(recordput_add(file, &put, set, &record));
}

static void add_patient(struct me *me, uint32_t number, struct changeset *set)
{
	AUTO(patientfile) file = {0};
	char family[32], identifier[32];
	struct demographics d = {.birth = TEXT("1961-05-17"), .sex = TEXT("female"), .given_count = 1};

	(void)snprintf(family, sizeof family, "Family%06u", number);
	(void)snprintf(identifier, sizeof identifier, "M-%06u", number);
	d.family = text_of(family);
	d.given[0] = TEXT("Measured");
	d.identifier_count = 1;
	d.identifiers[0] = (struct demographics_identifier){TEXT("urn:measured"), text_of(identifier)};
	must(patientchange_add(&me->site, &d, NULL, set, &file));
	for (uint32_t i = 0; i < filling.records; i++)
		add_record(&file, set);
}

static double seconds_since(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - begin->tv_sec) + (double)(now.tv_nsec - begin->tv_nsec) / 1e9;
}

/* On a terminal over the last one, elsewhere a line for each twentieth. */
static void tell(uint32_t more)
{
	bool terminal = isatty(STDERR_FILENO);

	(void)pthread_mutex_lock(&filling.lock);
	filling.done += more;
	double passed = seconds_since(&filling.begin), rate = filling.done / passed;
	uint32_t twentieth = (uint32_t)((uint64_t)filling.done * 20 / filling.patients);
	if (terminal || twentieth != filling.told)
		fprintf(stderr, "%s%u of %u patient files, %.0f a second, about %.0f s left%s", terminal ? "\r" : "",
			filling.done, filling.patients, rate, (filling.patients - filling.done) / rate,
			terminal ? "   " : "\n");
	filling.told = twentieth;
	(void)pthread_mutex_unlock(&filling.lock);
}

/* Statements of one change: some requests' worth of leaves fit a batch of the log, and a request its limit of bytes. */
#define TOGETHER 480

/* Statements of one patient file: itself, two epochs, identity, records; as many files as fit a request. */
static void *fill_some(void *context)
{
	const uint32_t each = TOGETHER / (filling.records + 4) > 0 ? TOGETHER / (filling.records + 4) : 1;
	struct me me;

	/* The pin in the security file is moved by one process at a time, not by two threads of it. */
	(void)pthread_mutex_lock(&filling.lock);
	me_open(filling.home, filling.passphrase_file, &me);
	must(site_prepare(&me.site));
	(void)pthread_mutex_unlock(&filling.lock);
	for (;;) {
		AUTO(changeset) set = {0};
		uint32_t first = atomic_fetch_add(&filling.next, each), i;
		if (first >= filling.patients)
			break;
		changeset_begin(&me.site, &set);
		for (i = first; i < first + each && i < filling.patients; i++)
			add_patient(&me, i, &set);
		must(changeset_send(&set, NULL));
		tell(i - first);
	}
	me_close(&me);
	return context;
}

static void fill(char **words)
{
	pthread_t threads[THREADS_MAX];
	uint32_t count;

	must(text_to_u32(text_of(words[0]), 1, 10000000, &filling.patients));
	must(text_to_u32(text_of(words[1]), 0, 900, &filling.records));
	must(text_to_u32(text_of(words[2]), 1, THREADS_MAX, &count));
	clock_gettime(CLOCK_MONOTONIC, &filling.begin);
	for (uint32_t i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, fill_some, NULL) != 0)
			must(FAIL(ST_NO_MEMORY));
	for (uint32_t i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	printf("%.1f\n", seconds_since(&filling.begin));
}

int main(int argc, char **argv)
{
	struct me me;

	must(secret_setup());
	must(crypto_setup());
	if (argc == 7 && strcmp(argv[3], "fill") == 0) {
		filling.home = argv[1];
		filling.passphrase_file = argv[2];
		fill(argv + 4);
		return 0;
	}
	bool token = argc == 4 && strcmp(argv[3], "token") == 0, records = argc == 8 && strcmp(argv[3], "records") == 0;
	if (!token && !records)
		return 2;
	me_open(argv[1], argv[2], &me);
	if (token)
		printf("%.*s\n", (int)me.token.len, (const char *)me.token.bytes);
	else
		make_records(&me, argv + 4);
	me_close(&me);
	return 0;
}
