/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ignores unused signals. */
#include "util/signals.h"

#include <signal.h>
#include <stdbool.h>

static const int unused[] = {
	SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGXFSZ,
};

static bool was_ignored[sizeof(unused) / sizeof(*unused)]; /* when we were started */

static void set_real_time(void (*to)(int))
{
	for (int sig = SIGRTMIN; sig <= SIGRTMAX; sig++)
		signal(sig, to);
}

void signals_ignore_unused(void)
{
	for (unsigned i = 0; i < sizeof(unused) / sizeof(*unused); i++)
		was_ignored[i] = signal(unused[i], SIG_IGN) == SIG_IGN;
	set_real_time(SIG_IGN);
}

void signals_restore_unused(void)
{
	for (unsigned i = 0; i < sizeof(unused) / sizeof(*unused); i++)
		if (!was_ignored[i])
			signal(unused[i], SIG_DFL);
	set_real_time(SIG_DFL);
}
