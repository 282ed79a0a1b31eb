/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resolv.conf as a file. Ours has a first line that says where the former content is: in a backup
 * in the same folder, or after "#|" in the file itself. The file is written in place so that at
 * every moment it is the former file or ours, possibly followed by a rest that the next start can
 * recognize and cut off.
 */
#ifndef SSTP_CLIENT_RESOLV_CONF_H
#define SSTP_CLIENT_RESOLV_CONF_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/ip.h"
#include "util/log.h"

enum {
	RESOLV_CONF_MAX = 64 * 1024,
	RESOLV_CONF_QUOTE_LEN = 2,
};

/* Where the former content is. */
enum resolv_conf_where {
	RESOLV_CONF_NONE,   /* nowhere: this file is not ours */
	RESOLV_CONF_BESIDE, /* a backup in the same folder */
	RESOLV_CONF_INSIDE, /* in our file, as comments */
};

/* the backup's name: the file's name, this mark, the device's name */
extern const char resolv_conf_backup_mark[];
extern const char resolv_conf_no_file[]; /* the content of a backup if there was no file */

/* ---- text. The functions that print do not check bounds: see dns_file.c. */

/* Prints our first line; returns its length. */
size_t resolv_conf_print_mark(const char *device, enum resolv_conf_where where, const char *backup,
			      char *to, size_t room);
/* Parses the first line of a file. `backup` is set for RESOLV_CONF_BESIDE. */
enum resolv_conf_where resolv_conf_where(const char *text, char backup[PATH_MAX]);
/*
 * Print parts of the former file: the lines that are not about servers; the same with one "search"
 * line that begins with `search`; all lines as comments. They return the length.
 */
size_t resolv_conf_print_kept(const char *former, char *to);
size_t resolv_conf_print_search(const char *former, const char *search, char *to);
size_t resolv_conf_print_quoted(const char *former, char *to);
/* If `text` is one of our files with the former content in it, replaces it by that content. */
void resolv_conf_unquote(char *text);
/*
 * Cuts off the rest that a process left which died while it wrote. Returns whether there was one.
 */
bool resolv_conf_cut(char *text);

/* The addresses of a file's "nameserver" lines, `max` at most; a missing file has none. */
size_t resolv_conf_servers(const char *path, struct ip_addr *servers, size_t max);

/* ---- files. Functions return 0 or -errno. */

/*
 * Reads the file; a missing file is treated as empty. Returns NULL if it cannot be read, see
 * *error.
 */
char *resolv_conf_read(const char *path, int *error);
int resolv_conf_write(const char *path, const char *text, size_t len);
int resolv_conf_overwrite(int fd, const char *text, size_t len);
int resolv_conf_restore(const char *path, int backup_fd);
/* Resolves symbolic links. Returns the last slash in `real`. */
char *resolv_conf_real_path(const char *path, char real[PATH_MAX]);

/*
 * If the sstp that wrote this file has died, restores the former file; also removes unused backups.
 * Returns -EBUSY if it still runs, 0 if the file is not ours (any more), else -errno.
 */
int resolv_conf_recover(const char *path, const struct log *log);

#endif
