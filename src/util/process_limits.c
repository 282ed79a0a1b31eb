/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel looks at the limit on the stack whenever the stack grows, so raising it helps at once. */
#include "util/process_limits.h"

#include <pthread.h>
#include <sys/resource.h>

#include "util/file.h"
#include "util/log.h"

enum {
	STACK_USUAL = 8 * 1024 * 1024,
	STACK_LOW = 1024 * 1024,
	STACK_MIN = 256 * 1024, /* twice of what the verbs need */
	FILES_USUAL = 64,
	FILES_FEW = 32,
};

/* Root may raise the hard limit, too. */
static rlim_t raise_stack(void)
{
	struct rlimit l, raised;

	if (getrlimit(RLIMIT_STACK, &l) || l.rlim_cur >= STACK_LOW)
		return STACK_LOW;
	raised =
		(struct rlimit){ STACK_USUAL, l.rlim_max < STACK_USUAL ? STACK_USUAL : l.rlim_max };
	if (!setrlimit(RLIMIT_STACK, &raised))
		return STACK_USUAL;
	raised = (struct rlimit){ l.rlim_max < STACK_USUAL ? l.rlim_max : STACK_USUAL, l.rlim_max };
	return setrlimit(RLIMIT_STACK, &raised) ? l.rlim_cur : raised.rlim_cur;
}

/* glibc takes the size of a thread's stack from the limit that the program was started with; musl has its own. */
static void set_thread_stack(void)
{
	pthread_attr_t attr;

	if (pthread_attr_init(&attr))
		return;
	if (!pthread_attr_setstacksize(&attr, STACK_LOW))
		pthread_setattr_default_np(&attr);
	pthread_attr_destroy(&attr);
}

bool process_limits_raise(void)
{
	rlim_t stack = raise_stack();

	set_thread_stack();
	file_raise_limit(FILES_USUAL);
	if (stack >= STACK_MIN)
		return true;
	log_print("sstp: the limit on the stack is %u KB, and sstp needs %u KB: ulimit -s, "
		  "LimitSTACK=",
		  (unsigned)(stack / 1024), STACK_MIN / 1024);
	return false;
}

void process_limits_warn(void)
{
	size_t files = file_raise_limit(0);

	if (files < FILES_FEW)
		log_warn(
			NULL,
			"%zu open files are allowed, which may be too few: ulimit -n, LimitNOFILE=",
			files);
}
