/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The trust decision on a server's certificates. The input: a byte of flags, the number of anchors, then
 * certificates and revocation lists, each after its length in two bytes; the anchors come first. Signatures
 * are not computed: the last byte of each says whether it is good. What is accepted must be reachable from
 * the server's certificate by issuers' names and good signatures, must be valid now, and must be no anchor
 * of anybody else.
 */
#include <assert.h>
#include <stdint.h>

#include "tls/dn.h"
#include "tls/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define NOW 1800000000

enum { CRLS_MAX = 4, FLAG_CLIENT = 1, FLAG_CRLS = 2 };

struct input {
	struct x509 certs[PATH_MAX_CERTS], anchors[PATH_MAX_CERTS];
	struct crl crls[CRLS_MAX];
	size_t cert_count, anchor_count, crl_count, wanted_anchors;
	uint8_t flags;
};

static unsigned checks;

static enum signature_result check(const struct x509 *cert, const struct x509 *issuer)
{
	struct bytes s = cert->sig.signature;
	uint8_t last = s.len ? s.at[s.len - 1] : 0;

	(void)issuer;
	checks++;
	return last == 0xbb ? SIGNATURE_BAD : last == 0xcc ? SIGNATURE_NOT_ALLOWED : SIGNATURE_GOOD;
}

static void take(struct input *in, struct bytes der)
{
	struct x509 x;
	struct crl crl;

	if (x509_read(der, &x)) {
		if (in->anchor_count < in->wanted_anchors)
			in->anchors[in->anchor_count++] = x;
		else if (in->cert_count < PATH_MAX_CERTS)
			in->certs[in->cert_count++] = x;
	} else if (in->crl_count < CRLS_MAX && crl_read(der, &crl)) {
		in->crls[in->crl_count++] = crl;
	}
}

static bool is_issued_by(const struct x509 *cert, const struct x509 *issuer)
{
	return dn_equal(cert->issuer, issuer->subject) && check(cert, issuer) == SIGNATURE_GOOD;
}

static bool is_same(const struct x509 *a, const struct x509 *b)
{
	return bytes_equal(a->whole, b->whole);
}

/* A search of every path, without any of its rules but these two. */
static bool is_reachable(const struct input *in, const struct x509 *anchor)
{
	bool is_in[PATH_MAX_CERTS] = { true };
	bool has_grown = true;

	if (is_same(&in->certs[0], anchor))
		return true;
	while (has_grown) {
		has_grown = false;
		for (size_t i = 0; i < in->cert_count; i++) {
			if (!is_in[i])
				continue;
			if (is_issued_by(&in->certs[i], anchor) || is_same(&in->certs[i], anchor))
				return true;
			for (size_t j = 0; j < in->cert_count; j++)
				if (!is_in[j] && is_issued_by(&in->certs[i], &in->certs[j]))
					has_grown = is_in[j] = true;
		}
	}
	return false;
}

static void verify_good(const struct input *in, const struct path_end *end)
{
	const struct x509 *leaf = &in->certs[0];
	bool is_anchor = false;

	for (size_t i = 0; i < in->anchor_count; i++)
		is_anchor |= end->at == &in->anchors[i];
	assert(is_anchor);
	assert(is_reachable(in, end->at));
	assert(leaf->not_before <= NOW && NOW <= leaf->not_after);
	assert(!leaf->has_unknown_critical && !leaf->requires_policy);
	assert(in->flags & FLAG_CLIENT ? leaf->is_for_clients : leaf->is_for_servers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct input in;
	struct reader r = reader_of(data, len);
	struct path_end end;
	struct path_cfg cfg;

	in = (struct input){ .flags = get_u8(&r) };
	in.wanted_anchors = get_u8(&r) % 4;
	while (r.left && !r.bad) {
		size_t n = get_u16(&r);
		struct bytes der = { r.at, n < r.left ? n : r.left };

		get_bytes(&r, der.len);
		take(&in, der);
	}
	if (!in.cert_count)
		return 0;
	cfg = (struct path_cfg){
		.certs = in.certs,
		.cert_count = in.cert_count,
		.anchors = in.anchors,
		.anchor_count = in.anchor_count,
		.crls = in.flags & FLAG_CRLS ? in.crls : NULL,
		.crl_count = in.flags & FLAG_CRLS ? in.crl_count : 0,
		.is_client = in.flags & FLAG_CLIENT,
		.now = NOW,
		.check = check,
	};
	checks = 0;
	if (path_find(&cfg, &end) == PATH_GOOD) {
		assert(checks <= PATH_MAX_CHECKS);
		verify_good(&in, &end);
	} else {
		assert(checks <= PATH_MAX_CHECKS);
	}
	return 0;
}
