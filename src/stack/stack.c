/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lwIP between the tunnel and the proxy. Theory of operation:
 *
 * lwIP is complete and small, but its cost per packet is about the same whatever the packet's size.
 * So it gets few, large ones: packets from the tunnel are merged (tun/merge.h) before lwIP gets
 * them, and lwIP's own segments are merged into super-packets on their way out, which the tunnel
 * cuts as it cuts those of a TUN device. lwIP handles one packet instead of sixty of a flow.
 *
 * Goal: the proxy's throughput is near that of TUN mode, without any privilege.
 *
 * Invariants: lwIP keeps its state in globals, so one process has one stack, driven by one loop.
 * lwIP processes only segments that lwip_judge_segment has accepted, because its option parser
 * trusts the peer. Hosts in the VPN can reach only the ports that conn_listen opened.
 *
 * What lwIP lacks for long fat networks is implemented beside it: selective acknowledgments
 * (sack.h), CUBIC and windows for long round trips (cubic.h), a resolver (dns/).
 *
 * The numbers: while the tunnel takes a lump within FAST_MS the next may be larger, up to LUMP_MAX,
 * a super-packet; on a slow line it shrinks to LUMP_MIN, because the data of other connections has
 * to wait for a whole lump. MSS_MIN is Linux's TCP_MIN_MSS.
 */
#include "stack/stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stack/icmp_error.h"
#include "stack/inside.h"
#include "stack/sack.h"
#include "stack/target.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/checksum.h"
#include "util/secret.h"

enum {
	PACKETS_LEN = 512 * 1024, /* lwIP's packets, until push_out */
	MSS_MIN = 88,             /* Linux's TCP_MIN_MSS */
	LUMP_MIN = 8 * 1024,      /* on a slow line: other connections wait for a lump */
	LUMP_MAX = 64 * 1024,
	FAST_MS = 3, /* if the tunnel sends a lump in that time, the next may be larger */
	CHECKED = NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP,
};

static struct stack *the_stack;

/* ---- functions that lwIP calls (deps/lwip/arch/cc.h) */

uint32_t lwip_random(void)
{
	uint32_t random;

	secret_random(&random, sizeof(random));
	return random;
}

uint16_t lwip_checksum(const void *at, int len)
{
	return lwip_htons(checksum_sum(at, (size_t)len));
}

uint16_t lwip_checksum_copy(void *to, const void *from, uint16_t len)
{
	return lwip_htons(checksum_copy(to, from, len));
}

_Noreturn void lwip_assert_failed(const char *what)
{
	log_error(the_stack ? the_stack->cfg.log : NULL, "lwIP: %s", what);
	abort();
}

/* Consumes one option; returns whether it is whole and allowed in this segment. */
static bool is_sane_option(struct reader *r, bool is_syn)
{
	uint8_t type = get_u8(r), size;
	struct reader body;

	if (type == LWIP_TCP_OPT_EOL)
		get_bytes(r, r->left);
	if (type == LWIP_TCP_OPT_EOL || type == LWIP_TCP_OPT_NOP)
		return true;
	size = get_u8(r);
	if (r->bad || size < 2)
		return false;
	body = get_reader(r, size - 2u);
	if (type == LWIP_TCP_OPT_MSS)
		return is_syn && size == LWIP_TCP_OPT_LEN_MSS && get_u16(&body) >= MSS_MIN;
	return !body.bad;
}

/*
 * RFC 9293 section 3.8.6.3: every second segment is acknowledged at once. lwIP counts the packets that it gets, so it would let
 * the acknowledgment of a whole flight, merged, wait for its timer. With this flag it takes the packet for the second one.
 */
static void acknowledge_at_once(struct tcp_pcb *pcb)
{
	if (the_stack->is_several && pcb && pcb->state >= ESTABLISHED && pcb->state < TIME_WAIT)
		tcp_set_flags(pcb, TF_ACK_DELAY);
}

