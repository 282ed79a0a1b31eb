/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a certificate from a file. */
#include "tls/cert_load.h"

#include <errno.h>

#include "tls/pem.h"
#include "tls/tls_error.h"
#include "tls/x509.h"
#include "util/file.h"

enum { CERT_FILE_MAX = 1 << 20 };

static int decode_first(struct bytes text, const char *path, uint8_t *der, size_t room, size_t *len,
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

int cert_load(const char *file, uint8_t *der, size_t room, size_t *len, struct error *err)
{
	char *text;
	size_t text_len;
	int error = file_read(file, CERT_FILE_MAX, &text, &text_len);

	if (error) {
		tls_error_set(err, "%s: cannot read the certificate: %s", file, strerror(-error));
		return error;
	}
	error = decode_first(bytes_of(text, text_len), file, der, room, len, err);
	file_free(text, text_len);
	return error;
}
