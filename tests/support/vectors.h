/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The test vectors of tests/vectors.json. A value is named by its group and a dotted path in it:
 * vectors_hex("mschapv2", "nt_hash"), vectors_text("md4", "cases.3.in_text").
 *
 * Returned values stay valid until the program ends. A name that does not exist, or is of another
 * kind, ends the program with a message: the test itself is wrong. Programs run in the root of the
 * source tree, or with the file's path in the environment variable VECTORS.
 */
#ifndef SSTP_TESTS_SUPPORT_VECTORS_H
#define SSTP_TESTS_SUPPORT_VECTORS_H

#include "util/bytes.h"

struct bytes vectors_hex(const char *group, const char *path);
/* The text; a zero byte follows it, which `len` does not count. */
struct bytes vectors_text(const char *group, const char *path);
long vectors_number(const char *group, const char *path);
/* The number of elements of the array at `path`. */
size_t vectors_count(const char *group, const char *path);

#endif
