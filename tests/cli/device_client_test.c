/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A client with a device, with a helper and without. The device is a given descriptor, so nothing of the host changes. With a
 * helper it is one that is no device: the client ends before it enters its sandbox, which is for the whole life of this process.
 */
#include "cli/device_client.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/exit_code.h"
#include "cli/option.h"
#include "cli/password.h"
#include "control/control_service.h"
#include "util/log_writer.h"

static const char pin[] = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
static const char *const pins[] = { pin };
static const struct verb verb = { .name = "connect" };
static const struct control_settings no_control = { .is_off = true };
static char password[2 * PASSWORD_SIZE];

static struct client_cfg cfg;
static struct tun_backend_cfg device;
static int ends[2];    /* of a socket pair: what has it passes packets, as with --script-tun */
static int exit_fd[2]; /* [0]: the option */
static char said[4096];

static int set_up(void **state)
{
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(pipe2(exit_fd, O_CLOEXEC), 0);
	cfg = (struct client_cfg){
		.server = { .host = "127.0.0.1",
			    .port = 9,
			    .timeout_ms = 60 * 1000,
			    .no_portal_check = true,
			    .tls = { .pins = pins, .pin_count = 1 } },
		.user = "ann",
		.password = password,
		.auth = { PPP_AUTH_MSCHAPV2 },
		.auth_count = 1,
		.mtu = 1400,
		.control = &no_control,
	};
	device = (struct tun_backend_cfg){
		.host = { .interface = "sstp%d",
			  .no_dns = true,
			  .exit_fd = -1,
			  .source = { .kind = NETDEV_GIVEN, .fd = exit_fd[1] } },
	};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (ends[0] >= 0)
		close(ends[0]);
	close(ends[1]);
	close(exit_fd[0]);
	close(exit_fd[1]);
	return 0;
}

/* The exit code; what all its processes print is in `said`. */
static int run(enum sandbox_mode mode)
{
	const struct device_client d = {
		.verb = &verb,
		.list = SANDBOX_CONNECT,
		.mode = mode,
		.device = &device,
	};
	int own = dup(STDERR_FILENO), file = memfd_create("said", MFD_CLOEXEC), code;
	ssize_t len;

	assert_true(own >= 0 && file >= 0);
	assert_int_equal(dup2(file, STDERR_FILENO), STDERR_FILENO);
	code = device_client_run(&d, &cfg);
	log_flush(10 * 1000);
	assert_int_equal(dup2(own, STDERR_FILENO), STDERR_FILENO);
	len = pread(file, said, sizeof(said) - 1, 0);
	said[len > 0 ? len : 0] = '\0';
	close(own);
	close(file);
	print_message("%s", said);
	return code;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static unsigned open_count(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += is_open(fd);
	return count;
}

static void the_device_is_opened_by_whom_it_should(void **state)
{
	static const enum sandbox_mode modes[] = { SANDBOX_OFF, SANDBOX_AUTO, SANDBOX_REQUIRE };
	char first[sizeof(said)];

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		assert_int_equal(run(modes[i]), EXIT_USAGE);
		/* the helper has the descriptor, and finds the same fault */
		if (i)
			assert_string_equal(said, first);
		strcpy(first, said);
		assert_non_null(strstr(said, "error: "));
	}
}

/* It goes as far as the server, where nobody listens. */
static void in_one_process(void **state)
{
	(void)state;
	device.host.source.fd = ends[0];
	assert_int_equal(run(SANDBOX_OFF), EXIT_TCP);
	assert_non_null(strstr(said, "error: 127.0.0.1:9: connection refused\n"));
	ends[0] = -1; /* the device was closed */
}

static void nothing_is_left(void **state)
{
	unsigned before;

	(void)state;
	run(SANDBOX_AUTO); /* what stays open, is now */
	before = open_count();
	for (int i = 0; i < 2; i++) {
		run(i ? SANDBOX_AUTO : SANDBOX_OFF);
		assert_int_equal(open_count(), before);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
		assert_int_equal(errno, ECHILD);
	}
}

/* An attacker who could read it would take the end of a tunnel away from the program that asks for it. */
static void only_the_helper_has_the_exit_descriptor(void **state)
{
	(void)state;
	device.host.exit_fd = exit_fd[0];
	run(SANDBOX_OFF);
	assert_true(is_open(exit_fd[0]));
	run(SANDBOX_AUTO);
	assert_false(is_open(exit_fd[0]));
}

/* Its number stays in use: else the next file that is opened would be the standard input. */
static void standard_input_as_exit_descriptor(void **state)
{
	int own = dup(STDIN_FILENO);
	struct stat before, null;

	(void)state;
	assert_int_equal(dup2(exit_fd[0], STDIN_FILENO), STDIN_FILENO);
	device.host.exit_fd = STDIN_FILENO;
	run(SANDBOX_AUTO);
	assert_int_equal(stat("/dev/null", &null), 0);
	assert_int_equal(fstat(STDIN_FILENO, &before), 0);
	assert_true(before.st_rdev == null.st_rdev && S_ISCHR(before.st_mode));
	assert_int_equal(dup2(own, STDIN_FILENO), STDIN_FILENO);
	close(own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_device_is_opened_by_whom_it_should, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(in_one_process, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_left, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_the_helper_has_the_exit_descriptor, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(standard_input_as_exit_descriptor, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
