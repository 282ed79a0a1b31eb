/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kills a program just before its n-th system call that changes something outside of it: files,
 * netlink, devices, mounts, namespaces, processes.
 *
 *	killat N all|main COMMAND...
 *
 * `all` kills it with its children, as an out-of-memory kill of a cgroup does; `main` only the process
 * that was started, as kill -9 does, and waits until the others have ended. Calls of other programs
 * that it becomes or starts are not counted. What it says goes to standard output: "pid PID", then
 * "killed at N: NAME", or "ended after N calls".
 *
 * A seccomp filter stops at these calls alone, so that all others cost nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#if !defined(__x86_64__)

int main(void)
{
	fprintf(stderr, "killat: knows the registers of x86-64 alone\n");
	return 77;
}

#else

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

enum { TRACEES_MAX = 256, TUN_FIRST = 200 /* TUNSETNOCSUM, the first of their ioctls */ };

static struct {
	pid_t pid; /* of the started process */
	char exe[PATH_MAX];
	unsigned long count, at;
	bool kills_all, was_killed;
	pid_t tracee[TRACEES_MAX];
	size_t tracees;
} k;

struct call {
	pid_t pid;
	unsigned long long arg[3];
};

/* ---- which calls count */

/* Reads a link of /proc: "exe", or the descriptor `fd` if `what` is NULL. */
static bool link_of(char to[PATH_MAX], pid_t pid, const char *what, int fd)
{
	char path[64];
	ssize_t n;

	if (what)
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, what);
	else
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	n = readlink(path, to, PATH_MAX - 1);
	to[n < 0 ? 0 : n] = '\0';
	return n > 0;
}

static bool always(const struct call *c)
{
	(void)c;
	return true;
}

static bool makes_by_open(const struct call *c)
{
	return c->arg[1] & (O_CREAT | O_TRUNC);
}

static bool makes_by_openat(const struct call *c)
{
	return c->arg[2] & (O_CREAT | O_TRUNC);
}

/* A file, but not the log. */
static bool writes_file(const struct call *c)
{
	char path[PATH_MAX];

	return c->arg[0] > STDERR_FILENO && link_of(path, c->pid, NULL, (int)c->arg[0]) &&
	       path[0] == '/' && strncmp(path, "/dev/", 5) != 0 && strncmp(path, "/memfd:", 7) != 0;
}

/* True in doubt. */
static bool asks_netlink(const struct call *c)
{
	int domain = AF_NETLINK, pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0), fd;
	socklen_t len = sizeof(domain);

	if (pidfd < 0)
		return true;
	fd = (int)syscall(SYS_pidfd_getfd, pidfd, (int)c->arg[0], 0);
	close(pidfd);
	if (fd < 0)
		return true;
	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len);
	close(fd);
	return domain == AF_NETLINK;
}

static bool sets_device(const struct call *c)
{
	unsigned type = (unsigned)(c->arg[1] >> 8) & 0xff, nr = (unsigned)c->arg[1] & 0xff;

	return type == 0x89 || (type == 'T' && nr >= TUN_FIRST);
}

static const struct kind {
	int nr;
	const char *name;
	bool (*counts)(const struct call *c);
} kinds[] = {
#define CALL(name, counts)                \
	{                                 \
		SYS_##name, #name, counts \
	}
	CALL(open, makes_by_open),   CALL(openat, makes_by_openat),
	CALL(creat, always),         CALL(write, writes_file),
	CALL(pwrite64, writes_file), CALL(writev, writes_file),
	CALL(sendto, asks_netlink),  CALL(sendmsg, asks_netlink),
	CALL(ioctl, sets_device),    CALL(ftruncate, always),
	CALL(truncate, always),      CALL(rename, always),
	CALL(renameat, always),      CALL(renameat2, always),
	CALL(unlink, always),        CALL(unlinkat, always),
	CALL(rmdir, always),         CALL(mkdir, always),
	CALL(mkdirat, always),       CALL(link, always),
	CALL(linkat, always),        CALL(symlink, always),
	CALL(symlinkat, always),     CALL(mknod, always),
	CALL(mknodat, always),       CALL(chmod, always),
	CALL(fchmod, always),        CALL(fchmodat, always),
	CALL(chown, always),         CALL(fchown, always),
	CALL(fchownat, always),      CALL(mount, always),
	CALL(umount2, always),       CALL(pivot_root, always),
	CALL(sethostname, always),   CALL(unshare, always),
	CALL(setns, always),         CALL(fork, always),
	CALL(vfork, always),         CALL(clone, always),
	CALL(kill, always),
#undef CALL
};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

