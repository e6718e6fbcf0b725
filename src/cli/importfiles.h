/* SPDX-License-Identifier: Apache-2.0 */
/**
 * importfiles: the files that an import was given: found, sorted, told apart by what
 * is in them, and opened one at a time.
 */
#ifndef CLI_IMPORTFILES_H
#define CLI_IMPORTFILES_H

#include "id.h"
#include "sniff.h"
#include "text.h"

struct importfile {
	char *path;
	const char *name; /* the last part of it */
	char *folder;     /* of the folders it is in, below the path that was given: the innermost; "" */
	enum sniff_form form;
	bool damaged; /* JSON that is no FHIR, or not whole */
	uint64_t size;
	bool has_patient; /* a person said whose it is */
	struct patient_id patient;
	uint32_t number; /* of FHIR with a patient: among those of the index */
};
struct importfiles_opened;
struct importfiles {
	struct importfile *items;
	size_t count, capacity;
	struct importfiles_opened *opened;
	uint64_t uses;
};

/** importfiles_add(f, path): a file, or all files below a folder; symbolic links are not followed, dot files left out.
 */
MUST_CHECK struct status importfiles_add(struct importfiles *f, const char *path);
/**
 * importfiles_open(f, index, out):
 * The content, unpacked when it is gzip around a form that we read.  It stays open
 * until others have taken its place: at least two files are good at the same time.
 */
MUST_CHECK struct status importfiles_open(struct importfiles *f, size_t index, struct text *out);
void importfiles_clear(struct importfiles *f);

#endif /* !CLI_IMPORTFILES_H */
