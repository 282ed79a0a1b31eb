/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/sockopt.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

static sockopt_helper *ask;
static void *ask_arg;

void sockopt_use_helper(sockopt_helper *helper, void *arg)
{
	ask = helper;
	ask_arg = arg;
}

static int set(int fd, int level, int option, const void *value, size_t len)
{
	return setsockopt(fd, level, option, value, (socklen_t)len) ? -errno : 0;
}

int sockopt_set(int fd, const struct sockopt_value *v)
{
	switch (v->option) {
	case SOCKOPT_MARK:
		return set(fd, SOL_SOCKET, SO_MARK, &v->number, sizeof(v->number));
	case SOCKOPT_SNDBUF:
		return set(fd, SOL_SOCKET, SO_SNDBUFFORCE, &v->number, sizeof(v->number));
	case SOCKOPT_CONGESTION:
		break;
	}
	return set(fd, IPPROTO_TCP, TCP_CONGESTION, v->name, strlen(v->name));
}

bool sockopt_is_of_ip(int fd)
{
	int domain = 0;
	socklen_t len = sizeof(domain);

	return fd >= 0 && !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) &&
	       (domain == AF_INET || domain == AF_INET6);
}

static int set_or_ask(int fd, const struct sockopt_value *v)
{
	int error = sockopt_set(fd, v);

	return error == -EPERM && ask ? ask(ask_arg, fd, v) : error;
}

int sockopt_mark(int fd, uint32_t mark)
{
	return set_or_ask(fd, &(struct sockopt_value){ SOCKOPT_MARK, .number = mark });
}

int sockopt_congestion(int fd, const char *name)
{
	return set_or_ask(fd, &(struct sockopt_value){ SOCKOPT_CONGESTION, .name = name });
}

int sockopt_sndbuf(int fd, uint32_t bytes)
{
	return set_or_ask(fd, &(struct sockopt_value){ SOCKOPT_SNDBUF, .number = bytes });
}
