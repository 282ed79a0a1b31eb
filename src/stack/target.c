/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Targets as text, and addresses that can't be reached through a VPN. */
#include "stack/target.h"

#include <stdio.h>

/* Characters of host names, and '_', which some names contain anyway. */
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

	if (!host.len || host.len >= sizeof(made.name) || memchr(host.at, 0, host.len))
		return false;
	memcpy(made.name, host.at, host.len);
	if (ip_parse(made.name, &made.addr))
		made.name[0] = '\0';
	else if (!is_name(made.name))
		return false;
	*t = made;
	return true;
}

void target_set_address(struct target *t, const struct ip_addr *a, uint16_t port)
{
	t->addr = *a;
	t->port = port;
	t->name[0] = '\0';
}

struct target_text target_host(const struct target *t)
{
	struct target_text text;

	snprintf(text.text, sizeof(text.text), "%s",
		 t->addr.family ? ip_print(&t->addr).text : t->name);
	return text;
}

struct target_text target_print(const struct target *t)
{
	bool is_v6 = t->addr.family == AF_INET6;
	struct target_text text;

	snprintf(text.text, sizeof(text.text), "%s%.255s%s:%u", is_v6 ? "[" : "",
		 target_host(t).text, is_v6 ? "]" : "", t->port);
	return text;
}

bool target_is_nowhere(const struct ip_addr *a)
{
	static const struct ip_prefix nowhere[] = {
		{ { AF_INET, { 0 } }, 8 }, /* this network */
		{ { AF_INET, { 127 } }, 8 },
		{ { AF_INET, { 224 } }, 4 },
		{ { AF_INET, { 255, 255, 255, 255 } }, 32 },
		{ { AF_INET6, { 0 } }, 127 }, /* :: and ::1 */
		{ { AF_INET6, { 0xff } }, 8 },
		{ { AF_INET6, { [10] = 0xff, 0xff } }, 96 }, /* an IPv4 address in IPv6 */
	};

	for (size_t i = 0; i < sizeof(nowhere) / sizeof(*nowhere); i++)
		if (ip_prefix_has(&nowhere[i], a))
			return true;
	return false;
}
