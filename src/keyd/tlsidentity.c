/* SPDX-License-Identifier: Apache-2.0 */
#include "tlsidentity.h"

#include "reader.h"

#define FILE_NAME "certificates"
#define MAGIC     "TKX1"

void tlsidentity_clear(struct tlsidentity *t)
{
	buffer_clear(&t->ca);
	for (size_t i = 0; i < COUNT(t->certificates); i++)
		buffer_clear(&t->certificates[i]);
	*t = (struct tlsidentity){0};
}

static struct status put_form(const struct tlsidentity *t, struct buffer *b)
{
	TRY(buffer_put(b, BYTES_LITERAL(MAGIC)));
	TRY(buffer_put_u8(b, (uint8_t)t->source));
	TRY(buffer_put_u64(b, t->number));
	TRY(buffer_put_u64(b, t->made));
	TRY(buffer_put_u64(b, t->ends));
	TRY(buffer_put_sized(b, buffer_bytes(&t->ca)));
	TRY(buffer_put_u8(b, (uint8_t)t->count));
	for (size_t i = 0; i < t->count; i++)
		TRY(buffer_put_sized(b, buffer_bytes(&t->certificates[i])));
	return OK;
}

static struct status save(const struct vouched *v, const struct tlsidentity *t)
{
	AUTO(buffer) body = {.max = VOUCHED_BYTES_MAX};

	TRY(put_form(t, &body));
	return vouched_save(v, FILE_NAME, buffer_bytes(&body));
}

static struct status read_piece(struct reader *r, struct buffer *out)
{
	struct bytes piece;

	TRY(reader_sized(r, KEYWIRE_CERTIFICATE_MAX, &piece));
	out->max = KEYWIRE_CERTIFICATE_MAX;
	return buffer_put(out, piece);
}

static struct status read_form(struct bytes body, struct tlsidentity *out)
{
	struct reader r = reader_of(body);
	struct bytes magic;
	uint8_t source, count;

	TRY(reader_take(&r, 4, &magic));
	TRY(reader_u8(&r, &source));
	TRY(reader_u64(&r, &out->number));
	TRY(reader_u64(&r, &out->made));
	TRY(reader_u64(&r, &out->ends));
	TRY(read_piece(&r, &out->ca));
	TRY(reader_u8(&r, &count));
	if (!bytes_equal(magic, BYTES_LITERAL(MAGIC)) || (source != TLS_OWN_CA && source != TLS_IMPORTED) ||
	    count < 1 || count > KEYWIRE_CHAIN_MAX)
		return FAIL(ST_INVALID);
	for (size_t i = 0; i < count; i++)
		TRY(read_piece(&r, &out->certificates[i]));
	out->source = (enum tls_source)source;
	out->count = count;
	return reader_done(&r);
}

struct status tlsidentity_load(const struct tlsidentity_place *p, struct tlsidentity *out)
{
	AUTO(buffer) body = {.max = VOUCHED_BYTES_MAX};
	AUTO(tlsidentity) t = {0};
	struct bytes sealed;

	TRY(vouched_load(p->vouched, FILE_NAME, REASON_CERTIFICATES, &body));
	/* The bytes are ours; only another version wrote another form. */
	if (!ok(read_form(buffer_bytes(&body), &t)))
		return FAIL_AT(ST_CONFLICT, REASON_NEWER);
	const struct key_name name = key_name_number(KEY_TLS, t.number);
	if (!ok(rows_get(&p->store->now.rows, &name, &sealed)))
		return FAIL_AT(ST_CORRUPT, REASON_CERTIFICATES);
	*out = t;
	t = (struct tlsidentity){0};
	return OK;
}

struct status tlsidentity_key(const struct tlsidentity_place *p, const struct tlsidentity *t, struct secret *key)
{
	const struct key_name name = key_name_number(KEY_TLS, t->number);

	return keystore_take(p->store, &name, key);
}

