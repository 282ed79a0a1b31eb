/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sstp status: what each running sstp does, for people; with --watch again every second, with rates. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/ask_program.h"
#include "cli/exit_code.h"
#include "cli/value.h"
#include "cli/verbs.h"
#include "http/status.h"
#include "util/clock.h"

enum { WATCH_MS = 1000 };

struct status_settings {
	struct ask_settings ask;
	bool watch;
};

#define AT(member) offsetof(struct status_settings, member)

static const struct option status_table[] = {
	{ .name = "watch",
	  .short_name = 'w',
	  .help = "print it again every second, with the rates, until Ctrl-C",
	  .set = set_flag,
	  .at = AT(watch),
	  .flags = OPTION_CLI_ONLY },
};

static const struct option_group status_options = OPTION_GROUP(status_table);

static const struct option_use uses[] = {
	{ .heading = "Options", .group = &status_options },
	{ .group = &ask_options, .at = AT(ask) },
	{ .group = &help_options },
};

/* What was printed last, for the rates. */
struct last {
	uint64_t at_ms, rx_bytes, tx_bytes;
};

/* ---- printing */

static void print_line(const char *name, const char *text)
{
	if (*text)
		printf("  %s: %s\n", name, text);
}

static void print_traffic(struct bytes counters, struct last *last)
{
	struct last now = { clock_now_ms(), ask_number(counters, "rx_bytes"),
			    ask_number(counters, "tx_bytes") };
	uint64_t ms = now.at_ms - last->at_ms;

	printf("  traffic: %s received, %s sent", ask_bytes(now.rx_bytes).text,
	       ask_bytes(now.tx_bytes).text);
	if (last->at_ms && ms && now.rx_bytes >= last->rx_bytes && now.tx_bytes >= last->tx_bytes)
		printf("; now %s and %s",
		       ask_rate((now.rx_bytes - last->rx_bytes) * 8000 / ms).text,
		       ask_rate((now.tx_bytes - last->tx_bytes) * 8000 / ms).text);
	putchar('\n');
	*last = now;
}

/* {"peer":3,"queue_full":1}, for people: "peer 3, queue full 1" */
static void print_counts(struct bytes object)
{
	for (size_t i = 1; i + 1 < object.len; i++) {
		char c = (char)object.at[i];

		if (c == ':' || c == ',')
			printf(c == ':' ? " " : ", ");
		else if (c != '"')
			putchar(c == '_' ? ' ' : c);
	}
}

static void print_dropped(struct bytes counters, const char *number, const char *causes,
			  const char *direction)
{
	struct bytes by;

	printf("%llu %s", (unsigned long long)ask_number(counters, number), direction);
	if (!json_member(counters, causes, &by) || by.len <= 2)
		return;
	printf(" (");
	print_counts(by);
	putchar(')');
}

static void print_drops(struct bytes counters)
{
	if (!(ask_number(counters, "rx_dropped") + ask_number(counters, "tx_dropped") +
	      ask_number(counters, "tx_marked")))
		return;
	printf("  dropped packets: ");
	print_dropped(counters, "rx_dropped", "rx_dropped_by", "received");
	printf(", ");
	print_dropped(counters, "tx_dropped", "tx_dropped_by", "to send");
	printf("; %llu marked by ECN\n", (unsigned long long)ask_number(counters, "tx_marked"));
}

static void print_server(struct bytes o, struct last *last)
{
	struct bytes totals, ended, value;
	uint64_t half_open = ask_number(o, "half_open"), bans = ask_number(o, "bans");

	print_line("listening", ask_list(o, "listen").text);
	printf("  sessions: %llu of %llu", (unsigned long long)ask_number(o, "sessions"),
	       (unsigned long long)ask_number(o, "max_sessions"));
	if (half_open)
		printf(", %llu connection%s without a login", (unsigned long long)half_open,
		       half_open == 1 ? "" : "s");
	if (bans)
		printf(", %llu ban%s", (unsigned long long)bans, bans == 1 ? "" : "s");
	printf("\n  addresses: %s%s%s\n", ask_text(o, "ipv4_network").text,
	       json_member(o, "ipv6_network", &value) ? ", " : "",
	       ask_text(o, "ipv6_network").text);
	if (!json_member(o, "totals", &totals))
		return;
	printf("  since the start: connections %llu, logins %llu, refused logins %llu\n",
	       (unsigned long long)ask_number(totals, "connections"),
	       (unsigned long long)ask_number(totals, "logins"),
	       (unsigned long long)ask_number(totals, "refused_logins"));
	if (json_member(totals, "ended", &ended) && ended.len > 2) {
		printf("  ended sessions: ");
		print_counts(ended);
		putchar('\n');
	}
	print_traffic(totals, last);
	print_drops(totals);
}

static void print_named_peer(const char *what, const char *name, const char *peer)
{
	if (*peer)
		printf("  %s: %s (%s)\n", what, name, peer);
	else
		printf("  %s: %s\n", what, name);
}

