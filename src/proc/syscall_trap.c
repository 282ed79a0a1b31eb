/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel sends SIGSYS in place of the call; the handler gives the call the result that it has without us. */
#include "proc/syscall_trap.h"

#ifdef SSTP_SYSCALL_TRAP

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__x86_64__)
enum { RESULT = REG_RAX };
static const int arguments[] = { REG_RDI, REG_RSI, REG_RDX };
#define REGISTER(context, i) ((context)->uc_mcontext.gregs[i])
#elif defined(__aarch64__)
enum { RESULT = 0 };
static const int arguments[] = { 0, 1, 2 };
#define REGISTER(context, i) ((context)->uc_mcontext.regs[i])
#else
#error "tools/syscalls is for x86-64 and aarch64"
#endif

static int file = -1;
static enum sandbox_verb verb_now;

static void on_trap(int sig, siginfo_t *info, void *arg)
{
	ucontext_t *c = arg;
	char line[160];
	int n = snprintf(line, sizeof(line), "%d %d %#llx %#llx %#llx\n", (int)verb_now,
			 info->si_syscall, (unsigned long long)REGISTER(c, arguments[0]),
			 (unsigned long long)REGISTER(c, arguments[1]),
			 (unsigned long long)REGISTER(c, arguments[2]));

	(void)sig;
	if (n > 0 && write(file, line, (size_t)n) < 0)
		_exit(1);
	REGISTER(c, RESULT) = -info->si_errno;
}

void syscall_trap_open(enum sandbox_verb verb)
{
	const struct sigaction action = { .sa_sigaction = on_trap,
					  .sa_flags = SA_SIGINFO | SA_NODEFER };
	const char *path = getenv("SYSCALL_LOG");

	verb_now = verb;
	file = open(path ? path : "/dev/null", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	sigaction(SIGSYS, &action, NULL);
}

#endif
