/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A login as RADIUS packets, and what a response grants. */
#include "auth/radius_login.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/radius_grant.h"
#include "crypto/digest.h"
#include "support/vectors.h"
#include "util/text.h"

static const struct bytes secret = { (const uint8_t *)"xyzzy5461", 9 };
static const struct radius_nas nas = { .name = "vpn", .start = 0x12345678 };
static const char keys_group[] = "radius_mppe_key_attributes";

static uint8_t packet[RADIUS_PACKET_MAX];
static struct writer w;
static struct radius_conversation conversation;
static uint8_t eap[PPP_EAP_MAX];
static struct auth_result result;

static struct ppp_attempt attempt;
static struct auth_request rq = { .attempt = &attempt, .session = 7 };

static int set_up(void **state)
{
	(void)state;
	memset(packet, 0, sizeof(packet));
	w = writer_of(packet, sizeof(packet));
	conversation.len = 0;
	rq.source = ip_from_v4(0x0a010002);
	rq.local = ip_from_v4(0xc0000201);
	attempt = (struct ppp_attempt){ .method = PPP_AUTH_PAP, .user = bytes_text("OFFICE\\ann") };
	return 0;
}

/* ---- the request */

static struct bytes request(struct bytes eap_packet)
{
	size_t password_at;
	struct bytes all;

	assert_true(radius_login_put(&w, &nas, &rq, eap_packet, &conversation, &password_at));
	assert_int_equal(password_at != 0, attempt.method == PPP_AUTH_PAP);
	store_u16(packet + 2, (uint16_t)w.len);
	all = bytes_of(packet, w.len);
	assert_true(radius_is_packet(&all));
	return all;
}

static struct bytes found(struct bytes in, uint32_t vendor, uint8_t type)
{
	struct bytes value = { NULL, 0 };

	assert_true(radius_find(in, vendor, type, &value));
	return value;
}

static void a_request_names_session_and_client(void **state)
{
	struct bytes all, value;

	(void)state;
	attempt.password = bytes_text("secret");
	all = request(bytes_of(NULL, 0));
	assert_true(text_is(found(all, 0, RADIUS_USER_NAME), "OFFICE\\ann"));
	assert_true(text_is(found(all, 0, RADIUS_NAS_IDENTIFIER), "vpn"));
	assert_true(text_is(found(all, 0, RADIUS_CALLING_STATION_ID), "10.1.0.2"));
	assert_true(text_is(found(all, 0, RADIUS_CALLED_STATION_ID), "192.0.2.1"));
	assert_true(text_is(found(all, 0, RADIUS_ACCT_SESSION_ID), "1234567800000007"));
	assert_int_equal(radius_number(found(all, 0, RADIUS_NAS_PORT)), 7);
	assert_int_equal(
		radius_number(found(all, RADIUS_MICROSOFT, RADIUS_MS_NETWORK_ACCESS_SERVER_TYPE)),
		2);
	assert_false(radius_find(all, 0, RADIUS_NAS_IP_ADDRESS, &value));
	assert_false(radius_find(all, 0, RADIUS_STATE, &value));
}

/* The attributes of RFC 2548, whose fields are in another order than those of CHAP. */
static void mschapv2_is_rearranged(void **state)
{
	const char *group = "radius_mschapv2_attributes";
	struct bytes challenge = text_skip(vectors_hex(group, "ms_chap_challenge_attr"), 8);
	struct bytes wanted = text_skip(vectors_hex(group, "ms_chap2_response_attr"), 8);
	uint8_t response[49] = { 0 };
	struct bytes all;

	(void)state;
	memcpy(response, wanted.at + 2,
	       48); /* as in CHAP: peer challenge, reserved, response, flags */
	attempt.method = PPP_AUTH_MSCHAPV2;
	attempt.identifier = wanted.at[0];
	attempt.challenge = challenge;
	attempt.response = bytes_of(response, sizeof(response));
	all = request(bytes_of(NULL, 0));
	assert_true(bytes_equal(found(all, RADIUS_MICROSOFT, RADIUS_MS_CHAP_CHALLENGE), challenge));
	assert_true(bytes_equal(found(all, RADIUS_MICROSOFT, RADIUS_MS_CHAP2_RESPONSE), wanted));
}

