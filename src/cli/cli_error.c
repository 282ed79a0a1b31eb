/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cli_error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/log.h"
#include "util/secret.h"

static struct saved_value *all_saved;
static struct error *kept;

struct saved_value *saved_value_new(const char *text)
{
	struct saved_value *k = calloc(1, sizeof(*k) + strlen(text) + 1);

	if (!k)
		return NULL;
	strcpy(k->text, text);
	k->len = strlen(text);
	k->next = all_saved;
	all_saved = k;
	return k;
}

/* For --config itself the text already names the line. */
static bool names_file(const struct option *o)
{
	return o && o->arg && !strcmp(o->arg, "FILE") && strcmp(o->name, "config") != 0;
}

/* The last value that names a file and that `text` begins with. NULL: none. */
static const struct saved_value *file_in(const char *text)
{
	for (const struct saved_value *k = all_saved; k; k = k->next) {
		size_t len = strlen(k->text);

		if (names_file(k->option) && len && !strncmp(text, k->text, len) &&
		    text[len] == ':')
			return k;
	}
	return NULL;
}

const char *saved_value_origin(const char *value)
{
	for (const struct saved_value *k = all_saved; k; k = k->next)
		if (value >= k->text && value <= k->text + k->len)
			return k->origin;
	return "";
}

void saved_value_wipe(const char *value)
{
	for (struct saved_value *k = all_saved; k; k = k->next)
		if (value == k->text)
			secret_wipe(k->text, k->len);
}

void cli_error_keep(struct error *err)
{
	kept = err;
	if (err)
		err->text[0] = '\0';
}

void cli_error(const struct verb *verb, const char *format, ...)
{
	char text[2048];
	const struct saved_value *file;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	file = file_in(text);
	if (kept) {
		if (!*kept->text)
			snprintf(kept->text, sizeof(kept->text), "%.180s%.200s",
				 file ? file->origin : "", text);
		return;
	}
	log_print("sstp %s: %s%s", verb->name, file ? file->origin : "", text);
}
