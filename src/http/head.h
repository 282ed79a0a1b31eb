/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The head of an HTTP/1 message, RFC 9112: a start line and fields, taken apart so strictly that
 * nobody behind us can read it in another way than we do. What concerns one hop alone (RFC 9110
 * section 7.6.1) is known here, and how long the body is.
 */
#ifndef SSTP_HTTP_HEAD_H
#define SSTP_HTTP_HEAD_H

#include "util/bytes.h"

enum { HTTP_FIELDS_MAX = 128 };

struct http_field {
	struct bytes name, value; /* in the block that was parsed */
};

struct http_head {
	struct bytes line;
	struct http_field fields[HTTP_FIELDS_MAX];
	size_t count;
	bool has_too_many;
};

/* RFC 9110 section 5.6.2: what methods and field names are made of. */
bool http_is_token(struct bytes b);

/* `block`: with the empty line at its end. False when it is malformed or has_too_many. */
bool http_head_parse(struct bytes block, struct http_head *h);

/* How many fields have that name; the first one's value. */
size_t http_head_count(const struct http_head *h, const char *name);
struct bytes http_head_value(const struct http_head *h, const char *name);

/* Is that one of the words of a field's list, in any case? */
bool http_head_lists(const struct http_head *h, const char *name, struct bytes word);

/* Is this field for the next hop alone? */
bool http_head_is_hop(const struct http_head *h, const struct http_field *f);

void http_put_field(const char *name, struct bytes value, struct writer *w);
void http_put_same_field(const struct http_field *f, struct writer *w);

enum http_length {
	HTTP_LENGTH_NONE,    /* not said */
	HTTP_LENGTH_KNOWN,   /* Content-Length */
	HTTP_LENGTH_CHUNKED, /* Transfer-Encoding: chunked */
	HTTP_LENGTH_UNKNOWN_CODING,
	HTTP_LENGTH_BAD, /* said twice, in two ways, or by no number */
};

/* RFC 9112 section 6.3. */
enum http_length http_head_length(const struct http_head *h, uint64_t *len);

#endif
