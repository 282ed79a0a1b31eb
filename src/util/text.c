/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines and words of text that is not zero-terminated. */
#include "util/text.h"

#include <string.h>
#include <strings.h>

bool text_get_line(struct reader *r, struct bytes *line)
{
	const uint8_t *lf = r->left ? memchr(r->at, '\n', r->left) : NULL;

	if (!lf)
		return false;
	line->len = (size_t)(lf - r->at);
	line->at = get_bytes(r, line->len + 1);
	if (line->len && line->at[line->len - 1] == '\r')
		line->len--;
	return true;
}

bool text_is(struct bytes b, const char *text)
{
	return b.len == strlen(text) && !memcmp(b.at, text, b.len);
}

bool text_is_nocase(struct bytes b, const char *text)
{
	return b.len == strlen(text) && text_starts_nocase(b, text);
}

bool text_starts_nocase(struct bytes b, const char *text)
{
	size_t len = strlen(text);

	return b.len >= len && !strncasecmp((const char *)b.at, text, len);
}

struct bytes text_skip(struct bytes b, size_t len)
{
	return bytes_of(b.at + len, b.len - len);
}

struct bytes text_trim(struct bytes b)
{
	while (b.len && (b.at[0] == ' ' || b.at[0] == '\t'))
		b = text_skip(b, 1);
	while (b.len && (b.at[b.len - 1] == ' ' || b.at[b.len - 1] == '\t'))
		b.len--;
	return b;
}

char *text_strip(char *text)
{
	size_t len;

	text += strspn(text, " \t\r");
	len = strlen(text);
	while (len && strchr(" \t\r", text[len - 1]))
		len--;
	text[len] = '\0';
	return text;
}

bool text_cut(struct bytes *rest, char end, struct bytes *word)
{
	const uint8_t *at = rest->len ? memchr(rest->at, end, rest->len) : NULL;

	if (!at)
		return false;
	*word = bytes_of(rest->at, (size_t)(at - rest->at));
	*rest = text_skip(*rest, word->len + 1);
	return true;
}

void put_text(struct writer *w, const char *text)
{
	put_bytes(w, text, strlen(text));
}
