/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a process in the sandbox cannot do any more, in children; and what the report says of missing parts. */
#include "proc/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

enum { CANNOT = 100, ORDINARY = 12345 };
#ifdef __mips__
enum { CALLS_FROM = 4000 };
#else
enum { CALLS_FROM = 0 };
#endif
/* 32-bit ARM has older calls, for 16-bit IDs, under the plain names. */
#ifdef SYS_setresuid32
enum { SYS_SETRESUID = SYS_setresuid32, SYS_SETGROUPS = SYS_setgroups32 };
#else
enum { SYS_SETRESUID = SYS_setresuid, SYS_SETGROUPS = SYS_setgroups };
#endif
enum { IO_URING_SETUP = CALLS_FROM + 425, LANDLOCK_CREATE_RULESET = CALLS_FROM + 444 };

static const char permitted[] = "/usr";
static const struct landlock_path paths[] = { { .path = "/usr" },
					      { .path = "/no such file" },
					      { .path = "/var", .not_for_root = true } };
static const uint16_t ports[] = { 443 };
static struct sandbox_cfg cfg = { .verb = SANDBOX_PROXY,
				  .landlock = { paths, 3, ports, 1, false } };

static bool has_filters(void)
{
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) < 0 && errno == EFAULT;
}

/* qemu's user mode, which runs the tests of other machines, has neither. */
static bool is_able(void)
{
	if (has_filters() && landlock_version() >= LANDLOCK_SCOPES)
		return true;
	print_message("skip: kernel: no seccomp or no Landlock 6\n");
	skip();
	return false;
}

/* ---- attacks; each returns 0, or the error that it failed with */

static int error_of(long result)
{
	return result < 0 ? errno : 0;
}

static int open_file(void)
{
	return error_of(open("/etc/passwd", O_RDONLY));
}

static int open_permitted(void)
{
	return error_of(open(permitted, O_RDONLY | O_DIRECTORY));
}

static int open_unless_root(void)
{
	return error_of(open("/var", O_RDONLY | O_DIRECTORY));
}

static int write_permitted(void)
{
	return error_of(open("/usr/sstp-test", O_WRONLY | O_CREAT, 0600));
}

static int packet_socket(void)
{
	return error_of(socket(AF_PACKET, SOCK_RAW, 0));
}

static int tcp_socket(void)
{
	return error_of(socket(AF_INET, SOCK_STREAM, 0));
}

static int connect_to(uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int error = error_of(connect(fd, (struct sockaddr *)&to, sizeof(to)));

	return error == ECONNREFUSED ? 0 : error;
}

static int connect_elsewhere(void)
{
	return connect_to(4444);
}

static int connect_to_server(void)
{
	return connect_to(443);
}

static int bind_tcp(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };

	return error_of(bind(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&at, sizeof(at)));
}

static int trace_parent(void)
{
	return error_of(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int kill_parent(void)
{
	return error_of(kill(getppid(), 0));
}

static int signal_self(void)
{
	return error_of(kill(getpid(), 0));
}

/* As a signal of the user would. It is blocked, so that the test goes on where it is permitted. */
static int end_self_by(long (*send)(int number))
{
	static const int ends[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };
	sigset_t all;
	int error = 0;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		int now = error_of(send(ends[i]));

		if (i && now != error)
			return CANNOT;
		error = now;
	}
	return error;
}

static long kill_self(int number)
{
	return kill(getpid(), number);
}

static long tkill_self(int number)
{
	return syscall(SYS_tkill, getpid(), number);
}

static long tgkill_self(int number)
{
	return syscall(SYS_tgkill, getpid(), getpid(), number);
}

static int end_self(void)
{
	return end_self_by(kill_self);
}

static int end_own_thread(void)
{
	return end_self_by(tkill_self);
}

static int end_own_thread_of_group(void)
{
	return end_self_by(tgkill_self);
}

static int terminal; /* opened before */

/* With another key for SIGINT, what a terminal replies to a request for its state would be one. */
static int change_keys(void)
{
	struct termios t;

	if (tcgetattr(terminal, &t))
		return CANNOT;
	t.c_cc[VINTR] = 033;
	return error_of(tcsetattr(terminal, TCSANOW, &t));
}

static int set_filter(void)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, 0xffff);
	struct sock_fprog program = { 1, &all };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return error_of(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
}

