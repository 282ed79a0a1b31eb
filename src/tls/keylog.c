/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The key log: one line for each secret, written by one call, so that sessions of all threads may
 * share the file.
 */
#include "tls/keylog.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tls/tls_error.h"
#include "util/secret.h"
#include "util/trusted_open.h"

#if TLS_HAS_KEYLOG

enum {
	RANDOM_LEN = 32,
	SECRET_MAX = 64,
	LINE_LEN = 40 + 2 * RANDOM_LEN + 2 * SECRET_MAX + 3,
};

static size_t put_hex(char *to, const uint8_t *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sprintf(to + 2 * i, "%02x", from[i]);
	return 2 * len;
}

/* "LABEL CLIENT_RANDOM SECRET" */
static void write_line(WOLFSSL *ssl, int fd, const char *label, const uint8_t *secret, size_t len)
{
	uint8_t random[RANDOM_LEN];
	char line[LINE_LEN + 1];
	size_t n;

	if (len > SECRET_MAX ||
	    wolfSSL_get_client_random(ssl, random, sizeof(random)) != sizeof(random))
		return;
	n = (size_t)sprintf(line, "%s ", label);
	n += put_hex(line + n, random, sizeof(random));
	line[n++] = ' ';
	n += put_hex(line + n, secret, len);
	line[n++] = '\n';
	if (write(fd, line, n) < 0) {
		/* a full disk must not end a session */
	}
	secret_wipe(line, sizeof(line));
}

static int master_secret(WOLFSSL *ssl, void *secret, int len, void *arg)
{
	write_line(ssl, *(int *)arg, "CLIENT_RANDOM", secret, (size_t)len);
	return 0;
}

static int traffic_secret(WOLFSSL *ssl, int id, const unsigned char *secret, int len, void *arg)
{
	static const char *const labels[] = {
		[CLIENT_HANDSHAKE_TRAFFIC_SECRET] = "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
		[SERVER_HANDSHAKE_TRAFFIC_SECRET] = "SERVER_HANDSHAKE_TRAFFIC_SECRET",
		[CLIENT_TRAFFIC_SECRET] = "CLIENT_TRAFFIC_SECRET_0",
		[SERVER_TRAFFIC_SECRET] = "SERVER_TRAFFIC_SECRET_0",
		[EXPORTER_SECRET] = "EXPORTER_SECRET",
	};

	if (id >= 0 && (size_t)id < sizeof(labels) / sizeof(labels[0]) && labels[id])
		write_line(ssl, *(int *)arg, labels[id], secret, (size_t)len);
	return 0;
}

bool keylog_watch(WOLFSSL *ssl, int *fd)
{
	return wolfSSL_set_secret_cb(ssl, master_secret, fd) == WOLFSSL_SUCCESS &&
	       wolfSSL_set_tls13_secret_cb(ssl, traffic_secret, fd) == WOLFSSL_SUCCESS;
}

#else

bool keylog_watch(WOLFSSL *ssl, int *fd)
{
	(void)ssl;
	(void)fd;
	return false;
}

#endif

/* A process in its sandbox (proc/sandbox.h) cannot open the file again: it goes on with the descriptor of before. */
static struct {
	char path[PATH_MAX]; /* "": none */
	int fd;
} first;

static int open_again(const char *path)
{
	int fd = trusted_open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
	bool is_first = !strcmp(first.path, path);

	if (fd >= 0 && !*first.path) {
		first.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (first.fd >= 0)
			snprintf(first.path, sizeof(first.path), "%s", path);
	}
	if ((fd == -EACCES || fd == -ENOENT) && is_first) /* by Landlock, in an empty root */
		fd = fcntl(first.fd, F_DUPFD_CLOEXEC, 0);
	return fd;
}

int keylog_open(const char *path, int *fd, struct error *err)
{
	struct stat st;

	if (!TLS_HAS_KEYLOG) {
		tls_error_set(
			err, "this build's wolfSSL cannot log session keys (HAVE_SECRET_CALLBACK)");
		return -ENOTSUP;
	}
	*fd = open_again(path);
	if (*fd < 0) {
		int error = *fd;

		tls_error_set(err, "%s: cannot append session keys: %s%s", path, strerror(-error),
			      trusted_hint(error));
		return error;
	}
	if (!fstat(*fd, &st) && S_ISREG(st.st_mode) && (st.st_mode & 077))
		fchmod(*fd, 0600); /* an existing file may have another mode */
	return 0;
}
