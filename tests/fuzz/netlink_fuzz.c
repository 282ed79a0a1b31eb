/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Arbitrary replies to our rtnetlink requests. The first byte selects the request; then come messages: a
 * byte for the type (0: the end of a reply), a byte for the length of the body, the body. The target
 * adds the headers that a reply must have to be considered, and an end.
 */
#include <assert.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/rtnetlink.h>

#include "fuzz/target.h"
#include "net/netlink.h"
#include "net/netlink_rule.h"
#include "net/nlmsg.h"
#include "util/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { REPLIES = 4, REPLY_SIZE = 8192 };

static const uint16_t types[] = { NLMSG_DONE,  NLMSG_ERROR, RTM_NEWROUTE, RTM_NEWLINK,
				  RTM_NEWADDR, RTM_NEWRULE, RTM_DELROUTE };

static void put_message(struct writer *w, uint16_t type, uint32_t seq, struct bytes body)
{
	const struct nlmsghdr h = { .nlmsg_len = (uint32_t)(sizeof(h) + body.len),
				    .nlmsg_type = type,
				    .nlmsg_flags = NLM_F_ACK_TLVS,
				    .nlmsg_seq = seq };
	static const uint8_t padding[NLMSG_ALIGNTO];

	put_bytes(w, &h, sizeof(h));
	put_bytes(w, body.at, body.len);
	put_bytes(w, padding, NLMSG_ALIGN(body.len) - body.len);
}

/* Queues what comes in reply to the request `seq`. */
static void queue_reply(int end, uint32_t seq, struct reader *r)
{
	static const int no_error;
	uint8_t reply[REPLY_SIZE];
	struct writer w = writer_of(reply, sizeof(reply) - 64);
	uint8_t type;

	while (r->left && (type = get_u8(r))) {
		size_t n = get_u8(r);

		struct bytes body = { r->at, n < r->left ? n : r->left };

		get_bytes(r, body.len);
		put_message(&w, types[type % (sizeof(types) / sizeof(*types))], seq, body);
	}
	if (w.full)
		w = writer_of(reply, sizeof(reply));
	w.room = sizeof(reply);
	put_message(&w, NLMSG_DONE, seq, bytes_of(&no_error, sizeof(no_error)));
	assert(!w.full);
	send(end, reply, w.len, MSG_DONTWAIT);
}

static void check_route(const struct route *r)
{
	assert(r->dst.len <= 128);
	assert(r->metrics.len <= sizeof(r->metrics.at));
}

/* One of each kind, for the four replies. */
static void request_rules(struct netlink *nl, sa_family_t family)
{
	static const enum netlink_rule_kind kinds[] = { NETLINK_RULE_NOT_MARK,
							NETLINK_RULE_BUT_DEFAULT,
							NETLINK_RULE_BUT_GROUP, NETLINK_RULE_NOP };

	for (size_t i = 0; i < REPLIES; i++)
		netlink_rule_add(
			nl,
			&(struct netlink_rule){
				.kind = kinds[i], .family = family, .table = 7, .mark = 1 },
			true);
}

static void request(struct netlink *nl, uint8_t which)
{
	const struct ip_addr v4 = { .family = AF_INET, .bytes = { 10, 0, 0, 1 } },
			     v6 = { .family = AF_INET6 };
	const struct ip_addr *dst = which & 0x80 ? &v6 : &v4;
	const struct ip_prefix prefix = { *dst, 24 };
	struct route r = { .dst = prefix };
	const struct route other = r;
	const struct netlink_rule rule = { .family = dst->family, .priority = 7, .mark = 1 };
	const struct netlink_rule jump = { .kind = NETLINK_RULE_GOTO,
					   .family = dst->family,
					   .target = 9,
					   .to = prefix,
					   .device_in = "eth0",
					   .protocol = 17,
					   .source_port = 68,
					   .destination_port = 67 };
	uint32_t priority;
	unsigned ifindex;
	bool has;

	switch (which % 28) {
	case 0:
		netlink_route_get(nl, dst, &r);
		break;
	case 1:
		netlink_route_match(nl, dst, &r);
		break;
	case 2:
		netlink_route_get_whole(nl, dst, &r);
		break;
	case 3:
		netlink_route_without(nl, dst, 1, NULL, &r);
		break;
	case 4:
		netlink_route_on(nl, dst, 1, &other, &r);
		break;
	case 5:
		netlink_link_index(nl, "sstp0", &ifindex);
		break;
	case 6:
		netlink_link_is_layer3(nl, 1);
		break;
	case 7:
		netlink_table_has_routes(nl, dst->family, 1, &has);
		break;
	case 8:
		netlink_route_over(nl, &prefix, 1, &other, &r);
		break;
	case 9:
		netlink_rule_of_table(nl, dst->family, 1, &priority);
		break;
	case 11:
		netlink_rule_is_at(nl, dst->family, 7, &has);
		break;
	case 12:
		netlink_rule_add(nl, &rule, true);
		break;
	case 13:
		netlink_rule_del(nl, &rule);
		break;
	case 14:
		netlink_rule_del_at(nl, dst->family, 7);
		break;
	case 15:
		netlink_link_up(nl, 1, 1400);
		break;
	case 16:
		netlink_link_queue_len(nl, 1, 500);
		break;
	case 17:
		netlink_link_group(nl, 1, 7);
		break;
	case 18:
		netlink_link_no_autoaddr(nl, 1);
		break;
	case 19:
		netlink_addr_add(nl, 1, dst, 24, dst);
		break;
	case 20:
		netlink_addr_del(nl, 1, dst, 24, NULL);
		break;
	case 21:
		netlink_addr6_set(nl, 1, dst, 64, 10, 20);
		break;
	case 22:
		r.via = v6;
		r.metric = 7;
		netlink_route_replace(nl, &r);
		break;
	case 23:
		r.via = r.src = *dst;
		r.ifindex = 1;
		netlink_route_del(nl, &r);
		break;
	case 24:
		netlink_set_mark(nl, 9);
		netlink_route_get(nl, dst, &r);
		break;
	case 25:
		netlink_rule_add(nl, &jump, false);
		break;
	case 26:
		request_rules(nl, dst->family);
		break;
	case 27:
		netlink_addr_add(nl, 1, dst, 200, NULL);
		break;
	default:
		netlink_route_add(nl, &r);
		break;
	}
	check_route(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_of(data, len);
	uint8_t which = get_u8(&r);
	struct netlink *nl;
	int ends[2];

	if (r.bad)
		return 0;
	log_set_sink(drop_line);
	log_set_level(LOG_LEVEL_DEBUG);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends))
		return 0;
	for (uint32_t seq = 1; seq <= REPLIES; seq++)
		queue_reply(ends[1], seq, &r);
	if (netlink_adopt(ends[0], &nl)) {
		close(ends[0]);
	} else {
		request(nl, which);
		netlink_close(nl);
	}
	close(ends[1]);
	return 0;
}
