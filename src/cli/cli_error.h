/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Error messages about settings. They name where the wrong value came from. */
#ifndef SSTP_CLI_CLI_ERROR_H
#define SSTP_CLI_CLI_ERROR_H

#include "cli/option.h"

/*
 * Prints "sstp connect: ..." to standard error. If the text begins with the value of an option that
 * names a file, and a colon, the option, variable or line that gave the value is printed first.
 */
void cli_error(const struct verb *verb, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* From now on the first error is stored there, and none is printed; NULL: printed again. */
void cli_error_keep(struct error *err);

/* ---- for the code that reads settings */

/* A value that is kept until the program ends, with its origin. */
struct saved_value {
	struct saved_value *next;
	size_t len;
	const struct option *option; /* NULL: a positional argument, or not known */
	char origin[600];            /* "--cert ", "SSTP_CERT=", "serve.conf:3: cert = " */
	char text[];
};

struct saved_value *saved_value_new(const char *text); /* NULL: no memory */

/* The origin of a value or of a member of a list; empty: not known. */
const char *saved_value_origin(const char *value);
/* For a value with a secret in it, once it is not needed any more. */
void saved_value_wipe(const char *value);

#endif
