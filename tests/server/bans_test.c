/* Failed logins: counted by source, forgiven, forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/bans.h"

enum { MAX = 3 };

static struct ip_addr source(const char *text)
{
	struct ip_addr a;

	assert_true(ip_parse(text, &a));
	return a;
}

static void counts_to_the_limit(void **state)
{
	static struct bans b;
	struct ip_addr a = source("192.0.2.7"), other = source("192.0.2.8");

	(void)state;
	for (int i = 0; i < MAX; i++) {
		assert_false(bans_has(&b, &a, MAX, 1000));
		bans_note(&b, &a, 1000);
	}
	assert_true(bans_has(&b, &a, MAX, 1000));
	assert_false(bans_has(&b, &other, MAX, 1000));
	assert_false(bans_has(&b, &a, 0, 1000)); /* no limit */
	assert_true(bans_has(&b, &a, MAX, 1000 + BANS_WINDOW_MS));
	assert_false(bans_has(&b, &a, MAX, 1001 + BANS_WINDOW_MS));
	bans_note(&b, &a, 1001 + BANS_WINDOW_MS); /* counts anew */
	assert_false(bans_has(&b, &a, 2, 1001 + BANS_WINDOW_MS));
}

static void a_good_login_forgives(void **state)
{
	static struct bans b;
	struct ip_addr a = source("192.0.2.7");

	(void)state;
	bans_note(&b, &a, 1);
	bans_note(&b, &a, 2);
	bans_forgive(&b, &a);
	bans_note(&b, &a, 3);
	assert_false(bans_has(&b, &a, 2, 3));
}

static void a_network_of_ipv6_is_one_source(void **state)
{
	static struct bans b;
	struct ip_addr one = source("2001:db8::1"), two = source("2001:db8::2");
	struct ip_addr far = source("2001:db8:0:1::1");

	(void)state;
	bans_note(&b, &one, 1);
	bans_note(&b, &two, 1);
	assert_true(bans_has(&b, &one, 2, 1));
	assert_false(bans_has(&b, &far, 2, 1));
}

/* A flood from everywhere pushes the oldest out; the newest are still known. */
static void a_flood_costs_nothing(void **state)
{
	static struct bans b;
	struct ip_addr last;

	(void)state;
	for (uint32_t i = 0; i < 100000; i++) {
		last = ip_from_v4(0x0a000000 + i);
		bans_note(&b, &last, 1000 + i);
	}
	bans_note(&b, &last, 200000);
	assert_true(bans_has(&b, &last, 2, 200000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_to_the_limit),
		cmocka_unit_test(a_good_login_forgives),
		cmocka_unit_test(a_network_of_ipv6_is_one_source),
		cmocka_unit_test(a_flood_costs_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
