/* SPDX-License-Identifier: Apache-2.0 */
/** hpke_label: LabeledExtract and LabeledExpand of RFC 9180 section 4; internal to crypto. */
#ifndef CRYPTO_HPKE_LABEL_H
#define CRYPTO_HPKE_LABEL_H

#include "text.h"

#define HPKE_PRK 32

/** The suite of DHKEM(P-256, HKDF-SHA256), section 4.1: "KEM" || I2OSP(0x0010, 2). */
extern const struct bytes hpke_label_kem;

/** ${out} takes HPKE_PRK bytes and may be what ${salt} looks at. */
MUST_CHECK struct status hpke_label_extract(struct bytes suite, struct bytes salt, struct text label,
					    struct bytes input, uint8_t *out);

/** What LabeledExpand() takes besides the key. */
struct hpke_label {
	struct bytes suite;
	struct text label;
	struct bytes info;
};
MUST_CHECK struct status hpke_label_expand(const uint8_t prk[HPKE_PRK], struct hpke_label label, uint8_t *out,
					   uint16_t len);

#endif /* !CRYPTO_HPKE_LABEL_H */
