/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Words that apply to several users, or to one whose secret is elsewhere: lines of the user file
 * whose client begins with "@" and whose secret is "-". "@staff" is the group staff, for users with
 * the word group=staff; "@=ann" is for the user ann, and is made of the folder of users
 * (users_folder.h).
 */
#ifndef SSTP_AUTH_USER_GROUPS_H
#define SSTP_AUTH_USER_GROUPS_H

#include <stdbool.h>
#include <stddef.h>

#include "auth/secrets_lexer.h"

#define USER_GROUP_KEY "group="
#define USER_GROUP_OF_USER "@=" /* and the name */

struct user_group {
	const char *name;  /* with its "@"; in the arena */
	const char **word; /* after the secret */
	size_t count;
	unsigned line;
};

struct user_groups {
	struct user_group *at; /* sorted by name */
	size_t count;
	char *arena;
	size_t arena_len;
};

/* Whether a text may have such lines. */
bool user_groups_are_in(const char *text, size_t len);
bool user_groups_have(const struct secrets_line *line); /* whether it is such a line */
/* Skips all other lines, and lines that users.c will report as malformed. 0 or -ENOMEM. */
int user_groups_read(struct user_groups *g, const char *text, size_t len);
void user_groups_free(struct user_groups *g);

/* The first of that name; `mark` is "@" or USER_GROUP_OF_USER. NULL: none. */
const struct user_group *user_groups_find(const struct user_groups *g, const char *mark,
					  const char *name);

#endif
