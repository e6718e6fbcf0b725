/* SPDX-License-Identifier: Apache-2.0 */
#include "factor.h"

#include "passkey.h"
#include "recoverycode.h"
#include "totp.h"

/* ---- The way of each kind ---- */

static struct status verify_totp(const struct factor *f, const struct factor_answer *answer, uint64_t now,
				 struct factor_proof *out)
{
	struct totp t;

	TRY(totp_read(f->body, &t));
	return totp_verify(&t, answer->code, now, &out->number);
}

static struct status take_totp(const struct factor *f, const struct factor_proof *proof, struct buffer *body)
{
	struct totp t;

	TRY(totp_read(f->body, &t));
	if (proof->number <= t.last)
		return FAIL_AT(ST_UNPROVEN, "code");
	t.last = proof->number;
	return totp_write(&t, body);
}

static struct status verify_codes(const struct factor *f, const struct factor_answer *answer, uint64_t now,
				  struct factor_proof *out)
{
	(void)now;
	TRY(recoverycode_hash(&f->id, answer->code, &out->code));
	return recoverycode_find(f->body, &out->code);
}

static struct status take_codes(const struct factor *f, const struct factor_proof *proof, struct buffer *body)
{
	return recoverycode_take(f->body, &proof->code, body);
}

/* What factor_proof.number is of a passkey: a counter of 32 bits; above it whether the maker has a copy by now. */
#define NUMBER_BACKED_UP (1ull << 32)

static struct status verify_passkey(const struct factor *f, const struct factor_answer *answer, uint64_t now,
				    struct factor_proof *out)
{
	struct passkey p;
	struct passkey_use use;

	(void)now;
	TRY(passkey_read(f->body, &p));
	TRY(passkey_assert(&answer->passkey->expected, &p, &answer->passkey->assertion, &use));
	out->number = use.counter | (use.backed_up ? NUMBER_BACKED_UP : 0);
	return OK;
}

static struct status take_passkey(const struct factor *f, const struct factor_proof *proof, struct buffer *body)
{
	const struct passkey_use use = {.counter = (uint32_t)proof->number,
					.backed_up = (proof->number & NUMBER_BACKED_UP) != 0};
	struct passkey p;

	TRY(passkey_read(f->body, &p));
	TRY(passkey_count(&p, &use));
	return passkey_write(&p, body);
}

static const struct {
	const char *word;
	bool proves; /* satisfies a demand by itself */
	/* On a worker: whether ${answer}, which is of this kind, proves ${f}; fills in what take() compares. */
	struct status (*verify)(const struct factor *f, const struct factor_answer *answer, uint64_t now,
				struct factor_proof *out);
	/* In the transaction: ${f} as it is now; append its new body.  ST_UNPROVEN: used before. */
	struct status (*take)(const struct factor *f, const struct factor_proof *proof, struct buffer *body);
} ways[FACTOR_KINDS] = {
	[FACTOR_TOTP] = {"totp", true, verify_totp, take_totp},
	[FACTOR_PASSKEY] = {"passkey", true, verify_passkey, take_passkey},
	[FACTOR_CODES] = {"codes", false, verify_codes, take_codes},
};

const char *factor_kind_word(enum factor_kind kind)
{
	return kind < FACTOR_KINDS && ways[kind].word != NULL ? ways[kind].word : "";
}

/* ---- Rows ---- */

/** read_factor(row, out): of a row of table `factor`; views into ${row}.  ST_CORRUPT. */
static struct status read_factor(const struct row *row, struct factor *out)
{
	struct factor f = {.created = row_number(row, COLUMN_FACTOR_CREATED),
			   .token = row_hash(row, COLUMN_FACTOR_TOKEN),
			   .name = text_from(row->secret[SECRET_FACTOR_NAME]),
			   .body = row->secret[SECRET_FACTOR_BODY]};
	uint64_t kind;

	f.id.uuid = row_uuid(row, COLUMN_FACTOR_ID);
	f.user.uuid = row_uuid(row, COLUMN_FACTOR_USER);
	TRY(row_secret_number(row, SECRET_FACTOR_KIND, &kind));
	TRY(row_secret_number(row, SECRET_FACTOR_USED, &f.used));
	if (kind == FACTOR_NONE || kind >= FACTOR_KINDS)
		return FAIL_AT(ST_CORRUPT, "factor");
	f.kind = (enum factor_kind)kind;
	*out = f;
	return OK;
}

/** get_factor(view, id, row, out): ST_NOT_FOUND ("factor"). */
static struct status get_factor(struct store_view *view, const struct factor_id *id, struct row *row,
				struct factor *out)
{
	const struct row_value key[] = {ROW_UUID(&id->uuid)};
	struct status got = store_get(view, TABLE_FACTOR, key, row);

