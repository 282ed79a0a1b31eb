/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PEM: finds and decodes the blocks of a file. */
#include "tls/pem.h"

#include <stdio.h>

#include "tls/wolf.h"

enum { LINE_MAX_LEN = 64 };

bool pem_next(struct bytes *rest, const char *label, struct bytes *block)
{
	char begin[LINE_MAX_LEN], end[LINE_MAX_LEN];
	const uint8_t *from, *to;
	size_t left;

	snprintf(begin, sizeof(begin), "-----BEGIN %s-----", label);
	snprintf(end, sizeof(end), "-----END %s-----", label);
	from = memmem(rest->at, rest->len, begin, strlen(begin));
	if (!from)
		return false;
	from += strlen(begin);
	left = rest->len - (size_t)(from - rest->at);
	to = memmem(from, left, end, strlen(end));
	if (!to)
		return false;
	*block = bytes_of(from, (size_t)(to - from));
	*rest = bytes_of(to + strlen(end), left - block->len - strlen(end));
	return true;
}

bool pem_next_cert(struct bytes *rest, struct bytes *block)
{
	return pem_next(rest, "CERTIFICATE", block);
}

bool pem_decode(struct bytes block, uint8_t *der, size_t room, size_t *len)
{
	word32 out = (word32)room;

	if (Base64_Decode(block.at, (word32)block.len, der, &out))
		return false;
	*len = out;
	return true;
}
