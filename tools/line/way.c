/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The model of one direction of a line. */
#include "way.h"

#include <stdlib.h>
#include <string.h>

void way_init(struct way *w, uint64_t seed)
{
	*w = (struct way){ .random = seed * 0x9e3779b97f4a7c15u + 0x2545f4914f6cdd1du };
	w->cfg.jitter_every_ns = 10 * WAY_MS;
}

void way_free(struct way *w)
{
	struct way_packet *next;

	for (struct way_packet *p = w->first; p; p = next) {
		next = p->next;
		free(p);
	}
	w->first = w->last = w->queued = NULL;
}

/* Uniform in [0, 1): splitmix64, its upper 53 bits. */
static double draw(struct way *w)
{
	uint64_t z = w->random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (double)((z ^ z >> 31) >> 11) / (double)(1ull << 53);
}

/* ---- settings */

/* "20M" */
static bool number(const char *text, double *n, const char **rest)
{
	static const char suffixes[] = "kMG";
	char *end;
	const char *suffix;

	*n = strtod(text, &end);
	if (end == text || *n < 0)
		return false;
	suffix = *end ? strchr(suffixes, *end) : NULL;
	if (suffix) {
		for (const char *s = suffixes; s <= suffix; s++)
			*n *= 1000;
		end++;
	}
	*rest = end;
	return true;
}

/* Removes from the queue what the link has sent by now. */
static void leave_queue(struct way *w, uint64_t now_ns)
{
	for (; w->queued && w->queued->sent_ns <= now_ns; w->queued = w->queued->next)
		w->queued_bytes -= w->queued->len;
}

static void begin_outage(struct way *w, uint64_t ns, uint64_t now_ns)
{
	leave_queue(w, now_ns);
	w->link_free_ns = (w->link_free_ns > now_ns ? w->link_free_ns : now_ns) + ns;
	for (struct way_packet *p = w->queued; p; p = p->next) {
		p->sent_ns += ns;
		p->due_ns += ns;
		w->last_due_ns = p->due_ns;
	}
}

static bool set_queue(struct way_cfg *c, double n, const char *unit)
{
	bool is_ms = !strcmp(unit, "ms");

	if (*unit && !is_ms)
		return false;
	c->queue_ms = is_ms ? n : 0;
	c->queue_bytes = is_ms ? 0 : n;
	return true;
}

static bool set_burst(struct way *w, double n, const char *rest)
{
	double end = 100;

	if (*rest == ',' && !number(rest + 1, &end, &rest))
		return false;
	w->cfg.burst_begin = n / 100;
	w->cfg.burst_end = end / 100;
	w->in_burst = false;
	return !*rest;
}

bool way_set(struct way *w, const char *setting, uint64_t now_ns)
{
	const char *value = strchr(setting, '='), *rest;
	size_t len = value ? (size_t)(value - setting) : 0;
	struct way_cfg *c = &w->cfg;
	double n;

#define IS(name) (len == sizeof(name) - 1 && !memcmp(setting, name, len))
	if (!value || !number(value + 1, &n, &rest))
		return false;
	if (IS("queue"))
		return set_queue(c, n, rest);
	if (IS("burst"))
		return set_burst(w, n, rest);
	if (*rest)
		return false;
	if (IS("rate"))
		c->rate = n;
	else if (IS("delay"))
		c->delay_ns = (uint64_t)(n * WAY_MS);
	else if (IS("jitter"))
		c->jitter_ns = (uint64_t)(n * WAY_MS);
	else if (IS("jitter-every"))
		c->jitter_every_ns = (uint64_t)(n * WAY_MS);
	else if (IS("loss"))
		c->loss = n / 100;
	else if (IS("mtu"))
		c->mtu = (size_t)n;
	else if (IS("outage"))
		begin_outage(w, (uint64_t)(n * WAY_MS), now_ns);
	else if (IS("cut"))
		w->cut_until_ns = now_ns + (uint64_t)(n * WAY_MS);
	else
		return false;
#undef IS
	return true;
}

/* ---- packets */

static bool is_lost(struct way *w)
{
	if (w->cfg.burst_begin > 0 &&
	    draw(w) < (w->in_burst ? w->cfg.burst_end : w->cfg.burst_begin))
		w->in_burst = !w->in_burst;
	return w->in_burst || (w->cfg.loss > 0 && draw(w) < w->cfg.loss);
}

static uint64_t jitter(struct way *w, uint64_t at_ns)
{
	if (!w->cfg.jitter_ns)
		return 0;
	if (at_ns >= w->jitter_until_ns) {
		w->jitter_now_ns = (uint64_t)(draw(w) * (double)w->cfg.jitter_ns);
		w->jitter_until_ns = at_ns + w->cfg.jitter_every_ns;
	}
	return w->jitter_now_ns;
}

/* One packet may always wait; otherwise a queue that is shorter than it would carry nothing. */
static bool has_room(const struct way *w, size_t len)
{
	const struct way_cfg *c = &w->cfg;
	double most = c->queue_ms > 0 ? c->rate / 8 * c->queue_ms / 1000 : c->queue_bytes;

	return most <= 0 || !w->queued_bytes || (double)(w->queued_bytes + len) <= most;
}

static void append(struct way *w, struct way_packet *p)
{
	if (w->last)
		w->last->next = p;
	else
		w->first = p;
	w->last = p;
	if (!w->queued)
		w->queued = p;
	w->queued_bytes += p->len;
	if (w->queued_bytes > w->stats.queued_max)
		w->stats.queued_max = w->queued_bytes;
}

bool way_put(struct way *w, const uint8_t *packet, size_t len, uint64_t now_ns)
{
	struct way_packet *p;

	leave_queue(w, now_ns);
	if (w->cfg.mtu && len > w->cfg.mtu) {
		w->stats.too_big++;
		return true;
	}
	if (now_ns < w->cut_until_ns) {
		w->stats.cut++;
		return true;
	}
	if (!has_room(w, len)) {
		w->stats.full++;
		return true;
	}
	p = malloc(sizeof(*p) + len);
	if (!p)
		return false;
	memcpy(p->at, packet, len);
	p->next = NULL;
	p->len = (uint32_t)len;
	if (w->link_free_ns < now_ns)
		w->link_free_ns = now_ns;
	if (w->cfg.rate > 0)
		w->link_free_ns += (uint64_t)((double)len * 8e9 / w->cfg.rate);
	p->sent_ns = w->link_free_ns;
	p->is_lost = is_lost(w);
	p->due_ns = p->sent_ns + w->cfg.delay_ns + jitter(w, p->sent_ns);
	if (p->due_ns < w->last_due_ns)
		p->due_ns = w->last_due_ns;
	w->last_due_ns = p->due_ns;
	append(w, p);
	return true;
}

static struct way_packet *take_first(struct way *w)
{
	struct way_packet *p = w->first;

	w->first = p->next;
	if (!w->first)
		w->last = NULL;
	return p;
}

struct way_packet *way_get(struct way *w, uint64_t now_ns)
{
	leave_queue(w, now_ns);
	while (w->first && w->first->due_ns <= now_ns) {
		struct way_packet *p = take_first(w);

		if (!p->is_lost) {
			w->stats.packets++;
			w->stats.bytes += p->len;
			return p;
		}
		w->stats.lost++;
		free(p);
	}
	return NULL;
}

uint64_t way_deadline(const struct way *w)
{
	return w->first ? w->first->due_ns : UINT64_MAX;
}
