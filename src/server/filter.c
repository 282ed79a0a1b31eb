/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a rule needs of a packet is taken from its headers once, for all rules. Where a packet hides
 * it (an odd chain of IPv6 headers, a fragment too short for its ports: RFC 1858, RFC 3128, RFC 7112),
 * rules that deny match and rules that permit do not.
 */
#include "server/filter.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/text.h"

enum {
	PORTS_LEN = 4,
	ICMP4_UNREACHABLE = 3, /* RFC 792 */
	ICMP4_TIME_EXCEEDED = 11,
	ICMP4_PARAMETER_PROBLEM = 12,
	ICMP6_UNREACHABLE = 1, /* RFC 4443 section 2.1 */
	ICMP6_PARAMETER_PROBLEM = 4,
	ICMP_HDR_LEN = 8,
};

/* What the rules look at. */
struct subject {
	struct ip_addr far; /* the other end of the client's traffic */
	uint8_t proto;
	bool is_hidden; /* the protocol is not known */
	bool is_later;  /* a fragment without the ports, which is not the first */
	bool has_port;
	bool is_opening; /* towards the client: TCP, opens a connection */
	uint16_t port;   /* of the other end */
};

/* ---- packets */

/* In units of eight bytes. */
static uint16_t fragment_offset(const struct packet *p)
{
	if (!p->h.is_fragment)
		return 0;
	if (p->h.is_v6) /* the fragment header is the last one before what it is a fragment of */
		return load_u16(p->at + p->h.ip_len - IPV6_FRAGMENT_LEN + 2) >> 3;
	return load_u16(p->at + IPV4_FRAGMENT_AT) & IPV4_OFFSET_MASK;
}

static bool has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_DCCP || proto == IPPROTO_UDPLITE;
}

/* What remains after the headers that headers_parse skips: then it can't know what follows. */
static bool is_extension(const struct headers *h)
{
	return h->is_v6 && (h->proto == IPPROTO_NONE || h->proto == IPPROTO_HOPOPTS ||
			    h->proto == IPPROTO_ROUTING || h->proto == IPPROTO_DSTOPTS ||
			    h->proto == IPPROTO_FRAGMENT);
}

/* An ICMP error may quote eight bytes of a header. */
static void take_ports(struct subject *s, const struct packet *p, bool is_from_client,
		       bool is_quoted)
{
	const uint8_t *at = p->at + p->h.ip_len;
	size_t room = p->h.total - p->h.ip_len;
	bool is_tcp = s->proto == IPPROTO_TCP && !is_quoted;

	if (!has_ports(s->proto) || room < (is_tcp ? TCP_HDR_LEN : PORTS_LEN))
		return;
	s->has_port = true;
	s->port = load_u16(at + (is_from_client ? 2 : 0));
	s->is_opening = is_tcp && !is_from_client &&
			(at[TCP_FLAGS_AT] & (TCP_BIT_SYN | TCP_BIT_ACK)) == TCP_BIT_SYN;
}

static struct subject subject_of(const struct packet *p, bool is_from_client, bool is_quoted)
{
	struct subject s = {
		.far = is_from_client ? packet_dst(p) : packet_src(p),
		.proto = p->h.is_v6 && p->h.proto == IPPROTO_ICMPV6 ? IPPROTO_ICMP : p->h.proto,
		.is_hidden = is_extension(&p->h),
	};
	uint16_t offset = s.is_hidden ? 0 : fragment_offset(p);

	/* the second eight bytes of a TCP header have the flags: no honest fragment begins there */
	s.is_later = offset > (s.proto == IPPROTO_TCP ? 1 : 0);
	if (!offset)
		take_ports(&s, p, is_from_client, is_quoted);
	return s;
}

/* ---- rules */

static bool matches(const struct filter_rule *r, const struct subject *s)
{
	if (r->network.addr.family && !ip_prefix_has(&r->network, &s->far))
		return false;
	if (!r->proto)
		return true;
	if (s->is_hidden)
		return !r->permits;
	if (r->proto != s->proto)
		return false;
	if (!r->has_ports)
		return true;
	if (s->is_later)
		return r->permits;
	if (!s->has_port)
		return !r->permits;
	return s->port >= r->first_port && s->port <= r->last_port &&
	       !(r->permits && s->is_opening);
}

static bool passes(const struct filter *f, const struct subject *s)
{
	for (size_t i = 0; i < f->count; i++)
		if (matches(&f->rules[i], s))
			return f->rules[i].permits;
	return false;
}

