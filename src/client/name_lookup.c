/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One look-up. A try is a connected socket with a random port, and a query for each family that has no reply
 * yet. It ends with the last reply, a failure, or NAME_LOOKUP_TRY_MS.
 */
#include "client/name_lookup.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "dns/message.h"
#include "net/sockopt.h"
#include "util/file.h"
#include "util/secret.h"

enum { ALIASES_MAX = 8, HOSTS_LEN_MAX = 1024 * 1024 };

/* What is asked for one family. */
struct name_query {
	enum dns_type type;
	bool is_open; /* no reply yet */
	uint16_t id;
	unsigned aliases;
	char name[DNS_NAME_MAX + 1];
	struct ip_addr addrs[DNS_ADDRESSES];
	size_t count;
};

struct name_lookup {
	const struct name_lookup_cfg *cfg;
	struct loop *loop;
	struct resolve_query query;
	void (*done)(void *arg, const struct resolve_answer *answer);
	void *arg;
	struct name_query families[2]; /* AAAA, A */
	unsigned tries;
	int send_error; /* of this try */
	struct loop_watch watch;
	struct loop_timer timer;
	struct loop_task begin;
	char why[128]; /* the last try failed */
};

/* ---- the end */

static void hang_up(struct name_lookup *l)
{
	if (!l->watch.is_watched)
		return;
	loop_unwatch(l->loop, &l->watch);
	close(l->watch.fd);
}

static void cancel(void *asked)
{
	struct name_lookup *l = asked;

	hang_up(l);
	loop_timer_stop(l->loop, &l->timer);
	loop_unpost(l->loop, &l->begin);
	free(l);
}

static bool has_any(const struct name_lookup *l)
{
	return l->families[0].count || l->families[1].count;
}

/* RFC 8305 section 4: the families in turn. */
static void finish(struct name_lookup *l)
{
	struct resolve_answer a = { .count = 0 };

	for (size_t i = 0; i < DNS_ADDRESSES; i++)
		for (size_t f = 0; f < 2; f++)
			if (i < l->families[f].count && a.count < RESOLVE_ADDRS_MAX)
				a.addrs[a.count++] =
					ip_sockaddr(&l->families[f].addrs[i], l->query.port);
	if (!a.count)
		snprintf(a.text, sizeof(a.text), "%s",
			 *l->why ? l->why : "the name server has no address for it");
	hang_up(l);
	loop_timer_stop(l->loop, &l->timer);
	l->done(l->arg, &a);
	free(l);
}

/* ---- a try */

static void next_try(struct name_lookup *l);

static bool is_open(const struct name_lookup *l)
{
	return l->families[0].is_open || l->families[1].is_open;
}

static const struct ip_addr *server_of(const struct name_lookup *l)
{
	return &l->cfg->servers[(l->tries - 1) % l->cfg->server_count];
}

static void failed(struct name_lookup *l, const char *why)
{
	snprintf(l->why, sizeof(l->why), "name server %s: %.30s", ip_print(server_of(l)).text, why);
	next_try(l);
}

/* What is wrong (the port is closed, a firewall forbids it) is noticed here or when reading. */
static void send_query(struct name_lookup *l, struct name_query *q)
{
	uint8_t message[DNS_QUERY_MAX];
	struct writer w = writer_of(message, sizeof(message));

	secret_random(&q->id, sizeof(q->id));
	dns_put_query(&w, q->id, q->name, q->type, l->tries <= l->cfg->server_count);
	if (send(l->watch.fd, message, w.len, MSG_NOSIGNAL) < 0)
		l->send_error = errno;
}

static void take(struct name_query *q, const struct dns_response *r)
{
	for (size_t i = 0; i < r->count; i++)
		q->addrs[i] = r->addresses[i];
	q->count = r->count;
	q->is_open = false;
}

/* True: the reply belongs to this query, which may go on with an alias. */
static bool take_response(struct name_lookup *l, struct name_query *q, struct bytes message,
			  uint8_t *rcode)
{
	struct dns_response r;

	if (!q->is_open || !dns_parse_response(message, q->id, q->name, q->type, &r))
		return false;
	*rcode = r.rcode;
	if (r.rcode != DNS_NOERROR && r.rcode != DNS_NXDOMAIN)
		return true;
	if (*r.alias && !r.count && q->aliases < ALIASES_MAX) {
		q->aliases++;
		memcpy(q->name, r.alias, sizeof(q->name));
		send_query(l, q);
		return true;
	}
	take(q, &r);
	return true;
}

static void on_reply(struct loop_watch *w, uint32_t events)
{
	struct name_lookup *l = container_of(w, struct name_lookup, watch);
	uint8_t in[DNS_UDP_MAX], rcode = DNS_NOERROR;
	ssize_t n = recv(w->fd, in, sizeof(in), 0);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		failed(l, strerror(errno));
		return;
	}
	for (size_t f = 0; f < 2; f++)
		if (take_response(l, &l->families[f], bytes_of(in, (size_t)n), &rcode))
			break;
	if (rcode != DNS_NOERROR && rcode != DNS_NXDOMAIN)
		failed(l, rcode == DNS_REFUSED ? "it refuses the query" : "it fails");
	else if (!is_open(l))
		finish(l);
	else if (has_any(l))
		loop_timer_set(l->loop, &l->timer, loop_now(l->loop) + NAME_LOOKUP_OTHER_MS);
}

