/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running a command: how it starts, which signals reach it, how it and its descendants end. */
#include "proc/command.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { RUNNING = -1 };

struct lab {
	struct command command; /* first, so that `ended` finds the lab */
	int status;
	int said; /* the other end of the command's descriptor 9, if it has one */
	int to_say;
};

static void ended(struct command *c, int status)
{
	((struct lab *)(void *)c)->status = status;
}

static int give_descriptor(void *arg)
{
	return dup2(((struct lab *)arg)->to_say, 9) < 0;
}

static void start(struct lab *l, const char *const *argv, int (*prepare)(void *arg))
{
	struct env env;
	struct command_cfg cfg = {
		.argv = (char *const *)(uintptr_t)argv,
		.env = &env,
		.prepare = prepare,
		.arg = l,
		.ended = ended,
	};

	l->status = RUNNING;
	env_init(&env, NULL);
	assert_int_equal(command_start(&l->command, &cfg), 0);
	env_free(&env);
}

static void start_shell(struct lab *l, const char *script)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	int fd[2];

	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	l->said = fd[0];
	l->to_say = fd[1];
	start(l, argv, give_descriptor);
	close(fd[1]);
}

static int hear_number(struct lab *l)
{
	char text[32] = "";

	assert_true(read(l->said, text, sizeof(text) - 1) > 0);
	return atoi(text);
}

static bool tell(struct lab *l, int sig, int code)
{
	struct signalfd_siginfo info = { .ssi_signo = (uint32_t)sig, .ssi_code = code };

	return command_signal(&l->command, &info);
}

/* As the loop would, once the child has ended. */
static int status_at_the_end(struct lab *l)
{
	siginfo_t info;

	assert_int_equal(waitid(P_PID, (id_t)l->command.pid, &info, WEXITED | WNOWAIT), 0);
	assert_true(tell(l, SIGCHLD, CLD_EXITED));
	return l->status;
}

static void finish(struct lab *l)
{
	command_close(&l->command);
	close(l->said);
}

static void its_status_is_reported(void **state)
{
	static const struct {
		const char *script;
		int status;
	} cases[] = {
		{ "exit 0", 0 },
		{ "exit 3", 3 },
		{ "kill -TERM $$", 128 + SIGTERM },
		{ "[ -z \"$SSTP_PASSWORD\" ]", 0 },
		{ "[ -n \"$PATH\" ]", 0 },
	};

	(void)state;
	setenv("SSTP_PASSWORD", "hush", 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct lab l = { 0 };

		start_shell(&l, cases[i].script);
		assert_int_equal(status_at_the_end(&l), cases[i].status);
		finish(&l);
	}
	unsetenv("SSTP_PASSWORD");
}

static int refuse(void *arg)
{
	(void)arg;
	return 11;
}

static void a_failed_start_is_reported(void **state)
{
	static const char *const absent[] = { "sstp-test-no-such-program", NULL };
	static const char *const folder[] = { "/dev", NULL };
	static const char *const any[] = { "true", NULL };
	struct lab l = { .said = -1 };

	(void)state;
	start(&l, absent, NULL);
	assert_int_equal(status_at_the_end(&l), COMMAND_NOT_FOUND);
	command_close(&l.command);
	start(&l, folder, NULL);
	assert_int_equal(status_at_the_end(&l), COMMAND_NO_START);
	command_close(&l.command);
	start(&l, any, refuse);
	assert_int_equal(status_at_the_end(&l), 11);
	command_close(&l.command);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static bool is_null(int fd)
{
	struct stat null, st;

	return !stat("/dev/null", &null) && !fstat(fd, &st) && st.st_rdev == null.st_rdev;
}

/* How fd 2's terminal can be opened. */
enum terminal {
	OWN,         /* by its path */
	OF_OTHER,    /* only as /dev/tty, as after `su bob` */
	OUT_OF_REACH /* in no way */
};

static bool is_readable(int fd)
{
	return (fcntl(fd, F_GETFL) & O_ACCMODE) != O_WRONLY;
}

static void take_rights(int terminal, enum terminal kind)
{
	if (kind == OWN)
		return;
	setsid();
	if (kind == OF_OTHER)
		ioctl(terminal, TIOCSCTTY, 0);
	fchmod(terminal, 0);
	if (!geteuid() && setresuid(65534, 65534, 65534))
		_exit(10);
}

/* In a child: 0, or which part is wrong. */
static int drop_and_look(int terminal, enum terminal kind, enum sandbox_mode mode)
{
	int inherited = dup(terminal), own = fcntl(terminal, F_DUPFD_CLOEXEC, 0), error;
	bool is_lost = kind == OUT_OF_REACH;

	dup2(terminal, STDIN_FILENO);
	dup2(terminal, STDOUT_FILENO);
	dup2(terminal, STDERR_FILENO);
	take_rights(terminal, kind);
	error = command_drop_descriptors(mode, NULL);
	if (is_open(inherited) || !is_open(own))
		return 1;
	if (!is_null(STDIN_FILENO) || !is_null(STDOUT_FILENO))
		return 2;
	if (!isatty(STDERR_FILENO) || is_readable(STDERR_FILENO) != is_lost)
		return 3;
	if (error != (is_lost && mode == SANDBOX_REQUIRE ? -EACCES : 0))
		return 4;
	return write(STDERR_FILENO, "!", 1) == 1 ? 0 : 5;
}

/* What it has printed there. */
static void drop_in_child(enum terminal kind, enum sandbox_mode mode, char *printed, size_t room)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), terminal, status;
	size_t len = 0;
	pid_t child;

	assert_true(master >= 0 && !grantpt(master) && !unlockpt(master));
	terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(terminal >= 0);
	child = fork();
	if (!child)
		_exit(drop_and_look(terminal, kind, mode));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(run_exit_status(status), 0);
	do {
		ssize_t n = read(master, printed + len, room - 1 - len);

		assert_true(n > 0);
		len += (size_t)n;
	} while (printed[len - 1] != '!');
	printed[len] = '\0';
	close(terminal);
	close(master);
}

