/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/control_options.h"

#include <grp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_error.h"
#include "cli/value.h"
#include "util/endpoint.h"

#define AT(member) offsetof(struct control_option_settings, member)

/* A path has a slash; a name becomes a file's name. */
static bool set_control(void *to, const char *value, struct error *err)
{
	char path[CONTROL_PATH_SIZE];

	if (strchr(value, '/') && !control_place_path(value, path)) {
		snprintf(err->text, sizeof(err->text),
			 "the path of a socket has at most %d characters", CONTROL_PATH_SIZE - 1);
		return false;
	}
	if (!strchr(value, '/') && (strlen(value) > 48 || *value == '.' || !*value)) {
		snprintf(err->text, sizeof(err->text),
			 "must be a path, or a name of at most 48 characters such as office");
		return false;
	}
	*(const char **)to = value;
	return true;
}

static const struct option control_table[] = {
	{ .name = "control",
	  .arg = "NAME|PATH",
	  .help = "the control socket, for sstp status and others: /run/sstp/NAME.sock "
		  "($XDG_RUNTIME_DIR/sstp/NAME.sock for users), or PATH; default: the verb as "
		  "NAME, or the verb with a number",
	  .set = set_control,
	  .at = AT(control) },
	{ .name = "control-group",
	  .arg = "GROUP",
	  .help = "let the members of GROUP use the control socket, beside root and this user",
	  .set = set_text,
	  .at = AT(group) },
	{ .name = "no-control",
	  .help = "open no control socket",
	  .set = set_flag,
	  .at = AT(no_control) },
};

const struct option_group control_options = OPTION_GROUP(control_table);

static void add_metrics(struct metrics_list *l, const struct ip_addr *a, uint16_t port)
{
	l->at[l->count++] = ip_sockaddr(a, port);
}

/* A port alone is one of this host, since anybody may read there. */
static bool set_metrics(void *to, const char *value, struct error *err)
{
	const struct ip_addr all6 = { .family = AF_INET6 };
	const struct ip_addr all4 = ip_from_v4(INADDR_ANY), own = ip_from_v4(INADDR_LOOPBACK);
	struct metrics_list *l = to;
	struct endpoint e;
	const char *why = endpoint_listen(value, 0, &e);

	if (why) {
		snprintf(err->text, sizeof(err->text),
			 "must be a port of this host, or an address and a port: 9100, "
			 "192.0.2.1:9100, *:9100: %s",
			 why);
		return false;
	}
	if (l->count + 2 > CONTROL_METRICS_MAX) {
		snprintf(err->text, sizeof(err->text), "more than %d addresses",
			 CONTROL_METRICS_MAX);
		return false;
	}
	if (e.is_all) {
		add_metrics(l, &all4, e.port);
		add_metrics(l, &all6, e.port);
	} else {
		add_metrics(l, e.addr.family ? &e.addr : &own, e.port);
	}
	return true;
}

static void clear_metrics(void *to)
{
	((struct metrics_list *)to)->count = 0;
}

/* Its settings are a struct metrics_list. */
static const struct option metrics_table[] = {
	{ .name = "metrics",
	  .arg = "[ADDR:]PORT",
	  .help = "serve Prometheus' metrics there, to anybody, at http://ADDR:PORT/metrics; a port "
		  "alone is one of 127.0.0.1; may be given again",
	  .set = set_metrics,
	  .at = 0,
	  .clear = clear_metrics },
};

const struct option_group metrics_options = OPTION_GROUP(metrics_table);

/* A name, or a number. */
static bool find_group(const char *text, gid_t *gid)
{
	const struct group *g = getgrnam(text);
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (g)
		*gid = g->gr_gid;
	else if (*text >= '0' && *text <= '9' && !*end && n < UINT32_MAX)
		*gid = (gid_t)n;
	else
		return false;
	return true;
}

bool control_options_apply(const struct verb *verb, const struct control_option_settings *s,
			   const struct metrics_list *metrics, struct control_settings *to)
{
	*to = (struct control_settings){
		.is_off = s->no_control,
		.place = { .wanted = s->control, .verb = verb->name, .group = (gid_t)-1 },
		.metrics_count = metrics->count,
	};
	memcpy(to->metrics, metrics->at, sizeof(to->metrics));
	if (s->no_control && (s->control || s->group)) {
		cli_error(verb, "--no-control contradicts --control and --control-group");
		return false;
	}
	if (s->group && !find_group(s->group, &to->place.group)) {
		cli_error(verb, "--control-group %s: there is no such group", s->group);
		return false;
	}
	return true;
}
