/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A command that another process supervises: its status, its signals, its end, and what an attacker could order. */
#include "proc/command_apart.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { RUNNING = -100, OLD_LINE = 9 };

struct lab {
	struct command_apart command;
	struct loop *loop;
	int status;
	int said; /* the command's descriptor 9 */
};

static void ended(struct command_apart *c, int status)
{
	struct lab *l = container_of(c, struct lab, command);

	l->status = status;
	loop_stop(l->loop);
}

static void fork_shell(struct lab *l, const char *script)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct env env;
	struct command_cfg cfg = { .argv = (char *const *)(uintptr_t)argv, .env = &env };
	int fd[2];

	*l = (struct lab){ .command = { .ended = ended }, .status = RUNNING };
	assert_int_equal(loop_open(&l->loop), 0);
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	assert_int_equal(dup2(fd[1], OLD_LINE),
			 OLD_LINE); /* inherited, as one that the user gave */
	env_init(&env, NULL);
	assert_int_equal(command_apart_fork(&l->command, l->loop, &cfg), 0);
	env_free(&env);
	close(fd[1]);
	close(OLD_LINE);
	l->said = fd[0];
}

static void finish(struct lab *l)
{
	command_apart_close(&l->command);
	loop_close(l->loop);
	close(l->said);
}

static void wait_for_word(struct lab *l, const char *word)
{
	char text[32] = "";

	assert_int_equal(read(l->said, text, strlen(word)), strlen(word));
	assert_string_equal(text, word);
}

static bool pass_on(struct lab *l, int sig, int code)
{
	struct signalfd_siginfo info = { .ssi_signo = (uint32_t)sig, .ssi_code = code };

	return command_apart_signal(&l->command, &info);
}

static void its_status_is_reported(void **state)
{
	static const struct {
		const char *script;
		int status;
	} cases[] = { { "exit 0", 0 }, { "exit 7", 7 }, { "kill -TERM $$", 128 + SIGTERM } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct lab l;

		fork_shell(&l, cases[i].script);
		assert_int_equal(command_apart_start(&l.command), 0);
		assert_int_equal(loop_run(l.loop), 0);
		assert_int_equal(l.status, cases[i].status);
		assert_false(pass_on(&l, SIGTERM, SI_USER)); /* none runs any more */
		finish(&l);
	}
}

static void signals_are_passed_on(void **state)
{
	struct lab l;

	(void)state;
	fork_shell(&l, "trap 'exit 5' TERM; echo on >&9; while :; do sleep 0.01; done");
	assert_false(pass_on(&l, SIGTERM, SI_USER)); /* it was not started yet */
	assert_int_equal(command_apart_start(&l.command), 0);
	wait_for_word(&l, "on\n");
	assert_false(pass_on(&l, SIGCHLD, CLD_EXITED));
	assert_true(pass_on(&l, SIGTERM, SI_USER));
	assert_int_equal(loop_run(l.loop), 0);
	assert_int_equal(l.status, 5);
	finish(&l);
}

static void it_ends_with_us(void **state)
{
	char byte;
	struct lab l;

	(void)state;
	fork_shell(&l, "echo on >&9; exec sleep 1000");
	assert_int_equal(command_apart_start(&l.command), 0);
	wait_for_word(&l, "on\n");
	command_apart_close(&l.command);
	assert_int_equal(read(l.said, &byte, 1), 0); /* nobody has the other end any more */
	assert_int_equal(l.status, RUNNING);
	finish(&l);
}

/* It is started once, and gets only the signals that are passed on. */
static void what_an_enemy_orders(void **state)
{
	static const uint8_t orders[] = { 0, 0, SIGKILL, SIGSTOP, SIGALRM, 200, SIGTERM };
	struct lab l;

	(void)state;
	fork_shell(&l, "trap 'exit 5' TERM; echo on >&9; while :; do sleep 0.01; done");
	assert_int_equal(command_apart_start(&l.command), 0);
	wait_for_word(&l, "on\n");
	for (size_t i = 0; i < sizeof(orders); i++)
		assert_int_equal(send(l.command.watch.fd, &orders[i], 1, 0), 1);
	assert_int_equal(loop_run(l.loop), 0);
	assert_int_equal(l.status, 5);
	finish(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_status_is_reported),
		cmocka_unit_test(signals_are_passed_on),
		cmocka_unit_test(it_ends_with_us),
		cmocka_unit_test(what_an_enemy_orders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