	if (got.code == ST_NOT_FOUND)
		return FAIL_AT(ST_NOT_FOUND, "factor");
	TRY(got);
	return read_factor(row, out);
}

/** put_factor(txn, factor): insert or replace. */
static struct status put_factor(struct store_txn *txn, const struct factor *f)
{
	struct row_big kind, used;
	struct row row = {
		.table = TABLE_FACTOR,
		.plain = {[COLUMN_FACTOR_ID] = ROW_UUID(&f->id.uuid),
			  [COLUMN_FACTOR_USER] = ROW_UUID(&f->user.uuid),
			  [COLUMN_FACTOR_CREATED] = ROW_NUMBER(f->created)},
		.secret = {[SECRET_FACTOR_KIND] = row_number_bytes(&kind, f->kind),
			   [SECRET_FACTOR_NAME] = text_bytes(f->name),
			   [SECRET_FACTOR_USED] = row_number_bytes(&used, f->used),
			   [SECRET_FACTOR_BODY] = f->body},
	};

	if (!hash_is_zero(&f->token))
		row.plain[COLUMN_FACTOR_TOKEN] = (struct row_value)ROW_HASH(&f->token);
	return store_put(txn, &row);
}

/** Ids first: a row that is visited lives no longer than its visit. */
struct listed {
	struct factor_id ids[FACTOR_MAX];
	size_t count;
};
static struct status note_id(void *context, const struct row *row)
{
	struct listed *all = context;

	if (all->count == COUNT(all->ids))
		return FAIL_AT(ST_CORRUPT, "factor");
	all->ids[all->count++].uuid = row_uuid(row, COLUMN_FACTOR_ID);
	return OK;
}

static struct status list_ids(struct store_view *view, const struct user_id *user, struct listed *out)
{
	const struct store_range of_user = {
		.index = INDEX_FACTOR_USER, .prefix_count = 1, .prefix = {ROW_UUID(&user->uuid)}, .closed = true};

	*out = (struct listed){0};
	return store_scan(view, TABLE_FACTOR, &of_user, note_id, out);
}

void factors_clear(struct factors *f)
{
	for (size_t i = 0; i < COUNT(f->rows); i++)
		row_clear(&f->rows[i]);
	*f = (struct factors){0};
}

struct status factors_load(struct store_view *view, const struct user_id *user, struct factors *out)
{
	struct listed listed;

	factors_clear(out);
	TRY(list_ids(view, user, &listed));
	for (size_t i = 0; i < listed.count; i++) {
		struct factor *f = &out->of[out->count];
		TRY(get_factor(view, &listed.ids[i], &out->rows[i], f));
		if (!uuid_equal(&f->user.uuid, &user->uuid))
			return FAIL_AT(ST_CORRUPT, "factor");
		if (f->kind == FACTOR_ASKED)
			out->asked = f->created;
		else
			out->count++;
	}
	return OK;
}

size_t factors_proving(const struct factors *f)
{
	size_t count = 0;

	for (size_t i = 0; i < f->count; i++)
		count += ways[f->of[i].kind].proves;
	return count;
}

struct status factors_stand(struct store_view *view, const struct user_id *user, bool *out)
{
	AUTO(factors) had = {0};

	TRY(factors_load(view, user, &had));
	*out = factors_proving(&had) > 0;
	return OK;
}

const struct factor *factors_find(const struct factors *f, enum factor_kind kind)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->of[i].kind == kind)
			return &f->of[i];
	return NULL;
}

/* ---- Changes ---- */

/** There is one transaction at a time: what is not there now is not there when the row is written. */
static struct status check_token(struct store_view *view, const struct hash *token)
{
	AUTO(row) row = {0};
	const struct row_value values[] = {ROW_HASH(token)};

	if (hash_is_zero(token))
		return OK;
	struct status found = store_find(view, TABLE_FACTOR, INDEX_FACTOR_TOKEN, values, &row);
	if (ok(found))
		return FAIL_AT(ST_CONFLICT, "passkey");
	return found.code == ST_NOT_FOUND ? OK : found;
}

struct status factor_add(struct store_txn *txn, const struct factor *factor)
{
	AUTO(factors) had = {0};

	TRY(check_token(txn->view, &factor->token));
	TRY(factors_load(txn->view, &factor->user, &had));
	/* One place stays for the row of FACTOR_ASKED. */
	if (had.count + 1 >= FACTOR_MAX)
		return FAIL_AT(ST_TOO_MANY, "factors");
	for (size_t i = 0; i < had.count; i++)
		if (text_equal(had.of[i].name, factor->name))
			return FAIL_AT(ST_CONFLICT, "name");
	return put_factor(txn, factor);
}

