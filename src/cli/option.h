/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options are rows of tables. The command line, the configuration file, the environment, --help and
 * the shells' completions are made from them. Each long option is also a `key = value` line of the
 * file and a variable SSTP_KEY (upper case, dashes as underscores).
 *
 * Related options form a group, which has its own settings struct. A verb embeds the settings of
 * the groups that it uses in its own settings.
 *
 * A flag is on when it is given; in the file and the environment it takes yes or no.
 */
#ifndef SSTP_CLI_OPTION_H
#define SSTP_CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

enum {
	OPTION_CLI_ONLY = 1, /* only allowed on the command line */
	OPTION_RELOADS = 2,  /* a reload applies a changed value */
};

struct option {
	const char *name;
	char short_name;   /* 0: none */
	const char *arg;   /* placeholder of its value in --help; NULL: a flag */
	const char *words; /* possible values, for completions; NULL: anything */
	const char *help;
	/*
	 * Stores the value, which stays valid until the program ends, in the settings at `to`.
	 * Returns false with err->text filled. NULL: --help.
	 */
	bool (*set)(void *to, const char *value, struct error *err);
	size_t at; /* offset of `to` in the group's settings */
	unsigned flags;
	/* A list: empties `to` before values of a stronger source are added; NULL: not a list. */
	void (*clear)(void *to);
};

struct option_group {
	const struct option *options;
	size_t count;
};

#define OPTION_GROUP(table)                                                   \
	{                                                                     \
		.options = (table), .count = sizeof(table) / sizeof(*(table)) \
	}

/* A group of options that a verb uses. */
struct option_use {
	const struct option_group *group;
	size_t at;           /* offset of the group's settings in the verb's */
	const char *heading; /* in --help; NULL: continues the previous heading */
};

/* A group whose settings are `member` of the verb's. For rows that several verbs have. */
#define OPTION_USE(title, options, settings, member)                                      \
	{                                                                                 \
		.group = &(options), .at = offsetof(settings, member), .heading = (title) \
	}

struct verb {
	const char *name;    /* "connect" */
	const char *summary; /* for the list of verbs */
	const char *usage;   /* "[options] HOST[:PORT]" */
	const char *about;   /* a paragraph under the usage line */
	const char *notes;   /* below the options: examples, hints; may be NULL */
	const struct option_use *uses;
	size_t use_count;
	/*
	 * Called for each positional argument, in order, with the settings at positional_at; returns
	 * false with err filled. NULL: takes none.
	 */
	bool (*positional)(void *to, const char *arg, struct error *err);
	size_t positional_at;
	const char *likely_option; /* that a positional argument may be meant for; NULL: none */
	/*
	 * The words after "--" are a command: an argv that ends with NULL is stored at command_at.
	 */
	bool takes_command;
	size_t command_at; /* offset of `char **command` in the settings */
	void *settings;    /* they hold the defaults */
	/* It gives its privileges up while it runs: its log has no thread before, and it is noted what it reads. */
	bool gives_privileges_up;
	/* Called with the settings filled; returns an exit code. */
	int (*run)(void *settings);
};

/* An option in the context of a verb. */
struct option_in {
	const struct option *option;
	size_t at;    /* offset of its value in the verb's settings */
	size_t index; /* among all options of the verb */
};

/* All options of a verb, in the order of --help: while (option_next(&walk)) ... */
struct option_walk {
	const struct verb *verb;
	struct option_in in; /* the current option */
	const struct option_use *use;
	size_t row;
};

struct option_walk option_walk(const struct verb *v);
bool option_next(struct option_walk *w);

/* Returns NULL, with `in` unchanged, if there is no option of that name. `in` may be NULL. */
const struct option *option_find(const struct verb *v, const char *name, size_t len,
				 struct option_in *in);
const struct option *option_named(const struct verb *v, const char *name);
size_t option_count(const struct verb *v);

/* Whether it reads a configuration file and variables. */
bool verb_takes_file(const struct verb *v);

/* Writes the variable's name: SSTP_NO_DNS for no-dns. */
void option_variable(const struct option *o, char *to, size_t size);

#endif
