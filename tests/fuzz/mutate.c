/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See mutate.h. */
#include "fuzz/mutate.h"

#include <assert.h>

#include "ppp/ppp.h"
#include "ppp/vendor.h"
#include "sstp/message.h"

enum {
	RECORDS_MAX = 128,
	PAYLOAD_MAX = SSTP_PACKET_MAX,
	INPUT_MAX = 64 * 1024,
	PPP_CODE_AT = PPP_HDR_LEN,
	PPP_LEN_AT = PPP_HDR_LEN + 2,
	PPP_BODY_AT = PPP_HDR_LEN + CP_HDR_LEN,
	VENDOR_LEN = 4, /* OUI and Kind */
};

/* ---- choices */

static uint64_t state;

static uint32_t random_below(uint32_t n)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (uint32_t)((z >> 32) % n);
}

#define ONE_OF(table) (&(table)[random_below(sizeof(table) / sizeof((table)[0]))])

static bool one_in(uint32_t n)
{
	return !random_below(n);
}

/* ---- a list of options or attributes, each with its own length in it */

struct item {
	size_t at, len;
};

/* Where the length of an item is. */
enum list_kind {
	LIST_OPTIONS,    /* PPP: the second byte */
	LIST_ATTRIBUTES, /* SSTP: the low twelve bits of the third and fourth */
};

static size_t item_len(enum list_kind kind, const uint8_t *at, size_t left)
{
	size_t hdr_len = kind == LIST_OPTIONS ? 2 : SSTP_ATTR_HDR_LEN, len;

	if (left < hdr_len)
		return 0;
	len = kind == LIST_OPTIONS ? at[1] : load_u16(at + 2) & SSTP_LEN_MASK;
	return len < hdr_len || len > left ? 0 : len;
}

/* One of the items; false: there is none. */
static bool choose_item(enum list_kind kind, const uint8_t *list, size_t len, struct item *out)
{
	size_t at = 0, n;
	uint32_t seen = 0;

	while ((n = item_len(kind, list + at, len - at))) {
		if (one_in(++seen))
			*out = (struct item){ at, n };
		at += n;
	}
	return seen;
}

/* Copies an item to the end of the list. Returns the list's length. */
static size_t repeat_item(enum list_kind kind, uint8_t *list, size_t len, size_t max)
{
	struct item item;

	if (!choose_item(kind, list, len, &item) || item.len > max - len)
		return len;
	memmove(list + len, list + item.at, item.len);
	return len + item.len;
}

static size_t drop_item(enum list_kind kind, uint8_t *list, size_t len)
{
	struct item item;

	if (!choose_item(kind, list, len, &item))
		return len;
	memmove(list + item.at, list + item.at + item.len, len - item.at - item.len);
	return len - item.len;
}

static void change_value(enum list_kind kind, uint8_t *list, size_t len)
{
	size_t hdr_len = kind == LIST_OPTIONS ? 2 : SSTP_ATTR_HDR_LEN;
	struct item item;

	if (!choose_item(kind, list, len, &item) || item.len == hdr_len)
		return;
	LLVMFuzzerMutate(list + item.at + hdr_len, item.len - hdr_len, item.len - hdr_len);
}

/* ---- PPP */

struct option_shape {
	uint8_t type, len;
	uint8_t value[8]; /* how it begins */
};

/* RFC 1661, 1570, 1990; our own in ppp/vendor.h. */
static const struct option_shape lcp_options[] = {
	{ 1, 4, { 0x05, 0xdc } },
	{ 1, 4, { 0, 0 } },
	{ 2, 6, { 0 } },
	{ 3, 4, { 0xc0, 0x23 } },
	{ 3, 5, { 0xc2, 0x23, 0x05 } },
	{ 3, 5, { 0xc2, 0x23, 0x80 } },
	{ 3, 5, { 0xc2, 0x23, 0x81 } },
	{ 3, 4, { 0xc2, 0x27 } },
	{ 5, 6, { 1, 2, 3, 4 } },
	{ 5, 6, { 0 } },
	{ 7, 2, { 0 } },
	{ 8, 2, { 0 } },
	{ 13, 3, { 6 } },
	{ 17, 4, { 0x06, 0x4e } },
	{ 19, 9, { 3 } },
	{ PPP_OPT_VENDOR, 6, { 0x5a, 0x53, 0x53, VENDOR_QUICK_START } },
};

