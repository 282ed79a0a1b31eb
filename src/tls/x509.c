/* A certificate's fields, read straight down RFC 5280 section 4.1. */
#include "tls/x509.h"

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

/* RFC 5280 section 4.1.2.5: YYMMDDHHMMSSZ until 2049, YYYYMMDDHHMMSSZ from 2050. */
static time_t get_time(struct reader *r)
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
	if (get_u8(&t) != 'Z' || t.left || t.bad || tm.tm_mon < 0 || tm.tm_mon > 11 ||
	    tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 || tm.tm_min > 59 ||
	    tm.tm_sec > 60)
		r->bad = true;
	return r->bad ? 0 : timegm(&tm);
}

bool x509_is_oid(struct bytes oid, const uint8_t *other, size_t len)
{
	return oid.len == len && !memcmp(oid.at, other, len);
}

static bool read_purposes(struct bytes body, struct x509 *x)
{
	struct reader r = reader_of(body.at, body.len);
	struct reader list = der_enter(&r, DER_SEQUENCE);

	x->is_for_servers = false;
	while (list.left && !list.bad) {
		struct bytes oid = der_get(&list, DER_OID).body;

		if (x509_is(oid, 0x2b, 6, 1, 5, 5, 7, 3, 1) || /* serverAuth */
		    x509_is(oid, 0x55, 0x1d, 0x25, 0))	       /* anyExtendedKeyUsage */
			x->is_for_servers = true;
	}
	return !list.bad && !r.left;
}

static bool read_names(struct bytes body, struct x509 *x)
{
	struct reader r = reader_of(body.at, body.len);
	struct reader list = der_enter(&r, DER_SEQUENCE);

	if (list.bad || r.left || x->has_san) /* two of them: which one did the issuer mean? */
		return false;
	x->has_san = true;
	x->san = bytes_of(list.at, list.left);
	return true;
}

/* Extension: OID, critical (optional), the value wrapped in an OCTET STRING. */
static bool read_extension(struct reader *list, struct x509 *x)
{
	struct reader ext = der_enter(list, DER_SEQUENCE);
	struct bytes oid = der_get(&ext, DER_OID).body;
	struct bytes body;

	if (der_is_next(&ext, DER_BOOLEAN))
		der_get(&ext, DER_BOOLEAN);
	body = der_get(&ext, DER_OCTET_STRING).body;
	if (ext.bad || ext.left)
		return false;
	if (x509_is(oid, 0x55, 0x1d, 0x11))
		return read_names(body, x);
	if (x509_is(oid, 0x55, 0x1d, 0x25))
		return read_purposes(body, x);
	return true;
}

static bool read_extensions(struct reader *tbs, struct x509 *x)
{
	struct reader outer = der_enter(tbs, DER_CONTEXT_CONSTRUCTED | 3);
	struct reader list = der_enter(&outer, DER_SEQUENCE);

	while (list.left && !list.bad)
		if (!read_extension(&list, x))
			return false;
	return !list.bad && !outer.left;
}

static bool read_tbs(struct reader *tbs, struct x509 *x)
{
	struct reader validity, alg;

	if (der_is_next(tbs, DER_CONTEXT_CONSTRUCTED | 0))
		der_get(tbs, DER_CONTEXT_CONSTRUCTED | 0); /* version */
	der_get(tbs, DER_INTEGER);			   /* serial number */
	alg = der_enter(tbs, DER_SEQUENCE);
	x->signature_alg = der_get(&alg, DER_OID).body;
	x->issuer = der_get(tbs, DER_SEQUENCE).body;
	validity = der_enter(tbs, DER_SEQUENCE);
	x->not_before = get_time(&validity);
	x->not_after = get_time(&validity);
	x->subject = der_get(tbs, DER_SEQUENCE).body;
	x->spki = der_get(tbs, DER_SEQUENCE).whole;
	if (der_is_next(tbs, DER_CONTEXT | 1))
		der_get(tbs, DER_CONTEXT | 1); /* issuerUniqueID */
	if (der_is_next(tbs, DER_CONTEXT | 2))
		der_get(tbs, DER_CONTEXT | 2); /* subjectUniqueID */
	if (validity.bad || validity.left || alg.bad || tbs->bad)
		return false;
	return !tbs->left || (read_extensions(tbs, x) && !tbs->left);
}

bool x509_read(struct bytes der, struct x509 *x)
{
	struct reader r = reader_of(der.at, der.len);
	struct reader cert = der_enter(&r, DER_SEQUENCE);
	struct reader tbs = der_enter(&cert, DER_SEQUENCE);

	memset(x, 0, sizeof(*x));
	x->whole = der;
	x->is_for_servers = true;
	if (!read_tbs(&tbs, x))
		return false;
	der_get(&cert, DER_SEQUENCE);	/* signature algorithm */
	der_get(&cert, DER_BIT_STRING); /* signature */
	return !cert.bad && !cert.left && !r.left;
}

bool x509_is_self_issued(const struct x509 *x)
{
	return x->subject.len == x->issuer.len &&
	       (!x->subject.len || !memcmp(x->subject.at, x->issuer.at, x->subject.len));
}

bool x509_is_weakly_signed(const struct x509 *x)
{
	return x509_is(x->signature_alg, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1,
		       4) || /* RSA, MD5 */
	       x509_is(x->signature_alg, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1,
		       5) ||						      /* RSA, SHA-1 */
	       x509_is(x->signature_alg, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1); /* ECDSA, SHA-1 */
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
