/* SPDX-License-Identifier: Apache-2.0 */
/**
 * dicom: the head of a DICOM file (PS3.10), as far as it takes to know whom and what it
 * shows.  Pixels are never looked at.
 *
 * Little endian, explicit and implicit; of big endian and deflated files only what
 * stands in the file meta information is read.
 */
#ifndef CODEC_DICOM_H
#define CODEC_DICOM_H

#include "text.h"

/** Views into the file, padding cut off; empty where absent. */
struct dicom {
	struct text patient_id;       /* (0010,0020) */
	struct text issuer;           /* (0010,0021) */
	struct text issuer_universal; /* (0040,0032) inside (0010,0024): an OID */
	struct text birth;            /* (0010,0030), YYYYMMDD */
	struct text instance;         /* (0008,0018) SOP instance UID */
	struct text study_date;       /* (0008,0020) */
	struct text modality;         /* (0008,0060) */
	struct text description;      /* (0008,103E) of the series, else (0008,1030) of the study */
	struct text character_set;    /* (0008,0005) */
};
/**
 * dicom_read(file, out):
 * ST_INVALID ("dicom") unless it begins as a DICOM file, ("dicom length") when an
 * element reaches past the end, ("dicom depth").
 */
MUST_CHECK struct status dicom_read(struct bytes file, struct dicom *out);

#endif /* !CODEC_DICOM_H */
