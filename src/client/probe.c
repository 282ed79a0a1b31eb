/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes one connection up to the server's authentication offers, and closes it. If the certificate
 * is not trusted, a second connection is made with that very certificate pinned: so a probe sees
 * everything, and this program still has no option to trust any certificate.
 */
#include "client/probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/loop.h"
#include "net/reach.h"
#include "sstp/sstp.h"
#include "tls/cert_name.h"
#include "tls/open.h"
#include "tls/tickets.h"
#include "tunnel/tunnel.h"
#include "util/clock.h"

struct probe {
	const struct server_ref *ref;
	struct probe_report *report;
	struct log log;
	struct loop *loop;
	struct pump pump;
	struct packet_sink sink;
	struct tls_ctx *tls;
	struct tls_tickets *tickets; /* of this connection; it has none to offer */
	struct reach *dial;
	struct portal *portal;     /* NULL: none is looked for */
	struct reach_cover *cover; /* of the connection; NULL: none */
	struct tunnel tunnel;
	struct server_name http_host;
	char pin[sizeof("sha256:") + 2 * SHA256_LEN]; /* of a certificate that was not trusted */
	/* why there are no authorities to check it with */
	char unchecked[384];
	uint64_t started_ms, connected_ms;
	enum tunnel_sign sign, refused_sign; /* of the failure; of the certificate's */
	int tcp_error;
	struct cert_info refused; /* the certificate that was not trusted, if pin is not empty */
	bool is_refused_for_host;
};

static const char *tls_name(const struct server_ref *ref)
{
	return ref->verify_name ? ref->verify_name : ref->host;
}

static void nowhere(struct packet_sink *sink, struct tunnel *from, const struct packet *p)
{
	(void)sink;
	(void)from;
	(void)p;
}

static void no_flush(struct packet_sink *sink)
{
	(void)sink;
}

static void note_offer(struct probe_report *r, enum ppp_auth method)
{
	for (size_t i = 0; i < r->offer_count; i++)
		if (r->offers[i] == method)
			return;
	if (r->offer_count < PPP_AUTH_COUNT)
		r->offers[r->offer_count++] = method;
}

const char *probe_step_key(enum probe_step step)
{
	static const char *const keys[PROBE_STEPS] = {
		[PROBE_NAME] = "name",
		[PROBE_TCP] = "tcp",
		[PROBE_PROXY] = "proxy",
		[PROBE_TLS] = "tls",
		[PROBE_CERTIFICATE] = "certificate",
		[PROBE_HTTP] = "http",
		[PROBE_SSTP] = "sstp",
		[PROBE_LOGIN] = "login",
	};

	return keys[step];
}

/* The step that the reason of a failure belongs to. */
static enum probe_step step_of(enum tunnel_reason reason)
{
	switch (reason) {
	case REASON_LOOKUP:
		return PROBE_NAME;
	case REASON_TCP:
		return PROBE_TCP;
	case REASON_PROXY:
	case REASON_PROXY_LOGIN:
		return PROBE_PROXY;
	case REASON_TLS:
		return PROBE_TLS;
	case REASON_TRUST:
		return PROBE_CERTIFICATE;
	case REASON_HTTP:
		return PROBE_HTTP;
	case REASON_SSTP:
		return PROBE_SSTP;
	case REASON_AUTH:
	case REASON_PPP:
	case REASON_PEER:
	case REASON_LOST:
	case REASON_SILENT:
		return PROBE_LOGIN;
	default:
		return PROBE_STEPS;
	}
}

/* With a proxy it is the proxy that connects to the server, and often it that looks up the name. */
static bool is_left_out(const struct probe_report *r, enum probe_step step)
{
	if (!r->has_proxy)
		return step == PROBE_PROXY;
	return step == PROBE_TCP ||
	       (step == PROBE_NAME && !r->addr_count && r->reason != REASON_LOOKUP);
}

enum probe_outcome probe_outcome_of(const struct probe_report *r, enum probe_step step)
{
	enum probe_step last = step_of(r->reason);

	if (is_left_out(r, step))
		return PROBE_LEFT_OUT;
	if (step == PROBE_CERTIFICATE && r->has_tls)
		return r->is_trusted ? PROBE_OK : PROBE_FAILED;
	if (r->reason && last == PROBE_STEPS)
		return PROBE_NOT_REACHED;
	return step < last ? PROBE_OK : step == last ? PROBE_FAILED : PROBE_NOT_REACHED;
}

