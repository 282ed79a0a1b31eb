/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One row for each system call. Some machines lack the older calls and have newer ones with 64-bit times; a C
 * library decides which of them it uses, so a row is there wherever the machine has the call.
 */
#include "proc/syscall_list.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>

/* ---- conditions of arguments */

#define VALUES(array) .count = sizeof(array) / sizeof(*(array)), .values = (array)

/* No Unix sockets: they could be connected to any that the user may open, such as that of a D-Bus. */
static const uint32_t socket_families[] = { AF_INET, AF_INET6, AF_NETLINK };
static const uint32_t pair_families[] = { AF_UNIX };
/* Sockets of these types stay connected to each other. A datagram socket (also SOCK_RAW) could be connected again. */
static const uint32_t pair_types[] = {
	SOCK_STREAM,
	SOCK_STREAM | SOCK_CLOEXEC,
	SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
};
static const uint32_t prctl_options[] = { PR_SET_NAME };
static const uint32_t no_pid[] = { 0 };
/* Without the signals that ask for the end, since a client's helper relies on these (proc/pending.h). */
static const uint32_t own_signals[] = { 0, SIGABRT, SIGKILL };
static const uint32_t thread_flags[] = { CLONE_VM | CLONE_SIGHAND | CLONE_THREAD };
static const uint32_t namespace_flags[] = { CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC |
					    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
					    CLONE_NEWCGROUP };
static const uint32_t fcntl_commands[] = {
	F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_SETLK, F_GETLK, F_SETLKW,
};
/*
 * For terminals: neither TIOCSTI, which puts in bytes as if the user typed them, nor a call that changes the keys of signals.
 * A terminal replies to some sequences that are written to it, as if the user typed the reply.
 */
static const uint32_t ioctl_requests[] = {
	FIONREAD, FIONBIO, TIOCOUTQ, SIOCOUTQNSD, SIOCGIFINDEX, TIOCGWINSZ, TCGETS,
};

/* Older headers lack these. */
#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44
#endif
#ifndef NETLINK_EXT_ACK
#define NETLINK_EXT_ACK 11
#endif
enum {
	RECEIVE_LIMIT_64 = 66, /* with 64-bit times, of 32-bit machines */
	SEND_LIMIT_64 = 67,
};

/*
 * Above all, filters and programs for packets (SO_ATTACH_FILTER and others) and options of unused protocols are not in the
 * list. Some options need a capability; then a helper sets them.
 */
