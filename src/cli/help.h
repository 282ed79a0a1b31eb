/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints the option tables, for people and for programs. */
#ifndef SSTP_CLI_HELP_H
#define SSTP_CLI_HELP_H

#include "cli/option.h"

/* sstp VERB --help */
void help_print(const struct verb *verb);

/*
 * sstp --options: one line for each option of the verb. The fields are separated by tabs: verb,
 * heading, short name (or empty), name, placeholder of its value (or empty), possible values (or
 * empty), help text.
 */
void help_print_table(const struct verb *verb);

#endif