/* Its number is that of TCP_CONGESTION, which is permitted. */
static int set_other_level(void)
{
	int on = 1, fd = socket(AF_INET, SOCK_DGRAM, 0);

	return error_of(setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on)));
}

static int read_other_option(void)
{
	int value, fd = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t len = sizeof(value);

	return error_of(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, &len));
}

static int set_permitted(void)
{
	int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(on);
	int error = error_of(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)));

	if (!error)
		error = error_of(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
	return error ? error : error_of(getsockopt(fd, SOL_SOCKET, SO_ERROR, &on, &len));
}

/* nameserver/dns_forwarder.c: of a name server such as fe80::1%eth0. */
static int find_device(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };

	return error_of(ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCGIFINDEX, &ifr));
}

/* tunnel/unsent.c and others; a connection sees by the second one that BBR is in its startup. */
static int read_tcp_info(void)
{
	char info[256];
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(info);
	int error = error_of(getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len));

	len = sizeof(info);
	return error ? error : error_of(getsockopt(fd, IPPROTO_TCP, TCP_CC_INFO, info, &len));
}

static int set_parents_priority(void)
{
	return error_of(setpriority(PRIO_PROCESS, (id_t)getppid(), 19));
}

static int set_groups_priority(void)
{
	return error_of(setpriority(PRIO_PGRP, 0, 19));
}

static int set_own_priority(void)
{
	return error_of(setpriority(PRIO_PROCESS, 0, 19));
}

static int mount_something(void)
{
	return error_of(mount("none", "/tmp", "tmpfs", 0, NULL));
}

static int get_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct all[2] = { { 1, 1, 0 } };

	return error_of(syscall(SYS_capset, &header, all));
}

static int become_root(void)
{
	return error_of(setuid(0));
}

static int run_program(void)
{
	char *const argv[] = { (char[]){ "true" }, NULL };

	return error_of(execv("/usr/bin/true", argv));
}

static int fork_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return error_of(pid);
}

static int new_namespace(void)
{
	return error_of(unshare(CLONE_NEWUSER));
}

static int map_code(void)
{
	return error_of(mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			     0) == MAP_FAILED
				? -1
				: 0);
}

static int load_module(void)
{
	return error_of(syscall(SYS_init_module, NULL, 0, NULL));
}

static int ring_of_calls(void)
{
	return error_of(syscall(IO_URING_SETUP, 1, NULL));
}

static int control_process(void)
{
	return error_of(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static void *nothing(void *arg)
{
	return arg;
}

static int start_thread(void)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, nothing, NULL);

	return error ? error : pthread_join(thread, NULL);
}

static int allocate(void)
{
	char *at = malloc(8 << 20);

	if (!at)
		return ENOMEM;
	memset(at, 1, 8 << 20);
	free(at);
	return 0;
}

static int dump_core(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CORE, &limit))
		return errno;
	return limit.rlim_max ? 0 : EPERM;
}

static const struct {
	const char *name;
	int (*attack)(void);
	int error;          /* expected; 0: it works */
	bool works_outside; /* without a sandbox, for any user */
} attacks[] = {
	{ "open a file", open_file, EACCES, true },
	{ "open what is permitted", open_permitted, 0, false },
	{ "open what is not for root", open_unless_root, 0, false },
	{ "write there", write_permitted, EACCES, false },
	{ "packet socket", packet_socket, EACCES, false },
	{ "TCP socket", tcp_socket, 0, false },
	{ "connect elsewhere", connect_elsewhere, EACCES, false },
	{ "connect to the server's port", connect_to_server, 0, false },
	{ "bind a TCP port", bind_tcp, EACCES, true },
	{ "ptrace the parent", trace_parent, EPERM, false },
	{ "kill the parent", kill_parent, EPERM, false },
	{ "signal to itself", signal_self, 0, false },
	{ "ask itself to end", end_self, EPERM, true },
	{ "ask its thread to end", end_own_thread, EPERM, true },
	{ "ask its thread to end, by tgkill", end_own_thread_of_group, EPERM, true },
	{ "the keys of a terminal", change_keys, ENOTTY, true },
	{ "a filter of packets", set_filter, EPERM, true },
	{ "an option of another level", set_other_level, EPERM, true },
	{ "another option", read_other_option, EPERM, true },
	{ "options of sockets", set_permitted, 0, true },
	{ "the index of a device", find_device, 0, true },
	{ "the state of a connection", read_tcp_info, 0, true },
	{ "mount", mount_something, EPERM, false },
	{ "capset", get_capabilities, EPERM, false },
	{ "setuid", become_root, EPERM, false },
	{ "exec", run_program, EPERM, false },
	{ "fork", fork_process, EPERM, true },
	{ "namespace", new_namespace, EPERM, false },
	{ "executable memory", map_code, EACCES, true },
	{ "module", load_module, EPERM, false },
	{ "io_uring", ring_of_calls, ENOSYS, false },
	{ "prctl", control_process, EPERM, true },
	{ "core", dump_core, EPERM, false },
	{ "thread", start_thread, 0, false },
	{ "memory", allocate, 0, false },
};

