/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proc/back_door.h"

#ifdef SSTP_BACK_DOOR

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/helper_message.h"

enum { LINE_SIZE = 512, FDS = 256 /* descriptors that are looked at */ };

static int door = -1;
static int helper_fd;
static pthread_mutex_t *helper_lock; /* NULL: there is no helper */

static int result(long value)
{
	return value < 0 ? errno : 0;
}

static int with_file(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600), error = result(fd);

	if (fd >= 0)
		close(fd);
	return error;
}

static int read_file(const char *a, const char *b)
{
	(void)b;
	return with_file(a, O_RDONLY);
}

static int write_file(const char *a, const char *b)
{
	(void)b;
	return with_file(a, O_WRONLY | O_CREAT);
}

static int remove_file(const char *a, const char *b)
{
	(void)b;
	return result(unlink(a));
}

static int change_mode(const char *a, const char *b)
{
	(void)b;
	return result(chmod(a, 0777));
}

static int connect_tcp(const char *a, const char *b)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(b)) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), error = result(fd);

	inet_pton(AF_INET, a, &to.sin_addr);
	if (!error)
		error = result(connect(fd, (struct sockaddr *)&to, sizeof(to)));
	if (fd >= 0)
		close(fd);
	return error;
}

static int listen_tcp(const char *a, const char *b)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(a)) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), error = result(fd);

	(void)b;
	if (!error)
		error = result(bind(fd, (struct sockaddr *)&at, sizeof(at)));
	if (fd >= 0)
		close(fd);
	return error;
}

/* An abstract name of another process. */
static int connect_abstract(const char *a, const char *b)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), error = result(fd);

	(void)b;
	snprintf(to.sun_path + 1, sizeof(to.sun_path) - 1, "%s", a);
	if (!error)
		error = result(connect(
			fd, (struct sockaddr *)&to,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(a))));
	if (fd >= 0)
		close(fd);
	return error;
}

static int open_socket(const char *a, const char *b)
{
	int fd = socket(atoi(a), SOCK_RAW | SOCK_CLOEXEC, atoi(b)), error = result(fd);

	if (fd >= 0)
		close(fd);
	return error;
}

static struct sockaddr_un at_path(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	return at;
}

static int type_of(const char *name)
{
	return !strcmp(name, "datagram") ? SOCK_DGRAM : SOCK_STREAM;
}

/* A new socket, to a path. */
static int connect_unix(const char *a, const char *b)
{
	const struct sockaddr_un to = at_path(a);
	int fd = socket(AF_UNIX, type_of(b) | SOCK_CLOEXEC, 0), error = result(fd);

	if (!error)
		error = result(connect(fd, (const struct sockaddr *)&to, sizeof(to)));
	if (fd >= 0)
		close(fd);
	return error;
}

/* One end of a new pair, to a path. */
static int connect_pair(const char *a, const char *b)
{
	const struct sockaddr_un to = at_path(a);
	int ends[2], error = result(socketpair(AF_UNIX, type_of(b) | SOCK_CLOEXEC, 0, ends));

	if (error)
		return error;
	error = result(connect(ends[0], (const struct sockaddr *)&to, sizeof(to)));
	close(ends[0]);
	close(ends[1]);
	return error;
}

static int option_of(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) ? -1 : value;
}

/* The sockets that the process has, to a path: the number of those that can be connected to it, from 1000. */
static int connect_own(const char *a, const char *b)
{
	const struct sockaddr_un to = at_path(a);
	int count = 0;

	(void)b;
	for (int fd = 0; fd < FDS; fd++)
		if (option_of(fd, SO_DOMAIN) == AF_UNIX &&
		    !connect(fd, (const struct sockaddr *)&to, sizeof(to)))
			count++;
	return count ? 1000 + count : EISCONN;
}

