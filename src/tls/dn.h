/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Comparing distinguished names: RFC 5280 section 7.1. The same name may be written in another type of
 * string, in capitals, or with more spaces. Letters beyond ASCII must be the same: which of them are
 * equal takes tables (RFC 4518) that are not here.
 */
#ifndef SSTP_TLS_DN_H
#define SSTP_TLS_DN_H

#include "tls/x509.h"

/* DN_IN_DOUBT: they differ here, and may be equal with those tables; or they are malformed. */
enum dn_match { DN_DIFFERS, DN_EQUAL, DN_IN_DOUBT };

/* Two Names, as struct x509 has them. What is in doubt is not equal. */
bool dn_equal(struct bytes a, struct bytes b);

/* It names itself as its issuer. */
bool dn_is_self_issued(const struct x509 *x);

/* Two relative names, as x509_next_rdn gives them. */
enum dn_match dn_compare_rdn(struct reader a, struct reader b);

#endif
