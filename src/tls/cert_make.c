/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes a self-signed server certificate. It is no authority (CA:FALSE), so that a client which
 * installs it does not let the server's key sign certificates for other names. Windows (whose own
 * New-SelfSignedCertificate makes such certificates), OpenSSL and wolfSSL still accept it as a
 * trust anchor for itself.
 */
#include "tls/cert_make.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tls/cert_name.h"
#include "tls/key.h"
#include "tls/wolf.h"
#include "tls/tls_error.h"
#include "tls/x509_write.h"
#include "util/file.h"
#include "util/ip.h"
#include "util/secret.h"

enum {
	CERT_MAX = 16 * 1024,
	PEM_MAX = 2 * CERT_MAX,
	COMMON_NAME_MAX = 64, /* RFC 5280 appendix A.1 */
	CLOCK_SLACK_S = 3600, /* so that peers whose clock is slow accept it at once */
	DAY_S = 24 * 3600,
};

static bool put_san(struct writer *w, const char *name)
{
	bool is_wildcard = !strncmp(name, "*.", 2);
	struct ip_addr ip;

	if (ip_parse(name, &ip))
		x509_put_ip(w, ip.bytes, ip.family == AF_INET ? 4 : 16);
	else if (is_dns_name(bytes_text(is_wildcard ? name + 2 : name)))
		x509_put_dns(w, name);
	else
		return false;
	return true;
}

static bool put_sans(struct writer *w, const struct cert_request *rq, struct error *err)
{
	for (size_t i = 0; i < rq->name_count; i++)
		if (!put_san(w, rq->names[i])) {
			tls_error_set(err, "\"%.200s\" is neither a DNS name nor an address",
				      rq->names[i]);
			return false;
		}
	if (rq->name_count && !w->full)
		return true;
	tls_error_set(err,
		      rq->name_count
			      ? "too many names for one certificate"
			      : "a certificate needs a name: the name that clients connect to");
	return false;
}

static bool write_cert(const struct cert_request *rq, const struct cert_key *key, struct bytes san,
		       struct writer *w)
{
	uint8_t name[COMMON_NAME_MAX + 32];
	struct writer nw = writer_of(name, sizeof(name));
	time_t now = time(NULL);
	struct x509_draft d = {
		.not_before = now - CLOCK_SLACK_S,
		.not_after = now + (time_t)rq->days * DAY_S,
		.key = key,
		.signer = key,
		.san = san,
		.purpose = x509_server_auth,
	};

	x509_put_name(&nw, strlen(rq->names[0]) <= COMMON_NAME_MAX ? rq->names[0] : "sstp server");
	d.subject = d.issuer = bytes_of(name, nw.len);
	return x509_write(&d, w);
}

/* Appends `der` as PEM. */
static bool put_pem(struct writer *w, struct bytes der, int type)
{
	int len = wc_DerToPem(der.at, (word32)der.len, w->at + w->len, (word32)(w->room - w->len),
			      type);

	if (len <= 0)
		return false;
	w->len += (size_t)len;
	return true;
}

struct made {
	uint8_t key[PEM_MAX];
	uint8_t cert[PEM_MAX];
	struct writer key_pem, cert_pem;
};

static bool make(const struct cert_request *rq, struct bytes san, struct made *m)
{
	uint8_t der[CERT_MAX];
	struct writer w = writer_of(der, sizeof(der));
	struct cert_key *key = key_make(rq->rsa);
	bool ok = key && write_cert(rq, key, san, &w);

	m->key_pem = writer_of(m->key, sizeof(m->key));
	m->cert_pem = writer_of(m->cert, sizeof(m->cert));
	ok = ok && put_pem(&m->cert_pem, bytes_of(der, w.len), CERT_TYPE);
	w = writer_of(der, sizeof(der));
	if (ok)
		key_put_pkcs8(key, &w);
	ok = ok && !w.full && put_pem(&m->key_pem, bytes_of(der, w.len), PKCS8_PRIVATEKEY_TYPE);
	secret_wipe(der, sizeof(der));
	key_free(key);
	return ok;
}

/* Writes the whole file or nothing, and never replaces an existing file, as rename would. */
static int create_file(const char *path, const struct writer *w, const struct stat *like)
{
	char aside[PATH_MAX];
	int error;

	if (snprintf(aside, sizeof(aside), "%s.new", path) >= (int)sizeof(aside))
		return -ENAMETOOLONG;
	error = file_replace(aside, w->at, w->len, like);
	if (error)
		return error;
	if (link(aside, path))
		error = -errno;
	unlink(aside);
	return error;
}

static int store_file(const char *path, const struct writer *w, mode_t mode, bool replace,
		      struct error *err)
{
	struct stat ours = { .st_uid = geteuid(), .st_gid = getegid(), .st_mode = mode };
	int error =
		replace ? file_replace(path, w->at, w->len, &ours) : create_file(path, w, &ours);

	if (error == -EEXIST)
		tls_error_set(err, "%s exists already and is not changed", path);
	else if (error)
		tls_error_set(err, "%s: cannot write: %s", path, strerror(-error));
	return error;
}

static int store(struct made *m, const char *cert_file, const char *key_file, bool replace,
		 struct error *err)
{
	int error;

	if (!strcmp(cert_file, key_file)) { /* both in one file, as some daemons need it */
		put_bytes(&m->cert_pem, m->key, m->key_pem.len);
		return store_file(cert_file, &m->cert_pem, 0600, replace, err);
	}
	if (!replace && !access(cert_file, F_OK)) {
		tls_error_set(err, "%s exists already and is not changed", cert_file);
		return -EEXIST;
	}
	error = store_file(key_file, &m->key_pem, 0600, replace, err);
	if (error)
		return error;
	error = store_file(cert_file, &m->cert_pem, 0644, replace, err);
	if (error && !replace)
		unlink(key_file); /* it is new, and useless without the certificate */
	return error;
}

int cert_make(const struct cert_request *rq, const char *cert_file, const char *key_file,
	      bool replace, struct error *err)
{
	uint8_t san[CERT_MAX / 2];
	struct writer w = writer_of(san, sizeof(san));
	struct made *m;
	int error;

	if (!put_sans(&w, rq, err))
		return -EINVAL;
	if (!rq->days || rq->days > CERT_DAYS_MAX) {
		tls_error_set(err, "a certificate is valid for 1 to %d days", CERT_DAYS_MAX);
		return -EINVAL;
	}
	m = calloc(1, sizeof(*m));
	if (!m || !make(rq, bytes_of(san, w.len), m)) {
		tls_error_set(
			err,
			"the key or the certificate cannot be made: out of memory, or no random numbers");
		error = -ENOMEM;
	} else {
		error = store(m, cert_file, key_file, replace, err);
	}
	if (m)
		secret_wipe(m, sizeof(*m));
	free(m);
	return error;
}
