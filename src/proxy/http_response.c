/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Responses: each head is collected, checked, and rewritten; then the body passes. */
#include "proxy/http_response.h"

#include "http/block.h"
#include "http/head.h"
#include "http/status.h"
#include "proxy/http_request.h"
#include "util/text.h"

enum {
	PART = 16384, /* of a body, processed at a time */
};

static const char version_1_1[] = "HTTP/1.1";

void http_response_open(struct http_response *r, bool is_to_head, bool may_keep)
{
	r->is_to_head = is_to_head;
	r->may_keep = may_keep;
	r->state = HTTP_RESPONSE_HEAD;
	r->head_len = r->made_len = r->made_at = 0;
}

/* Nothing of the head has been sent yet, so the client can get an error response instead. */
static void refuse(struct http_response *r, const char *why)
{
	struct writer made = writer_of(r->made, sizeof(r->made));

	http_put_refusal(HTTP_BAD_GATEWAY, why, r->is_to_head, &made);
	r->made_len = made.len;
	r->state = HTTP_RESPONSE_BAD;
	r->may_keep = false;
}

/* Fields that pass: framing fields always do, but only one of them (RFC 9112 section 6.3). */
static bool passes(const struct http_head *h, const struct http_field *f)
{
	if (text_is_nocase(f->name, "Transfer-Encoding"))
		return true;
	if (text_is_nocase(f->name, "Content-Length"))
		return !http_head_count(h, "Transfer-Encoding");
	return !http_head_is_hop(h, f);
}

static void make_head(struct http_response *r, const struct http_head *h, bool is_final)
{
	struct writer made = writer_of(r->made, sizeof(r->made));

	put_text(&made, version_1_1);
	put_bytes(&made, h->line.at + strlen(version_1_1), h->line.len - strlen(version_1_1));
	put_text(&made, "\r\n");
	for (size_t i = 0; i < h->count; i++)
		if (passes(h, &h->fields[i]))
			http_put_same_field(&h->fields[i], &made);
	if (is_final)
		put_text(&made, "Via: 1.1 sstp\r\n");
	if (is_final && !r->may_keep)
		put_text(&made, "Connection: close\r\n");
	put_text(&made, "\r\n");
	r->made_len = made.len;
}

static void open_to_end(struct http_response *r)
{
	r->state = HTTP_RESPONSE_TO_END;
	r->may_keep = false;
}

/*
 * RFC 9112 section 6.1: the end is known only if chunked is the last coding, sent by an HTTP/1.1
 * server.
 */
static void open_coded(struct http_response *r, const struct http_head *h, bool is_1_1)
{
	if (!is_1_1 || http_head_count(h, "Transfer-Encoding") != 1 ||
	    !text_is_nocase(http_head_value(h, "Transfer-Encoding"), "chunked")) {
		open_to_end(r);
		return;
	}
	r->state = HTTP_RESPONSE_CHUNKED;
	http_body_open_chunked(&r->body);
	if (http_head_count(h, "Content-Length")) /* section 6.3: perhaps response smuggling */
		r->may_keep = false;
}

/* RFC 9112 section 6.3. False: its Content-Length is malformed. */
static bool open_body(struct http_response *r, const struct http_head *h, int status, bool is_1_1)
{
	uint64_t len = 0;

	if (r->is_to_head || status == HTTP_NO_CONTENT || status == HTTP_NOT_MODIFIED) {
		r->state = HTTP_RESPONSE_OVER;
	} else if (http_head_count(h, "Transfer-Encoding")) {
		open_coded(r, h, is_1_1);
	} else if (http_head_count(h, "Content-Length")) {
		if (http_head_length(h, &len) != HTTP_LENGTH_KNOWN)
			return false;
		r->state = len ? HTTP_RESPONSE_COUNTED : HTTP_RESPONSE_OVER;
		http_body_open(&r->body, len);
	} else {
		open_to_end(r);
	}
	return true;
}

