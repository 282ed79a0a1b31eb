/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rate=5M/20M session=28800 idle=600 sessions=2 quota=10G filter=staff */
#include "auth/user_limits.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "auth/radius_grant.h"

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

static bool get_filter(struct bytes value, void *to)
{
	struct user_limits *l = to;

	l->filter = (const char *)value.at;
	return value.len && value.len < AUTH_POOL_SIZE;
}

bool user_limits_is_limit(const char *word)
{
	const char *c = word;

	while (isalpha((unsigned char)*c))
		c++;
	return c > word && *c == '=';
}

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
		{ "filter=", 0, get_filter, "filter= must be the name of a filter of --filters" },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		size_t len = strlen(keys[i].key);

		if (strncmp(word, keys[i].key, len))
			continue;
		return keys[i].get(bytes_text(word + len), (char *)l + keys[i].at) ? NULL
										   : keys[i].wrong;
	}
	return "a limit must be one of rate=, session=, idle=, sessions=, quota=, filter=";
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
}
