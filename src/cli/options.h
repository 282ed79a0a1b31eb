/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading a verb's options. The command line wins over the environment, which wins over the file. A
 * list given in a stronger place replaces the weaker one's; in a variable its members follow each
 * other, with blanks or commas between.
 */
#ifndef SSTP_CLI_OPTIONS_H
#define SSTP_CLI_OPTIONS_H

#include "cli/complain.h"
#include "cli/option.h"

/* Reads a verb's settings and runs it. An exit code. */
int options_run(const struct verb *verb, int argc, char **argv);

/*
 * Fills `settings` (which hold the defaults) from file, environment and command line. False when the
 * verb has nothing to do: then it ends with `*code`, since something was wrong and was said on
 * standard error, or since --help was asked for and printed.
 */
bool options_read(const struct verb *verb, int argc, char **argv, void *settings, int *code);

#endif
