/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our client accepts certificates in any order, as RFC 8446 section 4.4.2 recommends. TLS 1.2 (RFC
 * 5246 section 7.4.2) requires one order, and many clients accept only that one.
 */
#include "tls/identity_warn.h"

#include <stdlib.h>

#include "tls/cert.h"
#include "tls/date.h"
#include "tls/dn.h"
#include "tls/pem.h"
#include "tls/x509.h"
#include "util/log.h"

struct entry {
	uint8_t *der;
	struct x509 x;
	char subject[256];
};

static bool read_entry(struct bytes block, struct entry *e)
{
	struct cert_info info;
	size_t len;

	*e = (struct entry){ .der = malloc(block.len ? block.len : 1) };
	if (!e->der || !pem_decode(block, e->der, block.len, &len) ||
	    !x509_read(bytes_of(e->der, len), &e->x) || !cert_read(bytes_of(e->der, len), &info)) {
		free(e->der);
		return false;
	}
	memcpy(e->subject, info.subject, sizeof(e->subject));
	return true;
}

static void warn_of_dates(const char *path, unsigned number, const struct entry *e)
{
	time_t now = time(NULL);

	if (e->x.not_after < now)
		log_warn(NULL,
			 "%s: certificate %u (%.96s) has expired: %s (this machine's date is %s)",
			 path, number, e->subject, tls_date_print(e->x.not_after).text,
			 tls_date_print(now).text);
	else if (e->x.not_before > now)
		log_warn(
			NULL,
			"%s: certificate %u (%.96s) is not valid before %s (this machine's date is "
			"%s)",
			path, number, e->subject, tls_date_print(e->x.not_before).text,
			tls_date_print(now).text);
}

static void warn_of_order(const char *path, unsigned number, const struct entry *before,
			  const struct entry *e)
{
	if (bytes_equal(before->x.whole, e->x.whole))
		log_warn(NULL, "%s: certificate %u (%.96s) is there twice", path, number,
			 e->subject);
	else if (!dn_equal(before->x.issuer, e->x.subject))
		log_warn(NULL,
			 "%s: certificate %u (%.96s) is not the issuer of the one before it "
			 "(%.96s): some clients need the server's certificate first, and "
			 "after each certificate its issuer",
			 path, number, e->subject, before->subject);
}

void identity_warn(const char *path, struct bytes text, bool is_of_client)
{
	struct entry before = { .der = NULL }, e;
	struct bytes block;

	for (unsigned n = 1; pem_next_cert(&text, &block); n++) {
		if (!read_entry(block, &e)) {
			log_warn(NULL, "%s: certificate %u is malformed", path, n);
			continue;
		}
		warn_of_dates(path, n, &e);
		if (n == 1 && !(is_of_client ? e.x.is_for_clients : e.x.is_for_servers))
			log_warn(NULL,
				 "%s: the certificate is not meant for %s (extended key usage)",
				 path, is_of_client ? "clients" : "servers");
		if (before.der)
			warn_of_order(path, n, &before, &e);
		free(before.der);
		before = e;
	}
	free(before.der);
}
