/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The filter is a binary search by the number, then the conditions of the arguments. Kernels since 5.11
 * remember which calls are permitted whatever their arguments are, and do not run the filter for them.
 */
#include "proc/syscall_filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
enum { MACHINE = (int)AUDIT_ARCH_X86_64 };
#elif defined(__aarch64__) && !defined(__AARCH64EB__)
enum { MACHINE = (int)AUDIT_ARCH_AARCH64 };
#elif defined(__arm__) && !defined(__ARMEB__)
enum { MACHINE = (int)AUDIT_ARCH_ARM };
#elif defined(__mips__) && defined(__MIPSEB__) && _MIPS_SIM == _ABIO32
enum { MACHINE = (int)AUDIT_ARCH_MIPS };
#elif defined(__mips__) && defined(__MIPSEL__) && _MIPS_SIM == _ABIO32
enum { MACHINE = (int)AUDIT_ARCH_MIPSEL };
#else
enum { MACHINE = 0 };
#endif

#ifndef SECCOMP_FILTER_FLAG_SPEC_ALLOW
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW (1UL << 2)
#endif

#ifdef SSTP_SYSCALL_TRAP
#define REFUSED(error) (SECCOMP_RET_TRAP | ((error)&SECCOMP_RET_DATA))
#else
#define REFUSED(error) (SECCOMP_RET_ERRNO | ((error)&SECCOMP_RET_DATA))
#endif

/* A call that the kernel seems to lack; glibc makes it while all signals are blocked, so it must not trap. */
#define MISSING (SECCOMP_RET_ERRNO | ENOSYS)

enum { CODE_MAX = 4096 /* BPF_MAXINSNS */ };

/* Calls of Linux 5.0 and later have the same numbers on all machines. */
#ifdef __mips__
enum { NEW_CALLS = 4403 };
#else
enum { NEW_CALLS = 403 };
#endif

struct program {
	struct sock_filter code[CODE_MAX];
	uint32_t len;
	bool is_full;
};

static void put(struct program *p, uint16_t op, uint8_t jt, uint8_t jf, uint32_t k)
{
	if (p->len == CODE_MAX) {
		p->is_full = true;
		return;
	}
	p->code[p->len++] = (struct sock_filter){ op, jt, jf, k };
}

static void load(struct program *p, size_t offset)
{
	put(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

static void end_with(struct program *p, uint32_t action)
{
	put(p, BPF_RET | BPF_K, 0, 0, action);
}

static size_t offset_of(uint8_t arg)
{
	size_t offset = offsetof(struct seccomp_data, args) + 8U * arg;

	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? offset + 4 : offset;
}

/* The accumulator is one of them, else refuses. */
static void put_list(struct program *p, const struct syscall_arg *a, uint32_t refuse)
{
	for (uint8_t i = 0; i < a->count; i++)
		put(p, BPF_JMP | BPF_JEQ | BPF_K, (uint8_t)(a->count - i), 0, a->values[i]);
	end_with(p, refuse);
}

/* Leaves this condition if it holds, else refuses. */
static void put_condition(struct program *p, const struct syscall_arg *a, uint32_t refuse)
{
	load(p, offset_of(a->index));
	switch (a->test) {
	case ARG_ANY:
		break;
	case ARG_ONE_OF:
		put_list(p, a, refuse);
		break;
	case ARG_PAIR:
		put(p, BPF_ALU | BPF_LSH | BPF_K, 0, 0, 16);
		put(p, BPF_MISC | BPF_TAX, 0, 0, 0);
		load(p, offset_of(a->index + 1));
		put(p, BPF_ALU | BPF_OR | BPF_X, 0, 0, 0);
		put_list(p, a, refuse);
		break;
	case ARG_LACKS:
		put(p, BPF_JMP | BPF_JSET | BPF_K, 0, 1, a->values[0]);
		end_with(p, refuse);
		break;
	case ARG_NOT_ALL:
		put(p, BPF_ALU | BPF_AND | BPF_K, 0, 0, a->values[0]);
		put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, a->values[0]);
		end_with(p, refuse);
		break;
	case ARG_HAS:
		put(p, BPF_ALU | BPF_AND | BPF_K, 0, 0, a->values[0]);
		put(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, a->values[0]);
		end_with(p, refuse);
		break;
	case ARG_OWN:
		put(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, (uint32_t)getpid());
		end_with(p, refuse);
		break;
	}
}

/*
 * The number is loaded, and is this one or none of ours. A C library takes an older call where the kernel lacks a
 * new one (ENOSYS), but not where it refuses it.
 */
static void put_rule(struct program *p, const struct syscall_rule *r)
{
	uint32_t refuse = r->error == ENOSYS ? MISSING : REFUSED(r->error ? r->error : EPERM);

	put(p, BPF_JMP | BPF_JEQ | BPF_K, 3, 0, r->number);
	put(p, BPF_JMP | BPF_JGE | BPF_K, 0, 1, NEW_CALLS);
	end_with(p, REFUSED(ENOSYS));
	end_with(p, REFUSED(EPERM));
	for (size_t i = 0; i < SYSCALL_ARGS; i++)
		if (r->args[i].test != ARG_ANY)
			put_condition(p, &r->args[i], refuse);
	end_with(p, SECCOMP_RET_ALLOW);
}

/* The jump over the lower half is too far for a conditional one. */
static void put_search(struct program *p, const struct syscall_rule *rules, size_t count)
{
	size_t half = count / 2;
	uint32_t jump;

	if (count == 1) {
		put_rule(p, rules);
		return;
	}
	put(p, BPF_JMP | BPF_JGE | BPF_K, 0, 1, rules[half].number);
	jump = p->len;
	put(p, BPF_JMP | BPF_JA, 0, 0, 0);
	put_search(p, rules, half);
	if (!p->is_full)
		p->code[jump].k = p->len - jump - 1;
	put_search(p, rules + half, count - half);
}

/* x86-64 has a second set of numbers, those of x32, from 2^30: they are above all of ours. */
static void put_all(struct program *p, const struct syscall_rule *rules, size_t count)
{
	load(p, offsetof(struct seccomp_data, arch));
	put(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, (uint32_t)MACHINE);
	end_with(p, REFUSED(EPERM));
	load(p, offsetof(struct seccomp_data, nr));
	put_search(p, rules, count);
}

/*
 * The flag: without it kernels before 5.16 slow the whole process down, against an attack by code that runs
 * inside the process (Speculative Store Bypass); we run no code of others. Kernels before 4.17 do not know it,
 * those before 3.17 not the call.
 */
static int install(const struct sock_fprog *prog)
{
	if (!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, prog))
		return 0;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, prog, 0, 0) ? -errno : 0;
}

int syscall_filter_install(const struct syscall_rule *rules, size_t count)
{
	static struct program p;
	struct sock_fprog prog;

	if (!MACHINE || !count)
		return -ENOSYS;
	p.len = 0;
	p.is_full = false;
	put_all(&p, rules, count);
	if (p.is_full)
		return -E2BIG;
	prog = (struct sock_fprog){ (unsigned short)p.len, p.code };
	return install(&prog);
}
