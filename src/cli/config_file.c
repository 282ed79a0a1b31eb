/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inih parses the lines. It does not always report line numbers and read errors to its callers, so
 * our line reader records them. inih reads an overlong line in pieces.
 */
#include "cli/config_file.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/input_file.h"

enum { SIZE_MAX_BYTES = 1024 * 1024 };

struct parsing {
	const char *name;
	FILE *file;
	unsigned line;
	bool is_inside;  /* the last piece did not end its line */
	size_t size;     /* so far */
	const char *why; /* reading failed */
	config_line *each;
	void *arg;
	struct error *err;
	bool has_failed;
};

/* UTF-16 begins with FF FE or FE FF if it has a byte order mark, else it contains NUL bytes. */
static bool is_utf16_mark(const struct parsing *p, const char *to, size_t len)
{
	return p->size == 2 && len == 2 &&
	       (!memcmp(to, "\xff\xfe", 2) || !memcmp(to, "\xfe\xff", 2));
}

/* As fgets, but a NUL byte is an error. Returns the length; 0: the end, or p->why is set. */
static size_t read_piece(struct parsing *p, char *to, size_t room)
{
	size_t len = 0;
	int c = 0;

	while (len < room && c != '\n' && (c = getc(p->file)) != EOF) {
		to[len++] = (char)c;
		p->size++;
		if (!c || is_utf16_mark(p, to, len))
			p->why =
				"this is not UTF-8 text (it has a NUL byte, or the mark of UTF-16)";
		else if (p->size > SIZE_MAX_BYTES)
			p->why = "longer than 1 MiB";
		if (p->why)
			return 0;
	}
	if (c == EOF && ferror(p->file))
		p->why = strerror(errno);
	return p->why ? 0 : len;
}

static char *next_line(char *to, int room, void *stream)
{
	struct parsing *p = stream;

	size_t len;

	p->line += !p->is_inside;
	len = read_piece(p, to, (size_t)room - 1);
	to[len] = '\0';
	if (!len)
		return NULL;
	p->is_inside = to[len - 1] != '\n';
	return to;
}

static int setting(void *user, const char *section, const char *key, const char *value)
{
	struct parsing *p = user;

	if (p->has_failed)
		return 1; /* report only the first error */
	if (*section) {
		snprintf(
			p->err->text, sizeof(p->err->text),
			"%s:%u: in section [%.40s]: there are no sections here; a file is for one verb",
			p->name, p->line, section);
		p->has_failed = true;
	} else {
		p->has_failed = !p->each(p->arg, p->name, p->line, key, value);
	}
	return 1;
}

bool config_file_read(const char *file, config_line *each, void *arg, struct error *err)
{
	struct parsing p = { .name = file, .each = each, .arg = arg, .err = err };
	int bad_line, fd = input_file_open(file, &p.why);

	err->text[0] = '\0';
	p.file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!p.file) {
		if (fd >= 0)
			close(fd);
		snprintf(err->text, sizeof(err->text), "%s: %s", file,
			 p.why ? p.why : "out of memory");
		return false;
	}
	bad_line = ini_parse_stream(next_line, &p, setting, &p);
	if (p.why && !p.has_failed) {
		snprintf(err->text, sizeof(err->text), "%s: %s", file, p.why);
		p.has_failed = true;
	} else if (bad_line && !p.has_failed) {
		snprintf(err->text, sizeof(err->text),
			 "%s:%d: must be: key = value, such as user = ann or once = yes", file,
			 bad_line);
		p.has_failed = true;
	}
	fclose(p.file);
	return !p.has_failed;
}
