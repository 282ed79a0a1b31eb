/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EAP packets: valid ones are read and written, malformed ones are refused. */
#include "eap/packet.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
	const char *what;
	const char *bytes;
	size_t len;
	bool is_good;
	uint8_t code, id;
	uint32_t vendor, type;
	size_t data_len;
} packets[] = {
	{ "Identity request", "\1\7\0\5\1", 5, true, 1, 7, 0, 1, 0 },
	{ "Identity response", "\2\7\0\x8\1ann", 8, true, 2, 7, 0, 1, 3 },
	{ "Success", "\3\7\0\4", 4, true, 3, 7, 0, 0, 0 },
	{ "Failure", "\4\7\0\4", 4, true, 4, 7, 0, 0, 0 },
	{ "padding", "\3\7\0\4xx", 6, true, 3, 7, 0, 0, 0 },
	{ "padding after data", "\2\7\0\6\1a??", 8, true, 2, 7, 0, 1, 1 },
	{ "expanded", "\1\7\0\xe\xfe\0\x1\x37\0\0\0\x22xy", 14, true, 1, 7, 311, 34, 2 },
	{ "expanded, the IETF's", "\1\7\0\xc\xfe\0\0\0\0\0\0\x1a", 12, true, 1, 7, 0, 26, 0 },
	{ "expanded and cut", "\1\7\0\xb\xfe\0\0\0\0\0\0", 11, false, 0, 0, 0, 0, 0 },
	{ "expanded and cut by its Length", "\1\7\0\xb\xfe\0\0\0\0\0\0\x1a", 12, false, 0, 0, 0, 0,
	  0 },
	{ "no type", "\1\7\0\4", 4, false, 0, 0, 0, 0, 0 },
	{ "no type but padding", "\1\7\0\4\1", 5, false, 0, 0, 0, 0, 0 },
	{ "Success with data", "\3\7\0\5\1", 5, false, 0, 0, 0, 0, 0 },
	{ "longer than it is", "\2\7\0\x9\1ann", 8, false, 0, 0, 0, 0, 0 },
	{ "shorter than its header", "\1\7\0\3\1", 5, false, 0, 0, 0, 0, 0 },
	{ "code 0", "\0\7\0\5\1", 5, false, 0, 0, 0, 0, 0 },
	{ "code 5", "\5\7\0\5\1", 5, false, 0, 0, 0, 0, 0 },
	{ "three bytes", "\1\7\0", 3, false, 0, 0, 0, 0, 0 },
	{ "nothing", "", 0, false, 0, 0, 0, 0, 0 },
};

static void reading(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(packets) / sizeof(*packets); i++) {
		struct eap_packet p;
		bool is_good = eap_packet_get(
			bytes_of((const uint8_t *)packets[i].bytes, packets[i].len), &p);

		if (is_good != packets[i].is_good)
			fail_msg("%s", packets[i].what);
		if (!is_good)
			continue;
		assert_int_equal(p.code, packets[i].code);
		assert_int_equal(p.id, packets[i].id);
		assert_int_equal(p.vendor, packets[i].vendor);
		assert_int_equal(p.type, packets[i].type);
		assert_int_equal(p.data.len, packets[i].data_len);
	}
}

/* What was read is written the same, without padding. */
static void writing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(packets) / sizeof(*packets); i++) {
		struct bytes in = bytes_of((const uint8_t *)packets[i].bytes, packets[i].len);
		uint8_t bytes[32];
		struct writer w = writer_of(bytes, sizeof(bytes));
		struct eap_packet p;

		if (!eap_packet_get(in, &p))
			continue;
		eap_packet_put(&w, &p);
		assert_false(w.full);
		assert_int_equal(w.len, load_u16(in.at + 2));
		assert_memory_equal(bytes, in.at, w.len);
	}
}

static void no_room(void **state)
{
	struct eap_packet p = { .code = EAP_RESPONSE, .type = 4, .data = bytes_text("12345") };
	uint8_t bytes[10];

	(void)state;
	for (size_t room = 0; room <= sizeof(bytes); room++) {
		struct writer w = writer_of(bytes, room);

		eap_packet_put(&w, &p);
		assert_int_equal(w.full, room < sizeof(bytes));
		assert_int_equal(w.len, room < sizeof(bytes) ? 0 : sizeof(bytes));
	}
}

static void what_a_nak_wants(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		uint32_t types[3]; /* of vendor 0 */
	} cases[] = {
		{ "\2\7\0\6\3\x1a", 6, { 26 } },
		{ "\2\7\0\x8\3\x1a\xd\x19", 8, { 26, 13, 25 } },
		{ "\2\7\0\6\3\0", 6, { 0 } },
		{ "\2\7\0\5\3", 5, { 0 } },
		{ "\2\7\0\x7\3\x1a\0", 7, { 26 } },
		/* expanded, RFC 3748 section 5.3.2 */
		{ "\2\7\0\x1c\xfe\0\0\0\0\0\0\3\xfe\0\0\0\0\0\0\x1a\xfe\0\0\0\0\0\0\xd",
		  28,
		  { 26, 13 } },
		{ "\2\7\0\x14\xfe\0\0\0\0\0\0\3\xfe\0\0\0\0\0\0\0", 20, { 0 } },
		{ "\2\7\0\x13\xfe\0\0\0\0\0\0\3\xfe\0\0\0\0\0\0", 19, { 0 } },
		{ "\2\7\0\x14\xfe\0\0\0\0\0\0\3\x1a\0\0\0\0\0\0\x1a", 20, { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct eap_packet p;
		struct reader r;
		uint32_t vendor, type;
		size_t n = 0;

		assert_true(eap_packet_get(bytes_of((const uint8_t *)cases[i].bytes, cases[i].len),
					   &p));
		assert_int_equal(p.type, EAP_NAK);
		r = reader_of(p.data.at, p.data.len);
		while (eap_nak_next(&r, &p, &vendor, &type)) {
			assert_true(n < 3);
			assert_int_equal(vendor, 0);
			assert_int_equal(type, cases[i].types[n++]);
		}
		assert_true(n == 3 || !cases[i].types[n]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading),
		cmocka_unit_test(writing),
		cmocka_unit_test(no_room),
		cmocka_unit_test(what_a_nak_wants),
	};

	return cmocka_run_group_tests_name("eap/packet", tests, NULL, NULL);
}
