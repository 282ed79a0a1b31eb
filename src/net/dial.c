/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dialing. A dial begins with the given addresses or with a look-up, then makes attempts: one at
 * once, the next when STAGGER_MS have passed or one has failed, whichever is first. All running
 * attempts are equal; the dial ends when the first connects, the last fails, or the time limit expires.
 * In each case finish() reports the result, once, and frees everything.
 */
#include "net/dial.h"

#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/congestion.h"
#include "net/resolve.h"
#include "net/sockopt.h"
#include "util/bytes.h"
#include "util/log.h"
#include "util/syscall_advice.h"

enum {
	STAGGER_MS = 250, /* RFC 8305 section 5: Connection Attempt Delay */
	TCP_LEN = 20,     /* headers without options */
	IPV4_LEN = 20,
	IPV6_LEN = 40,
};

_Static_assert((int)DIAL_ADDRS_MAX == (int)RESOLVE_ADDRS_MAX, "a look-up's result fits a dial's");

struct attempt {
	struct dial *dial;
	struct loop_watch watch; /* is_watched: the attempt is running and owns its fd */
	int error;               /* why it failed */
};

struct dial {
	struct loop *loop;
	struct dial_cfg cfg; /* its pointers point to the copies in query and fallback */
	struct resolve_query query;
	struct resolve *lookup; /* NULL: none under way */
	struct sockaddr_storage fallback[DIAL_ADDRS_MAX];

	struct attempt attempts[DIAL_ADDRS_MAX]; /* one for each of result.addrs */
	size_t begun, running;
	struct loop_timer stagger, lookup_limit, limit;
	struct loop_task begin;
	struct dial_result result;
};

static socklen_t sockaddr_len(const struct sockaddr_storage *sa)
{
	return sa->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

/* ---- the end */

static void attempt_end(struct attempt *a)
{
	if (!a->watch.is_watched)
		return;
	loop_unwatch(a->dial->loop, &a->watch);
	close(a->watch.fd);
	a->dial->running--;
}

static void release(struct dial *d)
{
	resolve_cancel(d->lookup);
	d->lookup = NULL;
	for (size_t i = 0; i < d->begun; i++)
		attempt_end(&d->attempts[i]);
	loop_timer_stop(d->loop, &d->stagger);
	loop_timer_stop(d->loop, &d->lookup_limit);
	loop_timer_stop(d->loop, &d->limit);
	loop_unpost(d->loop, &d->begin);
}

static void finish(struct dial *d, enum dial_status status)
{
	d->result.status = status;
	release(d);
	d->cfg.done(d->cfg.arg, &d->result);
	free(d);
}

void dial_cancel(struct dial *d)
{
	if (!d)
		return;
	release(d);
	free(d);
}

/* The error's text with a small first letter, for the middle of a line. */
static void error_words(char *to, size_t room, int error)
{
	snprintf(to, room, "%s", strerror(error));
	to[0] = (char)tolower((unsigned char)to[0]);
}

/* Linux refuses it at once, by EINVAL. */
static bool lacks_zone(const struct sockaddr_storage *addr)
{
	const struct sockaddr_in6 *a = (const void *)addr;

	return addr->ss_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&a->sin6_addr) &&
	       !a->sin6_scope_id;
}

static void describe(const struct dial *d, size_t i, char *to, size_t room)
{
	struct ip_text peer = ip_print_sockaddr(&d->result.addrs[i]);
	char words[64];

	if (lacks_zone(&d->result.addrs[i]))
		snprintf(words, sizeof(words),
			 "a link-local address needs its interface: fe80::1%%eth0");
	else
		error_words(words, sizeof(words), d->attempts[i].error);
	snprintf(to, room, "%s%s: %s", i ? "; " : "", peer.text, words);
}

/* "192.0.2.1:443: connection refused; [2001:db8::1]:443: ..." and how many more did not fit. */
static void finish_unanswered(struct dial *d)
{
	struct writer w = writer_of(d->result.text, sizeof(d->result.text) - 1);
	char entry[160], rest[] = "; and 16 more";

	for (size_t i = 0; i < d->begun; i++) {
		describe(d, i, entry, sizeof(entry));
		if (w.len + strlen(entry) + strlen(rest) > w.room) {
			snprintf(rest, sizeof(rest), "; and %zu more", d->begun - i);
			put_bytes(&w, rest, strlen(rest));
			break;
		}
		put_bytes(&w, entry, strlen(entry));
	}
	d->result.error = d->begun ? d->attempts[d->begun - 1].error : 0;
	finish(d, DIAL_NO_ANSWER);
}

