/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The header block of an HTTP/1 message, RFC 9112 section 2, as far as it can be read without a
 * full parse: where it ends, its first line, one field. head.h is the strict parser, for code that
 * forwards a message. Pure functions.
 */
#ifndef SSTP_HTTP_BLOCK_H
#define SSTP_HTTP_BLOCK_H

#include "util/bytes.h"

/*
 * Length of the header block at the start of `at`, with the empty line that ends it; 0: incomplete.
 * Lines end in CRLF or in LF alone (RFC 9112 section 2.2).
 */
size_t http_block_len(const uint8_t *at, size_t len);

/* The block's first line, without its end. */
struct bytes http_block_line(struct bytes block);

/* The value of a field, its name in any case; empty when there is none. */
struct bytes http_block_field(struct bytes block, const char *name);

/* "HTTP/1." and a digit: the digit's value, or -1. */
int http_minor_version(struct bytes word);

/*
 * The status code of an HTTP/1 response, and its minor version; 0 and -1 if it is no such response.
 */
int http_block_status(struct bytes block, int *minor);

/* Whether these bytes can be the start of an HTTP/1 response. */
bool http_may_be_response(const uint8_t *at, size_t len);

#endif
