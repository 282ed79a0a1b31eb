/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ends by a signal, with the exit status that a shell shows for it. */
#include "util/pid1.h"

#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

static void end(int signal_number)
{
	_exit(128 + signal_number);
}

void pid1_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction ends = { .sa_handler = end };

	if (getpid() != 1)
		return;
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &ends, NULL);
}

void pid1_reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}
