/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See mini.h. */
#include "support/mini.h"

#include <stdlib.h>

static const char user[] = "ann";
static const uint8_t ip_packet[] = { 0x45, 0, 0,  20, 0, 0, 0,  0, 64, 17,
				     0,    0, 10, 1,  0, 2, 10, 1, 0,  1 };

static void must(bool is_so)
{
	if (!is_so)
		abort();
}

/* splitmix64: each end has its own numbers, the same in each run. */
static void draw(void *arg, void *to, size_t len)
{
	struct mini *m = arg;
	uint8_t *at = to;

	for (size_t i = 0; i < len; i++) {
		uint64_t z = m->random += 0x9e3779b97f4a7c15;

		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
		z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
		at[i] = (uint8_t)(z >> 56);
	}
}

static void nowhere(enum log_level level, const char *name, const char *line)
{
	(void)level;
	(void)name;
	(void)line;
}

struct bytes mini_message(const struct mini *m, unsigned int number)
{
	size_t from = m->sent_at[number];
	size_t to = number + 1 < m->sends ? m->sent_at[number + 1] : m->tx_len;

	return bytes_of(m->tx + from, to - from);
}

static void transmit(struct mini *m, struct bytes header, struct bytes body)
{
	if (m->sends == MINI_SENDS_MAX || header.len + body.len > sizeof(m->tx) - m->tx_len)
		return; /* enough for a fuzzer */
	m->sent_at[m->sends++] = m->tx_len;
	if (header.len)
		memcpy(m->tx + m->tx_len, header.at, header.len);
	m->tx_len += header.len;
	if (body.len)
		memcpy(m->tx + m->tx_len, body.at, body.len);
	m->tx_len += body.len;
}

static void transmit_frame(struct mini *m, struct bytes frame)
{
	uint8_t header[SSTP_HDR_LEN];

	must(frame.len <= SSTP_PAYLOAD_MAX);
	sstp_put_data_header(header, frame.len);
	transmit(m, bytes_of(header, sizeof(header)), frame);
}

static void drain_sstp(struct mini *m);

/* ---- the user file: one user */

static bool is_text(struct bytes b, const char *text)
{
	return b.len == strlen(text) && !memcmp(b.at, text, b.len);
}

static struct ppp_auth_result judge(const struct mini *m, const struct ppp_attempt *a)
{
	const struct bytes password = bytes_text(m->cfg.password);
	struct ppp_auth_result v = { .ipv4 = MINI_CLIENT_V4 };
	uint8_t hash[MSCHAP_HASH_LEN], response[CHAP_MD5_LEN];

	if (!is_text(a->user, user))
		return v;
	switch (a->method) {
	case PPP_AUTH_PAP:
		v.ok = is_text(a->password, m->cfg.password);
		break;
	case PPP_AUTH_CHAP_MD5:
		chap_md5(a->identifier, password, a->challenge, response);
		v.ok = a->response.len == sizeof(response) &&
		       !memcmp(a->response.at, response, sizeof(response));
		break;
	case PPP_AUTH_MSCHAPV2:
		mschap_nt_hash(password, hash);
		v.ok = mschap_check(hash, a->challenge.at, a->response.at, a->user, v.message,
				    v.hlak);
		break;
	default:
		abort(); /* not offered */
	}
	return v;
}

/* ---- PPP's events */

static void bind_now(struct mini *m, const uint8_t *key)
{
	uint8_t copy[SSTP_HLAK_LEN];

	memcpy(copy, key, sizeof(copy));
	copy[7] ^= m->cfg.has_bad_key;
	sstp_authenticated(&m->s, copy, m->now_ms);
	drain_sstp(m);
}

