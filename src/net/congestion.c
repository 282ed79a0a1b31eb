/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The congestion control of a socket. */
#include "net/congestion.h"

#include <errno.h>
#include <string.h>

#include "net/sockopt.h"

bool congestion_is_auto(const char *name)
{
	return name && !strcmp(name, CONGESTION_AUTO);
}

bool congestion_is_chosen(const char *choice, const char *name)
{
	if (congestion_is_auto(choice))
		return !strcmp(name, CONGESTION_BBR);
	return choice && !strcmp(name, choice);
}

int congestion_set(int fd, const char *name)
{
	if (!name || !strcmp(name, CONGESTION_SYSTEM) || congestion_is_auto(name))
		return 0;
	return sockopt_congestion(fd, name);
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
