/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is printed of the tables of options: for people, and for programs. */
#ifndef SSTP_CLI_HELP_H
#define SSTP_CLI_HELP_H

#include "cli/option.h"

/* sstp VERB --help */
void help_print(const struct verb *verb);

/*
 * sstp --options: a line for each option of the verb, with tabs between verb, heading, letter (or
 * nothing), name, what its value is called (or nothing), values to choose from (or nothing), and text.
 */
void help_print_table(const struct verb *verb);

#endif
