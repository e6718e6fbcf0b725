/* SPDX-License-Identifier: Apache-2.0 */
#include "sharing.h"

#include <stdio.h>
#include <string.h>

/* What each piece of evidence adds, and from which number on. */
#define AT_ONCE       25u /* for each other network with a device at work */
#define AT_ONCE_NEW   40u /* the same when none there, or not this one, is known */
#define AT_ONCE_MOST  80u
#define NEW_DEVICES   2u /* are nobody's business: a new computer, a new telephone */
#define NEW_BEGINNER  3u /* for a login that is itself new */
#define NEW_EACH      20u
#define NEW_MOST      60u
#define NETWORKS      3u /* clinic, home, on the way */
#define NETWORKS_EACH 15u
#define NETWORKS_MOST 45u

/* --- Networks --- */

/** Blocks in which a whole site is one network: RFC 1918, RFC 6598. */
static const struct {
	uint8_t bytes[4];
	unsigned bits;
} blocks[] = {{{10, 0, 0, 0}, 8}, {{172, 16, 0, 0}, 12}, {{192, 168, 0, 0}, 16}, {{100, 64, 0, 0}, 10}};

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	const uint8_t last = (uint8_t)(0xff00u >> (bits % 8));

	return memcmp(a, b, bits / 8) == 0 && (bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) & last) == 0);
}

static unsigned network_bits(struct bytes a)
{
	if (a.len != 4)
		return 48;
	for (size_t i = 0; i < COUNT(blocks); i++)
		if (same_bits(a.at, blocks[i].bytes, blocks[i].bits))
			return blocks[i].bits;
	return 24;
}

bool sharing_same_network(struct bytes a, struct bytes b)
{
	if (a.len == 0 || b.len == 0)
		return true;
	return a.len == b.len && same_bits(a.at, b.at, network_bits(a));
}

/* --- Evidence --- */

static const struct sharing_device *find(const struct sharing_facts *f, const struct device_id *id)
{
	for (size_t i = 0; i < f->device_count; i++)
		if (uuid_equal(&f->devices[i].id.uuid, &id->uuid))
			return &f->devices[i];
	return NULL;
}

static bool within(uint64_t time, uint64_t now, uint64_t span)
{
	return now < span || time > now - span;
}

static bool is_new(const struct sharing_facts *f, const struct device_id *id)
{
	const struct sharing_device *d = find(f, id);

	return d == NULL || within(d->first, f->now, SHARING_NEW_MS);
}

/** The place of a device at work elsewhere than this sign-in; NULL: it is none. */
static const struct sharing_device *at_work(const struct sharing_facts *f, const struct sharing_session *s)
{
	const struct sharing_device *d = find(f, &s->device);

	if (d == NULL || uuid_equal(&s->device.uuid, &f->device.uuid) || !within(s->used, f->now, SHARING_AT_ONCE_MS) ||
	    sharing_same_network(d->address, f->address))
		return NULL;
	return d;
}

/** A network with a device at work: whether one of its sessions stands before ${at}, and a known device among all. */
static bool counts_at_once(const struct sharing_facts *f, size_t at, bool *known)
{
	const struct sharing_device *d = at_work(f, &f->sessions[at]);

	*known = false;
	for (size_t i = 0; d != NULL && i < f->session_count; i++) {
		const struct sharing_device *other = at_work(f, &f->sessions[i]);
		if (other == NULL || !sharing_same_network(other->address, d->address))
			continue;
		if (i < at)
			return false;
		*known = *known || !is_new(f, &other->id);
	}
	return d != NULL;
}

static unsigned at_once(const struct sharing_facts *f, struct sharing *out)
{
	const bool fresh = is_new(f, &f->device);
	unsigned score = 0;
	bool known;

	for (size_t i = 0; i < f->session_count; i++)
		if (counts_at_once(f, i, &known)) {
			out->at_once++;
			score += fresh || !known ? AT_ONCE_NEW : AT_ONCE;
		}
	return score < AT_ONCE_MOST ? score : AT_ONCE_MOST;
}

static unsigned beyond(unsigned count, unsigned allowed, unsigned each, unsigned most)
{
	const unsigned score = count > allowed ? (count - allowed) * each : 0;

	return score < most ? score : most;
}

static unsigned new_devices(const struct sharing_facts *f, struct sharing *out)
{
	unsigned fresh = find(f, &f->device) == NULL, known = 0;

	for (size_t i = 0; i < f->device_count; i++)
		if (is_new(f, &f->devices[i].id))
			fresh++;
		else
			known++;
	const unsigned score = beyond(fresh, known == 0 ? NEW_BEGINNER : NEW_DEVICES, NEW_EACH, NEW_MOST);
	out->new_devices = score > 0 ? fresh : 0;
	return score;
}

/** Another device, lately on another network than this sign-in. */
static bool elsewhere(const struct sharing_facts *f, const struct sharing_device *d)
{
	return within(d->last, f->now, SHARING_NETWORKS_MS) && !uuid_equal(&d->id.uuid, &f->device.uuid) &&
	       !sharing_same_network(d->address, f->address);
}

/** The first such device on its network. */
static bool counts_as_network(const struct sharing_facts *f, size_t at)
{
	const struct sharing_device *d = &f->devices[at];

	for (size_t i = 0; i < at; i++)
		if (elsewhere(f, &f->devices[i]) && sharing_same_network(f->devices[i].address, d->address))
			return false;
	return elsewhere(f, d);
}

static unsigned networks(const struct sharing_facts *f, struct sharing *out)
{
	unsigned count = 1;

	for (size_t i = 0; i < f->device_count; i++)
		count += counts_as_network(f, i);
	const unsigned score = beyond(count, NETWORKS, NETWORKS_EACH, NETWORKS_MOST);
	out->networks = score > 0 ? count : 0;
	return score;
}

struct sharing sharing_judge(const struct sharing_facts *f)
{
	struct sharing s = {0};

	s.score = at_once(f, &s) + new_devices(f, &s) + networks(f, &s);
	if (s.score > 100)
		s.score = 100;
	return s;
}

void sharing_print(const struct sharing *s, char out[SHARING_TEXT_MAX])
{
	const struct {
		unsigned count;
		const char *one, *many;
	} reasons[] = {
		{s->at_once, "other network with a device at work", "other networks with devices at work"},
		{s->new_devices, "new device in 7 days", "new devices in 7 days"},
		{s->networks, "network in a day", "networks in a day"},
	};
	int used = snprintf(out, SHARING_TEXT_MAX, "%u", s->score);
	const char *before = ": ";

	for (size_t i = 0; i < COUNT(reasons); i++) {
		if (reasons[i].count == 0)
			continue;
		used += snprintf(out + used, SHARING_TEXT_MAX - (size_t)used, "%s%u %s", before, reasons[i].count,
				 reasons[i].count == 1 ? reasons[i].one : reasons[i].many);
		before = "; ";
	}
}
