/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading and writing small files as a whole. They may contain secrets, so no copy is left in memory.
 */
#ifndef SSTP_UTIL_FILE_H
#define SSTP_UTIL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/*
 * Reads a regular file, and adds a zero byte that *len does not count. The caller frees `*text` by
 * file_free. 0 or -errno: -EFBIG when it is longer than `max`, -EINVAL when it is not a regular file.
 */
int file_read(const char *path, size_t max, char **text, size_t *len);
int file_read_fd(int fd, size_t max, char **text, size_t *len);
void file_free(char *text, size_t len); /* wipes; NULL is fine */
const char *file_strerror(int error);   /* of one of the two above */

/*
 * Opens and locks a file for reading and writing; the lock shows that its owner is running.
 * `flags` may add O_CREAT (0600). Returns the descriptor or -errno: -EBUSY when another process has it.
 */
int file_open_locked(const char *path, int flags);

/*
 * Opens a file for writing. If there is none, makes one that everybody can read, whatever the umask: programs
 * of all users read resolv.conf. `flags` are of open. Returns the descriptor or -errno.
 */
int file_open_public(const char *path, int flags);

int file_write(int fd, const void *from, size_t len);

/*
 * New content for an open file that must stay the same file (it is locked, or mounted by itself).
 * The old content is overwritten before the file is truncated, so a reader hardly ever sees it empty.
 */
int file_overwrite(int fd, const void *from, size_t len);

/*
 * Replaces `path` atomically by a new file: every reader sees either the complete old or the complete
 * new one, also after a power failure. Owner and mode are those of `like`; NULL: ours and 0600. If it is
 * a symbolic link, its target is replaced, unless others can write to the folder of the link: then the
 * link itself is replaced.
 *
 * The new file is made as PATH.sstp-new. If we are killed meanwhile it remains, and the next call uses
 * it; of two calls at the same time the second waits.
 */
int file_replace(const char *path, const void *from, size_t len, const struct stat *like);

/* Of a folder of configuration: whether the file of that name is read, which is NAME.conf. A hidden one is not. */
bool file_is_conf(const char *name);

/* Raises RLIMIT_NOFILE to `wanted`, or to the hard limit. Returns the limit. */
size_t file_raise_limit(size_t wanted);
size_t file_count_open(void); /* descriptors, at start: those under 4096 */

#endif