static const uint32_t set_options[] = {
	SYSCALL_PAIR(SOL_SOCKET, SO_REUSEADDR),
	SYSCALL_PAIR(SOL_SOCKET, SO_REUSEPORT),
	SYSCALL_PAIR(SOL_SOCKET, SO_KEEPALIVE),
	SYSCALL_PAIR(SOL_SOCKET, SO_LINGER),
	SYSCALL_PAIR(SOL_SOCKET, SO_RCVLOWAT),
	SYSCALL_PAIR(SOL_SOCKET, SO_SNDBUF),
	SYSCALL_PAIR(SOL_SOCKET, SO_SNDBUFFORCE),
	SYSCALL_PAIR(SOL_SOCKET, SO_RCVTIMEO),
	SYSCALL_PAIR(SOL_SOCKET, SO_SNDTIMEO),
	SYSCALL_PAIR(SOL_SOCKET, RECEIVE_LIMIT_64),
	SYSCALL_PAIR(SOL_SOCKET, SEND_LIMIT_64),
	SYSCALL_PAIR(SOL_SOCKET, SO_MARK),
	SYSCALL_PAIR(SOL_SOCKET, SO_BINDTODEVICE),
	SYSCALL_PAIR(SOL_SOCKET, SO_MAX_PACING_RATE),
	SYSCALL_PAIR(IPPROTO_TCP, TCP_NODELAY),
	SYSCALL_PAIR(IPPROTO_TCP, TCP_MAXSEG),
	SYSCALL_PAIR(IPPROTO_TCP, TCP_KEEPIDLE),
	SYSCALL_PAIR(IPPROTO_TCP, TCP_CONGESTION),
	SYSCALL_PAIR(IPPROTO_TCP, TCP_USER_TIMEOUT),
	SYSCALL_PAIR(IPPROTO_TCP, TCP_NOTSENT_LOWAT),
	SYSCALL_PAIR(IPPROTO_TCP, TCP_RTO_MAX_MS),
	SYSCALL_PAIR(IPPROTO_IP, IP_RECVERR), /* this and the next: look-ups of glibc */
	SYSCALL_PAIR(IPPROTO_IPV6, IPV6_RECVERR),
	SYSCALL_PAIR(IPPROTO_IPV6, IPV6_V6ONLY),
	SYSCALL_PAIR(IPPROTO_IPV6, IPV6_JOIN_GROUP), /* of addresses that --ndp-proxy answers for */
	SYSCALL_PAIR(SOL_NETLINK, NETLINK_EXT_ACK),
	SYSCALL_PAIR(SOL_NETLINK, NETLINK_CAP_ACK),
};
static const uint32_t read_options[] = {
	SYSCALL_PAIR(SOL_SOCKET, SO_ERROR),     SYSCALL_PAIR(SOL_SOCKET, SO_TYPE),
	SYSCALL_PAIR(SOL_SOCKET, SO_DOMAIN),    SYSCALL_PAIR(SOL_SOCKET, SO_ACCEPTCONN),
	SYSCALL_PAIR(SOL_SOCKET, SO_PEERCRED),  SYSCALL_PAIR(SOL_SOCKET, SO_PEERGROUPS),
	SYSCALL_PAIR(SOL_SOCKET, SO_SNDBUF),    SYSCALL_PAIR(IPPROTO_TCP, TCP_INFO),
	SYSCALL_PAIR(IPPROTO_TCP, TCP_CC_INFO), SYSCALL_PAIR(IPPROTO_IPV6, IPV6_V6ONLY),
};

/*
 * Memory is never executable and writable. The static program maps no more code at all; glibc's look-ups load
 * libraries (nsswitch.conf).
 */
#ifdef __GLIBC__
static const uint32_t code[] = { PROT_WRITE | PROT_EXEC };
#define NO_CODE ARG_NOT_ALL
#else
static const uint32_t code[] = { PROT_EXEC };
#define NO_CODE ARG_LACKS
#endif

enum condition {
	NO_CONDITION,
	MAPS,
	SOCKET,
	SOCKETPAIR,
	PRCTL,
	OWN_LIMITS,
	OWN_NICE,
	NEW_THREAD,
	IS_MISSING,
	FCNTL,
	IOCTL,
	OWN_PROCESS,
	OWN_THREAD,
	SET_OPTION,
	READ_OPTION,
};

static const struct {
	struct syscall_arg args[SYSCALL_ARGS];
	uint16_t error;
} conditions[] = {
	[NO_CONDITION] = { .error = EPERM },
	[MAPS] = { { { NO_CODE, 2, VALUES(code) } }, EACCES },
	[SOCKET] = { { { ARG_ONE_OF, 0, VALUES(socket_families) } }, EACCES },
	[SOCKETPAIR] = { { { ARG_ONE_OF, 0, VALUES(pair_families) },
			   { ARG_ONE_OF, 1, VALUES(pair_types) } },
			 EACCES },
	[PRCTL] = { { { ARG_ONE_OF, 0, VALUES(prctl_options) } }, EPERM },
	[OWN_LIMITS] = { { { ARG_ONE_OF, 0, VALUES(no_pid) } }, EPERM },
	/* 0 is PRIO_PROCESS, too */
	[OWN_NICE] = { { { ARG_ONE_OF, 0, VALUES(no_pid) }, { ARG_ONE_OF, 1, VALUES(no_pid) } },
		       EPERM },
	[NEW_THREAD] = { { { ARG_HAS, 0, VALUES(thread_flags) },
			   { ARG_LACKS, 0, VALUES(namespace_flags) } },
			 EPERM },
	/* its flags are in memory, where a filter does not look; the C library then calls clone */
	[IS_MISSING] = { { { ARG_ONE_OF, 0, 0, NULL } }, ENOSYS },
	[FCNTL] = { { { ARG_ONE_OF, 1, VALUES(fcntl_commands) } }, EPERM },
	[IOCTL] = { { { ARG_ONE_OF, 1, VALUES(ioctl_requests) } }, ENOTTY },
	[OWN_PROCESS] = { { { ARG_OWN, 0, 0, NULL }, { ARG_ONE_OF, 1, VALUES(own_signals) } },
			  EPERM },
	[SET_OPTION] = { { { ARG_PAIR, 1, VALUES(set_options) } }, EPERM },
	[READ_OPTION] = { { { ARG_PAIR, 1, VALUES(read_options) } }, EPERM },
	[OWN_THREAD] = { { { ARG_OWN, 0, 0, NULL }, { ARG_ONE_OF, 2, VALUES(own_signals) } },
			 EPERM },
};

