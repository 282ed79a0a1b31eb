/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Another network namespace: named, entered by a child, and used from outside. */
#include "proc/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proc/fdpass.h"
#include "net/netlink.h"
#include "support/netns.h"

static pid_t holder;

/* A process in namespaces of its own, until it is killed. */
static void hold(int flags)
{
	int ready[2];
	char c;

	assert_int_equal(pipe(ready), 0);
	holder = fork();
	if (holder == 0) {
		if (unshare(flags) == 0 && write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1) {
		print_message("skip: kernel: no such namespaces\n"); /* in a chroot, of users */
		skip();
	}
	close(ready[0]);
}

static int release(void **state)
{
	(void)state;
	if (holder > 0) {
		kill(holder, SIGKILL);
		waitpid(holder, NULL, 0);
	}
	holder = 0;
	return 0;
}

static const char *path_of(const char *what)
{
	static char path[2][64];
	static unsigned turn;
	char *to = path[turn++ % 2];

	snprintf(to, sizeof(path[0]), "/proc/%ld/ns/%s", (long)holder, what);
	return to;
}

static const char *number_of(pid_t pid)
{
	static char text[32];

	snprintf(text, sizeof(text), "%ld", (long)pid);
	return text;
}

static int make_device(void *arg, int *fds)
{
	struct netlink *nl;

	(void)arg;
	fds[0] = netns_tun("there0");
	if (fds[0] < 0)
		return -errno;
	if (netlink_open(&nl))
		return -EIO;
	fds[1] = netlink_fd(nl);
	return 2;
}

static void check_device(const char *where, const char *userns)
{
	struct netlink *nl;
	struct netns ns;
	unsigned index;
	int fds[4];

	assert_int_equal(netns_open(&ns, where, userns, NULL), 0);
	assert_int_equal(netns_visit(&ns, make_device, NULL, fds, 4, NULL), 2);
	netns_close(&ns);
	assert_int_equal(netlink_adopt(fds[1], &nl), 0);
	assert_int_equal(netlink_link_index(nl, "there0", &index), 0);
	assert_true(index > 1);
	assert_int_equal(if_nametoindex("there0"), 0);
	assert_int_equal(netlink_link_up(nl, index, 1400), 0);
	assert_int_equal(netlink_link_index(nl, "here0", &index), -ENODEV);
	netlink_close(nl);
	close(fds[0]);
}

static void a_device_is_made_there(void **state)
{
	(void)state;
	hold(CLONE_NEWNET);
	check_device(number_of(holder), NULL);
	check_device(path_of("net"), NULL);
	check_device(path_of("net"), "/proc/self/ns/user"); /* which need not be entered */
}

static void also_in_another_user_namespace(void **state)
{
	(void)state;
	hold(CLONE_NEWUSER | CLONE_NEWNET);
	check_device(number_of(holder), NULL);
	check_device(path_of("net"), path_of("user"));
}

static int refuse(void *arg, int *fds)
{
	(void)arg;
	(void)fds;
	return -EBUSY;
}

static int die(void *arg, int *fds)
{
	(void)arg;
	(void)fds;
	_exit(3);
}

static int make_many(void *arg, int *fds)
{
	(void)arg;
	for (int i = 0; i < 9; i++)
		fds[i] = STDERR_FILENO;
	return 9;
}

static void errors_of_the_child_are_returned(void **state)
{
	int before, fds[4];
	struct netns ns;

	(void)state;
	hold(CLONE_NEWNET);
	assert_int_equal(netns_open(&ns, number_of(holder), NULL, NULL), 0);
	before = dup(0);
	close(before);
	assert_int_equal(netns_visit(&ns, refuse, NULL, fds, 4, NULL), -EBUSY);
	assert_int_equal(netns_visit(&ns, die, NULL, fds, 4, NULL), -EPIPE);
	assert_int_equal(netns_visit(&ns, make_many, NULL, fds, 4, NULL), -EMFILE);
	fds[3] = -1;
	assert_int_equal(netns_visit(&ns, make_many, NULL, fds, 3, NULL), -EMFILE);
	assert_int_equal(fds[3], -1);
	assert_int_equal(dup(0), before); /* no received descriptor is left open */
	close(before);
	netns_close(&ns);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), 0); /* only the holder is left */
}

static void wrong_places_are_refused(void **state)
{
	static const struct {
		const char *where, *userns;
		int error;
	} cases[] = {
		{ "sstp-test-no-such-name", NULL, -ENOENT },
		{ "999999999", NULL, -ENOENT },
		{ "9999999999999999999", NULL, -ENOENT },
		{ "", NULL, -ENOENT },
		{ "/dev/null", NULL, -EINVAL },
		{ "/proc/self/ns/net", NULL, -EINVAL }, /* our own */
	};
	struct netns ns;

	(void)state;
	hold(CLONE_NEWNET);
	assert_int_equal(netns_open(&ns, path_of("net"), "/nowhere", NULL), -ENOENT);
	netns_close(&ns);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(netns_open(&ns, cases[i].where, cases[i].userns, NULL),
				 cases[i].error);
		netns_close(&ns);
	}
}

static void descriptors_close_on_exec(void **state)
{
	int ends[2], fds[2], null = open("/dev/null", O_RDONLY);

	(void)state;
	assert_int_equal(fdpass_pair(ends), 0);
	assert_int_equal(fdpass_send(ends[1], &null, 1), 0);
	assert_int_equal(fdpass_receive(ends[0], fds, 2), 1);
	assert_int_equal(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
	close(fds[0]);
	assert_int_equal(fdpass_send(ends[1], NULL, 0), 0);
	assert_int_equal(fdpass_receive(ends[0], fds, 2), 0);
	close(ends[1]);
	assert_int_equal(fdpass_receive(ends[0], fds, 2), -EPIPE);
	close(ends[0]);
	close(null);
}

static void skipped(void **state)
{
	(void)state;
	print_message("skip: kernel: no user namespaces\n");
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_device_is_made_there, release),
		cmocka_unit_test_teardown(also_in_another_user_namespace, release),
		cmocka_unit_test_teardown(errors_of_the_child_are_returned, release),
		cmocka_unit_test_teardown(wrong_places_are_refused, release),
		cmocka_unit_test(descriptors_close_on_exec),
	};
	const struct CMUnitTest none[] = { cmocka_unit_test(skipped) };

	if (!netns_enter())
		return cmocka_run_group_tests(none, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
