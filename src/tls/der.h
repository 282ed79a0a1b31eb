/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DER, the encoding of certificates (X.690): elements of tag, length, content. Strict: a length
 * that is indefinite, or longer than necessary, is malformed, so that other programs can't read the
 * same bytes as another certificate than we do. As with any reader, check once at the end whether
 * it went bad.
 */
#ifndef SSTP_TLS_DER_H
#define SSTP_TLS_DER_H

#include "util/bytes.h"

enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_UTF8_STRING = 0x0c,
	DER_NUMERIC_STRING = 0x12,
	DER_PRINTABLE_STRING = 0x13,
	DER_T61_STRING = 0x14,
	DER_IA5_STRING = 0x16,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_VISIBLE_STRING = 0x1a,
	DER_UNIVERSAL_STRING = 0x1c,
	DER_BMP_STRING = 0x1e,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT = 0x80,             /* | number: [0] IMPLICIT, primitive */
	DER_CONTEXT_CONSTRUCTED = 0xa0, /* | number: [0] EXPLICIT */
};

struct der {
	uint8_t tag;
	struct bytes body;  /* the content */
	struct bytes whole; /* with its header */
};

/* False at the end of the reader, and on a malformed element: then r->bad is set. */
bool der_next(struct reader *r, struct der *d);

/* Whether the next element has this tag; does not move the reader. */
bool der_is_next(const struct reader *r, uint8_t tag);

/* The next element, which must have this tag; else the reader turns bad and the result is empty. */
struct der der_get(struct reader *r, uint8_t tag);

/* A reader over the content of the next element; it is bad when that has another tag. */
struct reader der_enter(struct reader *r, uint8_t tag);

/* A BOOLEAN DEFAULT FALSE: false if it is absent. Only 0xff is true (X.690 section 11.1). */
bool der_get_flag(struct reader *r);

/* A non-negative INTEGER in its shortest encoding. */
struct bytes der_get_natural(struct reader *r);

/*
 * Writing: der_begin writes the tag, der_end inserts the length before all bytes written since.
 *
 *	size_t at = der_begin(&w, DER_SEQUENCE);
 *	der_put(&w, DER_OID, oid, sizeof(oid));
 *	der_end(&w, at);
 */
size_t der_begin(struct writer *w, uint8_t tag);
void der_end(struct writer *w, size_t at);
void der_put(struct writer *w, uint8_t tag, const void *body, size_t len);

#endif
