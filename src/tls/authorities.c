/*
 * Loading authorities, one certificate at a time: bundles hold some that the library does not take
 * (an unknown key, a date gone by), and one of those must not cost the others.
 */
#include "tls/authorities.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tls/pem.h"
#include "tls/words.h"
#include "util/file.h"
#include "util/log.h"

enum { BUNDLE_MAX = 4 << 20 }; /* they have some 200 KiB */

/* Debian and Alpine, Fedora, openSUSE, BSDs and Alpine, RHEL */
static const char *const system_files[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
};

static unsigned load_text(WOLFSSL_CTX *wolf, struct bytes text, const char *path)
{
	struct bytes block;
	unsigned seen = 0, taken = 0;

	while (pem_next_cert(&text, &block)) {
		int rc = wolfSSL_CTX_load_verify_buffer(wolf, block.at, (long)block.len,
							WOLFSSL_FILETYPE_PEM);

		seen++;
		if (rc == WOLFSSL_SUCCESS)
			taken++;
		else
			log_debug(NULL, "%s: certificate %u is left out: %s", path, seen,
				  words_of_code(rc).text);
	}
	return taken;
}

/* 0 or -errno; *taken counts the certificates. */
static int load_file(WOLFSSL_CTX *wolf, const char *path, unsigned *taken)
{
	char *text;
	size_t len;
	int rc = file_read(path, BUNDLE_MAX, &text, &len);

	if (rc)
		return rc;
	*taken += load_text(wolf, bytes_of(text, len), path);
	file_free(text, len);
	return 0;
}

/* What is no certificate is passed over: such folders hold other things too. */
static int load_folder(WOLFSSL_CTX *wolf, const char *path, unsigned *taken)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	char file[4096];

	if (!folder)
		return -errno;
	while ((entry = readdir(folder)))
		if (snprintf(file, sizeof(file), "%s/%s", path, entry->d_name) < (int)sizeof(file))
			load_file(wolf, file, taken);
	closedir(folder);
	return 0;
}

static int load_path(WOLFSSL_CTX *wolf, const char *path, struct tls_error *err)
{
	struct stat st;
	unsigned taken = 0;
	bool is_folder = !stat(path, &st) && S_ISDIR(st.st_mode);
	int rc = is_folder ? load_folder(wolf, path, &taken) : load_file(wolf, path, &taken);

	if (rc) {
		words_set(err, "%s: cannot read the certificate authorities: %s", path,
			  strerror(-rc));
		return rc;
	}
	if (!taken) {
		words_set(err, "%s: no usable certificate of an authority in it (PEM is wanted)",
			  path);
		return -EINVAL;
	}
	log_debug(NULL, "%s: %u certificate authorities", path, taken);
	return 0;
}

int authorities_load(WOLFSSL_CTX *wolf, const char *path, struct tls_error *err)
{
	const char *from_env = getenv("SSL_CERT_FILE");
	unsigned taken = 0;

	if (path || (from_env && *from_env))
		return load_path(wolf, path ? path : from_env, err);
	for (size_t i = 0; i < sizeof(system_files) / sizeof(system_files[0]); i++)
		if (!load_file(wolf, system_files[i], &taken) && taken)
			return 0;
	words_set(err,
		  "this machine has no list of certificate authorities (looked for %s and "
		  "others; package ca-certificates): give one with --ca-cert, or the server's "
		  "pin, which sstp probe shows, with --servercert",
		  system_files[0]);
	return -ENOENT;
}
