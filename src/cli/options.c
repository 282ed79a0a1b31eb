/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads options from their three sources. The command line is parsed first and only stored, since
 * it may name the configuration file; then file, environment and command line are applied in this
 * order, so that the strongest wins.
 */
#include "cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/config_file.h"
#include "cli/exit_code.h"
#include "cli/help.h"
#include "cli/hint.h"
#include "cli/tidy.h"
#include "cli/value.h"
#include "cli/variables.h"
#include "util/file_agent.h"
#include "util/hash.h"
#include "util/log.h"
#include "util/log_writer.h"

enum source {
	FROM_NOWHERE,
	FROM_FILE,
	FROM_ENVIRONMENT,
	FROM_COMMAND_LINE,
};

struct parsed_arg {
	struct option_in in; /* in.option is NULL: a positional argument */
	const char *value;
	bool is_after_dashes; /* it came after "--" */
};

struct reading {
	const struct verb *verb;
	char *settings;
	enum source *sources;    /* the strongest source so far of each option */
	uint32_t *digests;       /* of its values */
	struct parsed_arg *args; /* the command line, in order */
	size_t arg_count;
	bool wants_help;
};

/* ---- unknown options */

static bool find_short(const struct verb *v, char short_name, struct option_in *in)
{
	for (struct option_walk w = option_walk(v); option_next(&w);)
		if (w.in.option->short_name == short_name) {
			*in = w.in;
			return true;
		}
	return false;
}

/* `where`: file and line, or empty for the command line. */
static void report_unknown(const struct verb *v, const char *where, const char *name, size_t len)
{
	const char *dashes = *where ? "" : "--";
	char hint[HINT_SIZE];

	if (hint_for_option(v, name, len, *where, hint))
		cli_error(v, "%sunknown option %s%.*s; %s", where, dashes, (int)len, name, hint);
	else
		cli_error(v, "%sunknown option %s%.*s; sstp %s --help lists the options", where,
			  dashes, (int)len, name, v->name);
}

/* `word`: the whole argument, such as -xvf. */
static void report_unknown_short(const struct verb *v, char short_name, const char *word)
{
	char hint[HINT_SIZE], name[32];

	if (short_name > ' ' && short_name < 0x7f)
		snprintf(name, sizeof(name), "-%c", short_name);
	else
		snprintf(name, sizeof(name), "%s", word);
	if (hint_for_short(v, short_name, hint))
		cli_error(v, "unknown option %s; %s", name, hint);
	else
		cli_error(v, "unknown option %s; sstp %s --help lists the options", name, v->name);
}

/* ---- applying a value */

/* The last value is used, as in other programs, but the repetition may be a mistake. */
static void warn_repeated(const struct option *o, enum source from)
{
	char variable[80];

	option_variable(o, variable, sizeof(variable));
	tidy_warn("%s%s is given twice: the last one counts", from == FROM_COMMAND_LINE ? "--" : "",
		  from == FROM_ENVIRONMENT ? variable : o->name);
}

/* False with err filled. */
static bool apply(struct reading *r, const struct option_in *in, const char *value,
		  enum source from, struct error *err)
{
	enum source *before = &r->sources[in->index];
	const struct option *o = in->option;
	void *to = r->settings + in->at;

	if (*before > from)
		return true;
	if (*before == from && o->arg && !o->clear)
		warn_repeated(o, from);
	if (*before < from && o->clear)
		o->clear(to);
	if (*before < from || !o->clear)
		r->digests[in->index] = 0;
	*before = from;
	r->digests[in->index] = hash_bytes(r->digests[in->index], value,
					   strlen(value) + 1); /* never 0 in practice */
	return o->set(to, value, err);
}

/*
 * Only the host of USER:PASSWORD@HOST (which is refused), to keep the password out of the message.
 * `value` is NULL for a flag.
 */
static const char *without_password(const char *value)
{
	const char *at;

	if (!value)
		return "";
	at = strrchr(value, '@');
	return at && memchr(value, ':', (size_t)(at - value)) ? at + 1 : value;
}

/* Whether a shell will parse the value. */
static bool is_command(const struct option *o)
{
	return o->arg && !strcmp(o->arg, "COMMAND");
}

