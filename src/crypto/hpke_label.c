/* SPDX-License-Identifier: Apache-2.0 */
#include "hpke_label.h"

#include "hash_internal.h"

static const uint8_t kem[] = {'K', 'E', 'M', 0x00, 0x10};
const struct bytes hpke_label_kem = {kem, sizeof kem};

struct status hpke_label_extract(struct bytes suite, struct bytes salt, struct text label, struct bytes input,
				 uint8_t *out)
{
	const struct bytes pieces[] = {BYTES_LITERAL("HPKE-v1"), suite, text_bytes(label), input};

	return hkdf_sha256_extract_pieces(salt, pieces, COUNT(pieces), out);
}

struct status hpke_label_expand(const uint8_t prk[HPKE_PRK], struct hpke_label label, uint8_t *out, uint16_t len)
{
	const uint8_t len_bytes[] = {(uint8_t)(len >> 8), (uint8_t)len};
	const struct bytes pieces[] = {BYTES_OF(len_bytes), BYTES_LITERAL("HPKE-v1"), label.suite,
				       text_bytes(label.label), label.info};

	return hkdf_sha256_expand_pieces(bytes_of(prk, HPKE_PRK), pieces, COUNT(pieces), out, len);
}