/* ---- the calls */

enum {
	SERVE = 1 << SANDBOX_SERVE,
	CONNECT = 1 << SANDBOX_CONNECT,
	RUN = 1 << SANDBOX_RUN,
	PROXY = 1 << SANDBOX_PROXY,
	PROBE = 1 << SANDBOX_PROBE,
	KEYS = 1 << SANDBOX_KEYS,
	LONG = SERVE | CONNECT | RUN | PROXY, /* verbs that run long */
	NET = LONG | PROBE,
	ALL = NET | KEYS,
};

static const struct {
	uint16_t number;
	uint8_t verbs, condition;
} table[] = {
	/* memory, threads, time */
	{ SYS_brk, ALL, 0 },
	{ SYS_munmap, ALL, 0 },
	{ SYS_mremap, ALL, 0 },
	{ SYS_madvise, ALL, 0 },
	{ SYS_mprotect, ALL, MAPS },
	{ SYS_clone, ALL, NEW_THREAD },
	{ SYS_futex, ALL, 0 },
	{ SYS_set_robust_list, ALL, 0 },
	{ SYS_set_tid_address, ALL, 0 },
	{ SYS_membarrier, ALL, 0 },
	{ SYS_sched_yield, ALL, 0 },
	{ SYS_sched_getaffinity, ALL, 0 },
	{ SYS_gettid, ALL, 0 },
	{ SYS_getpid, ALL, 0 },
	{ SYS_getppid, ALL, 0 },
	{ SYS_pidfd_open, KEYS, 0 }, /* of who took it over */
	{ SYS_getuid, ALL, 0 },
	{ SYS_geteuid, ALL, 0 },
	{ SYS_getgid, ALL, 0 },
	{ SYS_getegid, ALL, 0 },
	{ SYS_uname, ALL, 0 },
	{ SYS_sysinfo, ALL, 0 },
	{ SYS_getrusage, LONG, 0 }, /* for metrics */
	{ SYS_prctl, ALL, PRCTL },
	{ SYS_prlimit64, ALL, OWN_LIMITS },
	{ SYS_exit, ALL, 0 },
	{ SYS_exit_group, ALL, 0 },
	{ SYS_restart_syscall, ALL, 0 },
	{ SYS_wait4, LONG, 0 }, /* for the helper, and for children of before */
	{ SYS_waitid, LONG, 0 },
	{ SYS_nanosleep, ALL, 0 },
	{ SYS_getrandom, ALL, 0 },
	/* signals: only to ourselves, to crash or to end at once */
	{ SYS_rt_sigaction, ALL, 0 },
	{ SYS_rt_sigprocmask, ALL, 0 },
	{ SYS_rt_sigreturn, ALL, 0 },
	{ SYS_sigaltstack, ALL, 0 },
	{ SYS_kill, ALL, OWN_PROCESS },
	{ SYS_tkill, ALL, OWN_PROCESS },
	{ SYS_tgkill, ALL, OWN_THREAD },
	/* descriptors */
	{ SYS_read, ALL, 0 },
	{ SYS_readv, ALL, 0 },
	{ SYS_pread64, ALL, 0 },
	{ SYS_write, ALL, 0 },
	{ SYS_writev, ALL, 0 },
	{ SYS_close, ALL, 0 },
	{ SYS_lseek, ALL, 0 },
	{ SYS_dup, NET, 0 },
	{ SYS_dup3, NET, 0 },
	{ SYS_pipe2, NET, 0 },
	{ SYS_ioctl, NET, IOCTL },
	{ SYS_ppoll, ALL, 0 },
	{ SYS_epoll_create1, NET, 0 },
	{ SYS_epoll_ctl, NET, 0 },
	{ SYS_epoll_pwait, NET, 0 },
	{ SYS_eventfd2, NET, 0 },
	{ SYS_signalfd4, NET, 0 },
	{ SYS_timerfd_create, NET, 0 },
	/* files: which of them, Landlock says */
	{ SYS_openat, ALL, 0 },
	{ SYS_fstat, ALL, 0 },
	{ SYS_faccessat, ALL, 0 },
	{ SYS_readlinkat, ALL, 0 },
	{ SYS_getdents64, ALL, 0 },
	{ SYS_flock, LONG, 0 },
	{ SYS_ftruncate, LONG, 0 },
	{ SYS_fsync, LONG, 0 },
	{ SYS_unlinkat, LONG, 0 },
	/* the server: slow checks of passwords give way; changes of
	 * resolv.conf */
	{ SYS_setpriority, SERVE, OWN_NICE },
	{ SYS_inotify_init1, SERVE, 0 },
	{ SYS_inotify_add_watch, SERVE, 0 },
	/* sockets */
	{ SYS_socket, NET, SOCKET },
	{ SYS_socketpair, NET, SOCKETPAIR },
	{ SYS_bind, NET, 0 },
	{ SYS_connect, NET, 0 },
	{ SYS_listen, LONG, 0 },
	{ SYS_accept4, LONG, 0 },
	{ SYS_getsockname, NET, 0 },
	{ SYS_getpeername, NET, 0 },
	{ SYS_sendto, ALL, 0 },
	{ SYS_recvfrom, ALL, 0 },
	{ SYS_sendmsg, ALL, 0 },
	{ SYS_recvmsg, ALL, 0 },
	{ SYS_sendmmsg, NET, 0 },
	{ SYS_recvmmsg, NET, 0 },
	{ SYS_setsockopt, NET, SET_OPTION },
	{ SYS_getsockopt, NET, READ_OPTION },
	{ SYS_shutdown, NET, 0 },
/* not on every machine, or not in every header */
#ifdef SYS_mmap
	{ SYS_mmap, ALL, MAPS },
#endif
#ifdef SYS_mmap2
	{ SYS_mmap2, ALL, MAPS },
#endif
#ifdef SYS_fcntl
	{ SYS_fcntl, ALL, FCNTL },
#endif
#ifdef SYS_fcntl64
	{ SYS_fcntl64, ALL, FCNTL },
#endif
#ifdef SYS_clone3
	{ SYS_clone3, ALL, IS_MISSING },
#endif
#ifdef SYS_rseq
	{ SYS_rseq, ALL, 0 },
#endif
#ifdef SYS_clock_gettime
	{ SYS_clock_gettime, ALL, 0 },
#endif
#ifdef SYS_clock_gettime32
	{ SYS_clock_gettime32, ALL, 0 },
#endif
#ifdef SYS_clock_getres
	{ SYS_clock_getres, ALL, 0 },
#endif
#ifdef SYS_clock_getres_time32
	{ SYS_clock_getres_time32, ALL, 0 },
#endif
#ifdef SYS_clock_nanosleep
	{ SYS_clock_nanosleep, ALL, 0 },
#endif
#ifdef SYS_clock_nanosleep_time32
	{ SYS_clock_nanosleep_time32, ALL, 0 },
#endif
#ifdef SYS_gettimeofday
	{ SYS_gettimeofday, ALL, 0 },
#endif
#ifdef SYS_gettimeofday_time32
	{ SYS_gettimeofday_time32, ALL, 0 },
#endif
#ifdef SYS_time
	{ SYS_time, ALL, 0 },
#endif
#ifdef SYS_getrlimit
	{ SYS_getrlimit, ALL, 0 },
#endif
#ifdef SYS_rt_sigtimedwait
	{ SYS_rt_sigtimedwait, ALL, 0 },
#endif
#ifdef SYS_sigreturn
	{ SYS_sigreturn, ALL, 0 },
#endif
#ifdef SYS__llseek
	{ SYS__llseek, ALL, 0 },
#endif
#ifdef SYS_open
	{ SYS_open, ALL, 0 },
#endif
#ifdef SYS_stat
	{ SYS_stat, ALL, 0 },
	{ SYS_lstat, ALL, 0 },
	{ SYS_access, ALL, 0 },
	{ SYS_readlink, ALL, 0 },
	{ SYS_unlink, LONG, 0 },
	{ SYS_pipe, NET, 0 },
	{ SYS_dup2, NET, 0 },
	{ SYS_poll, ALL, 0 },
	{ SYS_epoll_wait, NET, 0 },
#endif
#ifdef SYS_stat64
	{ SYS_stat64, ALL, 0 },
	{ SYS_lstat64, ALL, 0 },
	{ SYS_fstat64, ALL, 0 },
	{ SYS_ftruncate64, LONG, 0 },
#endif
#ifdef SYS_fstatat64
	{ SYS_fstatat64, ALL, 0 },
#endif
#ifdef SYS_newfstatat
	{ SYS_newfstatat, ALL, 0 },
#endif
#ifdef SYS_statx
	{ SYS_statx, ALL, 0 },
#endif
#ifdef SYS_select
	{ SYS_select, NET, 0 },
#endif
#ifdef SYS__newselect
	{ SYS__newselect, NET, 0 },
#endif
#ifdef SYS_pselect6
	{ SYS_pselect6, NET, 0 },
#endif
#ifdef SYS_accept
	{ SYS_accept, LONG, 0 },
#endif
#ifdef SYS_send
	{ SYS_send, ALL, 0 },
#endif
#ifdef SYS_recv
	{ SYS_recv, ALL, 0 },
#endif
#ifdef SYS_getuid32
	{ SYS_getuid32, ALL, 0 },
	{ SYS_geteuid32, ALL, 0 },
	{ SYS_getgid32, ALL, 0 },
	{ SYS_getegid32, ALL, 0 },
#endif
#ifdef SYS_arm_set_tls
	{ SYS_arm_set_tls, ALL, 0 },
#endif
};