/* The block in `head` is complete. */
static void take_head(struct http_response *r)
{
	struct bytes block = bytes_of(r->head, r->head_len);
	struct http_head h;
	int minor;
	int status = http_block_status(block, &minor);

	r->head_len = 0;
	/* 101 is an error: Upgrade was removed from the request */
	if (!status || status == HTTP_SWITCHING_PROTOCOLS || !http_head_parse(block, &h) ||
	    http_head_count(&h, "Content-Length") > 1 ||
	    (status >= HTTP_OK && !open_body(r, &h, status, minor == 1))) {
		refuse(r, "the target's response is malformed");
		return;
	}
	make_head(r, &h, status >= HTTP_OK);
}

/* Moves bytes into `head`, up to the end of the block and no further. */
static void gather(struct http_response *r, struct reader *in)
{
	size_t room = sizeof(r->head) - r->head_len, n = in->left < room ? in->left : room, len;
	size_t before = r->head_len;

	if (n)
		memcpy(r->head + before, in->at, n);
	len = http_block_len(r->head, before + n);
	r->head_len = len ? len : before + n;
	get_bytes(in, r->head_len - before);
	if (len)
		take_head(r);
	else if (!http_may_be_response(r->head, r->head_len))
		refuse(r, "the target does not speak HTTP");
	else if (r->head_len == sizeof(r->head))
		refuse(r, "the head of the target's response is too long");
}

static void pass(struct reader *in, struct writer *out)
{
	size_t room = out->room - out->len, n = in->left < room ? in->left : room;

	put_bytes(out, get_bytes(in, n), n);
}

/* True when all of it has been written. */
static bool pass_made(struct http_response *r, struct writer *out)
{
	struct reader made = reader_of(r->made + r->made_at, r->made_len - r->made_at);

	pass(&made, out);
	r->made_at = r->made_len - made.left;
	if (!made.left)
		r->made_at = r->made_len = 0;
	return !made.left;
}

/* Chunks pass unchanged; http_body_pass reads them too, to find the end. */
static void pass_chunks(struct http_response *r, struct reader *in, struct writer *out)
{
	uint8_t unused[PART + 64];
	struct writer beside = writer_of(unused, sizeof(unused));
	size_t n = out->room - out->len;
	struct reader ahead;
	bool is_good;

	if (n > PART)
		n = PART;
	ahead = reader_of(in->at, in->left < n ? in->left : n);
	n = ahead.left;
	is_good = http_body_pass(&r->body, &ahead, &beside);
	if (!is_good) { /* the client may read it differently, so this connection ends with it */
		open_to_end(r);
		return;
	}
	n -= ahead.left;
	put_bytes(out, get_bytes(in, n), n);
	if (r->body.state == HTTP_BODY_OVER)
		r->state = HTTP_RESPONSE_OVER;
}

static void pass_counted(struct http_response *r, struct reader *in, struct writer *out)
{
	size_t n = in->left, room = out->room - out->len;

	if (n > room)
		n = room;
	if (n > r->body.left)
		n = (size_t)r->body.left;
	put_bytes(out, get_bytes(in, n), n);
	r->body.left -= n;
	if (!r->body.left)
		r->state = HTTP_RESPONSE_OVER;
}

static void pass_body(struct http_response *r, struct reader *in, struct writer *out)
{
	while (r->state == HTTP_RESPONSE_CHUNKED && in->left && out->len < out->room)
		pass_chunks(r, in, out);
	if (r->state == HTTP_RESPONSE_COUNTED)
		pass_counted(r, in, out);
	else if (r->state == HTTP_RESPONSE_TO_END)
		pass(in, out);
}

void http_response_pass(struct http_response *r, struct reader *in, struct writer *out, bool at_end)
{
	while (pass_made(r, out) && r->state == HTTP_RESPONSE_HEAD && in->left)
		gather(r, in);
	if (r->state == HTTP_RESPONSE_HEAD && at_end && !in->left && !r->made_len) {
		refuse(r, "the target ended the connection without a response");
		pass_made(r, out);
	}
	if (!r->made_len)
		pass_body(r, in, out);
	if (r->state == HTTP_RESPONSE_BAD || r->state == HTTP_RESPONSE_OVER)
		get_bytes(in, in->left);
}

bool http_response_is_over(const struct http_response *r)
{
	return (r->state == HTTP_RESPONSE_OVER || r->state == HTTP_RESPONSE_BAD) && !r->made_len;
}
