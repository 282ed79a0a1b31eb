/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a certificate's fields in the order of RFC 5280 section 4.1. */
#include "tls/x509.h"

#include <assert.h>

#include "tls/der.h"

/* `count` digits as a number; the reader turns bad at anything else. */
static int get_digits(struct reader *r, unsigned count)
{
	int n = 0;

	while (count--) {
		uint8_t c = get_u8(r);

		if (c < '0' || c > '9')
			r->bad = true;
		n = n * 10 + (c - '0');
	}
	return r->bad ? 0 : n;
}

static_assert(sizeof(time_t) >= 8, "certificates are valid beyond 2038");

static bool is_date(const struct tm *tm)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year = tm->tm_year + 1900;
	bool is_leap_year = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	if (tm->tm_mon < 0 || tm->tm_mon > 11 || tm->tm_mday < 1 || tm->tm_hour > 23 ||
	    tm->tm_min > 59 || tm->tm_sec > 59)
		return false;
	return tm->tm_mday <= days[tm->tm_mon] + (tm->tm_mon == 1 && is_leap_year);
}

/* RFC 5280 section 4.1.2.5: YYMMDDHHMMSSZ until 2049, YYYYMMDDHHMMSSZ from 2050. */
time_t x509_get_time(struct reader *r)
{
	struct tm tm = { 0 };
	struct reader t;

	if (der_is_next(r, DER_UTC_TIME)) {
		t = der_enter(r, DER_UTC_TIME);
		tm.tm_year = get_digits(&t, 2);
		tm.tm_year += tm.tm_year < 50 ? 100 : 0;
	} else {
		t = der_enter(r, DER_GENERALIZED_TIME);
		tm.tm_year = get_digits(&t, 4) - 1900;
	}
	tm.tm_mon = get_digits(&t, 2) - 1;
	tm.tm_mday = get_digits(&t, 2);
	tm.tm_hour = get_digits(&t, 2);
	tm.tm_min = get_digits(&t, 2);
	tm.tm_sec = get_digits(&t, 2);
	if (get_u8(&t) != 'Z' || t.left || t.bad || !is_date(&tm))
		r->bad = true;
	return r->bad ? 0 : timegm(&tm);
}

bool x509_is_oid(struct bytes oid, const uint8_t *other, size_t len)
{
	return oid.len == len && !memcmp(oid.at, other, len);
}

enum { POLICY_CONSTRAINTS = 0x24 };

static bool read_purposes(struct reader *r, struct x509 *x)
{
	struct reader list = der_enter(r, DER_SEQUENCE);

	x->is_for_servers = x->is_for_clients = false;
	while (list.left && !list.bad) {
		struct bytes oid = der_get(&list, DER_OID).body;

		bool is_any = x509_is(oid, 0x55, 0x1d, 0x25, 0); /* anyExtendedKeyUsage */

		if (is_any || x509_is(oid, 0x2b, 6, 1, 5, 5, 7, 3, 1)) /* serverAuth */
			x->is_for_servers = true;
		if (is_any || x509_is(oid, 0x2b, 6, 1, 5, 5, 7, 3, 2)) /* clientAuth */
			x->is_for_clients = true;
	}
	return !list.bad;
}

static bool read_names(struct reader *r, struct x509 *x)
{
	struct reader list = der_enter(r, DER_SEQUENCE);

	x->has_san = true;
	x->san = bytes_of(list.at, list.left);
	return !list.bad;
}

/* A path length is a number of certificates: one of more than two bytes counts as no limit. */
static bool read_basic_constraints(struct reader *r, struct x509 *x)
{
	struct reader body = der_enter(r, DER_SEQUENCE);
	struct bytes value;

	x->is_ca = der_get_flag(&body);
	if (der_is_next(&body, DER_INTEGER)) {
		value = der_get_natural(&body);
		x->path_len = 0;
		for (size_t i = 0; i < value.len && i < 2; i++)
			x->path_len = x->path_len << 8 | value.at[i];
		if (value.len > 2)
			x->path_len = -1;
	}
	return !body.bad && !body.left;
}

