/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Health checks of programs in this network namespace; here both sides are threads. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/health.h"
#include "support/netns.h"
#include "util/clock.h"
#include "util/log.h"

static struct loop *loop;
static char last_line[256];

static void note_line(enum log_level level, const char *name, const char *line)
{
	(void)level;
	(void)name;
	snprintf(last_line, sizeof(last_line), "%s", line);
}

static int set_up(void **state)
{
	(void)state;
	last_line[0] = '\0';
	log_set_sink(note_line);
	return loop_open(&loop);
}

static int tear_down(void **state)
{
	(void)state;
	loop_close(loop);
	log_set_sink(NULL);
	return 0;
}

/* ---- the health check, while this thread's loop runs */

struct asking {
	unsigned slot;
	int result;
	struct health_answer answer;
	int done_fd;
};

static uint64_t in_ms(uint64_t ms)
{
	return clock_now_ms() + ms;
}

static void *ask(void *arg)
{
	struct asking *a = arg;

	a->result = health_ask(a->slot, in_ms(20 * 1000), &a->answer);
	close(a->done_fd);
	return NULL;
}

static void stop_loop(struct loop_watch *watch, uint32_t events)
{
	(void)watch;
	(void)events;
	loop_stop(loop);
}

static struct health_answer ask_while_running(unsigned slot)
{
	struct asking a = { .slot = slot };
	struct loop_watch done = { .events = EPOLLIN, .ready = stop_loop };
	pthread_t thread;
	int ends[2];

	assert_return_code(pipe(ends), 0);
	done.fd = ends[0];
	a.done_fd = ends[1];
	assert_int_equal(loop_watch(loop, &done), 0);
	assert_int_equal(pthread_create(&thread, NULL, ask, &a), 0);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	loop_unwatch(loop, &done);
	close(ends[0]);
	assert_int_equal(a.result, 0);
	assert_int_equal(a.answer.user, geteuid());
	return a.answer;
}

static int ask_now(unsigned slot, struct health_answer *a)
{
	return health_ask(slot, in_ms(50), a);
}

/* ---- the tests */

static void without_a_listener(void **state)
{
	struct health_answer a;

	(void)state;
	for (unsigned slot = 0; slot < HEALTH_SLOTS; slot++)
		assert_int_equal(ask_now(slot, &a), -ENOENT);
}

static void the_line_changes(void **state)
{
	struct health h = { 0 };
	struct health_answer a;

	(void)state;
	health_open(&h, loop);
	assert_string_equal(ask_while_running(0).line, "down sstp: starting");
	health_up(&h, "sstp0");
	assert_string_equal(ask_while_running(0).line, "up sstp0");
	assert_string_equal(ask_while_running(0).line, "up sstp0");
	health_down(&h, "sstp0", "connecting");
	assert_string_equal(ask_while_running(0).line, "down sstp0: connecting");
	health_stopping(&h, "sstp0");
	assert_string_equal(ask_while_running(0).line, "down sstp0: stopping");
	health_close(&h);
	assert_int_equal(ask_now(0, &a), -ENOENT);
}

static void a_long_reason_is_cut(void **state)
{
	struct health h = { 0 };
	char why[2 * HEALTH_LINE];

	(void)state;
	memset(why, 'x', sizeof(why) - 1);
	why[sizeof(why) - 1] = '\0';
	health_open(&h, loop);
	health_down(&h, "sstp0", why);
	assert_int_equal(strlen(ask_while_running(0).line), HEALTH_LINE - 1);
	health_close(&h);
}

static void each_program_has_a_name(void **state)
{
	struct health a = { 0 }, b = { 0 };

	(void)state;
	health_open(&a, loop);
	health_open(&b, loop);
	health_up(&a, "one");
	health_up(&b, "two");
	assert_string_equal(ask_while_running(1).line, "up two");
	health_close(&a);
	assert_string_equal(ask_while_running(1).line, "up two");
	health_open(&a, loop);
	health_up(&a, "again");
	assert_string_equal(ask_while_running(0).line, "up again");
	health_close(&a);
	health_close(&b);
}

static void without_a_name_it_goes_on(void **state)
{
	static struct health h[HEALTH_SLOTS + 1];

	(void)state;
	for (size_t i = 0; i < HEALTH_SLOTS; i++)
		health_open(&h[i], loop);
	assert_string_equal(last_line, "");
	health_open(&h[HEALTH_SLOTS], loop);
	assert_non_null(strstr(last_line, "will not find this program"));
	health_up(&h[HEALTH_SLOTS], "sstp64");
	for (size_t i = 0; i <= HEALTH_SLOTS; i++)
		health_close(&h[i]);
}

static void a_program_that_hangs_does_not_hang_others(void **state)
{
	struct health h = { 0 };
	struct health_answer a;

	(void)state;
	health_open(&h, loop);
	assert_int_equal(ask_now(0, &a), -ETIMEDOUT);
	assert_int_equal(a.user, geteuid());
	while (a.user != (uid_t)-1) /* until its queue is full */
		assert_int_equal(health_ask(0, 0, &a), -ETIMEDOUT);
	health_close(&h);
}

/* From another program: what it sends goes to a terminal. */
static void unprintable_bytes_are_replaced(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "\0" HEALTH_NAME "0" };
	socklen_t len =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof(HEALTH_NAME) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), pair;
	struct asking asking = { .done_fd = -1 };
	pthread_t thread;

	(void)state;
	assert_return_code(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_return_code(listen(fd, 1), 0);
	assert_int_equal(pthread_create(&thread, NULL, ask, &asking), 0);
	pair = accept(fd, NULL, NULL);
	assert_int_equal(write(pair, "up \033[2J\377\nmore", 13), 13);
	close(pair);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(asking.result, 0);
	assert_string_equal(asking.answer.line, "up ?[2J?");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_a_listener, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_line_changes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_long_reason_is_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_program_has_a_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_a_name_it_goes_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_program_that_hangs_does_not_hang_others, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(unprintable_bytes_are_replaced, set_up, tear_down),
	};

	netns_enter(); /* other programs of this machine must not reply */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
