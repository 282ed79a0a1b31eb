/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names for which an authority may issue certificates: RFC 5280 section 4.2.1.10. */
#ifndef SSTP_TLS_NAME_CONSTRAINTS_H
#define SSTP_TLS_NAME_CONSTRAINTS_H

#include "tls/x509.h"

enum { NAME_CONSTRAINTS_CHECKS = 100000 }; /* comparisons for one server: more are refused */

/*
 * Whether the extension's value allows the names of `x`: DNS names, addresses, URIs, mail addresses
 * and its subject, and its common name if it is the server's certificate (`is_leaf`) and has no
 * other name. False when the value is malformed, or constrains names of another kind and `x` has
 * one of those. *checks is the number of comparisons still allowed; false when it is used up.
 */
bool name_constraints_allow(struct bytes constraints, const struct x509 *x, bool is_leaf,
			    unsigned *checks);

#endif
