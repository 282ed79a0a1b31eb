/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/attempt.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/exit_code.h"
#include "proc/parent.h"
#include "proc/run.h"
#include "util/log.h"
#include "util/log_writer.h"

static const int passed[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 };

static void watched_signals(sigset_t *to)
{
	sigemptyset(to);
	sigaddset(to, SIGCHLD);
	for (size_t i = 0; i < sizeof(passed) / sizeof(*passed); i++)
		sigaddset(to, passed[i]);
}

/*
 * A terminal's signal (SI_KERNEL) has reached the child, too; but SIGHUP comes to the leader of its session alone, which
 * may be us.
 */
static int wait_for(pid_t child, const sigset_t *watched)
{
	siginfo_t info;
	int status;

	for (;;) {
		pid_t ended = waitpid(child, &status, WNOHANG);

		if (ended == child)
			return run_exit_status(status);
		if (ended < 0 && errno != EINTR)
			return EXIT_OTHER;
		if (sigwaitinfo(watched, &info) > 0 && info.si_signo != SIGCHLD &&
		    (info.si_code != SI_KERNEL ||
		     (info.si_signo == SIGHUP && getsid(0) == getpid())))
			kill(child, info.si_signo);
	}
}

static _Noreturn void run_child(struct client_cfg *cfg,
				int (*run)(void *arg, struct client_cfg *cfg), void *arg,
				pid_t parent)
{
	int code = EXIT_OTHER;

	log_writer_after_fork();
	if (parent_end_sends(parent, SIGTERM))
		code = run(arg, cfg);
	fflush(stdout);
	log_flush(LOG_FLUSH_MS);
	_exit(code);
}

int attempt_run(struct client_cfg *cfg, int (*run)(void *arg, struct client_cfg *cfg), void *arg)
{
	struct client_refusal *own = cfg->refusal;
	struct client_refusal *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
					     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	sigset_t watched, before;
	pid_t parent = getpid(), child;
	int code = EXIT_OTHER;

	if (shared == MAP_FAILED)
		return run(arg, cfg);
	cfg->refusal = shared;
	watched_signals(&watched);
	signal(SIGCHLD, SIG_DFL); /* if it were ignored, no child could be waited for */
	sigprocmask(SIG_BLOCK, &watched, &before);
	fflush(stdout);
	child = fork();
	if (child == 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		run_child(cfg, run, arg, parent);
	}
	if (child > 0)
		code = wait_for(child, &watched);
	else
		log_error(NULL, "cannot start a process: %s", strerror(errno));
	sigprocmask(SIG_SETMASK, &before, NULL);
	cfg->refusal = own;
	if (own)
		*own = *shared;
	munmap(shared, sizeof(*shared));
	return code;
}