static void finish_without_address(struct dial *d, const char *why)
{
	struct log_text host = log_quote(d->cfg.host, strlen(d->cfg.host));
	const char *kind = d->cfg.family == AF_INET    ? "IPv4 "
			   : d->cfg.family == AF_INET6 ? "IPv6 "
						       : "";

	snprintf(d->result.text, sizeof(d->result.text), "no %saddress for %.120s: %s", kind,
		 host.text, why);
	finish(d, DIAL_NO_ADDRESS);
}

/* ---- attempts */

static void attempt_ready(struct loop_watch *w, uint32_t events);

static void set_congestion(const struct dial *d, int fd)
{
	int error = congestion_set(fd, d->cfg.congestion);

	if (error)
		log_warn(NULL, "congestion control %s: %s", d->cfg.congestion,
			 congestion_error_text(error));
}

/* The SYN carries the MSS to the peer, so it limits both directions. */
static void limit_packets(const struct dial *d, int fd, int family)
{
	int segment = d->cfg.path_mtu - TCP_LEN - (family == AF_INET6 ? IPV6_LEN : IPV4_LEN);

	if (d->cfg.path_mtu)
		setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment));
}

/* A connecting socket, or -errno. */
static int connect_to(const struct dial *d, const struct sockaddr_storage *to)
{
	static const int on = 1;
	int fd = socket(to->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	int error;

	if (fd < 0)
		return -errno;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	error = d->cfg.mark ? sockopt_mark(fd, d->cfg.mark) : 0;
	if (error) {
		log_warn(NULL, "the firewall mark %#x cannot be set: CAP_NET_ADMIN is missing",
			 d->cfg.mark);
		close(fd);
		return error;
	}
	set_congestion(d, fd);
	limit_packets(d, fd, to->ss_family);
	if (!connect(fd, (const struct sockaddr *)to, sockaddr_len(to)) || errno == EINPROGRESS)
		return fd;
	error = errno;
	close(fd);
	return -error;
}

/* True when the attempt is running. */
static bool attempt_begin(struct dial *d, struct attempt *a, const struct sockaddr_storage *to)
{
	struct ip_text peer = ip_print_sockaddr(to);
	int fd, error = 0;

	log_debug(NULL, "dial: connecting to %s", peer.text);
	a->dial = d;
	a->error = ETIMEDOUT; /* unless it fails for another reason first */
	if (d->cfg.before_connect)
		error = d->cfg.before_connect(d->cfg.arg, to);
	fd = error ? error : connect_to(d, to);
	if (fd < 0) {
		a->error = -fd;
		return false;
	}
	a->watch = (struct loop_watch){ fd, EPOLLOUT, attempt_ready, false };
	error = loop_watch(d->loop, &a->watch);
	if (error) {
		close(fd);
		a->error = -error;
		return false;
	}
	d->running++;
	return true;
}

/* If an attempt fails at once, the next begins at once. */
static void connect_next(struct dial *d)
{
	loop_timer_stop(d->loop, &d->stagger);
	while (d->begun < d->result.addr_count) {
		size_t i = d->begun++;

		if (attempt_begin(d, &d->attempts[i], &d->result.addrs[i])) {
			loop_timer_set(d->loop, &d->stagger, loop_now(d->loop) + STAGGER_MS);
			return;
		}
	}
	if (!d->running)
		finish_unanswered(d);
}

static int socket_error(int fd)
{
	int error = 0;
	socklen_t len = sizeof(error);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) ? errno : error;
}

static void attempt_ready(struct loop_watch *w, uint32_t events)
{
	struct attempt *a = container_of(w, struct attempt, watch);
	struct dial *d = a->dial;

	(void)events;
	a->error = socket_error(w->fd);
	if (a->error) {
		attempt_end(a);
		connect_next(d);
		return;
	}
	loop_unwatch(d->loop, w); /* so that release does not close its socket */
	d->result.fd = w->fd;
	d->result.peer = d->result.addrs[a - d->attempts];
	finish(d, DIAL_CONNECTED);
}

