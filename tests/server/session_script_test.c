/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The script of sessions and the helper that runs it: what is in its variables, what its exit status does, each connect
 * has its disconnect, and what the helper refuses. The commands are lines for the shell.
 */
#include "server/session_script.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/session_script_run.h"
#include "util/file.h"

enum {
	OP_DEVICE = HELPER_OP(HELPER_SCRIPT, 1),
	OP_RUN = HELPER_OP(HELPER_SCRIPT, 2),
	LONG_MS = 60 * 1000,
};

static struct {
	char folder[64]; /* where the commands begin */
	struct loop *loop;
	struct helper *helper;
	struct session_scripts all;
	struct session_script *script;
	int status;
	bool is_alone, is_done;
} t;

static const struct held_login nothing;
static const struct log quiet;

/* ---- the lab */

static int set_up(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	strcpy(t.folder, "/tmp/session_script_test.XXXXXX");
	assert_non_null(mkdtemp(t.folder));
	setenv("FOLDER", t.folder, 1);
	setenv("IPV6_PREFIX", "the server's own", 1);
	return loop_open(&t.loop);
}

/* Without a helper. */
static int set_up_alone(void **state)
{
	int error = set_up(state);

	t.is_alone = true;
	return error;
}

static void start_helper(const char *command, unsigned limit_ms)
{
	static struct session_script_runs runs;
	static struct helper_service service;
	const struct helper_service *services[] = { &service };
	struct helper_cfg cfg = { .services = services, .service_count = 1 };

	runs = (struct session_script_runs){ .command = command, .limit_ms = limit_ms };
	service = session_script_service(&runs);
	assert_int_equal(helper_start(&cfg, &t.helper), 0);
	assert_int_equal(session_script_use_device(t.helper, "sstp7"), 0);
	assert_int_equal(helper_seal(t.helper), 0);
}

static void open_scripts(const char *command, unsigned limit_ms)
{
	const struct session_script_runs runs = { .command = command, .limit_ms = limit_ms };

	if (!t.is_alone)
		start_helper(command, limit_ms);
	session_scripts_open(&t.all, t.helper, &runs);
	if (t.is_alone)
		assert_int_equal(session_scripts_use_device(&t.all, "sstp7"), 0);
}

/* The scripts of all ends have run then. */
static void close_scripts(void)
{
	session_scripts_close(&t.all);
	helper_close(t.helper);
	t.all = (struct session_scripts){ 0 };
	t.helper = NULL;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	close_scripts();
	loop_close(t.loop);
	snprintf(command, sizeof(command), "rm -rf %s", t.folder);
	return system(command);
}

static void done(void *arg, int status)
{
	(void)arg;
	t.status = status;
	t.is_done = true;
	loop_stop(t.loop);
}

static struct ip_addr addr(const char *text)
{
	struct ip_addr a = { .family = AF_UNSPEC };

	assert_true(ip_parse(text, &a));
	return a;
}

static struct script_facts facts(void)
{
	return (struct script_facts){ .id = 0x123456789a,
				      .user = "CORP\\ann $(false)",
				      .method = PPP_AUTH_MSCHAPV2,
				      .source = addr("2001:db8::7"),
				      .local = addr("2001:db8::1"),
				      .own = addr("10.9.0.1"),
				      .ipv4 = addr("10.9.0.2") };
}

static void start(void)
{
	const struct script_facts f = facts();

	t.is_done = false;
	assert_int_equal(session_script_start(&t.all, t.loop, &f, &nothing, &quiet, done, NULL,
					      &t.script),
			 0);
}

static int log_in(void)
{
	start();
	while (!t.is_done)
		assert_int_equal(loop_run(t.loop), 0);
	return t.status;
}

static void end(enum tunnel_reason reason)
{
	const struct tunnel_stats stats = { .rx_bytes = 5000000000, .tx_bytes = 7 };

	session_script_end(t.script, reason, 42, &stats);
}

static void assert_file(const char *name, const char *wanted)
{
	char path[PATH_MAX], *text;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", t.folder, name);
	assert_int_equal(file_read(path, 10000, &text, &len), 0);
	assert_string_equal(text, wanted);
	file_free(text, len);
}

/* ---- runs */

