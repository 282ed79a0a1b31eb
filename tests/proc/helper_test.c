/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A process and its helper: questions and replies, descriptors, events, the seal; an attacker at either end. */
#include "proc/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	ECHO = HELPER_OP(HELPER_FILES, 1),
	PERMIT = HELPER_OP(HELPER_FILES, 2),
	PERMITTED = HELPER_OP(HELPER_FILES, 3),
	REFUSE = HELPER_OP(HELPER_FILES, 4),
	PASS = HELPER_OP(HELPER_FILES, 5),
	SAY = HELPER_OP(HELPER_FILES, 6),
	SLOW = HELPER_OP(HELPER_FILES, 7),
	TOO_LONG = HELPER_OP(HELPER_FILES, 8),
	CHEAT = HELPER_OP(HELPER_FILES, 9),
	FORK = HELPER_OP(HELPER_FILES, 10),
	INHERIT = HELPER_OP(HELPER_FILES, 11),
	UNKNOWN = HELPER_OP(HELPER_FILES, 99),
	NO_SERVICE = HELPER_OP(HELPER_KEYS, 1),
	EVENT_MS = 60 * 1000,
};

struct state {
	uint8_t permitted;
	struct helper_process *p;
	int at_end; /* written to by `end` */
};

static int echo(void *state, struct helper_call *c)
{
	size_t len = c->in.left;

	(void)state;
	put_bytes(&c->out, get_bytes(&c->in, len), len);
	return 0;
}

static int permit(void *state, struct helper_call *c)
{
	((struct state *)state)->permitted = get_u8(&c->in);
	return c->in.bad ? -EBADMSG : 0;
}

static int permitted(void *state, struct helper_call *c)
{
	put_u8(&c->out, ((struct state *)state)->permitted);
	return 0;
}

static int refuse(void *state, struct helper_call *c)
{
	(void)state;
	put_bytes(&c->out, "no", 2);
	return -EAGAIN;
}

/* Writes to the descriptor that came, and passes a pipe with the same. */
static int pass(void *state, struct helper_call *c)
{
	int ends[2];

	(void)state;
	if (c->fd_in < 0)
		return -EBADF;
	if (write(c->fd_in, "in", 2) != 2 || pipe2(ends, O_CLOEXEC))
		return -errno;
	if (write(ends[1], "out", 3) != 3)
		return -errno;
	close(ends[1]);
	c->fd_out = ends[0];
	return 0;
}

static int say(void *state, struct helper_call *c)
{
	size_t len = c->in.left;

	helper_send_event(((struct state *)state)->p, SAY, bytes_of(get_bytes(&c->in, len), len));
	return 0;
}

/* Until it can read from the descriptor that came. */
static int slow(void *state, struct helper_call *c)
{
	char byte;

	(void)state;
	return read(c->fd_in, &byte, 1) == 1 ? 0 : -EIO;
}

static int too_long(void *state, struct helper_call *c)
{
	(void)state;
	while (!c->out.full)
		put_u32(&c->out, 1);
	return 0;
}

static bool is_seqpacket(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) && type == SOCK_SEQPACKET;
}

/* What is no reply arrives before the reply. */
static int cheat(void *state, struct helper_call *c)
{
	size_t len = c->in.left;
	const uint8_t *at = get_bytes(&c->in, len);

	(void)state;
	for (int fd = 3; fd < 64 && len; fd++)
		if (is_seqpacket(fd))
			send(fd, at, len, MSG_NOSIGNAL);
	return 0;
}

static int fork_child(void *state, struct helper_call *c)
{
	pid_t child = fork();

	(void)c;
	if (!child) {
		helper_in_child(((struct state *)state)->p);
		_exit(0);
	}
	return child < 0 ? -errno : 0;
}

/* Whether a descriptor of that number is open, and how that signal is treated. */
static int inherit(void *state, struct helper_call *c)
{
	int fd = get_u8(&c->in), sig = get_u8(&c->in);
	struct sigaction is;

	(void)state;
	put_u8(&c->out, fcntl(fd, F_GETFD) >= 0);
	put_u8(&c->out, !sigaction(sig, NULL, &is) && is.sa_handler == SIG_IGN);
	return 0;
}

