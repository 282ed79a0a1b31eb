/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Namespaces for a process that shall have only the network that we give it. */
#include "proc/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc/fdpass.h"
#include "net/netlink.h"
#include "util/file.h"
#include "util/syscall_advice.h"

enum { FILE_LEN_MAX = 64 * 1024 };

static const char resolv_conf[] = "/etc/resolv.conf";

/* ---- why it failed, and what would help */

static bool has_number(const char *path, int number)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[16] = "";
	bool has;

	if (fd < 0)
		return false;
	has = read(fd, text, sizeof(text) - 1) > 0 && atoi(text) == number;
	close(fd);
	return has;
}

static bool has_capability(int number)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2] = { { 0 } };

	return !syscall(SYS_capget, &head, caps) && caps[number / 32].effective & 1u << number % 32;
}

/* Files of /proc could not be used. NULL: that is not the reason. */
static const char *proc_hint(int error)
{
	if (error == -ENOENT && access("/proc/self/fd", F_OK) < 0)
		return ": there is no /proc; mount -t proc proc /proc makes it";
	if (error == -EROFS)
		return ": /proc is mounted read-only; mount -o remount,rw /proc allows it";
	return NULL;
}

static bool is_refusal(int error)
{
	return error == -EPERM || error == -EACCES || error == -ENOSPC || error == -EUSERS;
}

static const char *confine_hint(int error)
{
	static const struct {
		const char *path;
		int forbids;
		const char *text;
	} settings[] = {
		{ "/proc/sys/kernel/unprivileged_userns_clone", 0,
		  ": this kernel keeps user namespaces for root; sysctl "
		  "kernel.unprivileged_userns_clone=1 allows them" },
		{ "/proc/sys/user/max_user_namespaces", 0,
		  ": none are allowed; sysctl user.max_user_namespaces=10000 allows them" },
		{ "/proc/sys/user/max_net_namespaces", 0,
		  ": none are allowed; sysctl user.max_net_namespaces=10000 allows them" },
		{ "/proc/sys/user/max_mnt_namespaces", 0,
		  ": none are allowed; sysctl user.max_mnt_namespaces=10000 allows them" },
		{ "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 1,
		  ": AppArmor forbids it; sysctl kernel.apparmor_restrict_unprivileged_userns=0, or "
		  "a profile for sstp that has \"userns,\", allows it" },
	};

	for (size_t i = 0; is_refusal(error) && i < sizeof(settings) / sizeof(*settings); i++)
		if (has_number(settings[i].path, settings[i].forbids))
			return settings[i].text;
	if (proc_hint(error))
		return proc_hint(error);
	switch (error) {
	case -EPERM:
	case -EACCES:
		return ": in a container its security profile forbids this (--security-opt "
		       "seccomp=FILE with a profile that allows unshare and mount, "
		       "--security-opt apparmor=unconfined), and in a chroot the kernel; `sstp proxy` "
		       "needs no namespaces";
	case -ENOSPC:
	case -EUSERS:
		return ": there are too many; sysctl user.max_user_namespaces (max_net_namespaces, "
		       "max_mnt_namespaces) allows more";
	case -EINVAL:
		return ": this kernel was built without namespaces of some kind (CONFIG_USER_NS, "
		       "CONFIG_NET_NS)";
	default:
		return syscall_advice(error);
	}
}

static int refused(const struct log *log, const char *what, int error)
{
	log_error(log, "%s: %s%s", what, strerror(-error), confine_hint(error));
	return error;
}

/* ---- namespaces */

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), error;

	if (fd < 0)
		return -errno;
	error = file_write(fd, text, strlen(text));
	close(fd);
	return error;
}

static int map_one(const char *path, unsigned inside, unsigned outside)
{
	char line[64];

	snprintf(line, sizeof(line), "%u %u 1\n", inside, outside);
	return write_text(path, line);
}

/* An ordinary user may map groups only after it has given up setgroups. */
static int map_user(uid_t uid, gid_t gid, bool map_root)
{
	int error = write_text("/proc/self/setgroups", "deny");

	if (error && error != -ENOENT)
		return error;
	error = map_one("/proc/self/uid_map", map_root ? 0 : uid, uid);
	return error ? error : map_one("/proc/self/gid_map", map_root ? 0 : gid, gid);
}