static void what_does_not_fit_is_refused(void **state)
{
	static const uint8_t long_text[300];
	size_t password_at;

	(void)state;
	attempt.password = bytes_of(long_text, RADIUS_PASSWORD_MAX + 1);
	assert_false(
		radius_login_put(&w, &nas, &rq, bytes_of(NULL, 0), &conversation, &password_at));
	attempt.password = bytes_text("secret");
	attempt.user = bytes_of(long_text, RADIUS_VALUE_MAX + 1);
	assert_false(
		radius_login_put(&w, &nas, &rq, bytes_of(NULL, 0), &conversation, &password_at));
	attempt.user = bytes_of(NULL, 0);
	assert_false(
		radius_login_put(&w, &nas, &rq, bytes_of(NULL, 0), &conversation, &password_at));
}

/* ---- the response */

static void begin(enum radius_code code)
{
	w = writer_of(packet, sizeof(packet));
	radius_begin_response(&w, code, 0, false);
}

static void take(void)
{
	struct radius_response r = { .packet = { packet, w.len },
				     .request = vectors_hex(keys_group, "request_authenticator").at,
				     .secret = secret };

	store_u16(packet + 2, (uint16_t)w.len);
	assert_true(radius_is_packet(&r.packet));
	radius_login_result(&r, &rq, &conversation, eap, &result);
}

static void put_vector(const char *group, const char *path)
{
	struct bytes attr = vectors_hex(group, path);

	put_bytes(&w, attr.at, attr.len);
}

static void put_keys(void)
{
	put_vector(keys_group, "send_key_attr");
	put_vector(keys_group, "recv_key_attr");
}

static void an_accept_with_keys(void **state)
{
	(void)state;
	attempt.method = PPP_AUTH_MSCHAPV2;
	begin(RADIUS_ACCESS_ACCEPT);
	put_keys();
	put_vector("radius_mschapv2_attributes", "ms_chap2_success_attr");
	radius_put_text(&w, RADIUS_USER_NAME, "ann");
	take();
	assert_int_equal(result.outcome, AUTH_RESULT_OK);
	assert_true(result.is_right);
	assert_string_equal(result.name, "ann");
	assert_string_equal(result.message, "S=407A5589115FD0D6209F510FE9C04566932CDA56");
	assert_memory_equal(result.hlak,
			    vectors_hex(keys_group, "server_hlak_from_16_byte_pair").at,
			    PPP_HLAK_LEN);
}

/* RFC 2548 section 2.4.2: salt, then length, key and padding, hidden. */
static void put_zero_key(uint8_t type, uint8_t len)
{
	uint8_t value[2 + MD5_LEN] = { 0x80, type };
	struct bytes parts[] = { secret, vectors_hex(keys_group, "request_authenticator"),
				 bytes_of(value, 2) };

	assert_true(len < MD5_LEN);
	digest_md5(parts, 3, value + 2);
	value[2] ^= len;
	radius_put_vendor(&w, RADIUS_MICROSOFT, type, value, sizeof(value));
}

/* Of two keys of eight bytes half of the crypto binding's key would be zeros. */
static void keys_that_are_too_short(void **state)
{
	(void)state;
	attempt.method = PPP_AUTH_EAP;
	for (uint8_t len = 0; len < MD5_LEN; len++) {
		begin(RADIUS_ACCESS_ACCEPT);
		put_zero_key(RADIUS_MS_MPPE_SEND_KEY, len);
		put_zero_key(RADIUS_MS_MPPE_RECV_KEY, len);
		take();
		assert_int_equal(result.outcome, AUTH_RESULT_REFUSED);
	}
}

