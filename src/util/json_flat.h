/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads one JSON object (RFC 8259) whose members are strings, numbers, true, false, or lists of
 * these. A list gives a member for each of its values; null gives none.
 */
#ifndef SSTP_UTIL_JSON_FLAT_H
#define SSTP_UTIL_JSON_FLAT_H

#include <stdbool.h>

#include "util/bytes.h"

enum { JSON_NAME_SIZE = 64, JSON_VALUE_SIZE = 2048 };

struct json_flat {
	struct reader r;
	bool is_open, is_in_list, is_list_new, is_first;
	const char *bad; /* what is wrong; NULL: nothing so far */
	char name[JSON_NAME_SIZE];
	char value[JSON_VALUE_SIZE]; /* UTF-8 without zero bytes; a number as it was written */
	bool is_string;
};

/* `text` must stay valid meanwhile. The values may be secrets: wipe the struct afterwards. */
void json_flat_open(struct json_flat *j, struct bytes text);
/* The next member is in name and value. False: at the end, or j->bad is set. */
bool json_flat_next(struct json_flat *j);

#endif