static bool is_icmp_error(const struct packet *p)
{
	uint8_t type = p->at[p->h.ip_len];

	if (p->h.is_v6)
		return type >= ICMP6_UNREACHABLE && type <= ICMP6_PARAMETER_PROBLEM;
	return type == ICMP4_UNREACHABLE || type == ICMP4_TIME_EXCEEDED ||
	       type == ICMP4_PARAMETER_PROBLEM;
}

/*
 * An error quotes the packet that it is about, which went in the other direction. From the client
 * it must go to where that packet came from; to the client it comes from any router.
 */
static bool passes_as_error(const struct filter *f, const struct packet *p, const struct subject *s,
			    bool is_from_client)
{
	size_t skipped = p->h.ip_len + ICMP_HDR_LEN;
	struct packet quoted = { .at = p->at + skipped };
	struct subject about;

	if (s->proto != IPPROTO_ICMP || p->h.is_fragment || p->h.total <= skipped ||
	    !is_icmp_error(p))
		return false;
	if (!headers_parse_cut(&quoted.h, quoted.at, p->h.total - skipped) ||
	    quoted.h.is_v6 != p->h.is_v6)
		return false;
	about = subject_of(&quoted, !is_from_client, true);
	return (!is_from_client || ip_equal(&about.far, &s->far)) && passes(f, &about);
}

bool filter_passes(const struct filter *f, const struct packet *p, bool is_from_client)
{
	struct subject s = subject_of(p, is_from_client, false);

	return passes(f, &s) || passes_as_error(f, p, &s, is_from_client);
}

/* ---- text */

static bool next_word(struct bytes *rest, char *word, size_t size)
{
	size_t len = 0;

	*rest = text_trim(*rest);
	while (len < rest->len && rest->at[len] != ' ' && rest->at[len] != '\t')
		len++;
	if (!len || len >= size || memchr(rest->at, '\0', len))
		return false;
	memcpy(word, rest->at, len);
	word[len] = '\0';
	*rest = text_skip(*rest, len);
	return true;
}

static bool get_number(const char **text, unsigned long max, unsigned long *n)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return false;
	*n = strtoul(*text, &end, 10);
	*text = end;
	return *n && *n <= max;
}

static bool get_proto(const char *word, uint8_t *proto)
{
	static const struct {
		const char *name;
		uint8_t proto;
	} names[] = {
		{ "tcp", IPPROTO_TCP },   { "udp", IPPROTO_UDP }, { "icmp", IPPROTO_ICMP },
		{ "sctp", IPPROTO_SCTP }, { "gre", IPPROTO_GRE }, { "esp", IPPROTO_ESP },
	};
	unsigned long n;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(word, names[i].name)) {
			*proto = names[i].proto;
			return true;
		}
	if (!get_number(&word, 255, &n) || *word)
		return false;
	*proto = n == IPPROTO_ICMPV6 ? IPPROTO_ICMP : (uint8_t)n;
	return true;
}

static bool get_ports(const char *word, struct filter_rule *r)
{
	unsigned long first, last;

	if (!get_number(&word, UINT16_MAX, &first))
		return false;
	last = first;
	if (*word == '-') {
		word++;
		if (!get_number(&word, UINT16_MAX, &last))
			return false;
	}
	r->has_ports = true;
	r->first_port = (uint16_t)first;
	r->last_port = (uint16_t)last;
	return !*word && first <= last;
}

static bool get_network(const char *word, struct ip_prefix *network)
{
	if (!strcmp(word, "any"))
		return true;
	if (!ip_prefix_parse(word, network))
		return false;
	network->addr = ip_mask(&network->addr, network->len);
	return true;
}

const char *filter_rule_parse(struct bytes text, struct filter_rule *r)
{
	char word[64];

	memset(r, 0, sizeof(*r));
	if (!next_word(&text, word, sizeof(word)) ||
	    (strcmp(word, "permit") != 0 && strcmp(word, "deny") != 0))
		return "a rule must begin with permit or deny";
	r->permits = *word == 'p';
	if (!next_word(&text, word, sizeof(word)) || !get_network(word, &r->network))
		return "after permit or deny must come a network such as 10.0.0.0/8, or any";
	if (!text_trim(text).len)
		return NULL;
	if (!next_word(&text, word, sizeof(word)) || !get_proto(word, &r->proto))
		return "after the network must come tcp, udp, icmp, sctp, gre, esp, or a "
		       "protocol's number from 1 to 255";
	if (!text_trim(text).len)
		return NULL;
	if (!has_ports(r->proto))
		return "this protocol has no ports";
	if (!next_word(&text, word, sizeof(word)) || !get_ports(word, r))
		return "after the protocol must come a port, or a range such as 8000-8099";
	return text_trim(text).len ? "there is more than one port or range: write a rule for each"
				   : NULL;
}
