/* SPDX-License-Identifier: Apache-2.0 */
#include "vessel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "facts.h"

/* Changes and leaves that may wait: memory, and how long the last of them waits. */
#define WAITING_MAX 65536
#define LOG_FOLDER  "log"

static struct status open_data(const struct vessel_options *o, struct vessel *v)
{
	if (o->create && mkdir(o->data, 0700) != 0 && errno != EEXIST)
		return os_status(errno, "data directory");
	v->data = open(o->data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (v->data < 0)
		return errno == ENOENT
			       ? FAIL_AT(ST_NOT_FOUND, "data directory: name it with --data, or run tacendad init")
			       : os_status(errno, "data directory");
	return os_open_dir(&os_real, v->data, LOG_FOLDER, o->create, &v->log_dir);
}

static struct status open_keys(const struct vessel_options *o, struct vessel *v)
{
	struct keyring_options options = {.keys = o->keys,
					  .holder_count = o->holder_count,
					  .connections = THREADKEYS_OTHERS + o->loops,
					  .create = o->create};
	const struct key_name site_rows = key_name_number(KEY_SITE_ROWS, 0);
	struct keyring *ring;

	for (size_t i = 0; i < o->holder_count; i++)
		options.holders[i] = o->holders[i];
	TRY(threadkeys_start(&options, &v->keys));
	TRY(threadkeys_ring(&v->keys, &ring));
	if (!o->create)
		return keyring_unseal(ring, &o->proof);
	TRY(keyring_init(ring, o->origin, o->site_name, &o->proof));
	return keyring_create(ring, &site_rows, 1);
}

/* --- The signer of checkpoints: keyd, over the calling thread's connection --- */

static struct status last_signed(void *context, struct tree_head *out)
{
	struct keywire_status status;
	struct keyring *ring;

	TRY(threadkeys_ring(context, &ring));
	TRY(keyring_status(ring, &status));
	*out = (struct tree_head){status.signed_size, status.signed_root};
	return OK;
}

static struct status sign(void *context, const struct tree_head *head, const struct tree_proof *proof,
			  struct buffer *out)
{
	struct keyring *ring;

	TRY(threadkeys_ring(context, &ring));
	return keyring_sign_checkpoint(ring, head->size, &head->root, proof->hashes, proof->count, out);
}

static struct status make_signer(struct vessel *v)
{
	struct keywire_status status;
	struct text scheme = TEXT("https://");
	struct keyring *ring;
	char name[300];

	TRY(threadkeys_ring(&v->keys, &ring));
	TRY(keyring_status(ring, &status));
	int len = snprintf(name, sizeof name, "%.*s/v1/log", (int)(status.origin.len - scheme.len),
			   status.origin.at + scheme.len);
	struct ed25519_public key;
	memcpy(key.bytes, &status.log_key, sizeof key.bytes);
	TRY(note_key_new((struct text){name, (size_t)len}, NOTE_ED25519, &key, &v->log_key));
	v->signer = (struct log_signer){.key = v->log_key, .last = last_signed, .sign = sign, .context = &v->keys};
	return OK;
}

struct status vessel_open_keys(const struct vessel_options *o, struct vessel *v)
{
	TRY(open_data(o, v));
	return open_keys(o, v);
}

/* Rows of an earlier day are refused here, with the leaves that tell of what is missing. */
static struct status compare(struct vessel *v)
{
	struct committer_gap gap;
	struct status s = committer_compare(&v->store, v->log, &gap);

	if (!ok(s) && gap.end > gap.first)
		(void)fprintf(stderr, "tacendad: event=rows_missing first_leaf=%llu last_leaf=%llu\n",
			      (unsigned long long)gap.first, (unsigned long long)gap.end - 1);
	return s;
}

struct status vessel_open_rows(const struct vessel_options *o, struct vessel *v)
{
	TRY(store_open(&(struct store_options){.os = &os_real,
					       .dir = v->data,
					       .keys = threadkeys_rows(&v->keys),
					       .create = o->create,
					       .background = true,
					       .reserve = STORE_RESERVE},
		       &v->store));
	TRY(log_open(&(struct log_options){.os = &os_real,
					   .dir = v->log_dir,
					   .keys = threadkeys_log(&v->keys),
					   .create = o->create,
					   .reserve = LOG_RESERVE,
					   .snapshot_leaves = LOG_SNAPSHOT_LEAVES,
					   .background = true},
		     &v->log));
	if (log_cut(v->log) > 0)
		(void)fprintf(stderr, "tacendad: event=log_cut bytes=%llu\n", (unsigned long long)log_cut(v->log));
	TRY(compare(v));
	TRY(vault_open(&os_real, v->data, &v->vault));
	return make_signer(v);
}

struct status vessel_open(const struct vessel_options *o, struct vessel *v)
{
	TRY(vessel_open_keys(o, v));
	return vessel_open_rows(o, v);
}

static struct status copy_text(struct bytes from, char *to, size_t max)
{
	if (from.len >= max)
		return FAIL_AT(ST_CORRUPT, "site");
	memcpy(to, from.at, from.len);
	to[from.len] = '\0';
	return OK;
}

static struct status take_site(void *context, const struct row *row)
{
	struct vessel *v = context;

	TRY(copy_text(row->secret[SECRET_SITE_NAME], v->name, sizeof v->name));
	TRY(copy_text(row->secret[SECRET_SITE_REGION], v->region, sizeof v->region));
	TRY(copy_text(row->secret[SECRET_SITE_ORIGIN], v->origin, sizeof v->origin));
	TRY(copy_text(row->secret[SECRET_SITE_PRESET], v->preset, sizeof v->preset));
	secret_clear(&v->keys.token_key);
	return secret_from(row->secret[SECRET_SITE_TOKEN_KEY], &v->keys.token_key);
}

struct status vessel_load_site(struct vessel *v)
{
	AUTO(store_snapshot) snapshot = {0};
	const struct store_range all = {.index = TABLE_NONE, .limit = 1};

	TRY(store_snapshot_new(&v->store, &snapshot));
	TRY(store_scan(snapshot.view, TABLE_SITE, &all, take_site, v));
	if (v->name[0] == '\0')
		return FAIL_AT(ST_NOT_FOUND, "site: run tacendad init");
	return facts_fingerprint(snapshot.view, &v->fingerprint);
}

static void committer_ends(void *context)
{
	threadkeys_end(context);
}

struct status vessel_commit(struct vessel *v)
{
	return committer_start(&(struct committer_options){.store = &v->store,
							   .log = v->log,
							   .clock = &clock_system,
							   .signer = &v->signer,
							   .end = committer_ends,
							   .context = &v->keys,
							   .waiting_max = WAITING_MAX},
			       &v->committer);
}

void vessel_close(struct vessel *v)
{
	committer_stop(v->committer);
	vault_close(v->vault);
	log_close(v->log);
	store_clear(&v->store);
	threadkeys_stop(&v->keys);
	if (v->log_dir >= 0)
		(void)close(v->log_dir);
	if (v->data >= 0)
		(void)close(v->data);
	v->data = v->log_dir = -1;
}
