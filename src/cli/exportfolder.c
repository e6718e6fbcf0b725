/* SPDX-License-Identifier: Apache-2.0 */
#include "exportfolder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_MAX_LEN 120
#define PART         ".part-"

static struct status make_folder(const char *path)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return OK;
	return errno == ENOSPC ? FAIL_AT(ST_FULL, "output folder") : FAIL_AT(ST_IO, "output folder");
}

static struct status join(char *out, const char *folder, struct text name)
{
	int len = snprintf(out, EXPORTFOLDER_PATH, "%s/%.*s", folder, TEXT_ARG(name));

	return len > 0 && len < EXPORTFOLDER_PATH ? OK : FAIL_AT(ST_TOO_BIG, "output path");
}

/** The folder at ${path}, locked for as long as the descriptor is open; ST_BUSY when another process has it. */
static struct status hold(const char *path, int *out)
{
	struct stat held, named;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return FAIL_AT(ST_IO, "output folder");
	/* Whoever sweeps may have been quicker than the lock. */
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &held) == 0 && lstat(path, &named) == 0 &&
	    held.st_ino == named.st_ino && held.st_dev == named.st_dev) {
		*out = fd;
		return OK;
	}
	(void)close(fd);
	return FAIL_AT(ST_BUSY, "output folder");
}

struct status exportfolder_open(const char *parent, const char *name, struct exportfolder *out)
{
	static const char *const sections[] = {"files", "resources", "versions", "statements", "proofs"};
	struct exportfolder made = {0};
	char part[64], inner[EXPORTFOLDER_PATH];
	struct stat about;

	TRY(make_folder(parent));
	TRY(join(made.path, parent, text_of(name)));
	if (lstat(made.path, &about) == 0)
		return FAIL_AT(ST_CONFLICT, "output folder of this patient");
	(void)snprintf(part, sizeof part, ".%s" PART "%d", name, (int)getpid());
	TRY(join(made.temporary, parent, text_of(part)));
	TRY(make_folder(made.temporary));
	TRY(hold(made.temporary, &made.lock));
	*out = made;
	for (size_t i = 0; i < COUNT(sections); i++) {
		TRY(join(inner, out->temporary, text_of(sections[i])));
		TRY(make_folder(inner));
	}
	return OK;
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *walk)
{
	(void)about;
	(void)type;
	(void)walk;
	(void)remove(path);
	return 0;
}

static void remove_whole(const char *path, int lock)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	(void)close(lock);
}

/** ".pt-….part-PID". */
static bool is_temporary(const char *name)
{
	struct text rest = text_of(name), id;
	struct uuid uuid;
	uint64_t process;

	if (rest.len < 1 + ID_TEXT_LEN + strlen(PART) || name[0] != '.')
		return false;
	id = (struct text){name + 1, ID_TEXT_LEN};
	rest = text_of(name + 1 + ID_TEXT_LEN);
	return ok(id_parse(ID_PATIENT, id, &uuid)) && strncmp(rest.at, PART, strlen(PART)) == 0 &&
	       ok(text_to_u64(text_of(rest.at + strlen(PART)), 1, INT32_MAX, &process));
}

static void sweep_one(const char *path)
{
	struct stat about;
	int lock;

	/* Another person's is his to clear up. */
	if (lstat(path, &about) == 0 && about.st_uid == geteuid() && ok(hold(path, &lock)))
		remove_whole(path, lock);
}

void exportfolder_sweep(const char *parent)
{
	char path[EXPORTFOLDER_PATH];
	DIR *entries = opendir(parent);

	if (entries == NULL)
		return;
	for (struct dirent *e = readdir(entries); e != NULL; e = readdir(entries))
		if (is_temporary(e->d_name) && ok(join(path, parent, text_of(e->d_name))))
			sweep_one(path);
	(void)closedir(entries);
}

void exportfolder_clear(struct exportfolder *f)
{
	if (f->temporary[0] != '\0')
		remove_whole(f->temporary, f->lock);
	words_clear(&f->taken);
	*f = (struct exportfolder){0};
}

/** Sections in which nothing is would only puzzle. */
static void drop_empty(const struct exportfolder *f)
{
	static const char *const sections[] = {"files", "resources", "versions"};
	char inner[EXPORTFOLDER_PATH];

	for (size_t i = 0; i < COUNT(sections); i++)
		if (ok(join(inner, f->temporary, text_of(sections[i]))))
			(void)rmdir(inner);
}

struct status exportfolder_keep(struct exportfolder *f)
{
	drop_empty(f);
	if (syncfs(f->lock) != 0 || renameat2(AT_FDCWD, f->temporary, AT_FDCWD, f->path, RENAME_NOREPLACE) != 0)
		return FAIL_AT(ST_IO, "output folder");
	(void)close(f->lock);
	f->temporary[0] = '\0';
	return OK;
}

/* --- Names --- */