/* RFC 1332, 1877. */
static const struct option_shape ipcp_options[] = {
	{ 2, 6, { 0, 0x2d, 15, 1 } },
	{ 3, 6, { 10, 1, 0, 2 } },
	{ 3, 6, { 10, 1, 0, 1 } },
	{ 3, 6, { 0 } },
	{ 129, 6, { 0 } },
	{ 129, 6, { 10, 1, 0, 53 } },
	{ 130, 6, { 0 } },
	{ 131, 6, { 8, 8, 8, 8 } },
	{ 132, 6, { 0 } },
	{ PPP_OPT_VENDOR, 10, { 0x5a, 0x53, 0x53, VENDOR_IPV4_GRANT, 10, 1, 0, 2 } },
};

/* RFC 5072. */
static const struct option_shape ipv6cp_options[] = {
	{ 1, 10, { 0 } },
	{ 1, 10, { 2, 0, 0, 0, 0, 0, 0, 1 } },
	{ 2, 4, { 0 } },
};

#define OPTIONS(table) table, sizeof(table) / sizeof((table)[0])

static const struct protocol_shape {
	uint16_t protocol;
	uint8_t codes; /* from 1 to this */
	const struct option_shape *options;
	uint32_t option_count;
} protocols[] = {
	{ 0xc021, 13, OPTIONS(lcp_options) },
	{ 0x8021, 8, OPTIONS(ipcp_options) },
	{ 0x8057, 8, OPTIONS(ipv6cp_options) },
	{ 0xc223, 8, NULL, 0 },
	{ 0xc023, 4, NULL, 0 },
	{ 0xc227, 5, NULL, 0 },
	{ 0x80fd, 8, NULL, 0 }, /* CCP: is to be rejected */
	{ 0x0021, 255, NULL, 0 },
	{ 0x0057, 255, NULL, 0 },
};

static const struct protocol_shape *shape_of(const uint8_t *frame)
{
	uint16_t protocol = load_u16(frame + 2);

	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (protocols[i].protocol == protocol)
			return &protocols[i];
	return &protocols[0];
}

static size_t add_option(const struct protocol_shape *shape, uint8_t *list, size_t len, size_t max)
{
	const struct option_shape *o;

	if (!shape->option_count)
		return len;
	o = &shape->options[random_below(shape->option_count)];
	if (o->len > max - len)
		return len;
	memset(list + len, 0, o->len);
	list[len] = o->type;
	list[len + 1] = o->len;
	memcpy(list + len + 2, o->value,
	       o->len - 2u < sizeof(o->value) ? o->len - 2u : sizeof(o->value));
	return len + o->len;
}

/* Configure-Request, -Ack, -Nak, -Reject */
static bool has_options(const struct protocol_shape *shape, uint8_t code)
{
	return shape->option_count && code >= 1 && code <= 4;
}

static size_t change_options(const struct protocol_shape *shape, uint8_t *list, size_t len,
			     size_t max)
{
	switch (random_below(5)) {
	case 0:
		return repeat_item(LIST_OPTIONS, list, len, max);
	case 1:
		return drop_item(LIST_OPTIONS, list, len);
	case 2:
		change_value(LIST_OPTIONS, list, len);
		return len;
	default:
		return add_option(shape, list, len, max);
	}
}

static size_t make_ppp(uint8_t *at, size_t max)
{
	const struct protocol_shape *shape = ONE_OF(protocols);
	size_t body_len = 0;

	ppp_put_header(at, shape->protocol);
	at[PPP_CODE_AT] = (uint8_t)(1 + random_below(shape->codes));
	at[PPP_CODE_AT + 1] = (uint8_t)random_below(4);
	if (has_options(shape, at[PPP_CODE_AT])) {
		for (uint32_t n = random_below(5); n; n--)
			body_len = add_option(shape, at + PPP_BODY_AT, body_len, max - PPP_BODY_AT);
	} else if (!one_in(4)) {
		body_len = random_below(24);
		if (body_len > max - PPP_BODY_AT)
			body_len = 0;
		memset(at + PPP_BODY_AT, 4, body_len); /* of CHAP and PAP: lengths that fit */
	}
	return PPP_BODY_AT + body_len;
}

static size_t change_body(const struct protocol_shape *shape, uint8_t *at, size_t len, size_t max)
{
	if (has_options(shape, at[PPP_CODE_AT]) && !one_in(4))
		return PPP_BODY_AT + change_options(shape, at + PPP_BODY_AT, len - PPP_BODY_AT,
						    max - PPP_BODY_AT);
	return PPP_BODY_AT +
	       LLVMFuzzerMutate(at + PPP_BODY_AT, len - PPP_BODY_AT, max - PPP_BODY_AT);
}

