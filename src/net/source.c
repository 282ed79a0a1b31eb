/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source addresses, as the kernel chooses them. */
#include "net/source.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "net/sockopt.h"

enum { NETWORK6_LEN = 64 };

static socklen_t sockaddr_len(const struct sockaddr_storage *sa)
{
	return sa->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

static int udp_socket(int family)
{
	return socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

struct ip_addr source_of(int fd)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &len))
		return (struct ip_addr){ 0 };
	return ip_from_sockaddr(&sa);
}

int source_for(const struct sockaddr_storage *peer, uint32_t mark, struct ip_addr *source)
{
	int fd = udp_socket(peer->ss_family), error;

	if (fd < 0)
		return -errno;
	error = mark ? sockopt_mark(fd, mark) : 0;
	if (!error && connect(fd, (const struct sockaddr *)peer, sockaddr_len(peer)))
		error = -errno;
	if (!error)
		*source = source_of(fd);
	close(fd);
	return error;
}

static void clear_port(struct sockaddr_storage *sa)
{
	if (sa->ss_family == AF_INET)
		((struct sockaddr_in *)(void *)sa)->sin_port = 0;
	else
		((struct sockaddr_in6 *)(void *)sa)->sin6_port = 0;
}

bool source_is_here(int fd)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);
	bool is_here;
	int other;

	if (getsockname(fd, (struct sockaddr *)&sa, &len))
		return true;
	other = udp_socket(sa.ss_family);
	if (other < 0)
		return true;
	clear_port(&sa);
	is_here = !bind(other, (struct sockaddr *)&sa, sockaddr_len(&sa)) || errno != EADDRNOTAVAIL;
	close(other);
	return is_here;
}

bool source_is_in_other_network(const struct ip_addr *before, const struct ip_addr *now)
{
	struct ip_addr a, b;

	if (before->family != now->family || !before->family)
		return false;
	if (before->family == AF_INET)
		return !ip_equal(before, now);
	a = ip_mask(before, NETWORK6_LEN);
	b = ip_mask(now, NETWORK6_LEN);
	return !ip_equal(&a, &b);
}
