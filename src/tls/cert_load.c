/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a certificate from a file. */
#include "tls/cert_load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/private_key.h"
#include "tls/pem.h"
#include "tls/pkcs12.h"
#include "tls/tls_error.h"
#include "tls/x509.h"
#include "util/file.h"

enum { CERT_FILE_MAX = 1 << 20 };

int cert_first(struct bytes text, const char *path, uint8_t *der, size_t room, size_t *len,
	       struct error *err)
{
	struct bytes block;
	struct x509 x;

	if (x509_read(text, &x)) {
		tls_error_set(err, "%s is DER and must be PEM: openssl x509 -inform der -in %s",
			      path, path);
		return -EINVAL;
	}
	if (!pem_next_cert(&text, &block)) {
		tls_error_set(err, "%s: no certificate in it (must be PEM)", path);
		return -EINVAL;
	}
	if (!pem_decode(block, der, room, len) || !x509_read(bytes_of(der, *len), &x)) {
		tls_error_set(err, "%s: its first certificate is damaged", path);
		return -EINVAL;
	}
	return 0;
}

/* Replaces the text. */
static int convert(const char *file, const char *password, char **text, size_t *len,
		   struct error *err)
{
	size_t room = 2 * *len + 1024; /* base64 and its lines are a third longer */
	uint8_t *pem = malloc(room);
	struct writer w = writer_of(pem, room);
	const char *why = pem ? pkcs12_to_pem(bytes_of(*text, *len), password ? password : "", &w)
			      : "out of memory";

	file_free(*text, *len);
	if (!why) {
		*text = (char *)pem;
		*len = w.len - 1;
		return 0;
	}
	file_free((char *)pem, pem ? room : 0);
	*text = NULL;
	tls_error_set(
		err,
		"%s, a PKCS #12 file, cannot be read: %s%s. This makes PEM of it: openssl pkcs12 "
		"-in %s -nodes -out FILE.pem (with -legacy for old ones)",
		file, why, password || !strstr(why, "password") ? "" : " (none was given)", file);
	return -EINVAL;
}

int cert_load_text(const char *file, const char *what, const char *password, char **text,
		   size_t *len, struct error *err)
{
	int error = file_read(file, CERT_FILE_MAX, text, len);

	if (error) {
		tls_error_set(err, "%s: cannot read the %s: %s", file, what, file_strerror(error));
		return error;
	}
	return private_key_is_pkcs12(bytes_of(*text, *len))
		       ? convert(file, password, text, len, err)
		       : 0;
}

bool cert_needs_password(const char *file)
{
	char *text;
	size_t len;
	bool needs;

	if (file_read(file, CERT_FILE_MAX, &text, &len))
		return false;
	needs = private_key_is_pkcs12(bytes_of(text, len)) || cert_key_is_encrypted(text);
	file_free(text, len);
	return needs;
}

/* RFC 1421 header of the old format, or the label of PKCS #8 */
bool cert_key_is_encrypted(const char *text)
{
	return strstr(text, "Proc-Type: 4,ENCRYPTED") ||
	       strstr(text, "BEGIN ENCRYPTED PRIVATE KEY");
}

int cert_load_with(const char *file, const char *password, uint8_t *der, size_t room, size_t *len,
		   struct error *err)
{
	char *text;
	size_t text_len;
	int error = cert_load_text(file, "certificate", password, &text, &text_len, err);

	if (error)
		return error;
	error = cert_first(bytes_of(text, text_len), file, der, room, len, err);
	file_free(text, text_len);
	return error;
}

int cert_load(const char *file, uint8_t *der, size_t room, size_t *len, struct error *err)
{
	return cert_load_with(file, NULL, der, room, len, err);
}
