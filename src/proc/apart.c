/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proc/apart.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/run.h"
#include "util/log_writer.h"

static const int passed[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 };

static void fill(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	for (size_t i = 0; i < sizeof(passed) / sizeof(*passed); i++)
		sigaddset(set, passed[i]);
}

/* Signals are blocked: none is lost between a look at the child and the wait for the next. */
static int follow(pid_t child, const sigset_t *set)
{
	siginfo_t info;
	int status;

	while (waitpid(child, &status, WNOHANG) != child) {
		int signal_number = sigwaitinfo(set, &info);

		if (signal_number > 0 && signal_number != SIGCHLD && info.si_code != SI_KERNEL)
			kill(child, signal_number);
	}
	return run_exit_status(status);
}

int run_apart(int (*work)(void *arg), void *arg)
{
	sigset_t set, before;
	pid_t child;
	int result;

	fill(&set);
	signal(SIGCHLD, SIG_DFL); /* if it were ignored, there would be no status */
	sigprocmask(SIG_BLOCK, &set, &before);
	child = fork();
	if (child == 0) {
		log_writer_after_fork();
		sigprocmask(SIG_SETMASK, &before, NULL);
		result = work(arg);
		log_flush(LOG_FLUSH_MS);
		_exit(result);
	}
	result = child < 0 ? -errno : follow(child, &set);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return result;
}