static bool read_key_usage(struct reader *r, struct x509 *x)
{
	struct bytes bits = der_get(r, DER_BIT_STRING).body;

	x->has_key_usage = true;
	x->key_usage = bits.len > 1 ? bits.at[1] : 0; /* the first byte counts unused bits */
	return bits.len && bits.at[0] < 8;
}

static bool read_name_constraints(struct reader *r, struct x509 *x)
{
	x->has_name_constraints = true;
	x->name_constraints = der_get(r, DER_SEQUENCE).whole;
	return true;
}

static bool read_crl_points(struct reader *r, struct x509 *x)
{
	x->crl_points = der_get(r, DER_SEQUENCE).body;
	return true;
}

/* The extensions of id-ce (2.5.29) that we use. */
static const struct extension {
	uint8_t id;
	bool (*read)(struct reader *r, struct x509 *x);
} extensions[] = {
	{ 0x0f, read_key_usage },         { 0x11, read_names },
	{ 0x13, read_basic_constraints }, { 0x1e, read_name_constraints },
	{ 0x1f, read_crl_points },        { 0x25, read_purposes },
};

/* False when the extension is malformed, or a duplicate. */
static bool read_known(const struct extension *e, struct bytes body, struct x509 *x)
{
	struct reader r = reader_of(body.at, body.len);
	uint32_t bit = UINT32_C(1) << (e - extensions);

	if (x->seen & bit)
		return false;
	x->seen |= bit;
	return e->read(&r, x) && !r.bad && !r.left;
}

static const struct extension *known(struct bytes oid)
{
	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		if (x509_is(oid, 0x55, 0x1d, extensions[i].id))
			return &extensions[i];
	return NULL;
}

/*
 * Certificate policies, their mappings, and inhibitAnyPolicy have no effect when no policy is
 * required, and we require none. policyConstraints may require one.
 */
static bool may_be_critical(struct bytes oid)
{
	return known(oid) || x509_is(oid, 0x55, 0x1d, 0x20) || x509_is(oid, 0x55, 0x1d, 0x21) ||
	       x509_is(oid, 0x55, 0x1d, POLICY_CONSTRAINTS) || x509_is(oid, 0x55, 0x1d, 0x36);
}

/* RFC 5280 section 4.2.1.11: requireExplicitPolicy [0], inhibitPolicyMapping [1] */
static bool read_policy_constraints(const struct x509_extension *e, struct x509 *x)
{
	struct reader r = reader_of(e->value.at, e->value.len), body = der_enter(&r, DER_SEQUENCE);

	x->requires_policy = e->is_critical && der_is_next(&body, DER_CONTEXT | 0);
	return !body.bad && !r.left;
}

bool x509_next_extension(struct reader *list, struct x509_extension *e)
{
	struct reader ext;

	*e = (struct x509_extension){ .is_critical = false };
	if (!list->left || list->bad)
		return false;
	ext = der_enter(list, DER_SEQUENCE);
	e->oid = der_get(&ext, DER_OID).body;
	e->is_critical = der_get_flag(&ext);
	e->value = der_get(&ext, DER_OCTET_STRING).body;
	if (ext.bad || ext.left)
		list->bad = true;
	return !list->bad;
}

static bool read_extensions(struct reader *tbs, struct x509 *x)
{
	struct reader outer = der_enter(tbs, DER_CONTEXT_CONSTRUCTED | 3);
	struct reader list = der_enter(&outer, DER_SEQUENCE);
	struct x509_extension e;

	while (x509_next_extension(&list, &e)) {
		if (e.is_critical && !may_be_critical(e.oid))
			x->has_unknown_critical = true;
		if (known(e.oid) && !read_known(known(e.oid), e.value, x))
			return false;
		if (x509_is(e.oid, 0x55, 0x1d, POLICY_CONSTRAINTS) &&
		    !read_policy_constraints(&e, x))
			return false;
	}
	return !list.bad && !outer.left;
}

/* 1 to 3; 0 and a bad reader for any other. */
static int get_version(struct reader *tbs)
{
	struct reader outer;
	struct bytes value;

	if (!der_is_next(tbs, DER_CONTEXT_CONSTRUCTED | 0))
		return 1;
	outer = der_enter(tbs, DER_CONTEXT_CONSTRUCTED | 0);
	value = der_get_natural(&outer);
	if (outer.bad || outer.left || value.len != 1 || value.at[0] > 2) {
		tbs->bad = true;
		return 0;
	}
	return value.at[0] + 1;
}