/*
 * lwIP reads options past their end, and accepts a Maximum Segment Size of any value from any
 * segment; queued segments can then be too large for it. Only a SYN may have that option (RFC 9293
 * section 3.2), and no real MSS is below MSS_MIN.
 */
int8_t lwip_judge_segment(void *pcb, const void *header, uint16_t len, const void *rest)
{
	struct reader r = reader_of((const uint8_t *)header + TCP_HLEN, len);
	bool is_syn = TCPH_FLAGS((const struct tcp_hdr *)header) & TCP_SYN;

	sack_forget();

	while (r.left)
		if (!is_sane_option(&r, is_syn))
			return ERR_VAL;
	if (rest)
		return ERR_VAL;
	sack_read(pcb, bytes_of((const uint8_t *)header + TCP_HLEN, len));
	acknowledge_at_once(pcb);
	return ERR_OK;
}

u32_t sys_now(void)
{
	return the_stack ? (u32_t)loop_now(the_stack->cfg.loop) : 0;
}

/* ---- addresses */

bool stack_to_lwip(const struct ip_addr *from, ip_addr_t *to)
{
	memset(to, 0, sizeof(*to));
	IP_SET_TYPE(to, from->family == AF_INET6 ? IPADDR_TYPE_V6 : IPADDR_TYPE_V4);
	if (from->family == AF_INET6)
		memcpy(ip_2_ip6(to)->addr, from->bytes, sizeof(from->bytes));
	else
		memcpy(&ip_2_ip4(to)->addr, from->bytes, sizeof(uint32_t));
	return from->family == AF_INET || from->family == AF_INET6;
}

struct ip_addr stack_from_lwip(const ip_addr_t *from)
{
	struct ip_addr a = { .family = IP_IS_V6(from) ? AF_INET6 : AF_INET };

	if (IP_IS_V6(from))
		memcpy(a.bytes, ip_2_ip6(from)->addr, sizeof(a.bytes));
	else
		memcpy(a.bytes, &ip_2_ip4(from)->addr, sizeof(uint32_t));
	return a;
}

/* A link-local address of ours can only reach link-local addresses. */
bool stack_has_way_to(const struct stack *s, const struct ip_addr *to)
{
	bool is_local = ip_is_link_local(to);

	if (to->family == AF_INET)
		return s->has_ipv4;
	for (s8_t i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++)
		if (ip6_addr_isvalid(netif_ip6_addr_state(&s->netif, i)) &&
		    (is_local || !ip6_addr_islinklocal(netif_ip6_addr(&s->netif, i))))
			return true;
	return false;
}

static bool is_own(const struct stack *s, const struct ip_addr *a)
{
	ip_addr_t addr;

	if (!stack_to_lwip(a, &addr))
		return false;
	if (IP_IS_V4(&addr))
		return ip_equal(a, &s->own);
	for (s8_t i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++)
		if (ip6_addr_isvalid(netif_ip6_addr_state(&s->netif, i)) &&
		    ip6_addr_zoneless_eq(ip_2_ip6(&addr), netif_ip6_addr(&s->netif, i)))
			return true;
	return false;
}

enum stack_result stack_reach(const struct stack *s, const struct ip_addr *to)
{
	if (target_is_nowhere(to) || is_own(s, to))
		return STACK_FORBIDDEN;
	return stack_has_way_to(s, to) ? STACK_OK : STACK_UNREACHABLE;
}

/* ---- packets out */

static int send_merged(void *arg, const struct headers *h, const struct iovec *pieces, int count,
		       const struct tun_offload *off)
{
	struct stack *s = arg;
	struct packet p = { .at = s->super, .h = *h };
	size_t len = 0;

	if (count == 1) {
		p.at = pieces->iov_base;
		s->cfg.send(s->cfg.arg, &p, off);
		return 0;
	}
	for (int i = 0; i < count; i++) {
		memcpy(s->super + len, pieces[i].iov_base, pieces[i].iov_len);
		len += pieces[i].iov_len;
	}
	s->cfg.send(s->cfg.arg, &p, off);
	return 0;
}

