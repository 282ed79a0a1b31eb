/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP requests to a proxy. A request is checked when its head is complete, and is then either
 * refused or understood to the last byte: the next server gets a head that we wrote ourselves, with
 * one Host, one length, and the fields that are meant for the target.
 */
#include "proxy/http_request.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "http/block.h"
#include "http/head.h"
#include "http/status.h"
#include "util/endpoint.h"
#include "util/text.h"

enum { HTTP_PORT = 80 };

struct request {
	struct http_head head;
	struct bytes method;
	struct bytes authority; /* "example.net:8080" */
	struct bytes path;      /* with its query; empty: CONNECT, or a URL without a path */
	int minor;              /* of the version: HTTP/1.minor */
	enum http_length length;
	uint64_t body_len;
};

/* The result of checking a request: a status code, 0 if it is valid, and the reason as text. */
struct check_result {
	int status;
	const char *why;
};

static const struct check_result good = { 0, NULL };

static struct check_result bad(const char *why)
{
	return (struct check_result){ HTTP_BAD_REQUEST, why };
}

static struct check_result unsupported(const char *why)
{
	return (struct check_result){ HTTP_NOT_IMPLEMENTED, why };
}

/* ---- our own responses */

void http_put_refusal(int status, const char *why, bool is_head, struct writer *out)
{
	char text[TARGET_NAME_SIZE + 128], head[256];
	int len = snprintf(text, sizeof(text), "sstp proxy: %s\n", why);

	snprintf(head, sizeof(head),
		 "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n"
		 "Connection: close\r\n",
		 status, http_reason(status), len);
	put_text(out, head);
	if (status == HTTP_PROXY_AUTHENTICATION_REQUIRED)
		put_text(out, "Proxy-Authenticate: Basic realm=\"sstp proxy\"\r\n");
	put_text(out, "\r\n");
	if (!is_head)
		put_text(out, text);
}

static enum proxy_request refuse(struct http_proxy *h, struct check_result v, struct writer *out)
{
	h->why = v.why;
	http_put_refusal(v.status, v.why, h->is_head, out);
	return REQUEST_REFUSED;
}

static int status_of(enum stack_result result)
{
	switch (result) {
	case STACK_TIMED_OUT:
	case STACK_DNS_SILENT:
	case STACK_DNS_REFUSED:
	case STACK_DNS_FAILED:
		return HTTP_GATEWAY_TIMEOUT;
	case STACK_DOWN:
	case STACK_FULL:
		return HTTP_SERVICE_UNAVAILABLE;
	case STACK_FORBIDDEN:
		return HTTP_FORBIDDEN;
	case STACK_OK:
	case STACK_REFUSED:
	case STACK_UNREACHABLE:
	case STACK_NO_NAME:
	case STACK_NO_ADDRESS:
	case STACK_NO_DNS:
		break;
	}
	return HTTP_BAD_GATEWAY;
}

void http_proxy_put_response(struct http_proxy *h, enum stack_result result, const char *why,
			     struct writer *out)
{
	char text[TARGET_NAME_SIZE + 64];

	if (result != STACK_OK) {
		snprintf(text, sizeof(text), "%s: %s", target_print(&h->target).text, why);
		http_put_refusal(status_of(result), text, h->is_head, out);
	} else if (h->is_tunnel) {
		put_text(out, "HTTP/1.1 200 Connection established\r\n\r\n");
	}
}

/* ---- the start line */

static struct check_result parse_version(struct bytes text, int *minor)
{
	if (text.len != sizeof("HTTP/1.1") - 1 || memcmp(text.at, "HTTP/", 5) != 0)
		return bad("this is not an HTTP request");
	*minor = http_minor_version(text);
	if (*minor < 0)
		return (struct check_result){ HTTP_VERSION_NOT_SUPPORTED,
					      "only HTTP/1 is supported" };
	return good;
}

