/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/end_signals.h"

#include <pthread.h>
#include <signal.h>
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

/* As by nohup. Then it stays ignored, and it must not be blocked: it would become pending. */
static bool hangup_is_ignored(void)
{
	struct sigaction now;
	sigset_t hangup;

	if (sigaction(SIGHUP, NULL, &now) || now.sa_handler != SIG_IGN)
		return false;
	sigemptyset(&hangup);
	sigaddset(&hangup, SIGHUP);
	return !pthread_sigmask(SIG_UNBLOCK, &hangup, NULL);
}

int end_signals_open(struct end_signals *s, struct loop *l)
{
	static const int signals[] = { END_SIGNALS }; /* SIGHUP is the last one */
	size_t count = sizeof(signals) / sizeof(*signals) - hangup_is_ignored();
	int fd = loop_signal_fd(signals, count), error;

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
