/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Request bodies: counting bytes, and a state machine over the lines between chunks. */
#include "http/body.h"

#include <inttypes.h>
#include <stdio.h>

#include "util/text.h"

enum { FRAME_SIZE = 20 }; /* one byte of framing writes at most digits and a line end */

void http_body_open(struct http_body *b, uint64_t len)
{
	*b = (struct http_body){ .state = len ? HTTP_BODY_DATA : HTTP_BODY_OVER, .left = len };
}

void http_body_open_chunked(struct http_body *b)
{
	*b = (struct http_body){ .state = HTTP_BODY_SIZE };
}

/* Moves as much of `left` as is available and fits. */
static void pass_data(struct http_body *b, struct reader *in, struct writer *out)
{
	size_t n = in->left, room = out->room - out->len;

	if (n > room)
		n = room;
	if (n > b->left)
		n = (size_t)b->left;
	put_bytes(out, get_bytes(in, n), n);
	b->left -= n;
}

/* The digit's value, or -1. */
static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A byte of a chunk's size, or what ends it: CR, or an extension, perhaps after blanks. */
static bool take_size(struct http_body *b, uint8_t c)
{
	int digit = hex_value(c);

	if (digit >= 0) {
		if (b->left >> 56) /* so that it also fits the next reader's off_t */
			return false;
		b->left = b->left << 4 | (uint64_t)digit;
		b->has_digit = true;
		return true;
	}
	b->state = c == '\r' ? HTTP_BODY_SIZE_LF : HTTP_BODY_EXTENSION;
	return b->has_digit && (c == '\r' || c == ';' || c == ' ' || c == '\t');
}

/* At the end of the line: writes our own. */
static bool end_size(struct http_body *b, uint8_t c, struct writer *out)
{
	char text[FRAME_SIZE + 1];

	if (c != '\n')
		return false;
	snprintf(text, sizeof(text), "%" PRIx64 "\r\n", b->left);
	put_text(out, text);
	b->state = b->left ? HTTP_BODY_CHUNK : HTTP_BODY_TRAILER;
	b->has_digit = false;
	b->line_len = 0;
	return true;
}

static bool expect(struct http_body *b, uint8_t c, uint8_t want, enum http_body_state next)
{
	b->state = next;
	return c == want;
}

/* Drops a line up to its CR. */
static bool drop(struct http_body *b, uint8_t c, enum http_body_state at_cr)
{
	if (c == '\r')
		b->state = at_cr;
	return c != '\n';
}

/* One byte of framing. */
static bool take(struct http_body *b, uint8_t c, struct writer *out)
{
	switch (b->state) {
	case HTTP_BODY_SIZE:
		return take_size(b, c);
	case HTTP_BODY_EXTENSION:
		return drop(b, c, HTTP_BODY_SIZE_LF);
	case HTTP_BODY_SIZE_LF:
		return end_size(b, c, out);
	case HTTP_BODY_CHUNK_CR:
		return expect(b, c, '\r', HTTP_BODY_CHUNK_LF);
	case HTTP_BODY_CHUNK_LF:
		put_text(out, "\r\n");
		return expect(b, c, '\n', HTTP_BODY_SIZE);
	case HTTP_BODY_TRAILER:
		b->state = c == '\r' ? HTTP_BODY_END_LF : HTTP_BODY_TRAILER_LINE;
		return c != '\n';
	case HTTP_BODY_TRAILER_LINE:
		return drop(b, c, HTTP_BODY_TRAILER_LF);
	case HTTP_BODY_TRAILER_LF:
		return expect(b, c, '\n', HTTP_BODY_TRAILER);
	case HTTP_BODY_END_LF:
		put_text(out, "\r\n");
		return expect(b, c, '\n', HTTP_BODY_OVER);
	case HTTP_BODY_OVER:
	case HTTP_BODY_DATA:
	case HTTP_BODY_CHUNK:
		break;
	}
	return false;
}

static bool take_framing(struct http_body *b, struct reader *in, struct writer *out)
{
	return ++b->line_len <= HTTP_CHUNK_LINE_MAX && take(b, get_u8(in), out);
}

/* Moves on to the next state at the end of the body or chunk. */
static void pass_counted(struct http_body *b, struct reader *in, struct writer *out)
{
	pass_data(b, in, out);
	if (!b->left)
		b->state = b->state == HTTP_BODY_DATA ? HTTP_BODY_OVER : HTTP_BODY_CHUNK_CR;
}

bool http_body_pass(struct http_body *b, struct reader *in, struct writer *out)
{
	while (in->left && b->state != HTTP_BODY_OVER && out->room - out->len >= FRAME_SIZE) {
		if (b->state == HTTP_BODY_DATA || b->state == HTTP_BODY_CHUNK)
			pass_counted(b, in, out);
		else if (!take_framing(b, in, out))
			return false;
	}
	return true;
}

size_t http_body_certain(const struct http_body *b)
{
	bool is_data = b->state == HTTP_BODY_DATA || b->state == HTTP_BODY_CHUNK;

	return is_data ? (b->left < SIZE_MAX ? (size_t)b->left : SIZE_MAX) : 0;
}
