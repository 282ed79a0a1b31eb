/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads a verb's options. The command line overrides the environment, which overrides the file. A
 * list from a stronger source replaces that of a weaker one; in a variable the members are
 * separated by blanks or commas.
 */
#ifndef SSTP_CLI_OPTIONS_H
#define SSTP_CLI_OPTIONS_H

#include "cli/cli_error.h"
#include "cli/option.h"

/* Reads a verb's settings and runs it. Returns an exit code. */
int options_run(const struct verb *verb, int argc, char **argv);

/*
 * While the verb runs: reads the sources of its settings again, into other settings that hold the
 * defaults, and calls `changed` for each option whose value differs from that in force: it is in
 * force from now on if the option has OPTION_RELOADS. False with err filled: a value is wrong.
 */
bool options_read_again(const struct verb *verb, void *settings,
			void (*changed)(void *arg, const struct option *o), void *arg,
			struct error *err);

/*
 * Fills `settings` (which hold the defaults) from file, environment and command line. Returns false
 * if the verb must not run; the program then ends with `*code`: an error was printed, or --help was
 * given and its text was printed.
 */
bool options_read(const struct verb *verb, int argc, char **argv, void *settings, int *code);

#endif
