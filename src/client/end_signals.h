/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The signals that ask a client to end: END_SIGNALS of proc/pending.h, but not SIGHUP if it was ignored at the start.
 * They are read separately from other signals, so that the helper can look at one while it is still pending.
 */
#ifndef SSTP_CLIENT_END_SIGNALS_H
#define SSTP_CLIENT_END_SIGNALS_H

#include "net/loop.h"

struct end_signals {
	void (*pending)(void *arg); /* a signal has come; it is read after this call */
	void (*caught)(void *arg, const struct signalfd_siginfo *info);
	void *arg;
	/* private */
	struct loop *loop; /* NULL: not open */
	struct loop_watch watch;
};

/* Blocks them in this thread. 0 or -errno. */
int end_signals_open(struct end_signals *s, struct loop *l);
void end_signals_close(struct end_signals *s);

#endif
