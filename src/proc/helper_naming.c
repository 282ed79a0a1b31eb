/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proc/helper_naming.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "util/file.h"

enum { NAMING_MAX = 16 * 1024 * 1024 }; /* of a file whose text permits more */

/* Called with the text of a file of users; may change the text. Returns true if no other file need be read. */
typedef bool take_text(void *arg, char *text, size_t len, bool is_conf);

static bool take_file(const char *path, bool is_conf, take_text *take, void *arg)
{
	char *text;
	size_t len;
	bool is_done;

	if (file_read(path, NAMING_MAX, &text, &len))
		return false;
	is_done = take(arg, text, len, is_conf);
	file_free(text, len);
	return is_done;
}

static bool take_folder(const char *path, DIR *folder, take_text *take, void *arg)
{
	char file[PATH_MAX];
	const struct dirent *e;
	bool is_done = false;

	while (!is_done && (e = readdir(folder)))
		if (file_is_conf(e->d_name) &&
		    (size_t)snprintf(file, sizeof(file), "%s/%s", path, e->d_name) < sizeof(file))
			is_done = take_file(file, true, take, arg);
	return is_done;
}

static bool take_users(const struct helper_files *f, take_text *take, void *arg)
{
	bool is_done = false;

	for (const struct helper_path *p = f->first; p && !is_done; p = p->next) {
		DIR *folder = p->use == HELPER_FILE_USERS ? opendir(p->path) : NULL;

		if (folder)
			is_done = take_folder(p->path, folder, take, arg);
		else if (p->use == HELPER_FILE_USERS)
			is_done = take_file(p->path, false, take, arg);
		if (folder)
			closedir(folder);
	}
	return is_done;
}

struct word_search {
	bool (*is_it)(const void *arg, const char *word);
	const void *arg;
};

static bool has_word(void *arg, char *text, size_t len, bool is_in_folder)
{
	const struct word_search *s = arg;
	char *line, *word;

	(void)len;
	(void)is_in_folder;
	while ((line = strsep(&text, "\n"))) {
		line += strspn(line, " \t\r");
		if (*line == '#' || *line == ';')
			continue;
		while ((word = strsep(&line, " \t\r\"'=,;")))
			if (*word && s->is_it(s->arg, word))
				return true;
	}
	return false;
}

bool helper_naming_has_word(const struct helper_files *f,
			    bool (*is_it)(const void *arg, const char *word), const void *arg)
{
	struct word_search s = { is_it, arg };

	return take_users(f, has_word, &s);
}

struct path_search {
	const struct helper_files *files;
	const char *path;
	enum helper_may may;
	bool is_found;
};

static void compare_path(void *arg, const char *path, enum helper_may may)
{
	struct path_search *s = arg;

	s->is_found |= may >= s->may && !strcmp(s->path, path);
}

static bool has_path(void *arg, char *text, size_t len, bool is_in_folder)
{
	struct path_search *s = arg;

	s->files->naming->users(text, len, is_in_folder, compare_path, s);
	return s->is_found;
}

bool helper_naming_has(const struct helper_files *f, const char *path, enum helper_may may)
{
	struct path_search s = { .files = f, .path = path, .may = may };

	if (!f->naming)
		return false;
	for (const struct helper_path *p = f->first; p && !s.is_found; p = p->next)
		if (p->use == HELPER_FILE_SETTINGS)
			f->naming->settings(f->naming, p->path, compare_path, &s);
	return s.is_found || take_users(f, has_path, &s);
}