static size_t mutate_ppp(uint8_t *at, size_t len, size_t max)
{
	const struct protocol_shape *shape;

	if (max < PPP_BODY_AT)
		return len;
	if (len < PPP_BODY_AT || one_in(8)) {
		len = make_ppp(at, max);
	} else {
		shape = shape_of(at);
		switch (random_below(8)) {
		case 0:
			store_u16(at + 2, ONE_OF(protocols)->protocol);
			break;
		case 1:
			at[PPP_CODE_AT] = (uint8_t)(1 + random_below(shape->codes));
			break;
		case 2:
			at[PPP_CODE_AT + 1] = (uint8_t)(at[PPP_CODE_AT + 1] + 1 - random_below(3));
			break;
		default:
			len = change_body(shape, at, len, max);
			break;
		}
	}
	if (!one_in(16))
		store_u16(at + PPP_LEN_AT, (uint16_t)(len - PPP_HDR_LEN));
	return len;
}

/* ---- SSTP */

/* [MS-SSTP] 2.2.5 to 2.2.8: the attributes, as long as they have to be, and two that are not. */
static const struct attr_shape {
	uint8_t id;
	uint8_t value_len;
	uint8_t value[8];
} attributes[] = {
	{ SSTP_ATTR_ENCAPSULATED_PROTOCOL_ID, 2, { 0, 1 } },
	{ SSTP_ATTR_ENCAPSULATED_PROTOCOL_ID, 2, { 0, 2 } },
	{ SSTP_ATTR_STATUS_INFO, 8, { 0, 0, 0, 1, 0, 0, 0, 4 } },
	{ SSTP_ATTR_STATUS_INFO, 12, { 0, 0, 0, 3, 0, 0, 0, 5 } },
	{ SSTP_ATTR_CRYPTO_BINDING, SSTP_BINDING_LEN, { 0, 0, 0, 2 } },
	{ SSTP_ATTR_CRYPTO_BINDING, SSTP_BINDING_LEN, { 0, 0, 0, 1 } },
	{ SSTP_ATTR_CRYPTO_BINDING_REQ, SSTP_BINDING_REQ_LEN, { 0, 0, 0, 3 } },
	{ SSTP_ATTR_CRYPTO_BINDING_REQ, SSTP_BINDING_REQ_LEN, { 0, 0, 0, 1 } },
	{ 9, 0, { 0 } },
	{ SSTP_ATTR_NO_ERROR, 4, { 0 } },
};

static size_t add_attribute(uint8_t *list, size_t len, size_t max)
{
	const struct attr_shape *a = ONE_OF(attributes);
	size_t whole = SSTP_ATTR_HDR_LEN + (size_t)a->value_len;

	if (whole > max - len)
		return len;
	memset(list + len, 0, whole);
	list[len + 1] = a->id;
	store_u16(list + len + 2, (uint16_t)whole);
	memcpy(list + len + SSTP_ATTR_HDR_LEN, a->value,
	       a->value_len < sizeof(a->value) ? a->value_len : sizeof(a->value));
	return len + whole;
}

static size_t change_attributes(uint8_t *list, size_t len, size_t max)
{
	switch (random_below(6)) {
	case 0:
		return repeat_item(LIST_ATTRIBUTES, list, len, max);
	case 1:
		return drop_item(LIST_ATTRIBUTES, list, len);
	case 2:
	case 3:
		change_value(LIST_ATTRIBUTES, list, len);
		return len;
	default:
		return add_attribute(list, len, max);
	}
}

static uint16_t count_attributes(const uint8_t *list, size_t len)
{
	uint16_t count = 0;
	size_t at = 0, n;

	while ((n = item_len(LIST_ATTRIBUTES, list + at, len - at))) {
		at += n;
		count++;
	}
	return count;
}

static size_t mutate_control(uint8_t *at, size_t len, size_t max)
{
	if (len < SSTP_MSG_HDR_LEN || one_in(3)) {
		store_u16(at + SSTP_HDR_LEN, (uint16_t)(1 + random_below(10)));
		if (len < SSTP_MSG_HDR_LEN)
			len = SSTP_MSG_HDR_LEN;
	}
	if (!one_in(3))
		len = SSTP_MSG_HDR_LEN + change_attributes(at + SSTP_MSG_HDR_LEN,
							   len - SSTP_MSG_HDR_LEN,
							   max - SSTP_MSG_HDR_LEN);
	if (!one_in(16))
		store_u16(at + SSTP_HDR_LEN + 2,
			  count_attributes(at + SSTP_MSG_HDR_LEN, len - SSTP_MSG_HDR_LEN));
	return len;
}

