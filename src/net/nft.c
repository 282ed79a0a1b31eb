/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packet filters by nf_tables. A rule is a list of expressions on registers: load something of the
 * packet into register 1, compare it, go on if it is equal. Numbers in attributes are in network
 * order, unlike rtnetlink's; what a register holds is as in the packet, or for meta data in host order.
 */
#include "net/nft.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/nlmsg.h"

enum {
	BATCH_SIZE = 128 * 1024,
	REPLY_SIZE = 8192, /* the kernel's are a page at most */
	IPV4_SOURCE_AT = 12,
	IPV4_DESTINATION_AT = 16,
	IPV6_SOURCE_AT = 8,
	IPV6_DESTINATION_AT = 24,
	TABLE_OWNED = 2, /* NFT_TABLE_F_OWNER, Linux 5.12; older headers do not have it */
	PORT_DESTINATION_AT = 2,
};

_Static_assert((int)NFT_VERDICT_DROP == NF_DROP && (int)NFT_VERDICT_ACCEPT == NF_ACCEPT,
	       "verdicts are the kernel's");
_Static_assert((int)NFT_HOOK_FORWARD == NF_INET_FORWARD &&
		       (int)NFT_HOOK_OUTPUT == NF_INET_LOCAL_OUT &&
		       (int)NFT_HOOK_POSTROUTING == NF_INET_POST_ROUTING,
	       "hooks are the kernel's");

struct nft {
	int fd;
	uint32_t seq;
	const char *table;
	char chain[32];
	struct nlmsg m;       /* the message under construction */
	size_t list, element; /* of a rule */
	struct writer w;      /* the batch */
	uint8_t batch[BATCH_SIZE];
	uint8_t reply[REPLY_SIZE];
};

int nft_socket(void)
{
	static const struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER), error;

	if (fd >= 0 && !bind(fd, (const struct sockaddr *)&any, sizeof(any)))
		return fd;
	error = -errno;
	if (fd >= 0)
		close(fd);
	return error;
}

int nft_adopt(int fd, struct nft **out)
{
	struct nft *n = calloc(1, sizeof(*n));

	if (!n) {
		close(fd);
		return -ENOMEM;
	}
	n->fd = fd;
	n->w = writer_of(n->batch, sizeof(n->batch));
	*out = n;
	return 0;
}

int nft_open(struct nft **out)
{
	int fd = nft_socket();

	return fd < 0 ? fd : nft_adopt(fd, out);
}

int nft_fd(const struct nft *n)
{
	return n->fd;
}

void nft_close(struct nft *n)
{
	if (!n)
		return;
	close(n->fd);
	free(n);
}

bool nft_is_unsupported(int error)
{
	return error == -EPROTONOSUPPORT || error == -EAFNOSUPPORT || error == -EOPNOTSUPP ||
	       error == -EINVAL || error == -ENOENT;
}

/* ---- messages */

static void begin(struct nft *n, uint16_t type, uint16_t flags, uint8_t family, uint16_t id)
{
	struct nfgenmsg body = {
		.nfgen_family = family,
		.version = NFNETLINK_V0,
		.res_id = htons(id),
	};

	nlmsg_begin(&n->m, type, NLM_F_REQUEST | flags, ++n->seq);
	nlmsg_put_body(&n->m, &body, sizeof(body));
}

/* Errors are always reported; a reply to each rule that is accepted might be too many. */
static void begin_change(struct nft *n, unsigned what, uint16_t flags)
{
	begin(n, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | what), flags, NFPROTO_INET, 0);
}

static void end(struct nft *n)
{
	struct bytes m = nlmsg_end(&n->m);

	put_bytes(&n->w, m.at, m.len);
}

