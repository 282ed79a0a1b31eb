/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A faulty key or value is reported here, with its line; a faulty secret or address by users.c. */
#include "auth/users_folder.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/secrets_lexer.h"
#include "auth/user_groups.h"
#include "auth/users_private.h"
#include "util/file.h"
#include "util/file_agent.h"
#include "util/secret.h"
#include "util/text.h"

enum {
	CONF_LEN_MAX = 64 * 1024,
	WORD_TEXT_MAX = 2 * WORD_MAX + 3, /* quoted, every byte escaped */
	ROOM_FIRST = 4096,
};

struct conf {
	struct users_folder *f;
	const char *path;
	unsigned line;
	struct error *err;
	const char *password, *server; /* NULL: none */
	const char *words[LINE_WORDS_MAX];
	size_t word_count;
};

static int fail(const struct conf *c, const char *why)
{
	return users_fail(c->err, -EINVAL, c->path, c->line, "%s", why);
}

/* ---- the text */

static int make_room(struct users_folder *f, size_t more)
{
	size_t room = f->room ? f->room : ROOM_FIRST;
	char *text;

	while (room - f->len < more)
		room *= 2;
	if (room == f->room)
		return 0;
	text = malloc(room);
	if (!text)
		return -ENOMEM;
	if (f->len)
		memcpy(text, f->text, f->len);
	file_free(f->text, f->len); /* which wipes it */
	f->text = text;
	f->room = room;
	return 0;
}

static int put(struct users_folder *f, const char *text, size_t len)
{
	int error = make_room(f, len + 1);

	if (error)
		return error;
	memcpy(f->text + f->len, text, len);
	f->len += len;
	f->text[f->len] = '\0';
	return 0;
}

/* As a word of the user file, and a blank. */
static int put_word(const struct conf *c, const char *a, const char *b)
{
	char whole[WORD_MAX + 1], quoted[WORD_TEXT_MAX];
	int error = 0;

	if ((size_t)snprintf(whole, sizeof(whole), "%s%s", a, b) >= sizeof(whole) ||
	    !secrets_lexer_quote(whole, quoted, sizeof(quoted)))
		return users_fail(c->err, -EINVAL, c->path, 0, "a value is longer than %d bytes",
				  WORD_MAX);
	error = put(c->f, quoted, strlen(quoted));
	secret_wipe(whole, sizeof(whole));
	secret_wipe(quoted, sizeof(quoted));
	return error ? error : put(c->f, " ", 1);
}

/* ---- a file */

/* Checks "rate=5M" now, while the line is known. */
static const char *why_bad(const char *word)
{
	struct user_limits unused = { .session_s = 0 };
	const char *why = NULL;

	if (strncmp(word, USER_GROUP_KEY, strlen(USER_GROUP_KEY)) != 0)
		why = user_limits_take(&unused, word);
	user_limits_free(&unused);
	return why;
}

/* `line` becomes "key=value", without the blanks around the equals sign. */
static int take_word(struct conf *c, char *line, const char *value)
{
	size_t len = strcspn(line, " \t=");
	const char *why;

	line[len++] = '=';
	memmove(line + len, value, strlen(value) + 1);
	why = why_bad(line);
	if (why == user_limits_unknown)
		why = "the word before = must be one of password, server, address, " USER_LIMITS_KEYS;
	if (why)
		return fail(c, why);
	c->words[c->word_count++] = line;
	return 0;
}

static int take_setting(struct conf *c, char *line)
{
	char *equals = strchr(line, '='), *value = equals ? text_strip(equals + 1) : NULL;
	size_t len = strcspn(line, " \t=");

	if (!equals || equals != line + len + strspn(line + len, " \t"))
		return fail(c, "must be: key = value");
	if (c->word_count == LINE_WORDS_MAX - COLUMN_ADDRESS)
		return fail(c, "too many lines");
	if (len == 8 && !strncmp(line, "password", len))
		c->password = value;
	else if (len == 6 && !strncmp(line, "server", len))
		c->server = value;
	else if (len == 7 && !strncmp(line, "address", len))
		c->words[c->word_count++] = value;
	else
		return take_word(c, line, value);
	return 0;
}

static int take_settings(struct conf *c, char *text)
{
	char *line;
	int error = 0;

	while (!error && (line = strsep(&text, "\n"))) {
		c->line++;
		line = text_strip(line);
		if (*line && *line != '#' && *line != ';')
			error = take_setting(c, line);
	}
	return error;
}

