/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Failed logins: counted by source, forgiven, forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/bans.h"

enum { MAX = 3 };

static struct bans b;

static int set_up(void **state)
{
	(void)state;
	bans_init(&b);
	return 0;
}

static enum bans_result attempt(const char *user, const char *source, bool is_good, uint64_t now_ms)
{
	struct ip_addr a;

	if (source)
		assert_true(ip_parse(source, &a));
	else
		a = (struct ip_addr){ .family = AF_UNSPEC };
	return bans_check(&b, &(struct bans_attempt){ &a, user, is_good, false }, MAX, now_ms);
}

static void guess(const char *user, const char *source, int times)
{
	while (times-- > 0)
		assert_int_not_equal(attempt(user, source, false, 1000), BANS_REFUSED);
}

static size_t banned(uint64_t now_ms);

static void counts_to_the_limit(void **state)
{
	(void)state;
	assert_int_equal(attempt("ann", "192.0.2.7", false, 1000), BANS_WRONG);
	assert_int_equal(attempt("ann", "192.0.2.7", false, 1000), BANS_WRONG);
	assert_int_equal(banned(1000), 0);
	assert_int_equal(attempt("ann", "192.0.2.7", false, 1000), BANS_WRONG_NOW);
	assert_int_equal(banned(1000), 1);
	assert_int_equal(attempt("ann", "192.0.2.7", true, 1000 + BANS_WINDOW_MS), BANS_REFUSED);
	assert_int_equal(attempt("ann", "192.0.2.8", true, 1000), BANS_GOOD);
	assert_int_equal(attempt("bob", "192.0.2.7", true, 1000), BANS_GOOD);
	assert_int_equal(banned(1001 + BANS_WINDOW_MS), 0);
	/* the count starts again */
	assert_int_equal(attempt("ann", "192.0.2.7", false, 1001 + BANS_WINDOW_MS), BANS_WRONG);
}

static void a_good_login_forgives_its_own_users_failures(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		guess("ann", "192.0.2.7", MAX - 1);
		assert_int_equal(attempt("ann", "192.0.2.7", true, 1000), BANS_GOOD);
	}
	guess("ann", "192.0.2.7", MAX - 1);
	assert_int_equal(attempt("bob", "192.0.2.7", true, 1000), BANS_GOOD);
	guess("ann", "192.0.2.7", 1);
	assert_int_equal(attempt("ann", "192.0.2.7", true, 1000), BANS_REFUSED);
}

/* It has all clients that a Unix socket shows without their addresses. */
static void an_unknown_source_has_none(void **state)
{
	const struct ip_addr unknown = { .family = AF_UNSPEC };
	char user[2] = "a";

	(void)state;
	for (; *user < 'z'; ++*user)
		guess(user, NULL, MAX);
	assert_int_equal(attempt("a", NULL, true, 1000), BANS_REFUSED);
	assert_int_equal(attempt("z", NULL, true, 1000), BANS_GOOD);
	assert_false(bans_refuse_source(&b, &unknown, MAX, 1000));
	assert_int_equal(banned(1000), 'z' - 'a');
}

static void a_source_has_a_limit_of_its_own(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g" };

	(void)state;
	assert_int_equal(attempt("ann", "192.0.2.7", true, 1000), BANS_GOOD);
	for (int i = 0; i < BANS_SOURCE_PART; i++)
		guess(names[i], "192.0.2.7", MAX);
	assert_int_equal(attempt("bob", "192.0.2.7", true, 1000), BANS_REFUSED);
	assert_int_equal(attempt("bob", "192.0.2.8", true, 1000), BANS_GOOD);
	assert_int_equal(attempt("ann", "192.0.2.7", true, 1000),
			 BANS_GOOD); /* known at that source */
	bans_lift(&b);
	assert_int_equal(banned(1000), 0);
	assert_int_equal(attempt("bob", "192.0.2.7", true, 1000), BANS_GOOD);
}

static bool refuses_source(const char *source, uint64_t now_ms)
{
	struct ip_addr a;

	assert_true(ip_parse(source, &a));
	return bans_refuse_source(&b, &a, MAX, now_ms);
}