static const char env_command[] =
	"env | grep -v '^PWD=\\|^SHLVL=\\|^_=\\|^OLDPWD=' >\"$FOLDER/$REASON.all\"; "
	"grep '^REASON=\\|^ID=\\|^USER\\|^METHOD=\\|^DEVICE=\\|^IP\\|^PEERNAME=\\|^IFNAME=\\|^END_\\|^STATS_\\|"
	"^CONNECT_TIME=\\|^BYTES_' \"$FOLDER/$REASON.all\" | grep -v '^USER=' | LC_ALL=C sort >\"$FOLDER/$REASON\"";

static void its_variables(void **state)
{
	struct ip_addr link_local = addr("fe80::7");
	struct ip_prefix prefix = { addr("2001:db8:7::"), 64 };

	(void)state;
	open_scripts(env_command, LONG_MS);
	assert_int_equal(log_in(), 0);
	assert_file(
		"connect",
		"DEVICE=sstp7\nID=78187493530\nIFNAME=sstp7\nIPLOCAL=10.9.0.1\nIPREMOTE=10.9.0.2\n"
		"IP_LOCAL=10.9.0.1\nIP_REAL=2001:db8::7\nIP_REAL_LOCAL=2001:db8::1\n"
		"IP_REMOTE=10.9.0.2\nMETHOD=mschapv2\nPEERNAME=CORP\\ann $(false)\nREASON=connect\n"
		"USERNAME=CORP\\ann $(false)\n");
	session_script_ipv6(t.script, &link_local, &prefix);
	end(REASON_IDLE);
	close_scripts();
	assert_file(
		"disconnect",
		"BYTES_RCVD=5000000000\nBYTES_SENT=7\nCONNECT_TIME=42\nDEVICE=sstp7\n"
		"END_REASON=idle\nID=78187493530\nIFNAME=sstp7\nIPLOCAL=10.9.0.1\nIPREMOTE=10.9.0.2\n"
		"IPV6_PREFIX=2001:db8:7::/64\nIPV6_REMOTE=fe80::7\nIP_LOCAL=10.9.0.1\n"
		"IP_REAL=2001:db8::7\nIP_REAL_LOCAL=2001:db8::1\nIP_REMOTE=10.9.0.2\n"
		"METHOD=mschapv2\nPEERNAME=CORP\\ann $(false)\nREASON=disconnect\n"
		"STATS_BYTES_IN=5000000000\nSTATS_BYTES_OUT=7\nSTATS_DURATION=42\n"
		"USERNAME=CORP\\ann $(false)\n");
}

