/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether a certificate is for the requested name: RFC 9525 (which follows RFC 6125). We use our
 * own rules, the same for all versions of the library, because the library's do not recognize an
 * address or a name of one label as a name. In doubt a name does not match.
 */
#include "tls/cert_name.h"

#include <strings.h>

#include "tls/der.h"
#include "tls/x509.h"
#include "util/ip.h"

enum { DNS_NAME_MAX = 253 };

static bool is_dns_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

bool is_dns_name(struct bytes name)
{
	bool is_in_label = false;

	if (name.len > DNS_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (name.at[i] == '.' ? !is_in_label : !is_dns_char(name.at[i]))
			return false;
		is_in_label = name.at[i] != '.';
	}
	return is_in_label;
}

static bool equals(struct bytes a, struct bytes b)
{
	return a.len == b.len && !strncasecmp((const char *)a.at, (const char *)b.at, a.len);
}

/*
 * The name without its first label: "example.net" of "vpn.example.net"; empty if it has one label.
 */
static struct bytes parent(struct bytes name)
{
	const uint8_t *dot = memchr(name.at, '.', name.len);

	return dot ? bytes_of(dot + 1, name.len - (size_t)(dot + 1 - name.at)) : bytes_of(NULL, 0);
}

static struct bytes last_label(struct bytes name)
{
	const uint8_t *dot = memrchr(name.at, '.', name.len);

	return dot ? bytes_of(dot + 1, name.len - (size_t)(dot + 1 - name.at)) : name;
}

/* A name that ends with such a label is an address in some form ("127.1", "0x7f000001"). */
static bool is_number(struct bytes label)
{
	size_t i = 0;

	if (label.len > 1 && label.at[0] == '0' && (label.at[1] | 0x20) == 'x')
		return true;
	while (i < label.len && label.at[i] >= '0' && label.at[i] <= '9')
		i++;
	return i == label.len;
}

/*
 * `name` is a valid DNS name. In "*.example.net" the "*" matches one label; "*.net" matches
 * nothing.
 */
static bool dns_matches(struct bytes pattern, struct bytes name)
{
	if (pattern.len > 2 && !memcmp(pattern.at, "*.", 2)) {
		pattern = bytes_of(pattern.at + 2, pattern.len - 2);
		name = parent(name);
		if (!parent(pattern).len)
			return false;
	}
	return is_dns_name(pattern) && equals(pattern, name);
}

static enum cert_match match_dns(struct bytes pattern, struct bytes name)
{
	if (!dns_matches(pattern, name))
		return CERT_MATCH_NONE;
	return *pattern.at == '*' ? CERT_MATCH_WILDCARD : CERT_MATCH_EXACT;
}

/* The best match among the names. */
static enum cert_match match_san(struct bytes san, uint8_t tag, struct bytes want)
{
	struct reader r = reader_of(san.at, san.len);
	enum cert_match best = CERT_MATCH_NONE, match;
	struct der d;

	while (der_next(&r, &d)) {
		if (d.tag != tag)
			continue;
		match = tag == X509_NAME_DNS        ? match_dns(d.body, want)
			: bytes_equal(d.body, want) ? CERT_MATCH_EXACT
						    : CERT_MATCH_NONE;
		if (match > best)
			best = match;
	}
	return r.bad ? CERT_MATCH_NONE : best;
}

static enum cert_match match_common_name(struct bytes subject, struct bytes want)
{
	struct x509_attr cn = x509_common_name(subject);

	switch (cn.tag) {
	case DER_UTF8_STRING:
	case DER_PRINTABLE_STRING:
	case DER_IA5_STRING:
	case DER_T61_STRING:
		return match_dns(cn.value, want);
	default: /* two or four bytes for each character, or no string */
		return CERT_MATCH_NONE;
	}
}

enum cert_match cert_match(struct bytes der, const char *name)
{
	struct bytes want = bytes_text(name);
	struct ip_addr ip;
	struct x509 x;

	if (!x509_read(der, &x))
		return CERT_MATCH_NONE;
	if (ip_parse(name, &ip))
		return match_san(x.san, X509_NAME_IP,
				 bytes_of(ip.bytes, ip.family == AF_INET ? 4 : 16));
	if (want.len && want.at[want.len - 1] == '.') /* the root, which certificates leave out */
		want.len--;
	if (!is_dns_name(want) || is_number(last_label(want)))
		return CERT_MATCH_NONE;
	return x.has_san ? match_san(x.san, X509_NAME_DNS, want)
			 : match_common_name(x.subject, want);
}

bool cert_is_for(struct bytes der, const char *name)
{
	return cert_match(der, name) != CERT_MATCH_NONE;
}

static bool san_has(struct bytes san, const struct der *name)
{
	struct reader r = reader_of(san.at, san.len);
	struct der d;
	bool found = false;

	while (der_next(&r, &d))
		if (d.tag == name->tag &&
		    (d.tag == X509_NAME_DNS ? equals(d.body, name->body)
					    : bytes_equal(d.body, name->body)))
			found = true;
	return found && !r.bad;
}

bool cert_shares_name(struct bytes a, struct bytes b)
{
	struct x509 one, other;
	struct reader r;
	struct der d;

	if (!x509_read(a, &one) || !x509_read(b, &other))
		return false;
	r = reader_of(one.san.at, one.san.len);
	return der_next(&r, &d) && san_has(other.san, &d);
}

bool cert_is_in_domain(struct bytes der, const char *domain)
{
	struct bytes want = bytes_text(domain);
	struct reader r;
	struct x509 x;
	struct der d;
	bool found = false;

	if (!x509_read(der, &x) || !is_dns_name(want) || is_number(last_label(want)))
		return false;
	r = reader_of(x.san.at, x.san.len);
	while (der_next(&r, &d)) {
		size_t before = d.body.len - want.len;

		if (d.tag == X509_NAME_DNS && d.body.len > want.len + 1 && is_dns_name(d.body) &&
		    d.body.at[before - 1] == '.' &&
		    equals(bytes_of(d.body.at + before, want.len), want))
			found = true;
	}
	return found && !r.bad;
}
