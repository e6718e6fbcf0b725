/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper.h"

#include <string.h>

#include "reader.h"

#define SITE       "site"
#define SITE_MAGIC "TKI1"
#define SITE_MAX   512
#define NIGHTS     "nights"
#define CREATING   "creating"
/* Rows sealed anew between two messages: about a millisecond. */
#define STEP_ROWS 200

static bool is_there(const struct keeper *k, const char *name)
{
	struct stat about;

	return k->os->stat(k->dir, name, &about) == 0;
}

/* What is half made counts as not made; what is half lost does not, or `create`
 * would overwrite it. */
static enum keywire_state look(const struct keeper *k)
{
	static const char *const parts[] = {"slots", "current", SITE, NIGHTS, "head", "certificates"};

	if (k->dir < 0 || is_there(k, CREATING))
		return KEYWIRE_MISSING;
	for (size_t i = 0; i < COUNT(parts); i++)
		if (is_there(k, parts[i]))
			return KEYWIRE_SEALED;
	return KEYWIRE_MISSING;
}

void keeper_begin(const struct os *os, const struct clock *clock, int dir, struct keeper *out)
{
	*out = (struct keeper){
		.os = os,
		.clock = clock,
		.dir = dir,
		.holders = {.os = os},
		.nights = -1,
		.store = keystore_none,
		.vouched = {.dir = -1},
		.rewrap = rewrap_none,
	};
	out->state = look(out);
}

void keeper_seal(struct keeper *k)
{
	rewrap_clear(&k->rewrap);
	tlsidentity_clear(&k->tls);
	signer_clear(&k->signer);
	vouched_clear(&k->vouched);
	keystore_clear(&k->store);
	secret_clear(&k->root);
	buffer_clear(&k->origin_text);
	if (k->nights >= 0)
		(void)k->os->close(k->nights);
	k->nights = -1;
	k->slots = (struct slots){0};
	k->night = (struct nightfile){0};
	k->origin = (struct origin){0};
	k->log_key = (struct ed25519_public){0};
	k->rewrap_failure = OK;
	k->state = look(k);
}

struct rewrap_place keeper_rewrap_place(struct keeper *k)
{
	return (struct rewrap_place){
		.os = k->os,
		.dir = k->dir,
		.nights = k->nights,
		.root = &k->root,
		.store = &k->store,
		.holders = &k->holders,
		.clock = k->clock,
	};
}

struct tlsidentity_place keeper_tls_place(struct keeper *k)
{
	return (struct tlsidentity_place){&k->store, &k->vouched, &k->origin};
}

/* Opening. */

static struct status read_site(struct keeper *k, struct bytes body)
{
	struct reader r = reader_of(body);
	struct bytes magic, origin;
	uint64_t made;

	TRY(reader_take(&r, 4, &magic));
	TRY(reader_u64(&r, &made));
	TRY(reader_sized(&r, KEYWIRE_ORIGIN_MAX, &origin));
	TRY(reader_copy(&r, k->log_key.bytes, sizeof k->log_key.bytes));
	TRY(reader_done(&r));
	if (!bytes_equal(magic, BYTES_LITERAL(SITE_MAGIC)))
		return FAIL(ST_INVALID);
	k->origin_text.max = KEYWIRE_ORIGIN_MAX;
	TRY(buffer_put(&k->origin_text, origin));
	return origin_parse(text_from(buffer_bytes(&k->origin_text)), &k->origin);
}

static struct status open_site(struct keeper *k)
{
	AUTO(buffer) body = {.max = SITE_MAX};

	TRY(vouched_load(&k->vouched, SITE, REASON_SITE, &body));
	/* The bytes are ours; only another version wrote another form. */
	return ok(read_site(k, buffer_bytes(&body))) ? OK : FAIL_AT(ST_CONFLICT, REASON_NEWER);
}

static struct status open_log(struct keeper *k)
{
	const struct key_name name = key_name_number(KEY_LOG_SIGNING, 0);
	AUTO(secret) seed = {0};

	struct status s = keystore_take(&k->store, &name, &seed);
	if (s.code == ST_NOT_FOUND)
		return FAIL_AT(ST_CORRUPT, REASON_ROWS);
	TRY(s);
	TRY(vouched_new(k->os, k->dir, &seed, &k->vouched));
	TRY(open_site(k));
	return signer_open(&k->vouched, k->origin.authority, &seed, &k->log_key, &k->signer);
}

static struct status open_night(struct keeper *k, struct nightfile *file)
{
	AUTO(secret) night_key = {0};
	uint64_t number;

	TRY(keystore_current(k->os, k->dir, &number));
	struct status s = os_open_dir(k->os, k->dir, NIGHTS, false, &k->nights);
	if (s.code == ST_NOT_FOUND)
		return FAIL_AT(ST_NOT_FOUND, REASON_NIGHT_MISSING);
	TRY(s);
	TRY(nightfile_load(k->os, k->nights, secret_key(&k->root), number, file, &night_key));
	TRY(keystore_open(k->os, k->dir, number, &night_key, &k->store));
	k->store.now.made = file->made;
	return OK;
}

