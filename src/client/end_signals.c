/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/end_signals.h"

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
	int fd = loop_signal_fd(signals, sizeof(signals) / sizeof(*signals)), error;

	if (fd < 0)
		return fd;
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