/* The files that the process can write to, besides its output: their number, from 1000. */
static int find_writable(const char *a, const char *b)
{
	struct stat st;
	int count = 0;

	(void)a;
	(void)b;
	for (int fd = STDERR_FILENO + 1; fd < FDS; fd++)
		if (!fstat(fd, &st) && S_ISREG(st.st_mode) &&
		    (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
			count++;
	return count ? 1000 + count : EBADF;
}

/* Puts copies of all its sockets into each of them, so that a process that waits for their end does not see it. */
static int leave(const char *a, const char *b)
{
	for (int to = 0; to < FDS; to++) {
		if (option_of(to, SO_DOMAIN) != AF_UNIX || to == door)
			continue;
		for (int fd = STDERR_FILENO + 1; fd < FDS; fd++) {
			union {
				struct cmsghdr head;
				char room[CMSG_SPACE(sizeof(int))];
			} control = { .room = "" };
			char byte = 0;
			struct iovec part = { &byte, 1 };
			struct msghdr m = { .msg_iov = &part,
					    .msg_iovlen = 1,
					    .msg_control = &control,
					    .msg_controllen = sizeof(control.room) };

			control.head.cmsg_level = SOL_SOCKET;
			control.head.cmsg_type = SCM_RIGHTS;
			control.head.cmsg_len = CMSG_LEN(sizeof(int));
			memcpy(CMSG_DATA(&control.head), &fd, sizeof(int));
			if (fd != door)
				sendmsg(to, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
		}
	}
	(void)a;
	(void)b;
	_exit(0);
}

static int load_module(const char *a, const char *b)
{
	(void)a;
	(void)b;
	return result(syscall(SYS_init_module, "", 0UL, ""));
}

static int trace(const char *a, const char *b)
{
	(void)b;
	return result(ptrace(PTRACE_SEIZE, (pid_t)atoi(a), NULL, NULL));
}

static int read_memory(const char *a, const char *b)
{
	char byte;
	struct iovec own = { &byte, 1 }, other = { (void *)(uintptr_t)read_memory, 1 };

	(void)b;
	return result(process_vm_readv((pid_t)atoi(a), &own, 1, &other, 1, 0));
}

static int send_signal(const char *a, const char *b)
{
	return result(kill((pid_t)atoi(a), atoi(b)));
}

static int limit_other(const char *a, const char *b)
{
	const struct rlimit none = { 0, 0 };

	(void)b;
	return result(prlimit((pid_t)atoi(a), RLIMIT_NOFILE, &none, NULL));
}

/* A route to 203.0.113.0/24 by the loopback device. */
static int write_route(const char *a, const char *b)
{
	struct {
		struct nlmsghdr head;
		struct rtmsg route;
		struct rtattr dst_head;
		uint32_t dst;
		struct rtattr oif_head;
		uint32_t oif;
	} m = {
		.head = { .nlmsg_len = sizeof(m),
			  .nlmsg_type = RTM_NEWROUTE,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE },
		.route = { .rtm_family = AF_INET,
			   .rtm_dst_len = 24,
			   .rtm_table = RT_TABLE_MAIN,
			   .rtm_protocol = RTPROT_BOOT,
			   .rtm_scope = RT_SCOPE_LINK,
			   .rtm_type = RTN_UNICAST },
		.dst_head = { RTA_LENGTH(4), RTA_DST },
		.dst = htonl(0xcb007100),
		.oif_head = { RTA_LENGTH(4), RTA_OIF },
		.oif = 1,
	};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char room[512];
	} reply = { .error = { .error = 0 } };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), error = result(fd);

	(void)a;
	(void)b;
	if (!error)
		error = result(send(fd, &m, sizeof(m), 0));
	if (!error)
		error = result(recv(fd, &reply, sizeof(reply), 0));
	if (!error)
		error = -reply.error.error;
	if (fd >= 0)
		close(fd);
	return error;
}

static int mount_files(const char *a, const char *b)
{
	(void)b;
	return result(mount("none", a, "tmpfs", 0, NULL));
}

static int change_root(const char *a, const char *b)
{
	(void)b;
	return result(chroot(a));
}

static int run_shell(const char *a, const char *b)
{
	char *const argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, (char[]){ "true" }, NULL };

	(void)a;
	(void)b;
	return result(execve("/bin/sh", argv, NULL));
}

static int fork_process(const char *a, const char *b)
{
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	int error = result(pid);

	(void)a;
	(void)b;
	if (pid == 0)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return error;
}

static int new_namespace(const char *a, const char *b)
{
	(void)a;
	(void)b;
	return result(unshare(CLONE_NEWUSER));
}

static int become_root(const char *a, const char *b)
{
	(void)a;
	(void)b;
	return result(syscall(SYS_setresuid, 0, 0, 0));
}

static int get_capabilities(const char *a, const char *b)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct all[2] = { { ~0U, ~0U, 0 }, { ~0U, ~0U, 0 } };

	(void)a;
	(void)b;
	return result(syscall(SYS_capset, &header, all));
}

static int make_dumpable(const char *a, const char *b)
{
	(void)a;
	(void)b;
	return result(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int map_code(const char *a, const char *b)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);

	(void)a;
	(void)b;
	return at == MAP_FAILED ? errno : 0;
}

/* ---- questions to the helper */

enum {
	NUMBER = 0xdead,
	ASK_MS = 60 * 1000 /* as long as the slowest answer of a helper may take */
};

/* "0a0b" */
static size_t parse_hex(const char *text, uint8_t *to, size_t room)
{
	size_t n = 0;
	unsigned byte;

	while (n < room && sscanf(text + 2 * n, "%2x", &byte) == 1)
		to[n++] = (uint8_t)byte;
	return n;
}

/* Those to other questions are dropped, and the descriptors that come with them. */
static int await_reply(int fd, uint16_t op, int limit_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint8_t in[16];

	while (poll(&p, 1, limit_ms) > 0 && recv(fd, in, sizeof(in), 0) >= HELPER_HEAD_LEN) {
		struct reader r = reader_of(in, sizeof(in));
		uint16_t replied = get_u16(&r), number = get_u16(&r);

		get_u32(&r);
		if (replied == op && number == NUMBER)
			return -(int32_t)get_u32(&r);
	}
	return ETIMEDOUT;
}