static void take_ppp(struct mini *m, const struct ppp_out *out)
{
	switch (out->type) {
	case PPP_OUT_FRAME:
		if (sstp_ppp_is_open(&m->s))
			transmit_frame(m, out->frame);
		break;
	case PPP_OUT_CHECK_PASSWORD:
		m->verdict = judge(m, &out->attempt);
		m->has_attempt = true;
		break;
	case PPP_OUT_AUTHENTICATED:
		m->authenticated++;
		if (m->cfg.binds_late) {
			memcpy(m->key, out->hlak, sizeof(m->key));
			m->has_key = true;
		} else if (!m->cfg.binds_never && !m->cfg.binds_early) {
			bind_now(m, out->hlak);
		}
		break;
	case PPP_OUT_IPV4_UP:
		m->ipv4_ups++;
		m->ipv4 = out->ipv4;
		if (m->has_key)
			bind_now(m, m->key);
		m->has_key = false;
		break;
	case PPP_OUT_IPV6_UP:
		m->ipv6_ups++;
		break;
	case PPP_OUT_CLOSED:
		must(!m->is_ppp_closed);
		m->is_ppp_closed = true;
		m->ppp_why = out->closed.why;
		sstp_close(&m->s, m->now_ms);
		drain_sstp(m);
		break;
	case PPP_OUT_LCP_UP:
	case PPP_OUT_OFFER:
	case PPP_OUT_EAP:
	case PPP_OUT_IPV4_DOWN:
	case PPP_OUT_IPV6_DOWN:
		break;
	}
}

static void drain_ppp(struct mini *m)
{
	struct ppp_out out;

	while (ppp_next(&m->p, &out))
		take_ppp(m, &out);
	if (m->has_attempt && !m->cfg.judges_late)
		mini_judge(m);
}

void mini_judge(struct mini *m)
{
	m->has_attempt = false;
	ppp_auth_result(&m->p, &m->verdict, m->now_ms);
	drain_ppp(m);
}

/* ---- SSTP's events */

/* Drops network data before IPCP is open, as the tunnel does: it must not reach the PPP engine. */
static void take_frame(struct mini *m, struct bytes frame)
{
	struct bytes packet;
	uint16_t protocol = ppp_data(frame.at, frame.len, &packet);

	if (protocol != PPP_PROTO_IPV4 && protocol != PPP_PROTO_IPV6) {
		ppp_input(&m->p, frame.at, frame.len, m->now_ms);
		drain_ppp(m);
	} else if (sstp_is_connected(&m->s) && ppp_data_is_open(&m->p, protocol)) {
		must(m->authenticated && m->connected);
		m->data_in++;
	} else {
		m->data_dropped++;
	}
}

static void start_ppp(struct mini *m)
{
	static const uint8_t zero[SSTP_HLAK_LEN];

	ppp_open(&m->p, m->now_ms);
	if (m->cfg.binds_early)
		bind_now(m, zero);
	drain_ppp(m);
}

static void take_sstp(struct mini *m, const struct sstp_out *out)
{
	must(!m->is_closed);
	switch (out->type) {
	case SSTP_OUT_SEND:
		transmit(m, out->bytes, bytes_of(NULL, 0));
		break;
	case SSTP_OUT_START_PPP:
		start_ppp(m);
		break;
	case SSTP_OUT_PPP_FRAME:
		take_frame(m, out->bytes);
		break;
	case SSTP_OUT_CONNECTED:
		must(m->cfg.role == SSTP_CLIENT || m->authenticated);
		m->connected++;
		break;
	case SSTP_OUT_CLOSED:
		m->is_closed = true;
		m->why = out->closed.why;
		m->status = out->closed.status;
		break;
	case SSTP_OUT_OTHER_HTTP:
		sstp_refuse_http(&m->s, out->other.status);
		break;
	case SSTP_OUT_HTTP_DONE:
		break;
	}
}

static void drain_sstp(struct mini *m)
{
	struct sstp_out out;

	while (sstp_next(&m->s, &out))
		take_sstp(m, &out);
}

/* ---- open, input, close */

static struct sstp_cfg sstp_cfg_of(struct mini *m)
{
	struct sstp_cfg cfg = {
		.role = m->cfg.role,
		.hashes = m->cfg.hashes ? m->cfg.hashes : SSTP_HASH_SHA1 | SSTP_HASH_SHA256,
		.host = "vpn.example.net",
		.random = draw,
		.random_arg = m,
	};

	return cfg;
}

