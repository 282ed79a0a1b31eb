/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers: each head is gathered, judged, and written anew; then the body passes. */
#include "proxy/http_answer.h"

#include "http/block.h"
#include "http/head.h"
#include "http/status.h"
#include "proxy/http.h"
#include "util/text.h"

enum {
	PART = 16384, /* of a body, looked at at a time */
};

static const char version_1_1[] = "HTTP/1.1";

void http_answer_open(struct http_answer *a, bool is_to_head, bool may_keep)
{
	a->is_to_head = is_to_head;
	a->may_keep = may_keep;
	a->state = HTTP_ANSWER_HEAD;
	a->head_len = a->made_len = a->made_at = 0;
}

/* Nothing of the head has been passed on, so the client can be told. */
static void refuse(struct http_answer *a, const char *why)
{
	struct writer made = writer_of(a->made, sizeof(a->made));

	http_put_refusal(HTTP_BAD_GATEWAY, why, a->is_to_head, &made);
	a->made_len = made.len;
	a->state = HTTP_ANSWER_BAD;
	a->may_keep = false;
}

/* Fields that pass: what frames the body does in any case, but one length only (RFC 9112 6.3). */
static bool passes(const struct http_head *h, const struct http_field *f)
{
	if (text_is_nocase(f->name, "Transfer-Encoding"))
		return true;
	if (text_is_nocase(f->name, "Content-Length"))
		return !http_head_count(h, "Transfer-Encoding");
	return !http_head_is_hop(h, f);
}

static void make_head(struct http_answer *a, const struct http_head *h, bool is_final)
{
	struct writer made = writer_of(a->made, sizeof(a->made));

	put_text(&made, version_1_1);
	put_bytes(&made, h->line.at + strlen(version_1_1), h->line.len - strlen(version_1_1));
	put_text(&made, "\r\n");
	for (size_t i = 0; i < h->count; i++)
		if (passes(h, &h->fields[i]))
			http_put_same_field(&h->fields[i], &made);
	if (is_final)
		put_text(&made, "Via: 1.1 sstp\r\n");
	if (is_final && !a->may_keep)
		put_text(&made, "Connection: close\r\n");
	put_text(&made, "\r\n");
	a->made_len = made.len;
}

static void open_to_end(struct http_answer *a)
{
	a->state = HTTP_ANSWER_TO_END;
	a->may_keep = false;
}

/* RFC 9112 section 6.1: only one that is chunked at last, and by a server that knows chunks, has an end. */
static void open_coded(struct http_answer *a, const struct http_head *h, bool is_1_1)
{
	if (!is_1_1 || http_head_count(h, "Transfer-Encoding") != 1 ||
	    !text_is_nocase(http_head_value(h, "Transfer-Encoding"), "chunked")) {
		open_to_end(a);
		return;
	}
	a->state = HTTP_ANSWER_CHUNKED;
	http_body_open_chunked(&a->body);
	if (http_head_count(h, "Content-Length")) /* section 6.3: perhaps somebody smuggles */
		a->may_keep = false;
}

/* RFC 9112 section 6.3. False: it has a length that is none. */
static bool open_body(struct http_answer *a, const struct http_head *h, int status, bool is_1_1)
{
	uint64_t len = 0;

	if (a->is_to_head || status == HTTP_NO_CONTENT || status == HTTP_NOT_MODIFIED) {
		a->state = HTTP_ANSWER_OVER;
	} else if (http_head_count(h, "Transfer-Encoding")) {
		open_coded(a, h, is_1_1);
	} else if (http_head_count(h, "Content-Length")) {
		if (http_head_length(h, &len) != HTTP_LENGTH_KNOWN)
			return false;
		a->state = len ? HTTP_ANSWER_COUNTED : HTTP_ANSWER_OVER;
		http_body_open(&a->body, len);
	} else {
		open_to_end(a);
	}
	return true;
}

