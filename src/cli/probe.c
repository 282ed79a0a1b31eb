/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sstp probe: prints the report for people. */
#include <stdio.h>
#include <string.h>

#include "cli/common.h"
#include "cli/exit_code.h"
#include "cli/probe_json.h"
#include "cli/verbs.h"
#include "client/probe.h"
#include "sstp/sstp.h"

struct probe_settings {
	struct common_settings common;
	struct server_settings server;
	bool json;
};

#define AT(member) offsetof(struct probe_settings, member)

static const struct option report_table[] = {
	{ .name = "json",
	  .help = "print the report as one JSON object",
	  .set = set_flag,
	  .at = AT(json) },
};

static const struct option_group report_options = OPTION_GROUP(report_table);

static const struct option_use uses[] = {
	SERVER_USES(struct probe_settings),
	{ .heading = "The report", .group = &report_options },
	{ .heading = "General", .group = &common_options, .at = AT(common) },
};

static void print_date(const char *label, time_t at)
{
	char text[64];
	struct tm tm;

	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", gmtime_r(&at, &tm));
	printf("  %-16s%s\n", label, text);
}

static void print_cert(const struct probe_report *r)
{
	const struct cert_info *c = &r->cert;

	printf("certificate\n");
	printf("  %-16s%s\n", "subject", c->subject);
	printf("  %-16s%s%s\n", "issuer", c->issuer, c->is_self_signed ? " (self-signed)" : "");
	for (size_t i = 0; i < c->name_count; i++)
		printf("  %-16s%s\n", i ? "" : "names", c->names[i]);
	print_date("valid from", c->not_before);
	print_date("valid until", c->not_after);
	printf("  %-16s%s\n", "key", c->key);
	printf("  %-16s%s\n", "pin", c->pin);
	printf("  %-16s%s\n", "SHA-256", c->fingerprint);
	if (!c->is_for_servers)
		printf("  %-16s%s\n", "purpose", "not for servers (extended key usage)");
	printf("  %-16s%s\n", "trusted",
	       r->is_trusted     ? "yes"
	       : r->is_unchecked ? "not checked"
				 : "no");
	if (!r->is_trusted)
		printf("  %-16s%s\n", "", r->trust);
}

static void print_sstp(const struct probe_report *r)
{
	printf("SSTP\n");
	printf("  %-16s%s\n", "HTTP", "200, this is an SSTP server");
	printf("  %-16s%s%s%s\n", "crypto binding", r->hashes & SSTP_HASH_SHA256 ? "SHA-256" : "",
	       (r->hashes & SSTP_HASH_SHA256) && (r->hashes & SSTP_HASH_SHA1) ? ", " : "",
	       r->hashes & SSTP_HASH_SHA1 ? "SHA-1" : "");
	printf("  %-16s", "offers");
	for (size_t i = 0; i < r->offer_count; i++)
		printf("%s%s", i ? ", " : "", ppp_auth_name(r->offers[i]));
	printf("%s\n", r->offer_count ? "" : "nothing");
}

static void print_addresses(const struct server_ref *ref, const struct probe_report *r)
{
	for (size_t i = 0; i < r->addr_count; i++) {
		struct ip_addr a = ip_from_sockaddr(&r->addrs[i]);

		printf("%s%s", i ? ", " : "", ip_print(&a).text);
	}
	if (r->was_looked_up)
		printf(", in %llu ms", (unsigned long long)r->name_ms);
	else
		printf(", %s", ref->addr_count ? "given by --resolve" : "no name server is needed");
}

/* What a step that succeeded has shown. */
static void print_success(const struct server_ref *ref, const struct probe_report *r,
			  enum probe_step step)
{
	switch (step) {
	case PROBE_NAME:
		print_addresses(ref, r);
		break;
	case PROBE_TCP:
		printf("%s", ip_print_sockaddr(&r->peer).text);
		break;
	case PROBE_PROXY:
		printf("%s at %s connects to the server", ref->proxy->name,
		       ip_print_sockaddr(&r->peer).text);
		break;
	case PROBE_TLS:
		printf("%s", r->has_tls ? r->version : "a certificate came");
		break;
	case PROBE_CERTIFICATE:
		printf("trusted");
		if (r->inspector)
			printf(", but by %s, which inspects TLS: SSTP usually fails through it",
			       r->inspector);
		break;
	case PROBE_HTTP:
		printf("200");
		break;
	case PROBE_SSTP:
		printf("the call is accepted");
		break;
	case PROBE_LOGIN:
		for (size_t i = 0; i < r->offer_count; i++)
			printf("%s%s", i ? ", " : "", ppp_auth_name(r->offers[i]));
		break;
	case PROBE_STEPS:
		break;
	}
}