static bool from_file(void *arg, const char *file, unsigned line, const char *key,
		      const char *value)
{
	struct reading *r = arg;
	struct option_in in;
	const struct option *o = option_find(r->verb, key, strlen(key), &in);
	struct error err;
	char where[512], name[600];
	struct saved_value *saved;

	snprintf(where, sizeof(where), "%s:%u: ", file, line);
	if (!o || o->flags & OPTION_CLI_ONLY) {
		if (o)
			cli_error(r->verb, "%s%s is allowed on the command line only", where, key);
		else
			report_unknown(r->verb, where, key, strlen(key));
		return false;
	}
	saved = saved_value_new(value);
	if (!saved) {
		cli_error(r->verb, "out of memory");
		return false;
	}
	saved->option = o;
	snprintf(saved->origin, sizeof(saved->origin), "%s%s = ", where, key);
	snprintf(name, sizeof(name), "%s%s", where, key);
	if (!tidy_value(saved->text,
			&(struct tidy_place){ name, .has_comments = true,
					      .is_command = is_command(o) },
			&err)) {
		cli_error(r->verb, "%s: %s", name, err.text);
		return false;
	}
	if (apply(r, &in, saved->text, FROM_FILE, &err))
		return true;
	cli_error(r->verb, "%s%s: %s", saved->origin, without_password(saved->text), err.text);
	return false;
}

/* One variable holds a whole list. No list has members that contain blanks or commas. */
static bool apply_members(struct reading *r, const struct option_in *in,
			  const struct saved_value *list, struct error *err)
{
	struct saved_value *copy = saved_value_new(list->text);
	char *rest;

	if (!copy) {
		snprintf(err->text, sizeof(err->text), "out of memory");
		return false;
	}
	memcpy(copy->origin, list->origin, sizeof(copy->origin));
	for (char *w = strtok_r(copy->text, " \t\n,", &rest); w;
	     w = strtok_r(NULL, " \t\n,", &rest))
		if (!apply(r, in, w, FROM_ENVIRONMENT, err))
			return false;
	return true;
}

/* Turns line breaks into blanks: each member may be on its own line. */
static void tidy_list(char *value)
{
	size_t len = strlen(value);

	for (char *p = value; *p; p++)
		if (strchr("\n\r\t", *p))
			*p = ' ';
	while (len && value[len - 1] == ' ')
		value[--len] = '\0';
}

static bool from_environment(struct reading *r, const struct option_in *in)
{
	const struct option *o = in->option;
	struct error err;
	const char *value;
	struct saved_value *saved;
	char name[80];

	option_variable(o, name, sizeof(name));
	value = getenv(name);
	if (!value || !*value)
		return true;
	saved = saved_value_new(value);
	if (!saved) {
		cli_error(r->verb, "out of memory");
		return false;
	}
	saved->option = o;
	snprintf(saved->origin, sizeof(saved->origin), "%s=", name);
	if (o->clear)
		tidy_list(saved->text);
	if (!tidy_value(saved->text,
			&(struct tidy_place){ name, .is_environment = true,
					      .is_command = is_command(o) },
			&err)) {
		cli_error(r->verb, "%s: %s", name, err.text);
		return false;
	}
	if (o->clear ? apply_members(r, in, saved, &err)
		     : apply(r, in, saved->text, FROM_ENVIRONMENT, &err))
		return true;
	cli_error(r->verb, "%s=%s: %s", name, without_password(saved->text), err.text);
	return false;
}

/* Returns NULL after printing an error. */
static const char *tidy_arg(struct reading *r, const struct parsed_arg *g)
{
	char name[80];
	struct saved_value *saved = saved_value_new(g->value);
	struct tidy_place place = { .name = name,
				    .is_command = g->in.option && is_command(g->in.option) };
	struct error err = { "out of memory" };

	snprintf(name, sizeof(name), "%s%s", g->in.option ? "--" : "the command line",
		 g->in.option ? g->in.option->name : "");
	if (!saved || !tidy_value(saved->text, &place, &err)) {
		cli_error(r->verb, "%s: %s", name, err.text);
		return NULL;
	}
	saved->option = g->in.option;
	if (g->in.option)
		snprintf(saved->origin, sizeof(saved->origin), "--%s ", g->in.option->name);
	return saved->text;
}

