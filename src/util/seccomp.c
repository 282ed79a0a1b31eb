/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/self/status has a line "Seccomp: 2" where a filter is installed (since Linux 3.8). */
#include "util/seccomp.h"

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

const char *seccomp_advice(int error)
{
	bool may_be_filtered = error == -ENOSYS || error == -EPERM || error == -EACCES;

	if (may_be_filtered && has_filter())
		return ": this process has a seccomp filter, which may refuse the system call (in a "
		       "container: --security-opt seccomp=FILE names a profile that allows it, "
		       "seccomp=unconfined has no filter)";
	return error == -ENOSYS ? ": this kernel is too old or was built without it" : "";
}
