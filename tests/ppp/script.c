/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ppp/script.h"

#include <ctype.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ppp/ends.h"

enum {
	TEXT_MAX = 8192,
	OUTPUTS_MAX = 64,
};

struct run {
	const struct script *script;
	struct ppp p;
	struct ppp_login login;
	struct outbox out;
	uint64_t now_ms;
	char outputs[OUTPUTS_MAX][TEXT_MAX];
	size_t count, next;
};

static const struct {
	const char *word, *hex;
} protocols[] = {
	{ "lcp", "ff03c021" }, { "pap", "ff03c023" },  { "chap", "ff03c223" },
	{ "eap", "ff03c227" }, { "ipcp", "ff038021" }, { "ipv6cp", "ff038057" },
	{ "ccp", "ff0380fd" }, { "ecp", "ff038053" },
};

static _Noreturn void differ(const struct run *r, const char *wanted, const char *got)
{
	print_error("%s: at %" PRIu64 " ms\n  wanted: %s\n     got: %s\n", r->script->name,
		    r->now_ms, wanted, got);
	fail();
	abort();
}

/* ---- frames as text: pairs of hex digits, "??", "--" and at the end perhaps "..." */

static const char *add_quoted(char *to, size_t *len, const char *at)
{
	for (at++; *at && *at != '"'; at++)
		*len += (size_t)sprintf(to + *len, "%02x", (unsigned char)*at);
	return *at ? at + 1 : at;
}

static void normalise(char *to, const char *line)
{
	size_t len = 0;

	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++) {
		size_t n = strlen(protocols[i].word);

		if (strncmp(line, protocols[i].word, n) || !isspace((unsigned char)line[n]))
			continue;
		len = (size_t)sprintf(to, "%s", protocols[i].hex);
		line += n;
		break;
	}
	while (*line && *line != '#') {
		if (*line == '"')
			line = add_quoted(to, &len, line);
		else if (isspace((unsigned char)*line))
			line++;
		else
			to[len++] = (char)tolower((unsigned char)*line++);
	}
	to[len] = '\0';
}

/* Puts the number in place of the first "--", which is followed by all that it counts. */
static void fill_length(char *text)
{
	char *gap = strstr(text, "--"), number[5];
	size_t len;

	if (!gap)
		return;
	len = (strlen(gap) - 2) / 2 + 4;
	snprintf(number, sizeof(number), "%04zx", len & 0xffff);
	memmove(gap + 4, gap + 2, strlen(gap + 2) + 1);
	memcpy(gap, number, 4);
}

