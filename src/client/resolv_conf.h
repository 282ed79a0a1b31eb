/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resolv.conf as a file: ours has a first line that says where the former one is, a backup beside it or
 * the lines after "#|" in itself. It is written in place, so that at every moment it is the former file,
 * or ours, with at most an end after it that the next start knows to cut.
 */
#ifndef SSTP_CLIENT_RESOLV_CONF_H
#define SSTP_CLIENT_RESOLV_CONF_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/log.h"

enum { RESOLV_CONF_MAX = 64 * 1024, RESOLV_CONF_QUOTE_LEN = 2 };

/* Where the former file is. */
enum resolv_conf_where {
	RESOLV_CONF_NONE,   /* nowhere: this is no file of ours */
	RESOLV_CONF_BESIDE, /* a backup in the same folder */
	RESOLV_CONF_INSIDE, /* in ours, as comments */
};

extern const char resolv_conf_backup_mark[]; /* between the file's name and the device's */
extern const char resolv_conf_no_file[];     /* the backup of no file */

/* ---- text. What is printed has no bounds of its own: see dns_file.c. */

/* Our first line; gives its length. */
size_t resolv_conf_print_mark(const char *device, enum resolv_conf_where where, const char *backup,
			      char *to, size_t room);
/* By the first line of this text. `backup` is set for RESOLV_CONF_BESIDE. */
enum resolv_conf_where resolv_conf_where(const char *text, char backup[PATH_MAX]);
/* Of the former file: what is no server, and all of it as comments. Give the length. */
size_t resolv_conf_print_kept(const char *former, char *to);
size_t resolv_conf_print_quoted(const char *former, char *to);
/* The former file out of one of ours that has it in itself; any other text stays as it is. */
void resolv_conf_unquote(char *text);
/* Takes off the end that a process which died while it wrote has left. */
bool resolv_conf_cut(char *text);

/* ---- files. 0 or -errno. */

/* An absent file is an empty one. NULL: it can't be read, see *error. */
char *resolv_conf_read(const char *path, int *error);
int resolv_conf_write(const char *path, const char *text, size_t len);
int resolv_conf_overwrite(int fd, const char *text, size_t len);
int resolv_conf_put_back(const char *path, int backup_fd);
/* Of the file that is meant, where there is a link. Gives the last slash. */
char *resolv_conf_real_path(const char *path, char real[PATH_MAX]);

/*
 * If the writer of this file is dead, puts the former one back, and removes backups that are of no use.
 * -EBUSY when it lives, 0 when it is nobody's of us (now), else -errno.
 */
int resolv_conf_recover(const char *path, const struct log *log);

#endif
