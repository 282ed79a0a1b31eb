/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `sstp passwd` with a user file of arbitrary contents. The first byte selects the change, the second the
 * name. A file that was good is good afterwards and has the change, and the other users are as before; one
 * that could not be changed is the same.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/users_private.h"
#include "fuzz/target.h"
#include "util/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static char folder[] = "/tmp/users_edit_fuzz.XXXXXX", path[sizeof(folder) + 8];

static void remove_folder(void)
{
	unlink(path);
	rmdir(folder);
}

static bool make_folder(void)
{
	static bool is_made;

	if (!is_made) {
		is_made = mkdtemp(folder);
		assert(is_made);
		snprintf(path, sizeof(path), "%s/users", folder);
		atexit(remove_folder);
	}
	return is_made;
}

static bool write_file(const uint8_t *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool is_good = fd >= 0 && !file_write(fd, data, len);

	if (fd >= 0)
		close(fd);
	return is_good;
}

static struct users *parse(const char *text, size_t len)
{
	struct users *u;
	struct error err;

	return users_parse("users", text, len, &u, &err) ? NULL : u;
}

/* The others of `before` are in `after`, with the same secrets. */
static void compare(const struct users *before, const struct users *after, const char *name)
{
	for (size_t i = 0; i < before->count; i++) {
		struct bytes client = bytes_text(before->user[i].client);
		const char *server = before->user[i].server;
		const struct user *old = users_find(before, client, server);
		const struct user *now = users_find(after, client, server);

		if (!strcmp(before->user[i].client, name))
			continue;
		assert(now && now->kind == old->kind && !strcmp(now->secret, old->secret));
		assert(now->ipv4 == old->ipv4 && now->is_refused == old->is_refused);
	}
}

static void check(const struct users *before, const char *name, bool is_set, int error)
{
	struct users *after;
	size_t len;
	char *text;

	if (file_read(path, 1 << 20, &text, &len))
		return;
	after = parse(text, len);
	if (before && !error) {
		assert(after);
		compare(before, after, name);
		if (is_set)
			assert(users_find(after, bytes_text(name), "*") || strcmp(name, "*") == 0 ||
			       before->count);
	}
	users_release(after);
	file_free(text, len);
}

static int change(uint8_t how, const char *name)
{
	static const char *const addresses[] = { NULL, "10.9.0.7", "*", "-" };
	struct error err;
	int error;

	if (how % 4 == 3)
		error = users_delete(path, name, &err);
	else
		error = users_set(path, name, "wonder land", how % 4 == 1 ? USERS_CLEAR : USERS_NT,
				  addresses[how / 4 % 4], &err);
	assert(!error || *err.text);
	return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const names[] = { "ann", "bob", "o'neil", "a b", "x\\y" };
	struct users *before;
	const char *name;
	size_t left_len;
	char *left;
	int error;

	if (len < 2 || len > 4096 || !make_folder() || !write_file(data + 2, len - 2))
		return 0;
	log_set_sink(drop_line);
	name = names[data[1] % (sizeof(names) / sizeof(*names))];
	before = parse((const char *)data + 2, len - 2);
	error = change(data[0], name);
	check(before, name, data[0] % 4 != 3, error);
	if (error && !file_read(path, 1 << 20, &left, &left_len)) {
		assert(left_len == len - 2 && !memcmp(left, data + 2, left_len));
		file_free(left, left_len);
	}
	users_release(before);
	return 0;
}