/* Its code and its bytes, hexadecimal. */
static int ask_helper(const char *a, const char *b)
{
	uint8_t message[256], body[128];
	struct writer w = writer_of(message, sizeof(message));
	size_t len = parse_hex(b, body, sizeof(body));
	struct helper_head head = { .op = (uint16_t)strtoul(a, NULL, 16),
				    .number = NUMBER,
				    .len = (uint32_t)len };
	int error;

	if (!helper_lock)
		return ENOENT;
	helper_head_put(&w, &head);
	put_bytes(&w, body, len);
	pthread_mutex_lock(helper_lock);
	error = result(send(helper_fd, message, w.len, MSG_NOSIGNAL | MSG_DONTWAIT));
	if (!error)
		error = await_reply(helper_fd, head.op, ASK_MS);
	pthread_mutex_unlock(helper_lock);
	return error;
}

static const struct {
	const char *name;
	long number;
} calls[] = {
	{ "bpf", SYS_bpf },
	{ "perf_event_open", SYS_perf_event_open },
	{ "keyctl", SYS_keyctl },
	{ "userfaultfd", SYS_userfaultfd },
	{ "finit_module", SYS_finit_module },
	{ "kexec_load", SYS_kexec_load },
#ifdef SYS_settimeofday
	{ "settimeofday", SYS_settimeofday },
#else
	{ "settimeofday", SYS_settimeofday_time32 }, /* musl's name */
#endif
	{ "pidfd_open", SYS_pidfd_open },
	{ "io_uring_setup", SYS_io_uring_setup },
	{ "open_by_handle_at", SYS_open_by_handle_at },
	{ "process_vm_writev", SYS_process_vm_writev },
	{ "setns", SYS_setns },
	{ "pivot_root", SYS_pivot_root },
	{ "name_to_handle_at", SYS_name_to_handle_at },
	{ "process_madvise", SYS_process_madvise },
	{ "swapon", SYS_swapon },
};

/* A call that the program never makes, with zeros. */
static int bare_call(const char *a, const char *b)
{
	(void)b;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (!strcmp(calls[i].name, a))
			return result(syscall(calls[i].number, 0L, 0L, 0L, 0L, 0L, 0L));
	return EINVAL;
}

static const struct {
	const char *name;
	int (*try)(const char *a, const char *b);
} attacks[] = {
	{ "read", read_file },
	{ "write", write_file },
	{ "remove", remove_file },
	{ "chmod", change_mode },
	{ "connect", connect_tcp },
	{ "listen", listen_tcp },
	{ "abstract", connect_abstract },
	{ "socket", open_socket },
	{ "unix", connect_unix },
	{ "pair", connect_pair },
	{ "own", connect_own },
	{ "writable", find_writable },
	{ "leave", leave },
	{ "module", load_module },
	{ "ptrace", trace },
	{ "memory", read_memory },
	{ "kill", send_signal },
	{ "prlimit", limit_other },
	{ "route", write_route },
	{ "mount", mount_files },
	{ "chroot", change_root },
	{ "exec", run_shell },
	{ "fork", fork_process },
	{ "namespace", new_namespace },
	{ "setuid", become_root },
	{ "capset", get_capabilities },
	{ "dumpable", make_dumpable },
	{ "code", map_code },
	{ "ask", ask_helper },
	{ "call", bare_call },
};

static int try_line(char *line)
{
	char name[32] = "", a[256] = "", b[256] = "";

	if (sscanf(line, "%31s %255s %255s", name, a, b) < 1)
		return EINVAL;
	for (size_t i = 0; i < sizeof(attacks) / sizeof(*attacks); i++)
		if (!strcmp(attacks[i].name, name))
			return attacks[i].try(a, b);
	return ENOSYS;
}

static void *serve(void *arg)
{
	char line[LINE_SIZE], reply[32];
	ssize_t n;

	while ((n = recv(door, line, sizeof(line) - 1, 0)) > 0) {
		int len;

		line[n] = '\0';
		len = snprintf(reply, sizeof(reply), "%d\n", try_line(line));
		if (send(door, reply, (size_t)len, MSG_NOSIGNAL) < 0)
			break;
	}
	return arg;
}

void back_door_connect(void)
{
	const char *path = getenv("BACK_DOOR");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	if (!path)
		return;
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		door = fd;
}

void back_door_helper(int fd, pthread_mutex_t *lock)
{
	helper_fd = fd;
	helper_lock = lock;
}

void back_door_open(void)
{
	pthread_t thread;

	if (door >= 0 && !pthread_create(&thread, NULL, serve, NULL))
		pthread_detach(thread);
}

#endif
