/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running other programs: what they inherit and what not, and the environment of a vpnc-script. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proc/run.h"
#include "client/script.h"
#include "util/clock.h"

static char out[] = "/tmp/script_test.XXXXXX";
static char output[16384];
static char last_log[512];

static void keep_log(enum log_level level, const char *name, const char *line)
{
	(void)level;
	(void)name;
	snprintf(last_log, sizeof(last_log), "%s", line);
}

/* The content of the file `out`. */
static const char *read_output(void)
{
	FILE *f = fopen(out, "r");
	size_t n;

	assert_non_null(f);
	n = fread(output, 1, sizeof(output) - 1, f);
	output[n] = '\0';
	fclose(f);
	return output;
}

/* Runs a shell command whose $O is the file `out`. */
static int shell(const char *command, const char *input, unsigned limit_ms)
{
	const char *const argv[] = { "/bin/sh", "-c", command, NULL };
	struct run r = { .argv = argv, .input = input, .limit_ms = limit_ms };

	setenv("O", out, 1);
	return run_program(&r);
}

/* ---- any program */

static void status(void **state)
{
	const char *const missing[] = { "/no/such/program", NULL };

	(void)state;
	assert_int_equal(shell("exit 0", NULL, 0), 0);
	assert_int_equal(shell("exit 3", NULL, 0), 3);
	assert_int_equal(shell("exit 3", NULL, 10000), 3);
	assert_int_equal(shell("kill -TERM $$", NULL, 0), 128 + SIGTERM);
	assert_int_equal(run_program(&(struct run){ .argv = missing }), 127);
}

static void input(void **state)
{
	(void)state;
	assert_int_equal(shell("cat >$O", "two\nlines\n", 0), 0);
	assert_string_equal(read_output(), "two\nlines\n");
	assert_int_equal(shell("cat >$O", NULL, 0), 0);
	assert_string_equal(read_output(), "");
	assert_int_equal(shell("exit 0", "text that is not read", 0), 0);
}

static void too_slow(void **state)
{
	uint64_t start = clock_now_ms();

	(void)state;
	assert_int_equal(shell("sleep 60 & wait", NULL, 100), -ETIMEDOUT);
	assert_true(clock_now_ms() - start < 30 * 1000);
}

/* No descriptor, no blocked or ignored signal, no password is inherited. */
static void nothing_is_passed_on(void **state)
{
	int fd = dup(STDERR_FILENO); /* without close-on-exec */
	const char *ignored;
	sigset_t all;

	(void)state;
	setenv("SSTP_PASSWORD", "wonder land 5417", 1);
	setenv("SSTP_PASSWORD_FILE", "not secret itself", 1);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(shell("env >$O; grep -E '^Sig(Blk|Ign)' /proc/self/status >>$O; "
			       "for f in /proc/self/fd/*; do [ ! -e $f ] || echo $f >>$O; done",
			       NULL, 0),
			 0);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	signal(SIGPIPE, SIG_DFL);
	close(fd);
	read_output();
	ignored = strstr(output, "SigIgn:");
	assert_null(strstr(output, "wonder land 5417"));
	assert_non_null(strstr(output, "SSTP_PASSWORD_FILE=not secret itself\n"));
	assert_non_null(strstr(output, "SigBlk:\t0000000000000000\n"));
	assert_non_null(ignored);
	/* the C library uses 32 and 33: if they were ignored on start, nothing can change that */
	assert_int_equal(strtoull(ignored + strlen("SigIgn:"), NULL, 16) & ~0x180000000ull, 0);
	assert_non_null(strstr(output, "/proc/self/fd/2\n"));
	assert_null(strstr(output, "/proc/self/fd/3\n"));
}

/* nohup and some supervisors start their children with SIGCHLD ignored. */
static void children_are_ignored(void **state)
{
	(void)state;
	signal(SIGCHLD, SIG_IGN);
	assert_int_equal(shell("exit 3", NULL, 0), 3);
	assert_int_equal(shell("exit 3", NULL, 10000), 3);
	assert_ptr_equal(signal(SIGCHLD, SIG_DFL), SIG_IGN);
}

static void finding(void **state)
{
	char path[PATH_MAX], *before = strdup(getenv("PATH"));

	(void)state;
	setenv("PATH", "/no/such/folder::/bin", 1);
	assert_true(run_find("sh", path));
	assert_string_equal(path, "/bin/sh");
	assert_false(run_find("no-such-program", path));
	setenv("PATH", "", 1);
	assert_false(run_find("sh", path));
	unsetenv("PATH");
	assert_true(run_find("sh", path));
	setenv("PATH", before, 1);
	free(before);
}

