/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Host names with non-ASCII letters, in the form of DNS and certificates (RFC 3492). */
#ifndef SSTP_UTIL_PUNYCODE_H
#define SSTP_UTIL_PUNYCODE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes "xn--bcher-kva.example" for "bücher.example". Latin, Greek and Cyrillic capital letters become
 * small; IDNA's other mappings are not applied, so the result is only a suggestion for the user unless
 * punycode_is_certain. False when it is not UTF-8 or too long for a name.
 */
bool punycode_host(const char *name, char *to, size_t size);

/*
 * Whether the name has only letters that IDNA 2003, IDNA 2008 and UTS 46 treat alike, and that have one
 * form in Unicode: then punycode_host's result is the name in DNS. Not so with "straße", combining marks,
 * full-width letters and the scripts that are not listed in punycode.c.
 */
bool punycode_is_certain(const char *name);

#endif