static struct status open_all(struct keeper *k, struct nightfile *file)
{
	TRY(open_night(k, file));
	TRY(open_log(k));
	const struct tlsidentity_place tls = keeper_tls_place(k);
	return tlsidentity_load(&tls, &k->tls);
}

/* With the root key in place.  What is left to do from before is done as far as
 * it goes: a holder may be away, a disk full, and the site serves all the same. */
static struct status open_with_root(struct keeper *k)
{
	struct nightfile file;

	struct status s = open_all(k, &file);
	if (!ok(s)) {
		keeper_seal(k);
		return s;
	}
	k->state = KEYWIRE_OPEN;
	k->night = file;
	(void)ok(holder_offer(&k->holders, &file));
	const struct rewrap_place place = keeper_rewrap_place(k);
	(void)ok(rewrap_tidy(&place));
	if (rewrap_pending(&place))
		k->rewrap_failure = rewrap_begin(&place, &k->rewrap);
	return OK;
}

struct status keeper_unseal(struct keeper *k, const struct keywire_proof *proof)
{
	if (k->locked_out)
		return FAIL_AT(ST_BUSY, REASON_LOCKED);
	if (k->state == KEYWIRE_MISSING)
		return FAIL_AT(ST_NOT_FOUND, REASON_NO_STORE);
	TRY(slots_load(k->os, k->dir, &k->slots));
	TRY(slots_open(&k->slots, proof, &k->root));
	return open_with_root(k);
}

/* Making. */

/* The keys that a site begins with. */
struct beginning {
	struct secret root, night, rows, seed, ca, tls;
	struct ed25519_public log_key;
	struct buffer ca_certificate;
};

static void beginning_clear(struct beginning *b)
{
	secret_clear(&b->root);
	secret_clear(&b->night);
	secret_clear(&b->rows);
	secret_clear(&b->seed);
	secret_clear(&b->ca);
	secret_clear(&b->tls);
	buffer_clear(&b->ca_certificate);
}

static struct status make_keys(struct text site_name, const struct origin *origin, uint64_t now_ms, struct beginning *b)
{
	TRY(secret_new(sizeof(struct key), &b->root));
	TRY(secret_new(sizeof(struct key), &b->night));
	TRY(secret_new(sizeof(struct key), &b->rows));
	TRY(ed25519_new(&b->seed, &b->log_key));
	TRY(certifier_new_key(&b->ca));
	TRY(certifier_new_key(&b->tls));
	b->ca_certificate.max = KEYWIRE_CERTIFICATE_MAX;
	return certifier_ca(&b->ca, site_name, origin, now_ms, &b->ca_certificate);
}

static struct status write_site(const struct vouched *v, struct text origin, const struct ed25519_public *log_key,
				uint64_t now_ms)
{
	AUTO(buffer) body = {.max = SITE_MAX};

	TRY(buffer_put(&body, BYTES_LITERAL(SITE_MAGIC)));
	TRY(buffer_put_u64(&body, now_ms));
	TRY(buffer_put_sized(&body, text_bytes(origin)));
	TRY(buffer_put(&body, BYTES_OF(log_key->bytes)));
	return vouched_save(v, SITE, buffer_bytes(&body));
}

static struct status write_vouched(struct keeper *k, const struct beginning *b, struct text origin_text,
				   const struct origin *origin, uint64_t now_ms)
{
	AUTO(vouched) v = {.dir = -1};
	const struct certifier ca = {&b->ca, buffer_bytes(&b->ca_certificate)};

	TRY(vouched_new(k->os, k->dir, &b->seed, &v));
	TRY(write_site(&v, origin_text, &b->log_key, now_ms));
	TRY(signer_begin(&v));
	return tlsidentity_begin(&v, &ca, &b->tls, origin, now_ms);
}

static struct status write_night(struct keeper *k, const struct beginning *b, uint64_t now_ms)
{
	const struct keystore_value values[] = {
		{key_name_number(KEY_SITE_ROWS, 0), secret_bytes(&b->rows)},
		{key_name_number(KEY_LOG_SIGNING, 0), secret_bytes(&b->seed)},
		{key_name_number(KEY_CA, 0), secret_bytes(&b->ca)},
		{key_name_number(KEY_TLS, 1), secret_bytes(&b->tls)},
	};
	struct nightfile file;
	int nights;

	TRY(os_open_dir(k->os, k->dir, NIGHTS, true, &nights));
	struct status s = nightfile_seal(secret_key(&b->root), secret_key(&b->night), 1, now_ms, &file);
	if (ok(s))
		s = nightfile_save(k->os, nights, &file);
	(void)k->os->close(nights);
	TRY(s);
	return keystore_create(k->os, k->dir, &b->night, values, COUNT(values));
}