/* Of the server alone. */
static const struct {
	const char *name;
	int (*attack)(void);
	int error;
} priorities[] = {
	{ "of the parent", set_parents_priority, EPERM },
	{ "of the process group", set_groups_priority, EPERM },
	{ "its own", set_own_priority, 0 },
};

/* ---- children */

/* Runs it in a child and returns its exit status. */
static int in_child(int (*run)(const void *arg), const void *arg)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(run(arg));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int try_attack(const void *arg)
{
	int (*const *attack)(void) = arg;
	struct sandbox_report report;
	struct error err;

	if (sandbox_enter(&cfg, &report, &err))
		return CANNOT;
	return (*attack)();
}

static void test_attacks(void **state)
{
	(void)state;
	if (!is_able())
		return;
	for (size_t i = 0; i < sizeof(attacks) / sizeof(*attacks); i++) {
		int error = in_child(try_attack, &attacks[i].attack);

		if (error != attacks[i].error)
			print_error("%s: %d (%s), not %d\n", attacks[i].name, error,
				    strerror(error), attacks[i].error);
		assert_int_equal(error, attacks[i].error);
	}
}

static int try_outside(const void *arg)
{
	int (*const *attack)(void) = arg;

	return (*attack)();
}

/* The parent of those that run here is a child too, so that no priority changes but theirs. */
static int try_priorities(int (*how)(const void *arg))
{
	setpgid(0, 0);
	for (size_t i = 0; i < sizeof(priorities) / sizeof(*priorities); i++) {
		int error = in_child(how, &priorities[i].attack);
		int wanted = how == try_outside ? 0 : priorities[i].error;

		if (error == wanted)
			continue;
		print_error("priority %s: %d (%s)\n", priorities[i].name, error, strerror(error));
		return 1;
	}
	return 0;
}

static int try_priorities_inside(const void *arg)
{
	(void)arg;
	cfg.verb = SANDBOX_SERVE;
	return try_priorities(try_attack);
}

static int try_priorities_outside(const void *arg)
{
	(void)arg;
	return try_priorities(try_outside);
}

static void test_priorities(void **state)
{
	(void)state;
	if (!is_able())
		return;
	assert_int_equal(in_child(try_priorities_outside, NULL), 0);
	assert_int_equal(in_child(try_priorities_inside, NULL), 0);
}

/* Or else the test above would show nothing. */
static void test_attacks_without_a_sandbox(void **state)
{
	(void)state;
	if (!is_able())
		return;
	for (size_t i = 0; i < sizeof(attacks) / sizeof(*attacks); i++) {
		int error =
			attacks[i].works_outside ? in_child(try_outside, &attacks[i].attack) : 0;

		if (error)
			print_error("%s: %d (%s)\n", attacks[i].name, error, strerror(error));
		assert_int_equal(error, 0);
	}
}

/* ---- who it is afterwards, as others see it */

enum { STATUS_SIZE = 8192 };

struct child {
	uid_t uid; /* it enters the sandbox as this user */
	int entered, end;
};

