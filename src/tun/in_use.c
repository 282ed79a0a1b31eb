/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A TUN device has a carrier only while a queue is attached to it (drivers/net/tun.c). The interface
 * flags show that only while it is up; rtnetlink's IFLA_CARRIER always shows it.
 */
#include "tun/in_use.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REPLY_SIZE = 16 * 1024 };

struct link_request {
	struct nlmsghdr header;
	struct ifinfomsg link;
};

static bool has_carrier(struct nlmsghdr *reply)
{
	struct ifinfomsg *link = NLMSG_DATA(reply);
	unsigned left = (unsigned)IFLA_PAYLOAD(reply);

	for (struct rtattr *a = IFLA_RTA(link); RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == IFLA_CARRIER)
			return *(const unsigned char *)RTA_DATA(a);
	return false;
}

/* The kernel's reply to a request for one link is available when send returns. */
static bool ask(int fd, unsigned ifindex)
{
	union {
		struct nlmsghdr header;
		char bytes[REPLY_SIZE];
	} reply;
	struct link_request request = {
		.header = { .nlmsg_len = sizeof(request),
			    .nlmsg_type = RTM_GETLINK,
			    .nlmsg_flags = NLM_F_REQUEST },
		.link = { .ifi_index = (int)ifindex },
	};
	ssize_t n;

	if (send(fd, &request, sizeof(request), 0) < 0)
		return false;
	n = recv(fd, &reply, sizeof(reply), MSG_DONTWAIT);
	return n > 0 && NLMSG_OK(&reply.header, (size_t)n) &&
	       reply.header.nlmsg_type == RTM_NEWLINK && has_carrier(&reply.header);
}

bool tun_in_use(const char *name)
{
	unsigned ifindex = if_nametoindex(name);
	int fd;
	bool is;

	if (!ifindex)
		return false;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return false;
	is = ask(fd, ifindex);
	close(fd);
	return is;
}
