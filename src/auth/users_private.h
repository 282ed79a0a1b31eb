/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The user file in memory: what users.c reads, check.c judges by and nobody else sees. Entries
 * stand in the file's order; those of one client name are chained, so a look-up is one hash and a
 * short walk however many users there are.
 */
#ifndef SSTP_AUTH_USERS_PRIVATE_H
#define SSTP_AUTH_USERS_PRIVATE_H

#include <stdatomic.h>

#include "auth/hash.h"
#include "auth/users.h"

/* The words of a line. */
enum {
	COLUMN_CLIENT,
	COLUMN_SERVER,
	COLUMN_SECRET,
	COLUMN_ADDRESS, /* the first of them */
};

struct user {
	const char *client, *server; /* "*": any; in the table's arena */
	const char *secret;          /* SECRET_CLEAR, SECRET_CRYPT */
	char *from_file;             /* where `secret` lies when it came from @/FILE: ours */
	size_t from_file_len;
	enum secret_kind kind;
	bool has_hash; /* SECRET_NT, and SECRET_CLEAR that is UTF-8 */
	uint8_t hash[MSCHAP_HASH_LEN];
	bool is_refused; /* address "-" */
	uint32_t ipv4;   /* the user's own; 0: from the pool */
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
	struct user nobody;  /* does an unknown user's share of the work; never matches */
	const char *a_crypt; /* the first crypt secret; NULL: the file has none */
};

/* What users_load does with the file's content. Takes nothing over, keeps nothing of `text`. */
int users_parse(const char *file, const char *text, size_t len, struct users **out,
		struct error *err);

/* The entry that counts for a client of this very name ("*" is the wild card's), or NULL. */
const struct user *users_find(const struct users *u, struct bytes client, const char *server);

/* "FILE:LINE: ..."; line 0: without. Returns `error`. */
int users_fail(struct error *err, int error, const char *file, unsigned line, const char *format,
	       ...) __attribute__((format(printf, 5, 6)));

#endif
