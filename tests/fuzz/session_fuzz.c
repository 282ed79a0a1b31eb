/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hostile client and a whole server: HTTP, SSTP, LCP, authentication, and the phases after it.
 * The first byte selects how many of these are already complete and which method the server offers;
 * then a byte below 0xc0 is the length of a read that follows, and any other byte advances the
 * clock. tests/support/mini.c checks the invariants.
 */
#include "fuzz/reads.h"
#include "support/mini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char http[] =
	"SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1\r\n\r\n";
static const uint8_t request[] = { 0x10, 1, 0, 14, 0, 1, 0, 1, 0, 1, 0, 6, 0, 1 };

enum {
	SKIPS_HTTP = 1,
	SKIPS_REQUEST = 2,
	JUDGES_LATE = 4,
	METHOD_SHIFT = 3, /* two bits: 0 to 2 are methods, 3 is all of them */
	QUIET_MS = 200 * 1000,
};

static struct mini_cfg cfg_of(uint8_t flags)
{
	struct mini_cfg cfg = { .role = SSTP_SERVER, .password = "correct horse", .ipv6 = true };
	static const enum ppp_auth methods[] = { PPP_AUTH_PAP, PPP_AUTH_CHAP_MD5,
						 PPP_AUTH_MSCHAPV2 };
	unsigned int method = flags >> METHOD_SHIFT & 3;

	cfg.judges_late = flags & JUDGES_LATE;
	for (unsigned int i = 0; i < 3; i++)
		if (method == i || method == 3)
			cfg.auth[cfg.auth_count++] = methods[i];
	return cfg;
}

/* To the next deadline, or `ms` if that is sooner. */
static void turn(struct mini *m, uint64_t ms)
{
	uint64_t deadline = mini_deadline(m), to = m->now_ms + ms;

	mini_turn(m, deadline < to ? deadline : to);
}

static void happen(struct mini *m, uint8_t what)
{
	if (what == 0xc0 && m->has_attempt)
		mini_judge(m);
	else if (what == 0xc1)
		mini_close(m);
	else
		turn(m, (uint64_t)(what & 0x3f) * 1000);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned int seed)
{
	return reads_mutate(data, len, max, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_of(data, len);
	uint8_t flags = get_u8(&r);
	const struct mini_cfg cfg = cfg_of(flags);
	static struct mini m;
	uint64_t end_ms;

	mini_open(&m, &cfg, 2);
	if (flags & SKIPS_HTTP)
		mini_feed(&m, (const uint8_t *)http, sizeof(http) - 1);
	if (flags & SKIPS_HTTP && flags & SKIPS_REQUEST)
		mini_feed(&m, request, sizeof(request));
	while (r.left) {
		uint8_t what = get_u8(&r);
		size_t n = what < r.left ? what : r.left;

		if (what >= READS_EVENT)
			happen(&m, what);
		else
			mini_feed(&m, get_bytes(&r, n), n);
	}
	/* a client that falls silent is dropped, however far it came */
	end_ms = m.now_ms + QUIET_MS;
	while (!m.is_closed && m.now_ms < end_ms)
		turn(&m, QUIET_MS);
	if (!m.is_closed)
		__builtin_trap();
	return 0;
}