static void print_step(const struct server_ref *ref, const struct probe_report *r,
		       enum probe_step step)
{
	static const char *const labels[PROBE_STEPS] = {
		[PROBE_NAME] = "name",
		[PROBE_TCP] = "TCP",
		[PROBE_PROXY] = "proxy",
		[PROBE_TLS] = "TLS",
		[PROBE_CERTIFICATE] = "certificate",
		[PROBE_HTTP] = "HTTP",
		[PROBE_SSTP] = "SSTP",
		[PROBE_LOGIN] = "login",
	};
	enum probe_outcome outcome = probe_outcome_of(r, step);

	if (outcome == PROBE_NOT_REACHED || outcome == PROBE_LEFT_OUT)
		return;
	printf("  %-16s", labels[step]);
	if (outcome == PROBE_OK) {
		printf("ok: ");
		print_success(ref, r, step);
		printf("\n");
		return;
	}
	printf("failed: %s\n", step == PROBE_CERTIFICATE && *r->trust ? r->trust : r->text);
	if (*r->hints[step].text)
		printf("  %-16s%s\n", "usually", r->hints[step].text);
}

static void print_steps(const struct server_ref *ref, const struct probe_report *r)
{
	printf("steps\n");
	for (enum probe_step step = 0; step < PROBE_STEPS; step++)
		print_step(ref, r, step);
}

static void print_report(const struct server_ref *ref, const struct probe_report *r)
{
	printf("server\n  %-16s%s\n", "name", server_ref_name(ref).text);
	if (ref->proxy)
		printf("  %-16s%s, at %s, through it in %llu ms\n", "proxy", ref->proxy->name,
		       ip_print_sockaddr(&r->peer).text, (unsigned long long)r->tcp_ms);
	else
		printf("  %-16s%s, TCP in %llu ms\n", "address", ip_print_sockaddr(&r->peer).text,
		       (unsigned long long)r->tcp_ms);
	if (r->has_tls) {
		printf("TLS\n  %-16s%s, in %llu ms\n  %-16s%s\n", "version", r->version,
		       (unsigned long long)r->tls_ms, "cipher", r->cipher);
		if (*r->group)
			printf("  %-16s%s\n", "key exchange", r->group);
		print_cert(r);
	}
	if (r->has_sstp)
		print_sstp(r);
}

/* Of the first step that failed, as connect's: it would go no further. */
static enum exit_code code_of(const struct probe_report *r)
{
	if (r->stopped_at == PROBE_CERTIFICATE)
		return EXIT_TRUST;
	return exit_code_of(r->reason);
}

static void print_text(const struct server_ref *ref, const struct probe_report *r)
{
	if (r->reason != REASON_SETTINGS && r->reason != REASON_SYSTEM)
		print_steps(ref, r);
	if (r->peer.ss_family)
		print_report(ref, r);
	if (r->reason)
		cli_error(&probe_verb, "%s", r->text);
}

static int run(void *arg)
{
	struct probe_settings *s = arg;
	struct probe_report report;
	struct server_ref ref;

	s->common.quiet = !s->common.verbose; /* the report has all of it */
	common_apply(&s->common);
	if (!server_settings_apply(&probe_verb, &s->server, &ref))
		return EXIT_USAGE;
	if (s->common.check) {
		if (!server_settings_check(&probe_verb, &ref))
			return EXIT_USAGE;
		printf("configuration OK\n");
		return EXIT_OK;
	}
	if (!upstream_settings_ask(&probe_verb, &s->server.upstream))
		return EXIT_USAGE;
	common_warn_about_keylog(s->server.tls.keylog);
	probe_run(&ref, &report);
	upstream_settings_wipe(&s->server.upstream);
	if (s->json)
		probe_json_print(&ref, &report, code_of(&report));
	else
		print_text(&ref, &report);
	return (int)code_of(&report);
}

static struct probe_settings settings = { .server = SERVER_DEFAULTS };

const struct verb probe_verb = {
	.name = "probe",
	.summary = "show what a server supports, without logging in",
	.usage = "[options] HOST[:PORT]",
	.about = "Shows what a server supports: TLS, its certificate and pin, HTTP, "
		 "SSTP and the authentication methods that it offers. It never logs "
		 "in and sends no user name. Give the pin to sstp connect with "
		 "--servercert after you have made sure in another way that it is "
		 "the right one.",
	.uses = uses,
	.use_count = sizeof(uses) / sizeof(*uses),
	.positional = server_positional,
	.positional_at = AT(server),
	.settings = &settings,
	.run = run,
};
