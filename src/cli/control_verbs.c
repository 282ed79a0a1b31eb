/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The verbs that talk to a running sstp by its control socket, but for status and sessions: kick, bans,
 * unban, reload, drain; disconnect, reconnect. Each is one request.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ask_program.h"
#include "cli/exit_code.h"
#include "cli/value.h"
#include "cli/verbs.h"
#include "control/control_request.h"
#include "http/status.h"
#include "util/ip.h"

struct request_settings {
	struct ask_settings ask;
	const char *word; /* the positional argument; NULL: none */
	bool is_user;
	uint32_t seconds;
};

#define AT(member) offsetof(struct request_settings, member)

static struct request_settings settings;

static const struct option_use uses[] = { ASK_USES(struct request_settings) };

static bool take_word(void *to, const char *word, struct error *err)
{
	const char **at = to;

	if (*at) {
		snprintf(err->text, sizeof(err->text), "only one can be given (already: %s)", *at);
		return false;
	}
	*at = word;
	return true;
}

/* One request to the program of that role; `print` shows the reply to people. */
static int request(const struct verb *verb, const struct request_settings *s, const char *role,
		   const char *method, const char *target, void (*print)(struct bytes object))
{
	char path[CONTROL_PATH_SIZE];
	struct control_answer a = { .status = 0 };
	struct bytes object = { NULL, 0 };
	int code = ask_choose(verb, &s->ask, role, path);

	if (code == EXIT_OK)
		code = ask_program(verb, &s->ask, path, method, target, &a, &object);
	if (code == EXIT_OK && s->ask.json)
		ask_print_json(object);
	else if (!s->ask.json && (code == EXIT_OK || a.status == HTTP_CONFLICT))
		print(object); /* with a conflict: what has been read, and what has not */
	control_answer_free(&a);
	return code;
}

/* ---- kick */

static const struct option kick_table[] = {
	{ .name = "by-user",
	  .help = "the word is a user, also if it is a number or an address",
	  .set = set_flag,
	  .at = AT(is_user),
	  .flags = OPTION_CLI_ONLY },
};

static const struct option_group kick_options = OPTION_GROUP(kick_table);

static const struct option_use kick_uses[] = {
	{ .heading = "Options", .group = &kick_options },
	{ .group = &ask_options, .at = AT(ask) },
	{ .group = &help_options },
};

static void print_kicked(struct bytes o)
{
	unsigned long long count = ask_number(o, "kicked");

	printf("%llu session%s ended\n", count, count == 1 ? "" : "s");
}

static bool is_id(const char *word)
{
	return *word && strspn(word, "0123456789") == strlen(word);
}

static int run_kick(void *arg)
{
	const struct request_settings *s = arg;
	char value[1024], target[1200];
	struct ip_addr a;

	if (!s->word) {
		cli_error(&kick_verb, "which session? sstp kick USER, ID or ADDRESS");
		return EXIT_USAGE;
	}
	control_encode(s->word, value, sizeof(value));
	if (!s->is_user && is_id(s->word))
		snprintf(target, sizeof(target), "/v1/sessions/%s/kick", value);
	else
		snprintf(target, sizeof(target), "/v1/sessions/kick?%s=%s",
			 !s->is_user && ip_parse(s->word, &a) ? "address" : "user", value);
	return request(&kick_verb, s, "server", "POST", target, print_kicked);
}

/* ---- bans */

static void print_bans(struct bytes o)
{
	struct bytes array, item;
	size_t count = 0;

	if (!json_member(o, "bans", &array))
		return;
	for (; json_next(&array, &item); count++) {
		struct ask_text user = ask_text(item, "user");

		printf("%s%s: %s%s, failed logins %llu, refused for another %s\n",
		       ask_text(item, "source").text,
		       ask_number(item, "prefix_len") == 64 ? "/64" : "",
		       *user.text ? "user " : "all users", user.text,
		       (unsigned long long)ask_number(item, "failures"),
		       ask_time(ask_number(item, "left_s")).text);
	}
	if (!count)
		printf("no bans\n");
}

static int run_bans(void *arg)
{
	return request(&bans_verb, arg, "server", "GET", "/v1/bans", print_bans);
}

static void print_lifted(struct bytes o)
{
	unsigned long long count = ask_number(o, "lifted");

	printf("%llu ban%s lifted\n", count, count == 1 ? "" : "s");
}

static int run_unban(void *arg)
{
	const struct request_settings *s = arg;
	char value[256], target[300] = "/v1/bans/lift";

	if (!s->word) {
		cli_error(&unban_verb, "which address? sstp bans lists them; all lifts all");
		return EXIT_USAGE;
	}
	control_encode(s->word, value, sizeof(value));
	if (strcmp(s->word, "all") != 0)
		snprintf(target, sizeof(target), "/v1/bans/%s/lift", value);
	return request(&unban_verb, s, "server", "POST", target, print_lifted);
}

/* ---- reload, drain */

static void print_report(struct bytes o)
{
	struct bytes array, item;
	char line[512];

	if (!json_member(o, "report", &array))
		return;
	while (json_next(&array, &item))
		if (json_text(item, line, sizeof(line)))
			printf("%s\n", line);
}

