/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A configuration file with arbitrary contents. The first byte selects the verb. Every line is a setting or
 * an error with its line; every value is accepted or refused with a reason. The lines are also used as an
 * environment.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/config_file.h"
#include "cli/tidy.h"
#include "cli/variables.h"
#include "cli/verbs.h"
#include "fuzz/target.h"
#include "util/file.h"
#include "util/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
/* Settings are kept until the program ends. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

enum { SETTINGS_SIZE = 256 * 1024, VALUES_MAX = 64 };

/* What a verb's settings begin with, and the values that they point to. */
static _Alignas(16) char settings[SETTINGS_SIZE];
static char *values[VALUES_MAX];
static size_t value_count;

struct reading {
	const struct verb *verb;
	unsigned line;
};

static bool take(void *arg, const char *file, unsigned line, const char *key, const char *value)
{
	struct reading *r = arg;
	struct option_in in;
	struct error err = { "" };
	const struct option *o = option_find(r->verb, key, strlen(key), &in);

	(void)file;
	assert(line >= r->line);
	r->line = line;
	if (!o || !o->set || value_count == VALUES_MAX)
		return true;
	assert(in.at < SETTINGS_SIZE / 2);
	values[value_count] = strdup(value);
	if (values[value_count] && !o->set(settings + in.at, values[value_count], &err))
		assert(*err.text);
	value_count++;
	return true;
}

static void clear_lists(const struct verb *verb)
{
	struct option_walk walk = option_walk(verb);

	while (option_next(&walk))
		if (walk.in.option->clear)
			walk.in.option->clear(settings + walk.in.at);
}

/* Each line is a variable, "SSTP_SERVER=a" or another one. */
static void read_environment(const struct verb *verb, const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1), *rest = text, *variables[VALUES_MAX + 1];
	size_t count = 0;

	if (!text)
		return;
	memcpy(text, data, len);
	text[len] = '\0';
	while (count < VALUES_MAX && (variables[count] = strsep(&rest, "\n")))
		count += strchr(variables[count], '=') != NULL; /* as the kernel passes them */
	variables[count] = NULL;
	log_set_sink(drop_line);
	variables_warn(verb, variables);
	tidy_print_warnings();
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reading r = { NULL, 0 };
	char path[32];
	struct error err = { "" };
	int fd;

	if (len < 1 || len > 8192)
		return 0;
	r.verb = all_verbs[data[0] % VERB_COUNT];
	if (!verb_takes_file(r.verb))
		return 0;
	fd = memfd_create("config", MFD_CLOEXEC);
	if (fd < 0)
		return 0;
	memset(settings, 0, sizeof(settings));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!file_write(fd, data + 1, len - 1) && !config_file_read(path, take, &r, &err))
		assert(*err.text);
	clear_lists(r.verb);
	read_environment(r.verb, data + 1, len - 1);
	while (value_count)
		free(values[--value_count]);
	close(fd);
	return 0;
}