static struct status remove_row(struct store_txn *txn, const struct factor_id *id)
{
	const struct row_value key[] = {ROW_UUID(&id->uuid)};

	return store_remove(txn, TABLE_FACTOR, key);
}

struct status factor_remove(struct store_txn *txn, const struct user_id *user, const struct factor_id *id,
			    bool must_stay, struct factor *out)
{
	AUTO(factors) had = {0};
	const struct factor *gone = NULL;

	TRY(factors_load(txn->view, user, &had));
	for (size_t i = 0; i < had.count; i++)
		if (uuid_equal(&had.of[i].id.uuid, &id->uuid))
			gone = &had.of[i];
	if (gone == NULL)
		return FAIL_AT(ST_NOT_FOUND, "factor");
	const bool last = ways[gone->kind].proves && factors_proving(&had) == 1;
	if (last && must_stay)
		return FAIL_AT(ST_CONFLICT, "last");
	for (size_t i = 0; i < had.count; i++)
		if (&had.of[i] == gone || (last && had.of[i].kind == FACTOR_CODES))
			TRY(remove_row(txn, &had.of[i].id));
	*out = *gone;
	out->name = (struct text){0};
	out->body = (struct bytes){0};
	return OK;
}

struct status factor_clear(struct store_txn *txn, const struct user_id *user, size_t *count)
{
	AUTO(factors) had = {0};

	TRY(factors_load(txn->view, user, &had));
	for (size_t i = 0; i < had.count; i++)
		TRY(remove_row(txn, &had.of[i].id));
	*count = had.count;
	return OK;
}

struct status factor_ask(struct store_txn *txn, const struct user_id *user, uint64_t now)
{
	AUTO(factors) had = {0};
	const struct factor asked = {.id.uuid = uuid_new(now), .user = *user, .kind = FACTOR_ASKED, .created = now};

	TRY(factors_load(txn->view, user, &had));
	return had.asked != 0 ? OK : put_factor(txn, &asked);
}

/* ---- Answers ---- */

struct factor_answer factor_answer_code(struct text code)
{
	bool figures = code.len > 0;

	for (size_t i = 0; i < code.len; i++)
		figures = figures && code.at[i] >= '0' && code.at[i] <= '9';
	return (struct factor_answer){.kind = figures ? FACTOR_TOTP : FACTOR_CODES, .code = code};
}

/** Whether ${f} is the very passkey that ${answer} is about. */
static bool passkey_named(const struct factor *f, const struct factor_answer *answer)
{
	struct passkey p;

	return ok(passkey_read(f->body, &p)) && bytes_equal(p.credential, answer->passkey->assertion.credential);
}

struct status factor_verify(const struct factors *f, const struct factor_answer *answer, uint64_t now,
			    struct factor_proof *out)
{
	const bool passkey = answer->kind == FACTOR_PASSKEY;
	struct status all = FAIL_AT(ST_UNPROVEN, passkey ? "passkey: it is not one of yours" : "factor");

	for (size_t i = 0; i < f->count; i++) {
		struct factor_proof proof = {.id = f->of[i].id, .kind = f->of[i].kind};
		if (f->of[i].kind != answer->kind || ways[answer->kind].verify == NULL)
			continue;
		/* Of several passkeys the one that was named says what is wrong; of codes all say the same. */
		if (passkey && !passkey_named(&f->of[i], answer))
			continue;
		struct status s = ways[answer->kind].verify(&f->of[i], answer, now, &proof);
		if (ok(s))
			*out = proof;
		if (s.code != ST_UNPROVEN || passkey)
			all = s;
	}
	return all;
}

struct status factor_take(struct store_txn *txn, const struct factor_proof *proof, uint64_t now, size_t *left)
{
	AUTO(row) row = {0};
	AUTO(buffer) body = {.max = FACTOR_BODY_MAX, .wipe = true};
	struct factor f;
	struct status got = get_factor(txn->view, &proof->id, &row, &f);

	if (got.code == ST_NOT_FOUND)
		return FAIL_AT(ST_UNPROVEN, "factor");
	TRY(got);
	if (f.kind != proof->kind || ways[f.kind].take == NULL)
		return FAIL_AT(ST_UNPROVEN, "factor");
	TRY(ways[f.kind].take(&f, proof, &body));
	f.body = buffer_bytes(&body);
	f.used = now;
	*left = f.kind == FACTOR_CODES ? recoverycode_left(f.body) : 0;
	return put_factor(txn, &f);
}
