/* SPDX-License-Identifier: GPL-3.0-or-later */
/* src/radius/radius_packet.c against the examples of the RFCs, and with packets that are cut or changed. */
#include "radius/radius_packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/vectors.h"
#include "util/text.h"

static struct bytes secret_of(const char *group)
{
	return vectors_text(group, "shared_secret_text");
}

static void assert_bytes(struct bytes got, struct bytes wanted)
{
	assert_int_equal(got.len, wanted.len);
	assert_memory_equal(got.at, wanted.at, wanted.len);
}

/* RFC 2865 section 7.1, whose request has no Message-Authenticator. */
static void password_is_hidden(void **state)
{
	static const char *const groups[] = { "radius_pap", "radius_user_password_long" };
	static const char *const hidden[] = { "user_password_hidden", "hidden" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		uint8_t packet[200] = { RADIUS_ACCESS_REQUEST };
		struct writer w = writer_of(packet, sizeof(packet));
		struct bytes password = vectors_text(groups[i], "password_text");
		size_t at;

		radius_begin(&w, RADIUS_ACCESS_REQUEST);
		at = radius_put_password_gap(&w, password.len);
		radius_sign_request(packet, w.len, 0,
				    vectors_hex(groups[i], "request_authenticator").at, at,
				    password, secret_of(groups[i]));
		assert_bytes(bytes_of(packet + at, w.len - at), vectors_hex(groups[i], hidden[i]));
	}
}

static void responses_of_the_rfcs_are_right(void **state)
{
	static const struct {
		const char *group, *request, *response;
		enum radius_check check;
	} cases[] = {
		{ "radius_pap", "access_request", "access_accept", RADIUS_CHECK_NO_MA },
		{ "radius_chap", "access_request", "access_accept", RADIUS_CHECK_NO_MA },
		{ "radius_message_authenticator", "request", "response", RADIUS_CHECK_NO_MA },
		{ "radius_accounting_and_disconnect", "accounting_start_request",
		  "accounting_response", RADIUS_CHECK_OK },
		{ "radius_accounting_and_disconnect", "disconnect_request", "disconnect_ack",
		  RADIUS_CHECK_OK },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const uint8_t *request = vectors_hex(cases[i].group, cases[i].request).at + 4;
		struct bytes packet = vectors_hex(cases[i].group, cases[i].response);
		struct bytes secret = secret_of(cases[i].group);
		uint8_t copy[200];

		assert_true(radius_is_packet(&packet));
		assert_int_equal(radius_check_response(packet, request, secret), cases[i].check);
		for (size_t at = 0; at < packet.len; at++) {
			struct bytes changed = bytes_of(copy, packet.len);

			memcpy(copy, packet.at, packet.len);
			copy[at] ^= 1;
			if (radius_is_packet(&changed))
				assert_int_equal(radius_check_response(changed, request, secret),
						 RADIUS_CHECK_FORGED);
		}
	}
}

static void message_authenticator_of_a_response(void **state)
{
	const char *group = "radius_accept_with_message_authenticator";
	const uint8_t *request = vectors_hex(group, "request_authenticator").at;
	struct bytes want = vectors_hex(group, "access_accept");
	uint8_t packet[200];
	struct writer w = writer_of(packet, sizeof(packet));

	(void)state;
	assert_int_equal(radius_check_response(want, request, secret_of(group)), RADIUS_CHECK_OK);
	radius_begin_response(&w, RADIUS_ACCESS_ACCEPT, want.at[1], true);
	put_bytes(&w, want.at + w.len, want.len - w.len);
	radius_sign_response(packet, w.len, request, secret_of(group));
	assert_bytes(bytes_of(packet, w.len), want);
}

static void requests_are_signed_as_in_the_rfcs(void **state)
{
	static const struct {
		const char *group, *request;
		enum radius_code code;
	} cases[] = {
		{ "radius_message_authenticator", "request", RADIUS_STATUS_SERVER },
		{ "radius_accounting_and_disconnect", "accounting_start_request",
		  RADIUS_ACCOUNTING_REQUEST },
		{ "radius_accounting_and_disconnect", "disconnect_request",
		  RADIUS_DISCONNECT_REQUEST },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bytes want = vectors_hex(cases[i].group, cases[i].request);
		struct bytes secret = secret_of(cases[i].group);
		uint8_t packet[200];
		struct writer w = writer_of(packet, sizeof(packet));

		radius_begin(&w, cases[i].code);
		put_bytes(&w, want.at + w.len, want.len - w.len);
		radius_sign_request(packet, w.len, want.at[1], want.at + 4, 0, bytes_of(NULL, 0),
				    secret);
		assert_bytes(bytes_of(packet, w.len), want);
	}
	assert_int_equal(radius_check_request(vectors_hex("radius_accounting_and_disconnect",
							  "disconnect_request"),
					      secret_of("radius_accounting_and_disconnect")),
			 RADIUS_CHECK_OK);
}

/* The attribute of the vectors, without its header and the vendor's. */
static struct bytes vendor_value(const char *path)
{
	return text_skip(vectors_hex("radius_mppe_key_attributes", path), 8);
}

