/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loads authorities, one certificate at a time, so that a malformed one does not affect the others.
 * Dates are checked with each server certificate, where the error text can name them.
 */
#include "tls/authorities.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tls/pem.h"
#include "tls/tls_error.h"
#include "util/file.h"
#include "util/file_agent.h"
#include "util/log.h"

enum { BUNDLE_MAX = 4 << 20 }; /* usual bundles have some 200 KiB */

/* Debian and Alpine, Fedora, openSUSE, BSDs and Alpine, RHEL */
static const char *const system_files[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
};

/* Takes over `der`. False: no memory, or no certificate that can be read. */
static bool add(struct authorities *a, uint8_t *der, size_t len)
{
	size_t room = a->room ? 2 * a->room : 16;
	struct x509 x, *list;

	if (!x509_read(bytes_of(der, len), &x))
		return false;
	if (a->count == a->room) {
		list = realloc(a->list, room * sizeof(*list));
		if (!list)
			return false;
		a->list = list;
		a->room = room;
	}
	a->list[a->count++] = x;
	return true;
}

static bool add_pem(struct authorities *a, struct bytes block)
{
	uint8_t *der = malloc(block.len), *fit;
	size_t len;

	if (der && pem_decode(block, der, block.len, &len)) {
		fit = realloc(der, len ? len : 1);
		if (fit)
			der = fit;
		if (add(a, der, len))
			return true;
	}
	free(der);
	return false;
}

/* Counts the certificates in the files. */
struct tally {
	unsigned taken, malformed;
};

static void load_text(struct authorities *a, struct bytes text, const char *path, struct tally *n)
{
	struct bytes block;

	for (unsigned i = 1; pem_next_cert(&text, &block); i++) {
		if (add_pem(a, block)) {
			n->taken++;
			continue;
		}
		n->malformed++;
		log_debug(NULL, "%s: certificate %u is malformed and is ignored", path, i);
	}
}

/* 0 or -errno */
static int load_file(struct authorities *a, const char *path, struct tally *n)
{
	char *text;
	size_t len;
	int error = file_read(path, BUNDLE_MAX, &text, &len);

	if (error)
		return error;
	load_text(a, bytes_of(text, len), path, n);
	file_free(text, len);
	return 0;
}

/* Skips files that are no certificates: such folders have other files too. */
static int load_folder(struct authorities *a, const char *path, struct tally *n)
{
	DIR *folder = file_open_folder(path);
	struct dirent *entry;
	char file[4096];

	if (!folder)
		return -errno;
	while ((entry = readdir(folder)))
		if (snprintf(file, sizeof(file), "%s/%s", path, entry->d_name) < (int)sizeof(file))
			load_file(a, file, n);
	closedir(folder);
	return 0;
}

static int load_path(struct authorities *a, const char *path, struct error *err)
{
	mode_t mode;
	struct tally n = { .taken = 0 };
	bool is_folder = !file_look(path, &mode) && S_ISDIR(mode);
	int error = is_folder ? load_folder(a, path, &n) : load_file(a, path, &n);

	if (error) {
		tls_error_set(err, "%s: cannot read the certificate authorities: %s", path,
			      file_strerror(error));
		return error;
	}
	if (!n.taken) {
		tls_error_set(err, "%s: no usable certificate of an authority in it (%s)", path,
			      n.malformed ? "its certificates are malformed" : "must be PEM");
		return -EINVAL;
	}
	log_debug(NULL, "%s: %u certificate authorities", path, n.taken);
	return 0;
}

static int load_from_environment(struct authorities *a, const char *path, struct error *err)
{
	struct error why;
	int error = load_path(a, path, &why);

	if (error)
		tls_error_set(err, "SSL_CERT_FILE=%s", why.text);
	return error;
}

int authorities_load(struct authorities *a, const char *path, struct error *err)
{
	const char *from_env = getenv("SSL_CERT_FILE");
	struct tally n = { .taken = 0 };

	if (path)
		return load_path(a, path, err);
	if (from_env && *from_env)
		return load_from_environment(a, from_env, err);
	for (size_t i = 0; i < sizeof(system_files) / sizeof(system_files[0]); i++)
		if (!load_file(a, system_files[i], &n) && n.taken)
			return 0;
	tls_error_set(err,
		      "this machine has no list of certificate authorities (looked for %s and "
		      "others; package ca-certificates): give one with --ca-cert, or the server's "
		      "pin, which sstp probe shows, with --servercert%s",
		      system_files[0],
		      getenv("SSL_CERT_DIR")
			      ? " (SSL_CERT_DIR is not read; --ca-cert takes a folder)"
			      : "");
	return -ENOENT;
}

void authorities_free(struct authorities *a)
{
	for (size_t i = 0; i < a->count; i++)
		free((void *)(uintptr_t)a->list[i].whole.at);
	free(a->list);
	*a = (struct authorities){ .list = NULL };
}