static size_t to_bytes(uint8_t *to, const char *hex)
{
	size_t n = 0;

	for (; hex[0] && hex[1]; hex += 2) {
		const char digits[] = { hex[0], hex[1], '\0' };

		to[n++] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return n;
}

static bool matches(const char *wanted, const char *got)
{
	for (; *wanted && *got; wanted++, got++) {
		if (!strcmp(wanted, "..."))
			return true;
		if (*wanted != '?' && *wanted != *got)
			return false;
	}
	return (!*wanted || !strcmp(wanted, "...")) && !*got;
}

/* ---- what comes out, as text */

static size_t print_ipv4(char *to, uint32_t a)
{
	return (size_t)sprintf(to, " %u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
}

static void print_servers(char *to, const char *word, const uint32_t servers[2])
{
	to += strlen(to);
	if (!servers[0] && !servers[1])
		return;
	to += sprintf(to, " %s", word);
	for (size_t i = 0; i < 2; i++)
		if (servers[i])
			to += print_ipv4(to, servers[i]);
}

static void print_hex(char *to, const uint8_t *from, size_t len)
{
	*to = '\0';
	for (size_t i = 0; i < len; i++)
		sprintf(to + 2 * i, "%02x", from[i]);
}

static void print_ipv6(char *to, const struct ppp_ipv6 *v)
{
	char own[17], peer[17];

	print_hex(own, v->own_iid, PPP_IID_LEN);
	print_hex(peer, v->peer_iid, PPP_IID_LEN);
	sprintf(to, "ipv6 %s %s", own, peer);
}

static void print(char *to, const struct ppp_out *out)
{
	switch (out->type) {
	case PPP_OUT_FRAME:
		print_hex(to, out->frame.at, out->frame.len);
		break;
	case PPP_OUT_LCP_UP:
		strcpy(to, "lcp-up");
		break;
	case PPP_OUT_OFFER:
		sprintf(to, "offer %s", ppp_auth_name(out->offer));
		break;
	case PPP_OUT_CHECK_PASSWORD:
		sprintf(to, "check %s %.*s", ppp_auth_name(out->attempt.method),
			(int)out->attempt.user.len, (const char *)out->attempt.user.at);
		break;
	case PPP_OUT_EAP:
		strcpy(to, "eap ");
		print_hex(to + strlen(to), out->eap.at, out->eap.len);
		break;
	case PPP_OUT_AUTHENTICATED:
		strcpy(to, "authenticated ");
		print_hex(to + strlen(to), out->hlak, sizeof(out->hlak));
		break;
	case PPP_OUT_IPV4_UP:
		strcpy(to, "ipv4");
		print_ipv4(to + strlen(to), out->ipv4.own);
		print_ipv4(to + strlen(to), out->ipv4.peer);
		print_servers(to, "dns", out->ipv4.dns);
		print_servers(to, "nbns", out->ipv4.nbns);
		break;
	case PPP_OUT_IPV6_UP:
		print_ipv6(to, &out->ipv6);
		break;
	case PPP_OUT_IPV4_DOWN:
		strcpy(to, "ipv4-down");
		break;
	case PPP_OUT_IPV6_DOWN:
		strcpy(to, "ipv6-down");
		break;
	case PPP_OUT_CLOSED:
		sprintf(to, "closed %d %u %.*s", (int)out->closed.why, out->closed.error,
			(int)out->closed.detail.len, (const char *)out->closed.detail.at);
		while (to[strlen(to) - 1] == ' ')
			to[strlen(to) - 1] = '\0';
	}
}

static void drain(struct run *r)
{
	struct ppp_out out;

	while (ppp_next(&r->p, &out)) {
		assert_true(r->count < OUTPUTS_MAX);
		print(r->outputs[r->count++], &out);
		if (out.type == PPP_OUT_CHECK_PASSWORD) {
			struct ppp_auth_result v = ends_check(&out.attempt, "clientPass");

			ppp_auth_result(&r->p, &v, r->now_ms);
		}
	}
}

/* ---- lines */

static void expect(struct run *r, const char *wanted)
{
	const char *got = r->next < r->count ? r->outputs[r->next] : "(nothing)";

	if (!matches(wanted, got))
		differ(r, wanted, got);
	r->next++;
}

static void expect_no_more(struct run *r)
{
	if (r->next < r->count)
		differ(r, "(nothing)", r->outputs[r->next]);
	r->next = r->count = 0;
}

static void pass_time(struct run *r, uint64_t ms)
{
	uint64_t end = r->now_ms + ms;

	while (ppp_deadline(&r->p) <= end) {
		r->now_ms = ppp_deadline(&r->p);
		ppp_tick(&r->p, r->now_ms);
		assert_true(ppp_deadline(&r->p) > r->now_ms);
		drain(r);
	}
	r->now_ms = end;
}

static void send(struct run *r, const char *text)
{
	static uint8_t bytes[TEXT_MAX / 2];
	/* in its own memory, so that a sanitizer detects a read past its end */
	size_t len = to_bytes(bytes, text);
	uint8_t *frame = malloc(len + !len);

	assert_non_null(frame);
	memcpy(frame, bytes, len);
	ppp_input(&r->p, frame, len, r->now_ms);
	free(frame);
	drain(r);
}

static void do_frame_line(struct run *r, const char *line)
{
	static char text[TEXT_MAX];

	normalise(text, line + strspn(line, "<> "));
	fill_length(text);
	if (*line == '<') {
		expect_no_more(r);
		send(r, text);
	} else {
		expect(r, text);
	}
}

static const char *argument(const char *line, const char *word)
{
	size_t n = strlen(word);

	return strncmp(line, word, n) ? NULL : line + n;
}

static void do_eap(struct run *r, const char *line, bool is_sent)
{
	static char text[TEXT_MAX];
	static uint8_t bytes[TEXT_MAX / 2];
	size_t len;

	expect_no_more(r);
	normalise(text, line);
	fill_length(text);
	len = to_bytes(bytes, text);
	assert_int_equal(ppp_eap_send(&r->p, bytes_of(bytes, len), r->now_ms), is_sent);
	drain(r);
}

static void do_eap_done(struct run *r)
{
	uint8_t hlak[PPP_HLAK_LEN];

	memset(hlak, 0xee, sizeof(hlak));
	ppp_eap_done(&r->p, hlak, r->now_ms);
	drain(r);
}

static void do_verdict(struct run *r, bool ok)
{
	struct ppp_auth_result v = { .ok = ok, .ipv4 = ENDS_CLIENT_IPV4 };

	expect_no_more(r);
	memset(v.hlak, 0xee, sizeof(v.hlak));
	ppp_auth_result(&r->p, &v, r->now_ms);
	drain(r);
}

static void do_line(struct run *r, const char *line)
{
	const char *a;

	if (*line == '<' || *line == '>') {
		do_frame_line(r, line);
	} else if ((a = argument(line, "! "))) {
		expect(r, a);
	} else if (argument(line, "skip")) {
		r->next = r->count;
	} else if ((a = argument(line, "open "))) {
		assert_true(ppp_data_is_open(&r->p, (uint16_t)strtoul(a, NULL, 16)));
	} else if ((a = argument(line, "shut "))) {
		assert_false(ppp_data_is_open(&r->p, (uint16_t)strtoul(a, NULL, 16)));
	} else if ((a = argument(line, "mru "))) {
		assert_int_equal(ppp_peer_mru(&r->p), strtoul(a, NULL, 10));
	} else if ((a = argument(line, "+ "))) {
		expect_no_more(r);
		pass_time(r, strtoul(a, NULL, 10));
	} else if ((a = argument(line, "eap "))) {
		do_eap(r, a, true);
	} else if ((a = argument(line, "eap-not "))) {
		do_eap(r, a, false);
	} else if (argument(line, "eap-done")) {
		do_eap_done(r);
	} else if ((a = argument(line, "verdict "))) {
		do_verdict(r, !strcmp(a, "ok"));
	} else if (argument(line, "close")) {
		expect_no_more(r);
		ppp_close(&r->p, NULL, r->now_ms);
		drain(r);
	} else if (*line && *line != '#') {
		differ(r, "a line of the script", line);
	}
}

static void do_lines(struct run *r, const char *lines)
{
	static char line[TEXT_MAX];

	while (*lines) {
		size_t len = strcspn(lines, "\n");

		assert_true(len < sizeof(line));
		memcpy(line, lines, len);
		line[len] = '\0';
		do_line(r, line);
		lines += len + (lines[len] == '\n');
	}
}

void script_run_after(const char *before, const struct script *s)
{
	static struct run r;
	struct ends_random random;
	struct ppp_cfg cfg = s->role == PPP_CLIENT ? ends_client(&random) : ends_server(&random);

	memset(&r, 0, sizeof(r));
	r.script = s;
	r.now_ms = 1000000;
	if (s->amend)
		s->amend(&cfg);
	ppp_init(&r.p, &cfg, &r.login);
	ppp_lend(&r.p, &r.out);
	ppp_open(&r.p, r.now_ms);
	drain(&r);
	do_lines(&r, before);
	do_lines(&r, s->lines);
	expect_no_more(&r);
	ppp_wipe(&r.p);
}

void script_run(const struct script *s)
{
	script_run_after("", s);
}

void script_run_all(const struct script *s, size_t count)
{
	for (size_t i = 0; i < count; i++)
		script_run(&s[i]);
}