static void note_tls(struct probe *p)
{
	struct probe_report *r = p->report;
	struct tls *t = p->tunnel.wire.tls;

	r->has_tls = true;
	r->tls_ms = loop_now(p->loop) - p->connected_ms;
	snprintf(r->version, sizeof(r->version), "%s", tls_version(t));
	snprintf(r->cipher, sizeof(r->cipher), "%s", tls_cipher(t));
	snprintf(r->group, sizeof(r->group), "%s", tls_group(t));
	cert_read(tls_peer_leaf(t), &r->cert);
}

/* Stores the certificate's fingerprint for the second connection. */
static void pin_it(struct probe *p, struct bytes leaf)
{
	uint8_t sha256[SHA256_LEN];
	int n;

	if (!leaf.len)
		return;
	cert_read(leaf, &p->refused);
	p->is_refused_for_host = cert_is_for(leaf, tls_name(p->ref));
	digest_sha256(&leaf, 1, sha256);
	n = snprintf(p->pin, sizeof(p->pin), "sha256:");
	for (size_t i = 0; i < sizeof(sha256); i++)
		n += snprintf(p->pin + n, sizeof(p->pin) - (size_t)n, "%02x", sha256[i]);
}

/*
 * The probe has seen everything once the server has made its offers: it does not matter how the
 * call ends then.
 */
static void note_end(struct probe *p, const struct tunnel_end *end)
{
	struct probe_report *r = p->report;

	if (end->reason == REASON_TRUST)
		snprintf(r->trust, sizeof(r->trust), "%.383s",
			 r->is_unchecked ? p->unchecked : end->text);
	r->reason = r->offer_count ? REASON_NONE : end->reason;
	*(end->reason == REASON_TRUST ? &p->refused_sign : &p->sign) = end->sign;
	snprintf(r->text, sizeof(r->text), "%s", end->text);
	loop_stop(p->loop);
}

static void on_event(void *arg, const struct tunnel_event *ev)
{
	struct probe *p = arg;

	switch (ev->type) {
	case TUNNEL_TLS_UP:
		note_tls(p);
		break;
	case TUNNEL_UNTRUSTED:
		pin_it(p, ev->leaf);
		break;
	case TUNNEL_SSTP_UP:
		p->report->has_sstp = true;
		p->report->hashes = ev->hashes;
		break;
	case TUNNEL_OFFER:
		note_offer(p->report, ev->offer);
		break;
	case TUNNEL_ENDED:
		note_end(p, ev->end);
		break;
	case TUNNEL_CHECK_PASSWORD:
	case TUNNEL_EAP:
	case TUNNEL_AUTHENTICATED:
	case TUNNEL_CONNECTED:
	case TUNNEL_IPV4_UP:
	case TUNNEL_IPV4_DOWN:
	case TUNNEL_IPV6_UP:
	case TUNNEL_IPV6_DOWN:
	case TUNNEL_NEIGHBOR:
		break;
	}
}

static void fail(struct probe *p, enum tunnel_reason reason, const char *text)
{
	p->report->reason = reason;
	snprintf(p->report->text, sizeof(p->report->text), "%s", text);
	loop_stop(p->loop);
}

static void note_addresses(struct probe *p, const struct reach_result *result)
{
	const struct reach_addrs *server = p->ref->proxy ? &result->server : &result->addrs;
	struct probe_report *r = p->report;

	memcpy(r->addrs, server->at, sizeof(r->addrs));
	r->addr_count = server->count;
	r->was_looked_up = result->looked_up_ms;
	r->name_ms = result->looked_up_ms ? result->looked_up_ms - p->started_ms : 0;
}

