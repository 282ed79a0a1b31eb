/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The user file: who may log in to our server. Its columns are those of pppd's chap-secrets
 * (client, server, secret, IP addresses), so an existing file works. Quoting, escapes, comments and
 * continued lines are as in pppd. A secret may be
 *
 *   a clear password             for every method
 *   $nt$ and 32 hex digits       the NT hash: PAP and MS-CHAPv2
 *   $6$... or $5$...             crypt(5)'s SHA-crypt, salted and one-way: PAP alone
 *   $cert$                       no password: the client's certificate alone (EAP-TLS)
 *   @/FILE                       the first line of /FILE is the clear password
 *
 * After the secret come addresses and limits (user_limits.h), in any order. The first address is the
 * user's own; "*" or no address: one from the pool; "-": the user is refused. With group=NAME the user
 * also has the limits of the line whose client is @NAME and whose secret is "-".
 *
 * In a folder of users each has a file (users_folder.h).
 */
#ifndef SSTP_AUTH_USERS_H
#define SSTP_AUTH_USERS_H

#include <time.h>

#include "auth/result.h"
#include "util/bytes.h"
#include "util/error.h"

enum { USERS_WATCHED_MAX = 100 };

struct users;

/* What the words filter= and pool= may name, and which addresses users may have. */
struct users_names {
	bool (*has_filter)(void *arg, const char *name);
	bool (*has_pool)(void *arg, const char *name);
	const char *filters_file; /* NULL: there are no filters */
	bool has_pools;
	/* There is none of that name: a line for the log. NULL: users_load fails. */
	void (*unknown)(void *arg, const char *line);
	/* Why no client can have this address, as the end of a sentence; NULL: it can. */
	const char *(*why_unfit)(void *arg, uint32_t ipv4);
	/* A user has such an address, or one that another user has too: a line for the log. NULL: nobody looks. */
	void (*unfit)(void *arg, const char *line);
	const char *server; /* this server's name: lines for other servers do not count */
	void *arg;
};

/*
 * Reads the file, and the folder of users; either may be NULL. 0 or -errno with err filled:
 * "/etc/sstp/users:12: ...". Logs a warning when others can read the file. `names` NULL: any will do.
 * The table is immutable and reference-counted; the caller gets the first reference.
 */
int users_load(const char *file, const char *folder, const struct users_names *names,
	       struct users **out, struct error *err);
struct users *users_hold(struct users *u);
void users_release(struct users *u); /* NULL is fine */
size_t users_count(const struct users *u);
/* Calls `each` with every address that the file gives to a user. */
void users_each_address(const struct users *u, void (*each)(void *arg, uint32_t ipv4), void *arg);

/* And with the files of secrets (@/FILE), the first USERS_WATCHED_MAX of them. */
void users_each_secret_file(const struct users *u, void (*each)(void *arg, const char *path),
			    void *arg);

/* ---- users_check.c */

/*
 * Checks a login attempt. An unknown user costs the same work as a wrong password and gets the same
 * result. `server_name` is matched against the server column ("*" matches all).
 */
void users_check(const struct users *u, const char *server_name, const struct ppp_attempt *attempt,
		 struct auth_result *result);
/*
 * The same for a user whose certificate is valid, and has this name. Every user of the file may log
 * in with a certificate.
 */
void users_check_certificate(const struct users *u, const char *server_name, struct bytes name,
			     struct auth_result *result);
/* After either of them: refuses the login if the user may not log in now, or from `source`. */
void users_check_circumstances(const struct users *u, const char *server_name,
			       const struct ip_addr *source, time_t now,
			       struct auth_result *result);
/*
 * Whether users_check would take milliseconds or more. That depends on the method and the file,
 * never on the user, so that the time does not reveal which users exist.
 */
bool users_check_is_slow(const struct users *u, const struct ppp_attempt *attempt);

/*
 * Why a session of this user, accepted with the table `before`, has to end with the table `now`: a
 * constant, or NULL. `name` is that of auth_result, `ipv4` the address of the session.
 */
const char *users_why_end(const struct users *before, const struct users *now,
			  const char *server_name, const char *name, uint32_t ipv4);

/* The address that the file gives to this user; 0: none. `name` is that of auth_result. */
uint32_t users_own_address(const struct users *u, const char *server_name, const char *name);

/* ---- users_edit.c */

enum users_format {
	USERS_NT,    /* $nt$: PAP and MS-CHAPv2; the default */
	USERS_CRYPT, /* $6$: PAP alone */
	USERS_CLEAR, /* every method, CHAP-MD5 among them */
	USERS_CERT,  /* $cert$: no password, a certificate alone; `password` is not used */
};

/*
 * Sets or adds one user and leaves every other line of the file unchanged, with its comments. The
 * file is replaced as a whole, with its owner and mode, or created with mode 0600. `address` NULL:
 * unchanged, or "*" for a new user. 0 or -errno with err filled.
 */
int users_set(const char *file, const char *user, const char *password, enum users_format format,
	      const char *address, struct error *err);
/* -ENOENT when there is no such user. */
int users_delete(const char *file, const char *user, struct error *err);

#endif
