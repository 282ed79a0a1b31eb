/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Accepts exactly the grammar, but no value that is longer than its buffer, and no object in an object. */
#include "util/json_flat.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "util/utf8.h"

void json_flat_open(struct json_flat *j, struct bytes text)
{
	*j = (struct json_flat){ .r = reader_of(text.at, text.len) };
}

static bool fail(struct json_flat *j, const char *why)
{
	if (!j->bad)
		j->bad = why;
	return false;
}

static uint8_t peek(const struct json_flat *j)
{
	return j->r.left ? *j->r.at : 0;
}

/* Whether the next character, after white space, is this one; it is taken then. */
static bool take(struct json_flat *j, char c)
{
	while (j->r.left && strchr(" \t\r\n", *j->r.at) && *j->r.at)
		get_u8(&j->r);
	if (peek(j) != (uint8_t)c)
		return false;
	get_u8(&j->r);
	return true;
}

/* ---- strings */

struct text {
	char *to;
	size_t size, len;
};

/* UTF-8 of a code point. */
static bool put_code(struct json_flat *j, struct text *t, uint32_t code)
{
	uint8_t bytes[4];
	size_t n = 0;

	if (!code || (code >= 0xd800 && code < 0xe000))
		return fail(j, "a zero character, or half of one, in a string");
	if (code < 0x80) {
		bytes[n++] = (uint8_t)code;
	} else if (code < 0x800) {
		bytes[n++] = (uint8_t)(0xc0 | code >> 6);
	} else if (code < 0x10000) {
		bytes[n++] = (uint8_t)(0xe0 | code >> 12);
		bytes[n++] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
	} else {
		bytes[n++] = (uint8_t)(0xf0 | code >> 18);
		bytes[n++] = (uint8_t)(0x80 | (code >> 12 & 0x3f));
		bytes[n++] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
	}
	if (code >= 0x80)
		bytes[n++] = (uint8_t)(0x80 | (code & 0x3f));
	if (t->len + n >= t->size)
		return fail(j, "a name or a value is too long");
	memcpy(t->to + t->len, bytes, n);
	t->len += n;
	return true;
}

/* The four digits of \u1234. */
static bool get_hex(struct json_flat *j, uint32_t *code)
{
	*code = 0;
	for (int i = 0; i < 4; i++) {
		int c = get_u8(&j->r);

		if (!isxdigit(c))
			return fail(j, "a wrong \\u in a string");
		*code = *code << 4 | (uint32_t)(isdigit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return true;
}

static bool get_escape(struct json_flat *j, uint32_t *code)
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	uint8_t c = get_u8(&j->r);
	const char *at = c ? strchr(letters, c) : NULL;
	uint32_t low;

	if (at) {
		*code = (uint8_t)meant[at - letters];
		return true;
	}
	if (c != 'u' || !get_hex(j, code))
		return fail(j, "a wrong escape in a string");
	if (*code < 0xd800 || *code >= 0xdc00)
		return true;
	if (get_u8(&j->r) != '\\' || get_u8(&j->r) != 'u' || !get_hex(j, &low) || low < 0xdc00 ||
	    low >= 0xe000)
		return fail(j, "half a character in a string");
	*code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

/* After the opening quote. */
static bool get_string(struct json_flat *j, char *to, size_t size)
{
	struct text t = { .to = to, .size = size };
	uint32_t code;

	while (j->r.left && *j->r.at != '"') {
		if (!utf8_get(&j->r, &code))
			return fail(j, "text that is not UTF-8");
		if (code < 0x20)
			return fail(j, "a control character in a string");
		if (code == '\\' && !get_escape(j, &code))
			return false;
		if (!put_code(j, &t, code))
			return false;
	}
	to[t.len] = '\0';
	return take(j, '"') || fail(j, "a string without an end");
}

/* ---- values */

/* RFC 8259 section 6 */
static bool is_number(const char *at)
{
	size_t digits;

	at += *at == '-';
	digits = strspn(at, "0123456789");
	if (!digits || (digits > 1 && *at == '0'))
		return false;
	at += digits;
	if (*at == '.') {
		digits = strspn(++at, "0123456789");
		if (!digits)
			return false;
		at += digits;
	}
	if (*at == 'e' || *at == 'E') {
		at += 1 + (at[1] == '+' || at[1] == '-');
		digits = strspn(at, "0123456789");
		if (!digits)
			return false;
		at += digits;
	}
	return !*at;
}

static bool get_word(struct json_flat *j)
{
	size_t len = 0;

	while (j->r.left && (isalnum(*j->r.at) || strchr("+-.", *j->r.at)) && *j->r.at &&
	       len + 1 < sizeof(j->value))
		j->value[len++] = (char)get_u8(&j->r);
	j->value[len] = '\0';
	if (is_number(j->value) || !strcmp(j->value, "true") || !strcmp(j->value, "false") ||
	    !strcmp(j->value, "null"))
		return true;
	return fail(j, "a value that is no string, number, true or false");
}

static bool get_value(struct json_flat *j)
{
	j->is_string = take(j, '"');
	return j->is_string ? get_string(j, j->value, sizeof(j->value)) : get_word(j);
}

/* The next name, and what comes before its value. False: the end of the object, or an error. */
static bool get_name(struct json_flat *j)
{
	if (j->is_first ? take(j, '}') : !take(j, ',')) {
		if (!j->is_first && !take(j, '}'))
			return fail(j, "no comma between two members");
		while (!j->bad && j->r.left)
			if (!take(j, '\n') && j->r.left)
				return fail(j, "text after the object");
		return false;
	}
	j->is_first = false;
	if (!take(j, '"'))
		return fail(j, "a member without a name in quotes");
	if (!get_string(j, j->name, sizeof(j->name)))
		return false;
	if (!take(j, ':'))
		return fail(j, "a name without a colon after it");
	j->is_in_list = j->is_list_new = take(j, '[');
	return true;
}

/* Goes to the next value, of a list or of another member. */
static bool find_value(struct json_flat *j)
{
	for (;;) {
		if (j->is_in_list) {
			bool has_more = j->is_list_new ? !take(j, ']') : take(j, ',');

			if (!has_more && !j->is_list_new && !take(j, ']'))
				return fail(j, "no comma between two values");
			j->is_list_new = false;
			if (has_more)
				return true;
			j->is_in_list = false;
		}
		if (!get_name(j))
			return false;
		if (!j->is_in_list)
			return true;
	}
}

bool json_flat_next(struct json_flat *j)
{
	if (!j->is_open) {
		j->is_open = j->is_first = true;
		if (!take(j, '{'))
			return fail(j, "no object");
	}
	do
		if (!find_value(j) || !get_value(j))
			return false;
	while (!j->is_string && !strcmp(j->value, "null"));
	return true;
}
