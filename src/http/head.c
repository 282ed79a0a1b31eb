/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Message heads. If two programs in a chain disagree on where a message ends, one client's bytes
 * become another's request (request smuggling). So a line end inside a line, a blank before a
 * colon, a folded line and a second or doubtful length make a head malformed, although RFC 9112
 * lets a recipient accept some of these.
 */
#include "http/head.h"

#include <strings.h>

#include "util/text.h"

enum { LENGTH_DIGITS_MAX = 18 }; /* always fits in 64 bits */

/* ---- parsing */

/*
 * Visible bytes, blanks and tabs: no other control characters, which a recipient might read as a
 * line end.
 */
static bool is_printable(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if ((b.at[i] < ' ' && b.at[i] != '\t') || b.at[i] == 0x7f)
			return false;
	return true;
}

bool http_is_token(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (b.at[i] <= ' ' || b.at[i] > '~' || strchr("\"(),/:;<=>?@[\\]{}", b.at[i]))
			return false;
	return b.len > 0;
}

static bool parse_field(struct bytes line, struct http_field *f)
{
	if (!text_cut(&line, ':', &f->name) || !http_is_token(f->name) || !is_printable(line))
		return false;
	f->value = text_trim(line);
	return true;
}

bool http_head_parse(struct bytes block, struct http_head *h)
{
	struct reader r = reader_of(block.at, block.len);
	struct bytes line;

	h->count = 0;
	h->has_too_many = false;
	if (!text_get_line(&r, &h->line) || !is_printable(h->line))
		return false;
	while (text_get_line(&r, &line) && line.len) {
		h->has_too_many = h->count == HTTP_FIELDS_MAX;
		if (h->has_too_many || !parse_field(line, &h->fields[h->count]))
			return false;
		h->count++;
	}
	return true;
}

size_t http_head_count(const struct http_head *h, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < h->count; i++)
		count += text_is_nocase(h->fields[i].name, name);
	return count;
}

struct bytes http_head_value(const struct http_head *h, const char *name)
{
	for (size_t i = 0; i < h->count; i++)
		if (text_is_nocase(h->fields[i].name, name))
			return h->fields[i].value;
	return bytes_of(NULL, 0);
}

/* ---- hop-by-hop fields */

static bool is_same_name(struct bytes a, struct bytes b)
{
	return a.len == b.len && !strncasecmp((const char *)a.at, (const char *)b.at, a.len);
}

/* "a, b ,c" */
static bool is_in_list(struct bytes list, struct bytes name)
{
	struct bytes word;

	while (text_cut(&list, ',', &word))
		if (is_same_name(text_trim(word), name))
			return true;
	return is_same_name(text_trim(list), name);
}

bool http_head_lists(const struct http_head *h, const char *name, struct bytes word)
{
	for (size_t i = 0; i < h->count; i++)
		if (text_is_nocase(h->fields[i].name, name) && is_in_list(h->fields[i].value, word))
			return true;
	return false;
}

bool http_head_is_hop(const struct http_head *h, const struct http_field *f)
{
	static const char *const names[] = { "Connection", "Keep-Alive", "TE", "Upgrade" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (text_is_nocase(f->name, names[i]))
			return true;
	return text_starts_nocase(f->name, "Proxy-") || http_head_lists(h, "Connection", f->name);
}

/* ---- writing */

void http_put_field(const char *name, struct bytes value, struct writer *w)
{
	put_text(w, name);
	put_text(w, ": ");
	put_bytes(w, value.at, value.len);
	put_text(w, "\r\n");
}

void http_put_same_field(const struct http_field *f, struct writer *w)
{
	put_bytes(w, f->name.at, f->name.len);
	http_put_field("", f->value, w);
}

/* ---- the body's length */

static bool parse_length(struct bytes text, uint64_t *len)
{
	*len = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		*len = *len * 10 + (uint64_t)(text.at[i] - '0');
	}
	return text.len > 0;
}

enum http_length http_head_length(const struct http_head *h, uint64_t *len)
{
	size_t codings = http_head_count(h, "Transfer-Encoding");
	size_t lengths = http_head_count(h, "Content-Length");
	struct bytes text = http_head_value(h, "Content-Length");

	if (codings + lengths > 1)
		return HTTP_LENGTH_BAD;
	if (codings)
		return text_is_nocase(http_head_value(h, "Transfer-Encoding"), "chunked")
			       ? HTTP_LENGTH_CHUNKED
			       : HTTP_LENGTH_UNKNOWN_CODING;
	if (!lengths)
		return HTTP_LENGTH_NONE;
	if (text.len > LENGTH_DIGITS_MAX || !parse_length(text, len))
		return HTTP_LENGTH_BAD;
	return HTTP_LENGTH_KNOWN;
}
