/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/self/status has a line "Seccomp: 2" where a filter is installed (since Linux 3.8). */
#include "util/syscall_advice.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

static bool has_filter(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	int mode = 0;

	if (!f)
		return false;
	while (fgets(line, sizeof(line), f) && sscanf(line, "Seccomp: %d", &mode) != 1)
		;
	fclose(f);
	return mode == 2;
}

static const char *limit_advice(int error)
{
	switch (error) {
	case -EMFILE:
		return ": too few files may be open: ulimit -n, LimitNOFILE=";
	case -EAGAIN:
		return ": a limit (ulimit -u, TasksMax=, a container's --pids-limit) or a seccomp "
		       "filter refuses more processes and threads";
	case -EFBIG:
		return ": files may not be that large: ulimit -f, LimitFSIZE=";
	default:
		return "";
	}
}

const char *syscall_advice(int error)
{
	bool may_be_filtered = error == -ENOSYS || error == -EPERM || error == -EACCES;

	if (may_be_filtered && has_filter())
		return ": this process has a seccomp filter, which may refuse the system call (in a "
		       "container: --security-opt seccomp=FILE names a profile that allows it, "
		       "seccomp=unconfined has no filter)";
	return error == -ENOSYS ? ": this kernel is too old or was built without it"
				: limit_advice(error);
}
