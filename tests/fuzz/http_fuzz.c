/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The HTTP exchange: the first byte chooses the role, the second the size of the reads. */
#include "fuzz/sstp_feed.h"
#include "http/block.h"
#include "sstp/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct feed f;
	size_t chunk;
	int minor;

	if (len < 2)
		return 0;
	feed_open(&f, data[0] & 1 ? SSTP_SERVER : SSTP_CLIENT);
	chunk = 1 + (size_t)data[1] * 8;
	data += 2;
	len -= 2;
	sstp_http_check(bytes_of(data, len));
	http_block_status(bytes_of(data, len), &minor);
	http_block_field(bytes_of(data, len), "SSTPCORRELATIONID");
	for (; len; data += chunk, len -= chunk) {
		if (chunk > len)
			chunk = len;
		feed_bytes(&f, data, chunk);
	}
	return 0;
}
