/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "control/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char suffix[] = ".sock";
static const char root_folder[] = "/run/sstp";

enum {
	NAMES_MAX = 1000,
	FOLDER_TRIES = 4, /* another program may remove an empty folder */
	WAITING_MAX = 64,
	LOCK_TRIES = 50, /* another sstp has it for an instant */
	LOCK_PAUSE_MS = 10,
};

/* ---- names */

bool control_place_folder(char to[CONTROL_PATH_SIZE])
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	int n;

	if (!geteuid() && (!access("/run", W_OK) || !access(root_folder, W_OK)))
		n = snprintf(to, CONTROL_PATH_SIZE, "%s", root_folder);
	else if (runtime && *runtime == '/')
		n = snprintf(to, CONTROL_PATH_SIZE, "%s/sstp", runtime);
	else
		return false;
	return n < CONTROL_PATH_SIZE;
}

static bool print_path(const char *folder, const char *name, char to[CONTROL_PATH_SIZE])
{
	return snprintf(to, CONTROL_PATH_SIZE, "%s/%s%s", folder, name, suffix) < CONTROL_PATH_SIZE;
}

bool control_place_path(const char *wanted, char to[CONTROL_PATH_SIZE])
{
	char folder[CONTROL_PATH_SIZE];

	if (strchr(wanted, '/'))
		return snprintf(to, CONTROL_PATH_SIZE, "%s", wanted) < CONTROL_PATH_SIZE;
	return control_place_folder(folder) && print_path(folder, wanted, to);
}

/* "vpn" of "/run/sstp/vpn.sock" */
static void note_name(struct control_place *p)
{
	const char *base = strrchr(p->path, '/');
	size_t len;

	base = base ? base + 1 : p->path;
	len = strlen(base);
	if (len > sizeof(suffix) - 1 && !strcmp(base + len - (sizeof(suffix) - 1), suffix))
		len -= sizeof(suffix) - 1;
	snprintf(p->name, sizeof(p->name), "%.*s", (int)len, base);
}

/* ---- the folder */

static int check_folder(const char *folder)
{
	struct stat st;

	if (mkdir(folder, 0700) && errno != EEXIST)
		return -errno;
	if (stat(folder, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	return st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH)) ? 0 : -EPERM;
}

/*
 * Anybody who may list the folder can lock it and keep the lock, which must not stop us: without it only two
 * sstp that begin at the same moment may take each other's socket for a dead one's.
 */
static int lock(int fd)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_MS * 1000000 };

	for (int i = 0; i < LOCK_TRIES && flock(fd, LOCK_EX | LOCK_NB); i++) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* The descriptor of the folder, locked, or -errno. */
static int lock_folder(const char *path, bool is_default)
{
	char folder[CONTROL_PATH_SIZE];
	const char *slash = strrchr(path, '/');
	int fd, error = 0;

	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) : 1,
		 slash ? path : ".");
	if (!*folder)
		snprintf(folder, sizeof(folder), "/");
	if (is_default)
		error = check_folder(folder);
	if (error)
		return error; /* -EPERM is -1, as what open() returns */
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	error = lock(fd);
	if (!error)
		return fd;
	close(fd);
	return error;
}

/* Members of the group must get through the folder; they need not list it. */
static void let_pass(int folder_fd)
{
	struct stat st;

	if (!fstat(folder_fd, &st) && (st.st_mode & 07777) == 0700)
		fchmod(folder_fd, 0711);
}

/* ---- the socket */

/* 0: the name is free, perhaps because a dead program's socket was removed. */
static int free_name(const struct sockaddr_un *at)
{
	struct stat st;
	int fd, error = 0;

	if (lstat(at->sun_path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (const struct sockaddr *)at, sizeof(*at)))
		error = -EADDRINUSE;
	else if (errno != ECONNREFUSED)
		error = errno == EAGAIN ? -EADDRINUSE : -errno;
	close(fd);
	return error || !unlink(at->sun_path) ? error : -errno;
}

/*
 * 0 or -errno. Whoever runs sstp with this group need not be allowed to change a file's owner.
 */
static int set_owner(struct control_place *p, gid_t group)
{
	bool has_group = group != (gid_t)-1;
	struct stat st;

	if (chmod(p->path, has_group ? 0660 : 0600) || lstat(p->path, &st))
		return -errno;
	if (has_group && st.st_gid != group && chown(p->path, (uid_t)-1, group))
		return -errno;
	p->dev = st.st_dev;
	p->ino = st.st_ino;
	return 0;
}

static int bind_at(int fd, struct control_place *p, const struct sockaddr_un *at, gid_t group)
{
	int error;

	if (bind(fd, (const struct sockaddr *)at, sizeof(*at)))
		return -errno;
	error = set_owner(p, group);
	if (!error && listen(fd, WAITING_MAX))
		error = -errno;
	if (error)
		unlink(p->path);
	return error;
}

