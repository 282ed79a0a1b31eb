/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a child keeps; each case is a child process, since its descriptors are the test's own. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proc/descriptors.h"
#include "proc/run.h"

enum { OWN = 20, INHERITED = 30, HIGH = 100 };

static bool is_high(const void *arg, int fd)
{
	return fd == *(const int *)arg;
}

static bool is_inherited(const void *arg, int fd)
{
	(void)arg;
	return descriptors_is_inherited(fd);
}

static const int high = HIGH;

static const struct {
	const char *name;
	bool (*keeps)(const void *arg, int fd);
	bool own, inherited, high;
} cases[] = {
	{ "none", NULL, false, false, false },
	{ "one", is_high, false, false, true },
	{ "inherited", is_inherited, false, true, false },
};

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* In the child, whose exit status tells. */
static int compare(size_t i)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup3(null, OWN, O_CLOEXEC);
	dup2(null, INHERITED);
	dup3(null, HIGH, O_CLOEXEC);
	descriptors_close(cases[i].keeps, &high);
	if (!is_open(STDIN_FILENO) || !is_open(STDOUT_FILENO) || !is_open(STDERR_FILENO))
		return 2;
	return is_open(null) || is_open(OWN) != cases[i].own ||
	       is_open(INHERITED) != cases[i].inherited || is_open(HIGH) != cases[i].high;
}

static int status_of(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	return run_exit_status(status);
}

static void keeps_only_those(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		pid_t child = fork();
		int status;

		if (!child)
			_exit(compare(i));
		status = status_of(child);
		if (status)
			fail_msg("%s: %d", cases[i].name, status);
	}
}

static bool is_null(int fd)
{
	struct stat null, st;

	return !stat("/dev/null", &null) && !fstat(fd, &st) && st.st_rdev == null.st_rdev;
}

/* Also where the number is free, so that the file itself gets it. */
static void reopens_the_number(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(descriptors_reopen(ends[0], "/dev/null", O_RDWR), 0);
	assert_true(is_null(ends[0]));
	assert_false(is_null(ends[1]));
	close(ends[0]);
	assert_int_equal(descriptors_reopen(ends[0], "/dev/null", O_RDWR), 0);
	assert_true(is_null(ends[0]));
	assert_int_equal(descriptors_reopen(ends[0], "/dev/null/none", O_RDWR), -ENOTDIR);
	assert_true(is_null(ends[0]));
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_only_those),
		cmocka_unit_test(reopens_the_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