static struct status write_all(struct keeper *k, const struct beginning *b, struct text origin_text,
			       const struct origin *origin, const struct keywire_proof *proof)
{
	uint64_t now_ms = clock_wall(k->clock);
	struct slots slots;

	TRY(os_save(k->os, k->dir, CREATING, BYTES_LITERAL("this key store is not finished\n")));
	TRY(write_night(k, b, now_ms));
	TRY(write_vouched(k, b, origin_text, origin, now_ms));
	TRY(slots_begin(&b->root, proof, now_ms, &slots));
	TRY(slots_save(k->os, k->dir, &slots));
	return os_remove(k->os, k->dir, CREATING);
}

struct status keeper_create(struct keeper *k, struct text origin, struct text site_name,
			    const struct keywire_proof *proof)
{
	AUTO(beginning) b = {0};
	struct origin parsed;

	if (k->locked_out)
		return FAIL_AT(ST_BUSY, REASON_LOCKED);
	if (k->dir < 0)
		return FAIL_AT(ST_NOT_FOUND, REASON_NO_STORE);
	if (k->state != KEYWIRE_MISSING)
		return FAIL_AT(ST_CONFLICT, REASON_HAS_STORE);
	TRY(origin_parse(origin, &parsed));
	TRY(make_keys(site_name, &parsed, clock_wall(k->clock), &b));
	struct status s = write_all(k, &b, origin, &parsed, proof);
	k->state = look(k);
	TRY(s);
	TRY(slots_load(k->os, k->dir, &k->slots));
	k->root = b.root;
	b.root = (struct secret){0};
	return open_with_root(k);
}

/* While open. */

struct status keeper_rewrap(struct keeper *k)
{
	const struct rewrap_place place = keeper_rewrap_place(k);

	struct status s = rewrap_begin(&place, &k->rewrap);
	if (s.code != ST_BUSY)
		k->rewrap_failure = s;
	return s;
}

void keeper_step(struct keeper *k)
{
	const struct rewrap_place place = keeper_rewrap_place(k);

	k->rewrap_failure = rewrap_step(&place, &k->rewrap, STEP_ROWS);
}

/* A night that took over since was acknowledged by every holder, or it would not have. */
bool keeper_waits(const struct keeper *k)
{
	if (k->state != KEYWIRE_OPEN || k->rewrap.running || k->night.number != k->store.now.number)
		return false;
	for (size_t i = 0; i < k->holders.count; i++)
		if (k->holders.list[i].dir >= 0 && !k->holders.list[i].acknowledged)
			return true;
	return false;
}

void keeper_offer_again(struct keeper *k)
{
	(void)ok(holder_offer(&k->holders, &k->night));
}

static struct status prove(struct keeper *k, const struct keywire_proof *present)
{
	AUTO(secret) root = {0};

	return slots_open(&k->slots, present, &root);
}

struct status keeper_add_slot(struct keeper *k, const struct keywire_proof *present, const struct keywire_proof *added)
{
	struct slots changed = k->slots;

	TRY(prove(k, present));
	TRY(slots_add(&changed, &k->root, added, clock_wall(k->clock)));
	TRY(slots_save(k->os, k->dir, &changed));
	k->slots = changed;
	return OK;
}

struct status keeper_remove_slot(struct keeper *k, const struct keywire_proof *present, size_t index)
{
	struct slots changed = k->slots;

	TRY(prove(k, present));
	TRY(slots_remove(&changed, index));
	TRY(slots_save(k->os, k->dir, &changed));
	k->slots = changed;
	return OK;
}

static bool old_night_remains(struct keeper *k)
{
	char name[NIGHTFILE_NAME_LEN];
	struct stat about;

	nightfile_name(k->store.now.number - 1, name);
	return k->os->stat(k->nights, name, &about) == 0;
}

static enum rewrap_state rewrap_state(const struct keeper *k)
{
	if (k->rewrap.running)
		return REWRAP_RUNNING;
	return ok(k->rewrap_failure) ? REWRAP_IDLE : REWRAP_FAILED;
}

void keeper_status(struct keeper *k, struct keywire_status *out)
{
	struct keywire_status s = {
		.state = k->state,
		.holders = (uint8_t)k->holders.count,
		.landlock = k->landlock,
	};

	if (k->state == KEYWIRE_OPEN) {
		s.night = k->store.now.number;
		s.night_made = k->store.now.made;
		s.rewrap = rewrap_state(k);
		s.rewrap_failure = k->rewrap.running ? OK : k->rewrap_failure;
		s.old_night_remains = old_night_remains(k);
		s.acknowledged = (uint8_t)holder_acknowledged(&k->holders);
		s.slot_count = k->slots.count;
		for (size_t i = 0; i < k->slots.count; i++)
			s.slots[i] = (struct keywire_slot){k->slots.list[i].kind, k->slots.list[i].made};
		memcpy(s.keys, k->store.now.rows.counts, sizeof s.keys);
		s.signed_size = k->signer.last.size;
		s.signed_root = k->signer.last.root;
		memcpy(s.log_key, k->log_key.bytes, sizeof s.log_key);
		s.origin = text_from(buffer_bytes(&k->origin_text));
	}
	*out = s;
}