static const struct helper_op ops[] = {
	{ .code = ECHO, .handle = echo },
	{ .code = PERMIT, .only_before_seal = true, .handle = permit },
	{ .code = PERMITTED, .handle = permitted },
	{ .code = REFUSE, .handle = refuse },
	{ .code = PASS, .handle = pass },
	{ .code = SAY, .handle = say },
	{ .code = SLOW, .handle = slow },
	{ .code = TOO_LONG, .handle = too_long },
	{ .code = CHEAT, .handle = cheat },
	{ .code = FORK, .handle = fork_child },
	{ .code = INHERIT, .handle = inherit },
};

static int begin(void *state, struct helper_process *p)
{
	((struct state *)state)->p = p;
	return 0;
}

static void child_ended(void *state)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		helper_send_event(((struct state *)state)->p, FORK, bytes_text("child"));
}

static void end(void *state)
{
	if (write(((struct state *)state)->at_end, "end", 3) != 3)
		_exit(9);
}

struct lab {
	struct helper *h;
	int ended; /* the other end of at_end */
};

static struct lab open_lab_for(bool runs_command)
{
	static struct state state;
	static const struct helper_service service = {
		.number = HELPER_FILES,
		.ops = ops,
		.op_count = sizeof(ops) / sizeof(*ops),
		.state = &state,
		.begin = begin,
		.child = child_ended,
		.end = end,
	};
	const struct helper_service *services[] = { &service };
	struct helper_cfg cfg = { .services = services,
				  .service_count = 1,
				  .keep_count = 1,
				  .runs_command = runs_command };
	struct lab l;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	state.at_end = ends[1];
	cfg.keep = &ends[1];
	assert_int_equal(helper_start(&cfg, &l.h), 0);
	close(ends[1]);
	l.ended = ends[0];
	return l;
}

static struct lab open_lab(void)
{
	return open_lab_for(false);
}

/* The helper has cleaned up, and has ended. */
static void close_lab(struct lab *l)
{
	pid_t pid = helper_pid(l->h);
	char text[8];

	helper_close(l->h);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(read(l->ended, text, sizeof(text)), 3);
	assert_memory_equal(text, "end", 3);
	assert_int_equal(read(l->ended, text, sizeof(text)), 0);
	close(l->ended);
}

static int ask(struct lab *l, uint16_t op, const void *in, size_t len, void *out, size_t room)
{
	struct helper_question q = {
		.op = op, .in = bytes_of(in, len), .out = out, .out_room = room
	};
	int error = helper_ask(l->h, &q);

	return error ? error : (int)q.out_len;
}

static void question_and_reply(void **state)
{
	static uint8_t in[HELPER_PAYLOAD_MAX], out[HELPER_PAYLOAD_MAX + 1];
	struct lab l = open_lab();
	char text[8];

	(void)state;
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 7);
	assert_int_equal(ask(&l, ECHO, "abc", 3, text, sizeof(text)), 3);
	assert_memory_equal(text, "abc", 3);
	assert_int_equal(ask(&l, ECHO, NULL, 0, NULL, 0), 0);
	assert_int_equal(ask(&l, ECHO, in, sizeof(in), out, sizeof(out)), sizeof(in));
	assert_memory_equal(in, out, sizeof(in));
	close_lab(&l);
}

