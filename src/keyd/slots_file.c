/* SPDX-License-Identifier: Apache-2.0 */
/* slots, the part that reads and writes the file. */
#include <string.h>

#include "hash.h"
#include "jsonfield.h"
#include "jsonwriter.h"
#include "limits.h"
#include "slots.h"

#define FILE_NAME "slots"
#define FORMAT    "tacenda/v1/root-slots"

/* As the file has it. */
struct slot_form {
	struct text kind;
	uint64_t made, memory, passes;
	struct bytes salt, sealed;
};
struct slots_form {
	struct text format;
	struct hash root, check;
	struct jsonfield_list slots;
};

static const struct jsonfield slot_rows[] = {
	{"kind", JSONFIELD_TEXT, offsetof(struct slot_form, kind), .required = true, .min = 1, .max = 16},
	{"made", JSONFIELD_U64, offsetof(struct slot_form, made), .required = true},
	{"memory", JSONFIELD_U64, offsetof(struct slot_form, memory), .max = LIMIT_ARGON2_MEMORY_MAX},
	{"passes", JSONFIELD_U64, offsetof(struct slot_form, passes), .max = LIMIT_ARGON2_PASSES_MAX},
	{"salt", JSONFIELD_BASE64, offsetof(struct slot_form, salt), .required = true, .min = 16, .max = 16},
	{"sealed", JSONFIELD_BASE64, offsetof(struct slot_form, sealed), .required = true, .min = 72, .max = 72},
};
static const struct jsonfield_table slot_table = JSONFIELD_TABLE(struct slot_form, slot_rows);
static const struct jsonfield slots_rows[] = {
	{"format", JSONFIELD_TEXT, offsetof(struct slots_form, format), .required = true, .min = 1, .max = 64},
	{"root", JSONFIELD_HASH, offsetof(struct slots_form, root), .required = true},
	{"slots", JSONFIELD_OBJECT, offsetof(struct slots_form, slots), .required = true, .many = KEYWIRE_SLOTS_MAX,
	 .table = &slot_table},
	{"check", JSONFIELD_HASH, offsetof(struct slots_form, check), .required = true},
};
static const struct jsonfield_table slots_table = JSONFIELD_TABLE(struct slots_form, slots_rows);

/* Damage must not pass for a wrong passphrase: a hash over every value of the file. */
static struct status check_hash(const struct slots *s, struct hash *out)
{
	AUTO(buffer) b = {.max = SLOTS_FILE_MAX};

	TRY(buffer_put(&b, bytes_of(FORMAT, sizeof FORMAT)));
	TRY(buffer_put(&b, hash_bytes(&s->root)));
	for (size_t i = 0; i < s->count; i++) {
		const struct slot *slot = &s->list[i];

		TRY(buffer_put_u8(&b, (uint8_t)slot->kind));
		TRY(buffer_put_u64(&b, slot->made));
		TRY(buffer_put_u32(&b, slot->memory));
		TRY(buffer_put_u32(&b, slot->passes));
		TRY(buffer_put(&b, BYTES_OF(slot->salt)));
		TRY(buffer_put(&b, BYTES_OF(slot->sealed)));
	}
	return sha256(buffer_bytes(&b), out);
}

static struct status read_slot(const struct slot_form *f, struct slot *out)
{
	struct slot s = {.made = f->made, .memory = (uint32_t)f->memory, .passes = (uint32_t)f->passes};

	if (text_equal(f->kind, TEXT("passphrase"))) {
		s.kind = SLOT_PASSPHRASE;
		if (s.memory < LIMIT_ARGON2_MEMORY_MIN || s.passes < 1)
			return FAIL(ST_INVALID);
	} else if (text_equal(f->kind, TEXT("key-file")) && s.memory == 0 && s.passes == 0) {
		s.kind = SLOT_KEY_FILE;
	} else {
		return FAIL(ST_INVALID);
	}
	memcpy(s.salt, f->salt.at, sizeof s.salt);
	memcpy(s.sealed, f->sealed.at, sizeof s.sealed);
	*out = s;
	return OK;
}