static bool is_name(struct bytes name)
{
	struct reader names = reader_of(name.at, name.len), rdn;
	struct x509_attr a;

	while (x509_next_rdn(&names, &rdn)) {
		if (!rdn.left)
			return false;
		while (x509_next_attr(&rdn, &a))
			;
		if (rdn.bad)
			return false;
	}
	return !names.bad;
}

static bool read_tbs(struct reader *tbs, struct x509 *x)
{
	int version = get_version(tbs);
	struct reader validity;
	struct bytes algorithm;

	x->is_v1 = version == 1;
	x->serial = der_get(tbs, DER_INTEGER).body;
	algorithm = der_get(tbs, DER_SEQUENCE).body;
	x->issuer = der_get(tbs, DER_SEQUENCE).body;
	validity = der_enter(tbs, DER_SEQUENCE);
	x->not_before = x509_get_time(&validity);
	x->not_after = x509_get_time(&validity);
	x->subject = der_get(tbs, DER_SEQUENCE).body;
	x->spki = der_get(tbs, DER_SEQUENCE).whole;
	if (der_is_next(tbs, DER_CONTEXT | 1))
		der_get(tbs, DER_CONTEXT | 1); /* issuerUniqueID */
	if (der_is_next(tbs, DER_CONTEXT | 2))
		der_get(tbs, DER_CONTEXT | 2); /* subjectUniqueID */
	/*
	 * RFC 5280 section 4.1.1.2: the algorithm is inside the signed part, and repeated outside
	 */
	if (validity.bad || validity.left || tbs->bad || !bytes_equal(algorithm, x->sig.algorithm))
		return false;
	if (!x->serial.len || !is_name(x->issuer) || !is_name(x->subject))
		return false;
	return !tbs->left || (version == 3 && read_extensions(tbs, x) && !tbs->left);
}

bool x509_read_signed(struct bytes der, struct x509_signed *s)
{
	struct reader r = reader_of(der.at, der.len);
	struct reader outer = der_enter(&r, DER_SEQUENCE);
	struct bytes bits;

	s->tbs = der_get(&outer, DER_SEQUENCE).whole;
	s->algorithm = der_get(&outer, DER_SEQUENCE).body;
	bits = der_get(&outer, DER_BIT_STRING).body;
	if (outer.bad || outer.left || r.left || bits.len < 2 || bits.at[0])
		return false;
	s->signature = bytes_of(bits.at + 1, bits.len - 1);
	return true;
}

bool x509_read(struct bytes der, struct x509 *x)
{
	struct reader r, tbs;

	memset(x, 0, sizeof(*x));
	x->whole = der;
	x->is_for_servers = x->is_for_clients = true;
	x->path_len = -1;
	if (!x509_read_signed(der, &x->sig))
		return false;
	r = reader_of(x->sig.tbs.at, x->sig.tbs.len);
	tbs = der_enter(&r, DER_SEQUENCE);
	return read_tbs(&tbs, x);
}

bool x509_next_rdn(struct reader *names, struct reader *rdn)
{
	if (!names->left || names->bad)
		return false;
	*rdn = der_enter(names, DER_SET);
	return !rdn->bad;
}

bool x509_next_attr(struct reader *rdn, struct x509_attr *a)
{
	struct reader pair;
	struct der value;

	if (!rdn->left || rdn->bad)
		return false;
	pair = der_enter(rdn, DER_SEQUENCE);
	a->type = der_get(&pair, DER_OID).body;
	der_next(&pair, &value);
	a->tag = value.tag;
	a->value = value.body;
	if (pair.bad || pair.left)
		rdn->bad = true;
	return !rdn->bad;
}

struct x509_attr x509_common_name(struct bytes name)
{
	struct reader names = reader_of(name.at, name.len), rdn;
	struct x509_attr a, found = { 0 };

	while (x509_next_rdn(&names, &rdn)) {
		while (x509_next_attr(&rdn, &a))
			if (x509_is(a.type, 0x55, 0x04, 0x03))
				found = a;
		if (rdn.bad)
			names.bad = true;
	}
	if (names.bad)
		found = (struct x509_attr){ 0 };
	return found;
}