static void what_the_command_inherits_can_be_dropped(void **state)
{
	char printed[1024];

	(void)state;
	drop_in_child(OWN, SANDBOX_REQUIRE, printed, sizeof(printed));
	assert_string_equal(printed, "!");
	drop_in_child(OF_OTHER, SANDBOX_REQUIRE, printed, sizeof(printed));
	assert_string_equal(printed, "!");
}

static void a_terminal_that_stays_readable_is_reported(void **state)
{
	char printed[1024];

	(void)state;
	drop_in_child(OUT_OF_REACH, SANDBOX_AUTO, printed, sizeof(printed));
	assert_non_null(
		strstr(printed, "warn: the process that reads the network can read what is typed"));
	drop_in_child(OUT_OF_REACH, SANDBOX_REQUIRE, printed, sizeof(printed));
	assert_non_null(
		strstr(printed, "error: --sandbox require: the process that reads the network"));
}

static void descriptors_of_ours_stay_here(void **state)
{
	int ours = open("/dev/null", O_RDONLY | O_CLOEXEC), given = dup(ours);
	struct lab l = { 0 };
	char script[128];

	(void)state;
	snprintf(script, sizeof(script), "[ ! -e /proc/self/fd/%d ] && [ -e /proc/self/fd/%d ]",
		 ours, given);
	start_shell(&l, script);
	assert_int_equal(status_at_the_end(&l), 0);
	finish(&l);
	close(ours);
	close(given);
}

#define WAIT "echo $$ >&9; while :; do sleep 0.01; done"

/* Signals from the terminal have reached it already. */
static void only_signals_of_processes_are_passed_on(void **state)
{
	struct lab l = { 0 };

	(void)state;
	start_shell(&l, "trap 'exit 40' INT; trap 'exit 41' TERM; trap 'exit 42' USR1; " WAIT);
	hear_number(&l);
	assert_true(tell(&l, SIGINT, SI_KERNEL));
	assert_false(tell(&l, SIGUSR2, SI_USER)); /* the client's own */
	assert_true(tell(&l, SIGUSR1, SI_USER));
	assert_int_equal(status_at_the_end(&l), 42);
	assert_false(tell(&l, SIGTERM, SI_USER)); /* the command has ended */
	finish(&l);
}

static void signals_are_as_they_were(void **state)
{
	sigset_t term, before;
	struct lab l = { 0 };

	(void)state;
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &before);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN); /* nohup */
	start_shell(&l,
		    "kill -HUP $$; sh -c 'kill -PIPE $$'; [ $? = 141 ] && kill -TERM $$; exit 1");
	assert_int_equal(status_at_the_end(&l), 128 + SIGTERM);
	finish(&l);
	signal(SIGHUP, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* The child of a child that has ended, like a daemon. */
static void its_descendants_are_ended(void **state)
{
	static const char *const scripts[] = {
		"(sleep 100 >&- 2>&- & echo $! >&9) & wait; exit 7",
		"setsid sh -c 'echo $$ >&9; exec sleep 100' & sleep 0.1; exit 7",
		"sh -c 'trap \"\" TERM; echo $$ >&9; sleep 100; sleep 100' & sleep 0.1; exit 7",
		"sh -c 'kill -STOP $$' & echo $! >&9; sleep 0.1; exit 7",
	};

	(void)state;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)) {
		print_message(
			"skip: kernel: orphans are not brought to us\n"); /* qemu-user's is such a one */
		skip();
	}
	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
		struct lab l = { 0 };
		pid_t left;

		start_shell(&l, scripts[i]);
		left = hear_number(&l);
		assert_int_equal(status_at_the_end(&l), 7);
		finish(&l);
		assert_int_equal(kill(left, 0), -1);
		assert_int_equal(errno, ESRCH);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	}
}

static void closing_ends_it_too(void **state)
{
	struct lab l = { 0 };
	pid_t pid;

	(void)state;
	command_close(&l.command); /* never started */
	start_shell(&l, WAIT);
	pid = hear_number(&l);
	finish(&l);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(l.status, RUNNING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_status_is_reported),
		cmocka_unit_test(a_failed_start_is_reported),
		cmocka_unit_test(descriptors_of_ours_stay_here),
		cmocka_unit_test(what_the_command_inherits_can_be_dropped),
		cmocka_unit_test(a_terminal_that_stays_readable_is_reported),
		cmocka_unit_test(only_signals_of_processes_are_passed_on),
		cmocka_unit_test(signals_are_as_they_were),
		cmocka_unit_test(its_descendants_are_ended),
		cmocka_unit_test(closing_ends_it_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
