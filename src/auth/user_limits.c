/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rate=5M/20M session=28800 idle=600 sessions=2 quota=10G filter=staff iroute=192.168.5.0/24
 * push-route=10.0.0.0/8 times=Wk0800-1800 from=192.0.2.0/24
 */
#include "auth/user_limits.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/login_limits.h"
#include "auth/radius_grant.h"
#include "ip6/advert.h"

/* Digits alone: in 10m, m could be minutes or millions. */
static bool get_number(struct bytes value, void *to)
{
	uint64_t n;

	if (!value.len || !isdigit(value.at[value.len - 1]) || !radius_amount_parse(value, &n) ||
	    !n || n > UINT32_MAX)
		return false;
	*(uint32_t *)to = (uint32_t)n;
	return true;
}

static bool get_amount(struct bytes value, void *to)
{
	return radius_amount_parse(value, to);
}

static bool get_rates(struct bytes value, void *to)
{
	struct user_limits *l = to;

	return radius_rate_parse(value, &l->rate_up, &l->rate_down);
}

static bool get_name(struct bytes value, void *to)
{
	*(const char **)to = (const char *)value.at;
	return value.len && value.len < AUTH_POOL_SIZE;
}

/* A default route is nobody's network. Without memory it is refused too. */
static bool add_network(struct bytes value, struct user_networks *l)
{
	struct ip_prefix p, *longer;
	char text[64];

	if (value.len >= sizeof(text) || l->count == AUTH_ROUTES_MAX)
		return false;
	memcpy(text, value.at, value.len);
	text[value.len] = '\0';
	if (!ip_prefix_parse(text, &p) || !p.len)
		return false;
	longer = realloc(l->at, (l->count + 1) * sizeof(*longer));
	if (!longer)
		return false;
	l->at = longer;
	l->at[l->count++] = (struct ip_prefix){ ip_mask(&p.addr, p.len), p.len };
	return true;
}

static bool get_behind(struct bytes value, void *to)
{
	return add_network(value, to);
}

static bool get_pushed(struct bytes value, void *to)
{
	const struct user_networks *l = to;

	return add_network(value, to) && (l->at[l->count - 1].addr.family == AF_INET ||
					  advert_is_route(&l->at[l->count - 1]));
}

/* The word stays in the table's memory. */
static bool get_times(struct bytes value, void *to)
{
	*(const char **)to = (const char *)value.at;
	return login_times_are_valid((const char *)value.at);
}

static bool get_from(struct bytes value, void *to)
{
	*(const char **)to = (const char *)value.at;
	return login_from_is_valid((const char *)value.at);
}

bool user_limits_is_limit(const char *word)
{
	const char *c = word;

	while (isalpha((unsigned char)*c) || (c > word && *c == '-'))
		c++;
	return c > word && *c == '=';
}

const char user_limits_unknown[] = "the word before = must be one of " USER_LIMITS_KEYS;

const char *user_limits_take(struct user_limits *l, const char *word)
{
	static const struct {
		const char *key; /* with its "=" */
		size_t at;
		bool (*get)(struct bytes value, void *to);
		const char *wrong;
	} keys[] = {
		{ "rate=", 0, get_rates,
		  "rate= must be bits per second from the client and to it, such as 5M/20M" },
		{ "session=", offsetof(struct user_limits, session_s), get_number,
		  "session= must be a number of seconds, such as 28800" },
		{ "idle=", offsetof(struct user_limits, idle_s), get_number,
		  "idle= must be a number of seconds, such as 600" },
		{ "sessions=", offsetof(struct user_limits, sessions), get_number,
		  "sessions= must be a number, 1 or more" },
		{ "quota=", offsetof(struct user_limits, quota), get_amount,
		  "quota= must be a number of bytes, such as 10G" },
		{ "filter=", offsetof(struct user_limits, filter), get_name,
		  "filter= must be the name of a filter of --filters" },
		{ "pool=", offsetof(struct user_limits, pool), get_name,
		  "pool= must be the name of a --pool" },
		{ "iroute=", offsetof(struct user_limits, behind), get_behind,
		  "iroute= must be a network, such as 192.168.5.0/24, and 16 times at most" },
		{ "push-route=", offsetof(struct user_limits, pushed), get_pushed,
		  "push-route= must be a network, such as 10.0.0.0/8 or 2001:db8::/32, and 16 times "
		  "at most" },
		{ "times=", offsetof(struct user_limits, times), get_times,
		  "times= must be days and hours, such as Wk0800-1800,Sa0900-1200" },
		{ "from=", offsetof(struct user_limits, from), get_from,
		  "from= must be networks, such as 192.0.2.0/24,2001:db8::/32" },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		size_t len = strlen(keys[i].key);

		if (strncmp(word, keys[i].key, len))
			continue;
		return keys[i].get(bytes_text(word + len), (char *)l + keys[i].at) ? NULL
										   : keys[i].wrong;
	}
	return user_limits_unknown;
}

void user_limits_grant(const struct user_limits *l, struct auth_grant *grant)
{
	grant->session_s = l->session_s;
	grant->idle_s = l->idle_s;
	grant->sessions = l->sessions;
	grant->rate_up = l->rate_up;
	grant->rate_down = l->rate_down;
	grant->quota = l->quota;
	if (l->filter)
		snprintf(grant->filter, sizeof(grant->filter), "%s", l->filter);
	if (l->pool)
		snprintf(grant->pool, sizeof(grant->pool), "%s", l->pool);
	grant->route_count = l->behind.count;
	if (l->behind.count)
		memcpy(grant->routes, l->behind.at, l->behind.count * sizeof(*l->behind.at));
	grant->push_routes = l->pushed.at;
	grant->push_route_count = l->pushed.count;
}

void user_limits_free(struct user_limits *l)
{
	free(l->behind.at);
	free(l->pushed.at);
}
