/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Values as people and containers write them: with a line end from a secret's file, quotes that a
 * shell would have removed, a byte order mark from an editor, a comment after them.
 */
#ifndef SSTP_CLI_TIDY_H
#define SSTP_CLI_TIDY_H

#include "cli/option.h"

/* Where a value came from, for the words about it: "SSTP_USER", "--user", "office.conf:3: user". */
struct tidy_place {
	const char *name;
	bool is_environment; /* one line end at the end is removed */
	bool has_comments;   /* a # after a blank begins one */
	bool is_command;     /* a shell reads it: quotes and # are the shell's */
};

/*
 * Changes `value` in place: removes a byte order mark, blanks at both ends, quotes around it, a
 * comment after it; warns where that may not be what was meant. False with err filled when a control
 * character remains; `value` is not part of that text.
 */
bool tidy_value(char *value, const struct tidy_place *place, struct error *err);

/*
 * A password that was read from `name`: removes a byte order mark and one line end. Everything else
 * may belong to it: quotes and blanks at its ends are only warned of. False with err filled when it
 * has a control character; the password is in none of these texts.
 */
bool tidy_password(char *password, const char *name, struct error *err);

/* Warnings are kept until the log is set up; then, and from then on, they are printed. */
void tidy_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void tidy_print_warnings(void);

#endif