/* A name or an address, in brackets or not, and a port; `port` is the default. */
static bool parse_authority(struct bytes text, uint16_t port, struct target *t)
{
	char copy[TARGET_NAME_SIZE + 8], host[TARGET_NAME_SIZE];

	if (text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	if (endpoint_split(copy, host, sizeof(host), &port) || !port)
		return false;
	/* RFC 3986 section 3.2.2: an IPv6 address is in brackets, and nothing else is */
	return (copy[0] == '[') == (strchr(host, ':') != NULL) &&
	       target_set(t, bytes_text(host), port);
}

/* "http://example.net/path?query", RFC 9112 section 3.2.2 */
static struct check_result parse_url(struct bytes url, struct request *q)
{
	static const char scheme[] = "http://";
	size_t len = 0;

	if (url.len && (url.at[0] == '/' || url.at[0] == '*'))
		return bad("this is a proxy, not a web server");
	if (!text_starts_nocase(url, scheme))
		return unsupported("only http:// is forwarded; use CONNECT for other schemes");
	if (memchr(url.at, '#', url.len))
		return bad("a request must not contain a fragment");
	url = text_skip(url, sizeof(scheme) - 1);
	while (len < url.len && url.at[len] != '/' && url.at[len] != '?')
		len++;
	q->authority = bytes_of(url.at, len);
	q->path = text_skip(url, len);
	return good;
}

static struct check_result parse_line(struct http_proxy *h, struct request *q)
{
	struct bytes line = q->head.line, url;
	struct check_result v;

	if (!text_cut(&line, ' ', &q->method) || !http_is_token(q->method) ||
	    !text_cut(&line, ' ', &url) || memchr(url.at, '\t', url.len))
		return bad("this is not an HTTP request");
	v = parse_version(line, &q->minor);
	if (v.status)
		return v;
	h->is_tunnel = text_is(q->method, "CONNECT");
	h->is_head = text_is(q->method, "HEAD");
	q->authority = url;
	q->path = bytes_of(NULL, 0);
	v = h->is_tunnel ? good : parse_url(url, q);
	if (!v.status && !parse_authority(q->authority, h->is_tunnel ? 0 : HTTP_PORT, &h->target))
		v = bad(h->is_tunnel ? "CONNECT needs HOST:PORT" : "there is no such host");
	return v;
}

/* ---- the fields */

static bool may_pass(const struct http_proxy *h, const struct http_head *head)
{
	struct bytes given = http_head_value(head, "Proxy-Authorization"), scheme;

	if (!h->login)
		return true;
	return http_head_count(head, "Proxy-Authorization") == 1 &&
	       text_cut(&given, ' ', &scheme) && text_is_nocase(scheme, "Basic") &&
	       proxy_login_matches_basic(h->login, text_trim(given));
}

static struct check_result check_length(const struct http_proxy *h, struct request *q)
{
	q->body_len = 0;
	q->length = http_head_length(&q->head, &q->body_len);
	if (q->length == HTTP_LENGTH_BAD)
		return bad("the length of the body is ambiguous");
	if (q->length == HTTP_LENGTH_UNKNOWN_CODING)
		return unsupported("the only supported transfer coding is chunked");
	if (q->length == HTTP_LENGTH_CHUNKED && q->minor == 0)
		return bad("HTTP/1.0 has no chunked transfer coding"); /* RFC 9112 section 6.1 */
	if (h->is_tunnel && (q->length == HTTP_LENGTH_CHUNKED || q->body_len))
		return bad("CONNECT must not have a body");
	return good;
}

/*
 * RFC 9110 section 7.6.2: Max-Forwards must be decremented in TRACE and OPTIONS. We don't support
 * that.
 */
static bool counts_hops(const struct request *q)
{
	return (text_is(q->method, "TRACE") || text_is(q->method, "OPTIONS")) &&
	       http_head_count(&q->head, "Max-Forwards");
}

/* RFC 9112 section 9.3; some clients send Proxy-Connection to proxies instead. */
static bool wants_close(const struct http_head *head)
{
	const struct bytes close = bytes_text("close");

	return http_head_lists(head, "Connection", close) ||
	       http_head_lists(head, "Proxy-Connection", close);
}

static struct check_result check_fields(struct http_proxy *h, struct request *q)
{
	h->may_keep = q->minor > 0 && !wants_close(&q->head);
	if (!may_pass(h, &q->head))
		return (struct check_result){ HTTP_PROXY_AUTHENTICATION_REQUIRED,
					      "a user name and a password are required" };
	/* A missing one is harmless: we write our own. */
	if (http_head_count(&q->head, "Host") > 1)
		return bad("there is more than one Host field");
	if (counts_hops(q))
		return unsupported("Max-Forwards is not supported");
	return check_length(h, q);
}

static struct check_result check_request(struct http_proxy *h, struct bytes block,
					 struct request *q)
{
	struct check_result v;

	if (!http_head_parse(block, &q->head)) {
		if (q->head.has_too_many)
			return (struct check_result){ HTTP_HEAD_TOO_LARGE,
						      "too many header fields" };
		return bad("the request's head is malformed");
	}
	v = parse_line(h, q);
	return v.status ? v : check_fields(h, q);
}

/* ---- taking a request */

void http_proxy_open(struct http_proxy *h, const struct proxy_login *login)
{
	*h = (struct http_proxy){ .login = login };
}

/* RFC 9112 section 2.2: some clients send an extra line end after a request. */
static void skip_line_ends(struct reader *in)
{
	while (in->left && (in->at[0] == '\r' || in->at[0] == '\n'))
		get_u8(in);
}

static bool may_be_method(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

enum proxy_request http_proxy_input(struct http_proxy *h, struct reader *in, struct writer *out)
{
	struct request q;
	struct check_result v;
	size_t len;

	skip_line_ends(in);
	if (in->left && !may_be_method(in->at[0]))
		return refuse(h, bad("it does not speak HTTP"), out);
	len = http_block_len(in->at, in->left);
	if (!len && in->left < REQUEST_SIZE)
		return REQUEST_INCOMPLETE;
	if (!len)
		return refuse(h,
			      (struct check_result){ HTTP_HEAD_TOO_LARGE, "the head is too long" },
			      out);
	v = check_request(h, bytes_of(in->at, len), &q);
	if (v.status)
		return refuse(h, v, out);
	if (h->is_tunnel)
		get_bytes(in, len);
	return REQUEST_CONNECT;
}

/* ---- forwarding it */

static void put_line(const struct request *q, struct writer *out)
{
	put_bytes(out, q->method.at, q->method.len);
	put_text(out, " ");
	if (!q->path.len && text_is(q->method, "OPTIONS"))
		put_text(out, "*"); /* RFC 9112 section 3.2.4 */
	else if (!q->path.len || q->path.at[0] != '/')
		put_text(out, "/");
	put_bytes(out, q->path.at, q->path.len);
	/* Not above the client's version: a response to HTTP/1.0 has no chunks. */
	put_text(out, q->minor ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
}

/* Fields that we write ourselves; trailers are dropped, and so is the field that announces them. */
static bool is_ours(const struct http_field *f)
{
	return text_is_nocase(f->name, "Host") || text_is_nocase(f->name, "Content-Length") ||
	       text_is_nocase(f->name, "Transfer-Encoding") || text_is_nocase(f->name, "Trailer");
}

static void put_length(const struct request *q, struct writer *out)
{
	char number[24];

	snprintf(number, sizeof(number), "%" PRIu64, q->body_len);
	if (q->length == HTTP_LENGTH_CHUNKED)
		put_text(out, "Transfer-Encoding: chunked\r\n");
	else if (q->length == HTTP_LENGTH_KNOWN)
		http_put_field("Content-Length", bytes_text(number), out);
}

static void put_head(const struct request *q, struct writer *out)
{
	put_line(q, out);
	http_put_field("Host", q->authority, out);
	for (size_t i = 0; i < q->head.count; i++)
		if (!is_ours(&q->head.fields[i]) && !http_head_is_hop(&q->head, &q->head.fields[i]))
			http_put_same_field(&q->head.fields[i], out);
	put_length(q, out);
	put_text(out, q->minor ? "Via: 1.1 sstp\r\n" : "Via: 1.0 sstp\r\n");
	put_text(out, "Connection: close\r\n\r\n");
}

bool http_proxy_forward(struct http_proxy *h, struct reader *in, struct http_body *body,
			struct writer *out)
{
	size_t len = http_block_len(in->at, in->left);
	struct request q;
	struct check_result v =
		check_request(h, bytes_of(in->at, len), &q); /* succeeds, as in http_proxy_input */

	assert(len && !v.status);
	get_bytes(in, len);
	put_head(&q, out);
	if (q.length == HTTP_LENGTH_CHUNKED)
		http_body_open_chunked(body);
	else
		http_body_open(body, q.body_len);
	return http_body_pass(body, in, out);
}