static void push_out(struct stack *s)
{
	merge_flush(s->out);
	s->packets_len = 0;
	s->lump_len = 0;
}

static void ask_for_room(struct stack *s)
{
	push_out(s);
	if (!s->is_up || !s->cfg.has_room || s->is_choked || s->cfg.has_room(s->cfg.arg))
		return;
	s->is_choked = true;
	s->choked_ms = loop_now(s->cfg.loop);
}

/*
 * lwIP calls it before each segment with data. What the tunnel would queue, and perhaps drop, waits
 * in lwIP instead.
 */
int lwip_may_send(void)
{
	struct stack *s = the_stack;

	if (!s->is_choked && s->lump_len >= s->lump)
		ask_for_room(s);
	return !s->is_choked;
}

void stack_has_room(struct stack *s)
{
	bool is_fast = loop_now(s->cfg.loop) - s->choked_ms <= FAST_MS;

	if (!s->is_choked)
		return;
	s->is_choked = false;
	s->lump = is_fast ? s->lump * 2 : s->lump / 2;
	if (s->lump > LUMP_MAX)
		s->lump = LUMP_MAX;
	if (s->lump < LUMP_MIN)
		s->lump = LUMP_MIN;
	conn_send_waiting(s);
	stack_touch(s);
}

static err_t output(struct stack *s, struct pbuf *p)
{
	struct packet out;
	uint8_t *at;

	if (!s->is_up)
		return ERR_IF;
	if (p->tot_len > PACKETS_LEN - s->packets_len)
		push_out(s);
	at = s->packets + s->packets_len;
	pbuf_copy_partial(p, at, p->tot_len, 0);
	s->packets_len += p->tot_len;
	s->lump_len += p->tot_len;
	if (packet_parse(&out, at, p->tot_len))
		merge_add(s->out, &out);
	stack_touch(s);
	return ERR_OK;
}

static err_t output_v4(struct netif *netif, struct pbuf *p, const ip4_addr_t *to)
{
	(void)to;
	return output(netif->state, p);
}

static err_t output_v6(struct netif *netif, struct pbuf *p, const ip6_addr_t *to)
{
	(void)to;
	return output(netif->state, p);
}

/* ---- packets in */

/* A copy of a packet, in the same allocation as its pbuf. */
struct packet_copy {
	struct pbuf_custom pbuf;
	uint8_t at[];
};

static void free_packet(struct pbuf *p)
{
	alloc_put(container_of(p, struct packet_copy, pbuf.pbuf));
}

static struct pbuf *copy_packet(const struct iovec *pieces, int count, size_t len)
{
	struct packet_copy *k = alloc_get(sizeof(*k) + len);
	size_t done = 0;

	if (!k)
		return NULL;
	for (int i = 0; i < count; i++) {
		memcpy(k->at + done, pieces[i].iov_base, pieces[i].iov_len);
		done += pieces[i].iov_len;
	}
	k->pbuf.custom_free_function = free_packet;
	return pbuf_alloced_custom(PBUF_RAW, (u16_t)len, PBUF_REF, &k->pbuf, k->at, (u16_t)len);
}

/* lwIP's TCP ignores ICMP errors, so report them to attempts to connect, and to look-ups. */
static void report_icmp_error(struct stack *s, const struct packet *p)
{
	struct icmp_error e;

	if (!icmp_error_parse(&e, p))
		return;
	if (e.is_udp)
		lookup_icmp_error(s, &e.to, e.to_port, e.from_port, e.result);
	else
		conn_icmp_error(s, &e.to, e.to_port, e.from_port, e.result);
}

