/* SPDX-License-Identifier: Apache-2.0 */
#include "device.h"

void device_read(const struct row *row, struct device *out)
{
	*out = (struct device){.created = row_number(row, COLUMN_DEVICE_CREATED),
			       .seen = row_number(row, COLUMN_DEVICE_SEEN),
			       .label = text_from(row->secret[SECRET_DEVICE_LABEL]),
			       .client = text_from(row->secret[SECRET_DEVICE_CLIENT]),
			       .address = row->secret[SECRET_DEVICE_ADDRESS]};
	out->id.uuid = row_uuid(row, COLUMN_DEVICE_ID);
	out->user.uuid = row_uuid(row, COLUMN_DEVICE_USER);
}

struct status device_get(struct store_view *view, const struct device_id *id, struct row *row, struct device *out)
{
	const struct row_value key[] = {ROW_UUID(&id->uuid)};
	struct status got = store_get(view, TABLE_DEVICE, key, row);

	if (got.code == ST_NOT_FOUND)
		return FAIL_AT(ST_NOT_FOUND, "device");
	TRY(got);
	device_read(row, out);
	return OK;
}

bool device_known(struct store_view *view, const struct device_id *id, const struct user_id *user)
{
	AUTO(row) row = {0};
	struct device found;

	return ok(device_get(view, id, &row, &found)) && uuid_equal(&found.user.uuid, &user->uuid);
}

struct status device_free_for(struct store_view *view, const struct device_id *id, const struct user_id *user)
{
	AUTO(row) row = {0};
	struct device found;
	struct status got = device_get(view, id, &row, &found);

	if (got.code == ST_NOT_FOUND)
		return OK;
	TRY(got);
	return uuid_equal(&found.user.uuid, &user->uuid) ? OK : FAIL_AT(ST_DENIED, "device");
}

struct status device_keep(struct store_txn *txn, const struct device *d)
{
	AUTO(row) old = {0};
	struct device before;
	struct status known = device_get(txn->view, &d->id, &old, &before);

	if (!ok(known) && known.code != ST_NOT_FOUND)
		return known;
	struct row row = {
		.table = TABLE_DEVICE,
		.plain = {[COLUMN_DEVICE_ID] = ROW_UUID(&d->id.uuid),
			  [COLUMN_DEVICE_USER] = ROW_UUID(&d->user.uuid),
			  [COLUMN_DEVICE_CREATED] = ROW_NUMBER(ok(known) ? before.created : d->created),
			  [COLUMN_DEVICE_SEEN] = ROW_NUMBER(d->seen)},
		.secret = {[SECRET_DEVICE_LABEL] = text_bytes(d->label),
			   [SECRET_DEVICE_CLIENT] = text_bytes(d->client),
			   [SECRET_DEVICE_ADDRESS] = d->address},
	};
	return store_put(txn, &row);
}

struct status device_forget(struct store_txn *txn, const struct device_id *id)
{
	const struct row_value key[] = {ROW_UUID(&id->uuid)};

	return store_remove(txn, TABLE_DEVICE, key);
}

struct status device_list(struct store_view *view, const struct user_id *user, store_visit *visit, void *context)
{
	const struct store_range of_user = {
		.index = INDEX_DEVICE_USER, .prefix_count = 1, .prefix = {ROW_UUID(&user->uuid)}};

	return store_scan(view, TABLE_DEVICE, &of_user, visit, context);
}