static bool is_the_program(pid_t pid)
{
	char exe[PATH_MAX];

	return link_of(exe, pid, "exe", 0) && !strcmp(exe, k.exe);
}

/* The call that this tracee is about to make, if it counts; else NULL. */
static const struct kind *counted_call(pid_t pid)
{
	struct user_regs_struct regs;
	struct call c = { .pid = pid };

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) || !is_the_program(pid))
		return NULL;
	c.arg[0] = regs.rdi;
	c.arg[1] = regs.rsi;
	c.arg[2] = regs.rdx;
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].nr == (int)regs.orig_rax)
			return kinds[i].counts(&c) ? &kinds[i] : NULL;
	return NULL;
}

/* ---- the program */

static void filter(void)
{
	struct sock_filter f[KINDS + 3];
	struct sock_fprog p = { .len = KINDS + 3, .filter = f };

	f[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					    offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < KINDS; i++)
		f[1 + i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							(unsigned)kinds[i].nr,
							(unsigned char)(KINDS - i), 0);
	f[KINDS + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	f[KINDS + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p)) {
		perror("killat: seccomp");
		_exit(1);
	}
}

static void become(char **argv)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	filter();
	execv(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

/* ---- tracing */

static void add(pid_t pid)
{
	for (size_t i = 0; i < k.tracees; i++)
		if (k.tracee[i] == pid)
			return;
	if (k.tracees < TRACEES_MAX)
		k.tracee[k.tracees++] = pid;
}

static void drop(pid_t pid)
{
	for (size_t i = 0; i < k.tracees; i++)
		if (k.tracee[i] == pid)
			k.tracee[i] = k.tracee[--k.tracees];
}

static void kill_it(const struct kind *call)
{
	k.was_killed = true;
	printf("killed at %lu: %s\n", k.count, call->name);
	fflush(stdout);
	kill(k.pid, SIGKILL);
	for (size_t i = 0; k.kills_all && i < k.tracees; i++)
		kill(k.tracee[i], SIGKILL);
}

static void on_call(pid_t pid)
{
	const struct kind *call = k.was_killed ? NULL : counted_call(pid);

	if (call && ++k.count == k.at)
		kill_it(call);
}

/* Returns the signal to pass on. */
static int on_stop(pid_t pid, int status)
{
	int event = status >> 16, sig = WSTOPSIG(status);
	bool is_new = true;

	for (size_t i = 0; i < k.tracees; i++)
		is_new = is_new && k.tracee[i] != pid;
	add(pid);
	if (event == PTRACE_EVENT_SECCOMP)
		on_call(pid);
	if (k.was_killed && k.kills_all)
		kill(pid, SIGKILL);
	if (event || (is_new && sig == SIGSTOP))
		return 0;
	return sig;
}

static void trace(void)
{
	const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK |
			     PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
	int status;
	pid_t pid;

	if (waitpid(k.pid, &status, 0) != k.pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, k.pid, NULL, options)) {
		perror("killat: ptrace");
		exit(1);
	}
	add(k.pid);
	ptrace(PTRACE_CONT, k.pid, NULL, NULL);
	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (pid <= 0)
			continue;
		if (WIFSTOPPED(status))
			ptrace(PTRACE_CONT, pid, NULL, (long)on_stop(pid, status));
		else
			drop(pid);
	}
}

int main(int argc, char **argv)
{
	if (argc < 4 || !realpath(argv[3], k.exe)) {
		fprintf(stderr, "usage: killat N all|main COMMAND...\n");
		return 2;
	}
	k.at = strtoul(argv[1], NULL, 10);
	k.kills_all = !strcmp(argv[2], "all");
	k.pid = fork();
	if (k.pid == 0)
		become(argv + 3);
	printf("pid %ld\n", (long)k.pid);
	fflush(stdout);
	trace();
	if (!k.was_killed)
		printf("ended after %lu calls\n", k.count);
	return 0;
}

#endif
