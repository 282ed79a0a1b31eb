/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Of the words of user files only secrets name files. */
#include "auth/secret_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char found[256];

static void note(void *arg, const char *path)
{
	size_t len = strlen(found);

	assert_ptr_equal(arg, found);
	snprintf(found + len, sizeof(found) - len, "%s%s", len ? "," : "", path);
}

static const struct {
	const char *text;
	bool is_conf;
	const char *names;
} cases[] = {
	{ "ann * @/run/a *\nbob * \"@/run/b c\" *\n", false, "/run/a,/run/b c" },
	{ "ann * \"@/run/a\\\"b\" *", false, "/run/a\"b" },
	{ "\xef\xbb\xbf"
	  "ann * @/a",
	  false, "/a" },
	{ "ann * /run/a *\n@/run/b * x *\ncarl @/run/c x *\n", false, "" },
	{ "ann * x @/run/a filter=@/run/b\n# dan * @/run/c\nann *\n", false, "" },
	{ "ann * @relative\nbob * @\ncarl * @@/a\n", false, "" },
	{ "ann * \"@/a\nbob * @/b\n", false,
	  "" }, /* the quote is not closed: no line counts from there */
	{ "password = @/run/a b \n", true, "/run/a b" },
	{ " password=@/a\r\npassword = @/b", true, "/a,/b" },
	{ "# password = @/a\n; password = @/b\nserver = @/c\naddress = @/d\npasswords = @/e\n",
	  true, "" },
	{ "password = /a\npassword @/b\n@/c\nrate = @/d\n", true, "" },
	{ "", false, "" },
	{ "", true, "" },
};

static void only_secrets(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		*found = '\0';
		secret_files_named(cases[i].text, strlen(cases[i].text), cases[i].is_conf, note,
				   found);
		assert_string_equal(found, cases[i].names);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(only_secrets) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
