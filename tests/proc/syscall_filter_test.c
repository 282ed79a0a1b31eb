/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the filter of each verb says of system calls, by an interpreter of the instructions that it is made of: also for machines
 * that are tested without a kernel of their own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proc/syscall_filter.c" /* NOLINT(bugprone-suspicious-include) */
#include "proc/syscall_list.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <termios.h>

enum { OTHER_MACHINE = 0x1234, NUMBERS = 8000 };
#define HIGH 0xdeadbeef00000000ULL /* the upper half of an argument does not count */
#define ALLOWED SECCOMP_RET_ALLOW
#define FAILS(error) (SECCOMP_RET_ERRNO | (error))

static const enum sandbox_verb verbs[] = { SANDBOX_SERVE, SANDBOX_CONNECT, SANDBOX_RUN,
					   SANDBOX_PROXY, SANDBOX_PROBE,   SANDBOX_KEYS };
#define VERBS (sizeof(verbs) / sizeof(*verbs))

static struct syscall_rule rules[SYSCALLS_MAX];
static struct program program;

static size_t make(enum sandbox_verb verb)
{
	size_t count = syscall_list(verb, rules);

	program.len = 0;
	program.is_full = false;
	put_all(&program, rules, count);
	assert_false(program.is_full);
	return count;
}

/* As the kernel does (linux/filter.h), for the instructions that are used. */
static uint32_t execute(const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (uint32_t i = 0; i < program.len; i++) {
		const struct sock_filter *f = &program.code[i];

		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_true(f->k % 4 == 0 && f->k + 4 <= sizeof(*data));
			memcpy(&a, (const char *)data + f->k, sizeof(a));
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= f->k;
			break;
		case BPF_JMP | BPF_JA:
			i += f->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			i += a == f->k ? f->jt : f->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			i += a >= f->k ? f->jt : f->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			i += a & f->k ? f->jt : f->jf;
			break;
		case BPF_RET | BPF_K:
			return f->k;
		default:
			fail_msg("instruction %u has the code %#x", i, (unsigned)f->code);
		}
	}
	fail_msg("it runs off its end");
	return 0;
}

static uint32_t says(long number, uint64_t arg0, uint64_t arg1, uint64_t arg2)
{
	const struct seccomp_data data = { .nr = (int)number,
					   .arch = (uint32_t)MACHINE,
					   .args = { arg0, arg1, arg2 } };

	return execute(&data);
}

static bool is_listed(size_t count, uint32_t number)
{
	for (size_t i = 0; i < count; i++)
		if (rules[i].number == number)
			return true;
	return false;
}

static void test_numbers(void **state)
{
	(void)state;
	assert_int_not_equal(MACHINE, 0);
	for (size_t v = 0; v < VERBS; v++) {
		size_t count = make(verbs[v]);

		for (uint32_t number = 0; number < NUMBERS; number++)
			if (!is_listed(count, number))
				assert_int_equal(says((long)number, 0, 0, 0),
						 number >= NEW_CALLS ? FAILS(ENOSYS)
								     : FAILS(EPERM));
		for (size_t i = 0; i < count; i++)
			if (rules[i].args[0].test == ARG_ANY)
				assert_int_equal(says((long)rules[i].number, HIGH, HIGH, HIGH),
						 ALLOWED);
	}
}

static void test_another_machine(void **state)
{
	(void)state;
	for (size_t v = 0; v < VERBS; v++) {
		struct seccomp_data data = { .arch = OTHER_MACHINE };
		size_t count = make(verbs[v]);

		for (size_t i = 0; i < count; i++) {
			data.nr = (int)rules[i].number;
			assert_int_equal(execute(&data), FAILS(EPERM));
		}
	}
}

#ifdef SYS_mmap2
enum { MAP = SYS_mmap2 };
#else
enum { MAP = SYS_mmap };
#endif
#ifdef SYS_fcntl64
enum { CONTROL = SYS_fcntl64 };
#else
enum { CONTROL = SYS_fcntl };
#endif

static void test_arguments(void **state)
{
	const uint64_t thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
				CLONE_SYSVSEM | CLONE_SETTLS;
	const uint64_t own = (uint64_t)getpid(), code = PROT_READ | PROT_WRITE | PROT_EXEC;
	const struct {
		long number;
		uint64_t args[3];
		uint32_t result;
	} cases[] = {
		{ SYS_socket, { HIGH | AF_INET, SOCK_STREAM, 0 }, ALLOWED },
		{ SYS_socket, { AF_NETLINK, SOCK_RAW, 0 }, ALLOWED },
		{ SYS_socket, { AF_PACKET, SOCK_RAW, 0 }, FAILS(EACCES) },
		{ SYS_socketpair, { AF_UNIX, SOCK_STREAM, 0 }, ALLOWED },
		{ SYS_socketpair, { AF_INET, SOCK_STREAM, 0 }, FAILS(EACCES) },
		{ SYS_clone, { HIGH | thread, 0, 0 }, ALLOWED },
		{ SYS_clone, { SIGCHLD, 0, 0 }, FAILS(EPERM) },
		{ SYS_clone, { CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0 }, FAILS(EPERM) },
		{ SYS_clone, { thread | CLONE_NEWUSER, 0, 0 }, FAILS(EPERM) },
		{ SYS_clone, { thread | CLONE_NEWNET, 0, 0 }, FAILS(EPERM) },
		{ SYS_kill, { own, SIGABRT, 0 }, ALLOWED },
		{ SYS_kill, { own + 1, SIGABRT, 0 }, FAILS(EPERM) },
		{ SYS_kill, { UINT64_MAX, SIGTERM, 0 }, FAILS(EPERM) },
		{ SYS_tgkill, { own, own, SIGABRT }, ALLOWED },
		{ SYS_tgkill, { own + 1, own + 1, SIGABRT }, FAILS(EPERM) },
		{ MAP, { 0, 4096, PROT_READ | PROT_WRITE }, ALLOWED },
		{ MAP, { 0, 4096, code }, FAILS(EACCES) },
		{ SYS_mprotect, { 0, 4096, PROT_READ }, ALLOWED },
		{ SYS_mprotect, { 0, 4096, code }, FAILS(EACCES) },
		{ SYS_prctl, { PR_SET_NAME, 0, 0 }, ALLOWED },
		{ SYS_prctl, { PR_SET_DUMPABLE, 1, 0 }, FAILS(EPERM) },
		{ SYS_prlimit64, { 0, 0, 0 }, ALLOWED },
		{ SYS_prlimit64, { own + 1, 0, 0 }, FAILS(EPERM) },
		{ SYS_ioctl, { 0, HIGH | FIONREAD, 0 }, ALLOWED },
		{ SYS_ioctl, { 0, TIOCSTI, 0 }, FAILS(ENOTTY) },
		{ CONTROL, { 0, F_SETFL, 0 }, ALLOWED },
		{ CONTROL, { 0, F_SETOWN, 0 }, FAILS(EPERM) },
		{ SYS_execve, { 0, 0, 0 }, FAILS(EPERM) },
		{ SYS_ptrace, { 0, 0, 0 }, FAILS(EPERM) },
	};

	(void)state;
	for (size_t v = 0; v < VERBS - 1; v++) { /* the process with the keys may do less */
		make(verbs[v]);
		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			const uint64_t *args = cases[i].args;

			if (says(cases[i].number, args[0], args[1], args[2]) != cases[i].result)
				fail_msg("verb %zu, case %zu", v, i);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_another_machine),
		cmocka_unit_test(test_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
