/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "control/control_request.h"

#include <string.h>
#include <strings.h>

#include "http/block.h"
#include "http/status.h"
#include "util/ip.h"
#include "util/text.h"

/* ---- the start line */

/* A proxy's form, "http://sstp/v1/status", is allowed (RFC 9112 section 3.2.2). */
static struct bytes without_host(struct bytes target, struct bytes *host)
{
	static const char scheme[] = "http://";

	*host = bytes_of(NULL, 0);
	if (!text_starts_nocase(target, scheme))
		return target;
	target = text_skip(target, sizeof(scheme) - 1);
	*host = bytes_of(target.at, 0);
	for (; target.len && *target.at != '/'; host->len++)
		target = text_skip(target, 1);
	return target;
}

static bool parse_target(struct bytes target, struct control_request *rq)
{
	target = without_host(target, &rq->host);
	rq->query = bytes_of(NULL, 0);
	if (text_cut(&target, '?', &rq->path))
		rq->query = target;
	else
		rq->path = target;
	return rq->path.len && *rq->path.at == '/';
}

static int parse_line(struct bytes line, struct control_request *rq)
{
	struct bytes target;
	int minor;

	if (!text_cut(&line, ' ', &rq->method) || !text_cut(&line, ' ', &target) ||
	    !http_is_token(rq->method))
		return HTTP_BAD_REQUEST;
	minor = http_minor_version(line);
	if (minor < 0)
		return HTTP_VERSION_NOT_SUPPORTED;
	rq->is_http10 = minor == 0;
	return parse_target(target, rq) ? 0 : HTTP_BAD_REQUEST;
}

static int parse_length(const struct http_head *h, struct control_request *rq)
{
	rq->body_len = 0;
	switch (http_head_length(h, &rq->body_len)) {
	case HTTP_LENGTH_NONE:
		return 0;
	case HTTP_LENGTH_KNOWN:
		return rq->body_len <= CONTROL_BODY_MAX ? 0 : HTTP_CONTENT_TOO_LARGE;
	case HTTP_LENGTH_CHUNKED:
	case HTTP_LENGTH_UNKNOWN_CODING:
		return HTTP_LENGTH_REQUIRED;
	case HTTP_LENGTH_BAD:
		break;
	}
	return HTTP_BAD_REQUEST;
}

int control_request_parse(struct bytes block, struct control_request *rq)
{
	struct http_head h;
	int status;

	*rq = (struct control_request){ .body_len = 0 };
	if (!http_head_parse(block, &h))
		return HTTP_BAD_REQUEST;
	status = parse_line(h.line, rq);
	if (!status)
		status = parse_length(&h, rq);
	if (!rq->host.len)
		rq->host = http_head_value(&h, "Host");
	rq->is_last = rq->is_http10 || http_head_lists(&h, "Connection", bytes_text("close"));
	return status;
}

static bool is_localhost(const char *name)
{
	static const char localhost[] = "localhost";
	size_t len = strlen(name), tail = sizeof(localhost) - 1;

	return len >= tail && !strcasecmp(name + len - tail, localhost) &&
	       (len == tail || name[len - tail - 1] == '.');
}

/* "192.0.2.1", "192.0.2.1:9100", "[::1]:9100", "localhost:9100" */
bool control_request_is_by_address(const struct control_request *rq)
{
	char host[CONTROL_WORD_SIZE], *name = host, *end;
	struct ip_addr a;

	if (!rq->host.len || rq->host.len >= sizeof(host))
		return !rq->host.len;
	memcpy(host, rq->host.at, rq->host.len);
	host[rq->host.len] = '\0';
	end = strchr(host, *host == '[' ? ']' : ':');
	if (end)
		*end = '\0';
	if (*host == '[')
		name++;
	return is_localhost(name) || ip_parse(name, &a);
}

/* ---- words */

static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 3986 section 2.1. A zero byte and what does not fit are refused. */
static bool decode(struct bytes from, char *to, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < from.len; i++) {
		uint8_t c = from.at[i];

		if (c == '%') {
			int high = i + 2 < from.len ? digit(from.at[i + 1]) : -1;
			int low = high >= 0 ? digit(from.at[i + 2]) : -1;

			if (low < 0)
				return false;
			c = (uint8_t)(high << 4 | low);
			i += 2;
		}
		if (!c || n + 1 >= size)
			return false;
		to[n++] = (char)c;
	}
	to[n] = '\0';
	return true;
}

/* The first word of a path, without the slash before it; false at the end. */
static bool next_word(struct bytes *path, struct bytes *word)
{
	if (!path->len)
		return false;
	*path = text_skip(*path, 1);
	*word = bytes_of(path->at, 0);
	while (word->len < path->len && path->at[word->len] != '/')
		word->len++;
	*path = text_skip(*path, word->len);
	return true;
}

bool control_request_matches(struct control_request *rq, const char *route)
{
	struct bytes path = rq->path, pattern = bytes_text(route), word, wanted;

	while (next_word(&pattern, &wanted)) {
		if (!next_word(&path, &word))
			return false;
		if (text_is(wanted, "*")) {
			if (!word.len || !decode(word, rq->word, sizeof(rq->word)))
				return false;
		} else if (!bytes_equal(word, wanted)) {
			return false;
		}
	}
	return !path.len;
}

/* The value of a variable of the query as it was sent; empty without "=". */
static bool find_variable(const struct control_request *rq, const char *name, struct bytes *value)
{
	struct bytes rest = rq->query, found;

	while (rest.len) {
		if (!text_cut(&rest, '&', value)) {
			*value = rest;
			rest = bytes_of(NULL, 0);
		}
		if (!text_cut(value, '=', &found)) {
			found = *value;
			*value = bytes_of(NULL, 0);
		}
		if (text_is(found, name))
			return true;
	}
	return false;
}

bool control_request_query(const struct control_request *rq, const char *name, char *to,
			   size_t size)
{
	struct bytes value;

	return find_variable(rq, name, &value) && decode(value, to, size);
}

bool control_request_has(const struct control_request *rq, const char *name)
{
	struct bytes value;

	return find_variable(rq, name, &value);
}
