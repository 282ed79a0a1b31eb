/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The states of a client. It is up when the call is connected and IPCP has given an address: then
 * packets may pass.
 */
#include "client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crowd.h"
#include "tls/open.h"
#include "util/checksum.h"
#include "util/secret.h"

enum {
	TLS_MS = 30 * 1000,
	MTU = 1400,
	ICMP_HDR_LEN = 8,
	ICMP_ECHO_REPLY = 0, /* RFC 792 */
	ICMP_ECHO_REQUEST = 8,
	TTL = 64,
};

/* ---- the tunnel */

static void look_whether_up(struct client *c)
{
	if (c->is_up || !c->has_ipv4 || !c->tunnel.is_connected)
		return;
	c->is_up = true;
	client_is_up(c);
}

static void on_event(void *arg, const struct tunnel_event *ev)
{
	struct client *c = arg;

	switch (ev->type) {
	case TUNNEL_IPV4_UP:
		c->ipv4 = *ev->ipv4;
		c->has_ipv4 = true;
		look_whether_up(c);
		break;
	case TUNNEL_CONNECTED:
		look_whether_up(c);
		break;
	case TUNNEL_ENDED:
		client_is_over(c, ev->end->text);
		break;
	case TUNNEL_TLS_UP:
		c->crowd->resumed += tls_is_resumed(c->tunnel.wire.tls);
		break;
	case TUNNEL_UNTRUSTED:
	case TUNNEL_SSTP_UP:
	case TUNNEL_OFFER:
	case TUNNEL_CHECK_PASSWORD:
	case TUNNEL_EAP:
	case TUNNEL_AUTHENTICATED:
	case TUNNEL_IPV4_DOWN:
	case TUNNEL_IPV6_UP:
	case TUNNEL_IPV6_DOWN:
	case TUNNEL_NEIGHBOR:
		break;
	}
}

static void open_tunnel(struct client *c, int fd)
{
	const struct crowd_cfg *crowd = c->crowd->cfg;
	struct tunnel_cfg cfg = {
		.loop = c->crowd->loop,
		.pump = &c->crowd->pump,
		.sink = &c->crowd->sink,
		.fd = fd,
		.tls_ctx = c->crowd->tls,
		.name = "server", /* it is verified by its pin */
		.http_host = "server",
		.correlation = c->correlation,
		.hashes = SSTP_HASH_SHA1 | SSTP_HASH_SHA256,
		.mtu = MTU,
		.tls_timeout_ms = TLS_MS,
		.log = &c->log,
		.event = on_event,
		.arg = c,
		.ppp =
			&(struct ppp_cfg){
				.role = PPP_CLIENT,
				.auth = { PPP_AUTH_MSCHAPV2 },
				.auth_count = 1,
				.ipv4 = true,
				.ipv6 = true,
				.user = c->user,
				.password = crowd->password,
				.want_dns = true,
			},
	};
	int error;

	secret_random(c->correlation, sizeof(c->correlation));
	tls_ctx_use_tickets(c->crowd->tls, c->tickets); /* looks at it when the session is opened */
	error = tunnel_open(&c->tunnel, &cfg);
	if (error)
		client_is_over(c, strerror(-error));
}

/* ---- the socket */

static void on_connected(struct loop_watch *w, uint32_t events)
{
	struct client *c = container_of(w, struct client, connecting);
	int error = 0;
	socklen_t len = sizeof(error);

	(void)events;
	loop_unwatch(c->crowd->loop, w);
	getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (!error) {
		open_tunnel(c, w->fd);
		return;
	}
	close(w->fd);
	client_is_over(c, strerror(error));
}

/* Uses the next source address; connect() chooses the port, for this one peer. */
static int bind_source(int fd, const struct crowd *crowd)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	uint32_t first = ip_v4(&crowd->cfg->source);
	int on = 1;

	from.sin_addr.s_addr = htonl(first + (uint32_t)(crowd->started % crowd->cfg->source_count));
	if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&from, sizeof(from)))
		return -errno;
	return 0;
}

static int connect_to_server(struct client *c)
{
	const struct crowd_cfg *cfg = c->crowd->cfg;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(cfg->port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, error;

	if (fd < 0)
		return -errno;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	to.sin_addr.s_addr = htonl(ip_v4(&cfg->server));
	c->connecting = (struct loop_watch){ .fd = fd, .events = EPOLLOUT, .ready = on_connected };
	error = bind_source(fd, c->crowd);
	if (!error && connect(fd, (struct sockaddr *)&to, sizeof(to)) && errno != EINPROGRESS)
		error = -errno;
	if (!error)
		error = loop_watch(c->crowd->loop, &c->connecting);
	if (error)
		close(fd);
	return error;
}

int client_start(struct crowd *crowd, struct client **out)
{
	struct client *c = calloc(1, sizeof(*c));
	int error;

	if (!c)
		return -ENOMEM;
	c->crowd = crowd;
	c->started_us = crowd_now_us();
	snprintf(c->user, sizeof(c->user), "user%zu", crowd->started % crowd->cfg->user_count);
	error = connect_to_server(c);
	if (error)
		free(c);
	else
		*out = c;
	return error;
}

void client_leave(struct client *c)
{
	tunnel_shutdown(&c->tunnel);
}

/* ---- echoes */

static uint16_t checksum(const uint8_t *at, size_t len)
{
	return (uint16_t)~checksum_sum(at, len);
}

static void put_ip_header(uint8_t *at, size_t len, const struct ppp_ipv4 *link)
{
	memset(at, 0, IPV4_HDR_LEN);
	at[0] = IPV4_VERSION_IHL;
	store_u16(at + IPV4_LENGTH_AT, (uint16_t)len);
	at[IPV4_TTL_AT] = TTL;
	at[IPV4_PROTO_AT] = IPPROTO_ICMP;
	store_u32(at + IPV4_ADDRS_AT, link->own);
	store_u32(at + IPV4_ADDRS_AT + IPV4_ADDR_LEN, link->peer);
	store_u16(at + IPV4_CHECKSUM_AT, checksum(at, IPV4_HDR_LEN));
}

static void put_echo_request(uint8_t *at, size_t len, uint16_t number)
{
	memset(at, 'e', len);
	at[0] = ICMP_ECHO_REQUEST;
	at[1] = 0;
	store_u16(at + 2, 0);
	store_u16(at + 4, 1); /* identifier: the address tells the clients apart */
	store_u16(at + 6, number);
	store_u16(at + 2, checksum(at, len));
}

void client_echo(struct client *c, size_t len)
{
	uint8_t packet[MTU];
	size_t total = IPV4_HDR_LEN + ICMP_HDR_LEN + len;

	put_ip_header(packet, total, &c->ipv4);
	put_echo_request(packet + IPV4_HDR_LEN, ICMP_HDR_LEN + len, ++c->echo_number);
	c->echo_sent_us = crowd_now_us();
	tunnel_send_own(&c->tunnel, packet, total);
}

bool client_takes_echo(struct client *c, const struct packet *p)
{
	const uint8_t *icmp = p->at + p->h.ip_len;
	struct ip_addr from = packet_src(p);

	return p->h.proto == IPPROTO_ICMP && !p->h.is_fragment &&
	       p->h.total - p->h.ip_len >= ICMP_HDR_LEN && icmp[0] == ICMP_ECHO_REPLY &&
	       load_u16(icmp + 6) == c->echo_number && ip_v4(&from) == c->ipv4.peer;
}