/* ---- a vpnc-script */

static struct link_addrs link_of(void)
{
	struct link_addrs link = { .dns_count = 3 };

	ip_parse("10.1.0.2", &link.own);
	ip_parse("10.1.0.1", &link.peer);
	ip_parse("fe80::2", &link.own_ll);
	ip_parse("10.1.0.53", &link.dns[0]);
	ip_parse("2001:db8::53", &link.dns[1]);
	ip_parse("10.1.0.54", &link.dns[2]);
	return link;
}

/* Asserts that this is a whole line of the output; "NAME" alone: that there is no such variable. */
static void has(const char *line)
{
	char with_ends[256];

	snprintf(with_ends, sizeof(with_ends), strchr(line, '=') ? "\n%s\n" : "\n%s=", line);
	if (!strstr(output, with_ends) == !!strchr(line, '='))
		fail_msg("%s in %s", line, output);
}

static const char *const common[] = {
	"TUNDEV=sstp0",     "VPNGATEWAY=192.0.2.1", "INTERNAL_IP4_MTU=1400",
	"IDLE_TIMEOUT",     "LOG_LEVEL=1",          "SSTP_PASSWORD",
	"CISCO_DEF_DOMAIN", "INTERNAL_IP6_ADDRESS", "VPNC_LEFT_OVER",
	"KEPT=yes",
};
static const char *const with_link[] = {
	"INTERNAL_IP4_ADDRESS=10.1.0.2",        "INTERNAL_IP4_NETADDR=10.1.0.2",
	"INTERNAL_IP4_NETMASK=255.255.255.255", "INTERNAL_IP4_NETMASKLEN=32",
	"INTERNAL_IP4_PEER=10.1.0.1",           "INTERNAL_IP4_DNS=10.1.0.53 10.1.0.54",
	"INTERNAL_IP6_DNS=2001:db8::53",        "INTERNAL_IP6_LINK_LOCAL=fe80::2",
};
static const char *const without_link[] = { "INTERNAL_IP4_ADDRESS", "INTERNAL_IP4_NETMASK",
					    "INTERNAL_IP4_DNS" };
static const char *const without_routes[] = { "CISCO_SPLIT_INC", "CISCO_IPV6_SPLIT_INC",
					      "CISCO_SPLIT_EXC", "CISCO_IPV6_SPLIT_EXC" };
static const char *const with_routes[] = {
	"CISCO_SPLIT_INC=2",
	"CISCO_SPLIT_INC_0_ADDR=10.0.0.0",
	"CISCO_SPLIT_INC_0_MASK=255.0.0.0",
	"CISCO_SPLIT_INC_0_MASKLEN=8",
	"CISCO_SPLIT_INC_1_ADDR=192.0.2.128",
	"CISCO_SPLIT_INC_1_MASK=255.255.255.128",
	"CISCO_SPLIT_INC_1_MASKLEN=25",
	"CISCO_IPV6_SPLIT_INC=1",
	"CISCO_IPV6_SPLIT_INC_0_ADDR=2001:db8::",
	"CISCO_IPV6_SPLIT_INC_0_MASKLEN=32",
	"CISCO_IPV6_SPLIT_INC_0_MASK",
	"CISCO_SPLIT_EXC=1",
	"CISCO_SPLIT_EXC_0_ADDR=10.9.0.0",
	"CISCO_SPLIT_EXC_0_MASK=255.255.0.0",
	"CISCO_SPLIT_EXC_0_MASKLEN=16",
	"CISCO_IPV6_SPLIT_EXC",
};

#define HAS_ALL(lines)                                                   \
	for (size_t i_ = 0; i_ < sizeof(lines) / sizeof(*(lines)); i_++) \
	has((lines)[i_])

static void run_and_read(enum script_reason reason, struct script_env *env)
{
	env->command = "{ echo; env; echo args=$#; } >$O";
	assert_int_equal(script_run(reason, env), 0);
	read_output();
}

