/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Name constraints. A name must be in none of the excluded subtrees, and in one of the permitted
 * ones of its kind if there are any of that kind. What is in doubt is not allowed.
 */
#include "tls/name_constraints.h"

#include <strings.h>

#include "tls/cert_name.h"
#include "tls/der.h"

enum { NAME_DIRECTORY = DER_CONTEXT_CONSTRUCTED | 4 };

/* IN_DOUBT: the base is malformed, or in a form that is not compared. It is allowed by neither list. */
enum is_under { NOT_UNDER, UNDER, IN_DOUBT };

static bool has_end(struct bytes name, struct bytes end)
{
	return name.len >= end.len && !strncasecmp((const char *)name.at + (name.len - end.len),
						   (const char *)end.at, end.len);
}

/* "*.example.net" is also each of the names that it stands for, such as "vpn.example.net". */
static bool wildcard_covers(struct bytes name, struct bytes base)
{
	const uint8_t *dot = memchr(base.at, '.', base.len);

	if (name.len < 2 || memcmp(name.at, "*.", 2) != 0 || !dot)
		return false;
	base = bytes_of(dot + 1, base.len - (size_t)(dot + 1 - base.at));
	name = bytes_of(name.at + 2, name.len - 2);
	return name.len == base.len && has_end(name, base);
}

/*
 * "example.net" and ".example.net" have all names under them; the first has itself too. A wildcard
 * is under what it may stand for when that is excluded, and when it is permitted only where all of
 * that is.
 */
static enum is_under dns_is_under(struct bytes name, struct bytes base, bool is_permitted)
{
	bool is_dotted = base.len && base.at[0] == '.';
	struct bytes bare = is_dotted ? bytes_of(base.at + 1, base.len - 1) : base;
	size_t rest;

	if (!base.len)
		return UNDER;
	if (!is_dns_name(bare))
		return IN_DOUBT;
	if (!is_dotted && !is_permitted && wildcard_covers(name, base))
		return UNDER;
	if (!has_end(name, base))
		return NOT_UNDER;
	rest = name.len - base.len;
	return !rest || is_dotted || name.at[rest - 1] == '.' ? UNDER : NOT_UNDER;
}

/* RFC 4632: ones, then zeroes. */
static bool is_mask(const uint8_t *mask, size_t len)
{
	bool has_ended = false;

	for (size_t i = 0; i < 8 * len; i++) {
		bool bit = mask[i / 8] & (0x80 >> (i % 8));

		if (bit && has_ended)
			return false;
		has_ended = has_ended || !bit;
	}
	return true;
}

/* An address and a mask of the same length. */
static enum is_under ip_is_under(struct bytes ip, struct bytes base)
{
	if ((base.len != 8 && base.len != 32) || !is_mask(base.at + base.len / 2, base.len / 2))
		return IN_DOUBT;
	if (base.len != 2 * ip.len)
		return NOT_UNDER;
	for (size_t i = 0; i < ip.len; i++)
		if ((ip.at[i] ^ base.at[i]) & base.at[ip.len + i])
			return NOT_UNDER;
	return UNDER;
}

/* Strings with one byte a letter. */
static bool is_plain(uint8_t tag)
{
	return tag == DER_UTF8_STRING || tag == DER_PRINTABLE_STRING || tag == DER_IA5_STRING;
}

static struct bytes trim(struct bytes t)
{
	while (t.len && t.at[0] == ' ')
		t = bytes_of(t.at + 1, t.len - 1);
	while (t.len && t.at[t.len - 1] == ' ')
		t.len--;
	return t;
}

