/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Name constraints. A name must be in none of the excluded subtrees, and in one of the permitted
 * ones of its kind if there are any of that kind. In doubt a name is not allowed.
 */
#include "tls/name_constraints.h"

#include <strings.h>

#include "tls/cert_name.h"
#include "tls/der.h"
#include "tls/dn.h"

enum { NAME_DIRECTORY = DER_CONTEXT_CONSTRUCTED | 4 };

/* IN_DOUBT: the base is malformed, or in an unsupported form. Neither list then allows the name. */
enum is_under { NOT_UNDER, UNDER, IN_DOUBT };

static bool has_end(struct bytes name, struct bytes end)
{
	return name.len >= end.len && !strncasecmp((const char *)name.at + (name.len - end.len),
						   (const char *)end.at, end.len);
}

/* "*.example.net" also counts as each name that it matches, such as "vpn.example.net". */
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
 * All names below example.net are under "example.net" and ".example.net", and the name itself is
 * under the first. A wildcard is under an excluded base if it matches any name there, and under a
 * permitted base only if all names that it matches are there.
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

/* RFC 4632: one bits, then zero bits. */
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

/* The base is an address and a mask of the same length. */
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

/* ".example.net" is all hosts of the domain, "example.net" is one host. */
static enum is_under host_is_under(struct bytes host, struct bytes base)
{
	bool is_dotted = base.len && base.at[0] == '.';

	if (!is_dns_name(host) || !is_dns_name(bytes_of(base.at + is_dotted, base.len - is_dotted)))
		return IN_DOUBT;
	return has_end(host, base) && (is_dotted || host.len == base.len) ? UNDER : NOT_UNDER;
}

/*
 * The base is a mailbox, or the host or domain of one. In doubt mailboxes that differ only in case
 * before the @ are the same if excluded, and different if permitted.
 */
static enum is_under email_is_under(struct bytes name, struct bytes base, bool is_permitted)
{
	const uint8_t *at = memrchr(name.at, '@', name.len);
	struct bytes host;

	if (!at)
		return IN_DOUBT;
	host = bytes_of(at + 1, name.len - (size_t)(at + 1 - name.at));
	if (!memchr(base.at, '@', base.len))
		return host_is_under(host, base);
	if (name.len != base.len || !has_end(name, base))
		return NOT_UNDER;
	return !is_permitted || !memcmp(name.at, base.at, (size_t)(at - name.at)) ? UNDER
										  : NOT_UNDER;
}

/* scheme://user@HOST:port/path; IN_DOUBT if the host is not a name. */
static enum is_under uri_is_under(struct bytes uri, struct bytes base)
{
	const uint8_t *scheme = memchr(uri.at, ':', uri.len), *at;
	struct bytes host;
	size_t len = 0;

	if (!scheme || uri.at + uri.len - scheme < 3 || memcmp(scheme, "://", 3) != 0)
		return IN_DOUBT;
	host = bytes_of(scheme + 3, uri.len - (size_t)(scheme + 3 - uri.at));
	while (len < host.len && !strchr("/?#", host.at[len]))
		len++;
	host.len = len;
	at = memrchr(host.at, '@', host.len);
	if (at)
		host = bytes_of(at + 1, host.len - (size_t)(at + 1 - host.at));
	at = memchr(host.at, ':', host.len);
	if (at)
		host.len = (size_t)(at - host.at);
	if (host.len && host.at[host.len - 1] <= '9' && host.at[host.len - 1] >= '0')
		return IN_DOUBT; /* an address */
	return host_is_under(host, base);
}

/*
 * The base's relative names must be the first ones of the name. In doubt a name is under an
 * excluded base, and not under a permitted one.
 */
static enum is_under directory_is_under(struct bytes name, struct bytes base, bool is_permitted)
{
	struct reader r = reader_of(base.at, base.len), names = reader_of(name.at, name.len);
	struct reader bases = der_enter(&r, DER_SEQUENCE), a, b;

	while (bases.left && names.left) {
		enum dn_match rdn;

		if (!x509_next_rdn(&bases, &b) || !x509_next_rdn(&names, &a))
			return IN_DOUBT;
		rdn = dn_compare_rdn(a, b);
		if (rdn != DN_EQUAL)
			return rdn == DN_DIFFERS || is_permitted ? NOT_UNDER : IN_DOUBT;
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
	case X509_NAME_EMAIL:
		return email_is_under(name->body, base->body, is_permitted);
	case X509_NAME_URI:
		return uri_is_under(name->body, base->body);
	case NAME_DIRECTORY:
		return directory_is_under(name->body, base->body, is_permitted);
	default: /* an unsupported kind of name */
		return IN_DOUBT;
	}
}

/*
 * GeneralSubtrees: a base, and a minimum and a maximum that must be absent (RFC 5280 section
 * 4.2.1.10). A minimum of zero, which is the default, may be written out.
 */
static bool next_base(struct reader *trees, struct der *base)
{
	struct bytes minimum = { 0 };
	struct reader tree;

	if (!trees->left || trees->bad)
		return false;
	tree = der_enter(trees, DER_SEQUENCE);
	if (!der_next(&tree, base))
		trees->bad = true;
	if (der_is_next(&tree, DER_CONTEXT | 0))
		minimum = der_get(&tree, DER_CONTEXT | 0).body;
	if (tree.bad || tree.left || (minimum.at && (minimum.len != 1 || minimum.at[0])))
		trees->bad = true;
	return !trees->bad;
}

struct constraints {
	struct reader permitted, excluded;
	unsigned *checks;
};

/* A malformed list allows no name. */
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

/* An emailAddress in the subject is constrained like an rfc822Name (RFC 5280 section 4.2.1.10). */
static bool allow_subject(const struct constraints *c, struct bytes subject)
{
	struct der name = { .tag = NAME_DIRECTORY, .body = subject };
	struct reader names = reader_of(subject.at, subject.len), rdn;
	struct x509_attr a;

	if (subject.len && !allow_name(c, &name))
		return false;
	name.tag = X509_NAME_EMAIL;
	while (x509_next_rdn(&names, &rdn)) {
		while (x509_next_attr(&rdn, &a)) {
			name.body = a.value;
			if (x509_is(a.type, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1) &&
			    !allow_name(c, &name))
				return false;
		}
		if (rdn.bad)
			return false;
	}
	return !names.bad;
}

/* Without other names a server's common name is constrained like a dNSName (--allow-cn). */
static bool allow_common_name(const struct constraints *c, const struct x509 *x)
{
	struct der name = { .tag = X509_NAME_DNS, .body = x509_common_name(x->subject).value };

	return x->has_san || !name.body.len || allow_name(c, &name);
}

bool name_constraints_allow(struct bytes constraints, const struct x509 *x, bool is_leaf,
			    unsigned *checks)
{
	struct reader names = reader_of(x->san.at, x->san.len);
	struct constraints c = { .checks = checks };
	struct der name;

	if (!read_constraints(constraints, &c))
		return false;
	while (der_next(&names, &name))
		if (!allow_alternative(&c, name))
			return false;
	return !names.bad && allow_subject(&c, x->subject) &&
	       (!is_leaf || allow_common_name(&c, x));
}
