/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Host names with letters beyond ASCII, in the form that DNS and certificates have (RFC 3492). */
#ifndef SSTP_UTIL_PUNYCODE_H
#define SSTP_UTIL_PUNYCODE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes "xn--bcher-kva.example" for "bücher.example". Capital letters of Latin, Greek and Cyrillic
 * become small; the rest of what IDNA maps is left as it is, so it is a proposal to a person. False
 * when it is no UTF-8 or too long for a name.
 */
bool punycode_host(const char *name, char *to, size_t size);

#endif