static void begin_batch(struct nft *n)
{
	if (n->w.len)
		return;
	begin(n, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	end(n);
}

static void put_text(struct nft *n, uint16_t type, const char *text)
{
	nlmsg_put(&n->m, type, text, strlen(text) + 1);
}

static void put_number(struct nft *n, uint16_t type, uint32_t value)
{
	nlmsg_put_u32(&n->m, type, htonl(value));
}

/* ---- tables and chains */

static void change_table(struct nft *n, unsigned what, uint16_t flags, const char *name,
			 uint32_t table_flags)
{
	begin_change(n, what, NLM_F_ACK | flags);
	put_text(n, NFTA_TABLE_NAME, name);
	if (table_flags)
		put_number(n, NFTA_TABLE_FLAGS, table_flags);
	end(n);
}

/* Adding a table that exists does nothing, and removing one that does not is an error. */
static void replace_table(struct nft *n, const char *name, uint32_t flags)
{
	begin_batch(n);
	change_table(n, NFT_MSG_NEWTABLE, NLM_F_CREATE, name, 0);
	change_table(n, NFT_MSG_DELTABLE, 0, name, 0);
	change_table(n, NFT_MSG_NEWTABLE, NLM_F_CREATE, name, flags);
	n->table = name;
}

void nft_replace_table(struct nft *n, const char *name)
{
	replace_table(n, name, 0);
}

void nft_replace_owned_table(struct nft *n, const char *name)
{
	replace_table(n, name, TABLE_OWNED);
}

void nft_delete_table(struct nft *n, const char *name)
{
	begin_batch(n);
	change_table(n, NFT_MSG_DELTABLE, 0, name, 0);
}

static void put_chain(struct nft *n, const char *type, const char *name, enum nft_hook hook,
		      int priority, enum nft_verdict policy)
{
	size_t nest;

	begin_change(n, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	put_text(n, NFTA_CHAIN_TABLE, n->table);
	put_text(n, NFTA_CHAIN_NAME, name);
	nest = nlmsg_nest(&n->m, NFTA_CHAIN_HOOK);
	put_number(n, NFTA_HOOK_HOOKNUM, hook);
	put_number(n, NFTA_HOOK_PRIORITY, (uint32_t)priority);
	nlmsg_nest_end(&n->m, nest);
	put_number(n, NFTA_CHAIN_POLICY, policy);
	put_text(n, NFTA_CHAIN_TYPE, type);
	end(n);
	memset(n->chain, 0, sizeof(n->chain));
	memcpy(n->chain, name, strnlen(name, sizeof(n->chain) - 1));
}

void nft_chain(struct nft *n, const char *name, enum nft_hook hook, int priority,
	       enum nft_verdict policy)
{
	put_chain(n, "filter", name, hook, priority, policy);
}

void nft_nat_chain(struct nft *n, const char *name, enum nft_hook hook, int priority)
{
	put_chain(n, "nat", name, hook, priority, NFT_VERDICT_ACCEPT);
}

/* ---- rules */

void nft_rule(struct nft *n)
{
	begin_change(n, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	put_text(n, NFTA_RULE_TABLE, n->table);
	put_text(n, NFTA_RULE_CHAIN, n->chain);
	n->list = nlmsg_nest(&n->m, NFTA_RULE_EXPRESSIONS);
}

/* Returns the nest of its data, for end_expression. */
static size_t begin_expression(struct nft *n, const char *name)
{
	n->element = nlmsg_nest(&n->m, NFTA_LIST_ELEM);
	put_text(n, NFTA_EXPR_NAME, name);
	return nlmsg_nest(&n->m, NFTA_EXPR_DATA);
}

static void end_expression(struct nft *n, size_t data)
{
	nlmsg_nest_end(&n->m, data);
	nlmsg_nest_end(&n->m, n->element);
}

static void load_meta(struct nft *n, uint32_t key)
{
	size_t data = begin_expression(n, "meta");

	put_number(n, NFTA_META_KEY, key);
	put_number(n, NFTA_META_DREG, NFT_REG_1);
	end_expression(n, data);
}

static void load_payload(struct nft *n, uint32_t base, uint32_t at, uint32_t len)
{
	size_t data = begin_expression(n, "payload");

	put_number(n, NFTA_PAYLOAD_DREG, NFT_REG_1);
	put_number(n, NFTA_PAYLOAD_BASE, base);
	put_number(n, NFTA_PAYLOAD_OFFSET, at);
	put_number(n, NFTA_PAYLOAD_LEN, len);
	end_expression(n, data);
}

static void put_value(struct nft *n, uint16_t type, const void *value, size_t len)
{
	size_t nest = nlmsg_nest(&n->m, type);

	nlmsg_put(&n->m, NFTA_DATA_VALUE, value, len);
	nlmsg_nest_end(&n->m, nest);
}

static void compare_by(struct nft *n, uint32_t operator, const void * value, size_t len)
{
	size_t data = begin_expression(n, "cmp");

	put_number(n, NFTA_CMP_SREG, NFT_REG_1);
	put_number(n, NFTA_CMP_OP, operator);
	put_value(n, NFTA_CMP_DATA, value, len);
	end_expression(n, data);
}

static void compare(struct nft *n, const void *value, size_t len)
{
	compare_by(n, NFT_CMP_EQ, value, len);
}

/* Register 1 and this mask, in place. */
static void mask(struct nft *n, const void *bits, size_t len)
{
	static const uint8_t zero[16];
	size_t data = begin_expression(n, "bitwise");

	put_number(n, NFTA_BITWISE_SREG, NFT_REG_1);
	put_number(n, NFTA_BITWISE_DREG, NFT_REG_1);
	put_number(n, NFTA_BITWISE_LEN, (uint32_t)len);
	put_value(n, NFTA_BITWISE_MASK, bits, len);
	put_value(n, NFTA_BITWISE_XOR, zero, len);
	end_expression(n, data);
}

static void match_device(struct nft *n, enum nft_device which, uint32_t operator, const char * name)
{
	char padded[IFNAMSIZ] = "";

	memcpy(padded, name, strnlen(name, sizeof(padded) - 1));
	load_meta(n, which == NFT_DEVICE_IN ? NFT_META_IIFNAME : NFT_META_OIFNAME);
	compare_by(n, operator, padded, sizeof(padded));
}

void nft_match_device(struct nft *n, enum nft_device which, const char *name)
{
	match_device(n, which, NFT_CMP_EQ, name);
}

void nft_match_other_device(struct nft *n, enum nft_device which, const char *name)
{
	match_device(n, which, NFT_CMP_NEQ, name);
}

void nft_match_mark(struct nft *n, uint32_t mark)
{
	load_meta(n, NFT_META_MARK);
	compare(n, &mark, sizeof(mark));
}

void nft_match_family(struct nft *n, sa_family_t family)
{
	uint8_t protocol = family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6;

	load_meta(n, NFT_META_NFPROTO);
	compare(n, &protocol, sizeof(protocol));
}

/* `at`: of the address in the network header. */
static void match_network(struct nft *n, const struct ip_prefix *p, uint32_t at)
{
	struct ip_addr ones = { .family = p->addr.family }, bits, value;
	size_t len = p->addr.family == AF_INET ? 4 : 16;

	memset(ones.bytes, 0xff, len);
	bits = ip_mask(&ones, p->len);
	value = ip_mask(&p->addr, p->len);
	nft_match_family(n, p->addr.family);
	load_payload(n, NFT_PAYLOAD_NETWORK_HEADER, at, (uint32_t)len);
	if (p->len < 8 * len)
		mask(n, bits.bytes, len);
	compare(n, value.bytes, len);
}

void nft_match_source(struct nft *n, const struct ip_prefix *from)
{
	match_network(n, from, from->addr.family == AF_INET ? IPV4_SOURCE_AT : IPV6_SOURCE_AT);
}

void nft_match_destination(struct nft *n, const struct ip_prefix *to)
{
	match_network(n, to,
		      to->addr.family == AF_INET ? IPV4_DESTINATION_AT : IPV6_DESTINATION_AT);
}

void nft_match_protocol(struct nft *n, uint8_t protocol)
{
	load_meta(n, NFT_META_L4PROTO);
	compare(n, &protocol, sizeof(protocol));
}

void nft_match_port(struct nft *n, enum nft_port which, uint16_t port)
{
	uint16_t value = htons(port);

	load_payload(n, NFT_PAYLOAD_TRANSPORT_HEADER,
		     which == NFT_PORT_SOURCE ? 0 : PORT_DESTINATION_AT, sizeof(value));
	compare(n, &value, sizeof(value));
}

void nft_match_icmp6_type(struct nft *n, uint8_t type)
{
	nft_match_protocol(n, IPPROTO_ICMPV6);
	load_payload(n, NFT_PAYLOAD_TRANSPORT_HEADER, 0, sizeof(type));
	compare(n, &type, sizeof(type));
}

static void end_rule(struct nft *n)
{
	nlmsg_nest_end(&n->m, n->list);
	end(n);
}

void nft_end(struct nft *n, enum nft_verdict verdict)
{
	size_t data = begin_expression(n, "immediate"), value, code;

	put_number(n, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	value = nlmsg_nest(&n->m, NFTA_IMMEDIATE_DATA);
	code = nlmsg_nest(&n->m, NFTA_DATA_VERDICT);
	put_number(n, NFTA_VERDICT_CODE, verdict);
	nlmsg_nest_end(&n->m, code);
	nlmsg_nest_end(&n->m, value);
	end_expression(n, data);
	end_rule(n);
}

void nft_end_masquerade(struct nft *n)
{
	end_expression(n, begin_expression(n, "masq"));
	end_rule(n);
}

/* ---- sending */

static int send_all(struct nft *n, struct bytes what)
{
	static const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t sent;

	do
		sent = sendto(n->fd, what.at, what.len, 0, (const struct sockaddr *)&kernel,
			      sizeof(kernel));
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* The first error among the replies in these bytes; *count: how many there were. */
static int read_replies(struct nft *n, size_t len, size_t *count)
{
	struct reader messages = reader_of(n->reply, len), body;
	struct nlmsghdr h;
	struct nlmsgerr e;
	int error = 0;

	while (nlmsg_next(&messages, &h, &body)) {
		if (h.nlmsg_type != NLMSG_ERROR)
			continue;
		get_copy(&body, &e, sizeof(e));
		(*count)++;
		if (!error)
			error = body.bad ? -EBADMSG : e.error;
	}
	return error;
}

/* The kernel handles a batch inside our send, so all replies are there when we read. */
static int receive_all(struct nft *n)
{
	size_t count = 0;
	int error = 0;

	for (;;) {
		ssize_t len = recv(n->fd, n->reply, sizeof(n->reply), MSG_DONTWAIT);
		int first;

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			break;
		first = read_replies(n, (size_t)len, &count);
		error = error ? error : first;
	}
	return count ? error : -EIO;
}

int nft_commit(struct nft *n)
{
	int error;

	begin_batch(n);
	begin(n, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	end(n);
	error = n->w.full ? -ENOSPC : send_all(n, bytes_of(n->batch, n->w.len));
	n->w = writer_of(n->batch, sizeof(n->batch));
	return error ? error : receive_all(n);
}

int nft_has_table(struct nft *n, const char *name, bool *has)
{
	int error;

	begin_change(n, NFT_MSG_GETTABLE, NLM_F_ACK);
	put_text(n, NFTA_TABLE_NAME, name);
	error = send_all(n, nlmsg_end(&n->m));
	if (!error)
		error = receive_all(n);
	*has = !error;
	return error == -ENOENT ? 0 : error;
}
