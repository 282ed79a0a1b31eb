/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files that a helper opens and writes for a process which has given its privileges up.
 *
 * It opens, for reading only, regular files and folders: what was permitted by its path before the seal, the files in
 * a permitted folder, and what a permitted file of settings or users names now as a file to be read
 * (proc/helper_naming.h). An attacker who has taken over the other process can change none of those files, and so cannot make
 * the helper open another one. A file that is opened later must not be a device or a FIFO.
 *
 * Where there is a HELPER_FILE_SECRET, another process has the private keys: then a file that is named later is not
 * opened if it has a private key.
 */
#ifndef SSTP_PROC_HELPER_FILES_H
#define SSTP_PROC_HELPER_FILES_H

#include "proc/helper.h"

/* ---- its questions */

enum {
	HELPER_FILES_PERMIT = HELPER_OP(HELPER_FILES, 1),
	HELPER_FILES_OPEN = HELPER_OP(HELPER_FILES, 2),
	HELPER_FILES_REPLACE = HELPER_OP(HELPER_FILES, 3),
	HELPER_FILES_CONNECT = HELPER_OP(HELPER_FILES, 4),
	HELPER_FILES_LOOK = HELPER_OP(HELPER_FILES, 5),
	HELPER_FILES_FIRST = 1, /* flags of a piece of HELPER_FILES_REPLACE */
	HELPER_FILES_LAST = 2,
	HELPER_FILES_FOLDER = 1, /* flag of HELPER_FILES_OPEN */
};

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

/* ---- the service */

/* What is permitted. */
struct helper_path {
	struct helper_path *next;
	enum helper_file_use use;
	dev_t dev; /* HELPER_FILE_REMOVE */
	ino_t ino;
	char path[];
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

#endif
