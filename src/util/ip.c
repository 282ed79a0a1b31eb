/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses and prefixes as text and back. */
#include "util/ip.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t addr_len(sa_family_t family)
{
	return family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
}

struct ip_addr ip_from_v4(uint32_t v4)
{
	struct ip_addr a = { .family = AF_INET };

	for (unsigned i = 0; i < 4; i++)
		a.bytes[i] = (uint8_t)(v4 >> (24 - 8 * i));
	return a;
}

uint32_t ip_v4(const struct ip_addr *a)
{
	if (a->family != AF_INET)
		return 0;
	return (uint32_t)a->bytes[0] << 24 | (uint32_t)a->bytes[1] << 16 |
	       (uint32_t)a->bytes[2] << 8 | a->bytes[3];
}

bool ip_v4_is_host(uint32_t v4)
{
	uint32_t net = v4 >> 24;

	return net && net != 127 && net < 224;
}

bool ip_equal(const struct ip_addr *a, const struct ip_addr *b)
{
	return a->family == b->family && !memcmp(a->bytes, b->bytes, addr_len(a->family));
}

bool ip_is_link_local(const struct ip_addr *a)
{
	return a->family == AF_INET6 && a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
}

bool ip_is_loopback(const struct ip_addr *a)
{
	static const struct ip_addr one = { .family = AF_INET6, .bytes = { [15] = 1 } };

	return a->family == AF_INET ? a->bytes[0] == 127 : ip_equal(a, &one);
}

struct ip_addr ip_link_local(const uint8_t iid[8])
{
	struct ip_addr a = { .family = AF_INET6, .bytes = { 0xfe, 0x80 } };

	memcpy(a.bytes + 8, iid, 8);
	return a;
}

struct ip_addr ip_mask(const struct ip_addr *a, unsigned len)
{
	struct ip_addr m = *a;

	for (unsigned i = 0; i < sizeof(m.bytes); i++) {
		unsigned kept = len > 8 * i ? len - 8 * i : 0;

		if (kept < 8)
			m.bytes[i] &= (uint8_t)(0xff00u >> kept);
	}
	return m;
}

bool ip_prefix_has(const struct ip_prefix *p, const struct ip_addr *a)
{
	unsigned whole = p->len / 8, rest = p->len % 8;

	if (a->family != p->addr.family || memcmp(a->bytes, p->addr.bytes, whole) != 0)
		return false;
	return !rest || !((a->bytes[whole] ^ p->addr.bytes[whole]) >> (8 - rest));
}

bool ip_parse(const char *text, struct ip_addr *a)
{
	struct ip_addr parsed = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	if (inet_pton(parsed.family, text, parsed.bytes) != 1)
		return false;
	*a = parsed;
	return true;
}

/* A decimal number of one to `digits` digits and nothing else. */
static bool parse_number(const char *text, unsigned max, unsigned *out)
{
	unsigned v = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		v = v * 10 + (unsigned)(*text - '0');
		if (v > max)
			return false;
	}
	*out = v;
	return true;
}

/* "255.0.0.0": the prefix length; false if there are zero bits between one bits. */
static bool parse_mask(const char *text, unsigned *len)
{
	struct ip_addr mask;
	uint32_t bits;

	if (!ip_parse(text, &mask) || mask.family != AF_INET)
		return false;
	bits = ip_v4(&mask);
	for (*len = 0; bits & 0x80000000; bits <<= 1)
		++*len;
	return !bits;
}

bool ip_prefix_parse(const char *text, struct ip_prefix *p)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	struct ip_prefix parsed;
	char addr[INET6_ADDRSTRLEN];

	if (len >= sizeof(addr))
		return false;
	memcpy(addr, text, len);
	addr[len] = '\0';
	if (!ip_parse(addr, &parsed.addr))
		return false;
	parsed.len = (unsigned)(8 * addr_len(parsed.addr.family));
	if (slash && !parse_number(slash + 1, parsed.len, &parsed.len) &&
	    !(parsed.addr.family == AF_INET && parse_mask(slash + 1, &parsed.len)))
		return false;
	*p = parsed;
	return true;
}

struct ip_text ip_print(const struct ip_addr *a)
{
	struct ip_text t = { "none" };

	if (a->family != AF_UNSPEC)
		inet_ntop(a->family, a->bytes, t.text, sizeof(t.text));
	return t;
}

struct ip_text ip_prefix_print(const struct ip_prefix *p)
{
	struct ip_text t = ip_print(&p->addr);
	size_t n = strlen(t.text);

	snprintf(t.text + n, sizeof(t.text) - n, "/%u", p->len);
	return t;
}

struct ip_text ip_print_v4(uint32_t v4)
{
	struct ip_addr a = ip_from_v4(v4);

	return ip_print(&a);
}

struct ip_addr ip_from_sockaddr(const struct sockaddr_storage *sa)
{
	struct ip_addr a = { .family = AF_UNSPEC };

	if (sa->ss_family == AF_INET) {
		a.family = AF_INET;
		memcpy(a.bytes, &((const struct sockaddr_in *)sa)->sin_addr, 4);
	} else if (sa->ss_family == AF_INET6) {
		const struct in6_addr *v6 = &((const struct sockaddr_in6 *)sa)->sin6_addr;

		/* a dual-stack socket shows IPv4 peers as ::ffff:a.b.c.d */
		a.family = IN6_IS_ADDR_V4MAPPED(v6) ? AF_INET : AF_INET6;
		memcpy(a.bytes, v6->s6_addr + (a.family == AF_INET ? 12 : 0), addr_len(a.family));
	}
	return a;
}

struct sockaddr_storage ip_sockaddr(const struct ip_addr *a, uint16_t port)
{
	struct sockaddr_storage sa = { .ss_family = a->family };
	struct sockaddr_in *in = (void *)&sa;
	struct sockaddr_in6 *in6 = (void *)&sa;

	if (a->family == AF_INET) {
		memcpy(&in->sin_addr, a->bytes, sizeof(in->sin_addr));
		in->sin_port = htons(port);
	} else {
		memcpy(&in6->sin6_addr, a->bytes, sizeof(in6->sin6_addr));
		in6->sin6_port = htons(port);
	}
	return sa;
}

uint16_t ip_port_of_sockaddr(const struct sockaddr_storage *sa)
{
	return ntohs(sa->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)sa)->sin6_port
					       : ((const struct sockaddr_in *)sa)->sin_port);
}

struct ip_text ip_print_port(const struct ip_addr *a, uint16_t port)
{
	struct ip_text host = ip_print(a), t;

	snprintf(t.text, sizeof(t.text), a->family == AF_INET6 ? "[%.46s]:%u" : "%.46s:%u",
		 host.text, port);
	return t;
}

struct ip_text ip_print_sockaddr(const struct sockaddr_storage *sa)
{
	struct ip_addr a = ip_from_sockaddr(sa);

	if (sa->ss_family == AF_UNIX)
		return (struct ip_text){ "a Unix socket" };
	return ip_print_port(&a, ip_port_of_sockaddr(sa));
}
