/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Small files as a whole: read at once, written at once. What is read may hold secrets, so nothing
 * here leaves a copy behind.
 */
#ifndef SSTP_UTIL_FILE_H
#define SSTP_UTIL_FILE_H

#include <stddef.h>
#include <sys/stat.h>

/*
 * The content of a regular file, with a zero byte behind it that does not count. `*text` is the
 * caller's, for file_free. 0 or -errno: -EFBIG when it is longer than `max`, -EINVAL when it is no
 * regular file.
 */
int file_read(const char *path, size_t max, char **text, size_t *len);
int file_read_fd(int fd, size_t max, char **text, size_t *len);
void file_free(char *text, size_t len); /* wipes; NULL is fine */

/*
 * Opens for reading and writing, and locks, a file that says by its lock that its owner lives.
 * `flags` may add O_CREAT (0600). The descriptor or -errno: -EBUSY when another process has it.
 */
int file_open_locked(const char *path, int flags);

int file_write(int fd, const void *from, size_t len);

/*
 * New content for an open file that must stay the same file (it is locked, or mounted by itself).
 * The old content is written over before the file is cut, so a reader hardly ever meets it empty.
 */
int file_overwrite(int fd, const void *from, size_t len);

/*
 * Puts a new file in the place of `path`, so that every reader sees all of the old or all of the
 * new one, also after a power cut. Owner and mode are those of `like`; NULL: ours and 0600. A
 * symbolic link stays one, and what it points at is replaced, unless others can write to the folder
 * of the link: there the link itself is replaced.
 *
 * The new file is made as PATH.sstp-new. When we are killed meanwhile it is left over, and used by the
 * next call; of two calls at once the second waits.
 */
int file_replace(const char *path, const void *from, size_t len, const struct stat *like);

/* Lets us have so many descriptors open, or as many as we may: how many that is. */
size_t file_raise_limit(size_t wanted);
size_t file_count_open(void); /* descriptors, at start: those under 4096 */

#endif
