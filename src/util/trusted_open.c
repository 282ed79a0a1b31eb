/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opens files one path component at a time, so that each folder's rule applies to that folder. */
#include "util/trusted_open.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Our own private group (umask 002 with user private groups) and root's group do not count as others. */
static bool is_only_ours(const struct stat *st)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return false;
	if (st->st_mode & S_IWOTH)
		return false;
	return !(st->st_mode & S_IWGRP) || st->st_gid == 0 || st->st_gid == getegid();
}

/* O_NOFOLLOW in a folder where others may have made a link, 0 in a folder of ours, or -errno. */
static int link_rule(int folder)
{
	struct stat st;

	if (fstat(folder, &st) < 0)
		return -errno;
	return is_only_ours(&st) ? 0 : O_NOFOLLOW;
}

/* The folder `name` in `folder`, which is closed. */
static int descend(int folder, const char *name)
{
	int rule = link_rule(folder), fd = rule;

	if (rule >= 0) {
		fd = openat(folder, name, O_PATH | O_DIRECTORY | O_CLOEXEC | rule);
		if (fd < 0) /* with O_DIRECTORY the kernel returns ENOTDIR for a link */
			fd = errno == ENOTDIR && rule ? -ELOOP : -errno;
	}
	close(folder);
	return fd;
}

/* The folder of the last component, to which *last points in `copy`. */
static int open_folder(char *copy, char **last)
{
	int folder = open(*copy == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char *name = copy + strspn(copy, "/"), *slash;

	if (folder < 0)
		return -errno;
	while (folder >= 0 && (slash = strchr(name, '/'))) {
		*slash = '\0';
		folder = descend(folder, name);
		name = slash + 1 + strspn(slash + 1, "/");
	}
	*last = name;
	return folder;
}

static int check_file(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) && st.st_uid == geteuid() && st.st_nlink == 1 ? 0 : -EPERM;
}

static int open_in(int folder, const char *name, int flags, mode_t mode)
{
	int rule = link_rule(folder), fd, error;

	if (rule < 0)
		return rule;
	fd = openat(folder, name, flags | O_CLOEXEC | O_NONBLOCK | rule, mode);
	if (fd < 0)
		return -errno;
	error = rule ? check_file(fd) : 0;
	if (!error)
		return fd;
	close(fd);
	return error;
}

int trusted_open(const char *path, int flags, mode_t mode)
{
	char copy[PATH_MAX], *last;
	int folder, fd;

	if ((size_t)snprintf(copy, sizeof(copy), "%s", path) >= sizeof(copy))
		return -ENAMETOOLONG;
	folder = open_folder(copy, &last);
	if (folder < 0)
		return folder;
	fd = *last ? open_in(folder, last, flags, mode) : -EISDIR;
	close(folder);
	return fd;
}

const char *trusted_hint(int error)
{
	if (error == -ELOOP)
		return ": a symbolic link in a folder where other users can write is not followed";
	if (error == -EPERM)
		return ": in a folder where other users can write, sstp opens only a "
		       "regular file that belongs to its user and has no other name (hard "
		       "link)";
	return "";
}

bool trusted_folder_of(const char *path)
{
	char copy[PATH_MAX], *last;
	int folder, rule;

	if ((size_t)snprintf(copy, sizeof(copy), "%s", path) >= sizeof(copy))
		return false;
	folder = open_folder(copy, &last);
	if (folder < 0)
		return false;
	rule = link_rule(folder);
	close(folder);
	return rule == 0;
}
