/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An IPv6 address without brackets is recognized by its second colon. */
#include "util/endpoint.h"

#include <errno.h>
#include <string.h>

#include "util/device_index.h"
#include "util/syscall_advice.h"

static const char bad_port[] = "the port is not a number from 1 to 65535";
static const char no_port[] = "there is no port after the colon";
static const char no_host[] = "there is no host";
static const char too_long[] = "the host is too long";
static const char blank[] = "there is a blank in it";
static const char unclosed[] = "its brackets are not closed";
static const char after_bracket[] = "only a colon and a port may follow the bracket";
static const char not_ipv6[] = "only an IPv6 address is written in brackets";
static const char many_colons[] =
	"it has several colons and is not an IPv6 address; with a port that is "
	"written [::1]:443";
static const char not_address[] = "this must be an IP address, not a name";
static const char bad_zone[] = "this host has no interface of the name after the %";

const char *endpoint_port(const char *text, size_t len, uint16_t *port)
{
	unsigned value = 0;

	if (!len)
		return no_port;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return bad_port;
		value = value * 10 + (unsigned)(text[i] - '0');
		if (value > UINT16_MAX)
			return bad_port;
	}
	*port = (uint16_t)value;
	return value ? NULL : bad_port;
}

/* "::1" or "fe80::1%eth0", whose zone is not looked up. */
static bool is_ipv6(const char *text, size_t len)
{
	const char *zone = memchr(text, '%', len);
	char addr[64];
	struct ip_addr a;

	if (zone && zone + 1 == text + len)
		return false;
	len = zone ? (size_t)(zone - text) : len;
	if (len >= sizeof(addr))
		return false;
	memcpy(addr, text, len);
	addr[len] = '\0';
	return ip_parse(addr, &a) && a.family == AF_INET6;
}

static bool has_blank(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return true;
	return false;
}

/* Pointers to host and port in a text; `port` is NULL if there is none. */
struct parts {
	const char *host, *port;
	size_t host_len;
};

static const char *cut_bracketed(const char *text, struct parts *p)
{
	const char *end = strchr(text, ']');

	if (!end)
		return unclosed;
	if (end[1] && end[1] != ':')
		return after_bracket;
	p->host = text + 1;
	p->host_len = (size_t)(end - p->host);
	p->port = end[1] ? end + 2 : NULL;
	if (!p->host_len)
		return no_host;
	return is_ipv6(p->host, p->host_len) ? NULL : not_ipv6;
}

static const char *cut(const char *text, struct parts *p)
{
	const char *colon = strchr(text, ':');

	if (has_blank(text))
		return blank;
	if (*text == '[')
		return cut_bracketed(text, p);
	p->host = text;
	p->host_len = colon ? (size_t)(colon - text) : strlen(text);
	p->port = colon ? colon + 1 : NULL;
	if (colon && strchr(colon + 1, ':')) {
		p->host_len = strlen(text);
		p->port = NULL;
		return is_ipv6(text, p->host_len) ? NULL : many_colons;
	}
	return NULL;
}

/* RFC 6874: in a URL the % before a zone is written %25. A zone of digits is the number of an interface. */
static void decode_zone(char *host)
{
	char *zone = strchr(host, '%');

	if (zone && !strncmp(zone, "%25", 3) && zone[3 + strspn(zone + 3, "0123456789")])
		memmove(zone + 1, zone + 3, strlen(zone + 3) + 1);
}

const char *endpoint_split(const char *text, char *host, size_t host_size, uint16_t *port)
{
	struct parts p;
	const char *why = cut(text, &p);

	if (why)
		return why;
	if (!p.host_len)
		return no_host;
	if (p.host_len >= host_size)
		return too_long;
	memcpy(host, p.host, p.host_len);
	host[p.host_len] = '\0';
	if (*text == '[')
		decode_zone(host);
	return p.port ? endpoint_port(p.port, strlen(p.port), port) : NULL;
}

static const char *set_host(struct endpoint *e, char *host)
{
	char *zone = strchr(host, '%');

	e->is_all = !*host || !strcmp(host, "*");
	e->is_localhost = !strcmp(host, "localhost");
	if (e->is_all || e->is_localhost)
		return NULL;
	if (zone) {
		*zone = '\0';
		e->scope = device_index(zone + 1);
	}
	if (!ip_parse(host, &e->addr))
		return not_address;
	return zone && !e->scope ? bad_zone : NULL;
}

static bool is_number(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

const char *endpoint_listen(const char *text, unsigned allow, struct endpoint *e)
{
	struct parts p = { .host = text };
	char host[64];
	const char *why;

	*e = (struct endpoint){ .addr = { .family = AF_UNSPEC } };
	if (is_number(text)) {
		p.port = text;
	} else {
		why = cut(text, &p);
		if (why)
			return why;
		if (p.host_len >= sizeof(host))
			return too_long;
		memcpy(host, p.host, p.host_len);
		host[p.host_len] = '\0';
		if (!p.host_len && !p.port)
			return "it is empty";
		why = set_host(e, host);
		if (why)
			return why;
	}
	if (!p.port)
		return allow & ENDPOINT_ADDR_ALONE ? NULL : "there is no port";
	why = endpoint_port(p.port, strlen(p.port), &e->port);
	return why == bad_port && allow & ENDPOINT_PORT_0 && !strcmp(p.port, "0") ? NULL : why;
}

const char *endpoint_hint(int error, uint16_t port)
{
	switch (-error) {
	case EADDRINUSE:
		return ": another program listens there, or this one because of another option; "
		       "stop it or choose another port";
	case EADDRNOTAVAIL:
		return ": this host does not have that address";
	case EACCES:
		return port < 1024 ? ": ports under 1024 need root or CAP_NET_BIND_SERVICE"
				   : syscall_advice(error);
	default:
		return syscall_advice(error);
	}
}
