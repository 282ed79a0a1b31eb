/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sstp healthcheck: asks each sstp in our network namespace whether its tunnel is up
 * (net/health.h). Any program there can take such a socket name and reply with anything, so
 * programs of other users do not count, unless root asks.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/ask_program.h"
#include "cli/common.h"
#include "cli/verbs.h"
#include "net/health.h"
#include "util/clock.h"
#include "cli/exit_code.h"
#include "util/syscall_advice.h"

enum {
	REPLY_MS = 5 * 1000, /* for all programs together */
	EXPLAIN_MS = 500,    /* for a control socket */
};

struct healthcheck_settings {
	const char *interface; /* NULL: all */
};

#define AT(member) offsetof(struct healthcheck_settings, member)

/* No option is read from the environment: in a container the variables are for the main program. */
static const struct option healthcheck_table[] = {
	{ .name = "interface",
	  .short_name = 'i',
	  .arg = "NAME",
	  .help = "ask only about this tunnel, by its name in the log",
	  .set = set_device,
	  .at = AT(interface),
	  .flags = OPTION_CLI_ONLY },
};

static const struct option_group healthcheck_options = OPTION_GROUP(healthcheck_table);

static const struct option_use uses[] = {
	{ .heading = "Options", .group = &healthcheck_options },
	{ .group = &help_options },
};

struct findings {
	const char *interface;
	unsigned up;
	bool has_foreign; /* other users' programs */
	char first_up[HEALTH_LINE];
	char problem[HEALTH_LINE]; /* the first problem found; empty: none */
	pid_t problem_pid;         /* of the program that reported it; 0: not known */
};

/* A program's line is "up NAME" or "down NAME: WHY". */
static bool is_about(const char *line, const char *interface)
{
	const char *name = strchr(line, ' ');
	size_t len = name ? strcspn(name + 1, ":") : 0;

	return name && len == strlen(interface) && !strncmp(name + 1, interface, len);
}

static bool is_foreign(uid_t user)
{
	return geteuid() != 0 && user != 0 && user != geteuid();
}

static void note(struct findings *f, const char *line, pid_t pid)
{
	bool is_up = !strncmp(line, "up ", 3);
	char *to = is_up ? f->first_up : f->problem;

	f->up += is_up;
	if (!is_up && !*f->problem)
		f->problem_pid = pid;
	if (!*to)
		snprintf(to, HEALTH_LINE, "%s", line);
}

static void ask_one(struct findings *f, unsigned slot, uint64_t deadline_ms)
{
	struct health_answer a;
	int error = health_ask(slot, deadline_ms, &a);
	bool is_known = a.user != (uid_t)-1;

	if (error == -ENOENT)
		return;
	if (is_known && is_foreign(a.user))
		f->has_foreign = true;
	else if (error == -ETIMEDOUT)
		note(f, "down: a program does not answer", 0);
	else if (error)
		snprintf(f->problem, sizeof(f->problem), "down: cannot ask: %s%s", strerror(-error),
			 syscall_advice(error));
	else if (!f->interface || is_about(a.line, f->interface))
		note(f, a.line, a.pid);
}

/* If --interface names a tunnel that is up, problems of other tunnels do not matter. */
static bool is_healthy(const struct findings *f)
{
	return f->up && (f->interface || !*f->problem);
}

static void ask_all(struct findings *f)
{
	uint64_t deadline_ms = clock_now_ms() + REPLY_MS;

	for (unsigned slot = 0; slot < HEALTH_SLOTS; slot++)
		ask_one(f, slot, deadline_ms);
	if (f->up || *f->problem)
		return;
	if (f->interface)
		snprintf(f->problem, sizeof(f->problem),
			 "down %s: no sstp in this network namespace has this tunnel",
			 f->interface);
	else
		snprintf(f->problem, sizeof(f->problem),
			 "down: no sstp%s in this network namespace",
			 f->has_foreign ? " of this user's or root's runs" : " runs");
}

/*
 * Why the last attempt failed, which only the control socket says, since not every program may
 * connect to that one. Nothing, when that program has none or does not answer.
 */
static void explain(const struct findings *f)
{
	struct control_found found = { .count = 0 };
	struct control_answer a;
	struct bytes object;

	if (f->problem_pid)
		control_find_all(&found);
	for (size_t i = 0; i < found.count; i++) {
		bool is_it = !control_ask(found.path[i], "GET", "/v1/status", EXPLAIN_MS, &a) &&
			     a.pid == f->problem_pid && json_parse(a.body, &object);
		struct ask_text why = { "" };

		if (is_it)
			why = ask_text(object, "last_error");
		control_answer_free(&a);
		if (*why.text)
			printf("last error: %s\n", why.text);
		if (is_it)
			return;
	}
}

static int run(void *arg)
{
	const struct healthcheck_settings *s = arg;
	struct findings f = { .interface = s->interface };

	ask_all(&f);
	if (!is_healthy(&f)) {
		printf("%s\n", f.problem);
		explain(&f);
		return EXIT_OTHER;
	}
	if (f.up == 1)
		printf("%s\n", f.first_up);
	else
		printf("up: %u tunnels\n", f.up);
	return EXIT_OK;
}

static struct healthcheck_settings settings;

const struct verb healthcheck_verb = {
	.name = "healthcheck",
	.summary = "report whether the tunnel is up, for container runtimes",
	.usage = "[options]",
	.about = "Exits with 0 when at least one tunnel runs in this network "
		 "namespace, a client's or a server's, and all are up. Otherwise it "
		 "exits with 1 and prints why.",
	.notes = "  HEALTHCHECK CMD [\"/sstp\", \"healthcheck\"]\n",
	.uses = uses,
	.use_count = sizeof(uses) / sizeof(*uses),
	.likely_option = "interface",
	.settings = &settings,
	.run = run,
};
