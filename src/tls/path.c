/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A depth-first search from the server's certificate upwards: each step tries all authorities, then
 * all certificates sent, whose name is the issuer's. A branch ends at its first fault. When no
 * branch leads to an anchor, the first fault that is more specific than 'no such issuer' is
 * reported.
 */
#include "tls/path.h"

#include <assert.h>

#include "tls/dn.h"
#include "tls/name_constraints.h"
#include "tls/spki.h"

/* Whether the key of `issuer` signed the certificate or list at `what`. */
struct verdict {
	const void *what;
	const struct x509 *issuer;
	enum signature_result result;
};

/* The results so far: each signature is verified once, however many paths it is in. */
struct verdicts {
	struct verdict
		list[PATH_MAX_CHECKS > PATH_MAX_CRL_CHECKS ? PATH_MAX_CHECKS : PATH_MAX_CRL_CHECKS];
	unsigned count;
};

struct search {
	const struct path_cfg *cfg;
	const struct x509 *path[PATH_MAX_DEPTH]; /* the server's first */
	size_t depth;
	unsigned steps; /* certificates tried */
	struct verdicts certs, crls;
	unsigned name_checks; /* how many comparisons with name constraints are still allowed */
	enum path_fault fault;
	struct path_end end;
};

static bool note(struct search *s, enum path_fault fault, const struct x509 *at)
{
	if (s->fault == PATH_GOOD || (s->fault == PATH_NO_ISSUER && fault != PATH_NO_ISSUER) ||
	    fault == PATH_REVOKED) {
		s->fault = fault;
		s->end = (struct path_end){ .at = at };
	}
	return false;
}

static bool note_crl(struct search *s, enum path_fault fault, const struct x509 *at,
		     const struct crl *crl, struct crl_entry entry)
{
	note(s, fault, at);
	if (s->fault == fault && s->end.at == at) {
		s->end.crl = crl;
		s->end.entry = entry;
	}
	return false;
}

/* The checks for every certificate, also for anchors. */
static enum path_fault check_alone(const struct path_cfg *cfg, const struct x509 *x)
{
	if (x->not_after < cfg->now)
		return PATH_EXPIRED;
	if (x->not_before > cfg->now)
		return PATH_EARLY;
	if (x->requires_policy)
		return PATH_POLICY;
	return x->has_unknown_critical ? PATH_CRITICAL : PATH_GOOD;
}

static bool is_authority(const struct x509 *x, bool is_anchor)
{
	if (is_anchor && x->is_v1 && dn_is_self_issued(x))
		return true;
	return x->is_ca && (!x->has_key_usage || x->key_usage & X509_KEY_CERT_SIGN);
}

/* RFC 5280 section 6.1.4 (k) to (n): self-issued certificates do not count. */
static enum path_fault check_authority(struct search *s, const struct x509 *x, bool is_anchor)
{
	long below = 0;

	if (!is_authority(x, is_anchor))
		return PATH_NOT_CA;
	for (size_t i = 1; i < s->depth; i++)
		if (!dn_is_self_issued(s->path[i]))
			below++;
	if (x->path_len >= 0 && below > x->path_len)
		return PATH_LENGTH;
	for (size_t i = 0; x->has_name_constraints && i < s->depth; i++)
		if ((i == 0 || !dn_is_self_issued(s->path[i])) &&
		    !name_constraints_allow(x->name_constraints, s->path[i], i == 0,
					    &s->name_checks))
			return PATH_NAMES;
	return PATH_GOOD;
}

static const struct verdict *recall(const struct verdicts *v, const void *what,
				    const struct x509 *issuer)
{
	for (unsigned i = 0; i < v->count; i++)
		if (v->list[i].what == what && v->list[i].issuer == issuer)
			return &v->list[i];
	return NULL;
}

static const struct verdict *remember(struct verdicts *v, struct verdict verdict)
{
	v->list[v->count] = verdict;
	return &v->list[v->count++];
}

