/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A seccomp filter (seccomp(2)) of the system calls that a process may make. Another one refuses with
 * EPERM (calls of Linux 5.0 and later with ENOSYS), so that a call that a C library makes unexpectedly does
 * not end the program. syscall_list.h has the
 * lists.
 */
#ifndef SSTP_PROC_SYSCALL_FILTER_H
#define SSTP_PROC_SYSCALL_FILTER_H

#include <stddef.h>
#include <stdint.h>

/* What the argument of a permitted call must be. */
enum syscall_test {
	ARG_ANY,     /* no condition */
	ARG_ONE_OF,  /* one of `values` */
	ARG_LACKS,   /* none of the bits of values[0] */
	ARG_HAS,     /* all bits of values[0] */
	ARG_NOT_ALL, /* not all bits of values[0] */
	ARG_PAIR, /* with the next argument one of `values`, which are SYSCALL_PAIR(this, next) */
	ARG_OWN,  /* our process ID */
};

/* No two arguments that the kernel takes are the same pair as others: both have 16 bits. */
#define SYSCALL_PAIR(first, second) ((uint32_t)(first) << 16 | (uint32_t)(second))

struct syscall_arg {
	enum syscall_test test;
	uint8_t index; /* of the argument; only its lower 32 bits count, as in the kernel's int */
	uint8_t count; /* of values */
	const uint32_t *values;
};

enum { SYSCALL_ARGS = 2, SYSCALLS_MAX = 256 };

/* All of `args` have to be so. */
struct syscall_rule {
	uint32_t number;
	uint16_t error; /* when an argument is not so; 0: EPERM */
	struct syscall_arg args[SYSCALL_ARGS];
};

/*
 * Installs the filter for this thread and all that it starts. The rules are in ascending order of their
 * numbers. Needs no_new_privs. 0 or -errno; -ENOSYS: not on this machine.
 */
int syscall_filter_install(const struct syscall_rule *rules, size_t count);

#endif
