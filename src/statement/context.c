/* SPDX-License-Identifier: Apache-2.0 */
#include "context.h"

#include <string.h>

static struct status put_all(struct buffer *out, const char *label, const struct bytes *arguments, size_t count)
{
	TRY(buffer_put(out, bytes_of(label, strlen(label) + 1)));
	for (size_t i = 0; i < count; i++)
		TRY(buffer_put_sized(out, arguments[i]));
	return OK;
}

struct status context_put(struct buffer *out, const char *label, const struct bytes *arguments, size_t count)
{
	size_t before = out->len;
	struct status done = put_all(out, label, arguments, count);

	if (!ok(done))
		out->len = before;
	return done;
}

static void store_u32(uint8_t out[4], uint32_t v)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(v >> (24 - 8 * i));
}

/** The arguments that every context of an epoch begins with, and room for those that follow. */
struct epoch_arguments {
	uint8_t holder_kind, compartment, recipient_kind;
	uint8_t number[4];
	struct bytes list[8];
	size_t count;
};

static void epoch_begin(const struct epoch_place *place, struct epoch_arguments *a)
{
	a->holder_kind = (uint8_t)place->holder_kind;
	a->compartment = (uint8_t)place->compartment;
	store_u32(a->number, place->number);
	a->list[0] = hash_bytes(&place->fingerprint);
	a->list[1] = bytes_of(&a->holder_kind, 1);
	a->list[2] = uuid_bytes(&place->holder);
	a->list[3] = bytes_of(&a->compartment, 1);
	a->list[4] = bytes_of(a->number, 4);
	a->count = 5;
}

struct status context_commitment(const struct epoch_place *place, struct buffer *out)
{
	struct epoch_arguments a;

	epoch_begin(place, &a);
	return context_put(out, "tacenda/v1/commitment", a.list, a.count);
}

struct status context_previous_key(const struct epoch_place *place, struct buffer *out)
{
	struct epoch_arguments a;

	epoch_begin(place, &a);
	return context_put(out, CONTEXT_PREVIOUS_KEY, a.list, a.count);
}

#define WRAPPED_KEY "tacenda/v1/wrapped-key"

struct status context_wrapped_key(const struct epoch_place *place, enum recipient_kind kind,
				  const struct uuid *recipient, const struct hash *key_hash, struct buffer *out)
{
	struct epoch_arguments a;

	epoch_begin(place, &a);
	a.recipient_kind = (uint8_t)kind;
	a.list[a.count++] = bytes_of(&a.recipient_kind, 1);
	a.list[a.count++] = uuid_bytes(recipient);
	a.list[a.count++] = hash_bytes(key_hash);
	return context_put(out, WRAPPED_KEY, a.list, a.count);
}

struct status context_wrapped_key_info(struct buffer *out)
{
	static const uint8_t info[] = WRAPPED_KEY "\0\x01";

	return buffer_put(out, bytes_of(info, sizeof info - 1));
}

static struct status record_context(const struct record_place *place, const char *label, const struct user_id *author,
				    struct buffer *out)
{
	const uint8_t compartment = (uint8_t)place->compartment;
	uint8_t version[4];
	struct bytes list[6] = {hash_bytes(&place->fingerprint), uuid_bytes(&place->patient.uuid),
				uuid_bytes(&place->record.uuid), bytes_of(version, 4), bytes_of(&compartment, 1)};

	store_u32(version, place->version);
	if (author != NULL)
		list[5] = uuid_bytes(&author->uuid);
	return context_put(out, label, list, author != NULL ? 6 : 5);
}

struct status context_record_key(const struct record_place *place, struct buffer *out)
{
	return record_context(place, "tacenda/v1/record-key", NULL, out);
}

struct status context_record_header(const struct record_place *place, const struct user_id *author, struct buffer *out)
{
	return record_context(place, CONTEXT_RECORD_HEADER, author, out);
}

struct status context_record_content(const struct record_place *place, const struct user_id *author, struct buffer *out)
{
	return record_context(place, CONTEXT_RECORD_CONTENT, author, out);
}
