/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Datagrams between a SOCKS5 client and the VPN. A datagram that can't be sent is dropped, as with
 * UDP.
 */
#include "proxy/association.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proxy/socks5.h"
#include "stack/datagram.h"

enum {
	TURN_DATAGRAMS = 64, /* then other descriptors are served */
	DATAGRAM_MAX = 65535,
};

struct association {
	struct loop *loop;
	struct loop_watch watch;
	struct sockaddr_storage client; /* its port is 0 until it is known */
	struct datagram *far;
};

static in_port_t *port_of(struct sockaddr_storage *sa)
{
	return sa->ss_family == AF_INET6 ? &((struct sockaddr_in6 *)sa)->sin6_port
					 : &((struct sockaddr_in *)sa)->sin_port;
}

static socklen_t len_of(const struct sockaddr_storage *sa)
{
	return sa->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

/* ---- from the client */

static bool is_from_client(struct association *a, struct sockaddr_storage *from)
{
	struct ip_addr x = ip_from_sockaddr(&a->client), y = ip_from_sockaddr(from);
	in_port_t port = *port_of(&a->client);

	return ip_equal(&x, &y) && (!port || port == *port_of(from));
}

static void take(struct association *a, struct bytes datagram, struct sockaddr_storage *from)
{
	struct bytes payload;
	struct target to;

	if (!is_from_client(a, from) || !socks5_datagram(datagram, &to, &payload))
		return;
	*port_of(&a->client) = *port_of(from);
	datagram_send(a->far, &to, payload.at, payload.len);
}

static void on_datagrams(struct loop_watch *w, uint32_t events)
{
	static uint8_t buffer[DATAGRAM_MAX];
	struct association *a = container_of(w, struct association, watch);
	struct sockaddr_storage from;

	(void)events;
	memset(&from, 0, sizeof(from));
	for (int i = 0; i < TURN_DATAGRAMS; i++) {
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(w->fd, buffer, sizeof(buffer), MSG_DONTWAIT,
				     (struct sockaddr *)&from, &from_len);

		if (n < 0)
			return;
		take(a, bytes_of(buffer, (size_t)n), &from);
	}
}

/* ---- to the client */

static void on_received(void *arg, const struct ip_addr *from, uint16_t port, const uint8_t *at,
			size_t len)
{
	static uint8_t buffer[DATAGRAM_MAX];
	struct association *a = arg;
	struct writer w = writer_of(buffer, sizeof(buffer));

	if (!*port_of(&a->client))
		return;
	socks5_put_datagram_header(from, port, &w);
	put_bytes(&w, at, len);
	if (!w.full)
		sendto(a->watch.fd, buffer, w.len, MSG_DONTWAIT | MSG_NOSIGNAL,
		       (const struct sockaddr *)&a->client, len_of(&a->client));
}

/* ---- start and end */

/* Binds to the local address of the client's TCP connection, which the client can reach. */
static int bound_socket(const struct sockaddr_storage *local, struct sockaddr_storage *at)
{
	int fd = socket(local->ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error;
	socklen_t len = sizeof(*at);

	if (fd < 0)
		return -errno;
	*at = *local;
	*port_of(at) = 0;
	if (!bind(fd, (const struct sockaddr *)at, len_of(at)) &&
	    !getsockname(fd, (struct sockaddr *)at, &len))
		return fd;
	error = -errno;
	close(fd);
	return error;
}

static int open_both(struct association *a, const struct association_cfg *cfg,
		     struct sockaddr_storage *at)
{
	struct datagram_cfg far = { .received = on_received, .arg = a };
	int fd = bound_socket(&cfg->local, at), error;

	if (fd < 0)
		return fd;
	a->watch = (struct loop_watch){ .fd = fd, .events = EPOLLIN, .ready = on_datagrams };
	error = loop_watch(cfg->loop, &a->watch);
	if (error)
		close(fd);
	else
		error = datagram_open(cfg->stack, &far, &a->far);
	return error;
}

int association_open(const struct association_cfg *cfg, struct association **out,
		     struct sockaddr_storage *at)
{
	struct association *a = calloc(1, sizeof(*a));
	int error;

	if (!a)
		return -ENOMEM;
	a->loop = cfg->loop;
	a->client = cfg->client;
	*port_of(&a->client) = htons(cfg->client_port);
	error = open_both(a, cfg, at);
	if (error)
		association_close(a);
	else
		*out = a;
	return error;
}

void association_close(struct association *a)
{
	if (!a)
		return;
	datagram_close(a->far);
	if (a->watch.is_watched) {
		loop_unwatch(a->loop, &a->watch);
		close(a->watch.fd);
	}
	free(a);
}
