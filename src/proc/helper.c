/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The socket pairs between a process and its helper, and the helper's loop.
 *
 * Each message is one of a SOCK_SEQPACKET pair. A reply repeats the number of its question, so one that comes
 * after its time is recognized and dropped.
 */
#include "proc/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/back_door.h"
#include "proc/command.h"
#include "proc/descriptors.h"
#include "proc/fdpass.h"
#include "proc/parent.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/log_writer.h"
#include "util/syscall_advice.h"
#include "util/secret.h"

enum { RECORDS_MAX = 4096 }; /* how many are still written after the process has ended */

struct helper {
	pthread_mutex_t lock; /* of a question and its reply */
	int ask_fd, event_fd;
	uint16_t number;
	pid_t pid;
};

struct helper_process {
	struct helper_engine engine;
	struct loop *loop;
	struct loop_watch questions;
	struct loop_watch parent;  /* the process's pidfd; negative: the kernel has none */
	struct loop_watch records; /* lines for syslog; events go the other way */
	pid_t parent_pid;
	int event_fd;
	uint8_t in[HELPER_MESSAGE_MAX], out[HELPER_MESSAGE_MAX];
};

/* ---- one message, with at most one descriptor */

/* The C libraries differ in the width of a length in these headers: an unsigned fits both. */
static const unsigned one_descriptor = (unsigned)CMSG_LEN(sizeof(int));

/* Aligned as CMSG_FIRSTHDR needs it. */
union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

