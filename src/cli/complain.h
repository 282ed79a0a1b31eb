/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Complaints about settings, which name where the value in question came from. */
#ifndef SSTP_CLI_COMPLAIN_H
#define SSTP_CLI_COMPLAIN_H

#include "cli/option.h"

/*
 * "sstp connect: ..." on standard error. Where the text begins with the value of an option that names
 * a file, and a colon, the option, the variable or the line of the file that gave it comes first.
 */
void option_complain(const struct verb *verb, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- for who reads settings */

/* A value, kept as long as the program, with where it came from. */
struct kept {
	struct kept *next;
	size_t len;
	const struct option *option; /* NULL: a word, or not noted */
	char origin[600];            /* "--cert ", "SSTP_CERT=", "serve.conf:3: cert = " */
	char text[];
};

struct kept *kept_new(const char *text); /* NULL: no memory */

/* Where a value, or a member of a list, came from; empty: not noted. */
const char *kept_origin(const char *value);

#endif
