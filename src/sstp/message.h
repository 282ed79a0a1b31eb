/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads and writes the control messages of SSTP and their attributes, [MS-SSTP] 2.2. For data
 * packets see packet.h.
 */
#ifndef SSTP_SSTP_MESSAGE_H
#define SSTP_SSTP_MESSAGE_H

#include "sstp/packet.h"
#include "sstp/types.h"

enum sstp_msg_type { /* [MS-SSTP] 2.2.2 */
		     SSTP_MSG_CALL_CONNECT_REQUEST = 1,
		     SSTP_MSG_CALL_CONNECT_ACK,
		     SSTP_MSG_CALL_CONNECT_NAK,
		     SSTP_MSG_CALL_CONNECTED,
		     SSTP_MSG_CALL_ABORT,
		     SSTP_MSG_CALL_DISCONNECT,
		     SSTP_MSG_CALL_DISCONNECT_ACK,
		     SSTP_MSG_ECHO_REQUEST,
		     SSTP_MSG_ECHO_RESPONSE,
};

enum sstp_attr_id { /* [MS-SSTP] 2.2.4 */
		    SSTP_ATTR_NO_ERROR,
		    SSTP_ATTR_ENCAPSULATED_PROTOCOL_ID,
		    SSTP_ATTR_STATUS_INFO,
		    SSTP_ATTR_CRYPTO_BINDING,
		    SSTP_ATTR_CRYPTO_BINDING_REQ,
};

enum sstp_status { /* [MS-SSTP] 2.2.8 */
		   SSTP_STATUS_NO_ERROR,
		   SSTP_STATUS_DUPLICATE_ATTRIBUTE,
		   SSTP_STATUS_UNRECOGNIZED_ATTRIBUTE,
		   SSTP_STATUS_INVALID_ATTRIB_VALUE_LENGTH,
		   SSTP_STATUS_VALUE_NOT_SUPPORTED,
		   SSTP_STATUS_UNACCEPTED_FRAME_RECEIVED,
		   SSTP_STATUS_RETRY_COUNT_EXCEEDED,
		   SSTP_STATUS_INVALID_FRAME_RECEIVED,
		   SSTP_STATUS_NEGOTIATION_TIMEOUT,
		   SSTP_STATUS_ATTRIB_NOT_SUPPORTED_IN_MSG,
		   SSTP_STATUS_REQUIRED_ATTRIBUTE_MISSING,
		   SSTP_STATUS_STATUS_INFO_NOT_SUPPORTED_IN_MSG,
};

enum {
	SSTP_MSG_HDR_LEN = SSTP_HDR_LEN + 4, /* Message Type and Num Attributes */
	SSTP_ATTR_HDR_LEN = 4,
	SSTP_LEN_MASK = 0x0fff, /* both Length fields: without the R bits */
	SSTP_CONTROL_BIT = 0x01,
	SSTP_PROTOCOL_PPP = 0x0001, /* [MS-SSTP] 2.2.5 */
	SSTP_STATUS_INFO_LEN = 8,   /* [MS-SSTP] 2.2.8, after the attribute's header */
	SSTP_STATUS_VALUE_MAX = 64,
	/* [MS-SSTP] 2.2.6: the value of the Crypto Binding Request attribute, after its header */
	SSTP_BINDING_REQ_LEN = 36,
	SSTP_BINDING_REQ_HASHES_AT = 3,
	SSTP_BINDING_REQ_NONCE_AT = 4,
	SSTP_BINDING_LEN = 100, /* [MS-SSTP] 2.2.7 */
	SSTP_FAULTS_MAX = 8,
};

struct sstp_msg {
	struct bytes packet; /* the whole packet, as received */
	uint16_t type;
	uint16_t attrs_left;
	struct reader attrs;
};

struct sstp_attr {
	uint8_t id;
	struct bytes value; /* after the attribute's header */
};

/*
 * Opens a whole control packet of at least SSTP_MSG_HDR_LEN bytes. False when its list of
 * attributes is malformed; `type` is valid even then. Bytes after the last attribute are ignored.
 */
bool sstp_msg_open(struct sstp_msg *m, const uint8_t *packet, size_t len);

/* The next attribute. False at the end, and on a malformed one: then m->attrs.bad is set. */
bool sstp_attr_next(struct sstp_msg *m, struct sstp_attr *a);

/* The first attribute with that id. */
bool sstp_attr_find(const struct sstp_msg *m, uint8_t id, struct sstp_attr *a);

/* The status of the first Status Info; NO_ERROR when there is none or it is too short. */
uint32_t sstp_msg_status(const struct sstp_msg *m);

/* What is wrong with an attribute of a Call-Connect-Request, [MS-SSTP] 3.3.5.2.2. */
struct sstp_fault {
	uint8_t attr_id;
	uint32_t status;
	struct bytes value; /* of the refused attribute */
};

/*
 * Checks a Call-Connect-Request: at most one fault per attribute, in the order of the message, at
 * most SSTP_FAULTS_MAX in total. Returns the number of faults; 0: acceptable.
 */
size_t sstp_check_request(const struct sstp_msg *m, struct sstp_fault faults[SSTP_FAULTS_MAX]);

void sstp_put_request(struct writer *w);
void sstp_put_ack(struct writer *w, uint8_t hashes, const uint8_t nonce[SSTP_NONCE_LEN]);
void sstp_put_nak(struct writer *w, const struct sstp_fault *faults, size_t count);
/* Call-Connected with a zero compound MAC (32 bytes); binding.h fills it in. */
void sstp_put_connected(struct writer *w, uint8_t hash, const uint8_t nonce[SSTP_NONCE_LEN],
			const uint8_t *cert_hash, size_t cert_hash_len);
/* Call-Abort, Call-Disconnect: always with a complete Status Info; sstp-client ignores others. */
void sstp_put_end(struct writer *w, uint16_t type, uint8_t attr_id, uint32_t status);
/* The messages without attributes. */
void sstp_put_bare(struct writer *w, uint16_t type);

#endif
