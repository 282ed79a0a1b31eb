/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The texts were checked when the file was read, and are parsed again at a login. */
#include "auth/login_limits.h"

#include <ctype.h>
#include <string.h>

enum {
	DAY_MIN = 24 * 60,
	WEEK_MIN = 7 * DAY_MIN,
	WORK_DAYS = 0x3e, /* of a week that begins with Sunday, as in struct tm */
	ALL_DAYS = 0x7f,
};

/* ---- times */

struct window {
	unsigned days;          /* a bit for each day on which it begins */
	unsigned from, minutes; /* of the day; how long */
};

static unsigned days_of(const char **at)
{
	static const struct {
		const char *name;
		unsigned days;
	} names[] = { { "Su", 1 },         { "Mo", 2 },       { "Tu", 4 },  { "We", 8 },
		      { "Th", 16 },        { "Fr", 32 },      { "Sa", 64 }, { "Wk", WORK_DAYS },
		      { "Any", ALL_DAYS }, { "Al", ALL_DAYS } };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strncmp(*at, names[i].name, strlen(names[i].name))) {
			*at += strlen(names[i].name);
			return names[i].days;
		}
	return 0;
}

/* "0830"; false: no time of a day. 2400 is its end. */
static bool get_time(const char **at, unsigned *minutes)
{
	unsigned n[4];

	for (size_t i = 0; i < 4; i++) {
		if (!isdigit((unsigned char)(*at)[i]))
			return false;
		n[i] = (unsigned)((*at)[i] - '0');
	}
	*at += 4;
	*minutes = (10 * n[0] + n[1]) * 60 + 10 * n[2] + n[3];
	return n[2] < 6 && *minutes <= DAY_MIN;
}

/* The next one of the list. False: the text is malformed. */
static bool next_window(const char **at, struct window *w)
{
	unsigned until;

	*w = (struct window){ .days = days_of(at), .minutes = DAY_MIN };
	while (isupper((unsigned char)**at)) { /* "MoWe0800-1200" */
		unsigned more = days_of(at);

		if (!more)
			return false;
		w->days |= more;
	}
	if (!w->days)
		return false;
	if (isdigit((unsigned char)**at)) {
		if (!get_time(at, &w->from) || *(*at)++ != '-' || !get_time(at, &until))
			return false;
		w->minutes = until > w->from ? until - w->from : until + DAY_MIN - w->from;
	}
	if (**at == ',')
		return *++*at;
	return !**at;
}

bool login_times_are_valid(const char *times)
{
	struct window w;

	if (!*times)
		return false;
	while (*times)
		if (!next_window(&times, &w))
			return false;
	return true;
}

/* For how many minutes from that one on a window goes on; 0: none does. */
static unsigned minutes_left(const char *times, unsigned minute)
{
	unsigned left = 0;
	struct window w;

	while (*times && next_window(&times, &w))
		for (unsigned day = 0; day < 7; day++) {
			unsigned start = day * DAY_MIN + w.from;
			unsigned since = (minute + WEEK_MIN - start) % WEEK_MIN;

			if (w.days >> day & 1 && since < w.minutes && w.minutes - since > left)
				left = w.minutes - since;
		}
	return left;
}

/* Windows may overlap, or follow each other. */
uint32_t login_times_left(const char *times, time_t now)
{
	unsigned minute, left = 0, more = 1;
	struct tm tm;

	if (!localtime_r(&now, &tm))
		return 0;
	minute = (unsigned)(tm.tm_wday * DAY_MIN + tm.tm_hour * 60 + tm.tm_min);
	while (more && left < WEEK_MIN) {
		more = minutes_left(times, (minute + left) % WEEK_MIN);
		left += more;
	}
	if (left >= WEEK_MIN)
		return WEEK_MIN * 60;
	return left ? left * 60 - (uint32_t)tm.tm_sec % 60 : 0;
}

/* ---- networks */

/* The next one of the list, a network or an address. False: it is malformed. */
static bool next_network(const char **at, struct ip_prefix *p)
{
	char text[64];
	size_t len = strcspn(*at, ",");

	if (len >= sizeof(text))
		return false;
	memcpy(text, *at, len);
	text[len] = '\0';
	*at += len;
	if (**at == ',' && !*++*at)
		return false;
	return ip_prefix_parse(text, p);
}

bool login_from_is_valid(const char *networks)
{
	struct ip_prefix p;

	if (!*networks)
		return false;
	while (*networks)
		if (!next_network(&networks, &p))
			return false;
	return true;
}

bool login_from_has(const char *networks, const struct ip_addr *source)
{
	struct ip_prefix p;

	while (*networks && next_network(&networks, &p))
		if (ip_prefix_has(&p, source))
			return true;
	return false;
}