/* Calls of 32-bit machines with 64-bit times; musl before 1.2 has no names for them. */
#if __SIZEOF_POINTER__ == 4
#ifdef __mips__
enum { TIME64 = 4403 };
#else
enum { TIME64 = 403 };
#endif
/* clock_gettime, clock_getres, clock_nanosleep, pselect6, ppoll, recvmmsg, rt_sigtimedwait, futex */
static const uint16_t time64_calls[] = { 0, 3, 4, 10, 11, 14, 18, 19 };
#endif

static int by_number(const void *a, const void *b)
{
	const struct syscall_rule *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

size_t syscall_list(enum sandbox_verb verb, struct syscall_rule to[SYSCALLS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (!(table[i].verbs & 1 << verb))
			continue;
		to[count] = (struct syscall_rule){ .number = table[i].number,
						   .error = conditions[table[i].condition].error };
		for (size_t k = 0; k < SYSCALL_ARGS; k++)
			to[count].args[k] = conditions[table[i].condition].args[k];
		count++;
	}
#if __SIZEOF_POINTER__ == 4
	for (size_t i = 0; i < sizeof(time64_calls) / sizeof(*time64_calls); i++)
		to[count++] = (struct syscall_rule){ .number = TIME64 + time64_calls[i] };
#endif
	qsort(to, count, sizeof(*to), by_number);
	return count;
}
