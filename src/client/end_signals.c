/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/end_signals.h"

#include <errno.h>
#include <unistd.h>

#include "proc/pending.h"

static void on_ready(struct loop_watch *w, uint32_t events)
{
	struct end_signals *s = container_of(w, struct end_signals, watch);
	struct signalfd_siginfo info;

	(void)events;
	s->pending(s->arg);
	if (read(w->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		s->caught(s->arg, &info);
}

int end_signals_open(struct end_signals *s, struct loop *l)
{
	static const int signals[] = { END_SIGNALS };
	sigset_t set;
	int fd, error;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaddset(&set, signals[i]);
	error = -pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (error)
		return error;
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	s->watch = (struct loop_watch){ .fd = fd, .events = EPOLLIN, .ready = on_ready };
	error = loop_watch(l, &s->watch);
	if (error)
		close(fd);
	else
		s->loop = l;
	return error;
}

void end_signals_close(struct end_signals *s)
{
	if (!s->loop)
		return;
	loop_unwatch(s->loop, &s->watch);
	close(s->watch.fd);
	s->loop = NULL;
}
