/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members and objects for facts that were not seen are omitted. */
#include "cli/probe_json.h"

#include <stdio.h>
#include <time.h>

#include "cli/exit_code.h"
#include "sstp/sstp.h"

static void put_date(struct json *j, const char *name, time_t at)
{
	char text[64];
	struct tm tm;

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&at, &tm));
	json_string(j, name, text);
}

static void put_tls(struct json *j, const struct probe_report *r)
{
	json_object(j, "tls");
	json_string(j, "version", r->version);
	json_string(j, "cipher", r->cipher);
	json_string(j, "key_exchange", *r->group ? r->group : NULL);
	json_number(j, "ms", r->tls_ms);
	if (r->has_sstp)
		json_bool(j, "resumption", r->gives_tickets);
	json_end(j);
}

static void put_cert(struct json *j, const struct probe_report *r)
{
	const struct cert_info *c = &r->cert;

	json_object(j, "certificate");
	json_bool(j, "trusted", r->is_trusted);
	json_bool(j, "checked", !r->is_unchecked);
	json_string(j, "reason", r->is_trusted ? NULL : r->trust);
	json_string(j, "inspector", r->inspector);
	json_string(j, "pin", c->pin);
	json_string(j, "sha256", c->fingerprint);
	json_string(j, "subject", c->subject);
	json_string(j, "issuer", c->issuer);
	json_bool(j, "self_signed", c->is_self_signed);
	put_date(j, "not_before", c->not_before);
	put_date(j, "not_after", c->not_after);
	json_string(j, "key", c->key);
	json_bool(j, "for_servers", c->is_for_servers);
	json_array(j, "names");
	for (size_t i = 0; i < c->name_count; i++)
		json_string(j, NULL, c->names[i]);
	json_end(j);
	json_end(j);
}

static void put_sstp(struct json *j, const struct probe_report *r)
{
	json_object(j, "sstp");
	json_array(j, "crypto_binding");
	if (r->hashes & SSTP_HASH_SHA256)
		json_string(j, NULL, "sha256");
	if (r->hashes & SSTP_HASH_SHA1)
		json_string(j, NULL, "sha1");
	json_end(j);
	json_array(j, "offers");
	for (size_t i = 0; i < r->offer_count; i++)
		json_string(j, NULL, ppp_auth_name(r->offers[i]));
	json_end(j);
	json_end(j);
}

static void put_steps(struct json *j, const struct probe_report *r)
{
	static const char *const states[] = {
		[PROBE_NOT_REACHED] = "not reached",
		[PROBE_OK] = "ok",
		[PROBE_FAILED] = "failed",
	};

	json_array(j, "steps");
	for (enum probe_step step = 0; step < PROBE_STEPS; step++) {
		enum probe_outcome outcome = probe_outcome_of(r, step);
		const char *text = step == PROBE_CERTIFICATE ? r->trust : r->text;

		if (outcome == PROBE_LEFT_OUT)
			continue;
		json_object(j, NULL);
		json_string(j, "step", probe_step_key(step));
		json_string(j, "state", states[outcome]);
		json_string(j, "error", outcome == PROBE_FAILED ? text : NULL);
		json_string(j, "hint", *r->hints[step].text ? r->hints[step].text : NULL);
		json_end(j);
	}
	json_end(j);
	json_string(j, "stopped_at",
		    r->stopped_at < PROBE_STEPS ? probe_step_key(r->stopped_at) : NULL);
	json_string(j, "portal", *r->portal.url ? r->portal.url : NULL);
}

static void put_addresses(struct json *j, const struct probe_report *r)
{
	if (!r->addr_count)
		return;
	json_array(j, "addresses");
	for (size_t i = 0; i < r->addr_count; i++) {
		struct ip_addr a = ip_from_sockaddr(&r->addrs[i]);

		json_string(j, NULL, ip_print(&a).text);
	}
	json_end(j);
	if (r->was_looked_up)
		json_number(j, "name_ms", r->name_ms);
}

void probe_json_put(struct json *j, const struct server_ref *ref, const struct probe_report *r,
		    enum exit_code code)
{
	json_string(j, "server", server_ref_name(ref).text);
	json_number(j, "exit_code", code);
	json_string(j, "error", r->reason ? r->text : NULL);
	json_string(j, "via", ref->proxy ? "proxy" : "direct");
	json_string(j, "proxy", ref->proxy ? ref->proxy->name : NULL);
	put_steps(j, r);
	put_addresses(j, r);
	if (r->peer.ss_family) {
		json_string(j, "address", ip_print_sockaddr(&r->peer).text);
		json_number(j, "tcp_ms", r->tcp_ms);
	}
	if (r->has_tls) {
		put_tls(j, r);
		put_cert(j, r);
	}
	if (r->has_sstp)
		put_sstp(j, r);
}
