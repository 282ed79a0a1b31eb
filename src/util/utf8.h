/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text in UTF-8, one character at a time. */
#ifndef SSTP_UTIL_UTF8_H
#define SSTP_UTIL_UTF8_H

#include "util/bytes.h"

/* Reads one code point in its shortest form; false for everything else, then `r` may be inside of it. */
bool utf8_get(struct reader *r, uint32_t *code);

/* Whether it can be shown without affecting the text around it: it does not move the cursor, end the
 * line, change the direction, and is not invisible. */
bool utf8_is_harmless(uint32_t code);

#endif
