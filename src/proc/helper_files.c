/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A path is compared as text, as it was permitted. */
#include "proc/helper_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/private_key.h"
#include "proc/helper_naming.h"
#include "util/file.h"
#include "util/file_agent.h"

enum { WRITTEN_MAX = 64 * 1024 * 1024 };

/* ---- what is permitted */

/* Else the process that asks has the private keys itself. */
static bool has_secrets(const struct helper_files *f)
{
	for (const struct helper_path *p = f->first; p; p = p->next)
		if (p->use == HELPER_FILE_SECRET)
			return true;
	return false;
}

static struct helper_path *find(const struct helper_files *f, const char *path,
				enum helper_file_use use)
{
	for (struct helper_path *p = f->first; p; p = p->next)
		if (p->use == use && !strcmp(p->path, path))
			return p;
	return NULL;
}

static bool may_read(const struct helper_files *f, const char *path)
{
	return find(f, path, HELPER_FILE_READ) || find(f, path, HELPER_FILE_SETTINGS) ||
	       find(f, path, HELPER_FILE_USERS);
}

/* A plain name in a permitted path, which is a folder if there is such a file. */
static bool is_in_permitted(const struct helper_files *f, const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];

	if (!slash || !slash[1] || !strcmp(slash, "/.") || !strcmp(slash, "/.."))
		return false;
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	if (may_read(f, folder))
		return true;
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash + 1 - path), path);
	return may_read(f, folder);
}

static bool may_open(struct helper_files *f, const char *path)
{
	return may_read(f, path) || is_in_permitted(f, path) ||
	       helper_naming_has(f, path, HELPER_MAY_OPEN);
}

bool helper_files_permits_look(struct helper_files *f, const char *path)
{
	return find(f, path, HELPER_FILE_LOOK) || find(f, path, HELPER_FILE_SECRET) ||
	       may_open(f, path) || helper_naming_has(f, path, HELPER_MAY_LOOK);
}

/* By whatever name it is reached. */
static bool is_secret(const struct helper_files *f, const struct stat *st)
{
	struct stat secret;

	for (const struct helper_path *p = f->first; p; p = p->next)
		if (p->use == HELPER_FILE_SECRET && !stat(p->path, &secret) &&
		    secret.st_dev == st->st_dev && secret.st_ino == st->st_ino)
			return true;
	return false;
}

/* The rest of a question is a path: it is copied, and ends with a zero byte. */
static int get_path(struct reader *r, size_t len, char to[PATH_MAX])
{
	if (!len || len >= PATH_MAX)
		return -ENAMETOOLONG;
	get_copy(r, to, len);
	to[len] = '\0';
	return r->bad || strlen(to) != len ? -EBADMSG : 0;
}

static int permit(void *state, struct helper_call *c)
{
	struct helper_files *f = state;
	enum helper_file_use use = get_u8(&c->in);
	char path[PATH_MAX];
	size_t len = c->in.left;
	int error = use < HELPER_FILE_USES ? get_path(&c->in, len, path) : -EBADMSG;
	struct helper_path *p;
	struct stat st = { 0 };

	if (error || find(f, path, use))
		return error;
	if (use == HELPER_FILE_REMOVE && lstat(path, &st))
		return -errno;
	p = malloc(sizeof(*p) + len + 1);
	if (!p)
		return -ENOMEM;
	*p = (struct helper_path){
		.next = f->first, .use = use, .dev = st.st_dev, .ino = st.st_ino
	};
	memcpy(p->path, path, len + 1);
	f->first = p;
	return 0;
}

/* ---- opening */

/* Files that were read at the start are not asked for: one of them may have the key, if a terminator's binding needs it. */
static bool is_key(const struct helper_files *f, const char *path, int fd, const struct stat *st)
{
	return is_secret(f, st) || (has_secrets(f) && S_ISREG(st->st_mode) && !may_read(f, path) &&
				    private_key_is_in(fd));
}

static int open_checked(const struct helper_files *f, const char *path, int flags)
{
	int fd = open(path, flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), error = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		error = -errno;
	else if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		error = -EINVAL;
	else if (is_key(f, path, fd, &st))
		error = -EACCES;
	if (!error)
		return fd;
	close(fd);
	return error;
}

