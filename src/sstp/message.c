/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Control messages. sstp.c separates the packets of the stream, so only the contents can be
 * malformed here: the list of attributes is checked once, in sstp_msg_open, and later walks rely on
 * its lengths.
 */
#include "sstp/message.h"

bool sstp_attr_next(struct sstp_msg *m, struct sstp_attr *a)
{
	uint16_t len;

	if (!m->attrs_left || m->attrs.bad)
		return false;
	m->attrs_left--;
	get_u8(&m->attrs); /* Reserved */
	a->id = get_u8(&m->attrs);
	len = get_u16(&m->attrs) & SSTP_LEN_MASK;
	if (len < SSTP_ATTR_HDR_LEN) { /* [MS-SSTP] 2.2.4: Length counts this header */
		m->attrs.bad = true;
		return false;
	}
	a->value.len = (size_t)len - SSTP_ATTR_HDR_LEN;
	a->value.at = get_bytes(&m->attrs, a->value.len);
	return !m->attrs.bad;
}

bool sstp_msg_open(struct sstp_msg *m, const uint8_t *packet, size_t len)
{
	struct reader r = reader_of(packet, len);
	struct sstp_attr a;
	struct sstp_msg walk;

	get_bytes(&r, SSTP_HDR_LEN);
	m->packet = bytes_of(packet, len);
	m->type = get_u16(&r);
	m->attrs_left = get_u16(&r);
	m->attrs = r;
	walk = *m;
	while (sstp_attr_next(&walk, &a))
		;
	return !walk.attrs.bad;
}

bool sstp_attr_find(const struct sstp_msg *m, uint8_t id, struct sstp_attr *a)
{
	struct sstp_msg walk = *m;

	while (sstp_attr_next(&walk, a))
		if (a->id == id)
			return true;
	return false;
}

/* sorz/sstp-server sends a Status Info of four bytes, without the status. */
static uint32_t status_of(const struct sstp_attr *a)
{
	return a->value.len < SSTP_STATUS_INFO_LEN ? SSTP_STATUS_NO_ERROR
						   : load_u32(a->value.at + 4);
}

uint32_t sstp_msg_status(const struct sstp_msg *m)
{
	struct sstp_attr a;

	return sstp_attr_find(m, SSTP_ATTR_STATUS_INFO, &a) ? status_of(&a) : SSTP_STATUS_NO_ERROR;
}

/*
 * The checks are in the order of [MS-SSTP] 3.3.5.2.2; the first that fails is reported. A Protocol
 * ID longer than two bytes is accepted: one client sends four.
 */
static uint32_t check_attr(const struct sstp_attr *a, bool is_second)
{
	bool is_protocol = a->id == SSTP_ATTR_ENCAPSULATED_PROTOCOL_ID;
	bool is_status = a->id == SSTP_ATTR_STATUS_INFO;

	if (is_status && status_of(a) != SSTP_STATUS_NO_ERROR)
		return SSTP_STATUS_STATUS_INFO_NOT_SUPPORTED_IN_MSG;
	if ((is_protocol && a->value.len < 2) || (is_status && a->value.len < SSTP_STATUS_INFO_LEN))
		return SSTP_STATUS_INVALID_ATTRIB_VALUE_LENGTH;
	if (is_protocol && is_second)
		return SSTP_STATUS_DUPLICATE_ATTRIBUTE;
	if (!is_protocol && !is_status)
		return SSTP_STATUS_UNRECOGNIZED_ATTRIBUTE;
	if (is_protocol && load_u16(a->value.at) != SSTP_PROTOCOL_PPP)
		return SSTP_STATUS_VALUE_NOT_SUPPORTED;
	return SSTP_STATUS_NO_ERROR;
}

size_t sstp_check_request(const struct sstp_msg *m, struct sstp_fault faults[SSTP_FAULTS_MAX])
{
	struct sstp_msg walk = *m;
	struct sstp_attr a;
	bool has_protocol = false;
	size_t n = 0;

	while (n < SSTP_FAULTS_MAX && sstp_attr_next(&walk, &a)) {
		uint32_t status = check_attr(&a, has_protocol);

		if (status != SSTP_STATUS_NO_ERROR)
			faults[n++] = (struct sstp_fault){ a.id, status, a.value };
		has_protocol |= a.id == SSTP_ATTR_ENCAPSULATED_PROTOCOL_ID;
	}
	if (!has_protocol && n < SSTP_FAULTS_MAX)
		faults[n++] = (struct sstp_fault){ SSTP_ATTR_ENCAPSULATED_PROTOCOL_ID,
						   SSTP_STATUS_REQUIRED_ATTRIBUTE_MISSING,
						   { NULL, 0 } };
	return n;
}

