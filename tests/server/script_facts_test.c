/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a script hears of a session, as bytes: what is put is read again, and nothing else. */
#include "server/script_facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct ip_addr addr(const char *text)
{
	struct ip_addr a = { .family = AF_UNSPEC };

	assert_true(ip_parse(text, &a));
	return a;
}

static struct script_facts an_end(void)
{
	return (struct script_facts){ .id = UINT64_MAX,
				      .user = "ann",
				      .method = PPP_AUTH_EAP,
				      .own = addr("10.9.0.1"),
				      .ipv4 = addr("10.9.0.2"),
				      .ipv6 = addr("fe80::7"),
				      .prefix = { addr("2001:db8::"), 64 },
				      .is_end = true,
				      .reason = REASON_QUOTA,
				      .duration_s = 1ULL << 33,
				      .rx_bytes = 1ULL << 63,
				      .tx_bytes = 7 };
}

static void assert_same(const struct script_facts *a, const struct script_facts *b)
{
	uint8_t of_a[SCRIPT_FACTS_MAX], of_b[SCRIPT_FACTS_MAX];
	struct writer put_a = writer_of(of_a, sizeof(of_a)), put_b = writer_of(of_b, sizeof(of_b));

	script_facts_put(&put_a, a);
	script_facts_put(&put_b, b);
	assert_int_equal(put_a.len, put_b.len);
	assert_memory_equal(of_a, of_b, put_a.len);
}

static bool can_read(const struct script_facts *f, struct script_facts *out)
{
	static char user[PPP_NAME_MAX + 1];
	uint8_t bytes[SCRIPT_FACTS_MAX];
	struct writer w = writer_of(bytes, sizeof(bytes));
	struct reader r;

	script_facts_put(&w, f);
	assert_false(w.full);
	r = reader_of(bytes, w.len);
	return script_facts_get(&r, out, user);
}

static void what_is_put_is_read(void **state)
{
	struct script_facts f = an_end(), got;

	(void)state;
	assert_true(can_read(&f, &got));
	assert_string_equal(got.user, "ann");
	assert_true(got.id == f.id && got.method == f.method && got.reason == f.reason &&
		    got.duration_s == f.duration_s && got.rx_bytes == f.rx_bytes &&
		    got.tx_bytes == f.tx_bytes && ip_equal(&got.ipv6, &f.ipv6));
	assert_same(&got, &f);
	f.is_end = false;
	assert_true(can_read(&f, &got));
	assert_true(!got.is_end && !got.reason && !got.duration_s && !got.rx_bytes &&
		    got.id == f.id);
	assert_int_equal(got.source.family, AF_UNSPEC);
}

static void the_longest(void **state)
{
	char user[PPP_NAME_MAX + 2];
	struct script_facts f = an_end(), got;

	(void)state;
	memset(user, 'x', sizeof(user) - 1);
	user[sizeof(user) - 1] = '\0';
	f.user = user;
	f.source = f.local = addr("2001:db8::7");
	assert_true(can_read(&f, &got));
	assert_int_equal(strlen(got.user), PPP_NAME_MAX);
}

static void what_no_session_has(void **state)
{
	const struct script_facts right = an_end();
	struct script_facts f = right, got;

	(void)state;
	f.own = addr("fe80::1");
	assert_false(can_read(&f, &got));
	f = right;
	f.ipv4 = addr("2001:db8::1");
	assert_false(can_read(&f, &got));
	f = right;
	f.ipv6 = addr("10.9.0.1");
	assert_false(can_read(&f, &got));
	f = right;
	f.prefix = (struct ip_prefix){ addr("10.0.0.0"), 8 };
	assert_false(can_read(&f, &got));
	f = right;
	f.prefix.len = 129;
	assert_false(can_read(&f, &got));
	f = right;
	f.reason = TUNNEL_REASONS;
	assert_false(can_read(&f, &got));
	f = right;
	f.method = PPP_AUTH_COUNT;
	assert_false(can_read(&f, &got));
}

/* Cut at each byte, and names with a zero byte or too long. */
static void what_is_malformed(void **state)
{
	const struct script_facts f = an_end();
	struct script_facts got;
	uint8_t bytes[SCRIPT_FACTS_MAX + 1] = { 0 };
	char user[PPP_NAME_MAX + 1];
	struct writer w = writer_of(bytes, sizeof(bytes));
	struct reader r;

	(void)state;
	script_facts_put(&w, &f);
	for (size_t len = 0; len <= w.len + 1; len++) {
		r = reader_of(bytes, len);
		assert_int_equal(script_facts_get(&r, &got, user), len == w.len);
	}
	bytes[11] = '\0'; /* of "ann" */
	r = reader_of(bytes, w.len);
	assert_false(script_facts_get(&r, &got, user));
	memset(bytes, 1, sizeof(bytes));
	r = reader_of(bytes, sizeof(bytes)); /* a length of 257 */
	assert_false(script_facts_get(&r, &got, user));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_is_read),
		cmocka_unit_test(the_longest),
		cmocka_unit_test(what_no_session_has),
		cmocka_unit_test(what_is_malformed),
	};

	return cmocka_run_group_tests_name("server/script_facts", tests, NULL, NULL);
}
