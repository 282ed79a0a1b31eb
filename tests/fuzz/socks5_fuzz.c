/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SOCKS5: the first byte selects whether a login is required, the second the size of the reads. The
 * same bytes are also used as a datagram. The first byte also selects the reply to a request.
 */
#include <assert.h>

#include "proxy/socks5.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void reply(enum stack_result result)
{
	const struct ip_addr own = ip_from_v4(0x0a000001);
	uint8_t tx[REQUEST_REPLY_SIZE];
	struct writer out = writer_of(tx, sizeof(tx));

	socks5_put_reply(result, &own, 1080, &out);
	assert(!out.full && out.len >= 10 && tx[0] == 5 && (tx[1] == 0) == (result == STACK_OK));
	out.len = 0;
	socks5_put_datagram_header(&own, 1080, &out);
	assert(!out.full);
}

static void talk(const struct proxy_login *login, struct bytes all, size_t chunk,
		 enum stack_result result)
{
	struct reader in = reader_of(all.at, 0);
	uint8_t tx[REQUEST_REPLY_SIZE];
	struct socks5 s;

	socks5_open(&s, login);
	for (size_t from = 0; from < all.len; from += chunk) {
		struct writer out = writer_of(tx, sizeof(tx));
		enum proxy_request request;

		in.left += all.len - from < chunk ? all.len - from : chunk;
		request = socks5_input(&s, &in, &out);
		assert(!out.full && !in.bad);
		if (request == REQUEST_CONNECT)
			assert(target_print(&s.target).text[0] && s.target.port);
		if (request == REQUEST_CONNECT)
			reply(result);
		if (request != REQUEST_INCOMPLETE)
			return;
		assert(in.left < REQUEST_SIZE); /* the rest of a message, or nothing */
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct proxy_login ann = { "ann", "wonder land" };
	struct bytes payload;
	struct target to;

	if (len < 2)
		return 0;
	talk(data[0] & 1 ? &ann : NULL, bytes_of(data + 2, len - 2), 1 + (size_t)data[1],
	     (data[0] >> 1) % (STACK_FULL + 1));
	if (socks5_datagram(bytes_of(data + 2, len - 2), &to, &payload))
		assert(payload.at + payload.len == data + len);
	return 0;
}