static enum path_fault check_signature(struct search *s, const struct x509 *issuer)
{
	const struct x509 *cert = s->path[s->depth - 1];
	const struct verdict *verdict = recall(&s->certs, cert, issuer);

	if (++s->steps > PATH_MAX_STEPS || (!verdict && s->certs.count == PATH_MAX_CHECKS))
		return PATH_TOO_LONG;
	if (!verdict)
		verdict = remember(&s->certs,
				   (struct verdict){ cert, issuer, s->cfg->check(cert, issuer) });
	switch (verdict->result) {
	case SIGNATURE_GOOD:
		return PATH_GOOD;
	case SIGNATURE_NOT_ALLOWED:
		return PATH_ALGORITHM;
	case SIGNATURE_BAD:
		break;
	}
	return PATH_SIGNATURE;
}

static bool has_purpose(const struct path_cfg *cfg, const struct x509 *x)
{
	return cfg->is_client ? x->is_for_clients : x->is_for_servers;
}

/* A client signs the handshake. */
static unsigned key_usage_of(const struct path_cfg *cfg)
{
	return cfg->is_client ? X509_KEY_SIGNATURE : X509_KEY_OF_SERVERS;
}

/* Whether `issuer` may come next in the present path. */
static bool may_follow(struct search *s, const struct x509 *issuer, bool is_anchor)
{
	const struct x509 *below = s->path[s->depth - 1];
	enum path_fault fault = check_signature(s, issuer);

	if (fault)
		return note(s, fault, below);
	fault = check_alone(s->cfg, issuer);
	if (!fault)
		fault = check_authority(s, issuer, is_anchor);
	if (!fault && !has_purpose(s->cfg, issuer))
		fault = PATH_PURPOSE;
	return fault ? note(s, fault, issuer) : true;
}

static bool is_in_path(const struct search *s, const struct x509 *x)
{
	for (size_t i = 0; i < s->depth; i++)
		if (bytes_equal(s->path[i]->whole, x->whole))
			return true;
	return false;
}

/* Checks the list's signature and dates. */
static enum path_fault check_crl(struct search *s, const struct crl *crl, const struct x509 *issuer)
{
	const struct verdict *verdict = recall(&s->crls, crl, issuer);

	if (issuer->has_key_usage && !(issuer->key_usage & X509_KEY_CRL_SIGN))
		return PATH_CRL_UNSIGNED;
	if (!verdict && s->crls.count == PATH_MAX_CRL_CHECKS)
		return PATH_TOO_LONG;
	if (!verdict)
		verdict = remember(&s->crls,
				   (struct verdict){ crl, issuer,
						     signature_check_signed(&crl->sig, issuer) });
	if (verdict->result != SIGNATURE_GOOD)
		return PATH_CRL_FORGED;
	if (crl->this_update > s->cfg->now)
		return PATH_CRL_EARLY;
	return crl->has_next_update && crl->next_update < s->cfg->now ? PATH_CRL_EXPIRED
								      : PATH_GOOD;
}

/*
 * One good list is enough to accept a certificate. An expired list, or one of an unsupported kind,
 * can only show that a certificate is revoked.
 */
static bool is_unrevoked(struct search *s, const struct x509 *x, const struct x509 *issuer,
			 bool must_have_list)
{
	struct crl_entry entry = { .reason = -1 };
	enum path_fault worst = must_have_list ? PATH_NO_CRL : PATH_GOOD;
	const struct crl *at = NULL;
	bool has_good = false;

	for (size_t i = 0; i < s->cfg->crl_count; i++) {
		const struct crl *crl = &s->cfg->crls[i];
		enum path_fault fault;

		if (!crl_is_for(crl, x))
			continue;
		fault = check_crl(s, crl, issuer);
		if ((!fault || fault == PATH_CRL_EXPIRED || fault == PATH_CRL_EARLY) &&
		    crl_find(crl, x->serial, &entry) &&
		    !(crl->is_unknown && entry.reason == CRL_REMOVED))
			return note_crl(s, PATH_REVOKED, x, crl, entry);
		if (!fault && crl->is_unknown)
			fault = PATH_CRL_UNKNOWN;
		has_good = has_good || !fault;
		/* if no list is good, the fault of the newest one is reported */
		if (fault && (!at || crl->this_update > at->this_update)) {
			worst = fault;
			at = crl;
		}
	}
	return has_good || !worst ? true : note_crl(s, worst, x, at, entry);
}