/* The block in `head` is all there. */
static void take_head(struct http_answer *a)
{
	struct bytes block = bytes_of(a->head, a->head_len);
	struct http_head h;
	int minor;
	int status = http_block_status(block, &minor);

	a->head_len = 0;
	/* nobody asked to switch protocols: Upgrade was taken out */
	if (!status || status == HTTP_SWITCHING_PROTOCOLS || !http_head_parse(block, &h) ||
	    http_head_count(&h, "Content-Length") > 1 ||
	    (status >= HTTP_OK && !open_body(a, &h, status, minor == 1))) {
		refuse(a, "the target's response is malformed");
		return;
	}
	make_head(a, &h, status >= HTTP_OK);
}

/* Moves bytes into `head`, up to the end of the block and no further. */
static void gather(struct http_answer *a, struct reader *in)
{
	size_t room = sizeof(a->head) - a->head_len, n = in->left < room ? in->left : room, len;
	size_t before = a->head_len;

	if (n)
		memcpy(a->head + before, in->at, n);
	len = http_block_len(a->head, before + n);
	a->head_len = len ? len : before + n;
	get_bytes(in, a->head_len - before);
	if (len)
		take_head(a);
	else if (!http_may_be_response(a->head, a->head_len))
		refuse(a, "the target does not speak HTTP");
	else if (a->head_len == sizeof(a->head))
		refuse(a, "the head of the target's response is too long");
}

static void pass(struct reader *in, struct writer *out)
{
	size_t room = out->room - out->len, n = in->left < room ? in->left : room;

	put_bytes(out, get_bytes(in, n), n);
}

/* True when all of it has left. */
static bool pass_made(struct http_answer *a, struct writer *out)
{
	struct reader made = reader_of(a->made + a->made_at, a->made_len - a->made_at);

	pass(&made, out);
	a->made_at = a->made_len - made.left;
	if (!made.left)
		a->made_at = a->made_len = 0;
	return !made.left;
}

/* Chunks pass as they are; where they end, a reading of them beside it tells. */
static void pass_chunks(struct http_answer *a, struct reader *in, struct writer *out)
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
	is_good = http_body_pass(&a->body, &ahead, &beside);
	if (!is_good) { /* whoever reads it may be of another mind, but not on this connection */
		open_to_end(a);
		return;
	}
	n -= ahead.left;
	put_bytes(out, get_bytes(in, n), n);
	if (a->body.state == HTTP_BODY_OVER)
		a->state = HTTP_ANSWER_OVER;
}

static void pass_counted(struct http_answer *a, struct reader *in, struct writer *out)
{
	size_t n = in->left, room = out->room - out->len;

	if (n > room)
		n = room;
	if (n > a->body.left)
		n = (size_t)a->body.left;
	put_bytes(out, get_bytes(in, n), n);
	a->body.left -= n;
	if (!a->body.left)
		a->state = HTTP_ANSWER_OVER;
}

static void pass_body(struct http_answer *a, struct reader *in, struct writer *out)
{
	while (a->state == HTTP_ANSWER_CHUNKED && in->left && out->len < out->room)
		pass_chunks(a, in, out);
	if (a->state == HTTP_ANSWER_COUNTED)
		pass_counted(a, in, out);
	else if (a->state == HTTP_ANSWER_TO_END)
		pass(in, out);
}

void http_answer_pass(struct http_answer *a, struct reader *in, struct writer *out, bool at_end)
{
	while (pass_made(a, out) && a->state == HTTP_ANSWER_HEAD && in->left)
		gather(a, in);
	if (a->state == HTTP_ANSWER_HEAD && at_end && !in->left && !a->made_len) {
		refuse(a, "the target ended the connection without a response");
		pass_made(a, out);
	}
	if (!a->made_len)
		pass_body(a, in, out);
	if (a->state == HTTP_ANSWER_BAD || a->state == HTTP_ANSWER_OVER)
		get_bytes(in, in->left);
}

bool http_answer_is_over(const struct http_answer *a)
{
	return (a->state == HTTP_ANSWER_OVER || a->state == HTTP_ANSWER_BAD) && !a->made_len;
}