static void environment(void **state)
{
	static const char *const reasons[] = { "reason=pre-init", "reason=connect",
					       "reason=attempt-reconnect", "reason=reconnect",
					       "reason=disconnect" };
	struct link_addrs link = link_of();
	struct script_env env = { .device = "sstp0", .mtu = 1400 };
	char pid[64];

	(void)state;
	ip_parse("192.0.2.1", &env.gateway);
	setenv("SSTP_PASSWORD", "wonder land 5417", 1);
	setenv("CISCO_DEF_DOMAIN", "outer.example", 1);
	setenv("VPNC_LEFT_OVER", "x", 1);
	setenv("IDLE_TIMEOUT", "60", 1);
	setenv("INTERNAL_IP4_DNS", "10.9.9.9", 1);
	setenv("KEPT", "yes", 1);
	snprintf(pid, sizeof(pid), "VPNPID=%ld", (long)getpid());
	for (enum script_reason r = SCRIPT_PRE_INIT; r <= SCRIPT_DISCONNECT; r++) {
		env.link = r == SCRIPT_PRE_INIT ? NULL : &link;
		run_and_read(r, &env);
		has(reasons[r]);
		has(pid);
		HAS_ALL(common);
		HAS_ALL(without_routes);
		if (env.link)
			HAS_ALL(with_link);
		else
			HAS_ALL(without_link);
	}
	unsetenv("INTERNAL_IP4_DNS");
}

static void split_tunnel(void **state)
{
	struct ip_prefix routes[3], excluded;
	struct script_env env = { .device = "sstp0",
				  .routes = routes,
				  .route_count = 3,
				  .excluded = &excluded,
				  .excluded_count = 1 };

	(void)state;
	assert_true(ip_prefix_parse("10.7.8.9/8", &routes[0]));
	assert_true(ip_prefix_parse("2001:db8:1::/32", &routes[1]));
	assert_true(ip_prefix_parse("192.0.2.128/25", &routes[2]));
	assert_true(ip_prefix_parse("10.9.0.0/16", &excluded));
	run_and_read(SCRIPT_CONNECT, &env);
	HAS_ALL(with_routes);
	has("VPNGATEWAY");
	has("INTERNAL_IP4_MTU");
}

static void domains(void **state)
{
	static const char *const search[] = { "eng.test", "corp.test" }, *const split[] = {
		"corp.test", "10.in-addr.arpa"
	};
	struct link_addrs link = link_of();
	struct script_env env = {
		.device = "sstp0",
		.link = &link,
		.dns_names = { split, 2, search, 2 },
	};

	(void)state;
	link.ip6.domain_count = 1;
	strcpy(link.ip6.domains[0], "advertised.test");
	run_and_read(SCRIPT_CONNECT, &env);
	has("CISCO_DEF_DOMAIN=eng.test corp.test");
	has("CISCO_SPLIT_DNS=corp.test,10.in-addr.arpa");
	env.dns_names = (struct dns_names){ .domain_count = 0 };
	run_and_read(SCRIPT_CONNECT, &env);
	has("CISCO_DEF_DOMAIN=advertised.test");
	has("CISCO_SPLIT_DNS");
}

/* vpnc-script sends all IPv6 into a tunnel that has an address and no list of IPv6 routes. */
static void global_ipv6(void **state)
{
	struct link_addrs link = link_of();
	struct ip_prefix route;
	struct script_env env = { .device = "sstp0", .link = &link, .routes = &route };
	struct slaac_config *c = &link.ip6;

	(void)state;
	*c = (struct slaac_config){
		.is_settled = true,
		.has_router = true,
		.addr_count = 2,
		.domains = { "example.net", "corp" },
		.domain_count = 2,
	};
	ip_parse("2001:db8::1", &c->addrs[0].addr); /* deprecated */
	ip_parse("2001:db8::2", &c->addrs[1].addr);
	c->addrs[1].preferred_s = 5;
	run_and_read(SCRIPT_CONNECT, &env);
	has("INTERNAL_IP6_ADDRESS=2001:db8::2");
	has("INTERNAL_IP6_NETMASK=2001:db8::2/128");
	has("CISCO_DEF_DOMAIN=example.net corp");
	assert_true(ip_prefix_parse("10.0.0.0/8", &route));
	env.route_count = 1;
	run_and_read(SCRIPT_CONNECT, &env);
	has("INTERNAL_IP6_ADDRESS");
	has("INTERNAL_IP6_NETMASK");
	assert_true(ip_prefix_parse("2001:db8:7::/48", &route));
	run_and_read(SCRIPT_CONNECT, &env);
	has("INTERNAL_IP6_ADDRESS=2001:db8::2");
	c->has_router = false;
	run_and_read(SCRIPT_CONNECT, &env);
	has("INTERNAL_IP6_ADDRESS");
}

