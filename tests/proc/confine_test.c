/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Own namespaces for a process: what it sees inside, and that nothing changes outside. */
#include "proc/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { USER = 12345, CANNOT = 42, ROOT = 0 };

static const char text[] = "nameserver 192.0.2.53\n";

/* The number of the first check that fails; 0: none. In the child, which can't use assertions. */
static int look(uid_t uid)
{
	char seen[64] = "";
	struct if_nameindex *devices = if_nameindex();
	int fd;

	if (getuid() != uid)
		return 1;
	if (!devices || strcmp(devices[0].if_name, "lo") != 0 || devices[1].if_index)
		return 2;
	if_freenameindex(devices);
	fd = confine_names(NULL);
	if (fd == -ENOENT) /* a machine without a resolv.conf */
		return 0;
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return 3;
	close(fd);
	fd = open("/etc/resolv.conf", O_RDONLY);
	return fd >= 0 && read(fd, seen, sizeof(seen)) > 0 && !strcmp(seen, text) ? 0 : 4;
}

/* As after an exec /proc/self belongs to the new user again. */
static bool become(uid_t uid)
{
	return !setresgid(uid, uid, uid) && !setresuid(uid, uid, uid) &&
	       !prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static int confined(uid_t uid, bool map_root)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		if (uid && !become(uid))
			_exit(CANNOT);
		if (confine_enter(map_root, NULL))
			_exit(CANNOT);
		_exit(look(map_root ? ROOT : getuid()));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void check(uid_t uid, bool map_root)
{
	struct stat before, after;
	bool has = !stat("/etc/resolv.conf", &before);
	int status = confined(uid, map_root);

	if (status == CANNOT) {
		print_message("skip: kernel: no namespaces for us\n");
		skip();
	}
	assert_int_equal(status, 0);
	assert_int_equal(!stat("/etc/resolv.conf", &after), has);
	assert_true(!has || (before.st_ino == after.st_ino && before.st_size == after.st_size));
}

static void whoever_we_are(void **state)
{
	(void)state;
	check(ROOT, false);
}

static void root_in_there(void **state)
{
	(void)state;
	check(getuid() ? ROOT : USER, true);
}

static void an_ordinary_user(void **state)
{
	(void)state;
	check(getuid() ? ROOT : USER, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_we_are),
		cmocka_unit_test(root_in_there),
		cmocka_unit_test(an_ordinary_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
