/* SPDX-License-Identifier: Apache-2.0 */
#include "unusual.h"

#include <stdio.h>
#include <string.h>

#include "device.h"
#include "notice.h"
#include "session.h"

/* More devices than this one person does not have; those beyond are not looked at. */
#define DEVICES_MAX 64

/** The rows as facts; their addresses are copied, because rows go. */
struct gathering {
	const struct service *service;
	uint64_t now, mono;
	struct sharing_device devices[DEVICES_MAX];
	struct sharing_session sessions[SESSION_MAX_PER_USER];
	uint8_t addresses[DEVICES_MAX][16];
	size_t device_count, session_count;
};

static struct bytes keep(uint8_t room[16], struct bytes address)
{
	const size_t len = address.len <= 16 ? address.len : 0;

	if (len > 0)
		memcpy(room, address.at, len);
	return bytes_of(room, len);
}

static struct status take_device(void *context, const struct row *row)
{
	struct gathering *g = context;
	struct device d;

	device_read(row, &d);
	if (g->device_count == DEVICES_MAX)
		return OK;
	const size_t i = g->device_count++;
	g->devices[i] = (struct sharing_device){d.id, d.created, d.seen, keep(g->addresses[i], d.address)};
	return OK;
}

static struct status take_session(void *context, const struct row *row)
{
	struct gathering *g = context;
	struct session s;

	TRY(session_read(row, &s));
	const uint64_t unused = presence_unused(g->service->presence, &s.id, g->mono);
	if (unused > g->now || g->now >= s.expires || g->session_count == SESSION_MAX_PER_USER)
		return OK;
	g->sessions[g->session_count++] = (struct sharing_session){s.device, g->now - unused};
	return OK;
}

struct status unusual_judge(const struct service *service, struct store_view *view, const struct unusual_use *use,
			    struct unusual *out)
{
	struct gathering g = {.service = service, .now = use->now, .mono = clock_mono(&service->clock)};

	TRY(device_list(view, &use->user, take_device, &g));
	TRY(session_list(view, &use->user, take_session, &g));
	out->sharing = sharing_judge(&(struct sharing_facts){.now = use->now,
							     .device = use->device,
							     .address = use->address,
							     .devices = g.devices,
							     .device_count = g.device_count,
							     .sessions = g.sessions,
							     .session_count = g.session_count});
	out->unusual = out->sharing.score >= settings_value(service->settings, SETTING_SHARING_SCORE);
	return OK;
}

void unusual_detail(const struct unusual *u, char out[UNUSUAL_DETAIL_MAX])
{
	char text[SHARING_TEXT_MAX];

	sharing_print(&u->sharing, text);
	(void)snprintf(out, UNUSUAL_DETAIL_MAX, "unusual %s", text);
}

void unusual_put(struct jsonwriter *w, const struct unusual *u)
{
	char text[SHARING_TEXT_MAX] = "";

	if (u->sharing.score > 0)
		sharing_print(&u->sharing, text);
	const char *reasons = strstr(text, ": ");
	jsonwriter_object(w, "sharing");
	jsonwriter_u64(w, "score", u->sharing.score);
	jsonwriter_bool(w, "unusual", u->unusual);
	jsonwriter_string(w, "reasons", reasons != NULL ? reasons + 2 : "");
	jsonwriter_end(w);
}

struct status unusual_sign_in(const struct service *service, struct store_txn *txn, const struct unusual_use *use,
			      struct text login, struct unusual *out)
{
	char detail[32];

	TRY(unusual_judge(service, txn->view, use, out));
	if (!out->unusual)
		return OK;
	(void)snprintf(detail, sizeof detail, "score %u", out->sharing.score);
	TRY(notice_put(txn, notice_to_user(&use->user), NOTICE_LOGIN_SHARED, text_of(detail), use->now));
	return notice_put(txn, notice_to_profile(PROFILE_AUDITOR), NOTICE_SHARED_LOGIN_SEEN, login, use->now);
}
