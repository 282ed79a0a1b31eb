/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-crypt against hashes of another implementation (libxcrypt; the first is Drepper's own). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "auth/shacrypt.h"

#define FIFTY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct answer {
	const char *setting, *password, *hash;
} answers[] = {
	{ "$6$saltstring", "Hello world!",
	  "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEd"
	  "FCoEOfaS35inz1" },
	{ "$6$rounds=10000$saltstringsaltstring", "Hello world!",
	  "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0D"
	  "p8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v." },
	{ "$6$rounds=1400$anotherlongsaltstring",
	  "a very much longer text to encrypt.  This one even stretches over morethan one line.",
	  "$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs"
	  "66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1" },
	{ "$6$rounds=10$roundstoolow", "the minimum number is still observed",
	  "$6$rounds=1000$roundstoolow$kUMsbe306n21p9R.FRkW3IGn.S9NPN0x50YhH1xhLsPuWGsUSklZt58jaT"
	  "fF4ZEQpyUNGc0dqbpBYYBaHHrsX." },
	{ "$6$rounds=1000$x", "",
	  "$6$rounds=1000$x$JUgHESfT/mKR2X.Qz/PrkEgBINN.wbH/GsJhhFRcgrb0a4MjVYFixxXtKicccBbv9PSG/"
	  "n1kVdpVqZiR7Brv1." },
	{ "$6$rounds=1000$Umlaut", "gr\xc3\xbcn",
	  "$6$rounds=1000$Umlaut$MSLnCmb79frXG/Ev6QkKAco4bW90ntL0HoNjcuf3.wPgUcacT5IduUbMktHq2PER"
	  "HujXv765PRHC7hxBq34Vv1" },
	{ "$6$rounds=1000$", "no salt",
	  "$6$rounds=1000$$Tfr5451miDh2hhrEtDFz6s.aT0Y5ymuNQpNcXwegJu..vvfgTUOinUR62biqIGO/dibR4L"
	  "rVuBsbGXzYvPIBW/" },
	{ "$5$saltstring", "Hello world!",
	  "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5" },
	{ "$5$rounds=10000$saltstringsaltstring", "Hello world!",
	  "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA" },
	{ "$5$rounds=77777$short", "we have a short salt string but not a short password",
	  "$5$rounds=77777$short$JiO1O3ZpDAxGJeaDIuqCoEFysAe1mZNJRs3pw0KQRd/" },
	{ "$5$rounds=1000$y", FIFTY_A FIFTY_A FIFTY_A FIFTY_A FIFTY_A "aaaaa",
	  "$5$rounds=1000$y$dMgSKwUegb6qnekrXEUyyemzokAQIKo.N/1UE/VaHc0" },
};

static void same_as_others(void **state)
{
	char hash[SHACRYPT_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		assert_true(shacrypt(answers[i].setting, bytes_text(answers[i].password), hash));
		assert_string_equal(hash, answers[i].hash);
	}
}

static void a_hash_is_its_own_setting(void **state)
{
	char hash[SHACRYPT_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		assert_true(shacrypt_is_valid(answers[i].hash));
		assert_true(shacrypt(answers[i].hash, bytes_text(answers[i].password), hash));
		assert_string_equal(hash, answers[i].hash);
	}
}

#define HASH_43 "5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"

static void malformed_hashes(void **state)
{
	static const char *const bad[] = {
		"",
		"$",
		"$5",
		"$5$",
		"$6$salt",
		"$5$salt$",
		"$7$salt$" HASH_43,
		"5$salt$" HASH_43,
		"$5$salt$" HASH_43 "x",                                /* one too many */
		"$5$salt$B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",  /* one too few */
		"$5$salt$-B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", /* no such digit */
		"$6$salt$" HASH_43,                                    /* the other kind's length */
		"$5$saltsaltsaltsalts$" HASH_43,                       /* a salt of 17 */
		"$5$rounds=1000001$salt$" HASH_43,                     /* too much work */
		"$5$rounds=99999999999999999999$salt$" HASH_43,
		"$5$rounds=$salt$" HASH_43,
		"$5$rounds=-5$salt$" HASH_43,
		"$5$rounds=5000salt$" HASH_43,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(shacrypt_is_valid(bad[i]));
	assert_true(shacrypt_is_valid("$5$salt$" HASH_43));
}

static void a_password_of_256_bytes(void **state)
{
	char hash[SHACRYPT_TEXT_MAX];

	(void)state;
	assert_false(shacrypt("$6$salt",
			      bytes_text(FIFTY_A FIFTY_A FIFTY_A FIFTY_A FIFTY_A "aaaaaa"), hash));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_others),
		cmocka_unit_test(a_hash_is_its_own_setting),
		cmocka_unit_test(malformed_hashes),
		cmocka_unit_test(a_password_of_256_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
