/* SPDX-License-Identifier: Apache-2.0 */
#include "cosekey.h"

#include "cborreader.h"

/* Labels of COSE_Key (RFC 9052 section 7.1) and of its kinds (RFC 9053 section 7, RFC 8230 section 4). */
enum { LABEL_KIND = 1, LABEL_ALGORITHM = 3, LABEL_CURVE = -1, LABEL_X = -2, LABEL_Y = -3, LABEL_N = -1, LABEL_E = -2 };
enum { KIND_OKP = 1, KIND_EC2 = 2, KIND_RSA = 3 };
enum { CURVE_P256 = 1, CURVE_ED25519 = 6 };

struct label_reader {
	struct reader *r;
	struct cborreader_map map;
};

static struct status label(struct label_reader *l, int64_t expected)
{
	struct cborreader_item key;

	TRY(cborreader_key(l->r, &l->map, &key));
	bool negative = expected < 0;
	if (key.kind != (negative ? CBORREADER_NEGATIVE : CBORREADER_UNSIGNED) ||
	    key.number != (uint64_t)(negative ? -1 - expected : expected))
		return FAIL(ST_INVALID);
	return OK;
}

static struct status number_of(struct label_reader *l, int64_t expected, int64_t *out)
{
	TRY(label(l, expected));
	return cborreader_integer(l->r, out);
}

/* ${len} 0: of any length but none. */
static struct status bytes_at(struct label_reader *l, int64_t expected, size_t len, struct bytes *out)
{
	TRY(label(l, expected));
	TRY(cborreader_bytes(l->r, out));
	return (len == 0 ? out->len > 0 : out->len == len) ? OK : FAIL(ST_INVALID);
}

static struct status read_point(struct label_reader *l, struct cosekey *k)
{
	bool p256 = k->algorithm == COSEKEY_ES256;
	int64_t curve;

	TRY(number_of(l, LABEL_CURVE, &curve));
	if (curve != (p256 ? CURVE_P256 : CURVE_ED25519))
		return FAIL(ST_INVALID);
	TRY(bytes_at(l, LABEL_X, 32, &k->x));
	return p256 ? bytes_at(l, LABEL_Y, 32, &k->y) : OK;
}

static struct status read_rsa(struct label_reader *l, struct cosekey *k)
{
	TRY(bytes_at(l, LABEL_N, 0, &k->modulus));
	TRY(bytes_at(l, LABEL_E, 0, &k->exponent));
	/* RFC 8230 section 4: "the fewest octets necessary". */
	return k->modulus.at[0] != 0 && k->exponent.at[0] != 0 ? OK : FAIL(ST_INVALID);
}

static struct status read_key(struct label_reader *l, struct cosekey *k)
{
	int64_t kind, algorithm;

	TRY(cborreader_map(l->r, &l->map));
	TRY(number_of(l, LABEL_KIND, &kind));
	TRY(number_of(l, LABEL_ALGORITHM, &algorithm));
	if (kind == KIND_EC2 && algorithm == COSEKEY_ES256)
		k->algorithm = COSEKEY_ES256;
	else if (kind == KIND_OKP && algorithm == COSEKEY_EDDSA)
		k->algorithm = COSEKEY_EDDSA;
	else if (kind == KIND_RSA && algorithm == COSEKEY_RS256)
		k->algorithm = COSEKEY_RS256;
	else
		return FAIL(ST_INVALID);
	TRY(k->algorithm == COSEKEY_RS256 ? read_rsa(l, k) : read_point(l, k));
	TRY(cborreader_map_end(&l->map));
	return reader_done(l->r);
}

struct status cosekey_read(struct bytes item, struct cosekey *out)
{
	struct reader r = reader_of(item);
	struct label_reader labels = {.r = &r};
	struct cosekey made = {0};

	if (!ok(read_key(&labels, &made)))
		return FAIL_AT(ST_INVALID, "key");
	*out = made;
	return OK;
}