/* Both leave a gap for the Length, which put_end_of fills in. */
static size_t msg_begin(struct writer *w, uint16_t type, size_t attr_count)
{
	size_t at = w->len;

	put_u8(w, SSTP_WIRE_VERSION);
	put_u8(w, SSTP_CONTROL_BIT);
	put_u16(w, 0);
	put_u16(w, type);
	put_u16(w, (uint16_t)attr_count);
	return at;
}

static size_t attr_begin(struct writer *w, uint8_t id)
{
	size_t at = w->len;

	put_u8(w, 0);
	put_u8(w, id);
	put_u16(w, 0);
	return at;
}

static void put_end_of(struct writer *w, size_t begin)
{
	put_u16_at(w, begin + 2, (uint16_t)(w->len - begin));
}

static void put_reserved(struct writer *w, size_t len)
{
	uint8_t *at = put_gap(w, len);

	if (at)
		memset(at, 0, len);
}

static void put_status_info(struct writer *w, const struct sstp_fault *f)
{
	size_t attr = attr_begin(w, SSTP_ATTR_STATUS_INFO);

	put_reserved(w, 3);
	put_u8(w, f->attr_id);
	put_u32(w, f->status);
	if (f->status != SSTP_STATUS_UNRECOGNIZED_ATTRIBUTE) /* [MS-SSTP] 2.2.8: no value then */
		put_bytes(w, f->value.at,
			  f->value.len < SSTP_STATUS_VALUE_MAX ? f->value.len
							       : SSTP_STATUS_VALUE_MAX);
	put_end_of(w, attr);
}

void sstp_put_bare(struct writer *w, uint16_t type)
{
	put_end_of(w, msg_begin(w, type, 0));
}

void sstp_put_request(struct writer *w)
{
	size_t msg = msg_begin(w, SSTP_MSG_CALL_CONNECT_REQUEST, 1);
	size_t attr = attr_begin(w, SSTP_ATTR_ENCAPSULATED_PROTOCOL_ID);

	put_u16(w, SSTP_PROTOCOL_PPP);
	put_end_of(w, attr);
	put_end_of(w, msg);
}

void sstp_put_ack(struct writer *w, uint8_t hashes, const uint8_t nonce[SSTP_NONCE_LEN])
{
	size_t msg = msg_begin(w, SSTP_MSG_CALL_CONNECT_ACK, 1);
	size_t attr = attr_begin(w, SSTP_ATTR_CRYPTO_BINDING_REQ);

	put_reserved(w, 3);
	put_u8(w, hashes);
	put_bytes(w, nonce, SSTP_NONCE_LEN);
	put_end_of(w, attr);
	put_end_of(w, msg);
}

void sstp_put_nak(struct writer *w, const struct sstp_fault *faults, size_t count)
{
	size_t msg = msg_begin(w, SSTP_MSG_CALL_CONNECT_NAK, count);

	for (size_t i = 0; i < count; i++)
		put_status_info(w, &faults[i]);
	put_end_of(w, msg);
}

void sstp_put_connected(struct writer *w, uint8_t hash, const uint8_t nonce[SSTP_NONCE_LEN],
			const uint8_t *cert_hash, size_t cert_hash_len)
{
	size_t msg = msg_begin(w, SSTP_MSG_CALL_CONNECTED, 1);
	size_t attr = attr_begin(w, SSTP_ATTR_CRYPTO_BINDING);

	put_reserved(w, 3);
	put_u8(w, hash);
	put_bytes(w, nonce, SSTP_NONCE_LEN);
	put_bytes(w, cert_hash, cert_hash_len);
	put_reserved(w, SHA256_LEN - cert_hash_len);
	put_reserved(w, SHA256_LEN); /* Compound MAC */
	put_end_of(w, attr);
	put_end_of(w, msg);
}

void sstp_put_end(struct writer *w, uint16_t type, uint8_t attr_id, uint32_t status)
{
	const struct sstp_fault f = { attr_id, status, { NULL, 0 } };
	size_t msg = msg_begin(w, type, 1);

	put_status_info(w, &f);
	put_end_of(w, msg);
}