static int map_refused(uid_t uid, bool may_map_root, int error, const struct log *log)
{
	static const char what[] = "the user cannot be mapped into the command's namespace";

	if (error != -EPERM || uid || may_map_root)
		return refused(log, what, error);
	log_error(log,
		  "%s: %s: root needs the capability CAP_SETFCAP for that, or CAP_SYS_ADMIN and "
		  "CAP_NET_ADMIN (in a container: --cap-add SETFCAP); another user needs none, and "
		  "`sstp proxy` needs no namespaces",
		  what, strerror(-error));
	return error;
}

/*
 * Root needs no user namespace, except in a container without the capabilities: CAP_NET_ADMIN is for the devices
 * inside.
 */
static int make_namespaces(bool map_root, const struct log *log)
{
	static const int flags = CLONE_NEWNET | CLONE_NEWNS;
	bool may_map_root = has_capability(CAP_SETFCAP); /* here: in its own namespace it has all */
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int error;

	if (!uid && has_capability(CAP_NET_ADMIN) && !unshare(flags))
		return 0;
	prctl(PR_SET_DUMPABLE, 1, 0, 0,
	      0); /* otherwise /proc/self belongs to root, and no IDs can be mapped */
	if (unshare(CLONE_NEWUSER | flags) < 0)
		return refused(log, "a namespace for the command cannot be made", -errno);
	error = map_user(uid, gid, map_root);
	return error ? map_refused(uid, may_map_root, error, log) : 0;
}

static int bring_up_loopback(const struct log *log)
{
	struct netlink *nl;
	int error = netlink_open(&nl);

	if (!error) {
		unsigned index = if_nametoindex("lo");

		error = index ? netlink_link_up(nl, index, 0) : -errno;
		netlink_close(nl);
	}
	return error ? refused(log, "the loopback device cannot be brought up", error) : 0;
}

/* Allows ping without capabilities: a setting of each network namespace, which is off in a new one. */
static void allow_ping(void)
{
	char range[64];

	snprintf(range, sizeof(range), "%u %u\n", getegid(), getegid());
	write_text("/proc/sys/net/ipv4/ping_group_range", range);
}

/* Later mounts outside are visible inside too, but not the other way round. */
static int own_mounts(const struct log *log)
{
	int error = mount("none", "/", "none", MS_REC | MS_SLAVE, NULL) < 0 ? -errno : 0;

	if (error)
		log_error(log, "the command's mounts cannot be made its own: %s%s",
			  strerror(-error),
			  error == -EINVAL ? ": a chroot must be a mount point for that"
					   : confine_hint(error));
	return error;
}

int confine_enter(bool map_root, const struct log *log)
{
	int error = make_namespaces(map_root, log);

	if (!error)
		error = bring_up_loopback(log);
	if (error)
		return error;
	allow_ping();
	return own_mounts(log);
}

/* ---- names */

/* systemd-resolved, nscd, Avahi; and D-Bus, which gives access to the first and the last too. */
static const char *const resolvers[] = {
	"/run/systemd/resolve",  "/run/nscd", "/var/run/nscd", "/run/avahi-daemon",
	"/var/run/avahi-daemon", "/run/dbus", "/var/run/dbus",
};

static int mount_empty(const char *folder)
{
	return mount("sstp", folder, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		     "size=64k,mode=0755") < 0
		       ? -errno
		       : 0;
}

static int hide_resolvers(const struct log *log)
{
	char real[PATH_MAX];

	for (size_t i = 0; i < sizeof(resolvers) / sizeof(*resolvers); i++) {
		int error;

		/* a link points to another of these */
		if (!realpath(resolvers[i], real) || strcmp(real, resolvers[i]) != 0)
			continue;
		error = mount_empty(real);
		if (error) {
			log_error(log, "%s cannot be hidden from the command: %s%s", real,
				  strerror(-error), confine_hint(error));
			return error;
		}
	}
	return 0;
}

static int bind_over(int fd, int target)
{
	char from[64], to[64];

	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	snprintf(to, sizeof(to), "/proc/self/fd/%d", target);
	if (!mount(from, to, "none", MS_BIND, NULL))
		return 0;
	return errno == ENOTDIR ? -EISDIR : -errno; /* a file cannot be mounted over a folder */
}

/*
 * Makes an empty file on a tmpfs of its own, and binds it over `target`. Returns its descriptor, or -errno.
 * The tmpfs has to be mounted somewhere while that is done: on a folder that only this process looks into,
 * since a command that runs already would find an empty folder in place of any other. Where a security
 * module refuses that one, on `folder`, whose file is open as `target`.
 */