/* Does not print words given to sstp passwd: the third one may be a password. */
static void report_word(struct reading *r, const char *word, const char *why, const char *hint)
{
	bool is_shown = !r->verb->positional || verb_takes_file(r->verb);

	cli_error(r->verb, "%s%s%s%s%s", is_shown ? without_password(word) : "",
		  is_shown ? ": " : "", why, *hint ? "; " : "", hint);
}

static const char *about_commands(const struct reading *r, const struct parsed_arg *g)
{
	if (r->verb->takes_command)
		return "a command follows --";
	return g->is_after_dashes && g->value && g->value[0] != '-'
		       ? "only sstp run and sstp proxy take a command after --"
		       : "";
}

/* `hint` is empty if there is nothing to say about the unexpected word. */
static void hint_of(const struct reading *r, const struct parsed_arg *g, char hint[HINT_SIZE])
{
	const char *commands = about_commands(r, g);

	if ((*commands && g->is_after_dashes) || !hint_for_word(r->verb, g->value, false, hint))
		snprintf(hint, HINT_SIZE, "%s", commands);
}

/*
 * Reports a positional argument that the verb does not take, or one too many. If there are several,
 * the one that cannot be a server is reported: "noauth" in `sstp connect noauth vpn.example.net`.
 */
static void report_words(struct reading *r, const struct parsed_arg *g, const char *why)
{
	bool takes_server = r->verb->positional && verb_takes_file(r->verb);
	char hint[HINT_SIZE];

	for (size_t i = 0; takes_server && i < r->arg_count; i++)
		if (!r->args[i].in.option && hint_for_word(r->verb, r->args[i].value, true, hint)) {
			report_word(r, r->args[i].value, "no word is expected here", hint);
			return;
		}
	hint_of(r, g, hint);
	report_word(r, g->value, why, hint);
}

static bool from_command_line(struct reading *r, struct parsed_arg *g)
{
	struct error err;

	if (g->value) {
		g->value = tidy_arg(r, g);
		if (!g->value)
			return false;
	}
	if (!g->in.option) {
		if (r->verb->positional &&
		    r->verb->positional(r->settings + r->verb->positional_at, g->value, &err))
			return true;
		report_words(r, g,
			     r->verb->positional ? err.text : "only options are expected here");
		return false;
	}
	if (apply(r, &g->in, g->value ? g->value : "yes", FROM_COMMAND_LINE, &err))
		return true;
	cli_error(r->verb, "--%s%s%s: %s", g->in.option->name, g->value && *g->value ? " " : "",
		  without_password(g->value), err.text);
	return false;
}

/* ---- checks after all values are set */

static bool check_all(struct reading *r)
{
	struct error err;
	const char *value = NULL;

	for (struct option_walk w = option_walk(r->verb); option_next(&w);)
		if (!value_check(w.in.option, r->settings + w.in.at, &value, &err)) {
			cli_error(r->verb, "%s%s: %s", saved_value_origin(value), value, err.text);
			return false;
		}
	return true;
}

/* ---- the command line */

static void store_arg(struct reading *r, const struct option_in *in, const char *value)
{
	if (!in->option->set)
		r->wants_help = true; /* --help sets nothing */
	else
		r->args[r->arg_count++] = (struct parsed_arg){ .in = *in, .value = value };
}

static void store_positional(struct reading *r, const char *word, bool is_after_dashes)
{
	r->args[r->arg_count++] =
		(struct parsed_arg){ .value = word, .is_after_dashes = is_after_dashes };
}

/*
 * Takes the next word as the value of the option at argv[0], unless it looks as if the value was
 * forgotten.
 */
static bool takes_next(struct reading *r, const struct option_in *in, char **argv)
{
	const struct option *o = in->option;
	const char *value = argv[1];
	const char *equals = strchr(value, '=');
	size_t len = equals ? (size_t)(equals - value) : strlen(value);

	if (*value == '=') {
		cli_error(r->verb, "%s: the value follows a blank or a =, not both: --%s=%s",
			  argv[0], o->name, o->arg);
		return false;
	}
	if (len > 2 && !strncmp(value, "--", 2) && option_find(r->verb, value + 2, len - 2, NULL)) {
		cli_error(r->verb,
			  "%s needs a value, and %.*s is an option; --%s=%.*s if it is meant",
			  argv[0], (int)len, value, o->name, (int)len, value);
		return false;
	}
	store_arg(r, in, value);
	return true;
}

