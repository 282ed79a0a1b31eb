/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The start of a TLS connection, whole and growing: the result is the same, and there always is
 * one.
 */
#include <stdlib.h>

#include "tls/hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct hello whole, part;
	bool is_done = hello_read(&whole, data, len);
	size_t at = 0;

	while (at < len && !hello_read(&part, data, at))
		at += 1 + at / 8;
	if (at < len && (!is_done || strcmp(part.server_name, whole.server_name) ||
			 part.protocols_len != whole.protocols_len))
		abort();
	return 0;
}