static void dialed(void *arg, const struct reach_result *result)
{
	struct probe *p = arg;
	const struct server_ref *ref = p->ref;
	struct tunnel_cfg cfg = {
		.loop = p->loop,
		.pump = &p->pump,
		.sink = &p->sink,
		.fd = result->fd,
		.tls_ctx = p->tls,
		.name = tls_name(ref),
		.sni = ref->sni,
		.http_host = p->http_host.text,
		.hashes = SSTP_HASH_SHA1 | SSTP_HASH_SHA256,
		.mtu = PPP_DEFAULT_MRU,
		.tls_timeout_ms = ref->timeout_ms,
		.setup_deadline_ms = p->started_ms + ref->timeout_ms,
		.setup_ms = ref->timeout_ms,
		.ppp =
			&(struct ppp_cfg){
				.role = PPP_CLIENT,
				.auth = { PPP_AUTH_MSCHAPV2, PPP_AUTH_CHAP_MD5, PPP_AUTH_PAP },
				.auth_count = 3,
				.probe = true,
				.user = "",
				.password = "",
			},
		.log = &p->log,
		.event = on_event,
		.arg = p,
	};

	p->dial = NULL;
	note_addresses(p, result);
	if (result->status != REACH_CONNECTED) {
		p->tcp_error = result->error;
		fail(p, client_reason_of(result->status), result->text);
		return;
	}
	p->cover = result->cover;
	p->connected_ms = loop_now(p->loop);
	p->report->tcp_ms = p->connected_ms - p->started_ms;
	p->report->peer = result->peer;
	if (tunnel_open(&p->tunnel, &cfg))
		fail(p, REASON_SYSTEM, strerror(ENOMEM));
}

/* ---- TLS contexts */

static int open_pinned(const struct tls_client_cfg *cfg, struct tls_ctx **out, struct error *err)
{
	static const char *const pin_of_no_cert =
		"sha256:0000000000000000000000000000000000000000000000000000000000000000";
	struct tls_client_cfg refuses_all = *cfg;

	refuses_all.pins = &pin_of_no_cert;
	refuses_all.pin_count = 1;
	return tls_ctx_client(&refuses_all, out, err);
}

/*
 * A scratch image has no list of authorities. A pin that no certificate matches makes the first
 * connection fail, and the second uses the pin of the certificate that was shown.
 */
void probe_tls_open(struct probe_tls *t, const struct tls_client_cfg *cfg)
{
	struct error err;

	*t = (struct probe_tls){ .first = NULL };
	t->error = tls_ctx_client(cfg, &t->first, &t->err);
	if (t->error == -ENOENT && !cfg->ca_file && !cfg->crl_file && !cfg->pin_count) {
		t->is_unchecked = true;
		t->error = open_pinned(cfg, &t->first, &err);
	}
	if (!t->error)
		t->error = open_pinned(cfg, &t->pinned, t->is_unchecked ? &err : &t->err);
	if (t->error && t->is_unchecked)
		t->err = err;
}

void probe_tls_close(struct probe_tls *t)
{
	tls_ctx_release(t->first);
	tls_ctx_release(t->pinned);
}

/* Makes one connection and runs it to its end. */
static void connect_once(struct probe *p, struct tls_ctx *tls)
{
	struct reach_cfg cfg = {
		.dial = {
			.host = p->ref->host,
			.port = p->ref->port,
			.family = p->ref->family,
			.addrs = p->ref->addrs,
			.addr_count = p->ref->addr_count,
			.timeout_ms = p->ref->timeout_ms,
			.lookup_ms = p->ref->timeout_ms,
		},
		.proxy = p->ref->proxy,
		.done = dialed,
		.arg = p,
	};

	p->tls = tls;
	p->tickets = tls_tickets_new(clock_boot_s);
	tls_ctx_use_tickets(p->tls, p->tickets);
	p->started_ms = loop_now(p->loop);
	if (reach_start(p->loop, &cfg, &p->dial))
		fail(p, REASON_SYSTEM, strerror(ENOMEM));
	else if (loop_run(p->loop))
		fail(p, REASON_SYSTEM, "the event loop failed");
	reach_cancel(p->dial);
	p->dial = NULL;
	tunnel_abandon(&p->tunnel);
	p->report->gives_tickets = tls_tickets_are_there(p->tickets);
	tls_ctx_use_tickets(p->tls, NULL);
	tls_tickets_free(p->tickets);
	if (p->cover)
		p->cover->close(p->cover);
	p->cover = NULL;
	p->tls = NULL;
}

/* Without a word of the pin, which was not the user's. */
static void note_another(struct probe_report *r)
{
	static const char what[] = "the server's certificate is not trusted, and at a second "
				   "connection it sent another one";

	memcpy(r->text, what, sizeof(what));
	memcpy(r->trust, what, sizeof(what));
}

