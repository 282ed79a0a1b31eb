/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compares distinguished names. */
#include "tls/dn.h"

#include "tls/der.h"
#include "util/utf8.h"

enum {
	ATTRS_MAX = 8,      /* of one relative name; with more the result is DN_IN_DOUBT */
	T61_BYTE = 1 << 24, /* equals only the same byte: its letter depends on earlier ones */
};
#define TEXT_END UINT32_MAX

struct text {
	struct reader r;
	uint8_t tag;
	bool has_begun;
};

static bool is_text(uint8_t tag)
{
	switch (tag) {
	case DER_UTF8_STRING:
	case DER_NUMERIC_STRING:
	case DER_PRINTABLE_STRING:
	case DER_T61_STRING:
	case DER_IA5_STRING:
	case DER_VISIBLE_STRING:
	case DER_UNIVERSAL_STRING:
	case DER_BMP_STRING:
		return true;
	default:
		return false;
	}
}

static uint32_t get_letter(struct text *t)
{
	uint32_t c = 0;

	switch (t->tag) {
	case DER_UTF8_STRING:
		if (!utf8_get(&t->r, &c))
			t->r.bad = true;
		break;
	case DER_BMP_STRING:
		c = get_u16(&t->r);
		break;
	case DER_UNIVERSAL_STRING:
		c = get_u32(&t->r);
		break;
	case DER_T61_STRING:
		c = get_u8(&t->r);
		c |= c < 0x80 ? 0 : T61_BYTE;
		break;
	default:
		c = get_u8(&t->r);
	}
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* Several spaces count as one; spaces at the ends are skipped. */
static uint32_t next_letter(struct text *t)
{
	struct text before;
	bool has_space = false;
	uint32_t c = ' ';

	while (c == ' ') {
		if (!t->r.left || t->r.bad)
			return TEXT_END;
		before = *t;
		c = get_letter(t);
		has_space = has_space || c == ' ';
	}
	if (has_space && t->has_begun) {
		*t = before;
		return ' ';
	}
	t->has_begun = true;
	return c;
}

static bool is_ascii(struct text t)
{
	while (t.r.left && !t.r.bad)
		if (get_letter(&t) > 0x7f)
			return false;
	return !t.r.bad;
}

static enum dn_match compare_text(const struct x509_attr *a, const struct x509_attr *b)
{
	const struct text first = { reader_of(a->value.at, a->value.len), a->tag, false };
	const struct text second = { reader_of(b->value.at, b->value.len), b->tag, false };
	struct text x = first, y = second;
	uint32_t c;

	do {
		c = next_letter(&x);
		if (c != next_letter(&y))
			return is_ascii(first) && is_ascii(second) ? DN_DIFFERS : DN_IN_DOUBT;
	} while (c != TEXT_END);
	return x.r.bad || y.r.bad ? DN_IN_DOUBT : DN_EQUAL;
}

static enum dn_match compare_attr(const struct x509_attr *a, const struct x509_attr *b)
{
	if (!bytes_equal(a->type, b->type))
		return DN_DIFFERS;
	if (a->tag == b->tag && bytes_equal(a->value, b->value))
		return DN_EQUAL;
	if (is_text(a->tag) && is_text(b->tag))
		return compare_text(a, b);
	return a->tag == b->tag ? DN_DIFFERS : DN_IN_DOUBT;
}

/* False: malformed, or too many. */
static bool read_attrs(struct reader rdn, struct x509_attr attrs[ATTRS_MAX], unsigned *count)
{
	*count = 0;
	while (*count < ATTRS_MAX && x509_next_attr(&rdn, &attrs[*count]))
		++*count;
	return !rdn.bad && !rdn.left;
}

/* Compares in any order: DER sorts the attributes by their encoding. */
enum dn_match dn_compare_rdn(struct reader a, struct reader b)
{
	struct x509_attr as[ATTRS_MAX], bs[ATTRS_MAX];
	unsigned a_count, b_count, taken = 0;

	if (!read_attrs(a, as, &a_count) || !read_attrs(b, bs, &b_count))
		return DN_IN_DOUBT;
	if (a_count != b_count)
		return DN_DIFFERS;
	for (unsigned i = 0; i < a_count; i++) {
		enum dn_match best = DN_DIFFERS;

		for (unsigned j = 0; j < b_count && best != DN_EQUAL; j++) {
			enum dn_match match =
				taken & 1u << j ? DN_DIFFERS : compare_attr(&as[i], &bs[j]);

			if (match == DN_EQUAL)
				taken |= 1u << j;
			if (match != DN_DIFFERS)
				best = match;
		}
		if (best != DN_EQUAL)
			return best;
	}
	return DN_EQUAL;
}

bool dn_equal(struct bytes a, struct bytes b)
{
	struct reader x = reader_of(a.at, a.len), y = reader_of(b.at, b.len), p, q;

	if (bytes_equal(a, b))
		return true;
	while (x.left && y.left)
		if (!x509_next_rdn(&x, &p) || !x509_next_rdn(&y, &q) ||
		    dn_compare_rdn(p, q) != DN_EQUAL)
			return false;
	return !x.left && !y.left;
}

bool dn_is_self_issued(const struct x509 *x)
{
	return dn_equal(x->subject, x->issuer);
}