static size_t mutate_sstp(uint8_t *at, size_t len, size_t max)
{
	if (max < SSTP_MSG_HDR_LEN)
		return len;
	if (len < SSTP_HDR_LEN || one_in(8)) {
		at[0] = SSTP_WIRE_VERSION;
		at[1] = (uint8_t)random_below(2);
		len = SSTP_HDR_LEN;
	}
	if (at[1] & SSTP_CONTROL_BIT)
		len = mutate_control(at, len, max);
	else
		len = SSTP_HDR_LEN +
		      mutate_ppp(at + SSTP_HDR_LEN, len - SSTP_HDR_LEN, max - SSTP_HDR_LEN);
	if (!one_in(16))
		store_u16(at + 2, (uint16_t)len);
	return len;
}

/* ---- a list of records */

static struct mutate_record records[RECORDS_MAX];
static size_t record_count;
static uint8_t payload[PAYLOAD_MAX];

static void read_records(const struct mutate_format *f, const uint8_t *data, size_t len)
{
	struct reader r = reader_of(data, len);

	record_count = 0;
	get_bytes(&r, f->head_len);
	while (record_count < RECORDS_MAX && r.left && f->get(&r, &records[record_count]))
		record_count++;
}

/* As many as there is room for. */
static size_t write_records(const struct mutate_format *f, uint8_t *data, size_t max)
{
	static uint8_t out[INPUT_MAX];
	struct writer w = writer_of(out, max < sizeof(out) ? max : sizeof(out));
	size_t len = f->head_len;

	put_bytes(&w, data, f->head_len);
	for (size_t i = 0; i < record_count && !w.full; i++) {
		f->put(&w, &records[i]);
		if (!w.full)
			len = w.len;
	}
	memcpy(data, out, len);
	return len;
}

static void change_record(const struct mutate_format *f, struct mutate_record *r)
{
	size_t max = f->payload_max < sizeof(payload) ? f->payload_max : sizeof(payload);
	size_t len = r->bytes.len < max ? r->bytes.len : max;

	if (len)
		memcpy(payload, r->bytes.at, len);
	switch (r->kind) {
	case MUTATE_RAW:
		len = LLVMFuzzerMutate(payload, len, max);
		break;
	case MUTATE_PPP:
		len = mutate_ppp(payload, len, max);
		break;
	case MUTATE_SSTP:
		len = mutate_sstp(payload, len, max);
		break;
	}
	assert(len <= max);
	r->bytes = bytes_of(payload, len);
}

static void insert_record(size_t at, struct mutate_record r)
{
	if (record_count == RECORDS_MAX)
		return;
	memmove(&records[at + 1], &records[at], (record_count - at) * sizeof(r));
	records[at] = r;
	record_count++;
}

static void remove_record(size_t at)
{
	record_count--;
	memmove(&records[at], &records[at + 1], (record_count - at) * sizeof(records[0]));
}

static void make_record(const struct mutate_format *f)
{
	size_t at = random_below((uint32_t)record_count + 1);
	struct mutate_record r = f->make(random_below(UINT32_MAX));

	change_record(f, &r);
	insert_record(at, r);
}

static void change_list(const struct mutate_format *f)
{
	size_t at = random_below((uint32_t)record_count);
	size_t to = random_below((uint32_t)record_count);
	struct mutate_record r = records[at];

	switch (random_below(10)) {
	case 0:
		remove_record(at);
		break;
	case 1:
		insert_record(to, r);
		break;
	case 2:
		records[at] = records[to];
		records[to] = r;
		break;
	case 3:
	case 4:
		make_record(f);
		break;
	default:
		change_record(f, &records[at]);
		break;
	}
}

size_t mutate_list(const struct mutate_format *f, uint8_t *data, size_t len, size_t max,
		   unsigned int seed)
{
	state = seed;
	if (len < f->head_len || max < f->head_len || one_in(6))
		return LLVMFuzzerMutate(data, len, max);
	if (one_in(16))
		LLVMFuzzerMutate(data, f->head_len, f->head_len);
	read_records(f, data, len);
	if (record_count)
		change_list(f);
	else
		make_record(f);
	return write_records(f, data, max);
}
