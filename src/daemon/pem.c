/* SPDX-License-Identifier: Apache-2.0 */
#include "pem.h"

#include <string.h>

#define DASHES "-----"
#define LINE   64

_Static_assert((size_t)KEYWIRE_CHAIN_MAX *KEYWIRE_CERTIFICATE_MAX / 3 * 5 <= PEM_PUT_MAX &&
		       KEYWIRE_PRIVATE_MAX <= KEYWIRE_CERTIFICATE_MAX,
	       "what keyd keeps can be put");

/* --- Out --- */

/** One block, 64 characters a line. */
static struct status put(const char *label, struct bytes der, struct buffer *out)
{
	AUTO(buffer) base64 = {.max = PEM_PUT_MAX, .wipe = true};

	TRY(text_put_base64(&base64, der));
	TRY(buffer_print(out, DASHES "BEGIN %s" DASHES "\n", label));
	for (size_t at = 0; at < base64.len; at += LINE)
		TRY(buffer_print(out, "%.*s\n", (int)(base64.len - at < LINE ? base64.len - at : LINE),
				 (const char *)base64.bytes + at));
	return buffer_print(out, DASHES "END %s" DASHES "\n", label);
}

/** Behind the version stands in RFC 5915 the scalar, in RFC 8017 (A.1.2) a number, in RFC 5958 the algorithm. */
static const char *key_label(struct bytes der)
{
	/* The sequence's tag, its length, and the version, an integer of one byte. */
	const size_t version = der.len < 2 ? 0 : 2 + (size_t)(der.at[1] < 0x80 ? 0 : der.at[1] & 0x7f);

	if (version + 3 < der.len && der.at[version + 3] == 0x04)
		return "EC PRIVATE KEY";
	return version + 3 < der.len && der.at[version + 3] == 0x02 ? "RSA PRIVATE KEY" : "PRIVATE KEY";
}

struct status pem_put_certificate(struct bytes der, struct buffer *out)
{
	return put("CERTIFICATE", der, out);
}

struct status pem_put_chain(const struct keywire_chain *chain, struct buffer *certificates, struct buffer *key)
{
	for (size_t i = 0; i < chain->count; i++)
		TRY(pem_put_certificate(chain->certificates[i], certificates));
	return put(key_label(chain->private_key), chain->private_key, key);
}

/* --- In --- */

static bool ends_with(struct text t, struct text end)
{
	return t.len >= end.len && text_equal((struct text){t.at + t.len - end.len, end.len}, end);
}

/** From behind ${mark} in ${rest} on; false when it is not there. */
static bool skip_past(struct text *rest, const char *mark)
{
	const char *at = memmem(rest->at, rest->len, mark, strlen(mark));

	if (at == NULL)
		return false;
	at += strlen(mark);
	*rest = (struct text){at, rest->len - (size_t)(at - rest->at)};
	return true;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct status decode(struct text body, struct buffer *der)
{
	AUTO(buffer) base64 = {.max = PEM_MAX, .wipe = true};

	for (size_t i = 0; i < body.len; i++)
		if (!is_space(body.at[i]))
			TRY(buffer_put_u8(&base64, (uint8_t)body.at[i]));
	return text_from_base64(text_from(buffer_bytes(&base64)), der);
}

struct status pem_next(struct text *rest, struct text label, struct buffer *der)
{
	while (skip_past(rest, DASHES "BEGIN ")) {
		struct text name = *rest;
		if (!skip_past(rest, DASHES))
			break;
		name.len = (size_t)(rest->at - name.at) - (sizeof DASHES - 1);
		struct text body = *rest;
		if (!skip_past(rest, DASHES "END "))
			break;
		body.len = (size_t)(rest->at - body.at) - (sizeof(DASHES "END ") - 1);
		if (ends_with(name, label))
			return decode(body, der);
	}
	return FAIL_AT(ST_NOT_FOUND, "PEM");
}

/* --- A certificate and its key --- */

void pem_pair_clear(struct pem_pair *p)
{
	buffer_clear(&p->key_der);
	for (size_t i = 0; i < COUNT(p->chain_der); i++)
		buffer_clear(&p->chain_der[i]);
	*p = (struct pem_pair){0};
}

static struct status read_key(struct text rest, struct pem_pair *p)
{
	p->key_der = (struct buffer){.max = KEYWIRE_PRIVATE_MAX, .wipe = true};
	if (!ok(pem_next(&rest, TEXT("PRIVATE KEY"), &p->key_der)))
		return FAIL_AT(ST_INVALID, "--tls-key: no key, or one that is too long");
	p->parts.private_key = buffer_bytes(&p->key_der);
	return OK;
}

static struct status read_chain(struct text rest, struct pem_pair *p)
{
	struct status found = OK;

	for (size_t i = 0; i < COUNT(p->chain_der); i++) {
		p->chain_der[i].max = KEYWIRE_CERTIFICATE_MAX;
		found = pem_next(&rest, TEXT("CERTIFICATE"), &p->chain_der[i]);
		if (!ok(found))
			break;
		p->parts.certificates[p->parts.count++] = buffer_bytes(&p->chain_der[i]);
	}
	if (ok(found) && skip_past(&rest, DASHES "BEGIN "))
		return FAIL_AT(ST_TOO_BIG, "--tls-cert: a chain that is too long");
	if (found.code == ST_TOO_BIG)
		return FAIL_AT(ST_INVALID, "--tls-cert: a certificate that is too long");
	if (p->parts.count == 0 || (!ok(found) && found.code != ST_NOT_FOUND))
		return FAIL_AT(ST_INVALID, "--tls-cert: no certificate, or one that is damaged");
	return OK;
}

struct status pem_pair_read(struct text certificate, struct text key, struct pem_pair *out)
{
	AUTO(pem_pair) p = {0};

	TRY(read_key(key, &p));
	TRY(read_chain(certificate, &p));
	*out = p;
	p = (struct pem_pair){0};
	return OK;
}
