/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The part of HTTP/1.1 that SSTP needs. A server accepts header fields in any order and requires
 * none; a client reads only the status line, as Windows does. The Content-Length of 2^64-1 is a
 * placeholder for "unbounded" and is ignored.
 */
#include "sstp/http.h"

#include <stdio.h>

#include "http/block.h"
#include "http/status.h"
#include "util/text.h"

#define SSTP_METHOD "SSTP_DUPLEX_POST"
#define SSTP_URI "/sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/"
#define ENDLESS "Content-Length: 18446744073709551615\r\n"

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

bool sstp_http_is_sstp_client(struct bytes id)
{
	size_t hyphens = 0;

	if (id.len < 2 || id.at[0] != '{' || id.at[id.len - 1] != '}')
		return false;
	for (size_t i = 1; i < id.len - 1; i++) {
		if (id.at[i] == '-')
			hyphens++;
		else if (!is_hex(id.at[i]))
			return false;
	}
	return hyphens == 3;
}

/* A method is a token, RFC 9110 section 5.6.2; those in use are of letters, '-' and '_'. */
static bool is_method(struct bytes word)
{
	for (size_t i = 0; i < word.len; i++) {
		uint8_t c = word.at[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && c != '-' && c != '_')
			return false;
	}
	return word.len > 0;
}

/* From "https://host/path?query" (RFC 9112 section 3.2.2) or "/path?query" to the path. */
static struct bytes path_of(struct bytes target)
{
	static const char scheme[] = "https://";
	const uint8_t *at;

	if (text_starts_nocase(target, scheme)) {
		target = text_skip(target, sizeof(scheme) - 1);
		at = target.len ? memchr(target.at, '/', target.len) : NULL;
		target = text_skip(target, at ? (size_t)(at - target.at) : target.len);
	}
	at = target.len ? memchr(target.at, '?', target.len) : NULL;
	if (at)
		target.len = (size_t)(at - target.at);
	return target;
}

static bool is_sstp_path(struct bytes path)
{
	return path.len == sizeof(SSTP_URI) - 1 && text_starts_nocase(path, SSTP_URI);
}

bool sstp_http_may_be_request(const uint8_t *at, size_t len)
{
	static const char start[] = SSTP_METHOD " ";
	size_t start_len = sizeof(start) - 1;

	return !memcmp(at, start, len < start_len ? len : start_len);
}

int sstp_http_check(struct bytes block)
{
	struct bytes line = http_block_line(block), method, target;
	int minor;

	if (!text_cut(&line, ' ', &method) || !is_method(method) ||
	    !text_cut(&line, ' ', &target) || !target.len)
		return HTTP_BAD_REQUEST;
	minor = http_minor_version(line);
	if (minor < 0)
		return HTTP_BAD_REQUEST;
	if (text_is(method, "GET") || text_is(method, "HEAD") || text_is(method, "POST"))
		return HTTP_NOT_FOUND;
	if (!text_is(method, SSTP_METHOD))
		return HTTP_NOT_IMPLEMENTED;
	if (minor == 0) /* HTTP/1.0 has no persistent connections */
		return HTTP_BAD_REQUEST;
	return is_sstp_path(path_of(target)) ? HTTP_OK : HTTP_NOT_FOUND;
}

static void print_guid(uint8_t b[SSTP_GUID_LEN], uint8_t version, char text[SSTP_GUID_TEXT_LEN + 1])
{
	b[6] = (uint8_t)((b[6] & 0x0f) | version << 4); /* RFC 9562 section 4 */
	b[8] = (b[8] & 0x3f) | 0x80;
	snprintf(text, SSTP_GUID_TEXT_LEN + 1,
		 "{%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-%02X%02X%02X%02X%02X%02X}", b[0],
		 b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
		 b[14], b[15]);
}

void sstp_http_guid(const uint8_t random[SSTP_GUID_LEN], char text[SSTP_GUID_TEXT_LEN + 1])
{
	uint8_t b[SSTP_GUID_LEN];

	memcpy(b, random, sizeof(b));
	print_guid(b, 4, text);
}

static const char persistent_mark[] = { 's', 's', 't', 'p' };
#define PERSISTENT_START "{73737470-"
enum { GUID_VERSION_AT = 15 };

void sstp_http_persistent_guid(const uint8_t random[SSTP_GUID_LEN],
			       char text[SSTP_GUID_TEXT_LEN + 1])
{
	uint8_t b[SSTP_GUID_LEN];

	memcpy(b, random, sizeof(b));
	memcpy(b, persistent_mark, sizeof(persistent_mark));
	print_guid(b, 8, text);
}

bool sstp_http_is_persistent(struct bytes id)
{
	return id.len == SSTP_GUID_TEXT_LEN && text_starts_nocase(id, PERSISTENT_START) &&
	       id.at[GUID_VERSION_AT] == '8';
}

/* Header fields and their order are those of Windows, so that no filter treats us differently. */
void sstp_http_put_request(struct writer *w, const char *host, const char *correlation_id)
{
	put_text(w, SSTP_METHOD " " SSTP_URI " HTTP/1.1\r\nSSTPCORRELATIONID: ");
	put_text(w, correlation_id);
	put_text(w, "\r\n" ENDLESS "Host: ");
	put_text(w, host);
	put_text(w, "\r\n\r\n");
}

/*
 * The 200 is the example of [MS-SSTP] 4.1 with its Server field, as SoftEther sends it too. There
 * is no Date: RFC 9110 section 6.6.1 allows a server without a clock to omit it, and no known
 * client reads it. sstp-client accepts at most seven header fields and needs the whole response in
 * one read.
 */
void sstp_http_put_response(struct writer *w, int status)
{
	char line[64];

	if (status == HTTP_OK) {
		put_text(w, "HTTP/1.1 200 OK\r\n" ENDLESS "Server: Microsoft-HTTPAPI/2.0\r\n\r\n");
		return;
	}
	snprintf(line, sizeof(line), "HTTP/1.1 %d %s\r\n", status, http_reason(status));
	put_text(w, line);
	put_text(w, "Connection: close\r\nContent-Length: 0\r\n\r\n");
}
