/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files that a user file names: "@/FILE" in place of a password. Nothing else in a user file names a file. */
#ifndef SSTP_AUTH_SECRET_FILES_H
#define SSTP_AUTH_SECRET_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* Calls `each` for each of these files. is_conf: `text` is the file of one user, in a folder (users_folder.h). */
void secret_files_named(const char *text, size_t len, bool is_conf,
			void (*each)(void *arg, const char *path), void *arg);

#endif
