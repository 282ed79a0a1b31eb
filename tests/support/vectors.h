/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The known answers of tests/vectors.json. A value is named by its group and a dotted path in it:
 * vectors_hex("mschapv2", "nt_hash"), vectors_text("md4", "cases.3.in_text").
 *
 * What is returned lives until the program ends. A name that is not there, or is of another kind,
 * ends the program with a message: such a test is wrong, not failed. Programs run in the root of
 * the source tree, or with VECTORS in the environment naming the file.
 */
#ifndef SSTP_TESTS_SUPPORT_VECTORS_H
#define SSTP_TESTS_SUPPORT_VECTORS_H

#include "util/bytes.h"

struct bytes vectors_hex(const char *group, const char *path);
/* The text itself; a zero byte follows it, which `len` does not count. */
struct bytes vectors_text(const char *group, const char *path);
long vectors_number(const char *group, const char *path);
/* How many elements the array at `path` has. */
size_t vectors_count(const char *group, const char *path);

#endif
