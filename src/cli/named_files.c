/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/named_files.h"

#include <stdlib.h>
#include <string.h>

#include "cli/config_file.h"
#include "cli/tidy.h"
#include "cli/value.h"

struct naming {
	const struct verb *verb;
	void (*one)(void *arg, const char *option, const char *file, bool reloads);
	void *arg;
};

static bool take(void *arg, const char *file, unsigned line, const char *key, const char *value)
{
	const struct naming *n = arg;
	const struct option *o = option_named(n->verb, key);
	const struct tidy_place place = { .has_comments = true };
	char *text = o && value_is_file(o) ? strdup(value) : NULL;
	struct error err;

	(void)file;
	(void)line;
	if (text && tidy_value(text, &place, &err))
		n->one(n->arg, o->name, text, o->flags & OPTION_RELOADS);
	free(text);
	return true;
}

void named_files(const struct verb *verb, const char *config,
		 void (*one)(void *arg, const char *option, const char *file, bool reloads),
		 void *arg)
{
	struct naming n = { verb, one, arg };
	struct error err;

	config_file_read(config, take, &n, &err); /* at an error it takes what comes before that */
}
