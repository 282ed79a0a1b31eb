/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/cert_user.h"

#include "tls/der.h"
#include "tls/x509.h"
#include "util/utf8.h"

enum { NAME_MAX_LEN = 256 };

struct names {
	struct bytes *at;
	size_t count;
};

static bool is_text(struct bytes name)
{
	struct reader r = reader_of(name.at, name.len);
	uint32_t code;

	while (r.left)
		if (!utf8_get(&r, &code) || code < ' ' || code == 0x7f)
			return false;
	return name.len && name.len <= NAME_MAX_LEN;
}

static void add(struct names *n, struct bytes name)
{
	if (n->count < CERT_USERS_MAX && is_text(name))
		n->at[n->count++] = name;
}

/* OtherName: 1.3.6.1.4.1.311.20.2.3 and, in [0], a UTF8String. */
static void add_upn(struct names *n, struct bytes other_name)
{
	struct reader r = reader_of(other_name.at, other_name.len), value;
	struct bytes oid = der_get(&r, DER_OID).body;

	value = der_enter(&r, DER_CONTEXT_CONSTRUCTED | 0);
	if (!r.bad && x509_is(oid, 0x2b, 6, 1, 4, 1, 0x82, 0x37, 20, 2, 3) &&
	    der_is_next(&value, DER_UTF8_STRING))
		add(n, der_get(&value, DER_UTF8_STRING).body);
}

static void add_sans(struct names *n, struct bytes san, uint8_t tag)
{
	struct reader r = reader_of(san.at, san.len);
	struct der d;

	while (der_next(&r, &d)) {
		if (d.tag != tag)
			continue;
		if (tag == X509_NAME_EMAIL)
			add(n, d.body);
		else
			add_upn(n, d.body);
	}
}

size_t cert_user_names(struct bytes der, struct bytes names[CERT_USERS_MAX])
{
	struct names n = { .at = names };
	struct x509_attr cn;
	struct x509 x;

	if (!x509_read(der, &x))
		return 0;
	add_sans(&n, x.san, DER_CONTEXT_CONSTRUCTED | 0);
	add_sans(&n, x.san, X509_NAME_EMAIL);
	cn = x509_common_name(x.subject);
	if (cn.tag == DER_UTF8_STRING || cn.tag == DER_PRINTABLE_STRING ||
	    cn.tag == DER_IA5_STRING || cn.tag == DER_T61_STRING)
		add(&n, cn.value);
	return n.count;
}
