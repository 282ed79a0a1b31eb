/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening a file in the file system of another process. The kernel resolves the path inside that
 * process's root, and does not follow /proc's magic links, which could lead anywhere. The file is
 * checked before it is opened, since opening a device may have side effects.
 */
#include "proc/netns_file.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/openat2.h, which older headers lack */
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
struct open_request {
	uint64_t flags, mode, resolve;
};
enum {
	RESOLVE_NO_MAGIC = 0x02, /* RESOLVE_NO_MAGICLINKS */
	RESOLVE_ROOT = 0x10,     /* RESOLVE_IN_ROOT */
	FUSE_MAGIC = 0x65735546, /* FUSE_SUPER_MAGIC */
	OVERFLOW_ID = 65534,     /* of users that the namespace does not map */
	PATIENCE_S = 10,
};

/* ---- rights */

/* The first id that the process's user namespace maps, as seen inside: 0 if it has a root. */
static int first_id(pid_t pid, const char *map, unsigned *id)
{
	char path[64];
	FILE *f;
	int count;

	snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, map);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	count = fscanf(f, "%u", id);
	fclose(f);
	return count == 1 ? 0 : -EPERM; /* no user is mapped yet */
}

static bool is_ours(int userns)
{
	struct stat a, b;

	return !fstat(userns, &a) && !stat("/proc/self/ns/user", &b) && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

static int become_root_of(int userns, pid_t pid)
{
	unsigned uid = UINT_MAX, gid = UINT_MAX;
	int error = first_id(pid, "uid_map", &uid);

	if (!error)
		error = first_id(pid, "gid_map", &gid);
	if (error)
		return error;
	if (setns(userns, CLONE_NEWUSER) < 0)
		return -errno;
	if (setgroups(0, NULL) < 0 && geteuid() == 0) {
		/* the namespace may forbid it: then we keep our groups, which give no access to more files */
	}
	if (setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return -errno;
	return 0;
}

/* *is_foreign: it is not the user namespace that we came from. */
static int take_rights(pid_t pid, bool *is_foreign)
{
	char path[64];
	int userns, error = 0;

	snprintf(path, sizeof(path), "/proc/%ld/ns/user", (long)pid);
	userns = open(path, O_RDONLY | O_CLOEXEC);
	if (userns < 0)
		return -errno;
	*is_foreign = !is_ours(userns);
	if (*is_foreign)
		error = become_root_of(userns, pid);
	close(userns);
	return error;
}

/* ---- the file */

/* Without openat2 (before Linux 5.6, or filtered by seccomp): follows no link at all. */
static int find_without_links(int root, const char *path)
{
	char name[PATH_MAX];
	int at = dup(root);

	while (at >= 0 && *(path += strspn(path, "/"))) {
		size_t len = strcspn(path, "/");
		int next;

		snprintf(name, sizeof(name), "%.*s", (int)len, path);
		next = openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		close(at);
		at = next;
		path += len;
	}
	return at < 0 ? -errno : at;
}

static int find(int root, const char *path)
{
	struct open_request how = { .flags = O_PATH | O_CLOEXEC,
				    .resolve = RESOLVE_ROOT | RESOLVE_NO_MAGIC };
	int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));

	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		return find_without_links(root, path);
	return fd < 0 ? -errno : fd;
}

/* A file on FUSE could block us in any call. */
static int check(int fd, bool is_foreign)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return -ELOOP;
	if (!S_ISREG(st.st_mode) || fs.f_type == FUSE_MAGIC)
		return -EINVAL;
	return is_foreign && (st.st_uid == OVERFLOW_ID || st.st_gid == OVERFLOW_ID) ? -EPERM : 0;
}

static bool is_same(int fd, const char *path)
{
	struct stat a, b;

	return !fstat(fd, &a) && !stat(path, &b) && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static int open_found(int found)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", found);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

static int open_under(int root, const char *path, bool is_foreign)
{
	int found = find(root, path), result;

	if (found < 0)
		return found;
	result = is_same(found, path) ? -EXDEV : check(found, is_foreign);
	if (!result)
		result = open_found(found);
	close(found);
	return result;
}

/* A user's own file system may block forever, so an alarm ends the child. */
static void bound_time(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	signal(SIGALRM, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	alarm(PATIENCE_S);
}

int netns_file_open(pid_t pid, const char *path, bool has_entered)
{
	bool is_foreign = has_entered;
	char root_path[64];
	int root, result = 0;

	bound_time();
	snprintf(root_path, sizeof(root_path), "/proc/%ld/root", (long)pid);
	root = open(root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	if (!has_entered)
		result = take_rights(pid, &is_foreign);
	if (!result)
		result = open_under(root, path, is_foreign);
	close(root);
	return result;
}
