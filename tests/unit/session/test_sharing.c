/* SPDX-License-Identifier: Apache-2.0 */
/* Signs that several people use one login, and everyday life that must not look like it (PROMISES#K13 S4). */
#include "sharing.h"
#include "testing.h"

#include <string.h>

#define MINUTE  UINT64_C(60000)
#define HOUR    (60 * MINUTE)
#define DAY     (24 * HOUR)
#define NOW     UINT64_C(1795000000000)
#define UNUSUAL 50u /* the default of the setting */
#define MOST    8

/** Devices by letter; a network by its first three numbers, and every device has a last number of its own. */
struct use {
	char device;
	uint8_t network[3];
	uint64_t first, last; /* so long ago */
	uint64_t used;        /* its open session, so long ago; 0: it has none */
};
struct scene {
	const char *says;
	bool unusual;
	unsigned at_once, new_devices, networks; /* reasons */
	struct use here;                         /* this sign-in; first 0: its device is new */
	struct use others[MOST];
};

#define CLINIC \
	{ \
		192, 168, 1 \
	}
#define WIFI \
	{ \
		192, 168, 77 \
	}
#define HOME \
	{ \
		91, 12, 40 \
	}
#define MOBILE \
	{ \
		80, 187, 5 \
	}
#define CAFE \
	{ \
		5, 6, 7 \
	}
#define FAR \
	{ \
		203, 0, 113 \
	}
#define OLD (200 * DAY)

