/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/ask_program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/exit_code.h"
#include "http/status.h"

#define AT(member) offsetof(struct ask_settings, member)

static const struct option ask_table[] = {
	{ .name = "control",
	  .arg = "NAME|PATH",
	  .help = "the program whose control socket has this name or path; default: the one that runs",
	  .set = set_text,
	  .at = AT(control),
	  .flags = OPTION_CLI_ONLY },
	{ .name = "json",
	  .help = "print the reply as JSON (docs/control.md)",
	  .set = set_flag,
	  .at = AT(json),
	  .flags = OPTION_CLI_ONLY },
};

const struct option_group ask_options = OPTION_GROUP(ask_table);

/* ---- which program */

static void print_unreachable(const struct verb *verb, const char *path, int error)
{
	const char *why = error == -EPROTO ? "the reply is not complete"
			  : error == -ENOENT || error == -ECONNREFUSED
				  ? "no running sstp has this control socket"
			  : error == -ETIMEDOUT ? "it does not answer"
			  : error == -EACCES    ? "only root, the user who runs that sstp, and "
						  "its --control-group may use it"
						: strerror(-error);

	cli_error(verb, "%s: %s", path, why);
}

static bool has_role(const char *path, const char *role)
{
	struct control_answer a;
	struct bytes object;
	bool has = !control_ask(path, "GET", "/v1/status", ASK_MS, &a) && a.status == HTTP_OK &&
		   json_parse(a.body, &object) && !strcmp(ask_text(object, "role").text, role);

	control_answer_free(&a);
	return has;
}

static void print_several(const struct verb *verb, const struct control_found *f,
			  const bool fits[CONTROL_FOUND_MAX])
{
	char names[1024] = "";

	for (size_t i = 0; i < f->count; i++) {
		size_t n = strlen(names);

		if (fits[i])
			snprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "",
				 strrchr(f->path[i], '/') + 1);
	}
	cli_error(verb, "several programs run (%s): choose one by --control NAME", names);
}

static int choose_any(const struct verb *verb, const char *role, char path[CONTROL_PATH_SIZE])
{
	bool fits[CONTROL_FOUND_MAX];
	struct control_found f;
	size_t count = 0;

	control_find_all(&f);
	for (size_t i = 0; i < f.count; i++) {
		fits[i] = has_role(f.path[i], role);
		if (fits[i] && !count++)
			memcpy(path, f.path[i], CONTROL_PATH_SIZE);
	}
	if (count > 1) {
		print_several(verb, &f, fits);
		return EXIT_USAGE;
	}
	if (!count)
		cli_error(verb, "no %s with a control socket runs%s",
			  !strcmp(role, "server") ? "sstp serve" : "sstp connect, run or proxy",
			  geteuid() ? " for this user; root sees root's (sudo), and --control PATH "
				      "names another"
				    : "");
	return count ? EXIT_OK : EXIT_NOT_RUNNING;
}

int ask_choose(const struct verb *verb, const struct ask_settings *s, const char *role,
	       char path[CONTROL_PATH_SIZE])
{
	if (!s->control)
		return choose_any(verb, role, path);
	if (control_find(s->control, path))
		return EXIT_OK;
	cli_error(verb, "--control %s: there is no such socket", s->control);
	return EXIT_NOT_RUNNING;
}

/* ---- asking */

void ask_print_json(struct bytes object)
{
	fwrite(object.at, 1, object.len, stdout);
	putchar('\n');
}

static int refused(const struct verb *verb, const struct ask_settings *s, const char *path,
		   int status, struct bytes object)
{
	const char *text = ask_text(object, "error").text;

	if (s->json)
		ask_print_json(object);
	else
		cli_error(verb, "%s: %s", path, *text ? text : http_reason(status));
	return EXIT_OTHER;
}

int ask_program(const struct verb *verb, const struct ask_settings *s, const char *path,
		const char *method, const char *target, struct control_answer *a,
		struct bytes *object)
{
	int error = control_ask(path, method, target, ASK_MS, a);

	if (!error && !json_parse(a->body, object))
		error = -EPROTO;
	if (error) {
		print_unreachable(verb, path, error);
		return EXIT_NOT_RUNNING;
	}
	return a->status == HTTP_OK ? EXIT_OK : refused(verb, s, path, a->status, *object);
}

/* ---- members */

struct ask_text ask_text(struct bytes object, const char *name)
{
	struct ask_text t = { "" };
	struct bytes value;

	if (json_member(object, name, &value))
		json_text(value, t.text, sizeof(t.text));
	return t;
}

uint64_t ask_number(struct bytes object, const char *name)
{
	struct bytes value;
	uint64_t n = 0;

	if (json_member(object, name, &value))
		json_uint(value, &n);
	return n;
}

struct ask_text ask_list(struct bytes object, const char *name)
{
	struct ask_text t = { "" };
	struct bytes array, item;
	char text[128];
	size_t n = 0;

	if (!json_member(object, name, &array))
		return t;
	while (json_next(&array, &item) && n < sizeof(t.text))
		if (json_text(item, text, sizeof(text)))
			n += (size_t)snprintf(t.text + n, sizeof(t.text) - n, "%s%s", n ? ", " : "",
					      text);
	return t;
}

/* Three digits and a unit. */
static struct ask_text scale(uint64_t n, unsigned base, const char *const units[5])
{
	struct ask_text t;
	double value = (double)n;
	int i = 0;

	for (; value >= base && i < 4; i++)
		value /= base;
	snprintf(t.text, sizeof(t.text), "%.*f %s",
		 !i || value >= 100 ? 0
		 : value >= 10      ? 1
				    : 2,
		 value, units[i]);
	return t;
}

struct ask_text ask_bytes(uint64_t bytes)
{
	static const char *const units[5] = { "B", "KiB", "MiB", "GiB", "TiB" };

	return scale(bytes, 1024, units);
}

struct ask_text ask_rate(uint64_t bits_s)
{
	static const char *const units[5] = { "bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s" };

	return scale(bits_s, 1000, units);
}

struct ask_text ask_time(uint64_t s)
{
	struct ask_text t;
	unsigned long long n = s;

	if (n < 60)
		snprintf(t.text, sizeof(t.text), "%llu s", n);
	else if (n < 3600)
		snprintf(t.text, sizeof(t.text), "%llu min %llu s", n / 60, n % 60);
	else if (n < 24 * 3600)
		snprintf(t.text, sizeof(t.text), "%llu h %llu min", n / 3600, n / 60 % 60);
	else
		snprintf(t.text, sizeof(t.text), "%llu d %llu h", n / 86400, n / 3600 % 24);
	return t;
}