/* Waits in the sandbox until the other end is closed. */
static int wait_inside(const struct child *c)
{
	struct sandbox_report report;
	struct error err;
	char byte = 0;

	if (c->uid && (setgid(c->uid) || setuid(c->uid)))
		return CANNOT;
	if (sandbox_enter(&cfg, &report, &err) || write(c->entered, &byte, 1) != 1)
		return CANNOT;
	return read(c->end, &byte, 1) ? CANNOT : 0;
}

static void read_status(pid_t pid, char to[STATUS_SIZE])
{
	char path[64];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	fd = open(path, O_RDONLY);
	len = read(fd, to, STATUS_SIZE - 1);
	close(fd);
	to[len < 0 ? 0 : len] = '\0';
}

static void look_at_child(uid_t uid, char to[STATUS_SIZE])
{
	int entered[2], end[2], status;
	char byte;
	pid_t pid;

	assert_int_equal(pipe(entered) | pipe(end), 0);
	pid = fork();
	if (pid == 0) {
		close(end[1]);
		_exit(wait_inside(&(struct child){ uid, entered[1], end[0] }));
	}
	close(entered[1]);
	close(end[0]);
	assert_int_equal(read(entered[0], &byte, 1), 1);
	read_status(pid, to);
	close(end[1]);
	close(entered[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void assert_has(const char *status, const char *line)
{
	if (!strstr(status, line))
		print_error("no %s in\n%s\n", line, status);
	assert_non_null(strstr(status, line));
}

static void test_status(void **state)
{
	char status[STATUS_SIZE];

	(void)state;
	if (!is_able())
		return;
	if (geteuid())
		skip();
	look_at_child(0, status);
	assert_has(status, "\nUid:\t65534\t65534\t65534\t65534\n");
	assert_has(status, "\nGid:\t65534\t65534\t65534\t65534\n");
	assert_has(status, "\nGroups:\t \n");
	assert_has(status, "\nCapPrm:\t0000000000000000\n");
	assert_has(status, "\nCapEff:\t0000000000000000\n");
	assert_has(status, "\nCapBnd:\t0000000000000000\n");
	assert_has(status, "\nCapAmb:\t0000000000000000\n");
	assert_has(status, "\nNoNewPrivs:\t1\n");
	assert_has(status, "\nSeccomp:\t2\n");
	look_at_child(ORDINARY, status);
	assert_has(status, "\nUid:\t12345\t12345\t12345\t12345\n");
	assert_has(status, "\nNoNewPrivs:\t1\n");
	assert_has(status, "\nSeccomp:\t2\n");
}

/* ---- what a kernel lacks, or a container refuses */

struct lack {
	const char *name;
	long number;
	uint32_t option; /* only with this first argument, if `has_option` */
	bool has_option;
	int error;
	unsigned missing; /* parts, as bits */
	bool has_empty_root;
};

static int refuse(const struct lack *l)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)l->number, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args) +
				 (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, l->option, 0, l->has_option ? 1 : 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)l->error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof(code) / sizeof(*code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0))
		return -errno;
	return 0;
}

/* The user cannot be changed: the folder is not permitted. */
static int open_as_root(const void *arg)
{
	struct sandbox_report report;
	struct error err;

	if (refuse(arg) || sandbox_enter(&cfg, &report, &err) || !report.errors[SANDBOX_USER])
		return CANNOT;
	return open_unless_root();
}

static unsigned missing(const struct sandbox_report *r)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < SANDBOX_PARTS; i++)
		if (r->errors[i])
			bits |= 1U << i;
	return bits;
}

static int enter_without(const void *arg)
{
	const struct lack *l = arg;
	struct sandbox_cfg without_paths = { .verb = SANDBOX_SERVE };
	struct sandbox_report report;
	struct error err;

	if (l->number >= 0 && refuse(l))
		return CANNOT;
	if (sandbox_enter(&without_paths, &report, &err) || !report.is_entered)
		return 1;
	if (missing(&report) != l->missing)
		return 2;
	if (report.has_empty_root != l->has_empty_root)
		return 3;
	return l->has_empty_root && !access("/usr", F_OK) ? 4 : 0;
}

static int require_without(const void *arg)
{
	const struct lack *l = arg;
	struct sandbox_cfg required = { .mode = SANDBOX_REQUIRE, .verb = SANDBOX_SERVE };
	struct sandbox_report report;
	struct error err = { "" };

	if (l->number >= 0 && refuse(l))
		return CANNOT;
	if (!sandbox_enter(&required, &report, &err))
		return l->missing ? 1 : 0;
	return l->missing && strstr(err.text, "without") ? 0 : 2;
}

