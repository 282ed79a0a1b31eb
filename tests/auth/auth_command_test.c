/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A command as a backend: the line that it gets, answers of all kinds for each method, commands that
 * fail, and logins that end while it runs. The commands are lines for the shell.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "auth/auth_command_run.h"
#include "ppp/mschap.h"

#define NT_SECRET "878d8014606cda29677a44efa1353fc7" /* of "secret" */

static const uint8_t challenge[MSCHAP_CHALLENGE_LEN] = "0123456789abcde";

static struct {
	struct loop *loop;
	struct auth_command *command;
	struct auth_service *service;
	struct auth_result result;
	bool is_answered;
	bool has_helper;
	struct helper *helper;
} t;

static int set_up(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	return loop_open(&t.loop);
}

/* The same, and a helper runs the commands. */
static int set_up_helper(void **state)
{
	int error = set_up(state);

	t.has_helper = true;
	return error;
}

static void start_helper(const char *command, unsigned limit_ms)
{
	static struct auth_command_runs runs;
	static struct helper_service service;
	const struct helper_service *services[] = { &service };
	struct helper_cfg cfg = { .services = services, .service_count = 1 };

	runs = (struct auth_command_runs){ .command = command, .limit_ms = limit_ms };
	service = auth_command_service(&runs);
	assert_int_equal(helper_start(&cfg, &t.helper), 0);
	assert_int_equal(helper_seal(t.helper), 0);
	auth_command_use_helper(t.command, t.helper);
}

static void close_command(void)
{
	auth_close(t.service);
	auth_command_close(t.command);
	helper_close(t.helper);
	t.helper = NULL;
	t.service = NULL;
	t.command = NULL;
}

static int tear_down(void **state)
{
	(void)state;
	close_command();
	loop_close(t.loop);
	return 0;
}

static void open_with_limit(const char *command, unsigned limit_ms)
{
	assert_int_equal(auth_command_open(command, "vpn", limit_ms, &t.command), 0);
	if (t.has_helper)
		start_helper(command, limit_ms);
	assert_int_equal(auth_open(&auth_command_backend, t.command, &t.service), 0);
}

static void answered(void *arg, const struct auth_result *result)
{
	(void)arg;
	t.result = *result;
	t.is_answered = true;
	loop_stop(t.loop);
}

static void open_command(const char *command)
{
	open_with_limit(command, 10 * AUTH_COMMAND_LIMIT_MS); /* on a busy machine */
}

/* What the client sends. */
struct login {
	struct ppp_attempt attempt;
	uint8_t response[MSCHAP_VALUE_LEN];
};

static void log_in(struct login *l, enum ppp_auth method, const char *user, const char *password)
{
	char s[MSCHAP_S_LEN + 1];
	uint8_t hlak[MSCHAP_HLAK_LEN];

	memset(l, 0, sizeof(*l));
	l->attempt = (struct ppp_attempt){ .method = method,
					   .identifier = 3,
					   .user = bytes_text(user),
					   .challenge = bytes_of(challenge, sizeof(challenge)) };
	if (method == PPP_AUTH_PAP) {
		l->attempt.password = bytes_text(password);
	} else if (method == PPP_AUTH_CHAP_MD5) {
		chap_md5(3, bytes_text(password), l->attempt.challenge, l->response);
		l->attempt.response = bytes_of(l->response, CHAP_MD5_LEN);
	} else {
		assert_true(mschap_respond(bytes_text(password), bytes_text(user), challenge,
					   l->response, s, hlak));
		l->attempt.response = bytes_of(l->response, sizeof(l->response));
	}
}

static struct auth_request request_of(const struct login *l)
{
	return (struct auth_request){ .attempt = &l->attempt,
				      .source = ip_from_v4(0xc0000207),
				      .session = 7 };
}

static const struct auth_result *ask(enum ppp_auth method, const char *user, const char *password)
{
	struct auth_request rq;
	struct login l;
	uint64_t id;

	log_in(&l, method, user, password);
	rq = request_of(&l);
	t.is_answered = false;
	assert_int_equal(auth_ask(t.service, t.loop, &rq, answered, NULL, &id), 0);
	assert_int_equal(loop_run(t.loop), 0);
	assert_true(t.is_answered);
	return &t.result;
}

