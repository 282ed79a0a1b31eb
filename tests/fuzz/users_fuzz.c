/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A user file with arbitrary contents: it is read or refused, and every user in it can try to log in. It is also loaded
 * as a file, where words may name only one filter and one pool, and "@/proc/self/fd/201" is a secret in a file.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "auth/users_private.h"
#include "fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The same of every method, with a proof that is wrong but has the right form. */
static void try_methods(const struct users *u, const struct user *user)
{
	static const enum ppp_auth methods[] = { PPP_AUTH_CHAP_MD5, PPP_AUTH_PAP,
						 PPP_AUTH_MSCHAPV2 };
	static const uint8_t response[49];
	struct ppp_attempt attempt = {
		.user = bytes_text(user->client),
		.password = bytes_text("wonder land"),
		.challenge = bytes_text("0123456789abcdef"),
	};
	struct auth_result result;

	if (user->secret && strlen(user->secret) < UINT8_MAX)
		attempt.password = bytes_text(user->secret); /* the right one, if it is in clear */
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		attempt.method = methods[i];
		attempt.response = bytes_of(response, methods[i] == PPP_AUTH_CHAP_MD5 ? 16 : 49);
		if (!users_check_is_slow(u, &attempt))
			users_check(u, user->server, &attempt, &result);
	}
}

static void check_one(const struct users *u, const struct user *user)
{
	static const struct ip_addr source = { .family = AF_INET, .bytes = { 192, 0, 2, 1 } };
	struct bytes name = bytes_text(user->client);
	struct auth_result result;

	if (!users_find(u, name, user->server))
		__builtin_trap();
	try_methods(u, user);
	users_check_certificate(u, user->server, name, &result);
	users_check_circumstances(u, user->server, &source, 1800000000, &result);
	if (result.outcome == AUTH_RESULT_OK &&
	    users_why_end(u, u, user->server, result.name, result.grant.ipv4))
		__builtin_trap();
	users_own_address(u, user->server, user->client);
}

/* ---- from a file */

enum { FILE_FD = 200, SECRET_FD };

static bool is_known(void *arg, const char *name)
{
	(void)arg;
	return !strcmp(name, "known");
}

static void note_unknown(void *arg, const char *line)
{
	(void)arg;
	if (!*line)
		__builtin_trap();
}

static void make_file(int fd, const char *name)
{
	int made = memfd_create(name, MFD_CLOEXEC);

	if (made < 0 || dup3(made, fd, O_CLOEXEC) < 0)
		abort();
	close(made);
}

static void note_address(void *arg, uint32_t ipv4)
{
	(void)arg;
	if (!ipv4)
		__builtin_trap();
}

static void note_path(void *arg, const char *path)
{
	(void)arg;
	if (*path != '/')
		__builtin_trap();
}

static const char *why_odd(void *arg, uint32_t ipv4)
{
	(void)arg;
	return ipv4 % 2 ? "is odd" : NULL;
}

static void load(const uint8_t *data, size_t len)
{
	static const char secret[] = "wonder land\nand more\n";
	static bool is_made;
	struct users_names names = { .has_filter = is_known,
				     .has_pool = is_known,
				     .why_unfit = why_odd,
				     .unfit = note_unknown,
				     .server = "vpn" };
	struct error err;
	struct users *u;

	if (!is_made) {
		make_file(FILE_FD, "users");
		make_file(SECRET_FD, "secret");
		if (pwrite(SECRET_FD, secret, sizeof(secret) - 1, 0) < 0)
			abort();
		is_made = true;
	}
	if (ftruncate(FILE_FD, 0) || pwrite(FILE_FD, data, len, 0) != (ssize_t)len)
		abort();
	names.unknown = len % 2 ? note_unknown : NULL;
	if (users_load("/proc/self/fd/200", NULL, &names, &u, &err))
		return;
	if (users_count(u) != u->count)
		__builtin_trap();
	users_each_address(u, note_address, NULL);
	users_each_secret_file(u, note_path, NULL);
	for (size_t i = 0; i < u->count; i++)
		check_one(u, &u->user[i]);
	users_release(u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct error err;
	struct users *u;

	log_set_sink(drop_line);
	load(data, len);
	if (users_parse("users", (const char *)data, len, &u, &err))
		return 0;
	for (size_t i = 0; i < u->count; i++)
		check_one(u, &u->user[i]);
	users_release(u);
	return 0;
}