static void stagger_expired(struct loop_timer *t)
{
	connect_next(container_of(t, struct dial, stagger));
}

/* ---- the look-up */

static void use_addresses(struct dial *d, const struct sockaddr_storage *addrs, size_t count)
{
	memcpy(d->result.addrs, addrs, count * sizeof(*addrs));
	d->result.addr_count = count;
	connect_next(d);
}

static void lookup_failed(struct dial *d, const char *why)
{
	loop_timer_stop(d->loop, &d->lookup_limit);
	if (!d->cfg.fallback_count) {
		finish_without_address(d, why);
		return;
	}
	log_debug(NULL, "dial: look-up: %s; using the addresses of the last one", why);
	use_addresses(d, d->cfg.fallback, d->cfg.fallback_count);
}

static void lookup_done(void *arg, const struct resolve_answer *answer)
{
	struct dial *d = arg;

	d->lookup = NULL;
	loop_timer_stop(d->loop, &d->lookup_limit);
	if (answer->count)
		d->result.looked_up_ms = loop_now(d->loop);
	if (answer->count)
		use_addresses(d, answer->addrs, answer->count);
	else
		lookup_failed(d, answer->text);
}

static void lookup_limit_expired(struct loop_timer *t)
{
	struct dial *d = container_of(t, struct dial, lookup_limit);

	resolve_cancel(d->lookup);
	d->lookup = NULL;
	lookup_failed(d, "no answer yet");
}

static void begin_lookup(struct dial *d)
{
	int error = resolve_start(d->loop, &d->query, lookup_done, d, &d->lookup);
	char words[64], why[256];

	if (!error) {
		if (d->cfg.fallback_count)
			loop_timer_set(d->loop, &d->lookup_limit,
				       loop_now(d->loop) + d->cfg.lookup_ms);
		return;
	}
	error_words(words, sizeof(words), -error);
	snprintf(why, sizeof(why), "%s%s", words, syscall_advice(error));
	lookup_failed(d, why);
}

/* ---- the beginning */

static void begin(struct loop_task *t)
{
	struct dial *d = container_of(t, struct dial, begin);
	struct resolve_answer answer;

	if (d->cfg.addr_count)
		use_addresses(d, d->cfg.addrs, d->cfg.addr_count);
	else if (resolve_literal(&d->query, &answer))
		use_addresses(d, answer.addrs, answer.count);
	else
		begin_lookup(d);
}

static void limit_expired(struct loop_timer *t)
{
	struct dial *d = container_of(t, struct dial, limit);

	if (d->lookup)
		finish_without_address(d, "the name servers do not answer");
	else
		finish_unanswered(d);
}

static void copy_cfg(struct dial *d, const struct dial_cfg *cfg)
{
	size_t count = cfg->fallback_count < DIAL_ADDRS_MAX ? cfg->fallback_count : DIAL_ADDRS_MAX;

	memcpy(d->query.host, cfg->host, strlen(cfg->host) + 1);
	d->query.port = cfg->port;
	d->query.family = cfg->family;
	d->query.method = cfg->lookup;
	if (count)
		memcpy(d->fallback, cfg->fallback, count * sizeof(*d->fallback));
	d->cfg = *cfg;
	d->cfg.host = d->query.host;
	d->cfg.fallback = d->fallback;
	d->cfg.fallback_count = count;
	if (d->cfg.addr_count > DIAL_ADDRS_MAX)
		d->cfg.addr_count = DIAL_ADDRS_MAX;
}

int dial_start(struct loop *l, const struct dial_cfg *cfg, struct dial **out)
{
	struct dial *d;

	if (strlen(cfg->host) >= sizeof(d->query.host))
		return -ENAMETOOLONG;
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->loop = l;
	copy_cfg(d, cfg);
	d->result.fd = -1;
	d->stagger.expired = stagger_expired;
	d->lookup_limit.expired = lookup_limit_expired;
	d->limit.expired = limit_expired;
	d->begin.run = begin;
	loop_timer_set(l, &d->limit, loop_now(l) + cfg->timeout_ms);
	loop_post(l, &d->begin); /* callbacks never come from inside this call */
	*out = d;
	return 0;
}
