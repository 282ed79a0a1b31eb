/* Reading and writing small files as a whole. */
#include "tls/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/secret.h"

static int read_all(int fd, char *to, size_t len)
{
	while (len) {
		ssize_t n = read(fd, to, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO; /* it shrank meanwhile */
		to += n;
		len -= (size_t)n;
	}
	return 0;
}

static int read_open_file(int fd, struct file *f)
{
	struct stat st;
	int rc;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (st.st_size > FILE_MAX_LEN)
		return -EFBIG;
	f->mode = st.st_mode;
	f->len = (size_t)st.st_size;
	f->text = calloc(1, f->len + 1);
	if (!f->text)
		return -ENOMEM;
	rc = read_all(fd, f->text, f->len);
	if (rc)
		file_free(f);
	return rc;
}

int file_read(const char *path, struct file *f)
{
	int fd, rc;

	memset(f, 0, sizeof(*f));
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hold us */
	if (fd < 0)
		return -errno;
	rc = read_open_file(fd, f);
	close(fd);
	return rc;
}

void file_free(struct file *f)
{
	if (f->text)
		secret_wipe(f->text, f->len);
	free(f->text);
	f->text = NULL;
	f->len = 0;
}

static int write_all(int fd, const char *from, size_t len)
{
	while (len) {
		ssize_t n = write(fd, from, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		from += n;
		len -= (size_t)n;
	}
	return fsync(fd) ? -errno : 0;
}

/* The name in the folder is on disk only when the folder is. */
static void sync_folder(const char *path)
{
	char copy[4096];
	int fd;

	if (strlen(path) >= sizeof(copy))
		return;
	strcpy(copy, path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

int file_write(const char *path, const void *from, size_t len, mode_t mode, bool replace)
{
	char aside[4096];
	int fd, rc;

	if (snprintf(aside, sizeof(aside), "%s.XXXXXX", path) >= (int)sizeof(aside))
		return -ENAMETOOLONG;
	fd = mkostemp(aside, O_CLOEXEC); /* made with mode 0600 */
	if (fd < 0)
		return -errno;
	rc = write_all(fd, from, len);
	if (!rc && fchmod(fd, mode))
		rc = -errno;
	close(fd);
	/* link, unlike rename, leaves a file that is there alone */
	if (!rc && (replace ? rename(aside, path) : link(aside, path)))
		rc = -errno;
	if (rc || !replace)
		unlink(aside);
	if (!rc)
		sync_folder(path);
	return rc;
}