static void print_client(struct bytes o, struct last *last)
{
	struct ask_text server = ask_text(o, "server"), peer = ask_text(o, "peer");
	struct ask_text proxy = ask_text(o, "proxy");
	struct bytes value;

	/* the peer of the connection is the proxy, if there is one */
	print_named_peer("server", server.text, *proxy.text ? "" : peer.text);
	if (*proxy.text)
		print_named_peer("through the proxy", proxy.text, peer.text);
	print_line("user", ask_text(o, "user").text);
	print_line("address", ask_text(o, "address").text);
	print_line("IPv6", ask_list(o, "ipv6").text);
	print_line("delegated prefix", ask_text(o, "delegated_prefix").text);
	print_line("gateway", ask_text(o, "gateway").text);
	print_line("DNS", ask_list(o, "dns").text);
	if (json_member(o, "reconnects", &value) && ask_number(o, "reconnects"))
		printf("  reconnects: %llu\n", (unsigned long long)ask_number(o, "reconnects"));
	print_line("last error", ask_text(o, "last_error").text);
	if (json_member(o, "next_try_s", &value))
		printf("  next try: in %s\n", ask_time(ask_number(o, "next_try_s")).text);
	if (!json_member(o, "rtt_ms", &value))
		return;
	print_traffic(o, last);
	print_drops(json_member(o, "totals", &value) ? value : o);
	printf("  connection: %s %s, round trip %llu ms, %llu segments retransmitted, ",
	       ask_text(o, "tls").text, ask_text(o, "cipher").text,
	       (unsigned long long)ask_number(o, "rtt_ms"),
	       (unsigned long long)ask_number(o, "retransmitted"));
	if (ask_number(o, "waiting_bytes"))
		printf("%s wait\n", ask_bytes(ask_number(o, "waiting_bytes")).text);
	else
		printf("nothing waits\n");
}

static void print_sandbox(struct bytes sandbox)
{
	struct ask_text state = ask_text(sandbox, "state"), missing = ask_text(sandbox, "missing");

	if (!strcmp(state.text, "partial"))
		printf("  sandbox: on, but without %s\n", missing.text);
	else
		print_line("sandbox", state.text);
}

static void print_one(struct bytes o, struct last *last)
{
	struct ask_text role = ask_text(o, "role"), state = ask_text(o, "state");
	struct bytes value, sandbox;

	printf("%s %s (%s): %s", role.text, ask_text(o, "name").text, ask_text(o, "interface").text,
	       state.text);
	if (json_member(o, "up_s", &value))
		printf(" for %s", ask_time(ask_number(o, "up_s")).text);
	printf("\n  program: version %s, process %llu, started %s ago\n",
	       ask_text(o, "version").text, (unsigned long long)ask_number(o, "pid"),
	       ask_time(ask_number(o, "uptime_s")).text);
	if (json_member(o, "sandbox", &sandbox))
		print_sandbox(sandbox);
	if (!strcmp(role.text, "server"))
		print_server(o, last);
	else
		print_client(o, last);
}

/* ---- asking */

/* False: that program does not run any more. */
static bool show(const char *path, bool json, struct last *last, bool is_first)
{
	struct control_answer a;
	struct bytes o;
	bool is_shown = !control_ask(path, "GET", "/v1/status", ASK_MS, &a) &&
			a.status == HTTP_OK && json_parse(a.body, &o);

	if (is_shown && json)
		ask_print_json(o);
	else if (is_shown) {
		if (!is_first)
			putchar('\n');
		print_one(o, last);
	}
	control_answer_free(&a);
	return is_shown;
}

static unsigned show_all(const struct status_settings *s, struct last last[CONTROL_FOUND_MAX])
{
	struct control_found f;
	unsigned shown = 0;

	control_find_all(&f);
	for (size_t i = 0; i < f.count; i++)
		shown += show(f.path[i], s->ask.json, &last[i], !shown);
	return shown;
}

static int show_one(const struct status_settings *s, const char *path, struct last *last)
{
	struct control_answer a;
	struct bytes o;
	int code = ask_program(&status_verb, &s->ask, path, "GET", "/v1/status", &a, &o);

	if (code == EXIT_OK && s->ask.json)
		ask_print_json(o);
	else if (code == EXIT_OK)
		print_one(o, last);
	control_answer_free(&a);
	return code;
}

static int show_once(const struct status_settings *s, struct last last[CONTROL_FOUND_MAX])
{
	char path[CONTROL_PATH_SIZE];
	int code;

	if (s->ask.control) {
		code = ask_choose(&status_verb, &s->ask, NULL, path);
		return code == EXIT_OK ? show_one(s, path, last) : code;
	}
	if (show_all(s, last))
		return EXIT_OK;
	cli_error(&status_verb, "no sstp with a control socket runs%s",
		  geteuid() ? " for this user; root sees root's (sudo), and --control PATH names "
			      "another"
			    : "");
	return EXIT_NOT_RUNNING;
}

static int run(void *arg)
{
	static struct last last[CONTROL_FOUND_MAX];
	const struct status_settings *s = arg;
	const struct timespec pause = { WATCH_MS / 1000, 0 };
	bool is_screen = isatty(STDOUT_FILENO) && !s->ask.json;
	int code = show_once(s, last);

	while (s->watch && code == EXIT_OK && !fflush(stdout)) {
		nanosleep(&pause, NULL);
		printf("%s", is_screen ? "\033[H\033[J" : s->ask.json ? "" : "\n");
		code = show_once(s, last);
	}
	return code;
}

static struct status_settings settings;

const struct verb status_verb = {
	.name = "status",
	.summary = "show what the running sstp does, client or server",
	.usage = "[options]",
	.about = "Shows each running sstp of this user: its state, server and addresses, "
		 "traffic, what was dropped and retransmitted, what waits.",
	.notes = "  sstp status\n  sstp status --watch\n  sstp status --control serve --json\n",
	.uses = uses,
	.use_count = sizeof(uses) / sizeof(*uses),
	.settings = &settings,
	.run = run,
};
