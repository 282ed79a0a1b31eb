/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/leases_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "server/leases.h"
#include "server/registry.h"
#include "util/file.h"
#include "util/file_agent.h"
#include "util/log.h"

void leases_file_load(struct leases_file *f)
{
	char *text;
	size_t len, malformed = 0;
	int error = file_read(f->path, LEASES_FILE_MAX, &text, &len);

	f->is_usable = !error || error == -ENOENT;
	if (!error) {
		malformed = registry_read_leases(f->registry, text, len);
		file_free(text, len);
	} else if (error != -ENOENT) {
		log_warn(NULL, "%s: %s: addresses are not remembered across restarts", f->path,
			 file_strerror(error));
	}
	if (malformed)
		log_warn(
			NULL,
			"%s: %zu line%s not of the form \"10.9.0.2 ann\", and left out: is this the "
			"file of the leases?",
			f->path, malformed, malformed == 1 ? " is" : "s are");
}

/* Called at each save: a client on this host removes an empty /run/sstp when it ends. */
static void make_folder(const char *file)
{
	char *folder = strdup(file), *end = folder ? strrchr(folder, '/') : NULL;

	if (end) {
		*end = '\0';
		mkdir(folder, 0700); /* an error shows when the file is written */
	}
	free(folder);
}

void leases_file_save(struct leases_file *f)
{
	size_t len;
	char *text = NULL;
	int error;

	if (f->is_usable)
		text = registry_print_leases(f->registry, &len);
	if (!text)
		return;
	if (f->is_default && !file_agent_used())
		make_folder(f->path);
	error = file_replace(f->path, text, len, NULL);
	free(text);
	if (!error)
		return;
	f->is_usable = false;
	log_at(NULL, f->is_default ? LOG_LEVEL_INFO : LOG_LEVEL_WARN,
	       "%s: %s: addresses are not remembered across restarts (--leases FILE)", f->path,
	       strerror(-error));
}
