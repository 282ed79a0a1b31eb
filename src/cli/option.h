/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What options are: rows of tables, from which come the command line, the configuration file, the
 * environment, --help and the completions of shells. Each long option is also a `key = value` line of
 * the file and a variable SSTP_KEY (upper case, dashes as underscores).
 *
 * Options that belong together are a group, with a settings struct of its own. A verb embeds the
 * settings of the groups that it uses in its own settings.
 *
 * A flag is on when it is named; in the file and the environment it takes yes or no.
 */
#ifndef SSTP_CLI_OPTION_H
#define SSTP_CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

enum { OPTION_CLI_ONLY = 1 }; /* it means something on the command line alone */

struct option {
	const char *name;
	char letter;       /* 0: none */
	const char *arg;   /* what --help calls its value; NULL: a flag */
	const char *words; /* values to choose from, for completions; NULL: anything */
	const char *help;
	/* Puts the value, which stays as long as the program, into the settings at `to`. False with
	 * err->text filled. NULL: --help. */
	bool (*set)(void *to, const char *value, struct error *err);
	size_t at; /* of `to` in the group's settings */
	unsigned flags;
	/* A list: empties `to` when a stronger source begins to fill it; NULL: no list. */
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

/* One group of a verb. */
struct option_use {
	const struct option_group *group;
	size_t at;           /* of the group's settings in the verb's */
	const char *heading; /* in --help; NULL: it goes on under the one before */
};

struct verb {
	const char *name;    /* "connect" */
	const char *summary; /* for the list of verbs */
	const char *usage;   /* "[options] HOST[:PORT]" */
	const char *about;   /* a paragraph under the usage line */
	const char *notes;   /* below the options: examples, hints; may be NULL */
	const struct option_use *uses;
	size_t use_count;
	/* Words that are not options, in order, for the settings at word_at; false with err filled.
	 * NULL: takes none. */
	bool (*word)(void *to, const char *word, struct error *err);
	size_t word_at;
	const char *stray; /* the option that a word was probably meant for; NULL: none */
	/* What follows "--" is a command: its words, then NULL, are put at command_at. */
	bool takes_command;
	size_t command_at; /* of `char **command` in the settings */
	void *settings;    /* they hold the defaults */
	/* With the settings filled; an exit code. */
	int (*run)(void *settings);
};

/* An option as a verb has it. */
struct option_in {
	const struct option *option;
	size_t at;    /* of its value in the verb's settings */
	size_t index; /* among all of the verb's */
};

/* All options of a verb, in the order of --help: while (option_next(&walk)) ... */
struct option_walk {
	const struct verb *verb;
	struct option_in in; /* the one that option_next gave */
	const struct option_use *use;
	size_t row;
};

struct option_walk option_walk(const struct verb *v);
bool option_next(struct option_walk *w);

/* NULL, and then `in` is not filled: there is none of that name. `in` may be NULL. */
const struct option *option_find(const struct verb *v, const char *name, size_t len,
				 struct option_in *in);
const struct option *option_named(const struct verb *v, const char *name);
size_t option_count(const struct verb *v);

/* Does it read a configuration file and variables? */
bool verb_takes_file(const struct verb *v);

/* SSTP_NO_DNS for no-dns. */
void option_variable(const struct option *o, char *to, size_t size);

#endif
