/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes certificates for tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/pki.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tls/cert.h"
#include "tls/wolf.h"

void pki_path(struct pki *p, const char *what, char path[128])
{
	snprintf(path, 128, "%s/%u-%s", p->folder, p->made++, what);
}

void pki_write(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "ab");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

const int PKI_CERT = CERT_TYPE;

void pki_append_pem(const char *path, const uint8_t *der, size_t len, int type)
{
	char pem[2 * PKI_DER_MAX];
	int n = wc_DerToPem(der, (word32)len, (byte *)pem, sizeof(pem), type);

	assert_true(n > 0);
	pki_write(path, pem, (size_t)n);
}

static size_t write_cert(const struct x509_draft *d, uint8_t der[PKI_DER_MAX])
{
	struct writer w = writer_of(der, PKI_DER_MAX);

	assert_true(x509_write(d, &w));
	return w.len;
}

void pki_init(struct pki *p, const char *common_name)
{
	struct writer name = writer_of(p->ca_name, sizeof(p->ca_name));
	struct x509_draft d = { .is_ca = true };

	memset(p, 0, sizeof(*p));
	strcpy(p->folder, "/tmp/sstp-tls-XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	p->ca_key = key_make(false);
	assert_non_null(p->ca_key);
	x509_put_name(&name, common_name);
	p->ca_name_len = name.len;
	d.issuer = d.subject = bytes_of(p->ca_name, p->ca_name_len);
	d.not_before = time(NULL) - 1000 * PKI_DAY_S;
	d.not_after = time(NULL) + 1000 * PKI_DAY_S;
	d.key = d.signer = p->ca_key;
	pki_path(p, "ca.pem", p->ca_file);
	p->ca_der_len = write_cert(&d, p->ca_der);
	pki_append_pem(p->ca_file, p->ca_der, p->ca_der_len, CERT_TYPE);
}

void pki_free(struct pki *p)
{
	DIR *folder = opendir(p->folder);
	struct dirent *e;
	char path[512];

	while (folder && (e = readdir(folder))) {
		snprintf(path, sizeof(path), "%s/%s", p->folder, e->d_name);
		unlink(path);
	}
	if (folder)
		closedir(folder);
	rmdir(p->folder);
	key_free(p->ca_key);
}

static void write_key(const struct cert_key *key, const char *path)
{
	uint8_t der[PKI_DER_MAX];
	struct writer w = writer_of(der, sizeof(der));

	key_put_pkcs8(key, &w);
	assert_false(w.full);
	pki_append_pem(path, der, w.len, PKCS8_PRIVATEKEY_TYPE);
	assert_int_equal(chmod(path, 0600), 0);
}

void pki_issue(struct pki *p, const struct pki_leaf *leaf, struct pki_files *f)
{
	const struct pki *signer = leaf->signer ? leaf->signer : p;
	const char *cn = leaf->common_name ? leaf->common_name : "vpn.example.net";
	struct cert_key *key = key_make(leaf->is_rsa);
	uint8_t name[256], san[64];
	struct writer nw = writer_of(name, sizeof(name)), sw = writer_of(san, sizeof(san));
	bool no_dates = !leaf->from_day && !leaf->until_day;
	struct x509_draft d = {
		.not_before = time(NULL) + (no_dates ? -1 : leaf->from_day) * PKI_DAY_S,
		.not_after = time(NULL) + (no_dates ? 30 : leaf->until_day) * PKI_DAY_S,
		.key = key,
		.signer = leaf->is_self_signed ? key : signer->ca_key,
		.purpose = leaf->purpose.len ? leaf->purpose : x509_server_auth,
	};
	struct cert_info info;

	x509_put_name(&nw, cn);
	x509_put_dns(&sw, "vpn.example.net");
	d.subject = leaf->subject.len ? leaf->subject : bytes_of(name, nw.len);
	d.issuer =
		leaf->is_self_signed ? d.subject : bytes_of(signer->ca_name, signer->ca_name_len);
	if (!leaf->has_no_san)
		d.san = leaf->has_san ? leaf->san : bytes_of(san, sw.len);
	f->der_len = write_cert(&d, f->der);
	pki_path(p, "cert.pem", f->cert);
	pki_path(p, "key.pem", f->key);
	pki_append_pem(f->cert, f->der, f->der_len, CERT_TYPE);
	write_key(key, f->key);
	key_free(key);
	assert_true(cert_read(bytes_of(f->der, f->der_len), &info));
	snprintf(f->pin, sizeof(f->pin), "%s", info.pin);
}