static const struct lack lacks[] = {
	{ "nothing", -1, 0, false, 0, 0, false },
	{ "no Landlock: an empty root", LANDLOCK_CREATE_RULESET, 0, false, ENOSYS,
	  1U << SANDBOX_TCP | 1U << SANDBOX_SCOPES, true },
	{ "Landlock is not permitted", LANDLOCK_CREATE_RULESET, 0, false, EPERM,
	  1U << SANDBOX_TCP | 1U << SANDBOX_SCOPES, true },
	{ "no seccomp(2), but prctl", SYS_seccomp, 0, false, ENOSYS, 0, false },
	{ "no filters", SYS_prctl, PR_SET_SECCOMP, true, EINVAL, 0, false },
	{ "no change of the user", SYS_SETRESUID, 0, false, EPERM, 1U << SANDBOX_USER, false },
	{ "no capset", SYS_capset, 0, false, EPERM, 1U << SANDBOX_CAPABILITIES, false },
	{ "no groups", SYS_SETGROUPS, 0, false, EPERM, 1U << SANDBOX_USER, false },
	{ "no limits", SYS_prlimit64, 0, false, EPERM, 1U << SANDBOX_MEMORY, false },
};

static void test_lacks(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	if (!is_able())
		return;
	for (size_t i = 0; i < sizeof(lacks) / sizeof(*lacks); i++) {
		int auto_result = in_child(enter_without, &lacks[i]);
		int required = in_child(require_without, &lacks[i]);

		if (auto_result || required)
			print_error("%s: %d, %d\n", lacks[i].name, auto_result, required);
		assert_int_equal(auto_result, 0);
		assert_int_equal(required, 0);
	}
}

static void test_still_root(void **state)
{
	const struct lack no_change = { .number = SYS_SETRESUID, .error = EPERM };

	(void)state;
	if (geteuid())
		skip();
	if (is_able())
		assert_int_equal(in_child(open_as_root, &no_change), EACCES);
}

/* ---- the report */

static void test_off(void **state)
{
	const struct sandbox_cfg off = { .mode = SANDBOX_OFF };
	struct sandbox_report report;
	struct error err;
	char text[1024];
	struct json j;

	(void)state;
	assert_int_equal(sandbox_enter(&off, &report, &err), 0);
	assert_false(report.is_entered);
	assert_string_equal(sandbox_report_print(&report).text, "off");
	json_open(&j, text, sizeof(text));
	sandbox_report_json(&report, &j);
	json_close(&j);
	assert_string_equal(text, "{\"sandbox\":{\"mode\":\"off\",\"state\":\"off\"}}");
	assert_int_equal(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
}

static void test_report(void **state)
{
	struct sandbox_report report = { .is_entered = true };
	char text[1024];
	struct json j;

	(void)state;
	assert_string_equal(sandbox_report_print(&report).text, "on");
	report.errors[SANDBOX_USER] = -EPERM;
	report.errors[SANDBOX_TCP] = report.errors[SANDBOX_SCOPES] = -ENOSYS;
	assert_string_equal(
		sandbox_report_print(&report).text,
		"on, but without a user of its own (Operation not permitted); a list of TCP "
		"ports, a scope of signals and sockets (this kernel's Landlock is missing or "
		"too old)");
	json_open(&j, text, sizeof(text));
	sandbox_report_json(&report, &j);
	json_close(&j);
	assert_non_null(strstr(text, "\"state\":\"partial\""));
	assert_non_null(strstr(text, "\"user\":false"));
	assert_non_null(strstr(text, "\"files\":true"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attacks),    cmocka_unit_test(test_attacks_without_a_sandbox),
		cmocka_unit_test(test_status),     cmocka_unit_test(test_lacks),
		cmocka_unit_test(test_still_root), cmocka_unit_test(test_off),
		cmocka_unit_test(test_priorities), cmocka_unit_test(test_report),
	};

	terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal < 0) {
		print_error("no pseudoterminal: %s\n", strerror(errno));
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
