/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs and supervises the user's command.
 *
 * We are a subreaper (prctl(2)): a descendant that loses its parent becomes our child, not init's.
 * So we find all descendants of the command by walking up from each existing process.
 */
#include "proc/command.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proc/descriptors.h"
#include "proc/parent.h"
#include "util/clock.h"
#include "util/syscall_advice.h"
#include "util/signals.h"

enum {
	GRACE_MS = 2000, /* between SIGTERM and SIGKILL, and after SIGKILL */
	LOOK_MS = 10,
	ANCESTORS_MAX = 1000, /* processes come and go while we walk: bound the walk */
};

/* ---- descendants */

/* 0: it has no parent that we can see, or is gone. */
static pid_t parent_of(pid_t pid)
{
	char path[64], text[512];
	const char *name_end;
	pid_t parent = 0;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len < 0 ? 0 : len] = '\0';
	/* "4711 (name) S 4710 ...", and the name may contain anything */
	name_end = strrchr(text, ')');
	if (!name_end || sscanf(name_end + 1, " %*c %d", &parent) != 1)
		return 0;
	return parent;
}

static bool is_descendant(pid_t pid)
{
	pid_t self = getpid();

	if (pid == self)
		return false;
	for (int i = 0; pid > 0 && i < ANCESTORS_MAX; i++) {
		pid = parent_of(pid);
		if (pid == self)
			return true;
	}
	return false;
}

static void signal_descendants(int sig)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	pid_t pid;

	if (!proc)
		return;
	while ((entry = readdir(proc))) {
		pid = atoi(entry->d_name);
		if (pid > 0 && is_descendant(pid)) {
			kill(pid, sig);
			kill(pid, SIGCONT); /* a stopped process would not receive it */
		}
	}
	closedir(proc);
}

/* ---- the child */

/* Restores what we changed. The rest is as we inherited it: nohup's SIGHUP stays ignored. */
static void restore_signals(void)
{
	sigset_t none;

	signals_restore_unused();
	signal(SIGTTOU, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * Our own descriptors close by FD_CLOEXEC. Those that we inherited stay open: the command may need
 * them, as in `sstp run HOST -- diff <(a) <(b)`.
 */
static void become(const struct command_cfg *cfg, pid_t parent)
{
	int code = cfg->prepare ? cfg->prepare(cfg->arg) : 0, error;
	char path[PATH_MAX];

	if (code)
		_exit(code);
	/* after `prepare`, which may change the user, which would undo it */
	if (!parent_end_sends(parent, SIGKILL))
		_exit(COMMAND_NO_START);
	restore_signals();
	execvpe(cfg->argv[0], cfg->argv, cfg->env->var);
	error = errno;
	/* execvpe fails with EACCES if a folder of PATH is not accessible; a shell says "not found" */
	if (error == EACCES && !strchr(cfg->argv[0], '/') && !run_find(cfg->argv[0], path))
		error = ENOENT;
	log_error(cfg->log, "cannot run %s: %s", cfg->argv[0], strerror(error));
	_exit(error == ENOENT ? COMMAND_NOT_FOUND : COMMAND_NO_START);
}

/* ---- the parent */

int command_start(struct command *c, const struct command_cfg *cfg)
{
	pid_t pid = -1, parent = getpid();

	errno = ENOMEM;
	if (!cfg->env->is_short) {
		prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
		signal(SIGCHLD, SIG_DFL); /* if it were ignored, no child could be waited for */
		signal(SIGTTOU, SIG_IGN); /* a shell takes the terminal, but we still log to it */
		pid = fork();
	}
	if (pid < 0) {
		int error = errno;

		log_error(cfg->log, "cannot run %s: %s%s", cfg->argv[0], strerror(error),
			  syscall_advice(-error));
		return -error;
	}
	if (pid == 0)
		become(cfg, parent);
	*c = (struct command){ pid, true, cfg->ended, cfg->log, cfg->stops_parent };
	return 0;
}

/* Whether it is stopped and has not continued meanwhile. */
static bool is_stopped(pid_t pid, int options)
{
	siginfo_t info = { .si_pid = 0 };

	return !waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG | options) && info.si_pid;
}

static void pause_ms(unsigned ms)
{
	const struct timespec t = { .tv_nsec = (long)ms * 1000000L };

	nanosleep(&t, NULL);
}

/*
 * Stops us too, or our process group, because the shell that started us sees only us. When we continue, the command continues
 * too, and gets the terminal back if it had it and we have it now.
 */
static void stop_with(struct command *c)
{
	int tty = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);
	pid_t front = tty < 0 ? -1 : tcgetpgrp(tty);

	if (front > 0 && (front == getpgrp() || front == getpgid(c->pid))) {
		tcsetpgrp(tty, getpgrp());
		/* all at once, as the terminal does it: a shell that continues its job meanwhile ends each stop */
		if (c->stops_parent)
			kill(0, SIGTSTP);
		else
			raise(SIGTSTP);
		if (tcgetpgrp(tty) == getpgrp())
			tcsetpgrp(tty, front);
		kill(c->pid, SIGCONT);
	}
	if (tty >= 0)
		close(tty);
}

