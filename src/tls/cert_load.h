/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loads a certificate from a file. */
#ifndef SSTP_TLS_CERT_LOAD_H
#define SSTP_TLS_CERT_LOAD_H

#include "util/bytes.h"
#include "util/error.h"

/*
 * Reads a file of certificates or keys; a PKCS #12 file becomes the PEM of what is in it. `password`
 * may be NULL. The text is terminated; the caller frees it by file_free.
 */
int cert_load_text(const char *file, const char *what, const char *password, char **text,
		   size_t *len, struct error *err);
/* Decodes the first certificate of such a text; `path` is its file's, for the error. */
int cert_first(struct bytes text, const char *path, uint8_t *der, size_t room, size_t *len,
	       struct error *err);
/* Of the text of a PEM file. */
bool cert_key_is_encrypted(const char *text);
/* Whether the key in the file can be read only with a password. */
bool cert_needs_password(const char *file);

/* Reads the first certificate of a PEM or PKCS #12 file. */
int cert_load_with(const char *file, const char *password, uint8_t *der, size_t room, size_t *len,
		   struct error *err);
/* The same of a PEM file. */
int cert_load(const char *file, uint8_t *der, size_t room, size_t *len, struct error *err);

#endif