static struct status issue(const struct certifier *ca, const struct secret *key, const struct origin *origin,
			   uint64_t now_ms, struct tlsidentity *t)
{
	t->source = TLS_OWN_CA;
	t->made = now_ms;
	t->ends = now_ms + CERTIFIER_SERVER_DAYS * CERTIFIER_DAY_MS;
	t->ca.max = KEYWIRE_CERTIFICATE_MAX;
	TRY(buffer_put(&t->ca, ca->certificate));
	t->count = 1;
	t->certificates[0].max = KEYWIRE_CERTIFICATE_MAX;
	return certifier_server(ca, key, origin, now_ms, &t->certificates[0]);
}

struct status tlsidentity_begin(const struct vouched *vouched, const struct certifier *ca, const struct secret *key,
				const struct origin *origin, uint64_t now_ms)
{
	AUTO(tlsidentity) t = {.number = 1};

	TRY(issue(ca, key, origin, now_ms, &t));
	return save(vouched, &t);
}

static struct status destroy_if_there(struct keystore *store, uint64_t number)
{
	const struct key_name name = key_name_number(KEY_TLS, number);
	struct status s = keystore_destroy(store, &name);

	return s.code == ST_NOT_FOUND ? OK : s;
}

/* A crash between two steps leaves the key before or behind the one that counts.
 * The file is written again first: an earlier attempt may have left the disk
 * with a name for the one behind. */
static struct status tidy(const struct tlsidentity_place *p, const struct tlsidentity *t)
{
	const uint64_t others[] = {t->number - 1, t->number + 1};

	TRY(save(p->vouched, t));
	for (size_t i = 0; i < COUNT(others); i++)
		TRY(destroy_if_there(p->store, others[i]));
	return OK;
}

/* The new one takes the place of ${t}: key, then file, then the old key. */
static struct status replace(const struct tlsidentity_place *p, struct tlsidentity *t, struct tlsidentity *new,
			     struct bytes key)
{
	const struct keystore_value value = {key_name_number(KEY_TLS, new->number), key};

	TRY(keystore_put(p->store, &value));
	TRY(save(p->vouched, new));
	tlsidentity_clear(t);
	*t = *new;
	*new = (struct tlsidentity){0};
	/* The certificate has changed whatever becomes of the old key; the next change tries again. */
	(void)ok(destroy_if_there(p->store, t->number - 1));
	return OK;
}

struct status tlsidentity_renew(const struct tlsidentity_place *p, struct tlsidentity *t, uint64_t now_ms)
{
	AUTO(tlsidentity) new = {.number = t->number + 1};
	AUTO(secret) ca_key = {0};
	AUTO(secret) key = {0};
	const struct key_name ca_name = key_name_number(KEY_CA, 0);

	if (t->source != TLS_OWN_CA)
		return FAIL_AT(ST_CONFLICT, REASON_IMPORTED);
	TRY(tidy(p, t));
	TRY(keystore_take(p->store, &ca_name, &ca_key));
	TRY(certifier_new_key(&key));
	const struct certifier ca = {&ca_key, buffer_bytes(&t->ca)};
	TRY(issue(&ca, &key, p->origin, now_ms, &new));
	return replace(p, t, &new, secret_bytes(&key));
}

struct status tlsidentity_import(const struct tlsidentity_place *p, struct tlsidentity *t,
				 const struct keywire_chain *chain, uint64_t now_ms)
{
	AUTO(tlsidentity) new = {.source = TLS_IMPORTED, .number = t->number + 1, .made = now_ms};

	TRY(tidy(p, t));
	for (size_t i = 0; i < chain->count; i++) {
		new.certificates[i].max = KEYWIRE_CERTIFICATE_MAX;
		TRY(buffer_put(&new.certificates[i], chain->certificates[i]));
	}
	new.count = chain->count;
	return replace(p, t, &new, chain->private_key);
}
