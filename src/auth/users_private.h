/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The user file in memory, private to users.c, which reads it and defines the functions below, and
 * to users_check.c and users_edit.c. Entries are in the file's order; those of one client name are
 * chained, so a look-up is one hash and a short walk however many users there are.
 */
#ifndef SSTP_AUTH_USERS_PRIVATE_H
#define SSTP_AUTH_USERS_PRIVATE_H

#include <stdatomic.h>

#include "auth/secret_hash.h"
#include "auth/user_groups.h"
#include "auth/user_limits.h"
#include "auth/users.h"

struct user {
	const char *client, *server; /* "*": any; in the table's arena */
	const char *secret;          /* SECRET_CLEAR, SECRET_CRYPT */
	char *from_file;             /* owns the memory of `secret` when that is read from @/FILE */
	size_t from_file_len;
	const char *secret_file; /* that /FILE; NULL: none */
	enum secret_kind kind;
	bool has_hash; /* SECRET_NT, and SECRET_CLEAR that is UTF-8 */
	uint8_t hash[MSCHAP_HASH_LEN];
	bool is_refused; /* address "-" */
	uint32_t ipv4;   /* the user's own; 0: from the pool */
	struct user_limits limits;
	unsigned line;
	uint32_t next; /* in the chain: an index plus one; 0: the last */
};

struct users {
	atomic_uint holders;
	char *arena; /* the words of the file: secrets among them */
	size_t arena_len;
	struct user *user;
	size_t count;
	uint32_t *bucket; /* an index plus one; 0: none */
	size_t bucket_count;
	struct user decoy; /* checked in place of an unknown user, for equal time; never matches */
	struct user_groups groups;
	const char *a_crypt; /* the first crypt secret; NULL: the file has none */
};

/* Parses the content of a user file. `text` stays the caller's and may be freed afterwards. */
int users_parse(const char *file, const char *text, size_t len, struct users **out,
		struct error *err);

/* The entry that applies to exactly this client name ("*" finds the wild card), or NULL. */
const struct user *users_find(const struct users *u, struct bytes client, const char *server);

/* Sets "FILE:LINE: ..."; with line 0 "FILE: ...". Returns `error`. */
int users_fail(struct error *err, int error, const char *file, unsigned line, const char *format,
	       ...) __attribute__((format(printf, 5, 6)));

#endif
