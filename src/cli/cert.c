/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sstp cert: makes a self-signed certificate, or shows a certificate's contents. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/common.h"
#include "cli/exit_code.h"
#include "cli/verbs.h"
#include "tls/cert.h"
#include "tls/cert_load.h"
#include "tls/cert_make.h"
#include "util/syscall_advice.h"

enum { DER_MAX = 64 * 1024, DAYS_DEFAULT = 3650 };

struct cert_settings {
	struct text_list names;
	const char *out;
	const char *show;
	uint32_t days;
	bool rsa, force;
};

#define AT(member) offsetof(struct cert_settings, member)

static bool set_days(void *to, const char *value, struct error *err)
{
	uint32_t days;

	if (!set_number(&days, value, err) || days < 1 || days > CERT_DAYS_MAX) {
		snprintf(err->text, sizeof(err->text), "must be a number of days, from 1 to %d",
			 CERT_DAYS_MAX);
		return false;
	}
	*(uint32_t *)to = days;
	return true;
}

static const struct option cert_table[] = {
	{ .name = "name",
	  .short_name = 'n',
	  .arg = "NAME",
	  .help = "a name or address that clients will use; may be given again",
	  .set = set_texts,
	  .at = AT(names),
	  .flags = OPTION_CLI_ONLY,
	  .clear = clear_texts },
	{ .name = "out",
	  .short_name = 'o',
	  .arg = "BASE",
	  .help = "write BASE.crt and BASE.key",
	  .set = set_text,
	  .at = AT(out),
	  .flags = OPTION_CLI_ONLY },
	{ .name = "days",
	  .arg = "N",
	  .help = "valid for N days; default 3650",
	  .set = set_days,
	  .at = AT(days),
	  .flags = OPTION_CLI_ONLY },
	{ .name = "rsa",
	  .help = "an RSA key (2048 bit) instead of ECDSA P-256: slower, for clients "
		  "that support only RSA",
	  .set = set_flag,
	  .at = AT(rsa),
	  .flags = OPTION_CLI_ONLY },
	{ .name = "force",
	  .short_name = 'f',
	  .help = "replace existing files",
	  .set = set_flag,
	  .at = AT(force),
	  .flags = OPTION_CLI_ONLY },
	{ .name = "show",
	  .arg = "FILE",
	  .help = "show the certificate in FILE, and make nothing",
	  .set = set_text,
	  .at = AT(show),
	  .flags = OPTION_CLI_ONLY },
};

static const struct option_group cert_options = OPTION_GROUP(cert_table);

static const struct option_use uses[] = {
	{ .heading = "Options", .group = &cert_options },
	{ .group = &help_options },
};

static enum exit_code show(const char *file)
{
	static uint8_t der[DER_MAX];
	struct cert_info info;
	struct error err;
	char until[64];
	struct tm tm;
	size_t len;

	if (cert_load(file, der, sizeof(der), &len, &err)) {
		cli_error(&cert_verb, "%s", err.text);
		return EXIT_OTHER;
	}
	if (!cert_read(bytes_of(der, len), &info)) {
		cli_error(&cert_verb, "%s: not a certificate", file);
		return EXIT_OTHER;
	}
	strftime(until, sizeof(until), "%Y-%m-%d", gmtime_r(&info.not_after, &tm));
	printf("%-13s%s\n%-13s%s\n%-13s", "subject", info.subject, "issuer", info.issuer, "names");
	for (size_t i = 0; i < info.name_count; i++)
		printf("%s%s", i ? ", " : "", info.names[i]);
	printf("\n%-13s%s\n%-13s%s\n%-13s%s\n%-13s%s\n", "key", info.key, "valid until", until,
	       "pin", info.pin, "fingerprint", info.fingerprint);
	return EXIT_OK;
}

static enum exit_code make(const struct cert_settings *s)
{
	struct cert_request rq = {
		.names = s->names.at,
		.name_count = s->names.count,
		.days = s->days,
		.rsa = s->rsa,
	};
	char cert[4096], key[4096];
	struct error err;
	int error;

	if (strlen(s->out) > sizeof(cert) - 8) {
		cli_error(&cert_verb, "--out: too long");
		return EXIT_USAGE;
	}
	snprintf(cert, sizeof(cert), "%s.crt", s->out);
	snprintf(key, sizeof(key), "%s.key", s->out);
	error = cert_make(&rq, cert, key, s->force, &err);
	if (error) {
		cli_error(&cert_verb, "%s%s%s", error == -EINVAL ? "--name " : "", err.text,
			  error == -EEXIST ? "; --force replaces it" : syscall_advice(error));
		return error == -EINVAL ? EXIT_USAGE : EXIT_OTHER;
	}
	printf("%-13s%s\n%-13s%s\n", "certificate", cert, "private key", key);
	return show(cert);
}

static int run(void *arg)
{
	const struct cert_settings *s = arg;

	if (s->show)
		return (int)show(s->show);
	if (!s->names.count || !s->out) {
		cli_error(&cert_verb,
			  !s->names.count
				  ? "no name: --name vpn.example.net (what clients will type)"
				  : "no name for the files: --out /etc/sstp/server");
		return EXIT_USAGE;
	}
	return (int)make(s);
}

static struct cert_settings settings = { .days = DAYS_DEFAULT };

const struct verb cert_verb = {
	.name = "cert",
	.summary = "make a self-signed certificate, show a certificate's pin",
	.usage = "--name NAME [--name NAME...] --out BASE | --show FILE",
	.about = "Makes a key and a self-signed certificate for sstp serve, and "
		 "prints its pin, by which clients can trust it: sstp connect "
		 "--servercert PIN.",
	.uses = uses,
	.use_count = sizeof(uses) / sizeof(*uses),
	.likely_option = "name",
	.settings = &settings,
	.run = run,
};