static void errors(void **state)
{
	static uint8_t in[HELPER_PAYLOAD_MAX + 1];
	struct lab l = open_lab();
	char text[8];
	struct helper_question q = { .op = REFUSE, .out = text, .out_room = sizeof(text) };

	(void)state;
	assert_int_equal(helper_ask(l.h, &q), -EAGAIN);
	assert_int_equal(q.out_len, 2);
	assert_memory_equal(text, "no", 2);
	assert_int_equal(ask(&l, UNKNOWN, NULL, 0, NULL, 0), -ENOSYS);
	assert_int_equal(ask(&l, NO_SERVICE, NULL, 0, NULL, 0), -ENOSYS);
	assert_int_equal(ask(&l, ECHO, in, sizeof(in), NULL, 0), -EMSGSIZE);
	assert_int_equal(ask(&l, ECHO, "abc", 3, text, 2), -EMSGSIZE);
	assert_int_equal(ask(&l, TOO_LONG, NULL, 0, text, sizeof(text)), -EMSGSIZE);
	assert_int_equal(ask(&l, PERMIT, NULL, 0, NULL, 0), -EBADMSG);
	assert_int_equal(ask(&l, ECHO, "abc", 3, text, sizeof(text)), 3);
	close_lab(&l);
}

static void sealed(void **state)
{
	struct lab l = open_lab();
	uint8_t n;

	(void)state;
	assert_int_equal(ask(&l, PERMIT, "\1", 1, NULL, 0), 0);
	assert_int_equal(helper_seal(l.h), 0);
	assert_int_equal(ask(&l, PERMIT, "\2", 1, NULL, 0), -EPERM);
	assert_int_equal(ask(&l, PERMITTED, NULL, 0, &n, 1), 1);
	assert_int_equal(n, 1);
	close_lab(&l);
}

static void descriptors(void **state)
{
	struct lab l = open_lab();
	struct helper_question q = { .op = PASS };
	char text[8];
	int ends[2];

	(void)state;
	assert_int_equal(helper_ask(l.h, &q), -EBADF);
	assert_int_equal(q.fd_out, -1);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	q.fd_in = ends[1];
	assert_int_equal(helper_ask(l.h, &q), 0);
	close(ends[1]);
	assert_int_equal(read(ends[0], text, sizeof(text)), 2);
	assert_int_equal(read(ends[0], text, sizeof(text)), 0); /* the helper has closed its own */
	assert_true(fcntl(q.fd_out, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(read(q.fd_out, text, sizeof(text)), 3);
	assert_memory_equal(text, "out", 3);
	close(q.fd_out);
	close(ends[0]);
	close_lab(&l);
}

static int next_event(struct lab *l, struct helper_event *e)
{
	struct pollfd p = { .fd = helper_event_fd(l->h), .events = POLLIN };

	assert_int_equal(poll(&p, 1, EVENT_MS), 1);
	return helper_next_event(l->h, e);
}

static void events(void **state)
{
	static uint8_t long_one[HELPER_EVENT_MAX + 1];
	struct lab l = open_lab();
	struct helper_event e;

	(void)state;
	assert_int_equal(helper_next_event(l.h, &e), 0);
	assert_int_equal(ask(&l, SAY, long_one, sizeof(long_one), NULL, 0), 0);
	assert_int_equal(ask(&l, SAY, "new", 3, NULL, 0), 0);
	assert_int_equal(next_event(&l, &e), 1);
	assert_int_equal(e.op, SAY);
	assert_int_equal(e.len, 3);
	assert_memory_equal(e.at, "new", 3);
	assert_int_equal(ask(&l, FORK, NULL, 0, NULL, 0), 0);
	assert_int_equal(next_event(&l, &e), 1);
	assert_int_equal(e.op, FORK);
	close_lab(&l);
}

/* Unread events do not stop the helper. */
static void too_many_events(void **state)
{
	struct lab l = open_lab();

	(void)state;
	for (int i = 0; i < 2000; i++)
		assert_int_equal(ask(&l, SAY, "new", 3, NULL, 0), 0);
	close_lab(&l);
}

static void late_reply(void **state)
{
	struct lab l = open_lab();
	struct helper_question q = { .op = SLOW, .limit_ms = 1 };
	char text[8];
	int go[2];

	(void)state;
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	q.fd_in = go[0];
	assert_int_equal(helper_ask(l.h, &q), -ETIMEDOUT);
	assert_int_equal(write(go[1], "x", 1), 1);
	close(go[0]);
	close(go[1]);
	assert_int_equal(ask(&l, ECHO, "abc", 3, text, sizeof(text)), 3);
	assert_memory_equal(text, "abc", 3);
	close_lab(&l);
}

static void *ask_often(void *lab)
{
	for (uint32_t i = 0; i < 500; i++) {
		uint32_t there = i ^ (uint32_t)(uintptr_t)&i, back = 0;

		if (ask(lab, ECHO, &there, sizeof(there), &back, sizeof(back)) != sizeof(back) ||
		    back != there)
			return lab;
	}
	return NULL;
}

static void threads(void **state)
{
	struct lab l = open_lab();
	pthread_t thread[4];
	void *result;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, ask_often, &l), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(thread[i], &result), 0);
		assert_null(result);
	}
	close_lab(&l);
}