static const struct scene scenes[] = {
	{"one computer, every day", false, 0, 0, 0, {'a', CLINIC, OLD, DAY, 0}, {{0}}},
	{"the first sign-in of all", false, 0, 0, 0, {'a', CLINIC, 0, 0, 0}, {{0}}},
	{"telephone and desktop in one clinic, both at work",
	 false,
	 0,
	 0,
	 0,
	 {'p', WIFI, OLD, DAY, 0},
	 {{'a', CLINIC, OLD, HOUR, MINUTE}}},
	{"desktop in the clinic, telephone on the carrier's network, both at work",
	 false,
	 1,
	 0,
	 0,
	 {'p', MOBILE, OLD, DAY, 0},
	 {{'a', CLINIC, OLD, HOUR, MINUTE}}},
	{"a telephone whose carrier changes its address",
	 false,
	 0,
	 0,
	 0,
	 {'p', MOBILE, OLD, 10 * MINUTE, 0},
	 {{'p', {80, 187, 99}, OLD, 10 * MINUTE, 9 * MINUTE}}},
	{"the same with a session of each address still open",
	 false,
	 0,
	 0,
	 0,
	 {'p', MOBILE, OLD, MINUTE, 0},
	 {{'p', {80, 187, 99}, OLD, MINUTE, MINUTE},
	  {'p', {80, 188, 1}, OLD, MINUTE, 2 * MINUTE},
	  {'p', {81, 1, 1}, OLD, MINUTE, 3 * MINUTE},
	  {'p', {82, 1, 1}, OLD, MINUTE, 4 * MINUTE}}},
	{"clinic, then home, then on the way, one after the other",
	 false,
	 0,
	 0,
	 0,
	 {'p', MOBILE, OLD, DAY, 0},
	 {{'a', CLINIC, OLD, 9 * HOUR, 8 * HOUR}, {'h', HOME, OLD, 2 * HOUR, HOUR}}},
	{"a new computer while the old one is still open elsewhere",
	 false,
	 1,
	 0,
	 0,
	 {'n', HOME, 0, 0, 0},
	 {{'a', CLINIC, OLD, HOUR, MINUTE}}},
	{"a new telephone and a new computer in one week",
	 false,
	 0,
	 0,
	 0,
	 {'n', CLINIC, 0, 0, 0},
	 {{'p', CLINIC, 3 * DAY, DAY, 0}, {'a', CLINIC, OLD, DAY, 0}}},
	{"the first week of a new colleague: desktop, laptop, telephone",
	 false,
	 0,
	 0,
	 0,
	 {'p', CLINIC, 0, 0, 0},
	 {{'a', CLINIC, 2 * DAY, DAY, 0}, {'h', HOME, DAY, DAY, 0}}},
	{"two at work in the clinic, a new computer at home",
	 false,
	 1,
	 0,
	 0,
	 {'n', HOME, 0, 0, 0},
	 {{'a', CLINIC, OLD, HOUR, MINUTE}, {'p', WIFI, OLD, HOUR, MINUTE}}},
	{"an idle session elsewhere is no work",
	 false,
	 0,
	 0,
	 0,
	 {'h', HOME, OLD, DAY, 0},
	 {{'a', CLINIC, OLD, HOUR, 14 * MINUTE}}},

	{"three known devices at work on three networks",
	 true,
	 2,
	 0,
	 0,
	 {'h', HOME, OLD, DAY, 0},
	 {{'a', CLINIC, OLD, HOUR, MINUTE}, {'f', FAR, OLD, HOUR, 2 * MINUTE}}},
	{"two new devices at work far from the known one",
	 true,
	 2,
	 0,
	 0,
	 {'n', FAR, 0, 0, 0},
	 {{'a', CLINIC, OLD, HOUR, MINUTE}, {'m', HOME, DAY, HOUR, MINUTE}}},
	{"five new devices in a week",
	 true,
	 0,
	 5,
	 0,
	 {'n', CLINIC, 0, 0, 0},
	 {{'a', CLINIC, OLD, DAY, 0},
	  {'b', CLINIC, DAY, DAY, 0},
	  {'c', CLINIC, DAY, DAY, 0},
	  {'d', CLINIC, 2 * DAY, DAY, 0},
	  {'e', CLINIC, 6 * DAY, DAY, 0}}},
	{"three new devices, one of them at work elsewhere",
	 true,
	 1,
	 3,
	 0,
	 {'n', FAR, 0, 0, 0},
	 {{'a', CLINIC, OLD, DAY, 0}, {'b', CLINIC, DAY, HOUR, MINUTE}, {'c', CLINIC, DAY, DAY, 0}}},
	{"devices on six networks within a day, one at work elsewhere",
	 true,
	 1,
	 0,
	 6,
	 {'h', HOME, OLD, DAY, 0},
	 {{'a', CLINIC, OLD, HOUR, MINUTE},
	  {'p', MOBILE, OLD, HOUR, 0},
	  {'c', CAFE, OLD, 2 * HOUR, 0},
	  {'f', FAR, OLD, 3 * HOUR, 0},
	  {'g', {9, 9, 9}, OLD, 4 * HOUR, 0}}},
	{"six networks within a month are a month",
	 false,
	 0,
	 0,
	 0,
	 {'h', HOME, OLD, DAY, 0},
	 {{'a', CLINIC, OLD, DAY + 1, 0},
	  {'p', MOBILE, OLD, 2 * DAY, 0},
	  {'c', CAFE, OLD, 3 * DAY, 0},
	  {'f', FAR, OLD, 9 * DAY, 0},
	  {'g', {9, 9, 9}, OLD, 20 * DAY, 0}}},
};

static struct device_id device_of(char letter)
{
	struct device_id id = {0};

	memset(id.uuid.bytes, letter, sizeof id.uuid.bytes);
	return id;
}

/** The scene as facts, in memory of the caller's. */
struct built {
	uint8_t addresses[MOST + 1][4];
	struct sharing_device devices[MOST + 1];
	struct sharing_session sessions[MOST + 1];
	struct sharing_facts facts;
};

static void add(struct built *b, const struct use *u, size_t i)
{
	const struct device_id id = device_of(u->device);
	bool known = false;

	memcpy(b->addresses[i], u->network, 3);
	b->addresses[i][3] = (uint8_t)u->device;
	for (size_t d = 0; d < b->facts.device_count; d++)
		known = known || uuid_equal(&b->devices[d].id.uuid, &id.uuid);
	if (!known && u->first > 0)
		b->devices[b->facts.device_count++] =
			(struct sharing_device){id, NOW - u->first, NOW - u->last, BYTES_OF(b->addresses[i])};
	if (u->used > 0)
		b->sessions[b->facts.session_count++] = (struct sharing_session){id, NOW - u->used};
}

