/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files that a helper opens and writes for a process which has given its privileges up.
 *
 * It opens, for reading only, regular files and folders: what was permitted by its path before the seal, the files in
 * a permitted folder, and what a permitted file of settings or users names now as a file to be read (struct
 * helper_naming). An attacker who has taken over the other process can change none of those files, and so cannot make
 * the helper open another one. A file that is opened later must not be a device or a FIFO.
 *
 * Where there is a HELPER_FILE_SECRET, another process has the private keys: then a file that is named later is not
 * opened if it has a private key.
 */
#ifndef SSTP_PROC_HELPER_FILES_H
#define SSTP_PROC_HELPER_FILES_H

#include "proc/helper.h"
#include "util/file_agent.h"

/* ---- the service */

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

struct helper_files {
	const struct helper_naming *naming; /* NULL: no file names others */
	struct helper_path *first;          /* permitted paths */
	struct helper_path *writing;        /* the file whose new content arrives in pieces */
	char *text;                         /* its content so far */
	size_t len, room;
};

/* `f` is the service's state, zero-initialized except `naming`. */
struct helper_service helper_files_service(struct helper_files *f);

/* For other services: whether the file's type, permissions and times may be known. */
bool helper_files_permits_look(struct helper_files *f, const char *path);
/* Whether is_it returns true for a word of a file of users, comments excluded. */
bool helper_files_name(struct helper_files *f, bool (*is_it)(const void *arg, const char *word),
		       const void *arg);

/* ---- the process that asks */

struct helper_files_agent {
	struct file_agent agent;
	struct helper *helper;
	bool is_sealed;
};

/*
 * Until helper_files_sealed the process opens files itself, and each that it opens, also one that does not exist, is
 * permitted for later, as is what was noted before (file_note_paths).
 */
void helper_files_use(struct helper_files_agent *a, struct helper *h);
void helper_files_sealed(struct helper_files_agent *a);

enum helper_file_use {
	HELPER_FILE_READ,
	HELPER_FILE_LOOK,         /* only its type and permissions */
	HELPER_FILE_SETTINGS,     /* read, and what its text names, too */
	HELPER_FILE_USERS,        /* the same; of a folder: what its files *.conf name */
	HELPER_FILE_WRITE,        /* replaced */
	HELPER_FILE_WRITE_FOLDER, /* replaced, and its folder is made if it is missing */
	HELPER_FILE_CONNECT,      /* a Unix socket to connect to */
	HELPER_FILE_REMOVE, /* removed when the helper ends, if it is the same file then as now */
	HELPER_FILE_SECRET, /* of a private key: it is never opened, whatever else permits it */
	HELPER_FILE_USES,
};
/* Before the seal; 0 or -errno. */
int helper_files_permit(struct helper *h, const char *path, enum helper_file_use use);

#endif
