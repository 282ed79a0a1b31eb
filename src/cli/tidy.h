/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cleans values as people and containers write them: with a line end from a secret's file, quotes
 * that a shell would have removed, a byte order mark from an editor, a comment at the end.
 */
#ifndef SSTP_CLI_TIDY_H
#define SSTP_CLI_TIDY_H

#include "cli/option.h"

/* The origin of a value, for messages about it: "SSTP_USER", "--user", "office.conf:3: user". */
struct tidy_place {
	const char *name;    /* NULL: print no warnings, they were printed before */
	bool is_environment; /* one final line end is removed */
	bool has_comments;   /* a # after a blank begins a comment */
	bool is_command;     /* a shell parses it: quotes and # are left to the shell */
};

/*
 * Changes `value` in place: removes a byte order mark, blanks at both ends, quotes around it and a
 * comment at the end; warns if that may not be what was meant. Returns false with err filled if a
 * control character remains; `value` is not part of that text.
 */
bool tidy_value(char *value, const struct tidy_place *place, struct error *err);

/*
 * Cleans a password that was read from `name`: removes a byte order mark and one line end.
 * Everything else may belong to the password: quotes and blanks at its ends only cause a warning.
 * Returns false with err filled if it contains a control character; the password is in none of
 * these texts.
 */
bool tidy_password(char *password, const char *name, struct error *err);

/* Warnings are stored until the log is set up and printed then; later ones are printed at once. */
void tidy_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void tidy_print_warnings(void);

#endif
