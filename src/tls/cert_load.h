/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loads a certificate from a file. */
#ifndef SSTP_TLS_CERT_LOAD_H
#define SSTP_TLS_CERT_LOAD_H

#include "util/bytes.h"
#include "util/error.h"

/* Reads the first certificate of a PEM file. */
int cert_load(const char *file, uint8_t *der, size_t room, size_t *len, struct error *err);

#endif
