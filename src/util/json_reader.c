/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each step of the grammar moves a reader past what it has recognized. Nesting is limited, since
 * arrays and objects are skipped by recursion.
 */
#include "util/json_reader.h"

#include "util/utf8.h"

static bool skip_value(struct reader *r, unsigned depth);

static void skip_blanks(struct reader *r)
{
	while (r->left && memchr(" \t\r\n", *r->at, 4))
		get_u8(r);
}

/* Takes that character, if it is the next one. */
static bool take(struct reader *r, char c)
{
	if (!r->left || *r->at != (uint8_t)c)
		return false;
	get_u8(r);
	return true;
}

static bool take_word(struct reader *r, const char *word)
{
	size_t len = strlen(word);

	return r->left >= len && !memcmp(r->at, word, len) && get_bytes(r, len);
}

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool skip_escape(struct reader *r)
{
	uint8_t c = get_u8(r);

	if (c != 'u')
		return c && strchr("\"\\/bfnrt", c);
	for (int i = 0; i < 4; i++)
		if (!is_hex(get_u8(r)))
			return false;
	return true;
}

static bool skip_string(struct reader *r)
{
	if (!take(r, '"'))
		return false;
	while (r->left && *r->at != '"') {
		uint32_t code;

		if (*r->at < ' ')
			return false;
		if (take(r, '\\') ? !skip_escape(r) : !utf8_get(r, &code))
			return false;
	}
	return take(r, '"');
}

static size_t skip_digits(struct reader *r)
{
	size_t count = 0;

	for (; r->left && *r->at >= '0' && *r->at <= '9'; count++)
		get_u8(r);
	return count;
}

static bool skip_number(struct reader *r)
{
	take(r, '-');
	if (!take(r, '0') && !skip_digits(r))
		return false;
	if (take(r, '.') && !skip_digits(r))
		return false;
	if (!take(r, 'e') && !take(r, 'E'))
		return true;
	if (!take(r, '+'))
		take(r, '-');
	return skip_digits(r) > 0;
}

/* The name and the colon. */
static bool skip_name(struct reader *r)
{
	skip_blanks(r);
	if (!skip_string(r))
		return false;
	skip_blanks(r);
	return take(r, ':');
}

/* What is between the brackets, and the last one. */
static bool skip_list(struct reader *r, char end, unsigned depth)
{
	skip_blanks(r);
	if (take(r, end))
		return true;
	do {
		if (end == '}' && !skip_name(r))
			return false;
		if (!skip_value(r, depth))
			return false;
		skip_blanks(r);
	} while (take(r, ','));
	return take(r, end);
}

static bool skip_value(struct reader *r, unsigned depth)
{
	skip_blanks(r);
	if (!r->left || depth > JSON_NESTED_MAX)
		return false;
	switch (*r->at) {
	case '"':
		return skip_string(r);
	case '{':
		get_u8(r);
		return skip_list(r, '}', depth + 1);
	case '[':
		get_u8(r);
		return skip_list(r, ']', depth + 1);
	case 't':
		return take_word(r, "true");
	case 'f':
		return take_word(r, "false");
	case 'n':
		return take_word(r, "null");
	default:
		return skip_number(r);
	}
}

/* Takes a value, without the blanks before it. */
static bool get_value(struct reader *r, struct bytes *value)
{
	const uint8_t *at;

	skip_blanks(r);
	at = r->at;
	if (!skip_value(r, 0))
		return false;
	*value = bytes_of(at, (size_t)(r->at - at));
	return true;
}

bool json_parse(struct bytes text, struct bytes *value)
{
	struct reader r = reader_of(text.at, text.len);

	if (!get_value(&r, value))
		return false;
	skip_blanks(&r);
	return !r.left;
}

bool json_member(struct bytes object, const char *name, struct bytes *value)
{
	struct reader r = reader_of(object.at, object.len);
	size_t len = strlen(name);

	if (!take(&r, '{'))
		return false;
	do {
		const uint8_t *at;
		bool is_it;

		skip_blanks(&r);
		at = r.at;
		if (!skip_name(&r))
			return false;
		is_it = (size_t)(r.at - at) > len + 2 && !memcmp(at + 1, name, len) &&
			at[len + 1] == '"';
		if (!get_value(&r, value))
			return false;
		if (is_it)
			return true;
		skip_blanks(&r);
	} while (take(&r, ','));
	return false;
}

bool json_next(struct bytes *array, struct bytes *item)
{
	struct reader r = reader_of(array->at, array->len);

	if ((!take(&r, '[') && !take(&r, ',')) || !get_value(&r, item))
		return false;
	skip_blanks(&r);
	*array = bytes_of(r.at, r.left);
	return true;
}

/* One character of the text, or an escape that stays. */
static size_t take_char(struct reader *r, char to[8])
{
	const uint8_t *at = r->at;
	uint32_t code;
	size_t len;

	if (take(r, '\\')) {
		uint8_t c = r->left ? *r->at : 0;

		if (!skip_escape(r))
			return 0;
		if (c == '"' || c == '\\' || c == '/') {
			to[0] = (char)c;
			return 1;
		}
	} else if (!utf8_get(r, &code)) {
		return 0;
	} else if (!utf8_is_harmless(code)) {
		to[0] = '?';
		return 1;
	}
	len = (size_t)(r->at - at);
	memcpy(to, at, len);
	return len;
}

bool json_text(struct bytes value, char *to, size_t size)
{
	struct reader r = reader_of(value.at, value.len);
	size_t n = 0;

	*to = '\0';
	if (!take(&r, '"'))
		return false;
	while (r.left && *r.at != '"') {
		char c[8];
		size_t len = take_char(&r, c);

		if (!len || n + len >= size)
			break;
		memcpy(to + n, c, len);
		n += len;
	}
	to[n] = '\0';
	return true;
}

bool json_uint(struct bytes value, uint64_t *to)
{
	uint64_t n = 0;

	*to = 0;
	for (size_t i = 0; i < value.len; i++) {
		uint8_t d = (uint8_t)(value.at[i] - '0');

		if (d > 9 || n > (UINT64_MAX - d) / 10)
			return false;
		n = n * 10 + d;
	}
	*to = n;
	return value.len > 0;
}

bool json_is_true(struct bytes value)
{
	return value.len == 4 && !memcmp(value.at, "true", 4);
}
