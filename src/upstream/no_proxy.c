/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "upstream/no_proxy.h"

#include <string.h>
#include <strings.h>

#include "util/endpoint.h"
#include "util/ip.h"

enum { ENTRY_SIZE = 300 };

static const char separators[] = ", \t\r\n";

/* Without the dot at its end that makes a name absolute. */
static size_t name_len(const char *name)
{
	size_t len = strlen(name);

	return len && name[len - 1] == '.' ? len - 1 : len;
}

/* Whether `host` is that domain, or in it. */
static bool is_in_domain(const char *host, const char *domain)
{
	size_t len = name_len(host), tail;

	if (!strncmp(domain, "*.", 2))
		domain++;
	if (*domain == '.')
		domain++;
	tail = name_len(domain);
	if (!tail || tail > len || strncasecmp(host + len - tail, domain, tail))
		return false;
	return tail == len || host[len - tail - 1] == '.';
}

/* False: `entry` is no address and no network. */
static bool parse_network(const char *entry, struct ip_prefix *p)
{
	char inside[ENTRY_SIZE];
	size_t len = strlen(entry);

	if (*entry == '[' && entry[len - 1] == ']') {
		memcpy(inside, entry + 1, len - 2);
		inside[len - 2] = '\0';
		entry = inside;
	}
	return ip_prefix_parse(entry, p);
}

static bool is_place(const char *entry, const char *host)
{
	struct ip_prefix network;
	struct ip_addr addr;

	if (!ip_parse(host, &addr))
		return is_in_domain(host, entry);
	return parse_network(entry, &network) && ip_prefix_has(&network, &addr);
}

static bool matches(const char *entry, const char *host, uint16_t port)
{
	struct ip_prefix network;
	uint16_t entry_port = 0;
	char place[ENTRY_SIZE];

	if (!strcmp(entry, "*"))
		return true;
	if (parse_network(entry, &network) ||
	    endpoint_split(entry, place, sizeof(place), &entry_port))
		return is_place(entry, host);
	return is_place(place, host) && (!entry_port || entry_port == port);
}

bool no_proxy_lists(const char *list, const char *host, uint16_t port)
{
	while (*list) {
		size_t len = strcspn(list, separators);
		char entry[ENTRY_SIZE];

		if (len && len < sizeof(entry)) {
			memcpy(entry, list, len);
			entry[len] = '\0';
			if (matches(entry, host, port))
				return true;
		}
		list += len;
		list += strspn(list, separators);
	}
	return false;
}

bool no_proxy_is_loopback(const char *host)
{
	struct ip_addr addr;

	return ip_parse(host, &addr) ? ip_is_loopback(&addr) : is_in_domain(host, "localhost");
}
