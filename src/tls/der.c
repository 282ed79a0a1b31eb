/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads and writes DER. */
#include "tls/der.h"

enum {
	TAG_LONG = 0x1f,     /* the tag number is in further bytes: unused in certificates */
	LEN_LONG = 0x80,     /* the low bits count the bytes of the length that follow */
	LEN_SHORT_MAX = 127, /* the longest content whose length is one byte */
};

/* X.690 sections 8.1.3 and 10.1 */
static size_t get_len(struct reader *r)
{
	uint8_t first = get_u8(r);
	unsigned count = first & (LEN_LONG - 1u);
	size_t len = 0;

	if (!(first & LEN_LONG))
		return first;
	if (count < 1 || count > 3) { /* 0: indefinite length; over 3: no certificate has 16 MiB */
		r->bad = true;
		return 0;
	}
	for (unsigned i = 0; i < count; i++)
		len = len << 8 | get_u8(r);
	if (len <= LEN_SHORT_MAX || len >> (8 * (count - 1)) == 0)
		r->bad = true;
	return len;
}

bool der_next(struct reader *r, struct der *d)
{
	const uint8_t *start = r->at;
	size_t len;

	*d = (struct der){ 0 };
	if (r->bad || !r->left)
		return false;
	d->tag = get_u8(r);
	if ((d->tag & TAG_LONG) == TAG_LONG)
		r->bad = true;
	len = get_len(r);
	d->body = bytes_of(get_bytes(r, len), len);
	if (r->bad) {
		*d = (struct der){ 0 };
		return false;
	}
	d->whole = bytes_of(start, (size_t)(r->at - start));
	return true;
}

bool der_is_next(const struct reader *r, uint8_t tag)
{
	return !r->bad && r->left && r->at[0] == tag;
}

struct der der_get(struct reader *r, uint8_t tag)
{
	struct der d = { 0 };

	if (!der_is_next(r, tag))
		r->bad = true;
	der_next(r, &d);
	return d;
}

struct reader der_enter(struct reader *r, uint8_t tag)
{
	struct der d = der_get(r, tag);

	return (struct reader){ d.body.at, d.body.len, r->bad };
}

bool der_get_flag(struct reader *r)
{
	struct bytes value;

	if (!der_is_next(r, DER_BOOLEAN))
		return false;
	value = der_get(r, DER_BOOLEAN).body;
	if (value.len != 1 || (value.at[0] && value.at[0] != 0xff))
		r->bad = true;
	return !r->bad && value.at[0];
}

struct bytes der_get_natural(struct reader *r)
{
	struct bytes value = der_get(r, DER_INTEGER).body;

	if (!value.len || value.at[0] & 0x80 ||
	    (value.len > 1 && !value.at[0] && !(value.at[1] & 0x80)))
		r->bad = true;
	return r->bad ? bytes_of(NULL, 0) : value;
}

size_t der_begin(struct writer *w, uint8_t tag)
{
	put_u8(w, tag);
	return w->len;
}

void der_end(struct writer *w, size_t at)
{
	size_t len = w->len - at, extra;

	if (w->full)
		return;
	extra = len <= LEN_SHORT_MAX ? 0 : len <= 0xff ? 1 : 2;
	if (len > 0xffff || !put_gap(w, 1 + extra)) {
		w->full = true;
		return;
	}
	memmove(w->at + at + 1 + extra, w->at + at, len);
	if (extra)
		w->at[at++] = (uint8_t)(LEN_LONG | extra);
	if (extra == 2)
		w->at[at++] = (uint8_t)(len >> 8);
	w->at[at] = (uint8_t)len;
}

void der_put(struct writer *w, uint8_t tag, const void *body, size_t len)
{
	size_t at = der_begin(w, tag);

	put_bytes(w, body, len);
	der_end(w, at);
}
