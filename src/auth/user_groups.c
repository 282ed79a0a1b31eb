/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text is read for groups before it is read for users, since a group may come after them. */
#include "auth/user_groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/file.h"

bool user_groups_are_in(const char *text, size_t len)
{
	return memchr(text, '@', len);
}

bool user_groups_have(const struct secrets_line *line)
{
	return line->count > COLUMN_SECRET && line->word[COLUMN_CLIENT].text[0] == '@' &&
	       !strcmp(line->word[COLUMN_SECRET].text, "-");
}

static bool add(struct user_groups *g, const struct secrets_line *line)
{
	struct user_group *more = realloc(g->at, (g->count + 1) * sizeof(*more));
	size_t count = line->count > COLUMN_ADDRESS ? line->count - COLUMN_ADDRESS : 0;
	const char **word = calloc(count + 1, sizeof(*word));

	if (more)
		g->at = more;
	if (!more || !word) {
		free(word);
		return false;
	}
	for (size_t i = 0; i < count; i++)
		word[i] = line->word[COLUMN_ADDRESS + i].text;
	g->at[g->count++] = (struct user_group){ .name = line->word[COLUMN_CLIENT].text,
						 .word = word,
						 .count = count,
						 .line = line->number };
	return true;
}

/* By name, and of one name the earlier line first. */
static int compare(const void *a, const void *b)
{
	const struct user_group *one = a, *other = b;
	int names = strcmp(one->name, other->name);

	return names ? names : one->line < other->line ? -1 : one->line > other->line;
}

int user_groups_read(struct user_groups *g, const char *text, size_t len)
{
	struct secrets_lexer lexer;
	struct secrets_line line;

	*g = (struct user_groups){ .arena_len = secrets_lexer_arena_len(len) };
	g->arena = malloc(g->arena_len);
	if (!g->arena)
		return -ENOMEM;
	lexer = secrets_lexer_of(text, len, g->arena);
	while (secrets_lexer_next_line(&lexer, &line))
		if (user_groups_have(&line) && !add(g, &line))
			return -ENOMEM;
	if (g->count)
		qsort(g->at, g->count, sizeof(*g->at), compare);
	return 0;
}

void user_groups_free(struct user_groups *g)
{
	for (size_t i = 0; i < g->count; i++)
		free(g->at[i].word);
	free(g->at);
	file_free(g->arena, g->arena ? g->arena_len : 0);
}

/* strcmp of "@staff" and "@", "staff" */
static int compare_name(const char *whole, const char *mark, const char *name)
{
	size_t len = strlen(mark);
	int start = strncmp(whole, mark, len);

	return start ? start : strcmp(whole + len, name);
}

const struct user_group *user_groups_find(const struct user_groups *g, const char *mark,
					  const char *name)
{
	size_t low = 0, high = g->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_name(g->at[middle].name, mark, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < g->count && !compare_name(g->at[low].name, mark, name) ? &g->at[low] : NULL;
}
