/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sstp probe: prints the report for people. */
#include <stdio.h>
#include <string.h>

#include "cli/common.h"
#include "cli/exit_code.h"
#include "cli/probe_json.h"
#include "cli/sandbox_option.h"
#include "cli/verbs.h"
#include "client/client_sandbox.h"
#include "client/probe.h"
#include "client/server_list.h"
#include "sstp/sstp.h"
#include "util/log_writer.h"

struct probe_settings {
	struct common_settings common;
	struct server_settings server;
	struct sandbox_settings sandbox;
	bool json, via;
};

enum {
	WAYS_MAX = 2 * SERVER_LIST_MAX, /* of each server: through the proxy, directly */
	REPORT_SIZE = 512 * 1024,
};

#define AT(member) offsetof(struct probe_settings, member)

static const struct option report_table[] = {
	{ .name = "json",
	  .help = "print the report as one JSON object",
	  .set = set_flag,
	  .at = AT(json) },
	{ .name = "via",
	  .help = "while a way fails, try the others that are known: of each server through "
		  "the proxy and directly",
	  .set = set_flag,
	  .at = AT(via) },
};

static const struct option_group report_options = OPTION_GROUP(report_table);

static const struct option_use uses[] = {
	SERVER_USES(struct probe_settings),
	{ .heading = "The report", .group = &report_options },
	{ .heading = "General", .group = &sandbox_options, .at = AT(sandbox) },
	{ .group = &common_options, .at = AT(common) },
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
		if (r->has_sstp)
			printf("  %-16s%s\n", "resumption",
			       r->gives_tickets ? "yes, by a ticket" : "no");
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

/* What the output is for: one report, or with --via one for each way that was tried. */
struct output {
	const struct probe_settings *settings;
	struct json json;
};

static void print_way(struct output *out, const struct server_ref *ref,
		      const struct probe_report *r)
{
	bool is_list = out->settings->via;

	if (!out->settings->json) {
		if (is_list)
			printf("way\n  %-16s%s%s\n", "to", server_ref_name(ref).text,
			       ref->proxy ? ", through the proxy" : ", directly");
		print_text(ref, r);
		return;
	}
	if (is_list)
		json_object(&out->json, NULL);
	probe_json_put(&out->json, ref, r, code_of(r));
	if (is_list)
		json_end(&out->json);
}

static size_t add_ways(struct server_ref *ways, size_t count, const struct server_ref *server)
{
	ways[count++] = *server;
	if (!server->proxy)
		return count;
	ways[count] = *server;
	ways[count++].proxy = NULL;
	return count;
}

/* All ways to all servers, the one that connect takes first. Returns their number. */
static size_t ways_of(const struct probe_settings *s, const struct server_ref *first,
		      struct server_ref *ways)
{
	size_t count;

	ways[0] = *first;
	if (!s->via)
		return 1;
	count = add_ways(ways, 0, first);
	for (size_t i = 0; i < s->server.more_count; i++)
		count = add_ways(ways, count, &s->server.more[i]);
	return count;
}

/* Returns the exit code: 0 once a way has worked, else that of the first. */
static enum exit_code try_ways(struct output *out, const struct server_ref *ways, size_t count,
			       const struct probe_tls *tls)
{
	static struct probe_report report;
	enum exit_code code, first = EXIT_OK;

	for (size_t i = 0; i < count; i++) {
		probe_run(&ways[i], tls, &report);
		print_way(out, &ways[i], &report);
		code = code_of(&report);
		if (code == EXIT_OK)
			return code;
		first = i ? first : code;
	}
	return first;
}

static enum exit_code probe_ways(const struct probe_settings *s, const struct server_ref *ref,
				 const struct probe_tls *tls)
{
	static struct server_ref ways[WAYS_MAX];
	static char text[REPORT_SIZE];
	struct output out = { .settings = s };
	size_t count = ways_of(s, ref, ways);
	enum exit_code code;

	json_open(&out.json, text, sizeof(text));
	if (s->via)
		json_array(&out.json, "ways");
	code = try_ways(&out, ways, count, tls);
	if (s->via) {
		json_end(&out.json);
		json_number(&out.json, "exit_code", code);
	}
	json_close(&out.json);
	if (s->json)
		puts(text);
	return code;
}

static bool enter_sandbox(const struct probe_settings *s, const struct server_ref *ref)
{
	const struct client_sandbox cfg = {
		.verb = SANDBOX_PROBE,
		.mode = s->sandbox.mode,
		.first = ref,
		.more = s->server.more,
		.more_count = s->server.more_count,
	};
	struct sandbox_report report;
	struct error err;

	if (!client_sandbox_enter(&cfg, &report, &err))
		return true;
	cli_error(&probe_verb, "%s", err.text);
	return false;
}

static enum exit_code probe_in_sandbox(const struct probe_settings *s, const struct server_ref *ref)
{
	enum exit_code code = EXIT_OTHER;
	struct probe_tls tls;

	probe_tls_open(&tls, &ref->tls);
	if (enter_sandbox(s, ref))
		code = probe_ways(s, ref, &tls);
	probe_tls_close(&tls);
	return code;
}

static int run(void *arg)
{
	struct probe_settings *s = arg;
	struct server_ref ref;
	enum exit_code code;

	log_writer_wait();

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
	code = probe_in_sandbox(s, &ref);
	upstream_settings_wipe(&s->server.upstream);
	return (int)code;
}

static struct probe_settings settings = { .server = SERVER_DEFAULTS, .sandbox = SANDBOX_DEFAULTS };

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