static void check_signals_of_the_group(bool runs_command)
{
	static const int all[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };
	struct lab l = open_lab_for(runs_command);
	char text[8];

	assert_int_equal(ask(&l, ECHO, NULL, 0, NULL, 0), 0);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		assert_int_equal(kill(helper_pid(l.h), all[i]), 0);
	assert_int_equal(ask(&l, ECHO, "abc", 3, text, sizeof(text)), 3);
	close_lab(&l);
}

static void signals_of_the_group(void **state)
{
	(void)state;
	check_signals_of_the_group(false);
	check_signals_of_the_group(true);
}

static void check_inherited(bool runs_command, int fd, bool is_open, int sig, bool is_ignored)
{
	struct lab l = open_lab_for(runs_command);
	uint8_t in[] = { (uint8_t)fd, (uint8_t)sig }, out[2];

	assert_int_equal(ask(&l, INHERIT, in, 2, out, 2), 2);
	assert_int_equal(out[0], is_open);
	assert_int_equal(out[1], is_ignored);
	close_lab(&l);
}

static void what_a_command_inherits(void **state)
{
	/* numbers that the helper does not use itself */
	int open_one = fcntl(STDERR_FILENO, F_DUPFD, 60);
	int own = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 61);

	(void)state;
	assert_true(open_one >= 60 && own > 60);
	signal(SIGINT, SIG_DFL); /* a shell may ignore it in the background */
	check_inherited(false, open_one, false, SIGINT, true);
	check_inherited(true, open_one, true, SIGINT, false);
	check_inherited(true, own, false, SIGTSTP, false);
	signal(SIGHUP, SIG_IGN); /* as nohup does it */
	check_inherited(true, STDIN_FILENO, true, SIGHUP, true);
	signal(SIGHUP, SIG_DFL);
	close(open_one);
	close(own);
}

static void helper_was_killed(void **state)
{
	struct lab l = open_lab();
	struct helper_event e;

	(void)state;
	assert_int_equal(kill(helper_pid(l.h), SIGKILL), 0);
	assert_int_equal(next_event(&l, &e), -EPIPE);
	assert_int_equal(ask(&l, ECHO, NULL, 0, NULL, 0), -EPIPE);
	helper_close(l.h);
	close(l.ended);
}

/* ---- an attacker */

/* The number of a question in these is NUMBER, in NUMBER_AT. */
enum { NUMBER_AT = 3, NUMBER = 9 };

static const struct {
	const char *name;
	uint8_t at[20];
	size_t len;
	int error; /* of a question that gets this as its reply */
} hostile[] = {
	{ "one byte", { 1 }, 1, -EBADMSG },
	{ "half a head", { 1, 9, 0, NUMBER, 0, 0 }, 6, -EBADMSG },
	{ "longer than it says", { 1, 9, 0, NUMBER, 0, 0, 0, 0, 0, 0, 0, 0, 7 }, 13, -EBADMSG },
	{ "shorter than it says", { 1, 9, 0, NUMBER, 0, 0, 0, 3, 0, 0, 0, 0, 7 }, 13, -EBADMSG },
	{ "says 4 GiB", { 1, 9, 0, NUMBER, 255, 255, 255, 255, 0, 0, 0, 0, 7 }, 13, -EBADMSG },
	{ "longer than the room", { 1, 9, 0, NUMBER, 0, 0, 0, 4 }, 16, -EMSGSIZE },
	{ "an error above zero", { 1, 9, 0, NUMBER, 0, 0, 0, 0, 0, 0, 0, 1 }, 12, -EBADMSG },
	{ "of another question", { 1, 2, 0, NUMBER }, 12, -EBADMSG },
	{ "late, too", { 1, 9, 0xab, NUMBER, 0, 0, 0, 4 }, 16, 0 },
};

