/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files that the text of a user file names: "@/FILE" in place of a password. Nothing else in it names one. */
#ifndef SSTP_AUTH_SECRET_FILES_H
#define SSTP_AUTH_SECRET_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* Calls `each` for each of them. is_conf: it is the file of one user, in a folder (users_folder.h). */
void secret_files_named(const char *text, size_t len, bool is_conf,
			void (*each)(void *arg, const char *path), void *arg);

#endif
