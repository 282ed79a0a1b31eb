/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads revocation lists. */
#include "tls/crl.h"

#include "tls/der.h"
#include "tls/dn.h"

enum {
	EXT_REASON = 21, /* id-ce 21, in an entry */
	EXT_NUMBER = 20, /* cRLNumber */
	EXT_AUTHORITY_KEY = 35,
	EXT_POINT = 28, /* issuingDistributionPoint */
	NAME_FULL = DER_CONTEXT_CONSTRUCTED | 0,
};

static bool is_ce(struct bytes oid, uint8_t last)
{
	return x509_is(oid, 0x55, 0x1d, last);
}

struct entry {
	struct bytes serial;
	struct crl_entry says;
	bool has_critical; /* has a critical extension, which changes the meaning of the entry */
};

static bool read_entry_extensions(struct reader *body, struct entry *e)
{
	struct reader list = der_enter(body, DER_SEQUENCE);
	struct x509_extension ext;

	while (x509_next_extension(&list, &ext)) {
		struct reader r = reader_of(ext.value.at, ext.value.len);
		struct bytes reason;

		if (!is_ce(ext.oid, EXT_REASON)) {
			e->has_critical = e->has_critical || ext.is_critical;
			continue;
		}
		reason = der_get(&r, DER_ENUMERATED).body;
		if (reason.len != 1 || r.bad || r.left)
			return false;
		e->says.reason = reason.at[0];
	}
	return !list.bad;
}

/* False at the end, and on a malformed entry: then the reader is bad. */
static bool next_entry(struct reader *list, struct entry *e)
{
	struct reader body;

	*e = (struct entry){ .says.reason = -1 };
	if (!list->left || list->bad)
		return false;
	body = der_enter(list, DER_SEQUENCE);
	e->serial = der_get(&body, DER_INTEGER).body;
	e->says.when = x509_get_time(&body);
	if (body.bad || (body.left && !read_entry_extensions(&body, e)) || body.left)
		list->bad = true;
	return !list->bad;
}

static bool read_entries(struct crl *c)
{
	struct reader list = reader_of(c->entries.at, c->entries.len);
	struct entry e;

	while (next_entry(&list, &e))
		if (e.has_critical)
			c->is_unknown = true;
	return !list.bad;
}

static bool get_flag(struct reader *r, uint8_t number)
{
	struct bytes value = { 0 };

	if (der_is_next(r, DER_CONTEXT | number))
		value = der_get(r, DER_CONTEXT | number).body;
	return value.len && value.at[0];
}

/* RFC 5280 section 5.2.5 */
static bool read_point(struct bytes value, struct crl *c)
{
	struct reader r = reader_of(value.at, value.len), body = der_enter(&r, DER_SEQUENCE), name;

	if (der_is_next(&body, DER_CONTEXT_CONSTRUCTED | 0)) {
		name = der_enter(&body, DER_CONTEXT_CONSTRUCTED | 0);
		if (der_is_next(&name, NAME_FULL))
			c->points = der_get(&name, NAME_FULL).body;
		else
			c->is_unknown = true; /* nameRelativeToCRLIssuer, which is not in use */
	}
	c->only_servers = get_flag(&body, 1);
	c->only_authorities = get_flag(&body, 2);
	if (der_is_next(&body, DER_CONTEXT | 3)) { /* some reasons only */
		der_get(&body, DER_CONTEXT | 3);
		c->is_unknown = true;
	}
	if (get_flag(&body, 4) || get_flag(&body, 5)) /* of other issuers; of attributes */
		c->is_unknown = true;
	return !body.bad && !body.left && !r.left;
}

static bool read_extensions(struct reader *tbs, struct crl *c)
{
	struct reader outer = der_enter(tbs, DER_CONTEXT_CONSTRUCTED | 0);
	struct reader list = der_enter(&outer, DER_SEQUENCE);
	struct x509_extension e;

	while (x509_next_extension(&list, &e)) {
		if (is_ce(e.oid, EXT_POINT)) {
			if (!read_point(e.value, c))
				return false;
		} else if (e.is_critical && !is_ce(e.oid, EXT_NUMBER) &&
			   !is_ce(e.oid, EXT_AUTHORITY_KEY)) {
			c->is_unknown = true; /* such as a delta list */
		}
	}
	return !list.bad && !outer.left;
}

