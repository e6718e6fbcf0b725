/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle.h"
#include "hash.h"
#include "secret.h"

struct user_id rig_users[RIG_USERS];
struct patient_id rig_patients[RIG_PATIENTS];
int rig_erased = -1;

static int no_sync(int fd)
{
	(void)fd;
	return 0;
}
struct os rig_quiet;

bool rig_setup(void)
{
	rig_quiet = os_real;
	rig_quiet.sync = rig_quiet.sync_data = no_sync;
	for (unsigned i = 0; i < RIG_USERS; i++)
		rig_users[i].uuid = uuid_new(1000 + i);
	for (unsigned i = 0; i < RIG_PATIENTS; i++)
		rig_patients[i].uuid = uuid_new(2000 + i);
	return ok(secret_setup()) && ok(crypto_setup());
}

/* ---- Keys ---- */

static struct status year_key(void *context, unsigned year, struct key *out)
{
	struct hash h;

	(void)context;
	TRY(sha256(BYTES_OF(year), &h));
	memcpy(out->bytes, h.bytes, sizeof out->bytes);
	return OK;
}

static struct status subject_key(void *context, enum piece_kind kind, const struct uuid *id, struct key *out)
{
	const struct uuid site = {{0xff}};
	struct hash h;

	(void)context;
	if (kind == PIECE_PATIENT && rig_erased >= 0 && uuid_equal(id, &rig_patients[rig_erased].uuid))
		return FAIL_AT(ST_GONE, "patient key");
	TRY(sha256(uuid_bytes(kind == PIECE_PATIENT ? id : &site), &h));
	memcpy(out->bytes, h.bytes, sizeof out->bytes);
	return OK;
}
const struct log_keys rig_keys = {year_key, subject_key, NULL};

/* ---- The log ---- */