static struct sharing judge(const struct scene *s, struct built *b)
{
	*b = (struct built){.facts = {.now = NOW, .device = device_of(s->here.device)}};
	for (size_t i = 0; i < MOST && s->others[i].device != 0; i++)
		add(b, &s->others[i], i + 1);
	add(b, &s->here, 0);
	b->facts.address = BYTES_OF(b->addresses[0]);
	b->facts.devices = b->devices;
	b->facts.sessions = b->sessions;
	return sharing_judge(&b->facts);
}

static void tells_everyday_life_from_a_shared_login(void **state)
{
	struct built b;

	(void)state;
	for (size_t i = 0; i < COUNT(scenes); i++) {
		const struct sharing s = judge(&scenes[i], &b);
		if ((s.score >= UNUSUAL) != scenes[i].unusual || s.at_once != scenes[i].at_once ||
		    s.new_devices != scenes[i].new_devices || s.networks != scenes[i].networks)
			fail_msg("%s: score %u, %u at once, %u new, %u networks", scenes[i].says, s.score, s.at_once,
				 s.new_devices, s.networks);
	}
}

static void a_score_never_passes_a_hundred(void **state)
{
	static const struct scene all = {"everything",
					 true,
					 4,
					 5,
					 6,
					 {'n', FAR, 0, 0, 0},
					 {{'a', CLINIC, OLD, HOUR, MINUTE},
					  {'b', HOME, DAY, HOUR, MINUTE},
					  {'c', MOBILE, DAY, HOUR, MINUTE},
					  {'d', CAFE, DAY, HOUR, MINUTE},
					  {'e', {9, 9, 9}, DAY, HOUR, 0}}};
	char text[SHARING_TEXT_MAX];
	struct built b;
	const struct sharing s = judge(&all, &b);

	(void)state;
	assert_int_equal(s.score, 100);
	sharing_print(&s, text);
	assert_string_equal(text, "100: 4 other networks with devices at work; 5 new devices in 7 days; "
				  "6 networks in a day");
	sharing_print(&(struct sharing){0}, text);
	assert_string_equal(text, "0");
	sharing_print(&(struct sharing){.score = 25, .at_once = 1}, text);
	assert_string_equal(text, "25: 1 other network with a device at work");
}

static void a_network_is_a_place(void **state)
{
	static const struct {
		uint8_t a[16], b[16];
		size_t len;
		bool same;
	} pairs[] = {
		{{91, 12, 40, 1}, {91, 12, 40, 200}, 4, true},
		{{91, 12, 40, 1}, {91, 12, 41, 1}, 4, false},
		{{10, 1, 2, 3}, {10, 200, 2, 3}, 4, true},
		{{10, 1, 2, 3}, {11, 1, 2, 3}, 4, false},
		{{172, 16, 0, 1}, {172, 31, 9, 9}, 4, true},
		{{172, 16, 0, 1}, {172, 32, 0, 1}, 4, false},
		{{192, 168, 0, 1}, {192, 168, 250, 1}, 4, true},
		{{100, 64, 0, 1}, {100, 127, 0, 1}, 4, true},
		{{100, 128, 0, 1}, {100, 128, 1, 1}, 4, false},
		{{127, 0, 0, 1}, {127, 0, 1, 1}, 4, false},
		{{0x20, 1, 0xd, 0xb8, 0, 1, 5}, {0x20, 1, 0xd, 0xb8, 0, 1, 9}, 16, true},
		{{0x20, 1, 0xd, 0xb8, 0, 1, 5}, {0x20, 1, 0xd, 0xb8, 0, 2, 5}, 16, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		const struct bytes a = bytes_of(pairs[i].a, pairs[i].len), b = bytes_of(pairs[i].b, pairs[i].len);
		assert_int_equal(sharing_same_network(a, b), pairs[i].same);
		assert_int_equal(sharing_same_network(b, a), pairs[i].same);
		assert_true(sharing_same_network(a, (struct bytes){0}));
	}
	assert_false(sharing_same_network(bytes_of(pairs[0].a, 4), bytes_of(pairs[0].a, 16)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_everyday_life_from_a_shared_login),
		cmocka_unit_test(a_score_never_passes_a_hundred),
		cmocka_unit_test(a_network_is_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
