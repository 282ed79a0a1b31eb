/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Room for the closing brackets of all open objects and arrays, and for the zero byte, is always kept. */
#include "util/json.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "util/utf8.h"

enum {
	REPLACEMENT = 0xfffd, /* U+FFFD REPLACEMENT CHARACTER */
	ESCAPE_LEN = 6,       /* \u1234 */
};

static size_t room(const struct json *j)
{
	size_t kept = j->len + j->depth + 1;

	return j->size > kept ? j->size - kept : 0;
}

static bool put(struct json *j, const char *text, size_t len)
{
	if (len > room(j))
		return false;
	memcpy(j->to + j->len, text, len);
	j->len += len;
	return true;
}

/* Takes one character. False: it does not fit. */
static bool put_char(struct json *j, struct reader *r)
{
	struct reader rest = *r;
	const char *at = (const char *)r->at;
	char escape[ESCAPE_LEN + 1];
	uint32_t code;
	bool fits;

	if (!utf8_get(&rest, &code)) {
		rest = *r;
		get_u8(&rest);
		code = REPLACEMENT;
	} else if (code == '"' || code == '\\') {
		escape[0] = '\\';
		escape[1] = (char)code;
		*r = rest;
		return put(j, escape, 2);
	} else if (utf8_is_harmless(code)) {
		fits = put(j, at, r->left - rest.left);
		*r = rest;
		return fits;
	}
	snprintf(escape, sizeof(escape), "\\u%04x", code <= 0xffff ? code : REPLACEMENT);
	*r = rest;
	return put(j, escape, ESCAPE_LEN);
}

/* Writes it in quotes, truncated if necessary. False: not even the quotes fit. */
static bool put_string(struct json *j, const void *from, size_t len)
{
	struct reader r = reader_of(from, len);
	bool fits = room(j) >= 2 && put(j, "\"", 1);

	if (!fits)
		return false;
	j->size--; /* keep room for the closing quote */
	while (r.left && fits)
		fits = put_char(j, &r);
	j->size++;
	return put(j, "\"", 1);
}

/* Writes the comma, the name and the colon. */
static bool begin(struct json *j, const char *name)
{
	if (j->left_out || (j->needs_comma && !put(j, ",", 1)))
		return false;
	return !name || (put_string(j, name, strlen(name)) && put(j, ":", 1));
}

/* Removes a member that does not fit. */
static bool finish(struct json *j, size_t before, bool fits)
{
	if (fits)
		j->needs_comma = true;
	else
		j->len = before;
	return fits;
}

static void open_nested(struct json *j, const char *name, const char *start, char end)
{
	size_t before = j->len;
	bool fits = j->depth < JSON_DEPTH_MAX && begin(j, name) && room(j) >= 2 && put(j, start, 1);

	if (!finish(j, before, fits)) {
		j->left_out++;
		return;
	}
	j->ends[j->depth++] = end;
	j->needs_comma = false;
}

void json_open(struct json *j, char *to, size_t size)
{
	assert(size >= JSON_SIZE_MIN);
	*j = (struct json){ .to = to, .size = size };
	open_nested(j, NULL, "{", '}');
}

size_t json_close(struct json *j)
{
	j->left_out = 0;
	while (j->depth)
		json_end(j);
	j->to[j->len] = '\0';
	return j->len;
}

void json_object(struct json *j, const char *name)
{
	open_nested(j, name, "{", '}');
}

void json_array(struct json *j, const char *name)
{
	open_nested(j, name, "[", ']');
}

void json_end(struct json *j)
{
	if (j->left_out) {
		j->left_out--;
		return;
	}
	j->to[j->len++] = j->ends[--j->depth]; /* there is always room for it */
	j->needs_comma = true;
}

void json_bytes(struct json *j, const char *name, const void *from, size_t len)
{
	size_t before = j->len;

	finish(j, before, begin(j, name) && put_string(j, from, len));
}

void json_string(struct json *j, const char *name, const char *text)
{
	if (text)
		json_bytes(j, name, text, strlen(text));
}

void json_number(struct json *j, const char *name, uint64_t value)
{
	size_t before = j->len;
	char text[24];
	int n = snprintf(text, sizeof(text), "%llu", (unsigned long long)value);

	finish(j, before, begin(j, name) && put(j, text, (size_t)n));
}

void json_bool(struct json *j, const char *name, bool value)
{
	size_t before = j->len;

	finish(j, before, begin(j, name) && put(j, value ? "true" : "false", value ? 4 : 5));
}
