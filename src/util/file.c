/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading and writing small files as a whole. */
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include "util/file_agent.h"
#include "util/secret.h"
#include "util/trusted_open.h"

enum {
	FILES_MAX = 1000000, /* a higher limit counts as this */
	LOCK_TRIES = 100,
	COUNTED_MAX = 4096,
};

static int read_all(int fd, char *to, size_t room, size_t *len)
{
	*len = 0;
	while (*len < room) {
		ssize_t n = pread(fd, to + *len, room - *len, (off_t)*len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		*len += (size_t)n;
	}
	return 0;
}

int file_read_fd(int fd, size_t max, char **text, size_t *len)
{
	struct stat st;
	size_t room;
	int error;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if ((uintmax_t)st.st_size > max)
		return -EFBIG;
	room = (size_t)st.st_size;
	*text = malloc(room + 1);
	if (!*text)
		return -ENOMEM;
	error = read_all(fd, *text, room, len);
	if (error) {
		file_free(*text, *len);
		*text = NULL;
		return error;
	}
	(*text)[*len] = '\0';
	return 0;
}

int file_read(const char *path, size_t max, char **text, size_t *len)
{
	int fd = file_open_read(path), error;

	if (fd < 0)
		return fd;
	error = file_read_fd(fd, max, text, len);
	close(fd);
	return error;
}

const char *file_strerror(int error)
{
	return error == -EINVAL ? "not a regular file" : strerror(-error);
}

void file_free(char *text, size_t len)
{
	if (text)
		secret_wipe(text, len);
	free(text);
}

/* Its owner may have removed it between our open and our lock; then `path` names another file. */
static int lock(int fd)
{
	struct stat st;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	return st.st_nlink ? 0 : -EAGAIN;
}

int file_open_locked(const char *path, int flags)
{
	int fd = -1, error = -EAGAIN;

	/* with a mounted file `path` keeps naming it, even after it was removed elsewhere: bound the tries */
	for (int tries = 0; tries < LOCK_TRIES && error == -EAGAIN; tries++) {
		fd = open(path, flags | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0)
			return -errno;
		error = lock(fd);
		if (error)
			close(fd);
	}
	return error ? error : fd;
}

int file_open_public(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) {
		fd = open(path, flags | O_CREAT | O_CLOEXEC, 0644);
		if (fd >= 0)
			fchmod(fd, 0644); /* if this fails, the file is usable for fewer users */
	}
	return fd < 0 ? -errno : fd;
}

int file_write(int fd, const void *from, size_t len)
{
	const char *at = from;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

int file_overwrite(int fd, const void *from, size_t len)
{
	int error;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	error = file_write(fd, from, len);
	if (!error && ftruncate(fd, (off_t)len) < 0)
		error = -errno;
	return error;
}

static int like_the_old(int fd, const struct stat *like)
{
	struct stat st;

	if (!like)
		return 0; /* it is 0600 */
	if (fstat(fd, &st) < 0)
		return -errno;
	if ((st.st_uid != like->st_uid || st.st_gid != like->st_gid) &&
	    fchown(fd, like->st_uid, like->st_gid) < 0)
		return -errno;
	return fchmod(fd, like->st_mode & 07777) < 0 ? -errno : 0;
}

/* The new name is only safe once the folder is on the disk too. */
static int sync_folder_of(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int fd, error = 0;

	if (!slash)
		snprintf(folder, sizeof(folder), ".");
	else
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path) + 1, path);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0 && errno != EINVAL) /* some file systems can't */
		error = -errno;
	close(fd);
	return error;
}

static int fill_and_sync(int fd, const void *from, size_t len, const struct stat *like)
{
	int error = file_write(fd, from, len);

	if (!error)
		error = like_the_old(fd, like);
	if (!error && fsync(fd) < 0)
		error = -errno;
	return error;
}

/* A file left by a killed sstp may be used; a file of another user is removed. */
static bool is_ours(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	       st.st_nlink == 1;
}

static bool is_at(const char *path, int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && lstat(path, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/* The file system, or a seccomp filter, allows no locks. */
static int give_up(const char *aside, int fd)
{
	int error = -errno;

	unlink(aside);
	close(fd);
	return error;
}

/* Opens the new file, empty and locked; its former owner has renamed it when we get the lock. */
static int open_aside(const char *aside)
{
	for (int tries = 0; tries < LOCK_TRIES; tries++) {
		int fd = open(aside, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);

		if (fd < 0 && errno != ELOOP && errno != EACCES)
			return -errno;
		if (fd >= 0 && is_ours(fd) && flock(fd, LOCK_EX) < 0 && errno != EINTR)
			return give_up(aside, fd);
		if (fd >= 0 && is_ours(fd) && is_at(aside, fd)) {
			if (fchmod(fd, 0600) == 0 && ftruncate(fd, 0) == 0)
				return fd;
			tries = LOCK_TRIES;
		}
		if (fd < 0 || (!is_ours(fd) && is_at(aside, fd)))
			if (unlink(aside) < 0 && errno != ENOENT)
				tries = LOCK_TRIES;
		if (fd >= 0)
			close(fd);
	}
	return -EACCES;
}

int file_replace(const char *path, const void *from, size_t len, const struct stat *like)
{
	char real[PATH_MAX], aside[PATH_MAX];
	int fd, error;

	if (file_agent_used() && !like)
		return file_agent_used()->replace(file_agent_used(), path, from, len);
	if (!trusted_folder_of(path) || !realpath(path, real))
		snprintf(real, sizeof(real), "%s", path);
	if ((size_t)snprintf(aside, sizeof(aside), "%s.sstp-new", real) >= sizeof(aside))
		return -ENAMETOOLONG;
	fd = open_aside(aside);
	if (fd < 0)
		return fd;
	error = fill_and_sync(fd, from, len, like);
	if (!error && rename(aside, real) < 0)
		error = -errno;
	if (error)
		unlink(aside);
	close(fd); /* after the rename: it holds the lock */
	return error ? error : sync_folder_of(real);
}

static size_t count_of_limit(rlim_t limit)
{
	return limit < FILES_MAX ? (size_t)limit
				 : FILES_MAX; /* RLIM_INFINITY does not fit a 32-bit size_t */
}

bool file_is_conf(const char *name)
{
	static const char ending[] = ".conf";
	size_t len = strlen(name), end = sizeof(ending) - 1;

	return *name != '.' && len > end && !strcmp(name + len - end, ending);
}

size_t file_raise_limit(size_t wanted)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l))
		return 0;
	if (wanted > FILES_MAX)
		wanted = FILES_MAX;
	if (l.rlim_cur >= wanted)
		return count_of_limit(l.rlim_cur);
	l.rlim_cur = wanted;
	if (l.rlim_max < wanted)
		l.rlim_max = wanted; /* allowed for root */
	if (!setrlimit(RLIMIT_NOFILE, &l) || getrlimit(RLIMIT_NOFILE, &l))
		return wanted;
	l.rlim_cur = l.rlim_max;
	setrlimit(RLIMIT_NOFILE, &l);
	return count_of_limit(l.rlim_cur);
}

size_t file_count_open(void)
{
	size_t count = 0;

	for (int fd = 0; fd < COUNTED_MAX; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}
