/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A folder of users: NAME.conf is the user NAME, @NAME.conf a group. Each has lines `key = value`: a
 * password, a server, an address, and the words of the user file. A file without a password adds to
 * the user of that name in the user file.
 *
 * The folder becomes lines of a user file, one for each of its files, so that there is one reader.
 */
#ifndef SSTP_AUTH_USERS_FOLDER_H
#define SSTP_AUTH_USERS_FOLDER_H

#include <stddef.h>

#include "util/error.h"

struct users_folder {
	char *text; /* holds secrets */
	size_t len, room;
	char **file; /* that each line is made of */
	size_t count;
};

/* Zero-initialized before. 0 or -errno with err filled: "users.d/ann.conf:3: ...". */
int users_folder_read(struct users_folder *f, const char *folder, struct error *err);
/* Puts a text before the lines, with line ends after it. 0 or -ENOMEM. */
int users_folder_put_first(struct users_folder *f, const char *text, size_t len);
void users_folder_free(struct users_folder *f);

#endif