/* --name, --name=value, --name value. Returns the number of words used; 0: an error was printed. */
static int long_option(struct reading *r, char **argv)
{
	const char *name = argv[0] + 2, *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	struct option_in in;
	const struct option *o = option_find(r->verb, name, len, &in);

	if (!len) {
		cli_error(r->verb, "%s: an option has a name: --name=VALUE", argv[0]);
		return 0;
	}
	if (!o) {
		report_unknown(r->verb, "", name, len);
		return 0;
	}
	if (equals && !o->arg) {
		cli_error(r->verb, "--%s takes no value", o->name);
		return 0;
	}
	if (!o->arg || equals) {
		store_arg(r, &in, equals ? equals + 1 : NULL);
		return 1;
	}
	if (!argv[1]) {
		cli_error(r->verb, "--%s needs a value: --%s %s", o->name, o->name, o->arg);
		return 0;
	}
	return takes_next(r, &in, argv) ? 2 : 0;
}

/* -b, -vv, -u NAME, -uNAME */
static int short_options(struct reading *r, char **argv)
{
	const struct option *whole =
		option_find(r->verb, argv[0] + 1, strcspn(argv[0] + 1, "="), NULL);

	if (whole && whole->name[1]) {
		cli_error(r->verb, "%s: did you mean --%s?", argv[0], whole->name);
		return 0;
	}
	for (const char *p = argv[0] + 1; *p; p++) {
		const struct option *o;
		struct option_in in;

		if (!find_short(r->verb, *p, &in)) {
			report_unknown_short(r->verb, *p, argv[0]);
			return 0;
		}
		o = in.option;
		if (!o->arg) {
			store_arg(r, &in, NULL);
			continue;
		}
		if (!p[1] && !argv[1]) {
			cli_error(r->verb, "-%c needs a value: --%s %s", *p, o->name, o->arg);
			return 0;
		}
		if (!p[1])
			return takes_next(r, &in, argv) ? 2 : 0;
		if (p[1] == '=') {
			cli_error(r->verb, "-%c=: the value follows without a =: -%c %s", *p, *p,
				  o->arg);
			return 0;
		}
		store_arg(r, &in, p + 1);
		return 1;
	}
	return 1;
}

/* argv ends with a NULL, as main's does. */
static void take_command(struct reading *r, char **argv)
{
	memcpy(r->settings + r->verb->command_at, &argv, sizeof(argv));
}

static bool read_command_line(struct reading *r, int argc, char **argv)
{
	bool only_words = false;
	int taken;

	for (int i = 0; i < argc; i += taken) {
		taken = 1;
		if (r->verb->takes_command && !strcmp(argv[i], "--")) {
			take_command(r, argv + i + 1);
			return true;
		}
		if (only_words || argv[i][0] != '-' || !argv[i][1])
			store_positional(r, argv[i], only_words);
		else if (!strcmp(argv[i], "--"))
			only_words = true;
		else if (argv[i][1] == '-')
			taken = long_option(r, argv + i);
		else
			taken = short_options(r, argv + i);
		if (!taken)
			return false;
	}
	return true;
}

/* The configuration file: from the command line, else from the environment. */
static const char *config_name(const struct reading *r)
{
	const char *name = getenv("SSTP_CONFIG");

	for (size_t i = 0; i < r->arg_count; i++)
		if (r->args[i].in.option && !strcmp(r->args[i].in.option->name, "config"))
			name = r->args[i].value;
	return name && *name ? name : NULL;
}

/* `why` may begin with the file's name and a line number. */
static void report_config(const struct verb *v, const char *config, const char *why)
{
	size_t len = strlen(config);
	bool is_whole = !strncmp(why, config, len) && !strncmp(why + len, ": ", 2);

	cli_error(v, "%s%s",
		  config == getenv("SSTP_CONFIG") ? "SSTP_CONFIG="
		  : is_whole                      ? "--config "
						  : "",
		  why);
}

