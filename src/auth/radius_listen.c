/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The port 3799: sockets, the identification of sessions, and the log. */
#include "auth/radius_listen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "auth/radius.h"
#include "auth/radius_grant.h"
#include "util/clock.h"
#include "util/endpoint.h"
#include "util/log.h"

enum {
	TURN_REQUESTS = 16,
	REFUSED_LINES = 5, /* a minute */
};

/* ---- which session */

/* The inverse of radius_session_id. */
static uint64_t session_of(const struct radius_nas *nas, struct bytes id)
{
	char text[RADIUS_SESSION_ID_SIZE] = "", again[RADIUS_SESSION_ID_SIZE];
	uint64_t session;

	if (id.len >= sizeof(text))
		return UINT64_MAX;
	memcpy(text, id.at, id.len);
	session = id.len > 8 ? strtoul(text + 8, NULL, 16) : 0;
	radius_session_id(nas, session, again);
	return session && !strcmp(text, again) ? session : UINT64_MAX;
}

static enum radius_error_cause check_changes(struct bytes packet)
{
	struct radius_walk w = radius_walk(packet);
	struct auth_grant scratch = { .ipv4 = 0 };
	struct radius_attr a;

	while (radius_next(&w, &a)) {
		if (radius_dae_is_address(&a))
			continue;
		if (!radius_grant_is_changeable(&a))
			return RADIUS_ERROR_UNSUPPORTED_ATTRIBUTE;
		if (!radius_grant_take(&scratch, &a))
			return RADIUS_ERROR_INVALID_VALUE;
	}
	return RADIUS_ERROR_NONE;
}

static enum radius_error_cause carry_out(struct radius_listen *l,
					 const struct radius_dae_request *rq)
{
	struct radius_target target = { .user = rq->user,
					.calling = rq->calling,
					.ipv4 = rq->ipv4 };
	enum radius_error_cause cause = RADIUS_ERROR_NONE;
	unsigned found;

	if (rq->session_id.len)
		target.session = session_of(l->nas, rq->session_id);
	if (!rq->is_disconnect)
		cause = check_changes(rq->packet);
	if (cause)
		return cause;
	found = rq->is_disconnect ? l->orders->end(l->orders->arg, &target)
				  : l->orders->change(l->orders->arg, &target, rq->packet);
	if (!found)
		return RADIUS_ERROR_NO_SESSION;
	return found > 1 && !rq->is_disconnect ? RADIUS_ERROR_SEVERAL_SESSIONS : RADIUS_ERROR_NONE;
}

static struct log_limit limit_of_requests = { .about = "requests of RADIUS servers",
					      .max = REFUSED_LINES };
static const struct log log_of_requests = { .limit = &limit_of_requests };

static void log_request(const struct radius_dae_request *rq, enum radius_error_cause cause)
{
	const char *what = rq->is_disconnect ? "Disconnect-Request" : "CoA-Request";

	if (cause)
		log_warn(&log_of_requests, "RADIUS: %s of %s refused with Error-Cause %u", what,
			 ip_print(&rq->peer.addr).text, (unsigned)cause);
	else
		log_info(NULL, "RADIUS: %s of %s done", what, ip_print(&rq->peer.addr).text);
}

/* ---- the sockets */

static void take(struct radius_listen *l, int fd, size_t len, const struct sockaddr_storage *from)
{
	struct radius_dae_peer peer = { ip_from_sockaddr(from), ip_port_of_sockaddr(from) };
	struct writer out = writer_of(l->out, sizeof(l->out));
	struct radius_dae_request rq;
	const struct radius_dae_time now = { (uint64_t)time(NULL), clock_boot_s() };
	enum radius_error_cause cause;

	l->dae.nas_address = l->nas->address;
	switch (radius_dae_input(&l->dae, &peer, bytes_of(l->in, len), &now, &rq, &out)) {
	case RADIUS_DAE_DROP:
		log_debug(NULL, "RADIUS: dropped a request from %s", ip_print_sockaddr(from).text);
		return;
	case RADIUS_DAE_OLD:
		log_warn(&log_of_requests,
			 "RADIUS: dropped a request of %s: its Event-Timestamp is off by more than "
			 "%d minutes; it may be an old one that somebody sends again, or a clock "
			 "is wrong",
			 ip_print(&peer.addr).text, RADIUS_DAE_WINDOW_S / 60);
		return;
	case RADIUS_DAE_UNDATED:
		log_warn(&log_of_requests,
			 "RADIUS: dropped a request of %s: it has no Event-Timestamp, which "
			 "--radius-coa-timestamp requires",
			 ip_print(&peer.addr).text);
		return;
	case RADIUS_DAE_RESPOND:
		break;
	case RADIUS_DAE_ASK:
		cause = carry_out(l, &rq);
		log_request(&rq, cause);
		radius_dae_respond(&l->dae, &rq, cause, &out);
		break;
	}
	if (!out.full) /* a lost response is sent again when the request is repeated */
		(void)!sendto(fd, out.at, out.len, MSG_NOSIGNAL, (const struct sockaddr *)from,
			      sizeof(*from));
}

