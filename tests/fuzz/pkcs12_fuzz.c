/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A password, a zero byte, a PKCS #12 file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tls/pkcs12.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *end = len ? memchr(data, '\0', len) : NULL;
	size_t room = 2 * len + 1024;
	uint8_t *out = malloc(room);
	struct writer w = writer_of(out, room);
	struct bytes file;

	if (!out)
		abort();
	if (end) {
		file = bytes_of(end + 1, len - (size_t)(end + 1 - data));
		if (!pkcs12_to_pem(file, (const char *)data, &w) && (w.full || out[w.len - 1]))
			abort();
	}
	free(out);
	return 0;
}
