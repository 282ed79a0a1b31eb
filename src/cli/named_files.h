/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files that a configuration file names: the values of options that are names of files to be read. */
#ifndef SSTP_CLI_NAMED_FILES_H
#define SSTP_CLI_NAMED_FILES_H

#include "cli/option.h"

/* Calls `one` for each of them, as they are in the file `config` now; `reloads`: the option has OPTION_RELOADS. */
void named_files(const struct verb *verb, const char *config,
		 void (*one)(void *arg, const char *option, const char *file, bool reloads),
		 void *arg);

#endif
