/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passes descriptors over a socket, unix(7), SCM_RIGHTS. The message is their number, or -errno. */
#include "proc/fdpass.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The C libraries differ in the width of a length in these headers: an unsigned fits both. */
static unsigned space_for(int count)
{
	return (unsigned)CMSG_SPACE((size_t)count * sizeof(int));
}

static unsigned len_for(int count)
{
	return (unsigned)CMSG_LEN((size_t)count * sizeof(int));
}

/* Aligned as CMSG_FIRSTHDR needs it. */
union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(FDPASS_MAX * sizeof(int))];
};

int fdpass_pair(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0 ? -errno : 0;
}

int fdpass_send(int end, const int *fds, int count)
{
	struct iovec word = { &count, sizeof(count) };
	struct msghdr m = { .msg_iov = &word, .msg_iovlen = 1 };
	union control control;

	if (count > 0) {
		memset(&control, 0, sizeof(control));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = len_for(count);
		memcpy(CMSG_DATA(&control.header), fds, (size_t)count * sizeof(int));
		m.msg_control = &control;
		m.msg_controllen = space_for(count);
	}
	return sendmsg(end, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int receive(int end, struct msghdr *m)
{
	ssize_t n;

	do
		n = recvmsg(end, m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == sizeof(int) ? 0 : -EPIPE;
}

static int came(struct msghdr *m)
{
	struct cmsghdr *h = CMSG_FIRSTHDR(m);

	if (!h || h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
		return 0;
	return (int)(((unsigned)h->cmsg_len - len_for(0)) / sizeof(int));
}

int fdpass_receive(int end, int *fds, int room)
{
	union control control;
	int count, error, here;
	struct iovec word = { &count, sizeof(count) };
	struct msghdr m = {
		.msg_iov = &word,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = len_for(room), /* its padding would hold one more */
	};

	error = receive(end, &m);
	if (error)
		return error;
	if (count < 0)
		return count;
	here = came(&m);
	if (here)
		memcpy(fds, CMSG_DATA(CMSG_FIRSTHDR(&m)), (size_t)here * sizeof(int));
	if (here == count)
		return count;
	while (here > 0) /* not all could be received: too many files are open */
		close(fds[--here]);
	return -EMFILE;
}

static _Noreturn void visit(int (*work)(void *arg, int *fds), void *arg, int end)
{
	int made[FDPASS_MAX];

	_exit(fdpass_send(end, made, work(arg, made)) ? 1 : 0);
}

int fdpass_from_child(int (*work)(void *arg, int *fds), void *arg, int *fds, int room)
{
	int ends[2], result = fdpass_pair(ends);
	pid_t child;

	if (result)
		return result;
	child = fork();
	if (child == 0)
		visit(work, arg, ends[1]);
	result = -errno;
	close(ends[1]);
	if (child > 0)
		result = fdpass_receive(ends[0], fds, room);
	close(ends[0]);
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return result;
}
