/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The values of options that name files to be read, and no other words of a configuration file. */
#include "cli/named_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/verbs.h"

static char found[512];

static void note(void *arg, const char *option, const char *file, bool reloads)
{
	size_t len = strlen(found);

	assert_ptr_equal(arg, found);
	snprintf(found + len, sizeof(found) - len, "%s%s%s %s", len ? "," : "", reloads ? "" : "?",
		 option, file);
}

static const struct {
	const char *text, *names;
} cases[] = {
	{ "cert = /a\ncert = /b\nkey: /c\nbinding-cert = /d\n",
	  "cert /a,cert /b,key /c,binding-cert /d" },
	{ "users = /a\nusers-dir = /b\nfilters=/c\nclient-ca = /d\nclient-crl = /e\nradius-secret-file = /f\n"
	  "radius-ca = /g\nradius-cert = /h\nradius-key = /i\nkey-password-file = /j\n",
	  "?users /a,?users-dir /b,?filters /c,?client-ca /d,?client-crl /e,?radius-secret-file /f,?radius-ca /g,"
	  "?radius-cert /h,?radius-key /i,?key-password-file /j" },
	{ "cert = \"/a b\"\nkey = '/c' # /d\n", "cert /a b,key /c" },
	{ "\xef\xbb\xbf"
	  "cert = /a\n",
	  "cert /a" },
	{ "auth-command = /a\nsession-script = /b\npid-file = /c\nleases = /d\nkeylog = /e\n", "" },
	{ "name = /a\npush-domain = /b\nweb-backend = unix:/c\nlisten = unix:/d\ncontrol = /e\npass = x=/f\n",
	  "" },
	{ "# cert = /a\n; cert = /b\n", "" },
	{ "certs = /a\nca-cert = /b\n", "" },                        /* the second is a client's */
	{ "cert = /a\nno setting\ncert = /b\n", "cert /a,cert /b" }, /* a reload refuses the file */
	{ "", "" },
};

static void only_files_to_be_read(void **state)
{
	char path[] = "/tmp/named_files_test.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t len = strlen(cases[i].text);

		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, cases[i].text, len, 0), len);
		*found = '\0';
		named_files(&serve_verb, path, note, found);
		assert_string_equal(found, cases[i].names);
	}
	close(fd);
	unlink(path);
	*found = '\0';
	named_files(&serve_verb, path, note, found);
	assert_string_equal(found, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(only_files_to_be_read) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