static int put_line(const struct conf *c, const char *name)
{
	bool is_user = c->password != NULL;
	const char *mark = is_user || *name == '@' ? "" : USER_GROUP_OF_USER;
	int error = put_word(c, mark, name);

	if (!error)
		error = put_word(c, c->server ? c->server : "*", "");
	if (!error)
		error = put_word(c, is_user ? c->password : "-", "");
	for (size_t i = 0; i < c->word_count && !error; i++)
		error = put_word(c, c->words[i], "");
	return error ? error : put(c->f, "\n", 1);
}

static void warn_of_readers(const struct conf *c)
{
	mode_t mode;

	if (c->password && !file_look(c->path, &mode) && (mode & (S_IWGRP | S_IRWXO)))
		log_warn(NULL, "%s: other users can read or change it: chmod 600 (mode is %03o)",
			 c->path, (unsigned)mode & 0777);
}

static int keep_name(struct users_folder *f, const char *path)
{
	char **file = realloc(f->file, (f->count + 1) * sizeof(*file));

	if (!file)
		return -ENOMEM;
	f->file = file;
	file[f->count] = strdup(path);
	return file[f->count] ? (f->count++, 0) : -ENOMEM;
}

static int read_file(struct users_folder *f, const char *path, const char *name, struct error *err)
{
	struct conf c = { .f = f, .path = path, .err = err };
	char *text;
	size_t len;
	int error = file_read(path, CONF_LEN_MAX, &text, &len);

	if (error)
		return users_fail(err, error, path, 0, "%s", file_strerror(error));
	if (memchr(text, '\0', len))
		error = users_fail(err, -EINVAL, path, 0, "has a zero byte");
	if (!error)
		error = take_settings(&c, text);
	if (!error && *name == '@' && c.password)
		error = users_fail(err, -EINVAL, path, 0, "a group has no password");
	if (!error)
		error = keep_name(f, path);
	if (!error)
		error = put_line(&c, name);
	warn_of_readers(&c);
	file_free(text, len);
	return error;
}

/* ---- the folder */

/* The names of the files, sorted. */
struct names {
	char **at;
	size_t count;
};

static int add_name(struct names *n, const char *name)
{
	char **at = realloc(n->at, (n->count + 1) * sizeof(*at));

	if (!at)
		return -ENOMEM;
	n->at = at;
	at[n->count] = strdup(name);
	return at[n->count] ? (n->count++, 0) : -ENOMEM;
}

static int compare(const void *a, const void *b)
{
	return strcoll(*(char *const *)a, *(char *const *)b);
}

static int list(const char *path, struct names *n)
{
	DIR *folder = file_open_folder(path);
	const struct dirent *e;
	int error = 0;

	if (!folder)
		return -errno;
	while (!error && (e = readdir(folder)))
		if (file_is_conf(e->d_name))
			error = add_name(n, e->d_name);
	closedir(folder);
	if (n->count)
		qsort(n->at, n->count, sizeof(*n->at), compare);
	return error;
}

static void free_names(struct names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->at[i]);
	free(n->at);
}

static int read_entry(struct users_folder *f, const char *folder, const char *entry,
		      struct error *err)
{
	char path[PATH_MAX], name[NAME_MAX + 1];
	size_t len = strlen(folder);

	snprintf(path, sizeof(path), "%s%s%s", folder, len && folder[len - 1] == '/' ? "" : "/",
		 entry);
	snprintf(name, sizeof(name), "%.*s", (int)(strrchr(entry, '.') - entry), entry);
	return read_file(f, path, name, err);
}

int users_folder_read(struct users_folder *f, const char *folder, struct error *err)
{
	struct names n = { .at = NULL };
	int error = list(folder, &n);

	*err = (struct error){ .text = "" };
	if (error)
		users_fail(err, error, folder, 0, "%s", strerror(-error));
	for (size_t i = 0; i < n.count && !error; i++)
		error = read_entry(f, folder, n.at[i], err);
	free_names(&n);
	if (error == -ENOMEM && !*err->text)
		users_fail(err, error, folder, 0, "%s", strerror(ENOMEM));
	return error;
}

int users_folder_put_first(struct users_folder *f, const char *text, size_t len)
{
	static const char between[] = "\n\n"; /* two: the text may end with a backslash */
	int error = make_room(f, len + sizeof(between));

	if (error)
		return error;
	memmove(f->text + len + sizeof(between) - 1, f->text, f->len);
	memcpy(f->text, text, len);
	memcpy(f->text + len, between, sizeof(between) - 1);
	f->len += len + sizeof(between) - 1;
	f->text[f->len] = '\0';
	return 0;
}

void users_folder_free(struct users_folder *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->file[i]);
	free(f->file);
	file_free(f->text, f->len);
}
