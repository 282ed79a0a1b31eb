/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/filters.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/result.h"
#include "util/file.h"
#include "util/text.h"

enum {
	FILE_LEN_MAX = 1024 * 1024,
	FILTERS_MAX = 1000,
	RULES_MAX = 1000, /* in one filter: a packet may be compared with all of them */
};

struct filters {
	atomic_size_t holders;
	struct filter *at;
	size_t count;
};

void filters_release(struct filters *f)
{
	if (!f || atomic_fetch_sub(&f->holders, 1) > 1)
		return;
	for (size_t i = 0; i < f->count; i++) {
		free(f->at[i].name);
		free(f->at[i].rules);
	}
	free(f->at);
	free(f);
}

size_t filters_count(const struct filters *f)
{
	return f->count;
}

static struct filter *find(const struct filters *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (!strcmp(f->at[i].name, name))
			return &f->at[i];
	return NULL;
}

bool filters_have(const struct filters *f, const char *name)
{
	return f && find(f, name);
}

/* ---- the file */

static const char *const no_memory = "out of memory";

static const char *add_filter(struct filters *f, const char *name, struct filter **out)
{
	struct filter *more;

	if (f->count == FILTERS_MAX)
		return "there are more than 1000 filters";
	more = realloc(f->at, (f->count + 1) * sizeof(*more));
	if (!more)
		return no_memory;
	f->at = more;
	*out = &more[f->count];
	**out = (struct filter){ .name = strdup(name) };
	f->count += (*out)->name != NULL;
	return (*out)->name ? NULL : no_memory;
}

static const char *add_rule(struct filters *f, const char *name, const struct filter_rule *rule)
{
	struct filter *filter = find(f, name);
	const char *why = filter ? NULL : add_filter(f, name, &filter);
	struct filter_rule *more;

	if (why)
		return why;
	if (filter->count == RULES_MAX)
		return "this filter has more than 1000 rules";
	more = realloc(filter->rules, (filter->count + 1) * sizeof(*more));
	if (!more)
		return no_memory;
	filter->rules = more;
	more[filter->count++] = *rule;
	return NULL;
}

static const char *take_line(struct filters *f, struct bytes line)
{
	const uint8_t *comment = line.len ? memchr(line.at, '#', line.len) : NULL;
	char name[AUTH_POOL_SIZE];
	struct filter_rule rule;
	const char *why;
	size_t len = 0;

	if (comment)
		line.len = (size_t)(comment - line.at);
	line = text_trim(line);
	if (!line.len)
		return NULL;
	while (len < line.len && line.at[len] != ' ' && line.at[len] != '\t')
		len++;
	if (len >= sizeof(name) || memchr(line.at, '\0', len))
		return "the name of a filter is longer than 63 bytes, or has a zero byte";
	snprintf(name, sizeof(name), "%.*s", (int)len, (const char *)line.at);
	why = filter_rule_parse(text_skip(line, len), &rule);
	return why ? why : add_rule(f, name, &rule);
}

/* The last line may lack its end. */
static bool next_line(struct reader *r, struct bytes *line)
{
	if (text_get_line(r, line))
		return true;
	*line = bytes_of(r->at, r->left);
	r->left = 0;
	return line->len;
}

int filters_parse(const char *file, struct bytes text, struct filters **out, struct error *err)
{
	struct filters *f = calloc(1, sizeof(*f));
	struct reader r = reader_of(text.at, text.len);
	const char *why = f ? NULL : no_memory;
	unsigned number = 0;
	struct bytes line;

	if (f)
		f->holders = 1;
	for (; !why && next_line(&r, &line); number++)
		why = take_line(f, line);
	if (!why) {
		*out = f;
		return 0;
	}
	snprintf(err->text, sizeof(err->text), "%s:%u: %s", file, number, why);
	filters_release(f);
	return why == no_memory ? -ENOMEM : -EINVAL;
}

int filters_load(const char *file, struct filters **out, struct error *err)
{
	char *text;
	size_t len;
	int error = file_read(file, FILE_LEN_MAX, &text, &len);

	if (error) {
		snprintf(err->text, sizeof(err->text), "%s: %s", file, file_strerror(error));
		return error;
	}
	error = filters_parse(file, bytes_of(text, len), out, err);
	file_free(text, len);
	return error;
}

/* ---- the set in force */

void filter_store_open(struct filter_store *s, struct filters *filters)
{
	pthread_mutex_init(&s->lock, NULL);
	s->now = filters;
}

void filter_store_replace(struct filter_store *s, struct filters *filters)
{
	struct filters *before;

	pthread_mutex_lock(&s->lock);
	before = s->now;
	s->now = filters;
	pthread_mutex_unlock(&s->lock);
	filters_release(before);
}

void filter_store_close(struct filter_store *s)
{
	filters_release(s->now);
	pthread_mutex_destroy(&s->lock);
}

bool filter_store_use(struct filter_store *s, const char *name, struct filter_use *use)
{
	struct filter_use found = { NULL, NULL };

	pthread_mutex_lock(&s->lock);
	if (s->now)
		found = (struct filter_use){ s->now, find(s->now, name) };
	if (found.filter)
		atomic_fetch_add(&found.of->holders, 1);
	pthread_mutex_unlock(&s->lock);
	if (!found.filter)
		return false;
	filter_use_end(use);
	*use = found;
	return true;
}

bool filter_store_has(struct filter_store *s, const char *name)
{
	bool has;

	pthread_mutex_lock(&s->lock);
	has = filters_have(s->now, name);
	pthread_mutex_unlock(&s->lock);
	return has;
}

void filter_use_end(struct filter_use *use)
{
	filters_release(use->of);
	*use = (struct filter_use){ NULL, NULL };
}
