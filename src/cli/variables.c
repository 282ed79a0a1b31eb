/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A misspelled variable must not be ignored silently: often a container has no other settings. */
#include "cli/variables.h"

#include <stdio.h>
#include <string.h>

#include "cli/hint.h"
#include "cli/tidy.h"
#include "cli/verbs.h"
#include "util/log.h"

enum { NAME_SIZE = 80 };

static const char prefix[] = "SSTP_";

static bool ends_with(const char *text, size_t len, const char *end)
{
	size_t end_len = strlen(end);

	return len >= end_len && !strncmp(text + len - end_len, end, end_len);
}

/* SERVICE_HOST, SERVICE_PORT, SERVICE_PORT_HTTPS, also after a part of a service's name */
static bool names_service(const char *name)
{
	const char *at = strstr(name, "SERVICE_");

	return at && (at == name || at[-1] == '_') &&
	       (!strcmp(at, "SERVICE_HOST") || !strcmp(at, "SERVICE_PORT") ||
		!strncmp(at, "SERVICE_PORT_", 13));
}

/* PORT_443_TCP, PORT_443_TCP_ADDR */
static bool names_port(const char *name)
{
	static const char *const ends[] = { "", "_PROTO", "_PORT", "_ADDR" };
	static const char *const protocols[] = { "_TCP", "_UDP", "_SCTP" };
	const char *at = strstr(name, "PORT_");
	const char *digits = at ? at + 5 : NULL;
	size_t count = digits ? strspn(digits, "0123456789") : 0;

	if (!count || (at != name && at[-1] != '_'))
		return false;
	for (size_t p = 0; p < 3; p++)
		for (size_t e = 0; e < 4; e++) {
			char want[16];

			snprintf(want, sizeof(want), "%s%s", protocols[p], ends[e]);
			if (!strcmp(digits + count, want))
				return true;
		}
	return false;
}

bool variable_is_service_link(const char *name, const char *value)
{
	bool is_url = !strncmp(value, "tcp://", 6) || !strncmp(value, "udp://", 6) ||
		      !strncmp(value, "sctp://", 7);
	size_t len = strlen(name);

	if (is_url && ends_with(name, len, "PORT") && (len == 4 || name[len - 5] == '_'))
		return true;
	return names_service(name) || names_port(name);
}

static const struct option *option_of(const struct verb *v, const char *variable, size_t len)
{
	char name[NAME_SIZE];

	for (struct option_walk w = option_walk(v); option_next(&w);) {
		option_variable(w.in.option, name, sizeof(name));
		if (strlen(name) == len && !strncmp(name, variable, len))
			return w.in.option;
	}
	return NULL;
}

static bool is_read_by(const struct verb *v, const char *variable, size_t len)
{
	const struct option *o = option_of(v, variable, len);

	return o && !(o->flags & OPTION_CLI_ONLY);
}

static bool is_read(const char *variable, size_t len)
{
	if ((len == 11 && !strncmp(variable, "SSTP_CONFIG", len)) ||
	    (len == 13 && !strncmp(variable, "SSTP_PASSWORD", len)) ||
	    (len == 19 && !strncmp(variable, "SSTP_PROXY_PASSWORD", len)))
		return true;
	for (size_t i = 0; i < VERB_COUNT; i++)
		if (is_read_by(all_verbs[i], variable, len))
			return true;
	return false;
}

/* Whether a client's user meant the password; sstp serve has an option --pass. `name` is without SSTP_. */
static bool means_password(const struct verb *v, const char *name, size_t len)
{
	static const char *const words[] = { "PASS", "PASSWD", "PWD", "PW", "SECRET" };
	bool is_client = option_of(v, "SSTP_PASSWORD_FILE", 18);

	for (size_t i = 0; is_client && i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i]) == len && !strncmp(name, words[i], len))
			return true;
	return false;
}

/* `name` is without SSTP_. Returns false if no option has a similar name. */
static bool find_meant(const struct verb *v, const char *name, size_t len, char hint[HINT_SIZE])
{
	if (means_password(v, name, len)) {
		snprintf(hint, HINT_SIZE, "did you mean SSTP_PASSWORD?");
		return true;
	}
	if (len == 4 && !strncmp(name, "PORT", 4) && option_of(v, "SSTP_SERVER", 11)) {
		snprintf(hint, HINT_SIZE, "the port follows the server: SSTP_SERVER=HOST:PORT");
		return true;
	}
	return hint_for_variable(v, name, len, hint);
}

static void look_at(const struct verb *v, const char *variable)
{
	const char *equals = strchr(variable, '=');
	size_t len = equals ? (size_t)(equals - variable) : 0;
	const struct option *o = option_of(v, variable, len);
	struct log_text quoted = log_quote(variable, len);
	char hint[HINT_SIZE], name[256];

	if (len <= strlen(prefix) ||
	    (is_read(variable, len) &&
	     !means_password(v, variable + strlen(prefix), len - strlen(prefix))))
		return;
	snprintf(name, sizeof(name), "%.*s", (int)(len - strlen(prefix)),
		 variable + strlen(prefix));
	if (variable_is_service_link(name, equals + 1))
		return;
	if (o && o->flags & OPTION_CLI_ONLY)
		tidy_warn("variable %s: only the command line takes this: --%s", quoted.text,
			  o->name);
	else if (find_meant(v, variable + strlen(prefix), len - strlen(prefix), hint))
		tidy_warn("variable %s is not known; %s", quoted.text, hint);
	else
		tidy_warn(
			"variable %s is not known; sstp %s --help lists the options, and each is a "
			"variable",
			quoted.text, v->name);
}

void variables_warn(const struct verb *verb, char *const *environment)
{
	for (; *environment; environment++)
		if (!strncmp(*environment, prefix, strlen(prefix)))
			look_at(verb, *environment);
}
