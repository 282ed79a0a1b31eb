/*
 * inih reads the lines; what it does not tell its callers everywhere, the number of a line, is
 * counted where it fetches them.
 */
#include "cli/config_file.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

struct parsing {
	const char *name;
	FILE *file;
	unsigned line;
	config_line *each;
	void *arg;
	struct option_error *err;
	bool has_failed;
};

static char *next_line(char *to, int room, void *stream)
{
	struct parsing *p = stream;

	p->line++;
	return fgets(to, room, p->file);
}

static int setting(void *user, const char *section, const char *key, const char *value)
{
	struct parsing *p = user;

	if (p->has_failed)
		return 1; /* one complaint is enough */
	if (*section) {
		snprintf(p->err->text, sizeof(p->err->text),
			 "%s:%u: in section [%.40s]: there are no sections here; a file is for one verb",
			 p->name, p->line, section);
		p->has_failed = true;
	} else {
		p->has_failed = !p->each(p->arg, p->name, p->line, key, value);
	}
	return 1;
}

bool config_file_read(const char *file, config_line *each, void *arg, struct option_error *err)
{
	struct parsing p = { .name = file, .each = each, .arg = arg, .err = err };
	int bad_line;

	err->text[0] = '\0';
	p.file = fopen(file, "re");
	if (!p.file) {
		snprintf(err->text, sizeof(err->text), "%s: %s", file, strerror(errno));
		return false;
	}
	bad_line = ini_parse_stream(next_line, &p, setting, &p);
	if (bad_line && !p.has_failed) {
		snprintf(err->text, sizeof(err->text), "%s:%d: must be: key = value", file, bad_line);
		p.has_failed = true;
	}
	fclose(p.file);
	return !p.has_failed;
}