static void read_some(struct radius_listen *l, int fd)
{
	for (int i = 0; i < TURN_REQUESTS; i++) {
		struct sockaddr_storage from = { 0 };
		socklen_t from_len = sizeof(from);
		ssize_t n =
			recvfrom(fd, l->in, sizeof(l->in), 0, (struct sockaddr *)&from, &from_len);

		if (n < 0)
			return;
		take(l, fd, (size_t)n, &from);
	}
}

static void ready_v4(struct loop_watch *w, uint32_t events)
{
	(void)events;
	read_some(container_of(w, struct radius_listen, watches[0]), w->fd);
}

static void ready_v6(struct loop_watch *w, uint32_t events)
{
	(void)events;
	read_some(container_of(w, struct radius_listen, watches[1]), w->fd);
}

static int bind_any(int fd, sa_family_t family, const struct radius_cfg *cfg)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(cfg->coa_port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(cfg->coa_port) };
	int on = 1;

	if (family == AF_INET) {
		if (cfg->source.family == AF_INET)
			memcpy(&v4.sin_addr, cfg->source.bytes, 4);
		return bind(fd, (struct sockaddr *)&v4, sizeof(v4)) ? -errno : 0;
	}
	if (cfg->source.family == AF_INET6)
		memcpy(&v6.sin6_addr, cfg->source.bytes, 16);
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	return bind(fd, (struct sockaddr *)&v6, sizeof(v6)) ? -errno : 0;
}

static int open_socket(struct radius_listen *l, sa_family_t family, const struct radius_cfg *cfg)
{
	struct loop_watch *w = &l->watches[family == AF_INET6];
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error = fd < 0 ? -errno : bind_any(fd, family, cfg);

	*w = (struct loop_watch){ .fd = fd,
				  .events = EPOLLIN,
				  .ready = family == AF_INET ? ready_v4 : ready_v6 };
	if (!error)
		error = loop_watch(l->loop, w);
	if (error) {
		log_error(NULL, "cannot listen on UDP port %u for RADIUS' CoA: %s%s", cfg->coa_port,
			  strerror(-error), endpoint_hint(error, cfg->coa_port));
		if (fd >= 0)
			close(fd);
		w->fd = -1;
	}
	return error;
}

int radius_listen_open(struct radius_listen *l, struct loop *loop, const struct radius_cfg *cfg,
		       const struct radius_nas *nas, const struct radius_orders *orders)
{
	int error = 0;

	memset(l, 0, sizeof(*l)); /* too large for the stack */
	l->loop = loop;
	l->nas = nas;
	l->orders = orders;
	l->dae.nas_name = cfg->nas;
	l->dae.requires_timestamp = cfg->coa_requires_timestamp;
	l->watches[0].fd = l->watches[1].fd = -1;
	for (size_t i = 0; i < cfg->coa_count && !error; i++) {
		sa_family_t family = cfg->coa_from[i].family;

		l->dae.sources[l->dae.source_count++] =
			(struct radius_dae_source){ cfg->coa_from[i], cfg->coa_secret };
		if (l->watches[family == AF_INET6].fd < 0)
			error = open_socket(l, family, cfg);
	}
	return error;
}

void radius_listen_close(struct radius_listen *l)
{
	for (int i = 0; i < 2 && l->loop; i++) {
		if (l->watches[i].fd < 0)
			continue;
		loop_unwatch(l->loop, &l->watches[i]);
		close(l->watches[i].fd);
	}
}
