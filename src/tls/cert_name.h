/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may stand as a DNS name in a certificate or be looked for in one. */
#ifndef SSTP_TLS_CERT_NAME_H
#define SSTP_TLS_CERT_NAME_H

#include "util/bytes.h"

/*
 * Labels of letters, digits, hyphens and underscores with single dots between; so no zero byte
 * either.
 */
bool is_dns_name(struct bytes name);

#endif