/* A newer format may have members that we do not know: asked before the table. */
static bool is_newer(struct json root)
{
	struct text format;

	return ok(json_text(json_member(root, TEXT("format")), &format)) && text_starts(format, TEXT("tacenda/v")) &&
	       format.len == sizeof FORMAT - 1 && format.at[9] > '1' && format.at[9] <= '9' &&
	       memcmp(&format.at[10], &FORMAT[10], sizeof FORMAT - 1 - 10) == 0;
}

static struct status read_form(struct json root, struct slots *out)
{
	AUTO(arena) arena = {.max = SLOTS_FILE_MAX};
	struct slots_form form = {0};
	struct slots s = {0};
	struct hash check;

	TRY(jsonfield_read(root, &slots_table, &arena, &form, NULL));
	if (!text_equal(form.format, TEXT(FORMAT)) || form.slots.count == 0)
		return FAIL(ST_INVALID);
	s.root = form.root;
	for (size_t i = 0; i < form.slots.count; i++)
		TRY(read_slot((const struct slot_form *)form.slots.items + i, &s.list[i]));
	s.count = form.slots.count;
	TRY(check_hash(&s, &check));
	if (!hash_equal(&check, &form.check))
		return FAIL(ST_INVALID);
	*out = s;
	return OK;
}

struct status slots_parse(struct bytes bytes, struct slots *out)
{
	static const struct json_limits limits = {.bytes = SLOTS_FILE_MAX, .depth = 4};
	AUTO(json_document) document = {0};

	struct status s = json_parse(bytes, &limits, &document);
	if (ok(s) && is_newer(json_root(&document)))
		return FAIL_AT(ST_CONFLICT, REASON_NEWER);
	if (ok(s))
		s = read_form(json_root(&document), out);
	if (ok(s) || s.code == ST_NO_MEMORY)
		return s;
	return FAIL_AT(ST_CORRUPT, REASON_SLOTS_DAMAGED);
}

struct status slots_load(const struct os *os, int dir, struct slots *out)
{
	AUTO(buffer) bytes = {.max = SLOTS_FILE_MAX};

	struct status s = os_load(os, dir, FILE_NAME, SLOTS_FILE_MAX, &bytes);
	if (s.code == ST_NOT_FOUND)
		return FAIL_AT(ST_NOT_FOUND, REASON_SLOTS_MISSING);
	if (s.code == ST_TOO_BIG)
		return FAIL_AT(ST_CORRUPT, REASON_SLOTS_DAMAGED);
	TRY(s);
	return slots_parse(buffer_bytes(&bytes), out);
}

static void write_slot(struct jsonwriter *w, const struct slot *s)
{
	jsonwriter_object(w, NULL);
	jsonwriter_string(w, "kind", s->kind == SLOT_PASSPHRASE ? "passphrase" : "key-file");
	jsonwriter_u64(w, "made", s->made);
	if (s->kind == SLOT_PASSPHRASE) {
		jsonwriter_u64(w, "memory", s->memory);
		jsonwriter_u64(w, "passes", s->passes);
	}
	jsonwriter_base64(w, "salt", BYTES_OF(s->salt));
	jsonwriter_base64(w, "sealed", BYTES_OF(s->sealed));
	jsonwriter_end(w);
}

struct status slots_save(const struct os *os, int dir, const struct slots *s)
{
	AUTO(buffer) bytes = {.max = SLOTS_FILE_MAX};
	struct jsonwriter w = jsonwriter_of(&bytes);
	struct hash check;

	TRY(check_hash(s, &check));
	jsonwriter_object(&w, NULL);
	jsonwriter_string(&w, "format", FORMAT);
	jsonwriter_hash(&w, "root", &s->root);
	jsonwriter_array(&w, "slots");
	for (size_t i = 0; i < s->count; i++)
		write_slot(&w, &s->list[i]);
	jsonwriter_end(&w);
	jsonwriter_hash(&w, "check", &check);
	jsonwriter_end(&w);
	TRY(jsonwriter_done(&w));
	return os_save(os, dir, FILE_NAME, buffer_bytes(&bytes));
}