static void probe(struct probe *p, const struct probe_tls *tls)
{
	char first[sizeof(p->pin)];

	if (tls->error) {
		fail(p, REASON_SETTINGS, tls->err.text);
		return;
	}
	if (tls->is_unchecked) {
		p->report->is_unchecked = true;
		snprintf(p->unchecked, sizeof(p->unchecked), "%s", tls->err.text);
	}
	connect_once(p, tls->first);
	if (p->report->reason != REASON_TRUST || !*p->pin) {
		p->report->is_trusted = p->report->has_tls && p->report->reason != REASON_TRUST;
		return;
	}
	memcpy(first, p->pin, sizeof(first));
	if (!tls_ctx_use_pin(tls->pinned, first)) {
		fail(p, REASON_SYSTEM, "the pin of the certificate cannot be used");
		return;
	}
	connect_once(p, tls->pinned);
	if (p->report->reason == REASON_TRUST && strcmp(first, p->pin))
		note_another(p->report);
}

static void set_hint(struct probe *p, struct obstacle_facts f)
{
	enum probe_step step = step_of(f.reason);

	f.host = p->ref->host;
	f.verify_name = p->ref->verify_name;
	f.addrs = p->report->addrs;
	f.addr_count = p->report->was_looked_up ? p->report->addr_count : 0;
	if (step < PROBE_STEPS)
		p->report->hints[step] = obstacle_hint(&f);
}

static void portal_done(void *arg, const struct portal_result *result)
{
	struct probe *p = arg;

	p->report->portal = *result;
	p->portal = NULL;
	loop_stop(p->loop);
}

/* `f`: of the step that failed. */
static void look_for_portal(struct probe *p, const struct obstacle_facts *f)
{
	struct probe_report *r = p->report;
	struct reach_addrs addrs = { .count = r->addr_count };
	struct portal_cfg cfg = {
		.host = p->ref->host, .addrs = &addrs, .done = portal_done, .arg = p
	};

	memcpy(addrs.at, r->addrs, sizeof(r->addrs));
	if (p->ref->proxy || p->ref->no_portal_check || !addrs.count ||
	    r->stopped_at == PROBE_STEPS || !obstacle_may_be_portal(f) ||
	    portal_start(p->loop, &cfg, &p->portal))
		return;
	loop_run(p->loop);
	portal_cancel(p->portal);
	if (r->portal.is_portal)
		r->hints[r->stopped_at] = portal_hint(&r->portal, p->ref->host);
}

static bool is_passed(enum probe_outcome outcome)
{
	return outcome == PROBE_OK || outcome == PROBE_LEFT_OUT;
}

static void conclude(struct probe *p)
{
	struct probe_report *r = p->report;
	const struct obstacle_facts trust = {
		.reason = REASON_TRUST,
		.sign = p->refused_sign,
		.cert = &p->refused,
		.is_cert_for_host = p->is_refused_for_host,
	};
	const struct obstacle_facts other = { .reason = r->reason,
					      .sign = p->sign,
					      .error = p->tcp_error };

	if (*p->pin)
		set_hint(p, trust);
	if (r->reason && r->reason != REASON_TRUST)
		set_hint(p, other);
	while (r->stopped_at < PROBE_STEPS && is_passed(probe_outcome_of(r, r->stopped_at)))
		r->stopped_at++;
	look_for_portal(p, *p->pin ? &trust : &other);
	if (r->is_trusted)
		r->inspector = obstacle_inspector(&r->cert);
}

void probe_run(const struct server_ref *ref, const struct probe_tls *tls,
	       struct probe_report *report)
{
	struct probe *p = calloc(1, sizeof(*p));

	*report = (struct probe_report){ .reason = REASON_SYSTEM, .text = "out of memory" };
	if (!p)
		return;
	p->ref = ref;
	p->report = report;
	report->has_proxy = ref->proxy;
	p->sink = (struct packet_sink){ .deliver = nowhere, .flush = no_flush };
	p->http_host = server_ref_http_host(ref);
	if (!loop_open(&p->loop) && !pump_open(&p->pump, p->loop)) {
		probe(p, tls);
		conclude(p);
	}
	pump_close(&p->pump);
	loop_close(p->loop);
	free(p);
}
