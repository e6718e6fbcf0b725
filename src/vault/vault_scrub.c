/* SPDX-License-Identifier: Apache-2.0 */
/* vault: the walk over everything that is stored. */
#include "limits.h"
#include "vault_internal.h"

struct scrubbing {
	struct vault *vault;
	struct store_snapshot *snapshot;
	struct vault_scrub *scrub;
	struct vault_reader reader;
	uint32_t visited;
};

static void report(struct vault_scrub *scrub, const struct vault_finding *finding)
{
	if (scrub->report != NULL)
		scrub->report(scrub->context, finding);
}

static void report_row(struct scrubbing *s, enum vault_damage damage, const struct row *row)
{
	uint8_t space[TABLE_COLUMNS * sizeof(struct hash)];
	struct buffer key = {.bytes = space, .capacity = sizeof space, .max = sizeof space};
	struct vault_finding finding = {.damage = damage, .table = row->table};

	for (size_t i = 0; i < tables[row->table].keys; i++)
		if (tables[row->table].columns[i].type == COLUMN_U64)
			(void)ok(buffer_put_u64(&key, row->plain[i].number));
		else
			(void)ok(buffer_put(&key, row->plain[i].bytes));
	finding.key = buffer_bytes(&key);
	if (row->table == TABLE_VERSION)
		finding.object = row_uuid(row, COLUMN_VERSION_OBJECT);
	report(s->scrub, &finding);
}

static struct status check_object(struct scrubbing *s, const struct row *row)
{
	struct vault_object object;
	struct object_reader probe = {0};

	if (!ok(vault_object(row, &object))) {
		report_row(s, VAULT_ROW_DAMAGED, row);
		return OK;
	}
	s->scrub->objects++;
	s->scrub->bytes += object.parts.size;
	struct status read = vault_read_begin(s->vault, &object, (struct vault_range){0}, NULL, &s->reader);
	if (read.code != ST_CORRUPT)
		return read;
	struct status found = object_open(s->vault->objects, &object.id, &probe);
	object_reader_clear(&probe);
	bool missing = object.key != NULL && found.code == ST_NOT_FOUND;
	report_row(s, missing ? VAULT_OBJECT_MISSING : VAULT_OBJECT_DAMAGED, row);
	return OK;
}

static struct status visit(void *context, const struct row *row)
{
	struct scrubbing *s = context;

	if (row->state == ROW_DAMAGED)
		report_row(s, VAULT_ROW_DAMAGED, row);
	else if (row->state == ROW_WHOLE && row->table == TABLE_VERSION)
		TRY(check_object(s, row));
	/* Only now: a step that failed is tried again from here. */
	store_after(row, &s->scrub->range);
	s->visited++;
	s->scrub->rows++;
	return OK;
}

static struct status walk_rows(struct scrubbing *s, uint32_t rows)
{
	struct vault_scrub *scrub = s->scrub;

	while (scrub->table < TABLE_COUNT && s->visited < rows) {
		uint32_t before = s->visited;
		uint32_t limit = rows - before < LIMIT_PAGE ? rows - before : LIMIT_PAGE;

		scrub->range.index = TABLE_NONE;
		scrub->range.tolerant = true;
		scrub->range.limit = limit;
		TRY(store_scan(s->snapshot->view, scrub->table, &scrub->range, visit, s));
		if (s->visited - before < limit) {
			scrub->table++;
			scrub->range = (struct store_range){0};
		}
	}
	scrub->walked_rows = scrub->table == TABLE_COUNT;
	return OK;
}

/* ---- Files that no row names ---- */

/*
 * A writer is live until after the commit of the row that names its object; so one
 * that is not live has a row in every snapshot taken from now on, or never will.
 */
static struct status is_orphan(struct scrubbing *s, const struct object_found *found, bool *orphan)
{
	const struct row_value key[] = {ROW_UUID(&found->id)};
	AUTO(row) row = {0};
	struct status read;

	*orphan = false;
	if (object_live(s->vault->objects, &found->id))
		return OK;
	TRY(store_snapshot_renew(s->snapshot));
	if (found->place == OBJECT_WHOLE)
		read = store_find(s->snapshot->view, TABLE_VERSION, INDEX_VERSION_OBJECT, key, &row);
	else
		read = store_get(s->snapshot->view, TABLE_UPLOAD, key, &row);
	/* A damaged row still names its object, and so does one whose key was destroyed. */
	*orphan = read.code == ST_NOT_FOUND;
	return *orphan || read.code == ST_CORRUPT || read.code == ST_GONE ? OK : read;
}

static struct status visit_file(void *context, const struct object_found *found)
{
	struct scrubbing *s = context;
	struct vault_finding finding = {.damage = VAULT_STRANGE_FILE, .object = found->id};
	bool orphan = false;

	if (found->place != OBJECT_STRANGE) {
		TRY(is_orphan(s, found, &orphan));
		if (!orphan)
			return OK;
		finding.damage = found->place == OBJECT_WHOLE ? VAULT_OBJECT_ORPHAN : VAULT_UPLOAD_ORPHAN;
	}
	report(s->scrub, &finding);
	if (!orphan || !s->scrub->remove_orphans)
		return OK;
	return found->place == OBJECT_WHOLE ? vault_remove(s->vault, &found->id) : vault_discard(s->vault, &found->id);
}

struct status vault_scrub_step(struct vault *v, struct store_snapshot *snapshot, struct vault_scrub *scrub,
			       uint32_t rows)
{
	struct scrubbing s = {.vault = v, .snapshot = snapshot, .scrub = scrub};

	if (scrub->done)
		return OK;
	TRY(store_snapshot_renew(snapshot));
	struct status walked;
	if (!scrub->walked_rows) {
		walked = walk_rows(&s, rows);
	} else {
		walked = object_walk(v->objects, visit_file, &s);
		scrub->done = ok(walked);
	}
	vault_reader_clear(&s.reader);
	return walked;
}
