/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Only in the program of `make back-door`, which is never installed: tests/e2e/test_sandbox.py tells a process in
 * its sandbox what to try, as an attacker would who has taken it over.
 */
#ifndef SSTP_PROC_BACK_DOOR_H
#define SSTP_PROC_BACK_DOOR_H

#include <pthread.h>

#ifdef SSTP_BACK_DOOR
/* Before the sandbox: connects to the Unix socket that the variable BACK_DOOR names. */
void back_door_connect(void);
/* The socket to the process's helper. A thread that asks there holds the lock, or another one would take the reply. */
void back_door_helper(int fd, pthread_mutex_t *lock);
/* In the sandbox: a thread reads lines, tries what they say, and replies with a line: the error's number, 0: it worked. */
void back_door_open(void);
#else
static inline void back_door_connect(void)
{
}

static inline void back_door_helper(int fd, pthread_mutex_t *lock)
{
	(void)fd;
	(void)lock;
}

static inline void back_door_open(void)
{
}
#endif

#endif