/* The first positional argument: it may replace what file and environment gave. */
static size_t first_positional(const struct reading *r)
{
	size_t i = 0;

	while (i < r->arg_count && r->args[i].in.option)
		i++;
	return i;
}

static bool apply_args(struct reading *r)
{
	size_t first = first_positional(r);

	if (first < r->arg_count && !from_command_line(r, &r->args[first]))
		return false;
	for (size_t i = 0; i < r->arg_count; i++)
		if (i != first && !from_command_line(r, &r->args[i]))
			return false;
	return true;
}

static bool apply_all(struct reading *r)
{
	const struct verb *v = r->verb;
	struct option_in in;
	const char *config =
		option_find(v, "config", strlen("config"), &in) ? config_name(r) : NULL;
	struct error err;

	if (config) {
		if (!config_file_read(config, from_file, r, &err)) {
			if (*err.text)
				report_config(v, config, err.text);
			return false;
		}
		memcpy(r->settings + in.at, &config, sizeof(config));
	}
	for (struct option_walk w = option_walk(v); option_next(&w);)
		if (!(w.in.option->flags & OPTION_CLI_ONLY) && !from_environment(r, &w.in))
			return false;
	return apply_args(r) && check_all(r);
}

/* Reads all sources; the caller frees r->digests. */
static bool read_all(struct reading *r, int argc, char **argv, int *code)
{
	size_t max = 1;
	bool is_good = false;

	for (int i = 0; i < argc; i++)
		max += strlen(argv[i]) + 1; /* an upper bound of the number of options */
	r->sources = calloc(option_count(r->verb) + 1, sizeof(*r->sources));
	r->digests = calloc(option_count(r->verb) + 1, sizeof(*r->digests));
	r->args = calloc(max, sizeof(*r->args));
	*code = EXIT_USAGE;
	if (r->sources && r->digests && r->args && read_command_line(r, argc, argv)) {
		if (r->wants_help) {
			help_print(r->verb);
			*code = EXIT_OK;
		} else {
			is_good = apply_all(r);
		}
	}
	free(r->sources);
	free(r->args);
	return is_good;
}

static bool read_first(struct reading *r, int argc, char **argv, int *code)
{
	bool is_good = read_all(r, argc, argv, code);

	if (is_good && verb_takes_file(r->verb))
		variables_warn(r->verb, environ);
	if (!verb_takes_file(r->verb))
		tidy_print_warnings(); /* such a verb does not set up the log */
	return is_good;
}

bool options_read(const struct verb *verb, int argc, char **argv, void *settings, int *code)
{
	struct reading r = { .verb = verb, .settings = settings };
	bool is_good = read_first(&r, argc, argv, code);

	free(r.digests);
	return is_good;
}

/* ---- again */

static struct {
	int argc;
	char **argv;
	uint32_t *digests; /* of the values in force */
} in_force;

bool options_read_again(const struct verb *verb, void *settings,
			void (*changed)(void *arg, const struct option *o), void *arg,
			struct error *err)
{
	struct reading r = { .verb = verb, .settings = settings };
	bool is_good;
	int code;

	cli_error_keep(err);
	is_good = read_all(&r, in_force.argc, in_force.argv, &code);
	cli_error_keep(NULL);
	for (struct option_walk w = option_walk(verb); is_good && option_next(&w);) {
		uint32_t now = r.digests[w.in.index], *before = &in_force.digests[w.in.index];

		if (now == *before)
			continue;
		changed(arg, w.in.option);
		if (w.in.option->flags & OPTION_RELOADS)
			*before = now;
	}
	free(r.digests);
	return is_good;
}

int options_run(const struct verb *verb, int argc, char **argv)
{
	struct reading r = { .verb = verb, .settings = verb->settings };
	bool is_good;
	int code;

	if (verb->gives_privileges_up) {
		log_writer_wait();
		file_note_paths(true);
	}
	is_good = read_first(&r, argc, argv, &code);
	in_force.argc = argc;
	in_force.argv = argv;
	in_force.digests = r.digests;
	if (is_good)
		code = verb->run(verb->settings);
	free(in_force.digests);
	in_force.digests = NULL;
	return code;
}
