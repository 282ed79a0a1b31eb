/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes JSON (RFC 8259) into a buffer. The result is valid for all input and any size of the buffer:
 * a string that does not fit is truncated, any other member that does not fit is omitted. Bytes that are
 * not UTF-8, and characters that would affect a terminal or the text around them, are escaped.
 *
 *	json_open -> json_..., json_object/json_array ... json_end -> json_close
 *
 * Within an array `name` is NULL.
 */
#ifndef SSTP_UTIL_JSON_H
#define SSTP_UTIL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JSON_DEPTH_MAX = 8, JSON_SIZE_MIN = 64 };

struct json {
	char *to;
	size_t size, len;
	char ends[JSON_DEPTH_MAX]; /* of open objects and arrays: '}' or ']' */
	unsigned depth;
	unsigned left_out; /* open objects and arrays that did not fit */
	bool needs_comma;
};

/* Begins with an object. `size` is at least JSON_SIZE_MIN. */
void json_open(struct json *j, char *to, size_t size);
/* Ends all open objects and arrays and adds a zero byte; returns the length without it. */
size_t json_close(struct json *j);

void json_object(struct json *j, const char *name);
void json_array(struct json *j, const char *name);
void json_end(struct json *j);
void json_bytes(struct json *j, const char *name, const void *from, size_t len);
void json_string(struct json *j, const char *name, const char *text); /* NULL is omitted */
void json_number(struct json *j, const char *name, uint64_t value);
void json_bool(struct json *j, const char *name, bool value);

#endif