/*
 * The command has stopped itself, as ssh does at ~^Z and a shell at `suspend`. Ctrl-Z stops us with
 * it; then both of us continue later, though not at the same moment.
 */
static void follow_stop(struct command *c)
{
	if (!c->pid || !is_stopped(c->pid, WNOWAIT))
		return;
	pause_ms(2 * LOOK_MS);
	if (is_stopped(c->pid, 0))
		stop_with(c);
}

static void reap(struct command *c)
{
	int status;
	pid_t pid;

	follow_stop(c);
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != c->pid)
			continue;
		c->pid = 0;
		signal_descendants(SIGTERM);
		c->ended(c, run_exit_status(status));
	}
}

bool command_takes(const struct signalfd_siginfo *info)
{
	static const int signals[] = { COMMAND_SIGNALS };

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (info->ssi_signo == (uint32_t)signals[i])
			return true;
	return false;
}

/* A terminal that hangs up sends SIGHUP to the leader of its session alone, which may be us: xterm -e, ssh -t. */
bool command_has_signal(const struct signalfd_siginfo *info)
{
	return info->ssi_code == SI_KERNEL && info->ssi_signo != SIGHUP;
}

bool command_signal(struct command *c, const struct signalfd_siginfo *info)
{
	if (info->ssi_signo == SIGCHLD) {
		reap(c);
		return true;
	}
	if (!c->pid || !command_takes(info))
		return false;
	if (!command_has_signal(info))
		kill(c->pid, (int)info->ssi_signo);
	return true;
}

/* ---- its descriptors */

static bool is_own(const void *arg, int fd)
{
	(void)arg;
	return !descriptors_is_inherited(fd);
}

/*
 * The terminal of another user, as after `su bob`, cannot be opened by its path, but as /dev/tty by everybody. 0 or -errno.
 */
static int only_write_to_terminal(void)
{
	int error;

	if (!isatty(STDERR_FILENO) || (fcntl(STDERR_FILENO, F_GETFL) & O_ACCMODE) == O_WRONLY)
		return 0;
	error = descriptors_reopen(STDERR_FILENO, "/proc/self/fd/2", O_WRONLY);
	if (error && tcgetpgrp(STDERR_FILENO) >= 0 && /* it is that one */
	    !descriptors_reopen(STDERR_FILENO, "/dev/tty", O_WRONLY))
		error = 0;
	return error;
}

/* 0 or -errno. *what: that cannot be opened. */
static int stop_reading(const char **what)
{
	int error;

	*what = "/dev/null";
	error = descriptors_reopen_null(STDIN_FILENO, O_RDONLY);
	if (!error)
		error = descriptors_reopen_null(STDOUT_FILENO, O_WRONLY);
	if (error)
		return error;
	*what = "standard error only for writing (2>FILE avoids this)";
	return only_write_to_terminal();
}

int command_drop_descriptors(enum sandbox_mode mode, const struct log *log)
{
	bool must = mode == SANDBOX_REQUIRE;
	const char *what;
	int error;

	if (mode == SANDBOX_OFF)
		return 0;
	descriptors_close(is_own, NULL);
	error = stop_reading(&what);
	if (error)
		log_at(log, must ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN,
		       "%sthe process that reads the network can read what is typed at this terminal: "
		       "it cannot open %s: %s",
		       must ? "--sandbox require: " : "", what, strerror(-error));
	return must ? error : 0;
}

/* ---- the end */

/* True: no child is left. */
static bool wait_for_all(unsigned limit_ms)
{
	uint64_t start = clock_now_ms();
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, NULL, WNOHANG);
		if (pid < 0 && errno != EINTR)
			return true;
		if (clock_now_ms() - start >= limit_ms)
			return false;
		if (pid <= 0)
			pause_ms(LOOK_MS);
	}
}

void command_close(struct command *c)
{
	uint64_t start;

	if (!c->was_started)
		return;
	if (c->pid) /* else the descendants have been sent SIGTERM already */
		signal_descendants(SIGTERM);
	c->pid = 0;
	c->was_started = false;
	if (wait_for_all(GRACE_MS))
		return;
	/* repeatedly: a process may just be starting another */
	start = clock_now_ms();
	do
		signal_descendants(SIGKILL);
	while (!wait_for_all(5 * LOOK_MS) && clock_now_ms() - start < GRACE_MS);
}
