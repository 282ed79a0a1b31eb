/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rules are kept as text. Each was checked when it was set, and is parsed again when it is
 * used.
 */
#include "cli/resolve_rule.h"
#include "util/endpoint.h"
#include "util/punycode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/*
 * Takes one address off the front of "ADDR,ADDR". Returns the rest, "" at the end; NULL: malformed.
 */
static const char *next_address(const char *at, struct ip_addr *a)
{
	size_t len = strcspn(at, ",");
	bool in_brackets = len >= 2 && at[0] == '[' && at[len - 1] == ']';
	size_t from = in_brackets, to = len - in_brackets;
	char text[64];

	if (to <= from || to - from >= sizeof(text))
		return NULL;
	snprintf(text, sizeof(text), "%.*s", (int)(to - from), at + from);
	if (!ip_parse(text, a) || (in_brackets && a->family != AF_INET6))
		return NULL;
	if (!at[len])
		return at + len;
	return at[len + 1] ? at + len + 1 : NULL;
}

static bool are_addresses(const char *at)
{
	struct ip_addr a;

	do
		at = next_address(at, &a);
	while (at && *at);
	return at;
}

/* The host, which is an IPv6 address if it is in brackets. Returns the colon after it, or NULL. */
static const char *take_host(const char *text, char *host, size_t size)
{
	bool in_brackets = *text == '[';
	const char *from = text + in_brackets;
	size_t len = strcspn(from, in_brackets ? "]" : ":");
	const char *colon = from + len + (in_brackets && from[len]);

	if (!len || len >= size || *colon != ':')
		return NULL;
	memcpy(host, from, len);
	host[len] = '\0';
	return colon;
}

/* "ADDR", not "PORT:ADDR"; the first group of an IPv6 address could be a port. */
static bool has_no_port(const char *at)
{
	return *at == '[' || !at[strcspn(at, ":")] || strcspn(at, ",") < strcspn(at, ":");
}

/* A host in other letters than ASCII's, as the user's HOST, is compared as DNS has it. */
static bool host_to_ascii(char *host, size_t size)
{
	char ascii[256];

	if (!punycode_host(host, ascii, sizeof(ascii)) || strlen(ascii) >= size)
		return false;
	strcpy(host, ascii);
	return true;
}

/* curl's '+' before a rule says that it may expire; ours never expire. */
static bool parse(const char *text, struct resolve_rule *rule)
{
	const char *colon = take_host(text + (*text == '+'), rule->host, sizeof(rule->host));
	const char *end;

	if (!colon || strpbrk(text, " \t") || !host_to_ascii(rule->host, sizeof(rule->host)))
		return false;
	rule->port = 0;
	rule->addresses = colon + 1;
	if (has_no_port(colon + 1))
		return are_addresses(rule->addresses);
	end = strchr(colon + 1, ':');
	rule->addresses = end + 1;
	return !endpoint_port(colon + 1, (size_t)(end - colon - 1), &rule->port) &&
	       are_addresses(rule->addresses);
}

bool set_resolve_rule(void *to, const char *value, struct error *err)
{
	struct resolve_rule rule;

	if (parse(value, &rule))
		return set_texts(to, value, err);
	snprintf(err->text, sizeof(err->text),
		 "must be HOST:ADDRESS or HOST:PORT:ADDRESS, more addresses after commas, an IPv6 "
		 "address in brackets");
	return false;
}

static bool is_for(const struct resolve_rule *rule, const struct host_port *server)
{
	return (!rule->port || rule->port == server->port) &&
	       (!strcmp(rule->host, "*") || !strcasecmp(rule->host, server->host));
}

size_t resolve_rules_find(const struct text_list *rules, const struct host_port *server, int family,
			  struct sockaddr_storage *addrs, size_t max, bool *has_rule)
{
	struct resolve_rule rule;
	struct ip_addr a;
	size_t n = 0;

	*has_rule = false;
	for (size_t i = 0; i < rules->count && !*has_rule; i++)
		*has_rule = parse(rules->at[i], &rule) && is_for(&rule, server);
	if (!*has_rule)
		return 0;
	for (const char *at = rule.addresses; at && *at && n < max;) {
		at = next_address(at, &a);
		if (at && (family == AF_UNSPEC || family == a.family))
			addrs[n++] = ip_sockaddr(&a, server->port);
	}
	return n;
}
