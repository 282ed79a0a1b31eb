/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files of settings and users that a helper may read (HELPER_FILE_SETTINGS, HELPER_FILE_USERS), and which others they name. They
 * are read again for each question, since their owner may have changed them.
 */
#ifndef SSTP_PROC_HELPER_NAMING_H
#define SSTP_PROC_HELPER_NAMING_H

#include "proc/helper_files.h"

/* What a file permits by naming another one. */
enum helper_may {
	HELPER_MAY_LOOK, /* only tell its type and permissions */
	HELPER_MAY_OPEN,
};
typedef void helper_named(void *arg, const char *path, enum helper_may may);

/* Find the files that a file names, and call `one` for each. */
struct helper_naming {
	void (*settings)(const struct helper_naming *n, const char *path, helper_named *one,
			 void *arg);
	/* `text` has `len` bytes and a zero byte; is_conf: it is from a file in a folder of users */
	void (*users)(const char *text, size_t len, bool is_conf, helper_named *one, void *arg);
};

/* Whether one of them names that file, and permits at least `may`. */
bool helper_naming_has(const struct helper_files *f, const char *path, enum helper_may may);
/* Whether is_it returns true for a word of a file of users, comments excluded. */
bool helper_naming_has_word(const struct helper_files *f,
			    bool (*is_it)(const void *arg, const char *word), const void *arg);

#endif
