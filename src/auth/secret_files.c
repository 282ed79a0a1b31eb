/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "auth/secret_files.h"

#include <stdlib.h>
#include <string.h>

#include "auth/secrets_lexer.h"
#include "util/file.h"
#include "util/text.h"

struct naming {
	void (*each)(void *arg, const char *path);
	void *arg;
};

static void take_secret(const struct naming *n, const char *secret)
{
	if (secret[0] == '@' && secret[1] == '/')
		n->each(n->arg, secret + 1);
}

static void take_lines(const struct naming *n, const char *text, size_t len)
{
	char *arena = malloc(secrets_lexer_arena_len(len));
	struct secrets_lexer l;
	struct secrets_line line;

	if (!arena)
		return;
	l = secrets_lexer_of(text, len, arena);
	while (secrets_lexer_next_line(&l, &line))
		if (line.count > COLUMN_SECRET)
			take_secret(n, line.word[COLUMN_SECRET].text);
	file_free(arena, secrets_lexer_arena_len(len));
}

/* "password = @/FILE" */
static void take_setting(const struct naming *n, char *line)
{
	static const char key[] = "password";
	char *value = strchr(line, '=');

	if (!value)
		return;
	*value = '\0';
	if (!strcmp(text_strip(line), key))
		take_secret(n, text_strip(value + 1));
}

static void take_settings(const struct naming *n, const char *text)
{
	char *copy = strdup(text), *rest = copy, *line;
	size_t len = copy ? strlen(copy) : 0;

	while (copy && (line = strsep(&rest, "\n")))
		take_setting(n, line);
	file_free(copy, len);
}

void secret_files_named(const char *text, size_t len, bool is_conf,
			void (*each)(void *arg, const char *path), void *arg)
{
	const struct naming n = { each, arg };

	if (is_conf)
		take_settings(&n, text);
	else
		take_lines(&n, text, len);
}
