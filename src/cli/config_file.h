/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configuration files: `key = value` lines, # comments, read by inih. */
#ifndef SSTP_CLI_CONFIG_FILE_H
#define SSTP_CLI_CONFIG_FILE_H

#include <stdbool.h>

#include "cli/option.h"

/* Called for each setting. Returns false, after printing an error, to stop. */
typedef bool config_line(void *arg, const char *file, unsigned line, const char *key,
			 const char *value);

/* Returns false with err->text filled, or with it empty if `each` has printed the error. */
bool config_file_read(const char *file, config_line *each, void *arg, struct error *err);

#endif