/* The descriptor on which questions go: the other sequenced socket of ours. */
static int question_socket(const struct lab *l)
{
	for (int fd = 3; fd < 64; fd++)
		if (fd != helper_event_fd(l->h) && is_seqpacket(fd))
			return fd;
	return -1;
}

/* The helper goes on, and what it replies to such a message is no reply to a question. */
static void hostile_questions(void **state)
{
	struct lab l = open_lab();
	int fd = question_socket(&l);
	char text[8];

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		uint8_t at[sizeof(hostile[i].at)];

		memcpy(at, hostile[i].at, sizeof(at));
		at[1] = ECHO & 0xff;
		assert_int_equal(send(fd, at, hostile[i].len, 0), hostile[i].len);
		assert_int_equal(ask(&l, ECHO, "abc", 3, text, sizeof(text)), 3);
		assert_memory_equal(text, "abc", 3);
	}
	close_lab(&l);
}

/* Two descriptors in one message: the helper keeps none. */
static void hostile_descriptors(void **state)
{
	struct lab l = open_lab();
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control = { .header = { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	uint8_t head[HELPER_HEAD_LEN] = { ECHO >> 8, ECHO & 0xff };
	struct iovec part = { head, sizeof(head) };
	struct msghdr m = { .msg_iov = &part,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control.room) };
	int ends[2], two[2];
	char text[8];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	two[0] = two[1] = ends[1];
	control.header.cmsg_len = (unsigned)CMSG_LEN(sizeof(two));
	memcpy(CMSG_DATA(&control.header), two, sizeof(two));
	assert_int_equal(sendmsg(question_socket(&l), &m, 0), sizeof(head));
	assert_int_equal(ask(&l, ECHO, "abc", 3, text, sizeof(text)), 3);
	close(ends[1]);
	assert_int_equal(read(ends[0], text, sizeof(text)), 0);
	close(ends[0]);
	close_lab(&l);
}

/* Its peer takes nothing more, and closing it would wait for that for an hour. */
static int lingering_connection(int *listener)
{
	static const char text[64 * 1024];
	const struct linger hour = { 1, 3600 };
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(*listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(*listener, 1), 0);
	assert_int_equal(getsockname(*listener, (struct sockaddr *)&at, &len), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	while (send(fd, text, sizeof(text), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		;
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &hour, sizeof(hour)), 0);
	return fd;
}

/* It is passed while the helper does not run, so that the helper has the last copy. */
static void a_connection_that_lingers(void **state)
{
	struct lab l = open_lab();
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	uint8_t head[HELPER_HEAD_LEN] = { ECHO >> 8, ECHO & 0xff };
	struct iovec part = { head, sizeof(head) };
	struct msghdr m = { .msg_iov = &part,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control.room) };
	int listener, fd = lingering_connection(&listener);
	char text[8];

	(void)state;
	control.header.cmsg_len = (unsigned)CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	assert_int_equal(kill(helper_pid(l.h), SIGSTOP), 0);
	assert_int_equal(waitpid(helper_pid(l.h), NULL, WUNTRACED), helper_pid(l.h));
	assert_int_equal(sendmsg(question_socket(&l), &m, 0), sizeof(head));
	close(fd);
	assert_int_equal(kill(helper_pid(l.h), SIGCONT), 0);
	assert_int_equal(ask(&l, ECHO, "abc", 3, text, sizeof(text)), 3);
	close(listener);
	close_lab(&l);
}

static void hostile_replies(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		struct lab l = open_lab();
		uint8_t at[sizeof(hostile[i].at)];
		char room[2];
		struct helper_question q = { .op = CHEAT, .out = room, .out_room = sizeof(room) };

		memcpy(at, hostile[i].at, sizeof(at));
		at[NUMBER_AT] = 1; /* the first question */
		q.in = bytes_of(at, hostile[i].len);
		assert_int_equal(helper_ask(l.h, &q), hostile[i].error);
		close_lab(&l);
	}
}