/* A listening socket, or -errno. */
static int listen_there(struct control_place *p, gid_t group)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd, error;

	memcpy(at.sun_path, p->path, sizeof(at.sun_path));
	error = free_name(&at);
	if (error)
		return error;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	error = bind_at(fd, p, &at, group);
	if (!error)
		return fd;
	close(fd);
	return error;
}

static int try_path(struct control_place *p, gid_t group)
{
	int folder = lock_folder(p->path, p->is_default), fd;

	if (folder < 0)
		return folder;
	if (p->is_default && group != (gid_t)-1)
		let_pass(folder);
	fd = listen_there(p, group);
	close(folder);
	return fd;
}

static int open_at(struct control_place *p, gid_t group)
{
	int fd = -ENOENT;

	for (int i = 0; i < FOLDER_TRIES && fd == -ENOENT; i++)
		fd = try_path(p, group);
	return fd;
}

static int open_wanted(struct control_place *p, const struct control_place_cfg *cfg)
{
	if (!control_place_path(cfg->wanted, p->path))
		return strchr(cfg->wanted, '/') ? -ENAMETOOLONG : -ENOENT;
	p->is_default = !strchr(cfg->wanted, '/');
	return open_at(p, cfg->group);
}

static int open_first(struct control_place *p, const struct control_place_cfg *cfg)
{
	char folder[CONTROL_PATH_SIZE], name[48];
	int fd = -EADDRINUSE;

	if (!control_place_folder(folder))
		return -ENOENT;
	p->is_default = true;
	for (int i = 1; i <= NAMES_MAX && fd == -EADDRINUSE; i++) {
		snprintf(name, sizeof(name), i > 1 ? "%s-%d" : "%s", cfg->verb, i);
		if (!print_path(folder, name, p->path))
			return -ENAMETOOLONG;
		fd = open_at(p, cfg->group);
	}
	return fd;
}

static const char *why(int error)
{
	switch (error) {
	case -EADDRINUSE:
		return "another program listens there";
	case -EEXIST:
		return "there is a file that is not a socket";
	case -EPERM:
		return "its folder is not this user's own, or others may write there";
	case -ENAMETOOLONG:
		return "the path is too long for a socket";
	default:
		return strerror(-error);
	}
}

/* Root's folder is in /run, which may be missing or read-only. */
static void report_no_folder(const char *wanted, struct error *err)
{
	bool is_run_closed = !geteuid() && access("/run", W_OK);

	snprintf(err->text, sizeof(err->text), "%s%s%s%s", wanted ? wanted : "", wanted ? ": " : "",
		 is_run_closed ? "/run: " : "",
		 is_run_closed ? strerror(errno)
			       : "this user has no folder for it (XDG_RUNTIME_DIR)");
}

int control_place_open(struct control_place *p, const struct control_place_cfg *cfg,
		       struct error *err)
{
	int fd;

	*p = (struct control_place){ .is_default = false };
	fd = cfg->wanted ? open_wanted(p, cfg) : open_first(p, cfg);
	if (fd < 0) {
		if (*p->path)
			snprintf(err->text, sizeof(err->text), "%s: %s", p->path, why(fd));
		else
			report_no_folder(cfg->wanted, err);
		*p->path = '\0';
		return fd;
	}
	note_name(p);
	return fd;
}

void control_place_close(struct control_place *p)
{
	char *slash = strrchr(p->path, '/');
	struct stat st;
	int folder;

	if (!*p->path)
		return;
	folder = lock_folder(p->path, false);
	if (!lstat(p->path, &st) && st.st_dev == p->dev && st.st_ino == p->ino)
		unlink(p->path);
	if (p->is_default && folder >= 0 && !fstat(folder, &st) &&
	    ((st.st_mode & 07777) == 0700 || (st.st_mode & 07777) == 0711)) {
		*slash = '\0';
		rmdir(p->path); /* if it is empty */
	}
	if (folder >= 0)
		close(folder);
	*p->path = '\0';
}

/* ---- as a message */

void control_place_put(struct writer *w, const struct control_place *p)
{
	put_u8(w, p->is_default);
	put_u64(w, p->dev);
	put_u64(w, p->ino);
	put_bytes(w, p->path, strlen(p->path));
}

bool control_place_get(struct reader *r, struct control_place *p)
{
	uint8_t is_default = get_u8(r);

	*p = (struct control_place){ .is_default = is_default == 1 };
	p->dev = (dev_t)get_u64(r);
	p->ino = (ino_t)get_u64(r);
	if (r->bad || is_default > 1 || !r->left || r->left >= sizeof(p->path) ||
	    memchr(r->at, '\0', r->left) || !memchr(r->at, '/', r->left))
		return false;
	get_copy(r, p->path, r->left);
	return true;
}