static int take_merged(void *arg, const struct headers *h, const struct iovec *pieces, int count,
		       const struct tun_offload *off)
{
	struct stack *s = arg;
	struct pbuf *p;

	if (count == 1 && !off->csum_is_good)
		report_icmp_error(s, &(struct packet){ .at = pieces->iov_base, .h = *h });
	p = copy_packet(pieces, count, h->total);
	if (!p)
		return -ENOMEM;
	if (off->csum_is_good || off->needs_csum)
		NETIF_SET_CHECKSUM_CTRL(&s->netif, NETIF_CHECKSUM_ENABLE_ALL & ~CHECKED);
	else
		NETIF_SET_CHECKSUM_CTRL(&s->netif, NETIF_CHECKSUM_ENABLE_ALL);
	s->is_several = count > 1;
	if (s->netif.input(p, &s->netif) != ERR_OK)
		pbuf_free(p);
	s->is_several = false;
	NETIF_SET_CHECKSUM_CTRL(&s->netif, NETIF_CHECKSUM_ENABLE_ALL);
	return 0;
}

/*
 * lwIP reads IPv6's extension headers past their end. Of those only the Fragment header is
 * accepted, and only with a protocol that we support.
 */
static bool is_supported(const struct headers *h)
{
	bool is_lone_fragment = h->is_fragment && h->ip_len == IPV6_HDR_LEN + IPV6_FRAGMENT_LEN;

	if (!h->is_v6)
		return true;
	return (h->is_bare || is_lone_fragment) &&
	       (h->proto == IPPROTO_TCP || h->proto == IPPROTO_UDP || h->proto == IPPROTO_ICMPV6);
}

void stack_input(struct stack *s, const struct packet *p)
{
	if (s->is_up && is_supported(&p->h))
		merge_add(s->in, p);
}

void stack_flush(struct stack *s)
{
	merge_flush(s->in);
	push_out(s);
	stack_touch(s);
}

/* ---- time */

static void end_turn(struct loop_task *turn)
{
	struct stack *s = container_of(turn, struct stack, turn);
	u32_t wait = sys_timeouts_sleeptime();

	ask_for_room(s);
	loop_timer_set(s->cfg.loop, &s->timer,
		       wait == SYS_TIMEOUTS_SLEEPTIME_INFINITE ? UINT64_MAX
							       : loop_now(s->cfg.loop) + wait);
}

static void on_timer(struct loop_timer *timer)
{
	struct stack *s = container_of(timer, struct stack, timer);

	sys_check_timeouts();
	stack_touch(s);
}

void stack_touch(struct stack *s)
{
	loop_post(s->cfg.loop, &s->turn);
}

/* ---- the link */

static void set_address6(struct stack *s, s8_t slot, const struct ip_addr *a, u8_t state)
{
	ip_addr_t own;

	if (!stack_to_lwip(a, &own))
		return;
	netif_ip6_addr_set(&s->netif, slot, ip_2_ip6(&own));
	netif_ip6_addr_set_state(&s->netif, slot, state);
}

/* As many addresses as lwIP can have, after the link-local one. */
static void set_global6(struct stack *s, const struct slaac_config *ip6)
{
	for (s8_t slot = 1; slot < LWIP_IPV6_NUM_ADDRESSES; slot++) {
		size_t i = (size_t)slot - 1;

		if (i < ip6->addr_count)
			set_address6(s, slot, &ip6->addrs[i].addr,
				     ip6->addrs[i].preferred_s ? IP6_ADDR_PREFERRED
							       : IP6_ADDR_DEPRECATED);
		else
			netif_ip6_addr_set_state(&s->netif, slot, IP6_ADDR_INVALID);
	}
}

static void set_addresses(struct stack *s, const struct link_addrs *link)
{
	ip_addr_t own, none = IPADDR4_INIT(0), mask = IPADDR4_INIT(0xffffffff);

	s->has_ipv4 = s->has_ipv4 || link->own.family;
	if (link->own.family)
		s->own = link->own;
	if (link->own.family && stack_to_lwip(&link->own, &own))
		netif_set_addr(&s->netif, ip_2_ip4(&own), ip_2_ip4(&mask), ip_2_ip4(&none));
	if (link->own_ll.family)
		set_address6(s, 0, &link->own_ll, IP6_ADDR_PREFERRED);
	if (link->ip6.is_settled)
		set_global6(s, &link->ip6);
}

