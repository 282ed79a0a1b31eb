/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Certificates from the network, and revocation lists: the first byte is the length of the expected
 * name; then come the name and the certificate, which is also tried as PEM.
 */
#include <assert.h>
#include <stdint.h>

#include "tls/bare_cert.h"
#include "tls/cert.h"
#include "tls/cert_name.h"
#include "tls/crl.h"
#include "tls/dn.h"
#include "tls/name_constraints.h"
#include "tls/pem.h"
#include "tls/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_text(const char *text, size_t room)
{
	size_t len = strnlen(text, room);

	assert(len < room);
	for (size_t i = 0; i < len; i++)
		assert(text[i] >= 0x20 && text[i] < 0x7f);
}

static void verify_names(const struct x509 *x)
{
	assert(dn_equal(x->subject, x->subject));
	assert(dn_equal(x->subject, x->issuer) == dn_equal(x->issuer, x->subject));
}

/* What is passed to the library is a certificate, with the same key. */
static void make_bare(const struct x509 *x)
{
	uint8_t der[BARE_CERT_MAX];
	struct writer w = writer_of(der, sizeof(der));
	struct x509 bare;

	bare_cert_put(&w, x->spki);
	if (w.len && !w.full)
		assert(x509_read(bytes_of(der, w.len), &bare) && bytes_equal(bare.spki, x->spki));
}

/* Each is verified as if it were its own issuer. */
static void verify(struct bytes der)
{
	unsigned checks = NAME_CONSTRAINTS_CHECKS;
	struct crl_entry entry;
	struct x509 x;
	struct crl crl;

	if (x509_read(der, &x)) {
		signature_check(&x, &x);
		verify_names(&x);
		make_bare(&x);
		if (x.has_name_constraints)
			name_constraints_allow(x.name_constraints, &x, true, &checks);
	}
	if (crl_read(der, &crl)) {
		x = (struct x509){ .issuer = crl.issuer, .crl_points = crl.points };
		crl_is_for(&crl, &x);
		if (crl_find(&crl, bytes_of("\1", 1), &entry))
			assert(crl_reason(entry.reason));
	}
}

static void read_one(struct bytes der, const char *name)
{
	struct cert_info info;

	if (cert_read(der, &info)) {
		check_text(info.subject, sizeof(info.subject));
		check_text(info.issuer, sizeof(info.issuer));
		check_text(info.key, sizeof(info.key));
		assert(info.name_count <= CERT_NAMES_MAX);
		for (size_t i = 0; i < info.name_count; i++)
			check_text(info.names[i], sizeof(info.names[i]));
	}
	verify(der);
	cert_is_in_domain(der, name);
	cert_shares_name(der, der);
	if (cert_is_for(der, name))
		assert(name[0] && name[0] != '*' && !strchr(name, '%'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_of(data, len);
	struct bytes rest, block;
	uint8_t der[4096];
	char name[256] = "";
	size_t n = get_u8(&r);

	get_copy(&r, name, n);
	if (r.bad)
		return 0;
	read_one(bytes_of(r.at, r.left), name);
	rest = bytes_of(r.at, r.left);
	while (pem_next_cert(&rest, &block))
		if (pem_decode(block, der, sizeof(der), &n))
			read_one(bytes_of(der, n), name);
	return 0;
}
