/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Symbolic links, hard links and other files, in our folders and in folders that all users may write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/file.h"
#include "util/trusted_open.h"

static char folder[64];

static int enter(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/sstp-trusted-XXXXXX");
	return !mkdtemp(folder) || chdir(folder) || mkdir("own", 0755) || mkdir("open", 0755) ||
	       chmod("open", 01777);
}

static int leave(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return chdir("/") || system(command);
}

static void make(const char *name)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fputs("text", f);
	fclose(f);
}

static int attempt(const char *path)
{
	int fd = trusted_open(path, O_RDWR | O_CREAT, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 0 : fd;
}

static void assert_is_text(const char *path, const char *want)
{
	char *text;
	size_t len;

	assert_int_equal(file_read(path, 100, &text, &len), 0);
	assert_string_equal(text, want);
	file_free(text, len);
}

static void in_a_folder_of_ours(void **state)
{
	(void)state;
	assert_int_equal(attempt("own/new"), 0);
	assert_int_equal(attempt("own/new"), 0);
	make("target");
	assert_int_equal(symlink("../target", "own/link"), 0);
	assert_int_equal(attempt("own/link"), 0);
	assert_int_equal(symlink("own", "way"), 0);
	assert_int_equal(attempt("way//new"), 0);
	assert_int_equal(attempt("own/none/file"), -ENOENT);
	assert_int_equal(attempt("own/"), -EISDIR);
	assert_true(trusted_folder_of("own/new"));
	assert_int_equal(attempt("/dev/null"), 0);
}

static void in_a_folder_of_everybody(void **state)
{
	(void)state;
	assert_int_equal(attempt("open/new"), 0);
	assert_int_equal(attempt("open/new"), 0);
	make("secret");
	assert_int_equal(symlink("../secret", "open/link"), 0);
	assert_int_equal(attempt("open/link"), -ELOOP);
	assert_int_equal(symlink("../nowhere", "open/dangling"), 0);
	assert_int_equal(attempt("open/dangling"), -ELOOP);
	assert_int_equal(access("nowhere", F_OK), -1);
	assert_int_equal(symlink("../own", "open/way"), 0);
	assert_int_equal(attempt("open/way/new"), -ELOOP);
	assert_int_equal(link("secret", "open/second"), 0);
	assert_int_equal(attempt("open/second"), -EPERM);
	assert_int_equal(mkfifo("open/fifo", 0600), 0);
	assert_int_equal(attempt("open/fifo"), -EPERM);
	assert_false(trusted_folder_of("open/new"));
	assert_string_not_equal(trusted_hint(-ELOOP), "");
}

/* For root only: another user's folder, with a file of that user in it. */
static void in_a_folder_of_another(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir("other", 0755), 0);
	make("other/file");
	assert_int_equal(chown("other/file", 1000, 1000), 0);
	assert_int_equal(chown("other", 1000, 1000), 0);
	assert_int_equal(attempt("other/file"), -EPERM);
	assert_int_equal(attempt("other/new"), 0);
}

/* In such a folder a written file replaces the link itself. */
static void replacing(void **state)
{
	struct stat st;

	(void)state;
	make("kept");
	assert_int_equal(symlink("../kept", "own/replaced"), 0);
	assert_int_equal(file_replace("own/replaced", "new", 3, NULL), 0);
	assert_is_text("kept", "new");
	assert_int_equal(symlink("../kept", "open/replaced"), 0);
	assert_int_equal(file_replace("open/replaced", "newer", 5, NULL), 0);
	assert_is_text("kept", "new");
	assert_is_text("open/replaced", "newer");
	assert_int_equal(lstat("open/replaced", &st), 0);
	assert_true(S_ISREG(st.st_mode));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_a_folder_of_ours),
		cmocka_unit_test(in_a_folder_of_everybody),
		cmocka_unit_test(in_a_folder_of_another),
		cmocka_unit_test(replacing),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
