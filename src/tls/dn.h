/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compares distinguished names: RFC 5280 section 7.1. Equal names may differ in the type of string,
 * in case, or in spaces. Letters outside ASCII must be identical: to compare them otherwise takes
 * tables (RFC 4518) that we do not have.
 */
#ifndef SSTP_TLS_DN_H
#define SSTP_TLS_DN_H

#include "tls/x509.h"

/* DN_IN_DOUBT: they differ, but may be equal with those tables; or they are malformed. */
enum dn_match { DN_DIFFERS, DN_EQUAL, DN_IN_DOUBT };

/* Compares two Names in the form of struct x509. False in doubt. */
bool dn_equal(struct bytes a, struct bytes b);

/* Whether issuer and subject are the same name. */
bool dn_is_self_issued(const struct x509 *x);

/* Compares two relative names from x509_next_rdn. */
enum dn_match dn_compare_rdn(struct reader a, struct reader b);

#endif
