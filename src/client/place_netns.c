/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A TUN device in another network namespace. Where its processes look up which DNS servers to ask
 * depends on how it was named:
 *
 *	ip netns   /etc/netns/NAME/resolv.conf, which `ip netns exec` puts in the place of resolv.conf
 *	process    /etc/resolv.conf as that process sees it, unless that is our own
 *	path       nobody knows
 */
#include "client/place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/handover.h"
#include "proc/netns.h"
#include "proc/netns_file.h"
#include "tunnel/elsewhere.h"

struct there {
	struct place place;
	const char *where, *userns;
	struct netns ns;
	struct elsewhere_cfg cfg;
	struct backend_client *client;
	struct loop_watch process; /* the one that names it: gone, when it is readable */
	int resolv_conf_fd;
	bool wants_dns;
	char name[IF_NAMESIZE], resolv_conf[PATH_MAX];
};

static struct there *there_of(struct place *p)
{
	return container_of(p, struct there, place);
}

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

static void say_why_no_dns(const struct there *t, int error)
{
	if (error == -EXDEV)
		log_info(t->client->log,
			 "DNS: process %ld has the same /etc/resolv.conf as we have: "
			 "it is left alone",
			 (long)t->ns.pid);
	else
		log_warn(t->client->log, "DNS: /etc/resolv.conf of process %ld is left alone: %s",
			 (long)t->ns.pid, why_not(error));
}

static int make(void *arg, int *fds)
{
	struct there *t = arg;
	int count = elsewhere_make(&t->cfg, fds), fd;

	if (count < 0 || !t->wants_dns || !t->ns.pid)
		return count;
	fd = netns_file_open(t->ns.pid, "/etc/resolv.conf", t->ns.user_fd >= 0);
	if (fd >= 0)
		fds[count++] = fd;
	else
		say_why_no_dns(t, fd);
	return count;
}

/* ---- ours */

/* The sticky bit, which changes nothing in a folder that only root can write: we have made it. A
 * process that dies between this and the end leaves it for the next to remove. */
enum { FOLDER_MODE = 0755 | S_ISVTX };

static void make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, FOLDER_MODE); /* what fails shows when the file is written */
		*slash = '/';
	}
}

static bool is_folder_of_ours(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       st.st_mode & S_ISVTX;
}

/* Those that we have made, unless somebody has put something into them. */
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

static void choose_dns(struct there *t, struct host_cfg *host)
{
	host->dns = HOST_DNS_NONE;
	host->resolv_conf = t->resolv_conf;
	if (t->resolv_conf_fd >= 0) {
		host->dns = HOST_DNS_FD;
		host->resolv_conf_fd = t->resolv_conf_fd;
		snprintf(t->resolv_conf, sizeof(t->resolv_conf), "/etc/resolv.conf of process %ld",
			 (long)t->ns.pid);
	} else if (t->ns.name) {
		host->dns = HOST_DNS_FILE;
		snprintf(t->resolv_conf, sizeof(t->resolv_conf), "/etc/netns/%s/resolv.conf",
			 t->ns.name);
		make_folders(t->resolv_conf);
	} else if (!t->ns.pid) {
		log_info(t->client->log, "DNS: a namespace named by its path has no resolv.conf "
					 "that we know of: its DNS stays as it is");
	}
}

static void on_process_gone(struct loop_watch *w, uint32_t events)
{
	struct there *t = container_of(w, struct there, process);

	(void)events;
	loop_unwatch(t->client->loop, w);
	log_info(t->client->log, "process %ld is gone, and its network with it", (long)t->ns.pid);
	t->client->end(t->client, EXIT_OK);
}

/* The namespace would live as long as our device in it, and so for nobody. */
static void watch_process(struct there *t)
{
	t->process = (struct loop_watch){ .fd = t->ns.process_fd,
					  .events = EPOLLIN,
					  .ready = on_process_gone };
	loop_watch(t->client->loop, &t->process); /* else we stay until we are told to end */
}

static enum exit_code open_there(struct place *p, struct backend_client *client,
				 const struct tun_cfg *tun, struct place_device *device)
{
	struct there *t = there_of(p);
	int fds[HANDOVER_MAX], count;

	t->client = client;
	t->cfg = (struct elsewhere_cfg){ .tun = *tun, .queues = 1, .log = client->log };
	t->wants_dns = device->host.dns != HOST_DNS_NONE;
	if (netns_open(&t->ns, t->where, t->userns, client->log))
		return EXIT_NETCONF;
	count = netns_visit(&t->ns, make, t, fds, HANDOVER_MAX, client->log);
	if (count < 0)
		return EXIT_NETCONF;
	if (count > 2)
		t->resolv_conf_fd = fds[2];
	if (elsewhere_take(&t->cfg, fds, &device->tun, &device->host.netlink,
			   &device->host.ifindex))
		return EXIT_NETCONF;
	snprintf(t->name, sizeof(t->name), "%s", tun_name(device->tun));
	device->name = t->name;
	device->host.is_elsewhere = true;
	if (t->wants_dns)
		choose_dns(t, &device->host);
	if (t->ns.process_fd >= 0)
		watch_process(t);
	return EXIT_OK;
}

static void close_there(struct place *p)
{
	struct there *t = there_of(p);

	if (t->process.ready)
		loop_unwatch(t->client->loop, &t->process);
	if (t->resolv_conf_fd >= 0)
		close(t->resolv_conf_fd);
	netns_close(&t->ns);
	if (t->ns.name && *t->resolv_conf)
		remove_folders(t->resolv_conf);
	free(t);
}

struct place *place_netns(const char *where, const char *userns)
{
	static const struct place_ops ops = { .open = open_there, .close = close_there };
	struct there *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->place.ops = &ops;
	t->where = where;
	t->userns = userns;
	t->ns.net_fd = t->ns.user_fd = t->ns.process_fd = t->resolv_conf_fd = -1;
	return &t->place;
}
