/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PEM (RFC 7468): the certificates or CRLs of a file, one after the other, with any text between
 * them.
 */
#ifndef SSTP_TLS_PEM_H
#define SSTP_TLS_PEM_H

#include "util/bytes.h"

/*
 * The next block with this label ("CERTIFICATE", "X509 CRL"): the text between its BEGIN and END
 * lines. *rest moves after it. False: no more.
 */
bool pem_next(struct bytes *rest, const char *label, struct bytes *block);
bool pem_next_cert(struct bytes *rest, struct bytes *block);

/* Decodes a block from pem_next. False: not base64, or more than `room`. */
bool pem_decode(struct bytes block, uint8_t *der, size_t room, size_t *len);

#endif
