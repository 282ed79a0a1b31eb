/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fragments go to the TLS session as they arrive, so nothing is reassembled here. What it answers
 * is kept until the message is complete.
 */
#include "eap/tls_pipe.h"

#include <stdlib.h>

#include "util/secret.h"

enum {
	FLAG_LENGTH = 0x80,
	FLAG_MORE = 0x40,
	VERSION_BITS = 0x07, /* PEAP; we take version 0 alone */
	OUT_FIRST_SIZE = 2048,
};

static bool reserve(struct tls_pipe *p, size_t len)
{
	size_t size = p->out_size ? p->out_size : OUT_FIRST_SIZE;
	uint8_t *out;

	if (len > TLS_PIPE_MESSAGE_MAX - p->out_len)
		return false;
	while (size < p->out_len + len)
		size *= 2;
	if (size == p->out_size)
		return true;
	out = realloc(p->out, size);
	if (!out)
		return false;
	p->out = out;
	p->out_size = size;
	return true;
}

/* The session cannot be stopped here: what does not fit breaks it. */
static void take_ciphertext(void *arg, const uint8_t *at, size_t len)
{
	struct tls_pipe *p = arg;

	if (!reserve(p, len)) {
		p->is_broken = true;
		return;
	}
	memcpy(p->out + p->out_len, at, len);
	p->out_len += len;
}

bool tls_pipe_open(struct tls_pipe *p, struct tls_ctx *ctx, const char *name)
{
	const struct tls_session_cfg cfg = { .name = name, .send = take_ciphertext, .arg = p };

	tls_pipe_close(p);
	return !tls_open(ctx, &cfg, &p->tls);
}

void tls_pipe_close(struct tls_pipe *p)
{
	tls_close(p->tls);
	free(p->out);
	secret_wipe(p, sizeof(*p));
}

static void read_plain(struct tls_pipe *p)
{
	ssize_t n = 1;

	while (n > 0 && p->plain_len < sizeof(p->plain)) {
		n = tls_read(p->tls, p->plain + p->plain_len, sizeof(p->plain) - p->plain_len);
		if (n > 0)
			p->plain_len += (size_t)n;
	}
	if (n != TLS_WANT_INPUT) /* failed, closed, or more than any packet has */
		p->is_broken = true;
}

static void process(struct tls_pipe *p, struct bytes in)
{
	int result;

	if (p->is_broken)
		return;
	tls_input(p->tls, in.at, in.len);
	if (!p->is_up) {
		result = tls_handshake(p->tls);
		p->is_broken |= result == TLS_FAILED;
		p->is_up = result == 1;
	}
	if (p->is_up && !p->is_broken)
		read_plain(p);
}

void tls_pipe_start(struct tls_pipe *p)
{
	process(p, bytes_of(NULL, 0));
}

bool tls_pipe_has_output(const struct tls_pipe *p)
{
	return p->out_sent < p->out_len;
}

static void begin_message(struct tls_pipe *p, size_t total)
{
	p->in_total = total;
	p->out_len = p->out_sent = 0;
	p->plain_len = 0;
}

/*
 * A repeated total must be the same; some servers put it in every fragment. The sum never exceeds
 * it, nor the limit where there is none.
 */
static bool fits(struct tls_pipe *p, bool has_total, size_t total, size_t len)
{
	if (has_total && (!total || total > TLS_PIPE_MESSAGE_MAX))
		return false;
	if (!p->in_len)
		begin_message(p, has_total ? total : 0);
	else if (has_total && total != p->in_total)
		return false;
	return len <= (p->in_total ? p->in_total : TLS_PIPE_MESSAGE_MAX) - p->in_len;
}

static enum tls_pipe_step take_fragment(struct tls_pipe *p, bool has_more, struct bytes data)
{
	bool is_complete;

	p->in_len += data.len;
	process(p, data);
	if (has_more)
		return TLS_PIPE_CONTINUE;
	is_complete = !p->in_total || p->in_total == p->in_len;
	p->in_len = p->in_total = 0;
	p->is_broken |= !is_complete;
	return TLS_PIPE_MESSAGE;
}

enum tls_pipe_step tls_pipe_take(struct tls_pipe *p, struct bytes data)
{
	struct reader r = reader_of(data.at, data.len);
	uint8_t flags = get_u8(&r);
	bool has_total = flags & FLAG_LENGTH, has_more = flags & FLAG_MORE;
	size_t total = has_total ? get_u32(&r) : 0;

	if (r.bad || flags & (VERSION_BITS | TLS_PIPE_START) || !p->tls)
		return TLS_PIPE_DROP;
	if (!r.left) {
		if (has_more || p->in_len)
			return TLS_PIPE_DROP;
		return tls_pipe_has_output(p) ? TLS_PIPE_CONTINUE : TLS_PIPE_CONFIRMED;
	}
	if (tls_pipe_has_output(p) && !p->in_len)
		return TLS_PIPE_DROP; /* it has to confirm our fragments first */
	if (!fits(p, has_total, total, r.left))
		return TLS_PIPE_DROP;
	return take_fragment(p, has_more, bytes_of(r.at, r.left));
}

void tls_pipe_put(struct tls_pipe *p, struct writer *w)
{
	/* between the fragments of the peer's message ours waits */
	size_t left = p->in_len ? 0 : p->out_len - p->out_sent;
	size_t len = left < TLS_PIPE_FRAGMENT ? left : TLS_PIPE_FRAGMENT;
	bool is_first_of_many = !p->out_sent && left > len;
	uint8_t flags = 0;

	if (left > len)
		flags |= FLAG_MORE;
	if (is_first_of_many)
		flags |= FLAG_LENGTH;
	put_u8(w, flags);
	if (is_first_of_many)
		put_u32(w, (uint32_t)p->out_len);
	if (!len)
		return;
	put_bytes(w, p->out + p->out_sent, len);
	p->out_sent += len;
}

void tls_pipe_write(struct tls_pipe *p, struct bytes data)
{
	if (!tls_pipe_has_output(p))
		p->out_len = p->out_sent = 0;
	if (tls_write(p->tls, data.at, data.len))
		p->is_broken = true;
}
