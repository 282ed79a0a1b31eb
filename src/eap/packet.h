/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * EAP packets, RFC 3748 section 4, for all methods. A type is one byte, or expanded with a vendor
 * (section 5.7); an expanded type with vendor 0 is the same as the type of one byte.
 */
#ifndef SSTP_EAP_PACKET_H
#define SSTP_EAP_PACKET_H

#include "util/bytes.h"

/* Section 4 */
enum eap_code {
	EAP_REQUEST = 1,
	EAP_RESPONSE,
	EAP_SUCCESS,
	EAP_FAILURE,
};

/* Section 5, and IANA's list of methods */
enum {
	EAP_IDENTITY = 1,
	EAP_NOTIFICATION,
	EAP_NAK,
	EAP_MD5,
	EAP_TLS = 13,
	EAP_PEAP = 25,
	EAP_MSCHAPV2,
	EAP_EXPANDED = 254,
	EAP_EXPERIMENTAL,
};

enum {
	EAP_HDR_LEN = 4,       /* Code, Identifier, Length */
	EAP_MSK_LEN = 64,      /* section 7.10 */
	EAP_PACKET_MAX = 1500, /* default MRU of PPP; methods fragment longer data */
};

struct eap_packet {
	uint8_t code;
	uint8_t id;
	/* Request, Response */
	bool is_expanded;
	uint32_t vendor; /* 0: the IETF's */
	uint32_t type;
	struct bytes data;
};

/* False when the packet is malformed. Bytes after Length are padding. */
bool eap_packet_get(struct bytes from, struct eap_packet *packet);
/* Writes nothing when the packet does not fit: the writer is full. */
void eap_packet_put(struct writer *w, const struct eap_packet *packet);

/*
 * Reads the next type that a Nak (section 5.3) asks for, in its order; `r` starts as a reader of
 * the data of the Nak. False at the end, and for a Nak that asks for none.
 */
bool eap_nak_next(struct reader *r, const struct eap_packet *nak, uint32_t *vendor, uint32_t *type);

#endif