void rig_new(struct rig *r)
{
	*r = (struct rig){.path = "/tmp/tacenda-log-XXXXXX"};
	assert_non_null(mkdtemp(r->path));
	r->dir = open(r->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(r->dir >= 0);
	r->options = (struct log_options){
		.os = &rig_os,
		.dir = r->dir,
		.keys = rig_keys,
		.create = true,
		.reserve = 100000,
		.snapshot_leaves = 40,
	};
	rig_no_faults();
	rig_erased = -1;
}

struct status rig_try_open(struct rig *r)
{
	TRY(log_open(&r->options, &r->log));
	struct status s = draft_new(r->log, &r->draft);

	if (ok(s))
		s = logread_new(r->log, &rig_keys, &r->reader);
	if (!ok(s))
		rig_close(r);
	return s;
}

void rig_open(struct rig *r)
{
	assert_ok(rig_try_open(r));
}

void rig_close(struct rig *r)
{
	draft_free(r->draft);
	logread_free(r->reader);
	log_close(r->log);
	r->draft = NULL;
	r->reader = NULL;
	r->log = NULL;
}

void rig_drop(struct rig *r)
{
	/* Every call that would change something fails. */
	rig_calls_left = 0;
	rig_fault_stays = true;
	rig_close(r);
	rig_no_faults();
}

static void remove_all(int dir)
{
	DIR *d = fdopendir(dir);

	assert_non_null(d);
	for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (unlinkat(dir, e->d_name, 0) == 0)
			continue;
		int sub = openat(dir, e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		assert_true(sub >= 0);
		remove_all(sub);
		assert_int_equal(unlinkat(dir, e->d_name, AT_REMOVEDIR), 0);
	}
	closedir(d);
}

void rig_remove(struct rig *r)
{
	remove_all(r->dir);
	assert_int_equal(rmdir(r->path), 0);
}

/* ---- The story ---- */

static const uint8_t home[4] = {127, 0, 0, 1};

struct event rig_event(uint64_t n)
{
	struct event e = {.kind = LEAF_READ, .result = LEAF_DONE, .time = UINT64_C(1795000000000) + n * 10};

	e.actor.user = rig_users[n % RIG_USERS];
	e.actor.address = BYTES_OF(home);
	e.actor.client = TEXT("tacenda/0.1.0");
	e.actor.detail = TEXT("");
	e.subject.kind = PIECE_PATIENT;
	e.subject.id = rig_patients[n % RIG_PATIENTS].uuid;
	e.subject.detail = TEXT("");
	switch (n % 10) {
	case 3: /* a stranger, about nothing */
		e.kind = LEAF_REFUSAL;
		e.result = LEAF_REFUSED;
		e.actor.user = (struct user_id){0};
		e.actor.detail = TEXT("unknown login");
		e.subject = (struct piece_subject){.detail = TEXT("")};
		break;
	case 6: /* a sign-in, about the user */
		e.kind = LEAF_SIGN_IN;
		e.subject.kind = PIECE_USER;
		e.subject.id = e.actor.user.uuid;
		break;
	case 8: /* the daemon, about the site */
		e.kind = LEAF_SERVICE;
		e.actor = (struct piece_actor){.client = TEXT(""), .detail = TEXT("")};
		e.subject = (struct piece_subject){.kind = PIECE_SITE, .detail = TEXT("start")};
		break;
	case 9: /* a record */
		e.kind = LEAF_WRITE;
		e.subject.statement.bytes[0] = (uint8_t)(n + 1);
		e.subject.record.uuid.bytes[0] = 1;
		e.subject.version = 1;
		break;
	default:
		break;
	}
	return e;
}

void rig_append(struct rig *r, unsigned count)
{
	uint64_t index, from = log_size(r->log);

	for (unsigned i = 0; i < count; i++) {
		struct event e = rig_event(from + i);

		assert_ok(draft_add(r->draft, &e, &index));
		assert_true(index == from + i);
	}
	assert_ok(log_append(r->log, r->draft));
}

static void check_opening(const struct logread_opening *o, uint64_t n)
{
	const struct event e = rig_event(n);

	assert_int_equal(o->leaf.kind, e.kind);
	assert_int_equal(o->leaf.result, e.result);
	assert_true(o->leaf.time == e.time);
	assert_true(uuid_equal(&o->actor.user.uuid, &e.actor.user.uuid));
	assert_true(text_equal(o->actor.client, e.actor.client) && text_equal(o->actor.detail, e.actor.detail));
	assert_true(bytes_equal(o->actor.address, e.actor.address));
	if (o->erased) {
		assert_true(uuid_equal(&o->erased_patient, &rig_patients[rig_erased].uuid));
		return;
	}
	assert_int_equal(o->subject.kind, e.subject.kind);
	assert_true(uuid_equal(&o->subject.id, &e.subject.id));
	assert_true(hash_equal(&o->subject.statement, &e.subject.statement));
	assert_int_equal(o->subject.version, e.subject.version);
}

/* From the end to the beginning; ${length} steps, or as the story goes. */
static void check_chain(struct rig *r, enum heads_role role, const struct uuid *id)
{
	struct logread_opening o = {0};
	struct leaf_chain chain = {0};
	struct head end;
	uint64_t steps = 1;

	log_chain(r->log, role, id, &end);
	if (end.length == 0)
		return;
	assert_ok(logread_open(r->reader, end.index, &o));
	struct status s = OK;

	for (; !o.erased; steps++) {
		uint64_t sequence = role == HEADS_ACTOR ? o.actor.sequence : o.subject.sequence;
		const struct hash *previous = role == HEADS_ACTOR ? &o.actor.previous : &o.subject.previous;

		assert_true(sequence == end.length - steps);
		assert_ok(leaf_chain_step(&chain, o.bytes, sequence, previous));
		s = logread_back(r->reader, role, &o, &o);
		if (!ok(s))
			break;
	}
	if (!o.erased) {
		assert_int_equal(s.code, ST_NOT_FOUND);
		assert_true(leaf_chain_complete(&chain) && steps == end.length);
	}
	logread_opening_clear(&o);
}

void rig_check(struct rig *r, uint64_t count)
{
	static const struct uuid site = {{0}};
	struct logread_opening o = {0};
	struct tree_frontier f = {0};
	struct tree_head head;
	struct hash hash, root;

	log_head(r->log, &head);
	assert_true(head.size == count);
	for (uint64_t i = 0; i < count; i++) {
		assert_ok(logread_open(r->reader, i, &o));
		check_opening(&o, i);
		assert_ok(tree_leaf_hash(BYTES_OF(o.bytes), &hash));
		assert_ok(tree_frontier_append(&f, &hash, NULL));
	}
	assert_ok(tree_frontier_root(&f, &root));
	assert_true(hash_equal(&root, &head.root));
	for (unsigned i = 0; i < RIG_USERS; i++) {
		check_chain(r, HEADS_ACTOR, &rig_users[i].uuid);
		check_chain(r, HEADS_USER, &rig_users[i].uuid);
	}
	for (unsigned i = 0; i < RIG_PATIENTS; i++)
		check_chain(r, HEADS_PATIENT, &rig_patients[i].uuid);
	check_chain(r, HEADS_SITE, &site);
	assert_fails(ST_NOT_FOUND, logread_open(r->reader, count, &o));
	logread_opening_clear(&o);
}

/* ---- Files ---- */

void rig_file(struct rig *r, const char *name, struct buffer *out)
{
	out->len = 0;
	out->max = 1 << 26;
	assert_ok(os_load(&os_real, r->dir, name, out->max, out));
}

void rig_save_file(struct rig *r, const char *name, struct bytes bytes)
{
	int fd = openat(r->dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_ok(os_write_all(&os_real, fd, bytes, 0));
	close(fd);
}

size_t rig_end(struct rig *r)
{
	AUTO(buffer) b = {0};

	rig_file(r, "batches", &b);
	while (b.len > 0 && b.bytes[b.len - 1] == 0)
		b.len--;
	return b.len;
}

/* ---- Faults ---- */

atomic_long rig_calls_left = -1;
atomic_bool rig_fault_stays;
atomic_int rig_open_files;
atomic_llong rig_disk_left = -1;

void rig_no_faults(void)
{
	rig_calls_left = -1;
	rig_fault_stays = false;
	rig_disk_left = -1;
}

static bool fails(void)
{
	errno = EIO;
	if (rig_calls_left < 0)
		return false;
	if (rig_calls_left > 0) {
		rig_calls_left--;
		return false;
	}
	if (!rig_fault_stays)
		rig_calls_left = -1;
	return true;
}

/* The disk: growing a file to ${end} takes what is missing. */
static bool no_room(int fd, off_t end)
{
	struct stat status;

	if (rig_disk_left < 0 || fstat(fd, &status) != 0 || end <= status.st_size)
		return false;
	if (end - status.st_size > rig_disk_left) {
		errno = ENOSPC;
		return true;
	}
	rig_disk_left -= end - status.st_size;
	return false;
}

static int rig_open_call(int d, const char *n, int fl, mode_t m)
{
	if (fails())
		return -1;
	int fd = os_real.open(d, n, fl, m);

	rig_open_files += fd >= 0;
	return fd;
}
static ssize_t rig_read(int fd, void *b, size_t n, off_t at)
{
	return fails() ? -1 : os_real.read(fd, b, n, at);
}
/* A failing write leaves whole sectors behind, as real ones do. */
static ssize_t rig_write(int fd, const void *b, size_t n, off_t at)
{
	if (fails()) {
		off_t end = (at + (off_t)n / 2) / 512 * 512;

		if (end > at)
			(void)os_real.write(fd, b, (size_t)(end - at), at);
		errno = EIO;
		return -1;
	}
	if (no_room(fd, at + (off_t)n))
		return -1;
	return os_real.write(fd, b, n > 5000 ? 5000 : n, at);
}
static int rig_sync(int fd)
{
	return fails() ? -1 : no_sync(fd);
}
static int rig_allocate(int fd, off_t at, off_t len)
{
	if (fails() || no_room(fd, at + len))
		return -1;
	return os_real.allocate(fd, at, len);
}
static int rig_truncate(int fd, off_t len)
{
	return fails() ? -1 : os_real.truncate(fd, len);
}
static int rig_stat(int d, const char *n, struct stat *out)
{
	return fails() ? -1 : os_real.stat(d, n, out);
}
static int rig_rename(int d, const char *a, const char *b)
{
	return fails() ? -1 : os_real.rename(d, a, b);
}
static int rig_unlink(int d, const char *n)
{
	return fails() ? -1 : os_real.unlink(d, n);
}
static int rig_mkdir(int d, const char *n, mode_t m)
{
	return fails() ? -1 : os_real.mkdir(d, n, m);
}
static int rig_close_call(int fd)
{
	rig_open_files--;
	os_real.close(fd);
	return fails() ? -1 : 0;
}
static int rig_room(int dir, uint64_t *bytes)
{
	if (fails())
		return -1;
	if (rig_disk_left < 0)
		return os_real.room(dir, bytes);
	*bytes = (uint64_t)rig_disk_left;
	return 0;
}
const struct os rig_os = {
	rig_open_call, rig_read,   rig_write,  rig_sync,  rig_sync,       rig_allocate, rig_truncate,
	rig_stat,      rig_rename, rig_unlink, rig_mkdir, rig_close_call, rig_room,
};