static void the_line(void **state)
{
	static const struct {
		enum ppp_auth method;
		const char *user, *password, *line;
	} cases[] = {
		{ PPP_AUTH_PAP, "ann", "won\"der\\land",
		  "{\"user\":\"ann\",\"method\":\"pap\",\"password\":\"won\\\"der\\\\land\","
		  "\"source\":\"192.0.2.7\",\"session\":7,\"server\":\"vpn\"}\n" },
		{ PPP_AUTH_MSCHAPV2, "CORP\\ann", "secret",
		  "{\"user\":\"CORP\\\\ann\",\"method\":\"mschapv2\",\"source\":\"192.0.2.7\","
		  "\"session\":7,\"server\":\"vpn\"}\n" },
		{ PPP_AUTH_CHAP_MD5, "ann\n", "secret",
		  "{\"user\":\"ann\\u000a\",\"method\":\"chap\",\"source\":\"192.0.2.7\","
		  "\"session\":7,\"server\":\"vpn\"}\n" },
		{ PPP_AUTH_PAP, "ann", "\xff", NULL },
		{ PPP_AUTH_PAP, "\xff", "secret", NULL },
	};
	char line[AUTH_COMMAND_LINE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct login l;
		struct auth_request rq;

		log_in(&l, cases[i].method, cases[i].user, cases[i].password);
		rq = request_of(&l);
		assert_int_equal(auth_command_put(&rq, "vpn", line), cases[i].line != NULL);
		if (cases[i].line)
			assert_string_equal(line, cases[i].line);
	}
}

/* The longest name and password, of characters that need an escape each. */
static void the_longest_line(void **state)
{
	char line[AUTH_COMMAND_LINE_MAX], user[PPP_NAME_MAX + 1], password[UINT8_MAX + 1];
	struct auth_request rq;
	struct login l;

	(void)state;
	memset(user, 1, sizeof(user) - 1);
	memset(password, 1, sizeof(password) - 1);
	user[sizeof(user) - 1] = password[sizeof(password) - 1] = '\0';
	log_in(&l, PPP_AUTH_PAP, user, password);
	rq = request_of(&l);
	assert_true(auth_command_put(&rq, "vpn", line));
	assert_non_null(strstr(
		line, "\\u0001\",\"source\":\"192.0.2.7\",\"session\":7,\"server\":\"vpn\"}\n"));
}

