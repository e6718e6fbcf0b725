/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hash.h"

/* ---- Directory ---- */

struct rig rig_new(void)
{
	struct rig r = {.path = "/tmp/tacenda-store-XXXXXX"};

	if (!ok(secret_setup()) || !ok(crypto_setup()) || mkdtemp(r.path) == NULL)
		abort();
	r.dir = open(r.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r.dir < 0)
		abort();
	r.options = (struct store_options){.os = &os_real, .dir = r.dir, .keys = rig_keys, .create = true};
	rig_fault_none();
	return r;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

void rig_end(struct rig *r)
{
	close(r->dir);
	if (nftw(r->path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
		abort();
}

const char *rig_file(const struct rig *r, const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof path, "%s/%s", r->path, name);
	return path;
}

/* ---- Keys ---- */

static struct uuid destroyed;

void rig_destroy(const struct uuid *patient)
{
	destroyed = *patient;
}

struct uuid rig_patient(uint8_t n)
{
	return (struct uuid){{0x01, 0x93, 0, n, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, n}};
}

static struct status key_of(void *context, enum row_scope scope, const struct uuid *patient, struct key *out)
{
	uint8_t text[32] = {(uint8_t)scope, *(const uint8_t *)context};
	struct hash hash;

	if (patient != NULL) {
		if (uuid_equal(patient, &destroyed) && !uuid_is_zero(patient))
			return FAIL_AT(ST_GONE, "key");
		memcpy(text + 2, patient->bytes, sizeof patient->bytes);
	}
	TRY(sha256(BYTES_OF(text), &hash));
	memcpy(out->bytes, hash.bytes, sizeof out->bytes);
	return OK;
}

static uint8_t one = 1, two = 2;
const struct row_keys rig_keys = {key_of, &one, NULL};
const struct row_keys rig_other_keys = {key_of, &two, NULL};

/* ---- Calls that fail ---- */

struct rig_fault rig_fault = {.at = -1, .bytes_left = -1};

void rig_fault_from(long at, bool persistent, int error)
{
	long open_files = rig_fault.open_files;

	rig_fault = (struct rig_fault){
		.at = at, .persistent = persistent, .error = error, .open_files = open_files, .bytes_left = -1};
}

void rig_fault_none(void)
{
	rig_fault_from(-1, false, 0);
}

static bool fails(bool writes)
{
	if (rig_fault.only_writes && !writes)
		return false;
	long n = rig_fault.calls++;
	if (rig_fault.at < 0 || (n != rig_fault.at && !(rig_fault.persistent && n > rig_fault.at)))
		return false;
	errno = rig_fault.error;
	return true;
}

static int faulty_open(int dir, const char *name, int flags, mode_t mode)
{
	if (fails((flags & O_CREAT) != 0))
		return -1;
	int fd = os_real.open(dir, name, flags, mode);
	rig_fault.open_files += fd >= 0;
	return fd;
}

static size_t shortened(size_t len)
{
	return rig_fault.shorten && len > 1000 ? 1000 : len;
}

static ssize_t faulty_read(int fd, void *bytes, size_t len, off_t at)
{
	return fails(false) ? -1 : os_real.read(fd, bytes, shortened(len), at);
}

/* Growing a file to ${end} takes what is missing. */
static bool no_room(int fd, off_t end)
{
	struct stat about;

	if (rig_fault.bytes_left < 0 || fstat(fd, &about) != 0 || end <= about.st_size)
		return false;
	if (end - about.st_size > rig_fault.bytes_left) {
		errno = ENOSPC;
		return true;
	}
	rig_fault.bytes_left -= end - about.st_size;
	return false;
}

static ssize_t faulty_write(int fd, const void *bytes, size_t len, off_t at)
{
	if (fails(true))
		return -1;
	len = shortened(len);
	if (no_room(fd, at + (off_t)len))
		return -1;
	return os_real.write(fd, bytes, len, at);
}

static int faulty_sync(int fd)
{
	return fails(true) ? -1 : os_real.sync(fd);
}

static int faulty_sync_data(int fd)
{
	return fails(true) ? -1 : os_real.sync_data(fd);
}

static int faulty_truncate(int fd, off_t len)
{
	return fails(true) ? -1 : os_real.truncate(fd, len);
}

static int faulty_stat(int dir, const char *name, struct stat *out)
{
	return fails(false) ? -1 : os_real.stat(dir, name, out);
}

static int faulty_rename(int dir, const char *from, const char *to)
{
	return fails(true) ? -1 : os_real.rename(dir, from, to);
}

static int faulty_unlink(int dir, const char *name)
{
	return fails(true) ? -1 : os_real.unlink(dir, name);
}

static int faulty_mkdir(int dir, const char *name, mode_t mode)
{
	return fails(true) ? -1 : os_real.mkdir(dir, name, mode);
}

static int faulty_close(int fd)
{
	rig_fault.open_files--;
	return os_real.close(fd);
}

static int faulty_allocate(int fd, off_t at, off_t len)
{
	if (fails(true))
		return -1;
	if (no_room(fd, at + len))
		return -1;
	return os_real.allocate(fd, at, len);
}

static int faulty_room(int dir, uint64_t *bytes)
{
	if (fails(false))
		return -1;
	if (rig_fault.bytes_left < 0)
		return os_real.room(dir, bytes);
	*bytes = (uint64_t)rig_fault.bytes_left;
	return 0;
}

const struct os rig_faulty = {
	.open = faulty_open,
	.read = faulty_read,
	.write = faulty_write,
	.sync = faulty_sync,
	.sync_data = faulty_sync_data,
	.truncate = faulty_truncate,
	.stat = faulty_stat,
	.rename = faulty_rename,
	.unlink = faulty_unlink,
	.mkdir = faulty_mkdir,
	.close = faulty_close,
	.allocate = faulty_allocate,
	.room = faulty_room,
};

/* ---- Rows ---- */

struct row rig_user(const struct uuid *id, struct hash *token, const char *name)
{
	if (!ok(sha256(bytes_of(name, strlen(name)), token)))
		abort();
	return (struct row){
		.table = TABLE_USER,
		.plain = {[COLUMN_USER_ID] = ROW_UUID(id), [COLUMN_USER_LOGIN_TOKEN] = ROW_HASH(token)},
		.secret =
			{
				[SECRET_USER_LOGIN] = bytes_of(name, strlen(name)),
				[SECRET_USER_NAME] = BYTES_LITERAL("Canary Name"),
				[SECRET_USER_PROFILE] = BYTES_LITERAL("\2"),
			},
	};
}

struct status rig_commit_user(struct store *s, uint8_t n, const char *name)
{
	struct uuid id = rig_patient(n);
	struct hash token;
	struct row row = rig_user(&id, &token, name);
	AUTO(store_txn) txn = {0};

	TRY(store_begin(s, &txn));
	TRY(store_put(&txn, &row));
	TRY(store_txn_audit(&txn, BYTES_LITERAL("a user was written"), NULL));
	return store_commit(&txn);
}

/* ---- Everything ---- */

static struct status fill_table(struct store_txn *txn, enum table_id id, uint8_t salt)
{
	const struct table *table = &tables[id];
	struct hash values[TABLE_COLUMNS];
	struct row row = {.table = id};

	for (size_t i = 0; i < table->column_count; i++) {
		uint8_t text[3] = {salt, (uint8_t)id, (uint8_t)i};

		TRY(sha256(BYTES_OF(text), &values[i]));
		row.plain[i].number = 100000u + salt;
		row.plain[i].bytes = bytes_of(values[i].bytes, table->columns[i].type == COLUMN_UUID ? 16 : 32);
	}
	if (table->holder_kind != TABLE_NONE)
		row.plain[table->holder_kind].number = salt % 2 ? TABLE_HOLDER_PATIENT : 2;
	for (size_t i = 0; i < table->secret_count; i++)
		row.secret[i] = bytes_of(table->secrets[i], strlen(table->secrets[i]));
	return store_put(txn, &row);
}

struct status rig_fill(struct store *s, uint8_t salt)
{
	AUTO(store_txn) txn = {0};

	TRY(store_begin(s, &txn));
	for (size_t id = 0; id < TABLE_COUNT; id++)
		TRY(fill_table(&txn, (enum table_id)id, salt));
	TRY(store_txn_audit(&txn, BYTES_LITERAL("event"), NULL));
	return store_commit(&txn);
}

static struct status add_row(void *context, const struct row *row)
{
	const struct table *table = &tables[row->table];
	struct sha256_state *sha = context;

	for (size_t i = 0; i < table->column_count; i++)
		if (table->columns[i].type == COLUMN_U64)
			TRY(sha256_add(sha, BYTES_OF(row->plain[i].number)));
		else
			TRY(sha256_add(sha, row->plain[i].bytes));
	for (size_t i = 0; i < table->secret_count; i++)
		TRY(sha256_add(sha, row->secret[i]));
	return OK;
}

static struct status add_table(struct store_view *view, enum table_id id, struct sha256_state *sha)
{
	struct store_range range = {.index = TABLE_NONE};

	TRY(store_scan(view, id, &range, add_row, sha));
	for (range.index = 0; range.index < TABLE_INDEXES && tables[id].indexes[range.index].count > 0; range.index++)
		TRY(store_scan(view, id, &range, add_row, sha));
	return OK;
}

struct status rig_digest(struct store *s, struct hash *out)
{
	AUTO(store_snapshot) snapshot = {0};
	AUTO(sha256_state) sha = {0};

	TRY(store_snapshot_new(s, &snapshot));
	TRY(sha256_begin(&sha));
	for (size_t id = 0; id < TABLE_COUNT; id++)
		TRY(add_table(snapshot.view, (enum table_id)id, &sha));
	return sha256_end(&sha, out);
}

struct status rig_page_key(struct secret *out)
{
	static const char label[] = "tacenda/v1/page";
	struct key key;

	TRY(key_of(&one, ROW_SITE, NULL, &key));
	TRY(secret_empty(16, out));
	return hkdf_sha256_expand(BYTES_OF(key), bytes_of(label, sizeof label), out->bytes, out->len);
}
