/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ppp/mschap_message.h"
#include "ppp/types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define DIGITS "00112233445566778899aAbBcCdDeEfF"

static const uint8_t challenge[MSCHAP_CHALLENGE_LEN] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55,
							 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb,
							 0xcc, 0xdd, 0xee, 0xff };

static void failures(void **state)
{
	static const struct {
		const char *message;
		uint16_t error;
		bool may_retry, has_challenge;
		const char *text;
	} cases[] = {
		{ "E=691 R=1 C=" DIGITS " V=3 M=no", 691, true, true, "no" },
		{ "E=648 R=0 V=3 M=Password E=1 expired", 648, false, false,
		  "Password E=1 expired" },
		{ "R=0 E=649", 649, false, false, "" },
		{ "E=691 R=11 C=" DIGITS, 691, false, true, "" },
		{ "E=691 C=0011", 691, false, false, "" },
		{ "E=691 C=00112233445566778899aAbBcCdDeEfG", 691, false, false, "" },
		{ "E=6911111", 6911, false, false, "" },
		{ "go away", 0, false, false, "go away" },
		{ "", 0, false, false, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct mschap_failure f;

		mschap_failure_get(bytes_text(cases[i].message), &f);
		assert_int_equal(f.error, cases[i].error);
		assert_int_equal(f.may_retry, cases[i].may_retry);
		assert_int_equal(f.has_challenge, cases[i].has_challenge);
		if (f.has_challenge)
			assert_memory_equal(f.challenge, challenge, sizeof(challenge));
		assert_true(bytes_equal(f.text, bytes_text(cases[i].text)));
	}
}

static void a_failure_is_read_back(void **state)
{
	char text[MSCHAP_FAILURE_MAX], longest[PPP_MESSAGE_SIZE];
	struct mschap_failure f;

	(void)state;
	mschap_failure_put(text, MSCHAP_NO_DIAL_IN, challenge, "");
	assert_string_equal(text,
			    "E=649 R=0 C=00112233445566778899AABBCCDDEEFF V=3 M=Access denied");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	mschap_failure_put(text, UINT16_MAX, challenge, longest);
	mschap_failure_get(bytes_text(text), &f);
	assert_true(bytes_equal(f.text, bytes_text(longest)));
}

static void successes(void **state)
{
	static const char expected[] = "S=0123456789ABCDEF0123456789ABCDEF01234567";
	static const struct {
		const char *message;
		bool is_right;
	} cases[] = {
		{ "S=0123456789ABCDEF0123456789ABCDEF01234567", true },
		{ "S=0123456789ABCDEF0123456789ABCDEF01234567 M=OK", true },
		{ "S=0123456789abcdef0123456789abcdef01234567", true },
		{ "S=0123456789ABCDEF0123456789ABCDEF0123456", false },
		{ "S=0123456789ABCDEF0123456789ABCDEF01234568", false },
		{ "M=OK S=0123456789ABCDEF0123456789ABCDEF01234567", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(mschap_success_is(bytes_text(cases[i].message), expected),
				 cases[i].is_right);
}

static void each_number_has_a_sentence(void **state)
{
	static const unsigned numbers[] = { 646, 647, 648, 649, 691, 709 };

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		assert_non_null(mschap_error_text(numbers[i]));
	assert_null(mschap_error_text(0));
	assert_null(mschap_error_text(690));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures),
		cmocka_unit_test(a_failure_is_read_back),
		cmocka_unit_test(successes),
		cmocka_unit_test(each_number_has_a_sentence),
	};

	return cmocka_run_group_tests_name("ppp/mschap_message", tests, NULL, NULL);
}
