/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/real_clock.h"

#include <sys/syscall.h>
#include <unistd.h>

int64_t real_clock_ns(clockid_t id)
{
#ifdef SYS_clock_gettime64
	int64_t now[2] = { 0 };

	syscall(SYS_clock_gettime64, id, now);
	return now[0] * NS_PER_S + now[1];
#else
	struct timespec now = { 0 };

	syscall(SYS_clock_gettime, id, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
#endif
}

int real_clock_put(struct timespec *ts, int64_t ns)
{
	ts->tv_sec = (time_t)(ns / NS_PER_S);
	ts->tv_nsec = (long)(ns % NS_PER_S);
	return 0;
}