/* The first letter, in lower case; of several spaces the last. */
static uint8_t take_letter(struct bytes *t)
{
	uint8_t c;

	do {
		c = t->at[0];
		*t = bytes_of(t->at + 1, t->len - 1);
	} while (c == ' ' && t->len && t->at[0] == ' ');
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* RFC 5280 section 7.1, for the letters of ASCII; others must be the same. */
static bool text_equals(struct bytes a, struct bytes b)
{
	a = trim(a);
	b = trim(b);
	while (a.len && b.len)
		if (take_letter(&a) != take_letter(&b))
			return false;
	return !a.len && !b.len;
}

static enum is_under compare_attr(const struct x509_attr *a, const struct x509_attr *b)
{
	if (!bytes_equal(a->type, b->type))
		return NOT_UNDER;
	if (is_plain(a->tag) && is_plain(b->tag))
		return text_equals(a->value, b->value) ? UNDER : NOT_UNDER;
	if (a->tag != b->tag)
		return IN_DOUBT;
	return bytes_equal(a->value, b->value) ? UNDER : NOT_UNDER;
}

/* Attributes of one relative name in another order are in doubt: DER has one order. */
static enum is_under compare_rdn(struct reader a, struct reader b)
{
	enum is_under so_far = UNDER;
	struct x509_attr x, y;

	while (so_far == UNDER && a.left && b.left) {
		if (!x509_next_attr(&a, &x) || !x509_next_attr(&b, &y))
			return IN_DOUBT;
		so_far = compare_attr(&x, &y);
	}
	if (so_far != UNDER)
		return so_far;
	return a.left || b.left ? NOT_UNDER : UNDER;
}

/* The base's relative names are the first of the name's. */
static enum is_under directory_is_under(struct bytes name, struct bytes base)
{
	struct reader r = reader_of(base.at, base.len), names = reader_of(name.at, name.len);
	struct reader bases = der_enter(&r, DER_SEQUENCE), a, b;

	while (bases.left && names.left) {
		enum is_under rdn;

		if (!x509_next_rdn(&bases, &b) || !x509_next_rdn(&names, &a))
			return IN_DOUBT;
		rdn = compare_rdn(a, b);
		if (rdn != UNDER)
			return rdn;
	}
	if (bases.bad || names.bad || r.left)
		return IN_DOUBT;
	return bases.left ? NOT_UNDER : UNDER;
}

static enum is_under is_under(const struct der *name, const struct der *base, bool is_permitted)
{
	switch (name->tag) {
	case X509_NAME_DNS:
		return dns_is_under(name->body, base->body, is_permitted);
	case X509_NAME_IP:
		return ip_is_under(name->body, base->body);
	case NAME_DIRECTORY:
		return directory_is_under(name->body, base->body);
	default: /* names of a kind that is not known here */
		return IN_DOUBT;
	}
}

/* GeneralSubtrees: a base, and a minimum and maximum that nobody uses and so must be absent. */
static bool next_base(struct reader *trees, struct der *base)
{
	struct reader tree;

	if (!trees->left || trees->bad)
		return false;
	tree = der_enter(trees, DER_SEQUENCE);
	if (!der_next(&tree, base) || tree.left)
		trees->bad = true;
	return !trees->bad;
}

struct constraints {
	struct reader permitted, excluded;
	unsigned *checks;
};

/* A malformed list allows nothing. */
static bool allows(const struct constraints *c, bool is_permitted, const struct der *name)
{
	struct reader trees = is_permitted ? c->permitted : c->excluded;
	bool has_kind = false, is_in = false;
	struct der base;

	while (next_base(&trees, &base)) {
		if (!*c->checks)
			return false;
		--*c->checks;
		if (base.tag != name->tag)
			continue;
		has_kind = true;
		switch (is_under(name, &base, is_permitted)) {
		case NOT_UNDER:
			break;
		case UNDER:
			is_in = true;
			break;
		case IN_DOUBT:
			return false;
		}
	}
	if (trees.bad)
		return false;
	return is_permitted ? !has_kind || is_in : !is_in;
}

static bool allow_name(const struct constraints *c, const struct der *name)
{
	return allows(c, true, name) && allows(c, false, name);
}

static bool read_constraints(struct bytes value, struct constraints *c)
{
	struct reader r = reader_of(value.at, value.len);
	struct reader both = der_enter(&r, DER_SEQUENCE);

	if (der_is_next(&both, DER_CONTEXT_CONSTRUCTED | 0))
		c->permitted = der_enter(&both, DER_CONTEXT_CONSTRUCTED | 0);
	if (der_is_next(&both, DER_CONTEXT_CONSTRUCTED | 1))
		c->excluded = der_enter(&both, DER_CONTEXT_CONSTRUCTED | 1);
	return !both.bad && !both.left && !r.left;
}

static bool allow_alternative(const struct constraints *c, struct der name)
{
	struct reader r = reader_of(name.body.at, name.body.len);

	if (name.tag == NAME_DIRECTORY) /* the Name with its header; a subject has none */
		name.body = der_get(&r, DER_SEQUENCE).body;
	return !r.bad && allow_name(c, &name);
}

/* The common name of a server is a dNSName too, of any form, where there is no other (--allow-cn). */
static bool allow_common_name(const struct constraints *c, const struct x509 *x)
{
	struct der name = { .tag = X509_NAME_DNS, .body = x509_common_name(x->subject).value };

	return x->has_san || !name.body.len || allow_name(c, &name);
}

bool name_constraints_allow(struct bytes constraints, const struct x509 *x, bool is_leaf,
			    unsigned *checks)
{
	struct der subject = { .tag = NAME_DIRECTORY, .body = x->subject }, name;
	struct reader names = reader_of(x->san.at, x->san.len);
	struct constraints c = { .checks = checks };

	if (!read_constraints(constraints, &c))
		return false;
	while (der_next(&names, &name))
		if (!allow_alternative(&c, name))
			return false;
	return !names.bad && (!x->subject.len || allow_name(&c, &subject)) &&
	       (!is_leaf || allow_common_name(&c, x));
}
