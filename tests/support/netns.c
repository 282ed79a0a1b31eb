/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/netns.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		perror(path);
	close(fd);
}

static void write_map(const char *path, unsigned outside)
{
	char line[32];

	snprintf(line, sizeof(line), "0 %u 1", outside);
	write_file(path, line);
}

static bool loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && !ioctl(fd, SIOCSIFFLAGS, &ifr);

	close(fd);
	return ok;
}

bool netns_enter(void)
{
	unsigned uid = getuid(), gid = getgid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET)) /* EINVAL: the thread sanitizer has a thread */
		return !unshare(CLONE_NEWNET) && loopback_up(); /* root, in a chroot: no user ns */
	write_file("/proc/self/setgroups", "deny");
	write_map("/proc/self/uid_map", uid);
	write_map("/proc/self/gid_map", gid);
	return loopback_up();
}

int netns_tun(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd >= 0 && ioctl(fd, (int)TUNSETIFF, &ifr)) {
		close(fd);
		return -1;
	}
	return fd;
}
