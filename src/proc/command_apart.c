/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A socket pair is between the two. We send a byte: START, or the number of a signal. The supervisor sends the exit
 * status, an int.
 */
#include "proc/command_apart.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/descriptors.h"
#include "proc/fdpass.h"
#include "proc/parent.h"
#include "util/log_writer.h"
#include "util/syscall_advice.h"

enum { START = 0 };

/* ---- the supervisor */

struct supervisor {
	struct command command;
	const struct command_cfg *cfg;
	int fd; /* the other process */
	bool was_started;
};

static void report(const struct supervisor *s, int status)
{
	if (send(s->fd, &status, sizeof(status), MSG_NOSIGNAL) < 0) {
		/* it has ended, which the next read shows */
	}
}

static void on_end(struct command *command, int status)
{
	report(container_of(command, struct supervisor, command), status);
}

static void start(struct supervisor *s)
{
	struct command_cfg cfg = *s->cfg;

	s->was_started = true;
	cfg.ended = on_end;
	cfg.stops_parent = true;
	if (command_start(&s->command, &cfg))
		report(s, -1);
}

static bool is_passed_on(int sig)
{
	const struct signalfd_siginfo info = { .ssi_signo = (uint32_t)sig };

	return sig != SIGCHLD && command_takes(&info);
}

/* The other process may be an attacker's. False: it has ended. */
static bool take_order(struct supervisor *s)
{
	uint8_t order;
	ssize_t n = recv(s->fd, &order, 1, 0);

	if (n < 0 && errno == EINTR)
		return true;
	if (n != 1)
		return false;
	if (order == START && !s->was_started)
		start(s);
	else if (order && s->command.pid && is_passed_on(order))
		kill(s->command.pid, order);
	return true;
}

/* What the terminal sends goes to all of the group; only a child's end is for us. */
static void take_signal(struct supervisor *s, int signal_fd)
{
	struct signalfd_siginfo info;

	if (read(signal_fd, &info, sizeof(info)) == sizeof(info) && info.ssi_signo == SIGCHLD)
		command_signal(&s->command, &info);
}

static int open_signals(void)
{
	static const int signals[] = { COMMAND_SIGNALS, SIGUSR2 };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_SETMASK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* The command keeps what it would have: the descriptors that we inherited. */
static bool keeps(const void *socket, int fd)
{
	return fd == *(const int *)socket || descriptors_is_inherited(fd);
}

static _Noreturn void supervise(struct supervisor *s, pid_t pid)
{
	struct parent parent;
	struct pollfd p[3] = { { .fd = s->fd, .events = POLLIN },
			       { .fd = -1, .events = POLLIN },
			       { .fd = -1, .events = POLLIN } };

	prctl(PR_SET_NAME, "sstp-command");
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* the password is in our memory */
	log_writer_after_fork();
	descriptors_close(keeps, &s->fd);
	log_writer_go_on();
	p[1].fd = open_signals();
	parent = parent_open(pid);
	p[2].fd = parent.fd;
	while (!parent_has_ended(&parent)) {
		if (poll(p, 3, parent_poll_ms(&parent)) < 0 && errno != EINTR)
			break;
		if (p[0].revents && !take_order(s))
			break;
		if (p[1].revents)
			take_signal(s, p[1].fd);
		p[0].revents = p[1].revents = 0;
	}
	command_close(&s->command);
	log_flush(LOG_FLUSH_MS);
	_exit(0);
}

/* ---- the other process */

static void forget(struct command_apart *c)
{
	c->is_running = false;
	loop_unwatch(c->loop, &c->watch);
	close(c->watch.fd);
	c->watch.fd = -1;
}

static void on_report(struct loop_watch *watch, uint32_t events)
{
	struct command_apart *c = container_of(watch, struct command_apart, watch);
	int status;
	ssize_t n = recv(watch->fd, &status, sizeof(status), MSG_DONTWAIT);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != sizeof(status))
		forget(c); /* the supervisor was killed */
	c->is_running = false;
	c->ended(c, n == sizeof(status) ? status : -1);
}

static int fork_supervisor(struct command_apart *c, const struct command_cfg *cfg)
{
	int ends[2], error = fdpass_pair(ends);
	pid_t self = getpid();

	if (error)
		return error;
	c->pid = fork();
	if (c->pid == 0)
		supervise(&(struct supervisor){ .cfg = cfg, .fd = ends[1] }, self);
	error = c->pid < 0 ? -errno : 0;
	close(ends[1]);
	c->watch = (struct loop_watch){ .fd = ends[0], .events = EPOLLIN, .ready = on_report };
	if (!error)
		error = loop_watch(c->loop, &c->watch);
	if (error) {
		close(ends[0]);
		c->pid = 0;
	}
	return error;
}

int command_apart_fork(struct command_apart *c, struct loop *loop, const struct command_cfg *cfg)
{
	int error;

	c->loop = loop;
	signal(SIGCHLD, SIG_DFL); /* if it were ignored, no child could be waited for */
	error = cfg->env->is_short ? -ENOMEM : fork_supervisor(c, cfg);
	if (error)
		log_error(cfg->log, "cannot run %s: %s%s", cfg->argv[0], strerror(-error),
			  syscall_advice(error));
	return error;
}

static int order(const struct command_apart *c, uint8_t what)
{
	return send(c->watch.fd, &what, 1, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int command_apart_start(struct command_apart *c)
{
	int error = order(c, START);

	c->is_running = !error;
	return error;
}

bool command_apart_signal(struct command_apart *c, const struct signalfd_siginfo *info)
{
	if (!c->is_running || info->ssi_signo == SIGCHLD || !command_takes(info))
		return false;
	if (!command_has_signal(info))
		order(c, (uint8_t)info->ssi_signo);
	return true;
}

void command_apart_close(struct command_apart *c)
{
	if (!c->pid)
		return;
	if (c->watch.fd >= 0)
		forget(c);
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
	c->pid = 0;
}
