/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a certificate is for a name, and what may stand as a DNS name in one. */
#ifndef SSTP_TLS_CERT_NAME_H
#define SSTP_TLS_CERT_NAME_H

#include "util/bytes.h"

/*
 * Labels of letters, digits, hyphens and underscores with single dots between; so no zero byte
 * either.
 */
bool is_dns_name(struct bytes name);

/*
 * RFC 6125/9525: a DNS name against the dNSName entries (a wildcard stands for one whole leftmost
 * label), an address against the iPAddress entries; the common name counts only when there is no
 * subjectAltName at all and `name` is a DNS name. Fails closed.
 */
bool cert_is_for(struct bytes der, const char *name);

#endif