/* The names of the methods; a right password unless it says otherwise. */
static const struct {
	const char *command;
	enum ppp_auth method;
	const char *password;
	enum auth_outcome outcome;
	const char *reason;
} cases[] = {
	{ "echo '{\"result\":\"ok\"}'", PPP_AUTH_PAP, "secret", AUTH_RESULT_OK, "" },
	{ "echo '{\"result\":\"ok\"}'", PPP_AUTH_PAP, "$6$not a hash", AUTH_RESULT_OK, "" },
	{ "echo '{\"result\":\"ok\"}'", PPP_AUTH_PAP, "@/etc/passwd", AUTH_RESULT_OK, "" },
	{ "echo '{\"result\":\"refused\"}'", PPP_AUTH_PAP, "secret", AUTH_RESULT_REFUSED,
	  "the command refuses the login" },
	{ "echo '{\"result\":\"refused\",\"password\":\"secret\"}'", PPP_AUTH_MSCHAPV2, "secret",
	  AUTH_RESULT_REFUSED, "the command refuses the login" },
	{ "echo '{\"password\":\"secret\"}'", PPP_AUTH_PAP, "secret", AUTH_RESULT_OK, "" },
	{ "echo '{\"password\":\"secret\"}'", PPP_AUTH_PAP, "wrong", AUTH_RESULT_REFUSED,
	  "wrong password" },
	{ "echo '{\"password\":\"secret\"}'", PPP_AUTH_MSCHAPV2, "secret", AUTH_RESULT_OK, "" },
	{ "echo '{\"password\":\"secret\"}'", PPP_AUTH_MSCHAPV2, "wrong", AUTH_RESULT_REFUSED,
	  "wrong password" },
	{ "echo '{\"password\":\"secret\"}'", PPP_AUTH_CHAP_MD5, "secret", AUTH_RESULT_OK, "" },
	{ "echo '{\"password\":\"@/etc/passwd\"}'", PPP_AUTH_MSCHAPV2, "@/etc/passwd",
	  AUTH_RESULT_OK, "" },
	{ "echo '{\"nt_hash\":\"" NT_SECRET "\"}'", PPP_AUTH_MSCHAPV2, "secret", AUTH_RESULT_OK,
	  "" },
	{ "echo '{\"nt_hash\":\"" NT_SECRET "\"}'", PPP_AUTH_MSCHAPV2, "wrong", AUTH_RESULT_REFUSED,
	  "wrong password" },
	{ "echo '{\"nt_hash\":\"" NT_SECRET "\"}'", PPP_AUTH_CHAP_MD5, "secret",
	  AUTH_RESULT_REFUSED, "CHAP-MD5 needs the password in clear in the user file" },
	{ "echo '{\"result\":\"ok\",\"from\":\"203.0.113.0/24\"}'", PPP_AUTH_PAP, "secret",
	  AUTH_RESULT_REFUSED, "the user may not log in from this address (from=)" },
	/* what is wrong with the answer */
	{ "echo '{\"result\":\"ok\"}'", PPP_AUTH_MSCHAPV2, "secret", AUTH_RESULT_UNAVAILABLE,
	  "--auth-command: the answer is wrong: it has neither password nor nt_hash, which this "
	  "method needs" },
	{ "echo '{}'", PPP_AUTH_PAP, "secret", AUTH_RESULT_UNAVAILABLE,
	  "--auth-command: the answer is wrong: it has no result, password or nt_hash" },
	{ "echo '{\"result\":\"yes\"}'", PPP_AUTH_PAP, "secret", AUTH_RESULT_UNAVAILABLE,
	  "--auth-command: the answer is wrong: its result is neither ok nor refused" },
	{ "echo ok", PPP_AUTH_PAP, "secret", AUTH_RESULT_UNAVAILABLE,
	  "--auth-command: the answer is wrong: no object" },
	{ "true", PPP_AUTH_PAP, "secret", AUTH_RESULT_UNAVAILABLE,
	  "--auth-command: the answer is wrong: no object" },
	{ "echo '{\"result\":\"ok\",\"idle\":\"soon\"}'", PPP_AUTH_PAP, "secret",
	  AUTH_RESULT_UNAVAILABLE,
	  "--auth-command: the answer is wrong: answer:1: user \"ann\": idle= must be a number of "
	  "seconds, such as 600" },
	{ "echo '{\"result\":\"ok\",\"group\":\"staff\"}'", PPP_AUTH_PAP, "secret",
	  AUTH_RESULT_UNAVAILABLE, NULL },
	{ "echo '{\"result\":\"ok\"}'; exit 3", PPP_AUTH_PAP, "secret", AUTH_RESULT_UNAVAILABLE,
	  "--auth-command: the command failed with status 3" },
	{ "/nonexistent 2>/dev/null", PPP_AUTH_PAP, "secret", AUTH_RESULT_UNAVAILABLE,
	  "--auth-command: the command failed with status 127" },
	{ "head -c 5000 /dev/zero", PPP_AUTH_PAP, "secret", AUTH_RESULT_UNAVAILABLE,
	  "--auth-command: the answer's line is too long" },
	{ "echo; echo '{\"result\":\"ok\"}'", PPP_AUTH_PAP, "secret", AUTH_RESULT_UNAVAILABLE,
	  "--auth-command: the answer is wrong: no object" },
};

static void each_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct auth_result *r;

		print_message("# %s, method %d\n", cases[i].command, (int)cases[i].method);
		open_command(cases[i].command);
		r = ask(cases[i].method, "ann", cases[i].password);
		if (cases[i].reason)
			assert_string_equal(r->reason, cases[i].reason);
		assert_int_equal(r->outcome, cases[i].outcome);
		assert_string_equal(r->name, "ann");
		close_command();
	}
}

static void what_is_granted(void **state)
{
	const struct auth_grant *g = &t.result.grant;

	(void)state;
	open_command("echo '{\"result\":\"ok\",\"address\":\"10.1.0.7\",\"idle\":600,\"rate\":"
		     "\"5M/20M\",\"iroute\":[\"192.168.5.0/24\",\"192.168.6.0/24\"]}'");
	assert_int_equal(ask(PPP_AUTH_PAP, "ann", "secret")->outcome, AUTH_RESULT_OK);
	assert_int_equal(g->ipv4, 0x0a010007);
	assert_int_equal(g->idle_s, 600);
	assert_true(g->rate_down == 20000000);
	assert_int_equal(g->route_count, 2);
}

