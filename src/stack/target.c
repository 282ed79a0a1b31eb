/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Targets as text, and addresses that lead nowhere. */
#include "stack/target.h"

#include <stdio.h>

/* What host names are made of, and the '_' that some have all the same. */
static bool is_name_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_';
}

static bool is_name(const char *text)
{
	for (; *text; text++)
		if (!is_name_byte((uint8_t)*text))
			return false;
	return true;
}

bool target_set(struct target *t, struct bytes host, uint16_t port)
{
	struct target made = { .port = port };
	struct ip_addr a;

	if (!host.len || host.len >= sizeof(made.host) || memchr(host.at, 0, host.len))
		return false;
	memcpy(made.host, host.at, host.len);
	if (!ip_parse(made.host, &a) && !is_name(made.host))
		return false;
	*t = made;
	return true;
}

void target_set_address(struct target *t, const struct ip_addr *a, uint16_t port)
{
	snprintf(t->host, sizeof(t->host), "%s", ip_print(a).text);
	t->port = port;
}

struct target_text target_print(const struct target *t)
{
	bool is_v6 = strchr(t->host, ':') != NULL;
	struct target_text text;

	snprintf(text.text, sizeof(text.text), "%s%s%s:%u", is_v6 ? "[" : "", t->host,
		 is_v6 ? "]" : "", t->port);
	return text;
}

bool target_is_nowhere(const struct ip_addr *a)
{
	static const char *const nowhere[] = {
		"0.0.0.0/8",          "127.0.0.0/8", "224.0.0.0/4",
		"255.255.255.255/32", "::/127",      "ff00::/8",
	};
	static const uint8_t mapped[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	struct ip_prefix p;

	if (a->family == AF_INET6 && !memcmp(a->bytes, mapped, sizeof(mapped)))
		return true;
	for (size_t i = 0; i < sizeof(nowhere) / sizeof(*nowhere); i++)
		if (ip_prefix_parse(nowhere[i], &p) && ip_prefix_has(&p, a))
			return true;
	return false;
}