static void keys_are_unhidden(void **state)
{
	const char *group = "radius_mppe_key_attributes";
	static const char *const names[][2] = { { "send_key", "send_key_attr" },
						{ "recv_key", "recv_key_attr" },
						{ "recv_key_32", "recv_key_32_attr" } };
	const uint8_t *request = vectors_hex(group, "request_authenticator").at;
	uint8_t key[RADIUS_KEY_MAX];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct bytes value = vendor_value(names[i][1]);
		size_t len = radius_mppe_key(value, request, secret_of(group), key);

		assert_bytes(bytes_of(key, len), vectors_hex(group, names[i][0]));
		for (size_t cut = 0; cut < value.len; cut++) /* cut anywhere: no overrun */
			radius_mppe_key(bytes_of(value.at, cut), request, secret_of(group), key);
		value.len -= 1;
		assert_int_equal(radius_mppe_key(value, request, secret_of(group), key), 0);
	}
}

static void attributes_are_walked(void **state)
{
	static const uint8_t packet[] = {
		2,  7,  0,  57, 0, 0,  0,  0, 0,   0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* header */
		8,  6,  10, 9,  0, 5,                       /* Framed-IP-Address */
		26, 12, 0,  0,  1, 55, 28, 6, 10,  9, 0, 1, /* MS-Primary-DNS */
		26, 8,  0,  0,  1, 55, 9,  1,               /* not an attribute inside */
		26, 9,  0,  0,  0, 0,  1,  3, 'x',          /* of nobody */
		1,  2,                                      /* User-Name, empty */
	};
	static const struct {
		uint32_t vendor;
		uint8_t type;
		size_t len;
	} want[] = { { 0, 8, 4 }, { 311, 28, 4 }, { 0, 26, 7 }, { 0, 1, 0 } };
	struct bytes all = bytes_of(packet, sizeof(packet)), value;
	struct radius_walk w;
	struct radius_attr a;

	(void)state;
	assert_true(radius_is_packet(&all));
	w = radius_walk(all);
	for (size_t i = 0; i < 4; i++) {
		assert_true(radius_next(&w, &a));
		assert_int_equal(a.vendor, want[i].vendor);
		assert_int_equal(a.type, want[i].type);
		assert_int_equal(a.value.len, want[i].len);
	}
	assert_false(radius_next(&w, &a));
	assert_true(radius_find(all, RADIUS_MICROSOFT, RADIUS_MS_PRIMARY_DNS, &value));
	assert_int_equal(radius_number(value), 0x0a090001);
	assert_false(radius_find(all, 0, RADIUS_CLASS, &value));
}

/* Length field and attributes, each too long or too short. */
static void malformed_packets_are_refused(void **state)
{
	static const struct {
		const char *name;
		uint8_t len, attr_len;
		size_t size;
		bool is_good;
	} cases[] = {
		{ "as it should be", 24, 4, 24, true },
		{ "bytes after Length", 24, 4, 30, true },
		{ "Length beyond the datagram", 25, 4, 24, false },
		{ "Length below the header", 19, 4, 24, false },
		{ "attribute of length 1", 24, 1, 24, false },
		{ "attribute of length 0", 24, 0, 24, false },
		{ "attribute beyond the packet", 24, 5, 24, false },
		{ "datagram shorter than a header", 24, 4, 12, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t bytes[30] = { 2, 1, 0, cases[i].len };
		struct bytes packet = bytes_of(bytes, cases[i].size);

		bytes[20] = 24;
		bytes[21] = cases[i].attr_len;
		if (radius_is_packet(&packet) != cases[i].is_good)
			fail_msg("%s", cases[i].name);
		if (cases[i].is_good)
			assert_int_equal(packet.len, cases[i].len);
	}
}

static void long_values_are_split(void **state)
{
	static const uint8_t eap[400] = { 1, 2, 3 };
	uint8_t packet[600];
	struct writer w = writer_of(packet, sizeof(packet));
	struct radius_walk walk;
	struct radius_attr a;
	struct bytes all;

	(void)state;
	radius_begin(&w, RADIUS_ACCESS_REQUEST);
	radius_put_long(&w, RADIUS_EAP_MESSAGE, bytes_of(eap, sizeof(eap)));
	put_u16_at(&w, 2, (uint16_t)w.len);
	all = bytes_of(packet, w.len);
	assert_true(radius_is_packet(&all));
	walk = radius_walk(all);
	assert_true(radius_next(&walk, &a) && a.type == RADIUS_MESSAGE_AUTHENTICATOR);
	assert_true(radius_next(&walk, &a) && a.type == RADIUS_EAP_MESSAGE && a.value.len == 253);
	assert_true(radius_next(&walk, &a) && a.type == RADIUS_EAP_MESSAGE && a.value.len == 147);
	assert_false(radius_next(&walk, &a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(password_is_hidden),
		cmocka_unit_test(responses_of_the_rfcs_are_right),
		cmocka_unit_test(message_authenticator_of_a_response),
		cmocka_unit_test(requests_are_signed_as_in_the_rfcs),
		cmocka_unit_test(keys_are_unhidden),
		cmocka_unit_test(attributes_are_walked),
		cmocka_unit_test(malformed_packets_are_refused),
		cmocka_unit_test(long_values_are_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
