/* Small files as a whole: read into memory, and written so that no reader ever sees half of one. */
#ifndef SSTP_TLS_FILE_H
#define SSTP_TLS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

enum { FILE_MAX_LEN = 4 << 20 }; /* bundles of authorities have some 200 KiB */

struct file {
	char *text; /* with a zero behind it */
	size_t len;
	mode_t mode;
};

/* 0 or -errno (-EFBIG above FILE_MAX_LEN, -EISDIR); file_free when done. */
int file_read(const char *path, struct file *f);
void file_free(struct file *f); /* wipes: it may be a key */

/* Through a temporary file beside it, fsync, and a link or rename. -EEXIST unless `replace`. */
int file_write(const char *path, const void *from, size_t len, mode_t mode, bool replace);

#endif
