/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Comparing, wiping and generating secrets. */
#include "util/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

bool ct_equal(const void *a, const void *b, size_t len)
{
	const volatile uint8_t *x = a, *y = b;
	uint8_t diff = 0;

	for (size_t i = 0; i < len; i++)
		diff |= (uint8_t)(x[i] ^ y[i]);
	return diff == 0;
}

void secret_wipe(void *at, size_t len)
{
	if (len)
		explicit_bzero(at, len);
}

void *secret_alloc(size_t len)
{
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	mlock(at, len);
	madvise(at, len, MADV_DONTDUMP);
	return at;
}

void secret_keep_from_children(void *at, size_t len)
{
#ifdef MADV_WIPEONFORK
	madvise(at, len, MADV_WIPEONFORK);
#endif
}

void secret_free(void *at, size_t len)
{
	if (!at)
		return;
	secret_wipe(at, len);
	munmap(at, len);
}

/* Before Linux 3.17, and under some seccomp filters. */
static bool has_no_getrandom(int error)
{
	return error == ENOSYS || error == EPERM || error == EACCES;
}

/* It stays open: in a sandbox it cannot be opened again. */
static int urandom(void)
{
	static _Atomic int kept = -1;
	int none = -1, fd = atomic_load(&kept);

	if (fd >= 0)
		return fd;
	fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || atomic_compare_exchange_strong(&kept, &none, fd))
		return fd;
	close(fd); /* another thread was faster */
	return none;
}

static ssize_t read_urandom(void *to, size_t len)
{
	int fd = urandom();

	return fd < 0 ? -1 : read(fd, to, len);
}

void secret_random(void *to, size_t len)
{
	uint8_t *at = to;

	while (len) {
		ssize_t n = getrandom(at, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && has_no_getrandom(errno))
			n = read_urandom(at, len);
		if (n <= 0) {
			dprintf(STDERR_FILENO, "sstp: no random numbers: %s\n", strerror(errno));
			_exit(EXIT_FAILURE);
		}
		at += n;
		len -= (size_t)n;
	}
}
