/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Name look-ups in a thread (job.h). getaddrinfo can't be interrupted, so a canceled look-up goes on, and
 * its block is freed after it.
 */
#include "net/resolve.h"

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/job.h"
#include "util/device_index.h"
#include "util/log.h"

/* Look-ups of a process; one without a reply occupies its thread for half a minute or more. */
static struct job_pool pool = JOB_POOL(16, 64);

struct resolve {
	struct job job;
	struct resolve_query query;
	struct resolve_answer answer; /* only the thread uses it until the job is done */
	void (*done)(void *arg, const struct resolve_answer *answer);
	void *arg;
	void *asked; /* query.method's */
};

static void set_port(struct sockaddr_storage *sa, uint16_t port)
{
	if (sa->ss_family == AF_INET)
		((struct sockaddr_in *)(void *)sa)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)(void *)sa)->sin6_port = htons(port);
}

static const struct addrinfo *first_of(const struct addrinfo *ai, int family)
{
	while (ai && ai->ai_family != family)
		ai = ai->ai_next;
	return ai;
}

static void take(const struct addrinfo *ai, uint16_t port, struct resolve_answer *a)
{
	struct sockaddr_storage *sa = &a->addrs[a->count];

	if (!ai || a->count == RESOLVE_ADDRS_MAX)
		return;
	memcpy(sa, ai->ai_addr, ai->ai_addrlen);
	set_port(sa, port);
	a->count++;
}

/* RFC 8305 section 4: the families in turn, beginning with the one that the system prefers. */
static void take_addresses(const struct addrinfo *list, uint16_t port, struct resolve_answer *a)
{
	int preferred = list->ai_family, other = preferred == AF_INET6 ? AF_INET : AF_INET6;
	const struct addrinfo *f = first_of(list, preferred), *o = first_of(list, other);

	while (f || o) {
		take(f, port, a);
		take(o, port, a);
		f = f ? first_of(f->ai_next, preferred) : NULL;
		o = o ? first_of(o->ai_next, other) : NULL;
	}
}

/* The libraries' texts start with a capital letter; ours are used in the middle of a line. */
static void explain(int error, struct resolve_answer *a)
{
	if (error == EAI_AGAIN) { /* both libraries say "Try again" or similar, without a reason */
		snprintf(a->text, sizeof(a->text), "no name server answers");
		return;
	}
	snprintf(a->text, sizeof(a->text), "%s",
		 error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
	a->text[0] = (char)tolower((unsigned char)a->text[0]);
}

/* "fe80::1%eth0": cuts the device off and returns its index. 0: it names none, or one that is unknown. */
static unsigned cut_device(char *host)
{
	char *at = strchr(host, ':') ? strchr(host, '%') : NULL;
	unsigned scope = at ? device_index(at + 1) : 0;

	if (scope)
		*at = '\0';
	return scope;
}

static void set_scope(struct resolve_answer *a, unsigned scope)
{
	for (size_t i = 0; i < a->count; i++)
		((struct sockaddr_in6 *)(void *)&a->addrs[i])->sin6_scope_id = scope;
}

/* "fe80::1%eth7" on a host without eth7. The zone may be a number too, which getaddrinfo reads. */
static bool is_device_missing(const char *host, struct resolve_answer *a)
{
	const char *at = strchr(host, ':') ? strchr(host, '%') : NULL;
	struct log_text device;

	if (!at || (at[1] >= '0' && at[1] <= '9'))
		return false;
	device = log_quote(at + 1, strlen(at + 1));
	snprintf(a->text, sizeof(a->text), "this host has no interface %.40s", device.text);
	return true;
}

static void look_up(const struct resolve_query *q, int flags, struct resolve_answer *a)
{
	struct resolve_query copy = *q;
	unsigned scope = cut_device(copy.host);
	struct addrinfo hints = {
		.ai_family = q->family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = flags | (scope ? AI_NUMERICHOST : 0),
	};
	struct addrinfo *list = NULL;
	int error;

	a->count = 0;
	if (is_device_missing(copy.host, a))
		return;
	error = getaddrinfo(copy.host, NULL, &hints, &list);
	if (error) {
		explain(error, a);
		return;
	}
	take_addresses(list, q->port, a);
	if (scope)
		set_scope(a, scope);
	freeaddrinfo(list);
}

bool resolve_literal(const struct resolve_query *q, struct resolve_answer *a)
{
	look_up(q, AI_NUMERICHOST, a);
	return a->count > 0;
}

static void work(struct job *job)
{
	struct resolve *r = container_of(job, struct resolve, job);

	look_up(&r->query, 0, &r->answer);
}

static void discard(struct job *job)
{
	free(container_of(job, struct resolve, job));
}

static void answered(struct job *job)
{
	struct resolve *r = container_of(job, struct resolve, job);

	r->done(r->arg, &r->answer);
	free(r);
}

static void answered_otherwise(void *arg, const struct resolve_answer *answer)
{
	struct resolve *r = arg;

	r->done(r->arg, answer);
	free(r);
}

static int start(struct loop *l, struct resolve *r)
{
	const struct resolve_method *m = r->query.method;

	if (m)
		return m->start(m, l, &r->query, answered_otherwise, r, &r->asked);
	return job_start(&pool, l, &r->job);
}

int resolve_start(struct loop *l, const struct resolve_query *q,
		  void (*done)(void *arg, const struct resolve_answer *answer), void *arg,
		  struct resolve **out)
{
	struct resolve *r = calloc(1, sizeof(*r));
	int error;

	if (!r)
		return -ENOMEM;
	r->job = (struct job){ .work = work, .done = answered, .discard = discard };
	r->query = *q;
	r->done = done;
	r->arg = arg;
	error = start(l, r);
	if (error)
		free(r);
	else
		*out = r;
	return error;
}

void resolve_cancel(struct resolve *r)
{
	if (r && r->query.method) {
		r->query.method->cancel(r->asked);
		free(r);
	} else if (r) {
		job_cancel(&r->job);
	}
}
