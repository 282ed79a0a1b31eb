/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proc/pending.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The lines wanted are before long lists, and after that of the supplementary groups. */
enum { STATUS_MAX = 512 * 1024, SET_DIGITS = 16 };

int pending_open(void)
{
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Bit n - 1: signal n. The line has 16 hexadecimal digits, or 32 where there are 128 signals. */
static uint64_t find_set(const char *status, const char *name)
{
	const char *line = strstr(status, name);
	size_t len;

	if (!line)
		return 0;
	line += strlen(name);
	len = strcspn(line, "\n");
	return len < SET_DIGITS ? 0 : strtoull(line + len - SET_DIGITS, NULL, 16);
}

static bool has_end(const char *status)
{
	static const int ends[] = { END_SIGNALS };
	uint64_t set = find_set(status, "\nSigPnd:\t") | find_set(status, "\nShdPnd:\t");
	bool found = false;

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		found |= set >> (ends[i] - 1) & 1;
	return found;
}

bool pending_asks_to_end(int fd)
{
	char *status = malloc(STATUS_MAX);
	size_t len = 0;
	ssize_t n = -1;
	bool found;

	if (!status)
		return false;
	while (len < STATUS_MAX - 1 &&
	       (n = pread(fd, status + len, STATUS_MAX - 1 - len, (off_t)len)) > 0)
		len += (size_t)n;
	status[len] = '\0';
	found = !n && has_end(status);
	free(status);
	return found;
}
