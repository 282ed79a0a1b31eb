/* Comparing, wiping and making of secrets. */
#include "util/secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

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

void secret_random(void *to, size_t len)
{
	uint8_t *at = to;

	while (len) {
		ssize_t n = getrandom(at, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			perror("sstp: getrandom");
			abort();
		}
		at += n;
		len -= (size_t)n;
	}
}
