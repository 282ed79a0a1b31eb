/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Datagrams over lwIP's UDP. While a name is looked up, up to WAITING_MAX datagrams wait for it;
 * more are dropped, as on a network.
 */
#include "stack/datagram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stack/inside.h"
#include "stack/lookup.h"

enum { WAITING_MAX = 16 };

/* A datagram whose receiver's name is looked up. */
struct waiting {
	struct datagram *owner;
	struct waiting *next, **link;
	struct lookup *lookup;
	uint16_t port;
	size_t len;
	uint8_t at[];
};

struct datagram {
	struct stack *stack;
	struct datagram_cfg cfg;
	struct udp_pcb *pcb;
	struct waiting *waiting;
	size_t waiting_count;
};

/* Only reassembled datagrams come in more than one pbuf. */
static void on_received(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from,
			u16_t port)
{
	const struct datagram *d = arg;
	struct ip_addr addr = stack_from_lwip(from);
	uint8_t *whole = p->next ? malloc(p->tot_len) : NULL;

	(void)pcb;
	if (whole)
		pbuf_copy_partial(p, whole, p->tot_len, 0);
	if (whole || !p->next)
		d->cfg.received(d->cfg.arg, &addr, port, whole ? whole : p->payload, p->tot_len);
	free(whole);
	pbuf_free(p);
}

int datagram_open(struct stack *s, const struct datagram_cfg *cfg, struct datagram **out)
{
	struct datagram *d = s->datagram_count < DATAGRAM_PORTS_MAX ? calloc(1, sizeof(*d)) : NULL;
	struct udp_pcb *pcb = d ? udp_new_ip_type(IPADDR_TYPE_ANY) : NULL;

	if (!pcb || udp_bind(pcb, IP_ANY_TYPE, 0) != ERR_OK) {
		if (pcb)
			udp_remove(pcb);
		free(d);
		return -ENOMEM;
	}
	*d = (struct datagram){ .stack = s, .cfg = *cfg, .pcb = pcb };
	udp_recv(pcb, on_received, d);
	s->datagram_count++;
	*out = d;
	return 0;
}

static void forget(struct waiting *w)
{
	lookup_cancel(w->lookup);
	*w->link = w->next;
	if (w->next)
		w->next->link = w->link;
	w->owner->waiting_count--;
	free(w);
}

void datagram_close(struct datagram *d)
{
	if (!d)
		return;
	for (struct waiting *w = d->waiting, *next; w; w = next) {
		next = w->next;
		forget(w);
	}
	d->stack->datagram_count--;
	udp_remove(d->pcb);
	free(d);
}

static void send_to(struct datagram *d, const struct ip_addr *to, uint16_t port, const uint8_t *at,
		    size_t len)
{
	struct pbuf *p;
	ip_addr_t addr;

	if (!d->stack->is_up || len > UINT16_MAX || stack_reach(d->stack, to) != STACK_OK ||
	    !stack_to_lwip(to, &addr))
		return;
	p = pbuf_alloc(PBUF_TRANSPORT, (u16_t)len, PBUF_RAM);
	if (!p)
		return;
	pbuf_take(p, at, (u16_t)len);
	udp_sendto(d->pcb, p, &addr, port);
	pbuf_free(p);
	stack_touch(d->stack);
}

/*
 * Datagrams are not acknowledged, so only one address is tried: the first IPv4 address, if there is
 * one.
 */
static const struct ip_addr *choose(const struct lookup_result *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->addresses[i].family == AF_INET)
			return &r->addresses[i];
	return &r->addresses[0];
}

static void looked_up(void *arg, const struct lookup_result *r)
{
	struct waiting *w = arg;

	w->lookup = NULL;
	if (r->result == STACK_OK)
		send_to(w->owner, choose(r), w->port, w->at, w->len);
	forget(w);
}

static void send_to_name(struct datagram *d, const struct target *to, const uint8_t *at, size_t len)
{
	struct waiting *w = d->waiting_count < WAITING_MAX ? malloc(sizeof(*w) + len) : NULL;

	if (!w)
		return;
	*w = (struct waiting){ .owner = d, .port = to->port, .len = len };
	memcpy(w->at, at, len);
	w->next = d->waiting;
	w->link = &d->waiting;
	if (w->next)
		w->next->link = &w->next;
	d->waiting = w;
	d->waiting_count++;
	w->lookup = lookup_start(d->stack, &(struct lookup_cfg){ to, looked_up, w });
	if (!w->lookup)
		forget(w);
}

void datagram_send(struct datagram *d, const struct target *to, const uint8_t *at, size_t len)
{
	if (to->addr.family)
		send_to(d, &to->addr, to->port, at, len);
	else if (d->stack->is_up)
		send_to_name(d, to, at, len);
}
