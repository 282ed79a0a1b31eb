/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Other network namespaces: finding one, finding its owner, and working in it with a child. */
#include "proc/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc/fdpass.h"
#include "util/syscall_advice.h"

static const char *const name_folders[] = { "/run/netns", "/var/run/netns" };

/* ---- which one */

static int open_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int open_named(const char *name)
{
	char path[PATH_MAX];
	int fd = -ENOENT;

	for (size_t i = 0; i < sizeof(name_folders) / sizeof(*name_folders) && fd == -ENOENT; i++) {
		snprintf(path, sizeof(path), "%s/%s", name_folders[i], name);
		fd = open_path(path);
	}
	return fd;
}

/*
 * Opens the descriptor of the process first, because the number may be reused later. It closes
 * on exec by itself.
 */
static int open_of_process(struct netns *ns)
{
	char path[64];

#ifdef SYS_pidfd_open
	ns->process_fd = (int)syscall(SYS_pidfd_open, ns->pid, 0);
	if (ns->process_fd < 0 && errno == ESRCH)
		return -ENOENT;
#endif
	snprintf(path, sizeof(path), "/proc/%ld/ns/net", (long)ns->pid);
	return open_path(path);
}

static int open_where(struct netns *ns, const char *where)
{
	if (strchr(where, '/'))
		return open_path(where);
	if (where[strspn(where, "0123456789")] || strlen(where) > 9) {
		ns->name = where;
		return open_named(where);
	}
	ns->pid = atoi(where);
	return open_of_process(ns);
}

static const char *netns_hint(const struct netns *ns, int error)
{
	if ((error == -EACCES || error == -EPERM) && geteuid())
		return ": it belongs to another user; root may enter it";
	if (error == -EACCES) /* opening it needs the right to trace the process */
		return ": the capability CAP_SYS_PTRACE is needed (in a container: --cap-add "
		       "SYS_PTRACE)";
	if (error == -EPERM)
		return ": the capability CAP_SYS_ADMIN is needed (in a container: --cap-add SYS_ADMIN, "
		       "which also makes the usual seccomp profile allow setns)";
	if (error == -ENOSYS)
		return syscall_advice(error);
	if (error == -ENOENT && ns->pid)
		return ": there is no such process";
	if (error == -ENOENT && ns->name)
		return ": neither in /run/netns nor in /var/run/netns (ip netns add makes one); a "
		       "path has a slash in it";
	return "";
}

/* musl's ioctl takes the request as an int, into which not every machine's numbers fit. */
static int ask_nsfs(int fd, unsigned long request)
{
	int result = (int)syscall(SYS_ioctl, fd, request);

	return result < 0 ? -errno : result;
}

static bool is_own(const char *kind, int fd)
{
	struct stat own, its;

	return !stat(kind, &own) && !fstat(fd, &its) && own.st_ino == its.st_ino &&
	       own.st_dev == its.st_dev;
}

static bool is_network(int fd)
{
	int type = ask_nsfs(fd, NS_GET_NSTYPE);
	struct statfs fs;

	if (type >= 0)
		return type == CLONE_NEWNET;
	/* before Linux 4.11 the type is not available, but setns will check it */
	return !fstatfs(fd, &fs) && fs.f_type == NSFS_MAGIC;
}

/* ---- its owner */

/*
 * Root in our own user namespace may enter the network namespace of a user namespace below without
 * entering that, and is then not limited to the users that it maps.
 */
static bool must_enter(int userns_fd, bool was_named)
{
	return !is_own("/proc/self/ns/user", userns_fd) && (was_named || geteuid());
}

static int open_userns(struct netns *ns, const char *userns, const struct log *log)
{
	int fd = userns ? open_path(userns) : ask_nsfs(ns->net_fd, NS_GET_USERNS);

	if (!userns && (fd == -ENOTTY || fd == -ENOSYS))
		return 0; /* before Linux 4.9: users other than root must name it */
	if (fd < 0 && userns)
		log_error(log, "--userns %s: %s", userns, strerror(-fd));
	else if (fd < 0)
		log_error(log, "--netns %s: its user namespace cannot be opened: %s%s", ns->where,
			  strerror(-fd), netns_hint(ns, fd));
	if (fd < 0)
		return fd;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (must_enter(fd, userns))
		ns->user_fd = fd;
	else
		close(fd);
	return 0;
}

int netns_open(struct netns *ns, const char *where, const char *userns, const struct log *log)
{
	*ns = (struct netns){ .net_fd = -1, .user_fd = -1, .process_fd = -1, .where = where };
	ns->net_fd = open_where(ns, where);
	if (ns->net_fd < 0) {
		log_error(log, "--netns %s: %s%s", where, strerror(-ns->net_fd),
			  netns_hint(ns, ns->net_fd));
		return ns->net_fd;
	}
	if (!is_network(ns->net_fd)) {
		log_error(log, "--netns %s: this is not a network namespace", where);
		return -EINVAL;
	}
	/* our own needs no --netns */
	if (is_own("/proc/self/ns/net", ns->net_fd)) {
		log_error(log, "--netns %s: this is sstp's own network namespace; omit --netns",
			  where);
		return -EINVAL;
	}
	return open_userns(ns, userns, log);
}

void netns_close(struct netns *ns)
{
	if (ns->net_fd >= 0)
		close(ns->net_fd);
	if (ns->user_fd >= 0)
		close(ns->user_fd);
	if (ns->process_fd >= 0)
		close(ns->process_fd);
	ns->net_fd = ns->user_fd = ns->process_fd = -1;
}

/* ---- a child in the namespace */

static int enter(const struct netns *ns, const struct log *log)
{
	int error;

	if (ns->user_fd >= 0 && setns(ns->user_fd, CLONE_NEWUSER) < 0) {
		error = -errno;
		log_error(log, "--netns %s: its user namespace cannot be entered: %s%s", ns->where,
			  strerror(-error), netns_hint(ns, error));
		return error;
	}
	if (setns(ns->net_fd, CLONE_NEWNET) == 0)
		return 0;
	error = -errno;
	log_error(log, "--netns %s: it cannot be entered: %s%s", ns->where, strerror(-error),
		  netns_hint(ns, error));
	return error;
}

struct visit {
	const struct netns *ns;
	int (*work)(void *arg, int *fds);
	void *arg;
	const struct log *log;
};

static int go(void *arg, int *fds)
{
	const struct visit *v = arg;
	int error = enter(v->ns, v->log);

	return error ? error : v->work(v->arg, fds);
}

int netns_visit(const struct netns *ns, int (*work)(void *arg, int *fds), void *arg, int *fds,
		int room, const struct log *log)
{
	struct visit v = { ns, work, arg, log };
	int result = fdpass_from_child(go, &v, fds, room);

	/* the child has logged all other errors */
	if (result == -EPIPE || result == -EMFILE || result == -EAGAIN || result == -ENOMEM)
		log_error(log, "--netns %s: %s", ns->where, strerror(-result));
	return result;
}

/* Only this thread is in the other namespace meanwhile. */
int netns_socket(int net_fd, int family, int type)
{
	int own = open_path("/proc/thread-self/ns/net"), fd;

	if (own < 0)
		return own;
	if (setns(net_fd, CLONE_NEWNET) < 0) {
		fd = -errno;
		close(own);
		return fd;
	}
	fd = socket(family, type, 0);
	if (fd < 0)
		fd = -errno;
	if (setns(own, CLONE_NEWNET) < 0)
		abort(); /* all that follows would be done in the wrong network */
	close(own);
	return fd;
}
