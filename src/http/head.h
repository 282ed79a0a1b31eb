/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The head of an HTTP/1 message, RFC 9112: a start line and fields, parsed so strictly that the
 * next recipient can't interpret it in another way than we do. Also finds hop-by-hop fields (RFC
 * 9110 section 7.6.1) and the length of the body.
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

/* RFC 9110 section 5.6.2: the syntax of methods and field names. */
bool http_is_token(struct bytes b);

/* `block`: with the empty line at its end. False if it is malformed or has_too_many. */
bool http_head_parse(struct bytes block, struct http_head *h);

/* The number of fields with that name, and the value of the first. */
size_t http_head_count(const struct http_head *h, const char *name);
struct bytes http_head_value(const struct http_head *h, const char *name);

/* Whether the list in the fields with this name has that word, in upper or lower case. */
bool http_head_lists(const struct http_head *h, const char *name, struct bytes word);

/* Whether this field is hop-by-hop. */
bool http_head_is_hop(const struct http_head *h, const struct http_field *f);

void http_put_field(const char *name, struct bytes value, struct writer *w);
void http_put_same_field(const struct http_field *f, struct writer *w);

enum http_length {
	HTTP_LENGTH_NONE,    /* no length given */
	HTTP_LENGTH_KNOWN,   /* Content-Length */
	HTTP_LENGTH_CHUNKED, /* Transfer-Encoding: chunked */
	HTTP_LENGTH_UNKNOWN_CODING,
	HTTP_LENGTH_BAD, /* given twice, in two ways, or not a number */
};

/* RFC 9112 section 6.3. */
enum http_length http_head_length(const struct http_head *h, uint64_t *len);

#endif
