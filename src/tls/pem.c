/* PEM: finding and decoding certificates. */
#include "tls/pem.h"

#include "tls/wolf.h"

static const char begin_line[] = "-----BEGIN CERTIFICATE-----";
static const char end_line[] = "-----END CERTIFICATE-----";

bool pem_next_cert(struct bytes *rest, struct bytes *block)
{
	const uint8_t *begin = memmem(rest->at, rest->len, begin_line, strlen(begin_line)), *end;
	size_t left;

	if (!begin)
		return false;
	left = rest->len - (size_t)(begin - rest->at);
	end = memmem(begin, left, end_line, strlen(end_line));
	if (!end)
		return false;
	end += strlen(end_line);
	*block = bytes_of(begin, (size_t)(end - begin));
	*rest = bytes_of(end, left - block->len);
	return true;
}

bool pem_decode(struct bytes block, uint8_t *der, size_t room, size_t *len)
{
	const uint8_t *from = block.at + strlen(begin_line);
	size_t from_len = block.len - strlen(begin_line) - strlen(end_line);
	word32 out = (word32)room;

	if (Base64_Decode(from, (word32)from_len, der, &out))
		return false;
	*len = out;
	return true;
}
