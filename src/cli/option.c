/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/option.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct option_walk option_walk(const struct verb *v)
{
	return (struct option_walk){ .verb = v, .use = v->uses };
}

bool option_next(struct option_walk *w)
{
	const struct option_use *end = w->verb->uses + w->verb->use_count;

	if (w->in.option)
		w->in.index++;
	while (w->use < end && w->row == w->use->group->count) {
		w->use++;
		w->row = 0;
	}
	if (w->use == end)
		return false;
	w->in.option = &w->use->group->options[w->row++];
	w->in.at = w->use->at + w->in.option->at;
	return true;
}

const struct option *option_find(const struct verb *v, const char *name, size_t len,
				 struct option_in *in)
{
	for (struct option_walk w = option_walk(v); option_next(&w);) {
		if (strlen(w.in.option->name) != len || strncmp(w.in.option->name, name, len) != 0)
			continue;
		if (in)
			*in = w.in;
		return w.in.option;
	}
	return NULL;
}

const struct option *option_named(const struct verb *v, const char *name)
{
	return option_find(v, name, strlen(name), NULL);
}

size_t option_count(const struct verb *v)
{
	size_t count = 0;

	for (size_t i = 0; i < v->use_count; i++)
		count += v->uses[i].group->count;
	return count;
}

bool verb_takes_file(const struct verb *v)
{
	return option_named(v, "config");
}

void option_variable(const struct option *o, char *to, size_t size)
{
	size_t n = (size_t)snprintf(to, size, "SSTP_");

	for (const char *p = o->name; *p && n + 1 < size; p++)
		to[n++] = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
	to[n] = '\0';
}
