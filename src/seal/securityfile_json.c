/* SPDX-License-Identifier: Apache-2.0 */
/* securityfile_json: the file's JSON form.  `check` tells a damaged file from a
 * wrong passphrase; it proves nothing against somebody who means harm, which is
 * what the seals are for. */
#include <string.h>

#include "context.h"
#include "hash.h"
#include "jsonfield.h"
#include "jsonwriter.h"
#include "securityfile_public.h"

#define FORMAT      "tacenda/v1/security-file"
#define CHECK_LABEL "tacenda/v1/security-file-check"
#define PASSPHRASE  "passphrase"

struct slot_fields {
	struct text kind;
	uint32_t memory, passes;
	struct bytes salt, sealed;
};
static const struct jsonfield slot_rows[] = {
	{"kind", JSONFIELD_TEXT, offsetof(struct slot_fields, kind), .required = true, .max = 32},
	{"memory", JSONFIELD_U32, offsetof(struct slot_fields, memory), .required = true},
	{"passes", JSONFIELD_U32, offsetof(struct slot_fields, passes), .required = true},
	{"salt", JSONFIELD_BASE64, offsetof(struct slot_fields, salt), .required = true, .min = 16, .max = 16},
	{"sealed", JSONFIELD_BASE64, offsetof(struct slot_fields, sealed), .required = true, .min = SEALED_KEY_LEN,
	 .max = SEALED_KEY_LEN},
};
static const struct jsonfield_table slot_table = JSONFIELD_TABLE(struct slot_fields, slot_rows);

struct file_fields {
	struct text format;
	struct bytes public_part, sealed, check;
	struct jsonfield_list slots;
};
static const struct jsonfield file_rows[] = {
	{"format", JSONFIELD_TEXT, offsetof(struct file_fields, format), .required = true, .max = 64},
	{"public", JSONFIELD_BASE64, offsetof(struct file_fields, public_part), .required = true, .min = 1,
	 .max = SECURITYFILE_PUBLIC_MAX},
	{"slots", JSONFIELD_OBJECT, offsetof(struct file_fields, slots), .required = true, .many = SECURITYFILE_SLOTS,
	 .table = &slot_table},
	{"sealed", JSONFIELD_BASE64, offsetof(struct file_fields, sealed), .required = true, .min = SECURITYFILE_SEALED,
	 .max = SECURITYFILE_SEALED},
	{"check", JSONFIELD_BASE64, offsetof(struct file_fields, check), .required = true, .min = 32, .max = 32},
};
static const struct jsonfield_table file_table = JSONFIELD_TABLE(struct file_fields, file_rows);

static struct status put_slot(const struct securityslot *slot, struct buffer *out)
{
	TRY(buffer_put_sized(out, BYTES_LITERAL(PASSPHRASE)));
	TRY(buffer_put_u32(out, 4));
	TRY(buffer_put_u32(out, slot->cost.memory));
	TRY(buffer_put_u32(out, 4));
	TRY(buffer_put_u32(out, slot->cost.passes));
	TRY(buffer_put_sized(out, BYTES_OF(slot->salt)));
	return buffer_put_sized(out, BYTES_OF(slot->sealed));
}

/* SHA-256 of context(label, public part, every slot's pieces, sealed part). */
static struct status compute_check(const struct securityfile *file, struct hash *out)
{
	AUTO(buffer) all = {.max = SECURITYFILE_MAX};
	const struct bytes public_part = buffer_bytes(&file->public_part);

	TRY(context_put(&all, CHECK_LABEL, &public_part, 1));
	for (size_t i = 0; i < file->slot_count; i++)
		TRY(put_slot(&file->slots[i], &all));
	TRY(buffer_put_sized(&all, BYTES_OF(file->sealed)));
	return sha256(buffer_bytes(&all), out);
}

struct status securityfile_print(const struct securityfile *file, struct buffer *out)
{
	struct jsonwriter w = jsonwriter_of(out);
	struct hash check;