static bool is_time_next(const struct reader *r)
{
	return der_is_next(r, DER_UTC_TIME) || der_is_next(r, DER_GENERALIZED_TIME);
}

static bool read_tbs(struct reader *tbs, struct crl *c)
{
	struct bytes algorithm;

	if (der_is_next(tbs, DER_INTEGER))
		der_get(tbs, DER_INTEGER); /* version */
	algorithm = der_get(tbs, DER_SEQUENCE).body;
	c->issuer = der_get(tbs, DER_SEQUENCE).body;
	c->this_update = x509_get_time(tbs);
	c->has_next_update = is_time_next(tbs);
	if (c->has_next_update)
		c->next_update = x509_get_time(tbs);
	if (der_is_next(tbs, DER_SEQUENCE))
		c->entries = der_get(tbs, DER_SEQUENCE).body;
	if (tbs->bad || !bytes_equal(algorithm, c->sig.algorithm))
		return false;
	return (!tbs->left || read_extensions(tbs, c)) && !tbs->left && read_entries(c);
}

bool crl_read(struct bytes der, struct crl *c)
{
	struct reader r, tbs;

	*c = (struct crl){ .whole = der };
	if (!x509_read_signed(der, &c->sig))
		return false;
	r = reader_of(c->sig.tbs.at, c->sig.tbs.len);
	tbs = der_enter(&r, DER_SEQUENCE);
	return read_tbs(&tbs, c);
}

static bool has_name(struct bytes names, struct bytes name)
{
	struct reader r = reader_of(names.at, names.len);
	struct der d;

	while (der_next(&r, &d))
		if (bytes_equal(d.whole, name))
			return true;
	return false;
}

/* The full name of a DistributionPoint (RFC 5280 section 4.2.1.13), if it has one. */
static struct bytes point_names(struct reader *list)
{
	struct reader point = der_enter(list, DER_SEQUENCE), name;

	if (!der_is_next(&point, DER_CONTEXT_CONSTRUCTED | 0))
		return bytes_of(NULL, 0);
	name = der_enter(&point, DER_CONTEXT_CONSTRUCTED | 0);
	return der_is_next(&name, NAME_FULL) ? der_get(&name, NAME_FULL).body : bytes_of(NULL, 0);
}

/* One name in common is enough (RFC 5280 section 6.3.3 (b) (2) (i)). */
static bool has_point(const struct x509 *x, struct bytes points)
{
	struct reader list = reader_of(x->crl_points.at, x->crl_points.len);

	while (list.left && !list.bad) {
		struct bytes names = point_names(&list);
		struct reader r = reader_of(names.at, names.len);
		struct der name;

		while (der_next(&r, &name))
			if (has_name(points, name.whole))
				return true;
	}
	return false;
}

bool crl_is_for(const struct crl *c, const struct x509 *x)
{
	if (!dn_equal(c->issuer, x->issuer))
		return false;
	if (x->is_ca ? c->only_servers : c->only_authorities)
		return false;
	return !c->points.len || has_point(x, c->points);
}

bool crl_find(const struct crl *c, struct bytes serial, struct crl_entry *entry)
{
	struct reader list = reader_of(c->entries.at, c->entries.len);
	struct entry e;

	while (next_entry(&list, &e))
		if (bytes_equal(e.serial, serial)) {
			*entry = e.says;
			return true;
		}
	return false;
}

const char *crl_reason(int reason)
{
	static const char *const reasons[] = {
		"unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
		"superseded",    "cessationOfOperation", "certificateHold", "",
		"removeFromCRL", "privilegeWithdrawn",   "aACompromise",
	};

	if (reason < 0 || (size_t)reason >= sizeof(reasons) / sizeof(reasons[0]))
		return "";
	return reasons[reason];
}
