/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A TUN device in another network namespace. Which file names the DNS servers of its processes depends
 * on how the namespace was named:
 *
 *	ip netns   /etc/netns/NAME/resolv.conf, which `ip netns exec` mounts over /etc/resolv.conf
 *	process    /etc/resolv.conf as that process sees it, unless that is our own
 *	path       unknown
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netdev/foreign.h"
#include "netdev/inside.h"
#include "proc/fdpass.h"
#include "proc/netns.h"
#include "proc/netns_file.h"
#include "util/bytes.h"
#include "util/log.h"

struct netns_netdev {
	struct netdev base;
	struct netdev_cfg cfg;
	struct netns ns;
	struct foreign_cfg device;
	char resolv_conf[PATH_MAX];
};

/* ---- in the child */

static const char *why_not(int error)
{
	switch (error) {
	case -EINVAL:
		return "it is not a regular file, or a user's own program serves it (FUSE)";
	case -EPERM:
		return "it does not belong to the user namespace of that process";
	case -ELOOP:
		return "it is a symbolic link that is not followed";
	default:
		return strerror(-error);
	}
}

static void say_why_no_dns(const struct netns_netdev *t, int error)
{
	if (error == -EXDEV)
		log_info(t->cfg.log,
			 "DNS: process %ld has the same /etc/resolv.conf as we have: it is "
			 "not changed",
			 (long)t->ns.pid);
	else
		log_warn(t->cfg.log, "DNS: /etc/resolv.conf of process %ld is not changed: %s",
			 (long)t->ns.pid, why_not(error));
}

static int make(void *arg, int *fds)
{
	struct netns_netdev *t = arg;
	int count, fd = -1, error;

	error = t->cfg.prepare ? t->cfg.prepare(t->cfg.arg, &fd) : 0;
	if (error)
		return error;
	count = foreign_make(&t->device, fds);
	if (count > 0 && fd >= 0)
		fds[count++] = fd;
	if (count < 0 || !t->cfg.wants_dns || !t->ns.pid)
		return count;
	fd = netns_file_open(t->ns.pid, "/etc/resolv.conf", t->ns.user_fd >= 0);
	if (fd >= 0)
		fds[count++] = fd;
	else
		say_why_no_dns(t, fd);
	return count;
}

/* ---- in the parent */

/* The sticky bit marks folders that we made; it has no effect in a folder that only root can write. If we
 * die before removing the folder, the next sstp does. */
enum { FOLDER_MODE = 0755 | S_ISVTX };

static void make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (!mkdir(path, FOLDER_MODE))    /* a failure shows when the file is written */
			chmod(path, FOLDER_MODE); /* the umask may have taken something away */
		*slash = '/';
	}
}

static bool is_folder_of_ours(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       st.st_mode & S_ISVTX;
}

/* Removes the folders that we made, if they are empty. */
static void remove_folders(const char *path)
{
	char folder[PATH_MAX];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	while ((slash = strrchr(folder, '/')) && slash != folder) {
		*slash = '\0';
		if (!is_folder_of_ours(folder) || rmdir(folder))
			return;
	}
}

static void choose_dns(struct netns_netdev *t)
{
	struct netdev *n = &t->base;

	n->resolv_conf = t->resolv_conf;
	if (n->resolv_conf_fd >= 0) {
		n->dns = NETDEV_DNS_FD;
		snprintf(t->resolv_conf, sizeof(t->resolv_conf), "/etc/resolv.conf of process %ld",
			 (long)t->ns.pid);
	} else if (t->ns.name) {
		n->dns = NETDEV_DNS_FILE;
		snprintf(t->resolv_conf, sizeof(t->resolv_conf), "/etc/netns/%s/resolv.conf",
			 t->ns.name);
		make_folders(t->resolv_conf);
	} else if (!t->ns.pid) {
		log_info(t->cfg.log,
			 "DNS: sstp knows no resolv.conf of a namespace that is given as a "
			 "path: its DNS is unchanged");
	}
}

static int open_in_netns(struct netns_netdev *t, const struct netdev_source *source)
{
	int fds[FDPASS_MAX], queues = (int)t->cfg.queues, count, error;

	error = netns_open(&t->ns, source->netns, source->userns, t->cfg.log);
	if (error)
		return error;
	count = netns_visit(&t->ns, make, t, fds, FDPASS_MAX, t->cfg.log);
	if (count < 0)
		return count;
	if (t->cfg.prepare && count > 1 + queues)
		*t->cfg.prepared_fd = fds[1 + queues];
	else if (count > 1 + queues)
		t->base.resolv_conf_fd = fds[1 + queues];
	return foreign_take(&t->device, fds, t->cfg.tuns, &t->base.netlink, &t->base.ifindex);
}

static void close_in_netns(struct netdev *n)
{
	struct netns_netdev *t = container_of(n, struct netns_netdev, base);

	if (n->resolv_conf_fd >= 0)
		close(n->resolv_conf_fd);
	netns_close(&t->ns);
	if (t->ns.name && *t->resolv_conf)
		remove_folders(t->resolv_conf);
	free(t);
}

enum tunnel_reason netdev_open_in_netns(const struct netdev_source *source,
					const struct netdev_cfg *cfg, struct netdev **out)
{
	static const struct netdev_ops ops = { .close = close_in_netns };
	struct netns_netdev *t = calloc(1, sizeof(*t));

	if (!t)
		return netdev_no_memory(cfg);
	*t = (struct netns_netdev){
		.base = {
			.ops = &ops,
			.is_foreign = true,
			.dns = NETDEV_DNS_NONE,
			.resolv_conf_fd = -1,
			.netns_fd = -1,
			.process_fd = -1,
		},
		.cfg = *cfg,
		.ns = { .net_fd = -1, .user_fd = -1, .process_fd = -1 },
		.device = { .tun = cfg->tun, .queues = cfg->queues, .log = cfg->log },
	};
	if (open_in_netns(t, source)) {
		close_in_netns(&t->base);
		return REASON_NETWORK;
	}
	snprintf(t->base.name, sizeof(t->base.name), "%s", tun_name(cfg->tuns[0]));
	t->base.netns_fd = t->ns.net_fd;
	t->base.process = t->ns.pid;
	t->base.process_fd = t->ns.process_fd;
	if (cfg->wants_dns)
		choose_dns(t);
	*out = &t->base;
	return REASON_NONE;
}
