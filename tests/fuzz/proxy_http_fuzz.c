/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The HTTP proxy: the first byte selects whether a login is required, the second the size of the
 * reads. The rest is a client's request with its body, and the response of a target. The first byte also selects
 * whether the target was reached.
 */
#include <assert.h>

#include "proxy/http_request.h"
#include "proxy/http_response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The rest of the body, through a window. */
static void pass_body(struct http_body *body, struct reader *in)
{
	uint8_t made[256];
	size_t before;

	do {
		struct writer out = writer_of(made, sizeof(made));

		before = in->left;
		if (!http_body_pass(body, in, &out))
			return;
		assert(!out.full && !in->bad);
	} while (in->left && in->left < before);
	assert(!in->left || body->state == HTTP_BODY_OVER);
}

static void forward(struct http_proxy *h, struct reader *in, size_t more)
{
	static uint8_t made[HTTP_FORWARD_SIZE];
	struct writer out = writer_of(made, sizeof(made));
	struct http_body body;
	bool is_good = http_proxy_forward(h, in, &body, &out);

	assert(!out.full && !in->bad);
	assert(!is_good || !in->left || body.state == HTTP_BODY_OVER);
	in->left += more;
	if (is_good)
		pass_body(&body, in);
}

static void tell(struct http_proxy *h, enum stack_result result)
{
	uint8_t tx[REQUEST_REPLY_SIZE];
	struct writer out = writer_of(tx, sizeof(tx));

	http_proxy_put_response(h, result, stack_result_text(result), &out);
	assert(!out.full && (out.len || (result == STACK_OK && !h->is_tunnel)));
}

static void ask(const struct proxy_login *login, struct bytes all, size_t chunk,
		enum stack_result result)
{
	struct reader in = reader_of(all.at, 0);
	uint8_t tx[REQUEST_REPLY_SIZE];
	struct http_proxy h;
	size_t from = 0;

	http_proxy_open(&h, login);
	while (from < all.len) {
		struct writer out = writer_of(tx, sizeof(tx));
		size_t more = all.len - from < chunk ? all.len - from : chunk;
		enum proxy_request request;

		from += more;
		in.left += more;
		request = http_proxy_input(&h, &in, &out);
		assert(!out.full && !in.bad);
		if (request == REQUEST_CONNECT && !h.is_tunnel)
			forward(&h, &in, all.len - from);
		if (request == REQUEST_CONNECT)
			tell(&h, result);
		if (request != REQUEST_INCOMPLETE)
			return;
		assert(in.left < REQUEST_SIZE);
		if (chunk > REQUEST_SIZE - in.left)
			chunk = REQUEST_SIZE - in.left;
	}
}

static void respond(struct bytes all, size_t chunk)
{
	static struct http_response a;
	struct reader in = reader_of(all.at, 0);
	uint8_t made[100];
	size_t from = 0, moved;

	http_response_open(&a, false, true);
	do {
		struct writer out = writer_of(made, sizeof(made));
		size_t more = all.len - from < chunk ? all.len - from : chunk;

		from += more;
		in.left += more;
		moved = in.left;
		http_response_pass(&a, &in, &out, from == all.len);
		assert(!out.full && !in.bad);
		moved += out.len - in.left;
	} while (from < all.len || moved);
	assert(!in.left && a.state != HTTP_RESPONSE_HEAD);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct proxy_login ann = { "ann", "wonder land" };
	size_t chunk;

	if (len < 2)
		return 0;
	chunk = 1 + (size_t)data[1] * 64;
	ask(data[0] & 1 ? &ann : NULL, bytes_of(data + 2, len - 2), chunk,
	    (data[0] >> 1) % (STACK_FULL + 1));
	respond(bytes_of(data + 2, len - 2), chunk);
	return 0;
}
