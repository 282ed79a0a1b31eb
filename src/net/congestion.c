/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The congestion control of a socket. */
#include "net/congestion.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

static int set_named(int fd, const char *name)
{
	socklen_t len = (socklen_t)strlen(name);

	return setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, len) ? -errno : 0;
}

int congestion_set(int fd, const char *name)
{
	if (!name || !strcmp(name, CONGESTION_SYSTEM))
		return 0;
	if (strcmp(name, CONGESTION_AUTO) != 0)
		return set_named(fd, name);
	set_named(fd, "bbr");
	return 0;
}

const char *congestion_error_text(int error)
{
	switch (error) {
	case -ENOENT:
		return "the kernel does not have it";
	case -EPERM:
		return "only root may use it (net.ipv4.tcp_allowed_congestion_control)";
	default:
		return strerror(-error);
	}
}
