/*
 * inih reads the lines; what it does not tell its callers everywhere, the number of a line and that
 * reading failed, is noted where it fetches them. It fetches an overlong line in pieces.
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
	bool is_inside; /* the piece fetched last did not end its line */
	int error;      /* errno of a read that failed */
	config_line *each;
	void *arg;
	struct option_error *err;
	bool has_failed;
};

static char *next_line(char *to, int room, void *stream)
{
	struct parsing *p = stream;

	p->line += !p->is_inside;
	if (!fgets(to, room, p->file)) {
		p->error = ferror(p->file) ? errno : 0;
		return NULL;
	}
	p->is_inside = !strchr(to, '\n');
	return to;
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
	if (p.error && !p.has_failed) {
		snprintf(err->text, sizeof(err->text), "%s: %s", file, strerror(p.error));
		p.has_failed = true;
	} else if (bad_line && !p.has_failed) {
		snprintf(err->text, sizeof(err->text), "%s:%d: must be: key = value", file, bad_line);
		p.has_failed = true;
	}
	fclose(p.file);
	return !p.has_failed;
}