static void ipv6_gateway_and_debug(void **state)
{
	struct script_env env = { .device = "sstp0" };

	(void)state;
	ip_parse("2001:db8::1", &env.gateway);
	log_set_level(LOG_LEVEL_DEBUG);
	run_and_read(SCRIPT_CONNECT, &env);
	has("VPNGATEWAY=2001:db8::1");
	has("LOG_LEVEL=2");
	log_set_level(LOG_LEVEL_WARN);
	run_and_read(SCRIPT_CONNECT, &env);
	has("LOG_LEVEL=0");
	log_set_level(LOG_LEVEL_INFO);
}

static void a_script_that_fails(void **state)
{
	struct script_env env = { .device = "sstp0", .command = "exit 4" };

	(void)state;
	assert_int_equal(script_run(SCRIPT_CONNECT, &env), -EPROTO);
	assert_string_equal(last_log, "script (connect): it ended with status 4");
	env.command = "/no/such/script with arguments 2>/dev/null";
	assert_int_equal(script_run(SCRIPT_DISCONNECT, &env), -EPROTO);
	assert_string_equal(last_log, "script (disconnect): it ended with status 127");
}

/* ---- one after the other, in the background of a loop */

static struct loop *loop;
static struct scripts scripts;

static void all_ended(struct scripts *s)
{
	assert_true(scripts_are_idle(s));
	loop_stop(loop);
}

static void on_signal(void *arg, const struct signalfd_siginfo *info)
{
	(void)info;
	scripts_child(arg);
}

static void open_scripts(unsigned limit_ms)
{
	static const int child = SIGCHLD;

	setenv("O", out, 1);
	assert_int_equal(truncate(out, 0), 0);
	last_log[0] = '\0';
	assert_int_equal(loop_open(&loop), 0);
	assert_int_equal(loop_signals(loop, &child, 1, on_signal, &scripts), 0);
	scripts = (struct scripts){ .loop = loop, .idle = all_ended, .limit_ms = limit_ms };
	scripts_open(&scripts);
}

static void scripts_keep_their_order(void **state)
{
	char command[] = "sleep 0.1; echo $reason $VPNGATEWAY >>$O";
	struct script_env env = { .device = "sstp0", .command = command };

	(void)state;
	open_scripts(0);
	for (enum script_reason r = SCRIPT_PRE_INIT; r < SCRIPT_DISCONNECT; r++) {
		char gateway[32];

		snprintf(gateway, sizeof(gateway), "192.0.2.%d", (int)r);
		ip_parse(gateway, &env.gateway); /* the value at that time, not a later one */
		scripts_add(&scripts, r, &env);
	}
	assert_false(scripts_are_idle(&scripts));
	assert_int_equal(loop_run(loop), 0);
	scripts_close(&scripts, &env);
	assert_string_equal(read_output(), "pre-init 192.0.2.0\nconnect 192.0.2.1\n"
					   "attempt-reconnect 192.0.2.2\nreconnect 192.0.2.3\n"
					   "disconnect 192.0.2.3\n");
	assert_string_equal(last_log, "");
	loop_close(loop);
}

/* A script that ignores SIGTERM, and so do its children. The next one runs. */
static void a_script_that_hangs(void **state)
{
	struct script_env env = { .device = "sstp0" };
	const char *pid;

	(void)state;
	open_scripts(50);
	env.command = "trap '' TERM; sleep 600 & echo $! >$O; while :; do sleep 600; done";
	scripts_add(&scripts, SCRIPT_CONNECT, &env);
	assert_int_equal(loop_run(loop), 0);
	assert_string_equal(last_log,
			    "script (connect): trap '' TERM; sleep 600 & echo $! >$O; while :; "
			    "do sleep 600; done took too long and was ended");
	pid = read_output();
	while (!kill(atoi(pid), 0)) /* until init, or another parent, has reaped it */
		if (run_program(&(struct run){
			    .argv = (const char *const[]){
				    "/bin/sh", "-c",
				    "grep -q '^State:.Z' /proc/$(cat $O)/status || sleep 0.05",
				    NULL } }) == 0)
			break;
	scripts.limit_ms = SCRIPT_LIMIT_MS;
	env.command = "exit 0";
	scripts_add(&scripts, SCRIPT_RECONNECT, &env);
	assert_int_equal(loop_run(loop), 0);
	scripts_close(&scripts, &env); /* the output of what was killed may still be open */
	loop_close(loop);
}