static void a_source_without_known_users_is_refused(void **state)
{
	static const uint64_t days_31 = 31ull * 24 * 60 * 60 * 1000;
	static const char *const sources[] = { "192.0.2.7", "2001:db8::1" };
	static const char *const neighbors[] = { "192.0.2.8", "2001:db8:0:1::1" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (int n = 1; n < MAX * BANS_SOURCE_PART; n++) {
			guess((char[]){ (char)('a' + n), '\0' }, sources[i], 1);
			assert_false(refuses_source(sources[i], 1000));
		}
		guess("z", sources[i], 1);
		assert_true(refuses_source(sources[i], 1000));
		assert_true(refuses_source(sources[i], 1000 + BANS_WINDOW_MS));
		assert_false(refuses_source(sources[i], 1001 + BANS_WINDOW_MS));
		assert_false(refuses_source(neighbors[i], 1000));
	}
	assert_true(refuses_source("2001:db8::2", 1000));
	bans_lift(&b);
	assert_false(refuses_source(sources[0], 1000));

	/* a user who logged in from there may log in again, and is known for a month */
	assert_int_equal(attempt("ann", sources[0], true, 1000), BANS_GOOD);
	guess("z", sources[0], MAX - 1);
	for (int n = 0; n < MAX * BANS_SOURCE_PART; n++)
		attempt((char[]){ (char)('a' + n), '\0' }, sources[0], false, 1000);
	assert_int_equal(attempt("bob", sources[0], true, 1000), BANS_REFUSED);
	assert_false(refuses_source(sources[0], 1000));
	for (int n = 0; n < MAX * BANS_SOURCE_PART; n++)
		attempt((char[]){ (char)('a' + n), '\0' }, sources[0], false, days_31);
	assert_true(refuses_source(sources[0], days_31));
}

static void a_network_of_ipv6_is_one_source(void **state)
{
	(void)state;
	guess("ann", "2001:db8::1", 1);
	guess("ann", "2001:db8::2", 2);
	assert_int_equal(attempt("ann", "2001:db8::3", true, 1000), BANS_REFUSED);
	assert_int_equal(attempt("ann", "2001:db8:0:1::1", true, 1000), BANS_GOOD);
}

static void names_differ_in_all_their_bytes(void **state)
{
	char one[200], two[200];

	(void)state;
	memset(one, 'x', sizeof(one));
	one[199] = '\0';
	memcpy(two, one, sizeof(two));
	two[198] = 'y';
	guess(one, "192.0.2.7", MAX);
	assert_int_equal(attempt(one, "192.0.2.7", true, 1000), BANS_REFUSED);
	assert_int_equal(attempt(two, "192.0.2.7", true, 1000), BANS_GOOD);
}

static void count_ban(void *arg, const struct ban *ban, uint64_t left_ms)
{
	(void)arg;
	assert_true(ban->failures >= MAX);
	assert_true(left_ms <= BANS_WINDOW_MS);
}

static size_t banned(uint64_t now_ms)
{
	return bans_each(&b, MAX, now_ms, count_ban, NULL);
}

/* Single failures from many sources replace each other, not the bans. */
static void a_flood_does_not_lift_a_ban(void **state)
{
	char name[16], source[16];

	(void)state;
	guess("ann", "192.0.2.7", MAX);
	for (unsigned i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "user%u", i);
		snprintf(source, sizeof(source), "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
		attempt(name, source, false, 1000 + i % 1000);
	}
	assert_int_equal(attempt("ann", "192.0.2.7", true, 2000), BANS_REFUSED);
}

#define CASE(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(counts_to_the_limit),
		CASE(a_good_login_forgives_its_own_users_failures),
		CASE(a_source_has_a_limit_of_its_own),
		CASE(an_unknown_source_has_none),
		CASE(a_source_without_known_users_is_refused),
		CASE(a_network_of_ipv6_is_one_source),
		CASE(names_differ_in_all_their_bytes),
		CASE(a_flood_does_not_lift_a_ban),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