static int make_over(int target, const char *folder)
{
	const char *aside = "/proc/self/fdinfo";
	int error = mount_empty(aside), dir, fd;

	if (error) {
		aside = folder;
		error = mount_empty(aside);
	}
	if (error)
		return error;
	dir = open(aside, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = dir < 0 ? -1 : openat(dir, "resolv.conf", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	error = fd < 0 || fchmod(fd, 0644) < 0 ? -errno : bind_over(fd, target); /* the umask */
	if (dir >= 0)
		close(dir);
	umount2(aside, MNT_DETACH);
	if (!error)
		return fd;
	if (fd >= 0)
		close(fd);
	return error;
}

static bool is_hidden(const char *path)
{
	for (size_t i = 0; i < sizeof(resolvers) / sizeof(*resolvers); i++) {
		size_t len = strlen(resolvers[i]);

		if (!strncmp(path, resolvers[i], len) && path[len] == '/')
			return true;
	}
	return false;
}

/*
 * The file that the path leads to. Otherwise the path itself: a link to nothing or in a circle; or to a device like
 * /dev/null, which the command needs.
 */
static void find_target(char path[PATH_MAX])
{
	struct stat st;

	if (!realpath(resolv_conf, path) || stat(path, &st) || !S_ISREG(st.st_mode))
		snprintf(path, PATH_MAX, "%s", resolv_conf);
}

/* If it was hidden with its folder (systemd-resolved's), makes a new one. */
static int open_target(const char *path)
{
	int fd;

	if (is_hidden(path)) {
		fd = file_open_public(path, O_WRONLY);
		if (fd >= 0)
			close(fd);
	}
	fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC); /* a link can be mounted over, too */
	return fd < 0 ? -errno : fd;
}

/* Returns the new file's descriptor, or -errno; cuts `path` to its folder. */
static int replace(char *path)
{
	int target = open_target(path), fd;

	if (target < 0)
		return target;
	*strrchr(path, '/') = '\0';
	fd = make_over(target, path);
	close(target);
	return fd;
}

int confine_names(const struct log *log)
{
	char path[PATH_MAX];
	struct stat st;
	int error, fd;

	find_target(path);
	error = hide_resolvers(log);
	if (error)
		return error;
	if (lstat(resolv_conf, &st))
		return -ENOENT;
	fd = replace(path);
	if (fd < 0)
		log_error(log, "%s cannot be replaced for the command: %s%s", resolv_conf,
			  strerror(-fd), confine_hint(fd));
	return fd == -ENOENT ? -EIO : fd; /* -ENOENT would say that there is no resolv.conf */
}

/* ---- a new file later */

bool confined_names_open(struct confined_names *n)
{
	n->user_fd = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	n->mnt_fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	n->mounts_fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (n->user_fd >= 0 && n->mnt_fd >= 0 && n->mounts_fd >= 0)
		return true;
	confined_names_close(n);
	return false;
}

void confined_names_close(struct confined_names *n)
{
	int *const fds[] = { &n->user_fd, &n->mnt_fd, &n->mounts_fd };

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

struct renewal {
	const struct confined_names *names;
	int fd;
};

static bool is_still(int fd)
{
	struct stat ours, seen;

	return !fstat(fd, &ours) && !stat(resolv_conf, &seen) && ours.st_ino == seen.st_ino &&
	       ours.st_dev == seen.st_dev;
}

/* In a child, inside the namespaces: makes the new file, if one is needed. */
static int renew(void *arg, int *fds)
{
	const struct renewal *r = arg;
	char path[PATH_MAX];

	/* EINVAL: it is our own, since the command of root needs no other */
	if (setns(r->names->user_fd, CLONE_NEWUSER) < 0 && errno != EINVAL)
		return -errno;
	if (setns(r->names->mnt_fd, CLONE_NEWNS) < 0)
		return -errno;
	if (is_still(r->fd))
		return 0;
	find_target(path);
	fds[0] = replace(path);
	return fds[0] < 0 ? fds[0] : 1;
}

static int copy(int from, int to)
{
	char *text;
	size_t len;
	int error = file_read_fd(from, FILE_LEN_MAX, &text, &len);

	if (error)
		return error;
	error = file_overwrite(to, text, len);
	file_free(text, len);
	return error;
}

int confined_names_renew(const struct confined_names *n, int fd)
{
	struct renewal r = { n, fd };
	int fresh, count = fdpass_from_child(renew, &r, &fresh, 1), error;

	if (count <= 0)
		return count;
	error = copy(fd, fresh);
	if (!error && dup3(fresh, fd, O_CLOEXEC) < 0)
		error = -errno;
	close(fresh);
	return error;
}
