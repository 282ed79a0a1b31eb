/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A plain HTTP request through the proxy after its head: the rest of its body in one direction, the response
 * in the other. The bits of the first byte describe the request; then come pieces, each
 * after a byte with its direction and length.
 */
#include <assert.h>
#include <stdlib.h>

#include "proxy/http_relay_filter.h"
#include "proxy/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { IS_CHUNKED = 1, IS_HEAD = 2, MAY_KEEP = 4, HAS_NEXT = 8, AT_END = 0x10 };

enum { FROM_TARGET = 0x80, OUT_SIZE = 300 };

static bool is_done;

static void done(void *arg, int fd, bool is_good, struct bytes next)
{
	(void)arg;
	(void)is_good;
	assert(fd == -1 && !is_done);
	assert(next.len <= REQUEST_SIZE);
	is_done = true;
}

/* False: both sides are to be reset. */
static bool from_client(struct relay_filter *f, struct bytes piece)
{
	uint8_t made[OUT_SIZE + RELAY_FILTER_MORE];
	size_t max = f->read_max(f);
	struct reader in = reader_of(piece.at, piece.len < max ? piece.len : max);
	size_t before = in.left;
	struct writer out = writer_of(made, sizeof(made));
	bool is_good = f->to_conn(f, &in, &out);

	assert(!out.full && !in.bad);
	assert(!is_good || out.len <= before + RELAY_FILTER_MORE);
	return is_good;
}

static void from_target(struct relay_filter *f, struct bytes piece, bool at_end)
{
	struct reader in = reader_of(piece.at, piece.len);
	uint8_t made[OUT_SIZE];
	size_t moved;

	do {
		struct writer out = writer_of(made, sizeof(made));

		moved = in.left;
		f->to_fd(f, &in, &out, at_end);
		assert(!out.full && !in.bad);
		moved += out.len - in.left;
	} while (moved && !f->is_over(f));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_of(data, len);
	uint8_t flags = get_u8(&r);
	struct http_relay_filter_cfg cfg = {
		.is_head = flags & IS_HEAD,
		.may_keep = flags & MAY_KEEP,
		.next = flags & HAS_NEXT ? bytes_text("GET ") : bytes_of(NULL, 0),
		.done = done,
	};
	struct relay_filter *f;

	if (flags & IS_CHUNKED)
		http_body_open_chunked(&cfg.body);
	else
		http_body_open(&cfg.body, 40);
	f = http_relay_filter_new(&cfg);
	if (!f)
		return 0;
	is_done = false;
	while (r.left && !f->is_over(f)) {
		uint8_t what = get_u8(&r);
		size_t n = what & 0x7f;
		struct bytes piece = bytes_of(r.at, n < r.left ? n : r.left);

		get_bytes(&r, piece.len);
		if (what & FROM_TARGET)
			from_target(f, piece, !r.left && flags & AT_END);
		else if (!from_client(f, piece))
			break;
	}
	if (!f->is_over(f)) {
		f->end(f);
		return 0;
	}
	f->take_back(f, -1);
	assert(is_done);
	return 0;
}
