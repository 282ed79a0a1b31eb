/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a certificate is for a name, and whether a text is a DNS name. */
#ifndef SSTP_TLS_CERT_NAME_H
#define SSTP_TLS_CERT_NAME_H

#include "util/bytes.h"

/*
 * Labels of letters, digits, hyphens and underscores, separated by single dots; so it has no zero
 * byte.
 */
bool is_dns_name(struct bytes name);

/*
 * RFC 6125/9525: compares a DNS name with the dNSName entries (a wildcard matches one whole
 * leftmost label), an address with the iPAddress entries; the common name counts only if there is
 * no subjectAltName and `name` is a DNS name. False in doubt.
 */
bool cert_is_for(struct bytes der, const char *name);

enum cert_match {
	CERT_MATCH_NONE,
	CERT_MATCH_WILDCARD,
	CERT_MATCH_EXACT, /* one of its names is the same */
};
/* The same, and how. */
enum cert_match cert_match(struct bytes der, const char *name);
/* Whether the first name of `a` is one of the names of `b`. */
bool cert_shares_name(struct bytes a, struct bytes b);
/* For the servers of EAP: whether the certificate has a dNSName in that domain, at any depth. */
bool cert_is_in_domain(struct bytes der, const char *domain);

#endif