/** Letters of any language stay; what Windows, shells or a path take for something else does not. */
static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
	       c == '.' || c == ',' || c == '(' || c == ')' || (uint8_t)c >= 0x80;
}

static void clean(struct text wanted, char out[NAME_MAX_LEN + 1])
{
	size_t len = 0;

	for (size_t i = 0; i < wanted.len && len < NAME_MAX_LEN; i++) {
		char c = wanted.at[i];
		if (!is_plain(c))
			c = '_';
		/* No dot first, and no run of what was replaced. */
		if ((c == '.' && len == 0) || (c == '_' && (len == 0 || out[len - 1] == '_')))
			continue;
		out[len++] = c;
	}
	/* Not in the middle of a letter, nor with a dot at the end. */
	while (len > 0 && ((uint8_t)out[len - 1] >= 0x80 || out[len - 1] == '.' || out[len - 1] == '_') &&
	       (out[len - 1] == '.' || out[len - 1] == '_' || !text_is_utf8((struct text){out, len})))
		len--;
	out[len] = '\0';
	if (len == 0 || !text_is_utf8((struct text){out, len}))
		(void)snprintf(out, NAME_MAX_LEN + 1, "file");
}

/** ASCII alone: what a file system folds beyond that, differs from one to the next. */
static char folded(char c)
{
	static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", small[] = "abcdefghijklmnopqrstuvwxyz";
	const char *at = c != '\0' ? strchr(capitals, c) : NULL;

	if (at != NULL)
		return small[at - capitals];
	return c;
}

static bool free_name(struct exportfolder *f, const char *name)
{
	char key[NAME_MAX_LEN + 64];
	uint32_t number;
	size_t len = 0;

	for (; name[len] != '\0' && len < sizeof key - 1; len++)
		key[len] = folded(name[len]);
	struct text t = {key, len};
	return !words_find(&f->taken, t, &number) && ok(words_put(&f->taken, t, &number));
}

struct status exportfolder_name(struct exportfolder *f, const char *section, struct text wanted, struct text ending,
				struct buffer *out)
{
	char stem[NAME_MAX_LEN + 1], name[NAME_MAX_LEN + 64];

	clean(wanted, stem);
	char *dot = strrchr(stem, '.');
	/* The name may bring its ending along. */
	if (dot != NULL && dot != stem && strlen(dot) <= 6) {
		if (ending.len == 0 || !text_equal_nocase(text_of(dot + 1), ending))
			ending = ending.len == 0 || text_equal(ending, TEXT("bin")) ? (struct text){0} : ending;
		else
			*dot = '\0';
	}
	for (unsigned number = 1; number < 1000000; number++) {
		char count[16] = "";
		if (number > 1)
			(void)snprintf(count, sizeof count, "-%u", number);
		(void)snprintf(name, sizeof name, "%s/%s%s%s%.*s", section, stem, count, ending.len > 0 ? "." : "",
			       TEXT_ARG(ending));
		if (free_name(f, name))
			return buffer_print(out, "%s", name);
	}
	return FAIL_AT(ST_TOO_BIG, "files of one name");
}

struct text exportfolder_ending(struct text type)
{
	static const struct {
		const char *type, *ending;
	} endings[] = {
		{"audio/wav", "wav"},
		{"audio/x-wav", "wav"},
		{"audio/mpeg", "mp3"},
		{"audio/flac", "flac"},
		{"audio/mp4", "m4a"},
		{"audio/ogg", "ogg"},
		{"audio/webm", "webm"},
		{"image/jpeg", "jpg"},
		{"image/png", "png"},
		{"image/heic", "heic"},
		{"image/tiff", "tiff"},
		{"image/gif", "gif"},
		{"application/pdf", "pdf"},
		{"application/dicom", "dcm"},
		{"application/xml", "xml"},
		{"text/xml", "xml"},
		{"application/hl7-sda+xml", "xml"},
		{"x-application/hl7-v2+er7", "hl7"},
		{"application/json", "json"},
		{"application/fhir+json", "json"},
		{"application/vnd.tacenda.chart+json", "json"},
		{"text/plain", "txt"},
		{"text/html", "html"},
		{"text/rtf", "rtf"},
		{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"},
	};
	struct text bare = {0};

	(void)text_split(&type, ';', &bare);
	bare = text_trim(bare);
	for (size_t i = 0; i < COUNT(endings); i++)
		if (text_equal_nocase(bare, text_of(endings[i].type)))
			return text_of(endings[i].ending);
	return TEXT("bin");
}

/* --- Files --- */

struct status exportfolder_create(const struct exportfolder *f, struct text name, struct filetarget *out)
{
	static char path[EXPORTFOLDER_PATH]; /* a target keeps its path as a view; one is open at a time */

	TRY(join(path, f->temporary, name));
	return filetarget_open(path, out);
}

struct status exportfolder_write(const struct exportfolder *f, struct text name, struct bytes content)
{
	char path[EXPORTFOLDER_PATH];

	TRY(join(path, f->temporary, name));
	return filetarget_save(path, content);
}
