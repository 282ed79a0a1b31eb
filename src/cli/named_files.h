/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files that a configuration file names: the values of options that name a file to be read. */
#ifndef SSTP_CLI_NAMED_FILES_H
#define SSTP_CLI_NAMED_FILES_H

#include "cli/option.h"

/* Calls `one` for each name that the file `config` has now; `reloads`: the option has OPTION_RELOADS. */
void named_files(const struct verb *verb, const char *config,
		 void (*one)(void *arg, const char *option, const char *file, bool reloads),
		 void *arg);

#endif