	if (file->slot_count == 0)
		return FAIL_AT(ST_INVALID, "security file slots");
	TRY(compute_check(file, &check));
	jsonwriter_object(&w, NULL);
	jsonwriter_string(&w, "format", FORMAT);
	jsonwriter_base64(&w, "public", buffer_bytes(&file->public_part));
	jsonwriter_array(&w, "slots");
	for (size_t i = 0; i < file->slot_count; i++) {
		jsonwriter_object(&w, NULL);
		jsonwriter_string(&w, "kind", PASSPHRASE);
		jsonwriter_u64(&w, "memory", file->slots[i].cost.memory);
		jsonwriter_u64(&w, "passes", file->slots[i].cost.passes);
		jsonwriter_base64(&w, "salt", BYTES_OF(file->slots[i].salt));
		jsonwriter_base64(&w, "sealed", BYTES_OF(file->slots[i].sealed));
		jsonwriter_end(&w);
	}
	jsonwriter_end(&w);
	jsonwriter_base64(&w, "sealed", BYTES_OF(file->sealed));
	jsonwriter_base64(&w, "check", hash_bytes(&check));
	jsonwriter_end(&w);
	return jsonwriter_done(&w);
}

static struct status take_slots(const struct file_fields *fields, struct securityfile *out)
{
	const struct slot_fields *slots = fields->slots.items;

	if (fields->slots.count == 0)
		return FAIL_AT(ST_CORRUPT, "security file");
	for (size_t i = 0; i < fields->slots.count; i++) {
		struct securityslot *slot = &out->slots[i];

		if (!text_equal(slots[i].kind, TEXT(PASSPHRASE)))
			return FAIL_AT(ST_INVALID, "security file slot kind");
		slot->cost = (struct argon2_cost){.memory = slots[i].memory, .passes = slots[i].passes};
		memcpy(slot->salt, slots[i].salt.at, sizeof slot->salt);
		memcpy(slot->sealed.bytes, slots[i].sealed.at, sizeof slot->sealed.bytes);
	}
	out->slot_count = fields->slots.count;
	return OK;
}

/* Damage first, so that a flipped bit in a number is called what it is. */
static struct status check_file(const struct securityfile *file, struct bytes check)
{
	struct hash own;

	TRY(compute_check(file, &own));
	if (!bytes_equal(hash_bytes(&own), check))
		return FAIL_AT(ST_CORRUPT, "security file");
	for (size_t i = 0; i < file->slot_count; i++)
		TRY(securityslot_check(file->slots[i].cost));
	return OK;
}

static struct status take_fields(const struct file_fields *fields, struct securityfile *out)
{
	if (!text_equal(fields->format, TEXT(FORMAT)))
		return FAIL_AT(ST_INVALID, "security file format");
	TRY(take_slots(fields, out));
	memcpy(out->sealed, fields->sealed.at, sizeof out->sealed);
	TRY(buffer_put(&out->public_part, fields->public_part));
	TRY(check_file(out, fields->check));
	struct status s = securityfile_public_read(buffer_bytes(&out->public_part), &out->person);
	return ok(s) ? OK : FAIL_AT(ST_CORRUPT, "security file");
}

struct status securityfile_parse(struct bytes json, struct securityfile *out)
{
	static const struct json_limits limits = {.bytes = SECURITYFILE_MAX, .depth = 4};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = SECURITYFILE_MAX};
	AUTO(securityfile) parsed = {.public_part = {.max = SECURITYFILE_PUBLIC_MAX}};
	struct file_fields fields = {0};

	struct status s = json_parse(json, &limits, &document);
	if (ok(s))
		s = jsonfield_read(json_root(&document), &file_table, &arena, &fields, NULL);
	if (!ok(s))
		return s.code == ST_NO_MEMORY ? s : FAIL_AT(ST_CORRUPT, "security file");
	TRY(take_fields(&fields, &parsed));
	*out = parsed;
	parsed = (struct securityfile){0};
	return OK;
}
