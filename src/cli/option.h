/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options: one table a verb, from which come the command line, the configuration file, the
 * environment and --help. Each long option is also a `key = value` line of the file and a variable
 * SSTP_KEY (upper case, dashes as underscores); the command line wins over the environment, which
 * wins over the file. A list given in a stronger place replaces the weaker one's; in a variable its
 * members stand behind each other, with blanks or commas between.
 *
 * A flag is on when it is named; in the file and the environment it takes yes or no.
 */
#ifndef SSTP_CLI_OPTION_H
#define SSTP_CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ppp/ppp.h"
#include "util/ip.h"

/* What would have been right, for the message: "must be from 576 to 4087". */
struct option_error {
	char text[256];
};

/* A growing list of texts. */
struct text_list {
	const char **at;
	size_t count;
};

struct prefix_list {
	struct ip_prefix *at;
	size_t count;
};

struct auth_list {
	enum ppp_auth at[PPP_AUTH_COUNT];
	size_t count;
};

struct host_port {
	char user[256]; /* that was named before the host, USER@HOST; empty: none */
	char host[256]; /* empty: none */
	uint16_t port;
};

struct option {
	const char *name; /* NULL: `help` is a heading of the help text */
	char letter;      /* 0: none */
	const char *arg;  /* what --help calls its value; NULL: a flag */
	const char *help;
	/* Puts the value, which stays as long as the program, into the settings at `to`. False with
	 * err->text filled. */
	bool (*set)(void *to, const char *value, struct option_error *err);
	size_t offset;  /* of `to` in the verb's settings */
	bool only_here; /* means something on the command line alone */
	/* A list: empties `to` when a stronger source begins to fill it; NULL: no list. */
	void (*clear)(void *to);
};

/* The setters. `to` is what the comment says. */
bool set_flag(void *to, const char *value, struct option_error *err);  /* bool */
bool set_count(void *to, const char *value, struct option_error *err); /* int: each adds one */
bool set_text(void *to, const char *value, struct option_error *err);  /* const char * */
/* const char *: what will be read, a file; a file or a folder. Looked at by option_check. */
bool set_file(void *to, const char *value, struct option_error *err);
bool set_file_or_folder(void *to, const char *value, struct option_error *err);
bool set_texts(void *to, const char *value, struct option_error *err);      /* struct text_list */
bool set_pins(void *to, const char *value, struct option_error *err);       /* struct text_list */
bool set_prefixes(void *to, const char *value, struct option_error *err);   /* struct prefix_list */
bool set_congestion(void *to, const char *value, struct option_error *err); /* const char * */
bool set_mtu(void *to, const char *value, struct option_error *err);        /* uint16_t */
bool set_number(void *to, const char *value, struct option_error *err);     /* uint32_t */
bool set_workers(void *to, const char *value, struct option_error *err);    /* uint32_t */
bool set_seconds(void *to, const char *value, struct option_error *err); /* uint32_t, 1 or more */
bool set_descriptor(void *to, const char *value, struct option_error *err); /* int: an open one */
bool set_auth(void *to, const char *value, struct option_error *err);       /* struct auth_list */
bool set_ipv4(void *to, const char *value, struct option_error *err); /* uint32_t[2]: fills both */
bool set_server(void *to, const char *value, struct option_error *err);  /* struct host_port */
bool set_device(void *to, const char *value, struct option_error *err);  /* const char * */
bool set_min_tls(void *to, const char *value, struct option_error *err); /* bool: only 1.3 */
bool set_min_hash(void *to, const char *value,
		  struct option_error *err); /* uint8_t: SSTP_HASH_... */
void clear_texts(void *to);
/*
 * What a setter leaves for later, since a value that a stronger source replaces does not matter: can
 * the file be read, is the pin one. False with err and *value filled.
 */
bool option_check(const struct option *o, const void *settings, const char **value,
		  struct option_error *err);
void clear_prefixes(void *to);
void clear_ipv4(void *to);

struct verb {
	const char *name;  /* "connect" */
	const char *usage; /* "[options] HOST[:PORT]" */
	const char *about; /* a paragraph under the usage line */
	const char *notes; /* below the options: examples, hints; may be NULL */
	const struct option *options;
	size_t option_count;
	size_t config_offset; /* of `const char *config` in the settings; SIZE_MAX: takes no file */
	/* Words that are not options, in order; false with err filled. NULL: takes none. */
	bool (*word)(void *settings, const char *word, struct option_error *err);
	const char *stray; /* the option that a word was probably meant for; NULL: none */
	/* What follows "--" is a command: its words, then NULL, are put at command_offset. */
	bool takes_command;
	size_t command_offset; /* of `char **command` in the settings */
};

/*
 * Fills `settings` (which hold the defaults) from file, environment and command line. False when the
 * verb has nothing to do: then it ends with `*code`, since something was wrong and was said on
 * standard error, or since --help was asked for and printed.
 */
bool options_read(const struct verb *verb, int argc, char **argv, void *settings, int *code);

void options_help(const struct verb *verb);

/*
 * "sstp connect: ..." on standard error. Where the text begins with the value of an option that names
 * a file, and a colon, the option, the variable or the line of the file that gave it comes first.
 */
void option_complain(const struct verb *verb, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
