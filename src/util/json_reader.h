/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads JSON (RFC 8259) in place: a value is the piece of text that it consists of, and nothing is
 * allocated. Look a member up by its name, or go through an array:
 *
 *	json_member(object, "user", &value) && json_text(value, user, sizeof(user))
 *	while (json_next(&array, &item)) ...
 *
 * Each function checks what it reads; one that finds an error returns false.
 */
#ifndef SSTP_UTIL_JSON_READER_H
#define SSTP_UTIL_JSON_READER_H

#include "util/bytes.h"

enum { JSON_NESTED_MAX = 16 };

/* Whether the text is one value, with blanks around it at most; then *value is that value. */
bool json_parse(struct bytes text, struct bytes *value);

/* The first member of that name. False: there is none, or it is no object. */
bool json_member(struct bytes object, const char *name, struct bytes *value);

/*
 * The next item of an array, which is removed from the front: *array is then the rest of it. False:
 * there is none, or it is no array.
 */
bool json_next(struct bytes *array, struct bytes *item);

/*
 * A string's text, truncated if it does not fit. Characters that could affect a terminal, and escapes
 * of others than " \ /, stay escaped. False: it is no string; then the text is empty.
 */
bool json_text(struct bytes value, char *to, size_t size);
/* False: it is no whole number from 0 to UINT64_MAX; then *to is 0. */
bool json_uint(struct bytes value, uint64_t *to);
bool json_is_true(struct bytes value);

#endif