static int open_socket(const struct name_lookup *l)
{
	struct sockaddr_storage to = ip_sockaddr(server_of(l), l->cfg->port);
	socklen_t len =
		to.ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error;

	if (fd < 0)
		return -errno;
	error = l->cfg->mark ? sockopt_mark(fd, l->cfg->mark) : 0;
	if (!error && connect(fd, (const struct sockaddr *)&to, len))
		error = -errno;
	if (!error)
		return fd;
	close(fd);
	return error;
}

static int begin_try(struct name_lookup *l)
{
	int fd = open_socket(l), error;

	if (fd < 0)
		return fd;
	l->watch = (struct loop_watch){ .fd = fd, .events = EPOLLIN, .ready = on_reply };
	error = loop_watch(l->loop, &l->watch);
	if (error) {
		close(fd);
		return error;
	}
	l->send_error = 0;
	for (size_t f = 0; f < 2; f++)
		if (l->families[f].is_open)
			send_query(l, &l->families[f]);
	loop_timer_set(l->loop, &l->timer,
		       loop_now(l->loop) + (l->send_error ? 0 : NAME_LOOKUP_TRY_MS));
	return 0;
}

static void next_try(struct name_lookup *l)
{
	int error = 1;

	hang_up(l);
	while (error && !has_any(l) && l->tries < NAME_LOOKUP_ROUNDS * l->cfg->server_count) {
		l->tries++;
		error = begin_try(l);
		if (error)
			snprintf(l->why, sizeof(l->why), "name server %s: %.30s",
				 ip_print(server_of(l)).text, strerror(-error));
	}
	if (error)
		finish(l);
}

static void on_timer(struct loop_timer *t)
{
	struct name_lookup *l = container_of(t, struct name_lookup, timer);

	if (has_any(l))
		finish(l);
	else
		failed(l, l->send_error ? strerror(l->send_error) : "no answer");
}

/* ---- the hosts file: an address, then its names */

static bool is_wanted(const struct name_lookup *l, const struct ip_addr *a)
{
	return l->query.family == AF_UNSPEC || l->query.family == a->family;
}

static void take_line(struct name_lookup *l, char *line)
{
	static const char blanks[] = " \t\r";
	char *rest = line, *word;
	struct name_query *q;
	struct ip_addr a;

	line[strcspn(line, "#")] = '\0';
	word = strtok_r(line, blanks, &rest);
	if (!word || !ip_parse(word, &a) || !is_wanted(l, &a))
		return;
	q = &l->families[a.family == AF_INET];
	while ((word = strtok_r(NULL, blanks, &rest)))
		if (!strcasecmp(word, l->query.host) && q->count < DNS_ADDRESSES) {
			q->addrs[q->count++] = a;
			return;
		}
}

static void read_hosts(struct name_lookup *l)
{
	char *text, *rest, *line;
	size_t len;

	if (file_read(l->cfg->hosts, HOSTS_LEN_MAX, &text, &len))
		return;
	rest = text;
	while ((line = strsep(&rest, "\n")))
		take_line(l, line);
	file_free(text, len);
}

/* ---- the beginning */

static void begin(struct loop_task *t)
{
	struct name_lookup *l = container_of(t, struct name_lookup, begin);
	char name[DNS_NAME_MAX + 1];

	read_hosts(l);
	if (has_any(l)) {
		finish(l);
		return;
	}
	if (!dns_name_normalize(l->query.host, name) || !l->cfg->server_count) {
		snprintf(l->why, sizeof(l->why), "%s",
			 l->cfg->server_count ? "it is no name of the DNS"
					      : "no name server is known");
		finish(l);
		return;
	}
	for (size_t f = 0; f < 2; f++) {
		int family = l->families[f].type == DNS_A ? AF_INET : AF_INET6;

		memcpy(l->families[f].name, name, sizeof(name));
		l->families[f].is_open = !l->query.family || l->query.family == family;
	}
	next_try(l);
}

static int start(const struct resolve_method *m, struct loop *loop, const struct resolve_query *q,
		 void (*done)(void *arg, const struct resolve_answer *answer), void *arg,
		 void **out)
{
	struct name_lookup *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->cfg = m->arg;
	l->loop = loop;
	l->query = *q;
	l->done = done;
	l->arg = arg;
	l->families[0].type = DNS_AAAA;
	l->families[1].type = DNS_A;
	l->timer.expired = on_timer;
	l->begin.run = begin;
	loop_post(loop, &l->begin);
	*out = l;
	return 0;
}

void name_lookup_init(struct name_lookup_cfg *cfg)
{
	cfg->method = (struct resolve_method){ start, cancel, cfg };
	cfg->port = DNS_PORT;
	cfg->hosts = "/etc/hosts";
}