/* In `part`: the head, and what follows. The number of bytes sent, or -errno. */
static ssize_t send_message(int end, struct iovec part[2], int fd, int flags)
{
	struct msghdr m = { .msg_iov = part, .msg_iovlen = 2 };
	union control control;
	ssize_t n;

	if (fd >= 0) {
		memset(&control, 0, sizeof(control));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = one_descriptor;
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
		m.msg_control = &control;
		m.msg_controllen = sizeof(control.room);
	}
	do
		n = sendmsg(end, &m, flags | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static int take_descriptor(struct msghdr *m)
{
	struct cmsghdr *h = CMSG_FIRSTHDR(m);
	int fd;

	if (!h || h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS ||
	    h->cmsg_len != one_descriptor)
		return -1;
	memcpy(&fd, CMSG_DATA(h), sizeof(fd));
	return fd;
}

/* The length of what is in `part`, 0 at the end, or -errno. *fd: -1, none. *cut: 0, or why
 * it is not whole: -EMSGSIZE, or -EMFILE if we may not open another descriptor. */
static ssize_t receive_message(int end, struct iovec part[2], int *fd, int *cut)
{
	union control control;
	struct msghdr m = { .msg_iov = part,
			    .msg_iovlen = 2,
			    .msg_control = &control,
			    .msg_controllen =
				    one_descriptor }; /* its padding would hold one more */
	ssize_t n;

	*fd = -1;
	*cut = 0;
	do
		n = recvmsg(end, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? 0 : -errno;
	*fd = take_descriptor(&m);
	if (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		*cut = *fd < 0 && !(m.msg_flags & MSG_TRUNC) ? -EMFILE : -EMSGSIZE;
	return n;
}

static void drop(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* ---- the process that asks */

/* Waits until there is something to read, or the helper has ended; 0 or -errno. */
static int wait_for_reply(const struct helper *h, uint64_t until_ms)
{
	struct pollfd p = { .fd = h->ask_fd, .events = POLLIN };
	uint64_t now;
	int n;

	do {
		now = clock_now_ms();
		n = poll(&p, 1, now < until_ms ? (int)(until_ms - now) : 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n ? 0 : -ETIMEDOUT;
}

/* One message: the reply, or *is_late: that of an older question. 0 or -errno. */
static int receive_reply(struct helper *h, struct helper_question *q, bool *is_late)
{
	uint8_t head[HELPER_HEAD_LEN] = { 0 };
	struct iovec part[2] = { { head, sizeof(head) }, { q->out, q->out ? q->out_room : 0 } };
	int cut;
	ssize_t n = receive_message(h->ask_fd, part, &q->fd_out, &cut);
	struct reader r = reader_of(head, sizeof(head));
	uint16_t op = get_u16(&r), number = get_u16(&r);
	uint32_t len = get_u32(&r);
	int error = (int32_t)get_u32(&r);

	if (n <= 0)
		return n ? (int)n : -EPIPE;
	if ((size_t)n < sizeof(head))
		return -EBADMSG;
	*is_late = number != h->number;
	if (cut)
		return cut;
	if (op != q->op || error > 0 || len != (size_t)n - sizeof(head))
		return -EBADMSG;
	q->out_len = len;
	return error;
}

static int ask(struct helper *h, struct helper_question *q)
{
	uint64_t until_ms = clock_now_ms() + (q->limit_ms ? q->limit_ms : HELPER_ASK_MS);
	uint8_t head[HELPER_HEAD_LEN];
	struct writer w = writer_of(head, sizeof(head));
	struct helper_head asked = { .op = q->op,
				     .number = ++h->number,
				     .len = (uint32_t)q->in.len };
	struct iovec part[2] = { { head, sizeof(head) },
				 { (void *)(uintptr_t)q->in.at, q->in.len } };
	ssize_t n;
	bool is_late;
	int error;

	helper_head_put(&w, &asked);
	n = send_message(h->ask_fd, part, q->fd_in ? q->fd_in : -1, MSG_DONTWAIT);
	if (n < 0)
		return n == -EAGAIN ? -ETIMEDOUT : (int)n;
	do {
		drop(q->fd_out);
		q->fd_out = -1;
		is_late = false;
		error = wait_for_reply(h, until_ms);
		if (!error)
			error = receive_reply(h, q, &is_late);
	} while (is_late);
	return error;
}

int helper_ask(struct helper *h, struct helper_question *q)
{
	int error;

	q->fd_out = -1;
	q->out_len = 0;
	if (q->in.len > HELPER_PAYLOAD_MAX)
		return -EMSGSIZE;
	pthread_mutex_lock(&h->lock);
	error = ask(h, q);
	pthread_mutex_unlock(&h->lock);
	if (error) {
		drop(q->fd_out);
		q->fd_out = -1;
	}
	return error;
}

int helper_seal(struct helper *h)
{
	struct helper_question q = { .op = HELPER_OP_SEAL };

	return helper_ask(h, &q);
}

int helper_event_fd(const struct helper *h)
{
	return h->event_fd;
}

int helper_next_event(struct helper *h, struct helper_event *e)
{
	uint8_t in[HELPER_HEAD_LEN + HELPER_EVENT_MAX];
	struct helper_head head;
	ssize_t n;

	do
		n = recv(h->event_fd, in, sizeof(in), MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0 || !helper_head_get(&head, in, (size_t)n))
		return -EPIPE;
	e->op = head.op;
	e->len = head.len;
	memcpy(e->at, in + HELPER_HEAD_LEN, head.len);
	return 1;
}

pid_t helper_pid(const struct helper *h)
{
	return h->pid;
}

/* When the helper has ended, its end of the pair is closed. */
static bool has_ended(const struct helper *h)
{
	struct pollfd p = { .fd = h->event_fd };

	return poll(&p, 1, HELPER_END_MS) == 1;
}

void helper_close(struct helper *h)
{
	if (!h)
		return;
	log_writer_pass_rest();
	close(h->ask_fd);
	if (has_ended(h))
		while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
			;
	close(h->event_fd);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

/* ---- the helper */

struct loop *helper_loop(struct helper_process *p)
{
	return p->loop;
}

void helper_send_event(struct helper_process *p, uint16_t op, struct bytes b)
{
	uint8_t head[HELPER_HEAD_LEN];
	struct writer w = writer_of(head, sizeof(head));
	struct helper_head said = { .op = op, .len = (uint32_t)b.len };
	struct iovec part[2] = { { head, sizeof(head) }, { (void *)(uintptr_t)b.at, b.len } };

	if (b.len > HELPER_EVENT_MAX)
		return;
	helper_head_put(&w, &said);
	send_message(p->event_fd, part, -1, MSG_DONTWAIT);
}

void helper_in_child(struct helper_process *p)
{
	close(p->questions.fd);
	close(p->event_fd);
}

/* One that came from the other process: closing it must not wait for its peer to take what was sent. */
static void drop_foreign(int fd)
{
	const struct linger none = { 0, 0 };

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(fd);
}

/* May hold secrets: nothing of it is left for the next. */
static void reply(struct helper_process *p, const uint8_t *in, size_t len, int fd)
{
	struct helper_call c = { .fd_in = fd };
	size_t out_len = helper_answer(&p->engine, in, len, p->out, &c);
	struct iovec part[2] = { { p->out, out_len }, { NULL, 0 } };

	drop_foreign(c.fd_in);
	if (send_message(p->questions.fd, part, c.fd_out, 0) < 0)
		loop_stop(p->loop);
	drop(c.fd_out);
	secret_wipe(p->out, out_len);
}

static void on_question(struct loop_watch *watch, uint32_t events)
{
	struct helper_process *p = container_of(watch, struct helper_process, questions);
	struct iovec part[2] = { { p->in, sizeof(p->in) }, { NULL, 0 } };
	int fd;
	int cut;
	ssize_t n = receive_message(watch->fd, part, &fd, &cut);

	(void)events;
	if (n > 0)
		reply(p, p->in, cut ? 0 : (size_t)n, fd);
	else
		loop_stop(p->loop);
	secret_wipe(p->in, n > 0 ? (size_t)n : sizeof(p->in));
}

/* False: there is none now. */
static bool take_record(struct helper_process *p)
{
	struct iovec part[2] = { { p->in, sizeof(p->in) }, { NULL, 0 } };
	int fd;
	int cut;
	ssize_t n = receive_message(p->event_fd, part, &fd, &cut);

	drop_foreign(fd);
	if (n > 0)
		log_writer_pass_on(p->parent_pid, (char *)p->in, (size_t)n);
	return n > 0;
}

static void on_record(struct loop_watch *watch, uint32_t events)
{
	struct helper_process *p = container_of(watch, struct helper_process, records);

	if (!take_record(p) && events & EPOLLHUP)
		loop_unwatch(p->loop, watch); /* the other process ends */
}

static void on_signal(void *arg, const struct signalfd_siginfo *info)
{
	struct helper_process *p = arg;

	if (info->ssi_signo != SIGCHLD)
		return;
	for (size_t i = 0; i < p->engine.service_count; i++) {
		const struct helper_service *s = p->engine.services[i];

		if (s->child)
			s->child(s->state);
	}
}

/* An ignored signal would be ignored in the command too. */
static int set_signals_for_command(struct helper_process *p)
{
	static const int signals[] = { COMMAND_SIGNALS, SIGUSR2 };

	return loop_signals(p->loop, signals, sizeof(signals) / sizeof(*signals), on_signal, p);
}

/* A terminal and a service manager send signals to the whole group; the helper ends with the other process. */
static int set_signals(struct helper_process *p, bool runs_command)
{
	static const int ignored[] = { SIGINT,  SIGQUIT, SIGTERM, SIGHUP,  SIGUSR1,
				       SIGUSR2, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU };
	static const int child = SIGCHLD;
	sigset_t none;

	signal(SIGCHLD, SIG_DFL);
	if (runs_command)
		return set_signals_for_command(p);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return loop_signals(p->loop, &child, 1, on_signal, p);
}

struct kept {
	const struct helper_cfg *cfg;
	const int *own;
};

static bool is_kept(const void *arg, int fd)
{
	const struct kept *k = arg;

	for (size_t i = 0; i < k->cfg->keep_count; i++)
		if (k->cfg->keep[i] == fd)
			return true;
	return fd == k->own[0] || fd == k->own[1] ||
	       (k->cfg->runs_command && descriptors_is_inherited(fd));
}

/* The terminal and what the process had open are not kept open by a helper that may live for years. */
static void close_others(const struct helper_cfg *cfg, const int own[2])
{
	const struct kept kept = { cfg, own };

	descriptors_close(is_kept, &kept);
	for (int fd = STDIN_FILENO; fd < STDERR_FILENO; fd++)
		if (!is_kept(&kept, fd))
			descriptors_reopen_null(fd, O_RDWR);
}

static int begin(struct helper_process *p)
{
	int error = 0;

	for (size_t i = 0; i < p->engine.service_count && !error; i++) {
		const struct helper_service *s = p->engine.services[i];

		error = s->begin ? s->begin(s->state, p) : 0;
	}
	return error;
}

static void end(struct helper_process *p)
{
	for (size_t i = p->engine.service_count; i--;) {
		const struct helper_service *s = p->engine.services[i];

		if (s->end)
			s->end(s->state);
	}
}

static void on_parent_end(struct loop_watch *watch, uint32_t events)
{
	struct helper_process *p = container_of(watch, struct helper_process, parent);

	(void)events;
	loop_stop(p->loop);
}

/* Before Linux 5.3 only the sockets show its end. The limit: an attacker in it may leave replies unread. */
static int watch_parent(struct helper_process *p, const int own[2], pid_t parent)
{
	const struct timeval limit = { .tv_sec = HELPER_ASK_MS / 1000 };

	setsockopt(own[0], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	p->parent = (struct loop_watch){ .fd = parent_open(parent).fd,
					 .events = EPOLLIN,
					 .ready = on_parent_end };
	return p->parent.fd < 0 ? 0 : loop_watch(p->loop, &p->parent);
}

static int set_up(struct helper_process *p, const struct helper_cfg *cfg, const int own[2],
		  pid_t parent)
{
	int error;

	prctl(PR_SET_NAME, "sstp-helper");
	unsetenv("NOTIFY_SOCKET"); /* the service manager hears of the other process alone */
	if (!cfg->needs_proc_self)
		prctl(PR_SET_DUMPABLE, 0);
	if (cfg->runs_nothing)
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	log_writer_after_fork();
	close_others(cfg, own);
	log_writer_go_on();
	p->event_fd = own[1];
	p->parent_pid = parent;
	fcntl(p->event_fd, F_SETFL, O_NONBLOCK);
	p->records = (struct loop_watch){ .fd = own[1], .events = EPOLLIN, .ready = on_record };
	p->questions = (struct loop_watch){ .fd = own[0], .events = EPOLLIN, .ready = on_question };
	error = loop_open(&p->loop);
	if (!error)
		error = set_signals(p, cfg->runs_command);
	if (!error)
		error = watch_parent(p, own, parent);
	if (!error)
		error = loop_watch(p->loop, &p->records);
	return error ? error : loop_watch(p->loop, &p->questions);
}

/* The first message: 0, or -errno, with which helper_start returns. */
static void say_started(int fd, int32_t error)
{
	while (send(fd, &error, sizeof(error), MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

static _Noreturn void helper_main(const struct helper_cfg *cfg, const int own[2], pid_t parent)
{
	struct helper_process *p = calloc(1, sizeof(*p));
	int error = p ? 0 : -ENOMEM;

	if (!error) {
		p->engine.services = cfg->services;
		p->engine.service_count = cfg->service_count;
		error = set_up(p, cfg, own, parent);
	}
	if (!error)
		error = begin(p);
	say_started(own[0], error);
	if (!error)
		error = loop_run(p->loop);
	for (int i = 0; p && p->loop && i < RECORDS_MAX && take_record(p); i++)
		;
	if (p)
		end(p);
	log_flush(LOG_FLUSH_MS);
	_exit(error != 0);
}

/* ---- its start */

static void close_pair(const int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

static int fork_helper(const struct helper_cfg *cfg, struct helper *h)
{
	int asks[2], events[2], error = fdpass_pair(asks);
	pid_t self = getpid();

	if (error)
		return error;
	error = fdpass_pair(events);
	if (error) {
		close_pair(asks);
		return error;
	}
	h->pid = fork();
	if (h->pid == 0)
		helper_main(cfg, (const int[2]){ asks[1], events[1] }, self);
	error = h->pid < 0 ? -errno : 0;
	close(asks[1]);
	close(events[1]);
	h->ask_fd = asks[0];
	h->event_fd = events[0];
	if (error)
		close_pair((const int[2]){ asks[0], events[0] });
	return error;
}

static int await_start(const struct helper *h)
{
	struct pollfd p = { .fd = h->ask_fd, .events = POLLIN };
	int32_t error = -EPIPE;
	int n;

	do
		n = poll(&p, 1, HELPER_ASK_MS);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n ? -errno : -ETIMEDOUT;
	if (recv(h->ask_fd, &error, sizeof(error), 0) < 0)
		return -errno;
	return error;
}

int helper_start(const struct helper_cfg *cfg, struct helper **out)
{
	struct helper *h = calloc(1, sizeof(*h));
	int error = h ? fork_helper(cfg, h) : -ENOMEM;

	if (error) {
		free(h);
		return error;
	}
	pthread_mutex_init(&h->lock, NULL);
	error = await_start(h);
	if (error) {
		helper_close(h);
		return error;
	}
	log_writer_pass_to(fcntl(h->event_fd, F_DUPFD_CLOEXEC, 0));
	back_door_helper(h->ask_fd, &h->lock);
	*out = h;
	return 0;
}