static void an_accept_that_cannot_be_used(void **state)
{
	static const struct {
		enum ppp_auth method;
		bool has_keys, has_success;
		const char *reason;
	} cases[] = {
		{ PPP_AUTH_MSCHAPV2, false, true, "no MS-MPPE keys" },
		{ PPP_AUTH_MSCHAPV2, true, false, "without MS-CHAP2-Success" },
		{ PPP_AUTH_EAP, false, false, "no MS-MPPE keys" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		attempt.method = cases[i].method;
		begin(RADIUS_ACCESS_ACCEPT);
		if (cases[i].has_keys)
			put_keys();
		if (cases[i].has_success)
			put_vector("radius_mschapv2_attributes", "ms_chap2_success_attr");
		take();
		assert_int_equal(result.outcome, AUTH_RESULT_REFUSED);
		assert_non_null(strstr(result.reason, cases[i].reason));
		assert_string_equal(result.message, "");
	}
}

static void a_reject_has_an_error_and_a_text(void **state)
{
	static const char error[] = "\5E=648 R=1 C=00 V=3 M=Password expired";

	(void)state;
	attempt.method = PPP_AUTH_MSCHAPV2;
	begin(RADIUS_ACCESS_REJECT);
	radius_put_text(&w, RADIUS_REPLY_MESSAGE, "a\nb");
	radius_put_vendor(&w, RADIUS_MICROSOFT, RADIUS_MS_CHAP_ERROR, error, sizeof(error) - 1);
	take();
	assert_int_equal(result.outcome, AUTH_RESULT_REFUSED);
	assert_false(result.is_right);
	assert_int_equal(result.error, 648);
	assert_string_equal(result.message, "Password expired");
	assert_string_equal(result.reason, "the RADIUS server rejected it: \"a\\x0ab\"");
}

static void a_challenge_goes_on(void **state)
{
	static const uint8_t long_eap[600] = { 1, 9, 2, 88, 13 };
	struct bytes all;

	(void)state;
	attempt.method = PPP_AUTH_EAP;
	begin(RADIUS_ACCESS_CHALLENGE);
	radius_put_text(&w, RADIUS_STATE, "the state");
	radius_put_long(&w, RADIUS_EAP_MESSAGE, bytes_of(long_eap, sizeof(long_eap)));
	radius_put_number(&w, RADIUS_FRAMED_IP_ADDRESS, 0x0a090005); /* not granted yet */
	take();
	assert_int_equal(result.outcome, AUTH_RESULT_CONTINUE);
	assert_true(bytes_equal(result.eap, bytes_of(long_eap, sizeof(long_eap))));
	assert_int_equal(result.grant.ipv4, 0);
	w = writer_of(packet, sizeof(packet));
	all = request(bytes_of(long_eap, 300));
	assert_true(text_is(found(all, 0, RADIUS_STATE), "the state"));
	assert_int_equal(found(all, 0, RADIUS_EAP_MESSAGE).len, RADIUS_VALUE_MAX);
}

static void a_challenge_that_cannot_be_used(void **state)
{
	static const uint8_t too_long[PPP_EAP_MAX + 1];

	(void)state;
	begin(RADIUS_ACCESS_CHALLENGE);
	take();
	assert_int_equal(result.outcome, AUTH_RESULT_REFUSED);
	attempt.method = PPP_AUTH_EAP;
	begin(RADIUS_ACCESS_CHALLENGE);
	radius_put_long(&w, RADIUS_EAP_MESSAGE, bytes_of(too_long, sizeof(too_long)));
	take();
	assert_int_equal(result.outcome, AUTH_RESULT_REFUSED);
}

/* ---- grants */

static void grants(void **state)
{
	static const uint8_t prefix[] = { 0, 48, 0x20, 1, 0xd, 0xb8, 0, 1 };
	struct auth_grant g = { .ipv4 = 0 };
	struct bytes all;

	(void)state;
	begin(RADIUS_ACCESS_ACCEPT);
	radius_put_number(&w, RADIUS_FRAMED_IP_ADDRESS, 0x0a090005);
	radius_put_number(&w, RADIUS_FRAMED_IP_NETMASK, 0xffffff00);
	radius_put_number(&w, RADIUS_SESSION_TIMEOUT, 3600);
	radius_put_number(&w, RADIUS_IDLE_TIMEOUT, 600);
	radius_put_number(&w, RADIUS_ACCT_INTERIM_INTERVAL, 5);
	radius_put_number(&w, RADIUS_PORT_LIMIT, 2);
	radius_put_text(&w, RADIUS_FRAMED_ROUTE, "10.8.0.0/16 0.0.0.0 1");
	radius_put_text(&w, RADIUS_FRAMED_IPV6_ROUTE, "2001:db8:2::/48 :: 1");
	radius_put(&w, RADIUS_DELEGATED_IPV6_PREFIX, prefix, sizeof(prefix));
	radius_put_text(&w, RADIUS_CLASS, "one");
	radius_put_text(&w, RADIUS_CLASS, "two");
	radius_put_vendor(&w, RADIUS_MIKROTIK, RADIUS_MIKROTIK_RATE_LIMIT, "5M/20M", 6);
	radius_put_vendor(&w, RADIUS_MIKROTIK, RADIUS_MIKROTIK_RECV_LIMIT, "\0\0\0\5", 4);
	radius_put_vendor(&w, RADIUS_MIKROTIK, RADIUS_MIKROTIK_RECV_LIMIT_GIGAWORDS, "\0\0\0\1", 4);
	store_u16(packet + 2, (uint16_t)w.len);
	all = bytes_of(packet, w.len);
	assert_true(radius_is_packet(&all));
	assert_null(radius_grant_get(&g, all));
	assert_int_equal(g.ipv4, 0x0a090005);
	assert_int_equal(g.ipv4_len, 24);
	assert_int_equal(g.session_s, 3600);
	assert_int_equal(g.idle_s, 600);
	assert_int_equal(g.interim_s, 60);
	assert_int_equal(g.sessions, 2);
	assert_int_equal(g.route_count, 4);
	assert_string_equal(ip_prefix_print(&g.routes[0]).text, "10.8.0.0/16");
	assert_string_equal(ip_prefix_print(&g.routes[1]).text, "2001:db8:2::/48");
	assert_string_equal(ip_prefix_print(&g.routes[2]).text, "10.9.0.0/24"); /* the netmask */
	assert_string_equal(ip_prefix_print(&g.routes[3]).text, "2001:db8:1::/48"); /* delegated */
	assert_string_equal(ip_prefix_print(&g.ipv6_delegated).text, "2001:db8:1::/48");
	assert_int_equal(g.class_count, 2);
	assert_true(g.rate_up == 5000000 && g.rate_down == 20000000);
	assert_true(g.quota_up == (UINT64_C(1) << 32) + 5);
}

/* What would allow too much without its name must have one. */
static void names_of_filters_and_pools(void **state)
{
	static const struct {
		struct {
			uint8_t type;
			const char *text;
		} attrs[3];
		const char *filter, *pool, *refused;
	} cases[] = {
		{ { { RADIUS_FILTER_ID, "staff" } }, "staff", "", NULL },
		{ { { RADIUS_FILTER_ID, "staff" }, { RADIUS_FILTER_ID, "staff" } },
		  .refused = "more than one Filter-Id" },
		{ { { RADIUS_FILTER_ID, "1234567890123456789012345678901234567890"
					"123456789012345678901234" } },
		  .refused = "no name of 1 to 63 bytes" },
		{ { { RADIUS_FRAMED_POOL, "a" },
		    { RADIUS_FRAMED_IPV6_POOL, "a" },
		    { RADIUS_DELEGATED_IPV6_PREFIX_POOL, "a" } },
		  "",
		  "a",
		  NULL },
		{ { { RADIUS_FRAMED_IPV6_POOL, "b" } }, "", "b", NULL },
		{ { { RADIUS_FRAMED_POOL, "a" }, { RADIUS_FRAMED_IPV6_POOL, "b" } },
		  .refused = "more than one pool" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct auth_grant g = { .ipv4 = 0 };
		struct bytes all;
		const char *why;

		w = writer_of(packet, sizeof(packet));
		radius_begin_response(&w, RADIUS_ACCESS_ACCEPT, 1, true);
		for (size_t n = 0; n < 3 && cases[i].attrs[n].type; n++)
			radius_put_text(&w, cases[i].attrs[n].type, cases[i].attrs[n].text);
		store_u16(packet + 2, (uint16_t)w.len);
		all = bytes_of(packet, w.len);
		assert_true(radius_is_packet(&all));
		why = radius_grant_get(&g, all);
		if (cases[i].refused) {
			assert_non_null(why);
			assert_non_null(strstr(why, cases[i].refused));
			continue;
		}
		assert_null(why);
		assert_string_equal(g.filter, cases[i].filter);
		assert_string_equal(g.pool, cases[i].pool);
	}
}

/* RFC 6911 section 3.3, as RFC 3162's prefixes. Those that cannot be advertised are left out. */
static void networks_for_advertisements(void **state)
{
	static const struct {
		uint8_t len;
		uint8_t value[20];
	} cases[] = {
		{ 10, { 0, 48, 0x20, 1, 0x0d, 0xb8, 0, 5, 0xff, 0xff } },
		{ 18, { 0, 129, 0x20, 1, 0x0d, 0xb8 } },
		{ 3, { 0, 48, 0x20 } },
		{ 1, { 0 } },
		{ 2, { 0, 0 } }, /* ::/0 */
		{ 4, { 0, 10, 0xfe, 0x80 } },
		{ 18, { 7, 128, 0x20, 1, [17] = 9 } }, /* the first byte is reserved */
	};
	struct ip_prefix to[AUTH_ROUTES_MAX];
	struct bytes all;

	(void)state;
	w = writer_of(packet, sizeof(packet));
	radius_begin_response(&w, RADIUS_ACCESS_ACCEPT, 1, true);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		radius_put(&w, RADIUS_ROUTE_IPV6_INFORMATION, cases[i].value, cases[i].len);
	store_u16(packet + 2, (uint16_t)w.len);
	all = bytes_of(packet, w.len);
	assert_true(radius_is_packet(&all));
	assert_int_equal(radius_grant_pushed(all, to), 2);
	assert_string_equal(ip_prefix_print(&to[0]).text, "2001:db8:5::/48");
	assert_string_equal(ip_prefix_print(&to[1]).text, "2001::9/128");
	for (int i = 0; i < 20; i++)
		radius_put(&w, RADIUS_ROUTE_IPV6_INFORMATION, cases[0].value, cases[0].len);
	store_u16(packet + 2, (uint16_t)w.len);
	all = bytes_of(packet, w.len);
	assert_int_equal(radius_grant_pushed(all, to), AUTH_ROUTES_MAX);
}

static void malformed_values_grant_nothing(void **state)
{
	static const struct {
		uint8_t type, len;
		uint8_t value[20];
	} cases[] = {
		{ RADIUS_FRAMED_IP_ADDRESS, 3, { 10, 9, 0 } },
		{ RADIUS_FRAMED_IP_ADDRESS, 4, { 224, 0, 0, 1 } },
		{ RADIUS_FRAMED_IP_NETMASK, 4, { 255, 0, 255, 0 } },
		{ RADIUS_FRAMED_MTU, 4, { 0, 0, 0, 60 } },
		{ RADIUS_SESSION_TIMEOUT, 2, { 0, 5 } },
		{ RADIUS_FRAMED_INTERFACE_ID, 7, { 1 } },
		{ RADIUS_FRAMED_IPV6_PREFIX, 1, { 0 } },
		{ RADIUS_FRAMED_IPV6_PREFIX, 4, { 0, 129, 1, 1 } },
		{ RADIUS_FRAMED_IPV6_PREFIX, 4, { 0, 64, 1, 1 } },
		{ RADIUS_FRAMED_IPV6_ADDRESS, 15, { 1 } },
		{ RADIUS_FRAMED_ROUTE, 4, { 'n', 'o', 'n', 'e' } },
		{ RADIUS_FRAMED_ROUTE, 0, { 0 } },
		{ RADIUS_FRAMED_POOL, 3, { 'a', 0, 'b' } },
		{ RADIUS_FRAMED_POOL, 0, { 0 } },
		{ RADIUS_FILTER_ID, 0, { 0 } },
		{ RADIUS_REPLY_MESSAGE, 2, { 'h', 'i' } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct auth_grant g = { .ipv4 = 0 };
		struct radius_attr a = { 0, cases[i].type, { cases[i].value, cases[i].len } };

		if (radius_grant_take(&g, &a))
			fail_msg("case %zu", i);
	}
}

static void routes(void **state)
{
	static const struct {
		const char *text, *to; /* NULL: refused */
	} cases[] = {
		{ "10.8.0.0/16 0.0.0.0 1", "10.8.0.0/16" },
		{ "10.8.0.7/16", "10.8.0.0/16" },
		{ "10.0.0.0 10.9.0.5 1 2 -1", "10.0.0.0/8" },
		{ "172.16.0.0", "172.16.0.0/16" },
		{ "192.168.7.0", "192.168.7.0/24" },
		{ "192.168.7.9", "192.168.7.9/32" },
		{ "2001:db8::/32 fe80::1 1", "2001:db8::/32" },
		{ "", NULL },
		{ "   ", NULL },
		{ "10.8.0.0/33", NULL },
		{ "default", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ip_prefix p;
		bool is_route = radius_route_parse(bytes_text(cases[i].text), &p);

		assert_int_equal(is_route, cases[i].to != NULL);
		if (is_route)
			assert_string_equal(ip_prefix_print(&p).text, cases[i].to);
	}
}

static void rates(void **state)
{
	static const struct {
		const char *text;
		bool is_rate;
		uint64_t up, down;
	} cases[] = {
		{ "5M/20M", true, 5000000, 20000000 },
		{ "128k", true, 128000, 128000 },
		{ "64k/1G 128k/2G 1/1 5/5 8", true, 64000, 1000000000 },
		{ "0/0", true, 0, 0 },
		{ "1000/2000", true, 1000, 2000 },
		{ "", false, 0, 0 },
		{ "/", false, 0, 0 },
		{ "5X", false, 0, 0 },
		{ "M/5", false, 0, 0 },
		{ "5MM", false, 0, 0 },
		{ "99999999999999999999", false, 0, 0 },
		{ "18G", true, UINT64_C(18000000000), UINT64_C(18000000000) },
		{ "18446744073G", true, UINT64_C(18446744073000000000),
		  UINT64_C(18446744073000000000) },
		{ "18446744074G", false, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t up = 0, down = 0;

		assert_int_equal(radius_rate_parse(bytes_text(cases[i].text), &up, &down),
				 cases[i].is_rate);
		if (cases[i].is_rate)
			assert_true(up == cases[i].up && down == cases[i].down);
	}
}

/* Two starts, within the same second by the clock. */
static void ids_of_sessions_differ_after_a_restart(void **state)
{
	struct radius_nas first = { .start = radius_new_start() },
			  next = { .start = radius_new_start() };
	char one[RADIUS_SESSION_ID_SIZE], other[RADIUS_SESSION_ID_SIZE];

	(void)state;
	radius_session_id(&first, 1, one);
	radius_session_id(&next, 1, other);
	assert_int_equal(strlen(one), 16);
	assert_string_not_equal(one, other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_of_sessions_differ_after_a_restart),
		cmocka_unit_test_setup(a_request_names_session_and_client, set_up),
		cmocka_unit_test_setup(mschapv2_is_rearranged, set_up),
		cmocka_unit_test_setup(what_does_not_fit_is_refused, set_up),
		cmocka_unit_test_setup(an_accept_with_keys, set_up),
		cmocka_unit_test_setup(an_accept_that_cannot_be_used, set_up),
		cmocka_unit_test_setup(keys_that_are_too_short, set_up),
		cmocka_unit_test_setup(a_reject_has_an_error_and_a_text, set_up),
		cmocka_unit_test_setup(a_challenge_goes_on, set_up),
		cmocka_unit_test_setup(a_challenge_that_cannot_be_used, set_up),
		cmocka_unit_test_setup(grants, set_up),
		cmocka_unit_test(names_of_filters_and_pools),
		cmocka_unit_test(malformed_values_grant_nothing),
		cmocka_unit_test(networks_for_advertisements),
		cmocka_unit_test(routes),
		cmocka_unit_test(rates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