static int open_file(void *state, struct helper_call *c)
{
	int flags = get_u8(&c->in) & HELPER_FILES_FOLDER ? O_DIRECTORY : 0, fd;
	char path[PATH_MAX];
	int error = get_path(&c->in, c->in.left, path);

	if (error)
		return error;
	if (find(state, path, HELPER_FILE_SECRET) || !may_open(state, path))
		return -EACCES;
	fd = open_checked(state, path, flags);
	if (fd < 0)
		return fd;
	c->fd_out = fd;
	return 0;
}

static int look(void *state, struct helper_call *c)
{
	char path[PATH_MAX];
	int error = get_path(&c->in, c->in.left, path);
	struct stat st;

	if (error)
		return error;
	if (!helper_files_permits_look(state, path))
		return -EACCES;
	if (stat(path, &st) || access(path, R_OK))
		return -errno;
	put_u32(&c->out, st.st_mode);
	return 0;
}

static int connect_path(void *state, struct helper_call *c)
{
	char path[PATH_MAX];
	int error = get_path(&c->in, c->in.left, path), fd;

	if (error)
		return error;
	if (!find(state, path, HELPER_FILE_CONNECT))
		return -EACCES;
	fd = file_connect(path);
	if (fd < 0)
		return fd;
	c->fd_out = fd;
	return 0;
}

/* ---- writing */

static void forget_text(struct helper_files *f)
{
	file_free(f->text, f->len);
	f->text = NULL;
	f->len = f->room = 0;
	f->writing = NULL;
}

static int add_text(struct helper_files *f, const uint8_t *at, size_t len)
{
	if (len > f->room - f->len) {
		size_t room = 2 * f->room + len;
		char *text = room <= WRITTEN_MAX ? realloc(f->text, room) : NULL;

		if (!text)
			return -ENOMEM;
		f->text = text;
		f->room = room;
	}
	if (len)
		memcpy(f->text + f->len, at, len);
	f->len += len;
	return 0;
}

static void make_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];

	if (!slash || slash == path)
		return;
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	mkdir(folder, 0700); /* an error shows when the file is written */
}

static int replace_now(struct helper_files *f)
{
	if (f->writing->use == HELPER_FILE_WRITE_FOLDER)
		make_folder_of(f->writing->path);
	return file_replace(f->writing->path, f->text ? f->text : "", f->len, NULL);
}

static int replace(void *state, struct helper_call *c)
{
	struct helper_files *f = state;
	uint8_t flags = get_u8(&c->in);
	char path[PATH_MAX];
	int error = get_path(&c->in, get_u16(&c->in), path);
	struct helper_path *p = error ? NULL : find(f, path, HELPER_FILE_WRITE);

	if (error)
		return error;
	if (!p)
		p = find(f, path, HELPER_FILE_WRITE_FOLDER);
	if (!p)
		return -EACCES;
	if (flags & HELPER_FILES_FIRST) {
		forget_text(f);
		f->writing = p;
	}
	if (f->writing != p)
		return -EBADMSG;
	error = add_text(f, c->in.at, c->in.left);
	if (!error && flags & HELPER_FILES_LAST)
		error = replace_now(f);
	if (error || flags & HELPER_FILES_LAST)
		forget_text(f);
	return error;
}

/* ---- the service */

static int begin(void *state, struct helper_process *p)
{
	(void)state;
	(void)p;
	file_agent_use(NULL);
	return 0;
}

static void end(void *state)
{
	struct helper_files *f = state;
	struct stat st;

	for (const struct helper_path *p = f->first; p; p = p->next)
		if (p->use == HELPER_FILE_REMOVE && !lstat(p->path, &st) && st.st_dev == p->dev &&
		    st.st_ino == p->ino)
			unlink(p->path);
}

static const struct helper_op ops[] = {
	{ .code = HELPER_FILES_PERMIT, .only_before_seal = true, .handle = permit },
	{ .code = HELPER_FILES_OPEN, .handle = open_file },
	{ .code = HELPER_FILES_REPLACE, .handle = replace },
	{ .code = HELPER_FILES_CONNECT, .handle = connect_path },
	{ .code = HELPER_FILES_LOOK, .handle = look },
};

struct helper_service helper_files_service(struct helper_files *f)
{
	return (struct helper_service){ .number = HELPER_FILES,
					.ops = ops,
					.op_count = sizeof(ops) / sizeof(*ops),
					.state = f,
					.begin = begin,
					.end = end };
}
