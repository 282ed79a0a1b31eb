/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The decision about a server's certificates, or a client's, with their signatures: what TLS and EAP-TLS ask. The
 * first byte selects the kind of context, the second how many of the certificates are those that the user
 * trusts; then come certificates and revocation lists in DER, each after two bytes with its length. An
 * accepted certificate is for the name; the reason of a refusal is a line of text.
 */
#include <assert.h>
#include <stdint.h>
#include <time.h>

#include "tls/cert_name.h"
#include "tls/ctx.h"
#include "tls/path.h"
#include "tls/tls_session.h"
#include "tls/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The bits of the first byte */
enum {
	OF_CLIENT = 1,
	IN_EAP = 2,
	WITH_CN = 4,
	WITH_PIN = 8,
	PIN_FITS = 0x10,
	HAS_OPTION = 0x20,
	NAME_SHIFT = 6, /* two bits: which name */
};

enum { CRLS_MAX = 4 };

#define NOW 1800000000

static char names[][16] = { "vpn.example.net", "www.example.org", "example.net", "192.0.2.1" };

/* In place of the C library's. */
time_t time(time_t *to)
{
	if (to)
		*to = NOW;
	return NOW;
}

struct input {
	struct x509 anchors[PATH_MAX_CERTS];
	struct crl crls[CRLS_MAX];
	struct bytes certs[PATH_MAX_CERTS];
	size_t wanted, cert_count;
	struct tls_ctx ctx;
	struct pin pin;
};

static void take(struct input *in, struct bytes der)
{
	struct tls_ctx *ctx = &in->ctx;
	struct crl crl;

	if (crl_read(der, &crl)) {
		if (ctx->crls.count < CRLS_MAX)
			in->crls[ctx->crls.count++] = crl;
	} else if (ctx->authorities.count < in->wanted) {
		if (x509_read(der, &in->anchors[ctx->authorities.count]))
			ctx->authorities.count++;
	} else if (in->cert_count < PATH_MAX_CERTS) {
		in->certs[in->cert_count++] = der;
	}
}

static void configure(struct input *in, uint8_t flags)
{
	struct x509 leaf;

	in->ctx.is_server = flags & OF_CLIENT;
	in->ctx.is_eap = flags & IN_EAP;
	in->ctx.allow_cn = flags & WITH_CN;
	in->ctx.ca_option = flags & HAS_OPTION ? "--ca-file" : NULL;
	in->ctx.who_trusts = flags & HAS_OPTION ? "--ca-file" : "this system trusts";
	in->ctx.authorities.list = in->anchors;
	in->ctx.crls.list = in->ctx.crls.count ? in->crls : NULL; /* NULL: no --crl */
	if (!(flags & WITH_PIN))
		return;
	if (flags & PIN_FITS && x509_read(in->certs[0], &leaf))
		in->pin = pin_of(&leaf, true);
	in->ctx.pins = &in->pin;
	in->ctx.pin_count = 1;
}

static void check_text(const char *text)
{
	assert(*text);
	for (; *text; text++)
		assert((unsigned char)*text >= ' ' && (unsigned char)*text < 0x7f);
}

static void decide(struct input *in, char *name)
{
	struct tls t = { .ctx = &in->ctx, .name = name };
	struct error why = { "" };

	if (!trust_again(&t, in->certs, in->cert_count, &why))
		check_text(why.text);
	else
		assert(in->ctx.is_server || in->ctx.pin_count || cert_is_for(in->certs[0], name) ||
		       (in->ctx.is_eap && cert_is_in_domain(in->certs[0], name)));
	assert(!t.leaf && !t.error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct input in;
	struct reader r = reader_of(data, len);
	uint8_t flags = get_u8(&r);

	memset(&in, 0, sizeof(in));
	in.wanted = get_u8(&r) % 4;
	while (r.left && !r.bad) {
		size_t n = get_u16(&r);
		struct bytes der = { r.at, n < r.left ? n : r.left };

		get_bytes(&r, der.len);
		take(&in, der);
	}
	if (!in.cert_count)
		return 0;
	configure(&in, flags);
	decide(&in, names[flags >> NAME_SHIFT]);
	return 0;
}