static void set_servers(struct stack *s, const struct link_addrs *link)
{
	const size_t max = sizeof(s->dns) / sizeof(*s->dns);

	s->dns_count = link->dns_count < max ? link->dns_count : max;
	memcpy(s->dns, link->dns, s->dns_count * sizeof(*s->dns));
}

/* An address that is missing this time is kept, since it may still come: IPv6 comes after IPv4. */
void stack_up(struct stack *s, const struct link_addrs *link)
{
	s->is_up = true;
	s->netif.mtu = (u16_t)link->mtu;
	s->netif.mtu6 = (u16_t)link->mtu;
	set_addresses(s, link);
	set_servers(s, link);
	netif_set_link_up(&s->netif);
	s->netif.rs_count = 0; /* routers are solicited by src/ip6, for devices too */
	lookup_stack_is_up(s);
	conn_send_waiting(s);
	stack_touch(s);
}

void stack_down(struct stack *s)
{
	push_out(s);
	s->is_up = false;
	s->is_choked = false;
	netif_set_link_down(&s->netif);
	lookup_stack_is_down(s);
}

/* ---- start and end */

static err_t init_netif(struct netif *netif)
{
	netif->name[0] = 's';
	netif->name[1] = 's';
	netif->output = output_v4;
	netif->output_ip6 = output_v6;
	netif->mtu = 1280;
	return ERR_OK;
}

static void start_lwip(struct stack *s)
{
	static bool was_started;

	if (!was_started)
		lwip_init();
	was_started = true;
	netif_add(&s->netif, NULL, NULL, NULL, s, init_netif, ip_input);
	netif_set_default(&s->netif);
	netif_set_up(&s->netif);
}

int stack_open(const struct stack_cfg *cfg, struct stack **out)
{
	struct stack *s = calloc(1, sizeof(*s));
	struct merge_sink in = { take_merged, s, .takes_tcp = true };
	struct merge_sink out_sink = { send_merged, s, .takes_tcp = true };

	if (!s)
		return -ENOMEM;
	s->cfg = *cfg;
	s->lump = LUMP_MAX;
	s->timer.expired = on_timer;
	s->turn.run = end_turn;
	s->packets = malloc(PACKETS_LEN);
	s->super = malloc(TUN_PACKET_MAX);
	if (!s->packets || !s->super || merge_open_sink(&in, &s->in) ||
	    merge_open_sink(&out_sink, &s->out)) {
		stack_close(s);
		return -ENOMEM;
	}
	the_stack = s;
	start_lwip(s);
	stack_touch(s);
	*out = s;
	return 0;
}

/* Frees what lwIP keeps in TIME_WAIT or for reassembly: a later stack must not see it. */
static void stop_lwip(struct stack *s)
{
	lookup_close_sockets(s);
	conn_close_all(s);
	lookup_close_all(s);
	push_out(s);
	s->is_up = false;
	while (tcp_tw_pcbs)
		tcp_abort(tcp_tw_pcbs);
	for (int i = 0; i <= IP_REASS_MAXAGE; i++)
		ip_reass_tmr();
	for (int i = 0; i <= IPV6_REASS_MAXAGE; i++)
		ip6_reass_tmr();
	netif_remove(&s->netif);
	the_stack = NULL;
}

void stack_close(struct stack *s)
{
	if (!s)
		return;
	if (the_stack == s)
		stop_lwip(s);
	loop_unpost(s->cfg.loop, &s->turn);
	loop_timer_stop(s->cfg.loop, &s->timer);
	merge_close(s->in);
	merge_close(s->out);
	free(s->packets);
	free(s->super);
	free(s);
}
