/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the verbs that talk to a running sstp have in common: which one, errors, units. */
#ifndef SSTP_CLI_ASK_PROGRAM_H
#define SSTP_CLI_ASK_PROGRAM_H

#include "cli/cli_error.h"
#include "cli/common.h"
#include "control/ask.h"
#include "util/json_reader.h"

struct ask_settings {
	const char *control; /* a name or a path; NULL: any */
	bool json;
};

/* --control and --json. */
extern const struct option_group ask_options;

#define ASK_USES(settings)                                                              \
	{ .heading = "Options", .group = &ask_options, .at = offsetof(settings, ask) }, \
	{                                                                               \
		.group = &help_options                                                  \
	}

/*
 * The socket of the one program that has this role, "server" or "client". Returns an exit code,
 * after printing an error if it is not EXIT_OK.
 */
int ask_choose(const struct verb *verb, const struct ask_settings *s, const char *role,
	       char path[CONTROL_PATH_SIZE]);

/*
 * Asks. EXIT_OK: the status is 200 and the body is JSON, an object, in *object; the caller frees
 * the answer in any case. Otherwise an error has been printed; with --json its body has been.
 */
int ask_program(const struct verb *verb, const struct ask_settings *s, const char *path,
		const char *method, const char *target, struct control_answer *a,
		struct bytes *object);

/* Prints the object and a line end. */
void ask_print_json(struct bytes object);

/* ---- members, for printing; absent ones are empty or 0 */

struct ask_text {
	char text[320];
};
struct ask_text ask_text(struct bytes object, const char *name);
uint64_t ask_number(struct bytes object, const char *name);
/* "a, b, c" of an array of strings. */
struct ask_text ask_list(struct bytes object, const char *name);

/* "1.23 MiB", "45 s", "2 h 3 min", "12.3 Mbit/s" */
struct ask_text ask_bytes(uint64_t bytes);
struct ask_text ask_time(uint64_t seconds);
struct ask_text ask_rate(uint64_t bits_s);

#endif