/* What comes to all processes of the terminal does not end the one that waits for the script. */
static void its_exit_status(void **state)
{
	static const struct {
		const char *command;
		int status;
	} cases[] = {
		{ "true", 0 },
		{ "exit 3", 3 },
		{ "kill -9 $$", 128 + 9 },
		{ "/nonexistent 2>/dev/null", 127 },
		{ "kill -INT $PPID; kill -TERM $PPID; kill -HUP $PPID; exit 4", 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		print_message("# %s\n", cases[i].command);
		if (t.is_alone && strstr(cases[i].command, "$PPID"))
			continue; /* it would end the test */
		open_scripts(cases[i].command, LONG_MS);
		assert_int_equal(log_in(), cases[i].status);
		end(REASON_AUTH);
		close_scripts();
	}
}

static void one_that_hangs(void **state)
{
	(void)state;
	open_scripts("exec sleep 1000", 50);
	assert_int_equal(log_in(), -ETIMEDOUT);
	end(REASON_AUTH);
}

/* The one of a login that is refused has no end. */
static void ends_of_logins(void **state)
{
	(void)state;
	open_scripts("echo $REASON >>\"$FOLDER/runs\"; exit 3", LONG_MS);
	assert_int_equal(log_in(), 3);
	end(REASON_AUTH);
	close_scripts();
	assert_file("runs", "connect\n");
}

/* The session ends while the script runs, or when it has run and the loop does not know yet. */
static void a_session_that_ends_meanwhile(void **state)
{
	char fifo[PATH_MAX];
	FILE *f;

	(void)state;
	snprintf(fifo, sizeof(fifo), "%s/fifo", t.folder);
	open_scripts(
		"echo $REASON >>\"$FOLDER/runs\"; [ $REASON = disconnect ] || mkfifo \"$FOLDER/fifo\"; "
		"[ $REASON = disconnect ] || : >\"$FOLDER/fifo\"",
		LONG_MS);
	start();
	while (access(fifo, F_OK))
		usleep(1000);
	end(REASON_LOST);
	f = fopen(fifo, "re");
	assert_non_null(f);
	fclose(f);
	close_scripts();
	assert_false(t.is_done);
	assert_file("runs", "connect\ndisconnect\n");
}

static bool is_idle(void)
{
	unsigned threads;

	pthread_mutex_lock(&t.all.logins.lock);
	threads = t.all.logins.threads;
	pthread_mutex_unlock(&t.all.logins.lock);
	return !threads;
}

static void a_session_that_ends_before_the_loop_knows(void **state)
{
	(void)state;
	open_scripts("echo $REASON >>\"$FOLDER/runs\"", LONG_MS);
	start();
	while (!is_idle())
		usleep(1000);
	end(REASON_LOST);
	close_scripts();
	assert_false(t.is_done);
	assert_file("runs", "connect\ndisconnect\n");
}

/* ---- what the helper refuses */

static int ask(uint16_t op, const void *in, size_t len)
{
	struct helper_question q = { .op = op, .in = bytes_of(in, len) };
	int error = helper_ask(t.helper, &q);

	if (q.fd_out >= 0)
		close(q.fd_out);
	return error;
}

static size_t put_question(uint8_t to[1024], uint32_t limit_ms, const struct script_facts *f)
{
	struct writer w = writer_of(to, 1024);

	put_u32(&w, limit_ms);
	script_facts_put(&w, f);
	assert_false(w.full);
	return w.len;
}

static void what_is_refused(void **state)
{
	static const char more[] = "LD_PRELOAD=/tmp/evil.so";
	const struct script_facts f = facts();
	uint8_t in[1024];
	size_t len;

	(void)state;
	open_scripts("true", LONG_MS);
	len = put_question(in, 1000, &f);
	assert_int_equal(ask(OP_RUN, in, len), 0);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(ask(OP_RUN, in, i), -EBADMSG);
	memcpy(in + len, more, sizeof(more));
	assert_int_equal(ask(OP_RUN, in, len + sizeof(more)), -EBADMSG);
	assert_int_equal(ask(OP_RUN, in, put_question(in, 0, &f)), -EBADMSG);
	assert_int_equal(ask(OP_DEVICE, "sstp0", 5), -EPERM);
	assert_int_equal(ask(HELPER_OP(HELPER_SCRIPT, 3), "id", 2), -ENOSYS);
	assert_int_equal(ask(HELPER_OP(HELPER_COMMAND, 1), "id", 2), -ENOSYS);
}

/* A longer time than at the start is not given. */
static void more_time(void **state)
{
	const struct script_facts f = facts();

	(void)state;
	start_helper("exec sleep 1000", 50);
	assert_int_equal(session_script_ask(t.helper, LONG_MS, &f), -ETIMEDOUT);
}

static void more_at_a_time(void **state)
{
	const struct script_facts f = facts();
	struct helper_question q = { .op = OP_RUN };
	uint8_t in[1024];
	int fd[SESSION_SCRIPT_RUNS_MAX];
	char path[PATH_MAX];
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "%s/go", t.folder);
	start_helper("until [ -e \"$FOLDER/go\" ]; do sleep 0.05; done", LONG_MS);
	q.in = bytes_of(in, put_question(in, LONG_MS, &f));
	for (size_t i = 0; i < SESSION_SCRIPT_RUNS_MAX; i++) {
		assert_int_equal(helper_ask(t.helper, &q), 0);
		fd[i] = q.fd_out;
	}
	assert_int_equal(helper_ask(t.helper, &q), -EAGAIN);
	file = fopen(path, "we");
	assert_non_null(file);
	fclose(file);
	assert_int_equal(session_script_ask(t.helper, LONG_MS, &f), 0);
	for (size_t i = 0; i < SESSION_SCRIPT_RUNS_MAX; i++)
		close(fd[i]);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define CASE_ALONE(name) cmocka_unit_test_setup_teardown(name, set_up_alone, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(its_variables),
		CASE_ALONE(its_variables),
		CASE(its_exit_status),
		CASE_ALONE(its_exit_status),
		CASE(one_that_hangs),
		CASE_ALONE(one_that_hangs),
		CASE(ends_of_logins),
		CASE_ALONE(ends_of_logins),
		CASE(a_session_that_ends_meanwhile),
		CASE_ALONE(a_session_that_ends_meanwhile),
		CASE(a_session_that_ends_before_the_loop_knows),
		CASE(what_is_refused),
		CASE(more_time),
		CASE(more_at_a_time),
	};

	return cmocka_run_group_tests_name("server/session_script", tests, NULL, NULL);
}
