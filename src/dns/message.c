/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A response is walked more than once: records of an alias (CNAME) may come in any order. Names are
 * compared as text in lower case; a name with other bytes than those of host names equals no name.
 */
#include "dns/message.h"

#include <stdio.h>

enum {
	LABEL_MAX = 63,
	POINTER = 0xc0, /* RFC 1035 section 4.1.4 */
	POINTERS_MAX = 64,
	ALIASES_MAX = 12, /* in a row, in one response */
	TYPE_CNAME = 5,
	TYPE_SOA = 6,
	TYPE_OPT = 41,
	CLASS_IN = 1,
	FLAG_RESPONSE = 0x8000,
	FLAG_TRUNCATED = 0x0200,
	FLAG_RECURSE = 0x0100,
	OPCODE_MASK = 0x7800,
	RCODE_MASK = 0x000f,
	SOA_NUMBERS_LEN = 20,
};

/* ---- names */

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* Characters of host names, and '_', which some names contain anyway. */
static bool is_name_byte(uint8_t c)
{
	c = lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool is_number(const char *label, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (label[i] < '0' || label[i] > '9')
			return false;
	return true;
}

bool dns_name_normalize(const char *name, char out[DNS_NAME_MAX + 1])
{
	size_t len = strlen(name), label = 0;

	if (len && name[len - 1] == '.')
		len--;
	if (!len || len > DNS_NAME_MAX)
		return false;
	for (size_t i = 0; i <= len; i++) {
		if (i == len || name[i] == '.') {
			if (i == label || i - label > LABEL_MAX)
				return false;
			out[i] = '.';
			if (i < len)
				label = i + 1;
		} else if (is_name_byte((uint8_t)name[i])) {
			out[i] = (char)lower((uint8_t)name[i]);
		} else {
			return false;
		}
	}
	out[len] = '\0';
	return !is_number(out + label, len - label);
}

/* One label as text, with a dot before it unless it is the first. */
static bool add_label(char *out, size_t *len, const uint8_t *at, size_t n)
{
	size_t dot = *len ? 1 : 0;

	if (dot + n > DNS_NAME_MAX - *len)
		return false;
	if (dot)
		out[(*len)++] = '.';
	for (size_t i = 0; i < n; i++)
		out[(*len)++] = is_name_byte(at[i]) ? (char)lower(at[i]) : '?';
	out[*len] = '\0';
	return true;
}

/*
 * Reads a name, perhaps with compression pointers. Pointers only go backwards, so there is no loop.
 */
static bool get_name(struct bytes message, struct reader *r, char out[DNS_NAME_MAX + 1])
{
	struct reader here = *r;
	bool is_elsewhere = false;
	size_t len = 0, limit = (size_t)(r->at - message.at);
	int pointers = 0;

	out[0] = '\0';
	for (;;) {
		uint8_t n = get_u8(&here);

		if (here.bad)
			return false;
		if ((n & POINTER) == POINTER) {
			size_t to = (size_t)(n & ~POINTER) << 8 | get_u8(&here);

			if (here.bad || to >= limit || ++pointers > POINTERS_MAX)
				return false;
			if (!is_elsewhere)
				*r = here;
			is_elsewhere = true;
			limit = to;
			here = reader_of(message.at + to, message.len - to);
		} else if (!n) {
			break;
		} else {
			const uint8_t *label = get_bytes(&here, n);

			if (n > LABEL_MAX || !label || !add_label(out, &len, label, n))
				return false;
		}
	}
	if (!is_elsewhere)
		*r = here;
	return true;
}

static void put_name(struct writer *w, const char *name)
{
	while (*name) {
		size_t n = strcspn(name, ".");

		put_u8(w, (uint8_t)n);
		put_bytes(w, name, n);
		name += n + (name[n] == '.');
	}
	put_u8(w, 0);
}

bool dns_is_in_domain(const char *name, const char *domain)
{
	size_t len = strlen(name), domain_len = strlen(domain);

	return len >= domain_len && !strcmp(name + len - domain_len, domain) &&
	       (len == domain_len || name[len - domain_len - 1] == '.');
}

/* ---- queries */

bool dns_parse_question(struct bytes message, struct dns_question *out)
{
	struct reader r = reader_of(message.at, message.len);

	get_u32(&r); /* ID, flags */
	if (get_u16(&r) != 1)
		return false;
	get_bytes(&r, 6); /* the numbers of other records */
	if (r.bad || !get_name(message, &r, out->name))
		return false;
	out->type = get_u16(&r);
	get_u16(&r); /* class */
	out->end = message.len - r.left;
	return !r.bad;
}

void dns_put_query(struct writer *w, uint16_t id, const char *name, enum dns_type type,
		   bool has_edns)
{
	put_u16(w, id);
	put_u16(w, FLAG_RECURSE);
	put_u16(w, 1); /* questions */
	put_u16(w, 0);
	put_u16(w, 0);
	put_u16(w, has_edns);
	put_name(w, name);
	put_u16(w, (uint16_t)type);
	put_u16(w, CLASS_IN);
	if (!has_edns)
		return;
	put_u8(w, 0); /* RFC 6891 section 6.1.2: the root's name, ... */
	put_u16(w, TYPE_OPT);
	put_u16(w, DNS_UDP_MAX);
	put_u32(w, 0); /* version 0, no flags */
	put_u16(w, 0); /* no options */
}

/* ---- responses */

struct record {
	char name[DNS_NAME_MAX + 1];
	uint16_t type;
	uint32_t ttl;
	struct reader data;
};

/* `data` points into the message, so compressed names in it can be read. */
static bool get_record(struct bytes message, struct reader *r, struct record *rr)
{
	uint16_t class;

	if (!get_name(message, r, rr->name))
		return false;
	rr->type = get_u16(r);
	class = get_u16(r);
	rr->ttl = get_u32(r);
	if (rr->ttl > INT32_MAX) /* RFC 2181 section 8 */
		rr->ttl = 0;
	rr->data = get_reader(r, get_u16(r));
	if (class != CLASS_IN)
		rr->type = 0;
	return !r->bad;
}

static void note_ttl(struct dns_response *out, uint32_t ttl)
{
	if (!out->has_ttl || ttl < out->ttl)
		out->ttl = ttl;
	out->has_ttl = true;
}

static void take_address(struct dns_response *out, const struct record *rr, enum dns_type type)
{
	size_t len = type == DNS_A ? 4 : 16;
	struct ip_addr *a = &out->addresses[out->count];

	if (rr->data.left != len)
		return;
	note_ttl(out, rr->ttl);
	if (out->count == DNS_ADDRESSES)
		return;
	*a = (struct ip_addr){ .family = type == DNS_A ? AF_INET : AF_INET6 };
	memcpy(a->bytes, rr->data.at, len);
	out->count++;
}

/* Reads all records of the name: its addresses, or its alias. False: malformed. */
static bool walk_answers(struct bytes message, struct reader r, unsigned int answers,
			 const char *name, enum dns_type type, struct dns_response *out)
{
	struct record rr;

	out->alias[0] = '\0';
	while (answers--) {
		if (!get_record(message, &r, &rr))
			return false;
		if (strcmp(rr.name, name) != 0)
			continue;
		if (rr.type == (uint16_t)type) {
			take_address(out, &rr, type);
		} else if (rr.type == TYPE_CNAME && !out->alias[0]) {
			if (!get_name(message, &rr.data, out->alias) || !out->alias[0])
				return false;
			note_ttl(out, rr.ttl);
		}
	}
	return true;
}

static bool follow_aliases(struct bytes message, struct reader r, unsigned int answers,
			   const char *name, enum dns_type type, struct dns_response *out)
{
	char current[DNS_NAME_MAX + 1];

	strcpy(current, name);
	for (int i = 0; i < ALIASES_MAX; i++) {
		if (!walk_answers(message, r, answers, current, type, out))
			return false;
		if (out->count || !out->alias[0])
			break;
		strcpy(current, out->alias);
	}
	/* the target of the last alias, if there was one */
	strcpy(out->alias, out->count || !strcmp(current, name) ? "" : current);
	return true;
}

/* RFC 2308 section 5: how long the absence of a name or a record may be cached. */
static void read_negative_ttl(struct bytes message, struct reader r, unsigned int answers,
			      unsigned int authorities, struct dns_response *out)
{
	struct record rr;
	char skipped[DNS_NAME_MAX + 1];

	while (answers--)
		if (!get_record(message, &r, &rr))
			return;
	while (authorities--) {
		uint32_t minimum;

		if (!get_record(message, &r, &rr))
			return;
		if (rr.type != TYPE_SOA)
			continue;
		if (!get_name(message, &rr.data, skipped) ||
		    !get_name(message, &rr.data, skipped) || rr.data.left < SOA_NUMBERS_LEN)
			return;
		minimum = load_u32(rr.data.at + SOA_NUMBERS_LEN - 4);
		note_ttl(out, rr.ttl < minimum ? rr.ttl : minimum);
		out->alias[0] = '\0'; /* the absence is that of the last alias's target */
		return;
	}
}

/* Some servers return no question with a format error. */
static bool is_question(struct bytes message, struct reader *r, unsigned int questions,
			const char *name, enum dns_type type, uint8_t rcode)
{
	char asked[DNS_NAME_MAX + 1];

	if (!questions)
		return rcode == DNS_FORMERR || rcode == DNS_NOTIMP;
	return questions == 1 && get_name(message, r, asked) && !strcmp(asked, name) &&
	       get_u16(r) == (uint16_t)type && get_u16(r) == CLASS_IN && !r->bad;
}

bool dns_parse_response(struct bytes message, uint16_t id, const char *name, enum dns_type type,
			struct dns_response *out)
{
	struct reader r = reader_of(message.at, message.len);
	uint16_t response_id = get_u16(&r), flags = get_u16(&r);
	unsigned int questions = get_u16(&r), answers = get_u16(&r), authorities = get_u16(&r);

	get_u16(&r); /* additional records */
	memset(out, 0, sizeof(*out));
	out->rcode = flags & RCODE_MASK;
	out->is_truncated = flags & FLAG_TRUNCATED;
	if (r.bad || response_id != id || !(flags & FLAG_RESPONSE) || flags & OPCODE_MASK ||
	    !is_question(message, &r, questions, name, type, out->rcode))
		return false;
	if (out->is_truncated || (out->rcode != DNS_NOERROR && out->rcode != DNS_NXDOMAIN))
		return true;
	if (!follow_aliases(message, r, answers, name, type, out))
		return false;
	if (out->rcode == DNS_NXDOMAIN) { /* no further query for an alias */
		out->count = 0;
		out->alias[0] = '\0';
	}
	if (!out->count) {
		bool had_alias = out->has_ttl;
		uint32_t alias_ttl = out->ttl;

		out->has_ttl = false;
		read_negative_ttl(message, r, answers, authorities, out);
		if (had_alias && alias_ttl < out->ttl)
			out->ttl = alias_ttl;
		if (out->alias[0] && had_alias)
			note_ttl(out, alias_ttl);
	}
	return true;
}
