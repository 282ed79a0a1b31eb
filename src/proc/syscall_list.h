/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The system calls that the network process of each verb may make in its sandbox (sandbox.h). They were found
 * by running that verb's end-to-end tests with a program that reports each other one (tools/syscalls).
 */
#ifndef SSTP_PROC_SYSCALL_LIST_H
#define SSTP_PROC_SYSCALL_LIST_H

#include "proc/syscall_filter.h"

enum sandbox_verb {
	SANDBOX_SERVE,
	SANDBOX_CONNECT,
	SANDBOX_RUN,
	SANDBOX_PROXY,
	SANDBOX_PROBE,
	SANDBOX_KEYS, /* no verb: the key process, which only reads files and answers */
};

/* Returns how many rules there are in to[], in ascending order. */
size_t syscall_list(enum sandbox_verb verb, struct syscall_rule to[SYSCALLS_MAX]);

#endif
