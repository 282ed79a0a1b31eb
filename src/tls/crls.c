/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loads revocation lists. Unlike an unreadable authority, an unreadable list is an error: without
 * it revoked certificates would be accepted.
 */
#include "tls/crls.h"

#include <errno.h>
#include <stdlib.h>

#include "tls/der.h"
#include "tls/pem.h"
#include "tls/tls_error.h"
#include "util/file.h"

enum { CRL_FILE_MAX = 32 << 20 };

static bool add(struct crls *c, struct bytes der)
{
	struct crl *list = realloc(c->list, (c->count + 1) * sizeof(*list));
	uint8_t *copy = malloc(der.len ? der.len : 1);

	if (list)
		c->list = list;
	if (list && copy) {
		memcpy(copy, der.at, der.len);
		if (crl_read(bytes_of(copy, der.len), &list[c->count])) {
			c->count++;
			return true;
		}
	}
	free(copy);
	return false;
}

static bool add_pem(struct crls *c, struct bytes block)
{
	uint8_t *der = malloc(block.len ? block.len : 1);
	size_t len;
	bool ok = der && pem_decode(block, der, block.len, &len) && add(c, bytes_of(der, len));

	free(der);
	return ok;
}

/* False at the first malformed list. */
static bool take(struct crls *c, struct bytes text)
{
	struct reader r = reader_of(text.at, text.len);
	struct bytes block;

	if (!der_is_next(&r, DER_SEQUENCE)) {
		while (pem_next(&text, "X509 CRL", &block))
			if (!add_pem(c, block))
				return false;
		return true;
	}
	while (r.left) {
		struct bytes der = der_get(&r, DER_SEQUENCE).whole;

		if (r.bad || !add(c, der))
			return false;
	}
	return true;
}

int crls_load(struct crls *c, const char *path, struct error *err)
{
	size_t len;
	char *text;
	int error = file_read(path, CRL_FILE_MAX, &text, &len);
	bool ok;

	if (error) {
		tls_error_set(err, "%s: cannot read the revocation list: %s", path,
			      file_strerror(error));
		return error;
	}
	ok = take(c, bytes_of(text, len));
	file_free(text, len);
	if (ok && c->count)
		return 0;
	if (ok)
		tls_error_set(err,
			      "%s: no revocation list in it (must be PEM with \"BEGIN X509 CRL\" "
			      "lines, or DER)",
			      path);
	else
		tls_error_set(err, "%s: its revocation list number %zu is malformed", path,
			      c->count + 1);
	return -EINVAL;
}

void crls_free(struct crls *c)
{
	for (size_t i = 0; i < c->count; i++)
		free((void *)(uintptr_t)c->list[i].whole.at);
	free(c->list);
	*c = (struct crls){ .list = NULL };
}