/* The command reads all of its line, and the password is not among its arguments or variables. */
static void the_command_reads_the_line(void **state)
{
	(void)state;
	open_command("read -r line; case $line in *'\"password\":\"secret\"'*) echo "
		     "'{\"result\":\"ok\"}';; *) echo '{\"result\":\"refused\"}';; esac");
	assert_int_equal(ask(PPP_AUTH_PAP, "ann", "secret")->outcome, AUTH_RESULT_OK);
	assert_int_equal(ask(PPP_AUTH_PAP, "ann", "other")->outcome, AUTH_RESULT_REFUSED);
	close_command();
	open_command(
		"(env; cat /proc/$$/cmdline) | grep -qi zyx[w]vu && echo '{\"result\":\"refused\"}' || "
		"echo '{\"result\":\"ok\"}'");
	assert_int_equal(ask(PPP_AUTH_PAP, "ann", "Zyxwvu")->outcome, AUTH_RESULT_OK);
}

/* It is ended, whether it has answered or not. */
static void a_command_that_hangs(void **state)
{
	static const char *const commands[] = { "sleep 1000",
						"echo '{\"result\":\"ok\"}'; exec sleep 1000" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		open_with_limit(commands[i], 50);
		assert_int_equal(ask(PPP_AUTH_PAP, "ann", "secret")->outcome,
				 AUTH_RESULT_UNAVAILABLE);
		assert_string_equal(t.result.reason, "--auth-command: it took too long");
		close_command();
	}
}

/* Its answer is dropped, and nothing leaks. */
static void a_login_that_ends_meanwhile(void **state)
{
	struct auth_request rq;
	struct login l;
	uint64_t id;

	(void)state;
	open_command("echo '{\"result\":\"ok\"}'");
	log_in(&l, PPP_AUTH_PAP, "ann", "secret");
	rq = request_of(&l);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(auth_ask(t.service, t.loop, &rq, answered, NULL, &id), 0);
		auth_cancel(t.service, id);
	}
	assert_int_equal(ask(PPP_AUTH_PAP, "ann", "secret")->outcome, AUTH_RESULT_OK);
}

/* More than run and wait. No command ends before the file has gone, so the threads take one each. */
static void too_many_at_once(void **state)
{
	char file[] = "/tmp/auth_command_test.XXXXXX", command[128];
	struct auth_request rq;
	struct login l;
	uint64_t id[AUTH_COMMAND_QUEUE_MAX];
	size_t count = 0;
	int error = 0, fd = mkstemp(file);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	snprintf(command, sizeof(command),
		 "while [ -e %s ]; do sleep 0.05; done; echo '{\"result\":\"ok\"}'", file);
	open_command(command);
	log_in(&l, PPP_AUTH_PAP, "ann", "secret");
	rq = request_of(&l);
	while (!error && count < AUTH_COMMAND_QUEUE_MAX) {
		error = auth_ask(t.service, t.loop, &rq, answered, NULL, &id[count]);
		count += !error;
	}
	for (size_t i = 0; i < count; i++)
		auth_cancel(t.service, id[i]);
	unlink(file);
	assert_int_equal(error, -EDQUOT); /* all are of one address */
	assert_in_range(count, AUTH_COMMAND_QUEUE_MAX / 2,
			AUTH_COMMAND_QUEUE_MAX / 2 + AUTH_COMMAND_THREADS);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define BY_HELPER(name)                                                    \
	{                                                                  \
#name " by a helper", name, set_up_helper, tear_down, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line),
		cmocka_unit_test(the_longest_line),
		CASE(each_answer),
		BY_HELPER(each_answer),
		CASE(what_is_granted),
		BY_HELPER(what_is_granted),
		CASE(the_command_reads_the_line),
		BY_HELPER(the_command_reads_the_line),
		CASE(a_command_that_hangs),
		BY_HELPER(a_command_that_hangs),
		CASE(a_login_that_ends_meanwhile),
		BY_HELPER(a_login_that_ends_meanwhile),
		CASE(too_many_at_once),
		BY_HELPER(too_many_at_once),
	};

	return cmocka_run_group_tests_name("auth/auth_command", tests, NULL, NULL);
}