static int run_reload(void *arg)
{
	return request(&reload_verb, arg, "server", "POST", "/v1/reload", print_report);
}

/* uint32_t, as many as the server permits. */
static bool set_drain_seconds(void *to, const char *value, struct error *err)
{
	unsigned long n;
	char *end;

	n = strtoul(value, &end, 10);
	if (!is_id(value) || n < 1 || n > CONTROL_DRAIN_MAX_S) {
		snprintf(err->text, sizeof(err->text),
			 "must be a number of seconds, from 1 to %d (a week), without a unit",
			 CONTROL_DRAIN_MAX_S);
		return false;
	}
	*(uint32_t *)to = (uint32_t)n;
	return true;
}

static const struct option drain_table[] = {
	{ .name = "seconds",
	  .arg = "N",
	  .help = "end the sessions that are left after N seconds; default: wait for them",
	  .set = set_drain_seconds,
	  .at = AT(seconds),
	  .flags = OPTION_CLI_ONLY },
};

static const struct option_group drain_options = OPTION_GROUP(drain_table);

static const struct option_use drain_uses[] = {
	{ .heading = "Options", .group = &drain_options },
	{ .group = &ask_options, .at = AT(ask) },
	{ .group = &help_options },
};

static void print_drained(struct bytes o)
{
	printf("no new sessions; sessions now: %llu; the server ends with the last one",
	       (unsigned long long)ask_number(o, "sessions"));
	if (settings.seconds)
		printf(", or in %lu s", (unsigned long)settings.seconds);
	putchar('\n');
}

static int run_drain(void *arg)
{
	const struct request_settings *s = arg;
	char target[64] = "/v1/drain";

	if (s->seconds)
		snprintf(target, sizeof(target), "/v1/drain?seconds=%lu",
			 (unsigned long)s->seconds);
	return request(&drain_verb, s, "server", "POST", target, print_drained);
}

/* ---- disconnect, reconnect */

static void print_nothing(struct bytes o)
{
	(void)o;
}

static int run_disconnect(void *arg)
{
	return request(&disconnect_verb, arg, "client", "POST", "/v1/disconnect", print_nothing);
}

static int run_reconnect(void *arg)
{
	return request(&reconnect_verb, arg, "client", "POST", "/v1/reconnect", print_nothing);
}

/* ---- the verbs */

#define REQUEST_VERB(verb, with_uses)                                               \
	.uses = (with_uses), .use_count = sizeof(with_uses) / sizeof(*(with_uses)), \
	.settings = &settings, .run = run_##verb

const struct verb kick_verb = {
	.name = "kick",
	.summary = "end sessions of the running server",
	.usage = "[options] USER|ID|ADDRESS",
	.about =
		"Ends sessions of the running sstp serve: those of a user, the one with an id (a number, as in the log), or the one with an address in the tunnel. Clients reconnect unless their user may no longer log in.",
	.notes = "  sstp kick ann\n  sstp kick 7\n  sstp kick 10.9.0.5\n",
	.positional = take_word,
	.positional_at = AT(word),
	REQUEST_VERB(kick, kick_uses),
};

const struct verb bans_verb = {
	.name = "bans",
	.summary = "list who is refused after failed logins",
	.usage = "[options]",
	.about =
		"Lists the users and addresses that the running sstp serve refuses for ten minutes after too many failed logins (--max-failures).",
	.notes = "  sstp bans\n",
	REQUEST_VERB(bans, uses),
};

const struct verb unban_verb = {
	.name = "unban",
	.summary = "lift the bans of an address",
	.usage = "[options] ADDRESS|all",
	.about = "Lifts the bans of an address (of its /64, if it is IPv6), or all.",
	.notes = "  sstp unban 192.0.2.7\n  sstp unban all\n",
	.positional = take_word,
	.positional_at = AT(word),
	REQUEST_VERB(unban, uses),
};

const struct verb reload_verb = {
	.name = "reload",
	.summary = "let the running server read its files again",
	.usage = "[options]",
	.about =
		"The running sstp serve reads its users and certificates again, as by SIGHUP, and this prints what it has read. What can't be read stays as it was; then the exit status is 1.",
	.notes = "  sstp reload\n",
	REQUEST_VERB(reload, uses),
};

const struct verb drain_verb = {
	.name = "drain",
	.summary = "let the running server end with its last session",
	.usage = "[options]",
	.about =
		"The running sstp serve accepts no new sessions. Those that there are go on, and it ends when the last one has ended.",
	.notes = "  sstp drain\n  sstp drain --seconds 3600\n",
	REQUEST_VERB(drain, drain_uses),
};

const struct verb disconnect_verb = {
	.name = "disconnect",
	.summary = "end the running client",
	.usage = "[options]",
	.about =
		"Ends the running sstp connect, run or proxy in order, as by SIGTERM. The lock of --lockdown stays.",
	.notes = "  sstp disconnect\n",
	REQUEST_VERB(disconnect, uses),
};

const struct verb reconnect_verb = {
	.name = "reconnect",
	.summary = "let the running client connect again",
	.usage = "[options]",
	.about = "The running sstp connect, run or proxy connects again at once, as by SIGUSR2.",
	.notes = "  sstp reconnect\n",
	REQUEST_VERB(reconnect, uses),
};