/* Every prefix and every change of one byte of a question: one reply, which is a whole message. */
static void each_byte(void **state)
{
	static struct state s;
	static const struct helper_op two[] = { { .code = ECHO, .handle = echo },
						{ .code = REFUSE, .handle = refuse } };
	static const struct helper_service service = {
		.number = HELPER_FILES, .ops = two, .op_count = 2, .state = &s
	};
	static const struct helper_service *const services[] = { &service };
	static uint8_t out[HELPER_MESSAGE_MAX];
	const uint8_t good[] = { ECHO >> 8, ECHO & 0xff, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 'o', 'k' };
	struct helper_engine e = { .services = services, .service_count = 1 };
	struct helper_head h;

	(void)state;
	for (size_t len = 0; len <= sizeof(good); len++)
		for (unsigned change = 0; change < 256; change++) {
			struct helper_call c = { .fd_in = -1 };
			uint8_t in[sizeof(good)];
			size_t n;

			memcpy(in, good, sizeof(good));
			if (len)
				in[len - 1] ^= (uint8_t)change;
			n = helper_answer(&e, in, change ? sizeof(good) : len, out, &c);
			assert_true(helper_head_get(&h, out, n));
			assert_true(h.error <= 0);
			assert_int_equal(c.fd_out, -1);
		}
}

/* Another process still has its sockets; it sees the helper's end. */
static void the_process_ends_without_them(void **state)
{
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0), seen[2];
	char text[3];
	struct lab l;
	pid_t pid;

	(void)state;
	if (fd < 0) {
		print_message("skip: kernel: no descriptors of processes\n");
		skip();
	}
	close(fd);
	assert_int_equal(pipe2(seen, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		l = open_lab();
		if (fork() == 0)
			_exit(read(l.ended, text, 3) != 3 || write(seen[1], text, 3) != 3);
		_exit(0);
	}
	close(seen[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(read(seen[0], text, 3), 3);
	assert_memory_equal(text, "end", 3);
	close(seen[0]);
}

static int fail_to_begin(void *state, struct helper_process *p)
{
	(void)state;
	(void)p;
	return -ENOSPC;
}

static void a_service_that_cannot_begin(void **state)
{
	const struct helper_service service = { .number = HELPER_FILES, .begin = fail_to_begin };
	const struct helper_service *services[] = { &service };
	const struct helper_cfg cfg = { .services = services, .service_count = 1 };
	struct helper *h;

	(void)state;
	assert_int_equal(helper_start(&cfg, &h), -ENOSPC);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(question_and_reply),
		cmocka_unit_test(a_service_that_cannot_begin),
		cmocka_unit_test(the_process_ends_without_them),
		cmocka_unit_test(errors),
		cmocka_unit_test(sealed),
		cmocka_unit_test(descriptors),
		cmocka_unit_test(events),
		cmocka_unit_test(too_many_events),
		cmocka_unit_test(late_reply),
		cmocka_unit_test(threads),
		cmocka_unit_test(signals_of_the_group),
		cmocka_unit_test(what_a_command_inherits),
		cmocka_unit_test(helper_was_killed),
		cmocka_unit_test(hostile_questions),
		cmocka_unit_test(hostile_descriptors),
		cmocka_unit_test(a_connection_that_lingers),
		cmocka_unit_test(hostile_replies),
		cmocka_unit_test(each_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
