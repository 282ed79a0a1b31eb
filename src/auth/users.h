/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The user file: who may log in to our server. Its columns are those of pppd's chap-secrets
 * (client, server, secret, IP addresses), so an existing file works. Quoting, escapes, comments and
 * continued lines as pppd reads them. A secret may be
 *
 *   a clear password             for every method
 *   $nt$ and 32 hex digits       the NT hash: PAP and MS-CHAPv2
 *   $6$... or $5$...             crypt(5)'s SHA-crypt, salted and one-way: PAP alone
 *   @/FILE                       the first line of /FILE is the clear password
 *
 * The addresses: the first one given is the user's own, "*" or nothing: one from the pool, "-":
 * refused.
 */
#ifndef SSTP_AUTH_USERS_H
#define SSTP_AUTH_USERS_H

#include "auth/result.h"
#include "util/bytes.h"
#include "util/error.h"

struct users;

/*
 * 0 or -errno with err filled: "/etc/sstp/users:12: ...". Warns (log) when others can read the file. The table is never
 * changed; it goes when the last who holds it has let go, and whoever loads it is the first.
 */
int users_load(const char *file, struct users **out, struct error *err);
struct users *users_hold(struct users *u);
void users_release(struct users *u); /* NULL is fine */
size_t users_count(const struct users *u);
/* The addresses that are some user's own. */
void users_each_address(const struct users *u, void (*each)(void *arg, uint32_t ipv4), void *arg);

/*
 * Checks what a peer sent. An unknown user costs the same work as a wrong password and gets the same
 * answer. `server_name` is matched against the server column ("*" matches all).
 */
void users_check(const struct users *u, const char *server_name, const struct ppp_attempt *attempt,
		 struct auth_result *result);
/*
 * Would that take milliseconds or more? It does so for all who use the method, since those who are
 * unknown must not be told apart by the time.
 */
bool users_check_is_slow(const struct users *u, const struct ppp_attempt *attempt);

/*
 * Why a session of this user, let in by `before`, can't go on with `now`: a constant, or NULL.
 * `name` is that of auth_result, `ipv4` the address of the session.
 */
const char *users_why_end(const struct users *before, const struct users *now,
			  const char *server_name, const char *name, uint32_t ipv4);

/* The address that is this user's own; 0: none. `name` is that of auth_result. */
uint32_t users_own_address(const struct users *u, const char *server_name, const char *name);

enum users_format {
	USERS_NT,    /* $nt$: PAP and MS-CHAPv2; the default */
	USERS_CRYPT, /* $6$: PAP alone */
	USERS_CLEAR, /* every method, CHAP-MD5 among them */
};

/*
 * Sets or adds one user, leaving every other line of the file as it was, comments and all; the file
 * is replaced as a whole, with its owner and mode, or made with mode 0600. `address` NULL: as it was
 * or "*". 0 or -errno with err filled.
 */
int users_set(const char *file, const char *user, const char *password, enum users_format format,
	      const char *address, struct error *err);
/* -ENOENT when there is no such user. */
int users_delete(const char *file, const char *user, struct error *err);

#endif