static bool is_path_unrevoked(struct search *s, const struct x509 *anchor)
{
	for (size_t i = 0; s->cfg->crls && i < s->depth; i++)
		if (!is_unrevoked(s, s->path[i], i + 1 < s->depth ? s->path[i + 1] : anchor, !i))
			return false;
	return true;
}

static bool climb(struct search *s);

static bool climb_by(struct search *s, const struct x509 *issuer)
{
	bool is_there;

	if (s->depth == PATH_MAX_DEPTH)
		return note(s, PATH_TOO_LONG, issuer);
	s->path[s->depth++] = issuer;
	is_there = climb(s);
	s->depth--;
	return is_there;
}

/* PATH_MAX_DEPTH limits the depth of the recursion, PATH_MAX_STEPS its breadth. */
static bool climb(struct search *s)
{
	const struct path_cfg *cfg = s->cfg;
	const struct x509 *top = s->path[s->depth - 1];
	bool has_issuer = false;

	for (size_t i = 0; i < cfg->anchor_count; i++) {
		if (!dn_equal(cfg->anchors[i].subject, top->issuer))
			continue;
		has_issuer = true;
		if (may_follow(s, &cfg->anchors[i], true) &&
		    is_path_unrevoked(s, &cfg->anchors[i])) {
			s->end = (struct path_end){ .at = &cfg->anchors[i] };
			return true;
		}
	}
	for (size_t i = 1; i < cfg->cert_count; i++) {
		const struct x509 *x = &cfg->certs[i];

		if (!dn_equal(x->subject, top->issuer) || is_in_path(s, x))
			continue;
		has_issuer = true;
		if (may_follow(s, x, false) && climb_by(s, x))
			return true;
	}
	return has_issuer ? false : note(s, PATH_NO_ISSUER, top);
}

/* A certificate that the user gave as an authority is itself trusted, with any extensions. */
static const struct x509 *anchor_itself(const struct path_cfg *cfg)
{
	for (size_t i = 0; i < cfg->anchor_count; i++)
		if (bytes_equal(cfg->anchors[i].whole, cfg->certs[0].whole))
			return &cfg->anchors[i];
	return NULL;
}

static enum path_fault check_leaf(const struct path_cfg *cfg)
{
	const struct x509 *leaf = &cfg->certs[0];
	enum path_fault fault = check_alone(cfg, leaf);
	struct spki key;

	if (fault)
		return fault;
	if (!spki_read(leaf->spki, &key) || !spki_is_accepted(&key))
		return PATH_KEY;
	if (!has_purpose(cfg, leaf) ||
	    (leaf->has_key_usage && !(leaf->key_usage & key_usage_of(cfg))))
		return PATH_PURPOSE;
	return PATH_GOOD;
}

enum path_fault path_find(const struct path_cfg *cfg, struct path_end *end)
{
	struct search s = {
		.cfg = cfg,
		.path = { &cfg->certs[0] },
		.depth = 1,
		.name_checks = NAME_CONSTRAINTS_CHECKS,
	};
	const struct x509 *itself;
	enum path_fault fault;

	assert(cfg->cert_count);
	fault = check_leaf(cfg);
	itself = anchor_itself(cfg);
	if (fault || itself) {
		*end = (struct path_end){ .at = fault ? &cfg->certs[0] : itself };
		return fault;
	}
	if (climb(&s)) {
		*end = s.end;
		return PATH_GOOD;
	}
	assert(s.fault);
	*end = s.end;
	return s.fault ? s.fault : PATH_NO_ISSUER;
}
