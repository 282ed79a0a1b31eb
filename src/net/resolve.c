/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Name look-ups in a thread. getaddrinfo can't be interrupted, so a look-up that nobody waits for
 * any more goes on by itself: loop and thread share one block, and the later of the two frees it.
 * The thread writes the answer, then wakes the loop through an eventfd; it never touches the loop.
 */
#include "net/resolve.h"

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* What the resolvers of glibc (with its modules) and musl need, and no 8 MiB of address space. */
enum { STACK_LEN = 256 * 1024 };

struct resolve {
	atomic_int holders;
	int event_fd;
	struct resolve_query query;
	/* the thread's until is_answered, then the loop's */
	struct resolve_answer answer;
	atomic_bool is_answered;
	/* the loop's alone */
	struct loop *loop;
	struct loop_watch watch;
	void (*done)(void *arg, const struct resolve_answer *answer);
	void *arg;
};

static void let_go(struct resolve *r)
{
	if (atomic_fetch_sub(&r->holders, 1) > 1)
		return;
	close(r->event_fd);
	free(r);
}

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

/* RFC 8305 section 4: the families in turn, beginning with the system's favourite. */
static void take_addresses(const struct addrinfo *list, uint16_t port, struct resolve_answer *a)
{
	int favourite = list->ai_family, other = favourite == AF_INET6 ? AF_INET : AF_INET6;
	const struct addrinfo *f = first_of(list, favourite), *o = first_of(list, other);

	while (f || o) {
		take(f, port, a);
		take(o, port, a);
		f = f ? first_of(f->ai_next, favourite) : NULL;
		o = o ? first_of(o->ai_next, other) : NULL;
	}
}

/* The libraries' texts start with a capital; ours stand in the middle of a line. */
static void explain(int error, struct resolve_answer *a)
{
	if (error == EAI_AGAIN) { /* both libraries say "Try again" or the like, and not why */
		snprintf(a->text, sizeof(a->text), "no name server answers");
		return;
	}
	snprintf(a->text, sizeof(a->text), "%s",
		 error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
	a->text[0] = (char)tolower((unsigned char)a->text[0]);
}

static void look_up(const struct resolve_query *q, int flags, struct resolve_answer *a)
{
	struct addrinfo hints = {
		.ai_family = q->family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = flags,
	};
	struct addrinfo *list = NULL;
	int error = getaddrinfo(q->host, NULL, &hints, &list);

	a->count = 0;
	if (error) {
		explain(error, a);
		return;
	}
	take_addresses(list, q->port, a);
	freeaddrinfo(list);
}

bool resolve_literal(const struct resolve_query *q, struct resolve_answer *a)
{
	look_up(q, AI_NUMERICHOST, a);
	return a->count > 0;
}

static void *thread_main(void *arg)
{
	struct resolve *r = arg;
	uint64_t one = 1;

	look_up(&r->query, 0, &r->answer);
	atomic_store(&r->is_answered, true);
	while (write(r->event_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	let_go(r);
	return NULL;
}

static int thread_start(struct resolve *r)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int rc = pthread_attr_init(&attr);

	if (rc)
		return -rc;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_LEN);
	sigfillset(&all); /* signals are the loop's: a thread inherits the mask it is born with */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&thread, &attr, thread_main, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return -rc;
}

static void event_ready(struct loop_watch *w, uint32_t events)
{
	struct resolve *r = container_of(w, struct resolve, watch);

	(void)events;
	if (!atomic_load(&r->is_answered))
		return;
	loop_unwatch(r->loop, w);
	r->done(r->arg, &r->answer);
	let_go(r);
}

int resolve_start(struct loop *l, const struct resolve_query *q,
		  void (*done)(void *arg, const struct resolve_answer *answer), void *arg,
		  struct resolve **out)
{
	struct resolve *r = calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return -ENOMEM;
	r->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->event_fd < 0) {
		rc = -errno;
		goto no_event;
	}
	r->query = *q;
	r->loop = l;
	r->done = done;
	r->arg = arg;
	r->watch = (struct loop_watch){ r->event_fd, EPOLLIN, event_ready, false };
	rc = loop_watch(l, &r->watch);
	if (rc)
		goto no_watch;
	atomic_store(&r->holders, 2);
	rc = thread_start(r);
	if (rc)
		goto no_thread;
	*out = r;
	return 0;

no_thread:
	loop_unwatch(l, &r->watch);
no_watch:
	close(r->event_fd);
no_event:
	free(r);
	return rc;
}

void resolve_cancel(struct resolve *r)
{
	if (!r)
		return;
	loop_unwatch(r->loop, &r->watch);
	let_go(r);
}