/* scripts_close does not wait long for it, and drops those that have not started. */
static void the_end_comes_in_a_script(void **state)
{
	struct script_env env = { .device = "sstp0",
				  .command = "echo $reason >>$O; exec sleep 600" };

	(void)state;
	open_scripts(100);
	scripts_add(&scripts, SCRIPT_CONNECT, &env);
	scripts_add(&scripts, SCRIPT_ATTEMPT_RECONNECT, &env);
	env.command = "echo $reason >>$O";
	scripts_close(&scripts, &env);
	read_output();
	assert_null(strstr(output, "attempt"));
	assert_non_null(strstr(output, "disconnect\n"));
	assert_true(scripts_are_idle(&scripts));
	loop_close(loop);
}

/* ---- what they print */

static char lines[4096];

static void keep_lines(enum log_level level, const char *name, const char *line)
{
	(void)level;
	(void)name;
	snprintf(lines + strlen(lines), sizeof(lines) - strlen(lines), "%s\n", line);
}

static void run_and_log(const char *command)
{
	struct script_env env = { .device = "sstp0", .command = command, .option = "up" };

	lines[0] = '\0';
	open_scripts(0);
	log_set_sink(keep_lines);
	scripts_add(&scripts, SCRIPT_CONNECT, &env);
	assert_int_equal(loop_run(loop), 0);
	scripts_close(&scripts, NULL);
	log_set_sink(keep_log);
	loop_close(loop);
}

static void output_is_logged_by_line(void **state)
{
	(void)state;
	run_and_log("echo one; echo two >&2; echo; printf 'three\\r\\n\\033[2J'; exit 3");
	assert_string_equal(lines, "up: \"one\"\nup: \"two\"\nup: \"three\"\nup: \"\\x1b[2J\"\n"
				   "up (connect): it ended with status 3\n");
}

static void a_long_line_is_cut(void **state)
{
	(void)state;
	run_and_log("printf '%0450d' 7");
	assert_int_equal(strlen(lines), 450 + 3 * strlen("up: \"\"\n"));
	assert_non_null(strstr(lines, "07\"\n"));
}

/* More than a pipe holds, at the end too, where no loop runs. */
static void much_output_holds_nobody(void **state)
{
	struct script_env env = { .device = "sstp0",
				  .command = "dd if=/dev/zero bs=1000 count=200 2>/dev/null | "
					     "tr '\\0' '\\n'; echo $reason >>$O" };

	(void)state;
	open_scripts(0);
	scripts_add(&scripts, SCRIPT_CONNECT, &env);
	scripts_close(&scripts, &env);
	assert_string_equal(read_output(), "connect\ndisconnect\n");
	loop_close(loop);
}

/* A daemon that a script starts keeps its output open; the script has ended all the same. */
static void a_descendant_keeps_the_output_open(void **state)
{
	(void)state;
	run_and_log("sleep 600 & echo $! >$O; echo started");
	assert_string_equal(lines, "up: \"started\"\n");
	kill(atoi(read_output()), SIGKILL);
}

static enum script_reason failed_reason;
static int failed_result;

static void note_failure(struct scripts *s, enum script_reason reason, int result)
{
	(void)s;
	failed_reason = reason;
	failed_result = result;
}

static void a_failure_is_reported(void **state)
{
	struct script_env env = { .device = "sstp0", .command = "exit 7", .option = "up" };

	(void)state;
	open_scripts(0);
	scripts.failed = note_failure;
	scripts_add(&scripts, SCRIPT_RECONNECT, &env);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(failed_reason, SCRIPT_RECONNECT);
	assert_int_equal(failed_result, 7);
	scripts_close(&scripts, NULL);
	loop_close(loop);
	failed_result = 0;
	open_scripts(50);
	scripts.failed = note_failure;
	env.command = "sleep 600";
	scripts_add(&scripts, SCRIPT_CONNECT, &env);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(failed_result, -ETIMEDOUT);
	scripts_close(&scripts, NULL);
	loop_close(loop);
}

/* Adds a script whose gateway is 192.0.2.`number`. */
static void add_numbered(enum script_reason reason, unsigned number)
{
	struct script_env env = { .device = "sstp0", .command = "echo $reason $VPNGATEWAY >>$O" };
	char gateway[32];

	snprintf(gateway, sizeof(gateway), "192.0.2.%u", number);
	ip_parse(gateway, &env.gateway);
	scripts_add(&scripts, reason, &env);
}