static struct ppp_cfg ppp_cfg_of(struct mini *m)
{
	struct ppp_cfg cfg = {
		.role = m->cfg.role == SSTP_CLIENT ? PPP_CLIENT : PPP_SERVER,
		.auth_count = m->cfg.auth_count,
		.ipv4 = true,
		.ipv6 = m->cfg.ipv6,
		.user = user,
		.password = m->cfg.password,
		.want_dns = true,
		.name = "server",
		.ipv4_own = m->cfg.role == SSTP_SERVER ? MINI_SERVER_V4 : 0,
		.dns = { MINI_DNS },
		.random = draw,
		.random_arg = m,
	};

	memcpy(cfg.auth, m->cfg.auth, sizeof(cfg.auth));
	return cfg;
}

void mini_open(struct mini *m, const struct mini_cfg *cfg, uint64_t seed)
{
	struct sstp_cfg sstp_cfg;
	struct ppp_cfg ppp_cfg;

	log_set_sink(nowhere);
	log_set_level(LOG_LEVEL_DEBUG);
	memset(m, 0, sizeof(*m));
	m->cfg = *cfg;
	m->random = seed;
	m->now_ms = MINI_T0;
	sstp_cfg = sstp_cfg_of(m);
	ppp_cfg = ppp_cfg_of(m);
	memset(m->keys.cert_sha1, cfg->has_bad_cert ? 0xb1 : 0xc1, sizeof(m->keys.cert_sha1));
	memset(m->keys.cert_sha256, cfg->has_bad_cert ? 0xb2 : 0xc2, sizeof(m->keys.cert_sha256));
	sstp_init(&m->s, &sstp_cfg, &m->keys);
	sstp_lend(&m->s, &m->sstp_out);
	ppp_init(&m->p, &ppp_cfg, &m->login);
	ppp_lend(&m->p, &m->ppp_out);
	sstp_open(&m->s, m->now_ms);
	drain_sstp(m);
}

static size_t feed_once(struct mini *m)
{
	/* of exactly this size, so that ASan detects a read past it */
	uint8_t *copy = malloc(m->rx_len);
	size_t taken;

	must(copy != NULL);
	memcpy(copy, m->rx, m->rx_len);
	taken = sstp_input(&m->s, copy, m->rx_len, m->now_ms);
	must(taken <= m->rx_len);
	drain_sstp(m);
	free(copy);
	m->rx_len -= taken;
	memmove(m->rx, m->rx + taken, m->rx_len);
	return taken;
}

void mini_feed(struct mini *m, const uint8_t *at, size_t len)
{
	while (len) {
		size_t n = sizeof(m->rx) - m->rx_len;

		if (n > len)
			n = len;
		memcpy(m->rx + m->rx_len, at, n);
		m->rx_len += n;
		at += n;
		len -= n;
		while (m->rx_len && feed_once(m))
			;
		must(m->rx_len <= SSTP_HTTP_MAX);
	}
}

uint64_t mini_deadline(const struct mini *m)
{
	uint64_t s = sstp_deadline(&m->s), p = ppp_deadline(&m->p);

	if (m->is_closed)
		return UINT64_MAX;
	return s < p ? s : p;
}

void mini_turn(struct mini *m, uint64_t now_ms)
{
	m->now_ms = now_ms;
	if (m->is_closed)
		return;
	ppp_tick(&m->p, now_ms);
	drain_ppp(m);
	sstp_tick(&m->s, now_ms);
	drain_sstp(m);
}

void mini_close(struct mini *m)
{
	ppp_close(&m->p, NULL, m->now_ms);
	drain_ppp(m);
}

bool mini_is_up(const struct mini *m)
{
	return !m->is_closed && sstp_is_connected(&m->s) && ppp_data_is_open(&m->p, PPP_PROTO_IPV4);
}

void mini_force_ip(struct mini *m)
{
	uint8_t frame[PPP_HDR_LEN + sizeof(ip_packet)];

	ppp_put_header(frame, PPP_PROTO_IPV4);
	memcpy(frame + PPP_HDR_LEN, ip_packet, sizeof(ip_packet));
	transmit_frame(m, bytes_of(frame, sizeof(frame)));
}

bool mini_send_ip(struct mini *m)
{
	if (!mini_is_up(m))
		return false;
	mini_force_ip(m);
	return true;
}
