/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text in UTF-8, one character at a time. */
#ifndef SSTP_UTIL_UTF8_H
#define SSTP_UTIL_UTF8_H

#include "util/bytes.h"

/* One code point in its shortest form; false for everything else, and `r` is then inside of it. */
bool utf8_get(struct reader *r, uint32_t *code);

/* Shown as it is, this one does nothing to the text around it: it moves no cursor, ends no line,
 * turns no direction and is not hidden. */
bool utf8_is_harmless(uint32_t code);

#endif