/* The tunnel is lost and comes back repeatedly while the first script runs. */
static void lose_and_return(unsigned times, unsigned number)
{
	for (unsigned i = 0; i < times; i++) {
		add_numbered(SCRIPT_ATTEMPT_RECONNECT, number + 2 * i);
		add_numbered(SCRIPT_RECONNECT, number + 2 * i + 1);
		assert_true(scripts.count <= SCRIPTS_MAX);
	}
}

static void of_too_many_the_last_state_is_reported(void **state)
{
	(void)state;
	open_scripts(0);
	add_numbered(SCRIPT_CONNECT, 0);
	lose_and_return(100, 1);
	assert_int_equal(loop_run(loop), 0);
	read_output();
	assert_ptr_equal(strstr(output, "connect 192.0.2.0\n"), output);
	/* the last loss and the return after it, with the latest values */
	assert_string_equal(strstr(output, "attempt-reconnect 192.0.2.199\n"),
			    "attempt-reconnect 192.0.2.199\nreconnect 192.0.2.200\n");
	assert_non_null(strstr(last_log, "are out of date"));
	loop_close(loop);
}

static void of_too_many_the_last_may_be_a_loss(void **state)
{
	(void)state;
	open_scripts(0);
	add_numbered(SCRIPT_PRE_INIT, 0); /* the one that runs; connect waits, and is not skipped */
	add_numbered(SCRIPT_CONNECT, 1);
	lose_and_return(50, 2);
	/* another reconnect with new values: no loss in between */
	add_numbered(SCRIPT_RECONNECT, 102);
	add_numbered(SCRIPT_RECONNECT, 103);
	add_numbered(SCRIPT_ATTEMPT_RECONNECT, 104);
	assert_int_equal(loop_run(loop), 0);
	read_output();
	assert_ptr_equal(strstr(output, "pre-init 192.0.2.0\nconnect 192.0.2.1\n"), output);
	assert_string_equal(strstr(output, "attempt-reconnect 192.0.2.104\n"),
			    "attempt-reconnect 192.0.2.104\n");
	loop_close(loop);
}

/* With one more than fit, only a loss waits: the reconnect before it is skipped. */
static void the_ninth_leaves_out_what_it_puts_out_of_date(void **state)
{
	(void)state;
	open_scripts(0);
	add_numbered(SCRIPT_CONNECT, 0);
	lose_and_return(3, 1);
	add_numbered(SCRIPT_ATTEMPT_RECONNECT, 7);
	assert_int_equal(scripts.count, SCRIPTS_MAX);
	assert_string_equal(last_log, "");
	add_numbered(SCRIPT_RECONNECT, 8);
	assert_int_equal(scripts.count, 3);
	assert_string_equal(last_log, "script: 6 waiting calls are skipped: they are out of date");
	assert_int_equal(loop_run(loop), 0);
	assert_string_equal(read_output(), "connect 192.0.2.0\nattempt-reconnect 192.0.2.7\n"
					   "reconnect 192.0.2.8\n");
	loop_close(loop);
}

static int set_up(void **state)
{
	int fd = mkstemp(out);

	(void)state;
	close(fd);
	log_set_sink(keep_log);
	return fd < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status),
		cmocka_unit_test(input),
		cmocka_unit_test(too_slow),
		cmocka_unit_test(nothing_is_passed_on),
		cmocka_unit_test(children_are_ignored),
		cmocka_unit_test(finding),
		cmocka_unit_test(environment),
		cmocka_unit_test(split_tunnel),
		cmocka_unit_test(domains),
		cmocka_unit_test(global_ipv6),
		cmocka_unit_test(ipv6_gateway_and_debug),
		cmocka_unit_test(a_script_that_fails),
		cmocka_unit_test(scripts_keep_their_order),
		cmocka_unit_test(a_script_that_hangs),
		cmocka_unit_test(the_end_comes_in_a_script),
		cmocka_unit_test(output_is_logged_by_line),
		cmocka_unit_test(a_long_line_is_cut),
		cmocka_unit_test(much_output_holds_nobody),
		cmocka_unit_test(a_descendant_keeps_the_output_open),
		cmocka_unit_test(a_failure_is_reported),
		cmocka_unit_test(of_too_many_the_last_state_is_reported),
		cmocka_unit_test(of_too_many_the_last_may_be_a_loss),
		cmocka_unit_test(the_ninth_leaves_out_what_it_puts_out_of_date),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
