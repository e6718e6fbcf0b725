/* SPDX-License-Identifier: Apache-2.0 */
/**
 * exportfolder: the folder of one exported patient: it has its name only when it is
 * complete; until then, and after a failure, nothing of it counts.  Until then it is
 * ".NAME.part-PID", held by a lock that ends with the process.
 */
#ifndef CLI_EXPORTFOLDER_H
#define CLI_EXPORTFOLDER_H

#include "filesource.h"
#include "words.h"

#define EXPORTFOLDER_PATH 4096

struct exportfolder {
	char path[EXPORTFOLDER_PATH];      /* as it will be called */
	char temporary[EXPORTFOLDER_PATH]; /* "" once it has its name */
	int lock;                          /* open until then */
	struct words taken;                /* names in use, folded to lower case */
};
/** exportfolder_open(parent, name, out): ST_CONFLICT ("output folder") when there is one of that name. */
MUST_CHECK struct status exportfolder_open(const char *parent, const char *name, struct exportfolder *out);
/** exportfolder_keep(f): everything is durable: give it its name. */
MUST_CHECK struct status exportfolder_keep(struct exportfolder *f);
/** exportfolder_clear(f): what was not kept goes, file by file. */
void exportfolder_clear(struct exportfolder *f);
/** exportfolder_sweep(parent): what exports left in ${parent} that were ended before they could clear up. */
void exportfolder_sweep(const char *parent);

/**
 * exportfolder_name(f, section, wanted, ending, out):
 * Append "SECTION/NAME.ENDING", a name no other file has, made of ${wanted} with what
 * file systems do not take replaced; ${ending} may be empty.
 */
MUST_CHECK struct status exportfolder_name(struct exportfolder *f, const char *section, struct text wanted,
					   struct text ending, struct buffer *out);
/** exportfolder_create(f, name, out): a file in it, not kept yet. */
MUST_CHECK struct status exportfolder_create(const struct exportfolder *f, struct text name, struct filetarget *out);
/** exportfolder_write(f, name, content): a whole file. */
MUST_CHECK struct status exportfolder_write(const struct exportfolder *f, struct text name, struct bytes content);
/** exportfolder_ending(type): the usual file ending of a media type, "bin" for an unknown one. */
struct text exportfolder_ending(struct text type);

#endif /* !CLI_EXPORTFOLDER_H */
