/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RADIUS packets (RFC 2865, 2866, 2869, 3579, 5176): building and signing requests, checking
 * responses, walking attributes, and the two ways to hide a value. Pure functions over bytes.
 *
 * A packet with a Message-Authenticator has it as its first attribute, since a forged response by
 * chosen-prefix MD5 collisions (CVE-2024-3596) is then not possible.
 */
#ifndef SSTP_RADIUS_RADIUS_PACKET_H
#define SSTP_RADIUS_RADIUS_PACKET_H

#include "util/bytes.h"

/* RFC 2865 section 3 and 4, 2866 section 4, 5176 section 2.3, 5997 section 4 */
enum radius_code {
	RADIUS_ACCESS_REQUEST = 1,
	RADIUS_ACCESS_ACCEPT = 2,
	RADIUS_ACCESS_REJECT = 3,
	RADIUS_ACCOUNTING_REQUEST = 4,
	RADIUS_ACCOUNTING_RESPONSE = 5,
	RADIUS_ACCESS_CHALLENGE = 11,
	RADIUS_STATUS_SERVER = 12,
	RADIUS_DISCONNECT_REQUEST = 40,
	RADIUS_DISCONNECT_ACK = 41,
	RADIUS_DISCONNECT_NAK = 42,
	RADIUS_COA_REQUEST = 43,
	RADIUS_COA_ACK = 44,
	RADIUS_COA_NAK = 45,
};

enum {
	RADIUS_HDR_LEN = 20,
	RADIUS_PACKET_MAX = 4096, /* RFC 2865 section 3 */
	RADIUS_AUTH_LEN = 16,     /* the Authenticator, and the value of a Message-Authenticator */
	RADIUS_MA_LEN = 18,       /* the attribute */
	RADIUS_VALUE_MAX = 253,
	RADIUS_PASSWORD_MAX = 128, /* RFC 2865 section 5.2 */
	RADIUS_KEY_MAX = 32,
};

enum radius_type {
	RADIUS_USER_NAME = 1,
	RADIUS_USER_PASSWORD = 2,
	RADIUS_CHAP_PASSWORD = 3,
	RADIUS_NAS_IP_ADDRESS = 4,
	RADIUS_NAS_PORT = 5,
	RADIUS_SERVICE_TYPE = 6,
	RADIUS_FRAMED_PROTOCOL = 7,
	RADIUS_FRAMED_IP_ADDRESS = 8,
	RADIUS_FRAMED_IP_NETMASK = 9,
	RADIUS_FILTER_ID = 11,
	RADIUS_FRAMED_MTU = 12,
	RADIUS_REPLY_MESSAGE = 18,
	RADIUS_FRAMED_ROUTE = 22,
	RADIUS_STATE = 24,
	RADIUS_CLASS = 25,
	RADIUS_VENDOR_SPECIFIC = 26,
	RADIUS_SESSION_TIMEOUT = 27,
	RADIUS_IDLE_TIMEOUT = 28,
	RADIUS_CALLED_STATION_ID = 30,
	RADIUS_CALLING_STATION_ID = 31,
	RADIUS_NAS_IDENTIFIER = 32,
	RADIUS_PROXY_STATE = 33,
	RADIUS_ACCT_STATUS_TYPE = 40,
	RADIUS_ACCT_DELAY_TIME = 41,
	RADIUS_ACCT_INPUT_OCTETS = 42,
	RADIUS_ACCT_OUTPUT_OCTETS = 43,
	RADIUS_ACCT_SESSION_ID = 44,
	RADIUS_ACCT_AUTHENTIC = 45,
	RADIUS_ACCT_SESSION_TIME = 46,
	RADIUS_ACCT_INPUT_PACKETS = 47,
	RADIUS_ACCT_OUTPUT_PACKETS = 48,
	RADIUS_ACCT_TERMINATE_CAUSE = 49,
	RADIUS_ACCT_INPUT_GIGAWORDS = 52,
	RADIUS_ACCT_OUTPUT_GIGAWORDS = 53,
	RADIUS_EVENT_TIMESTAMP = 55,
	RADIUS_CHAP_CHALLENGE = 60,
	RADIUS_NAS_PORT_TYPE = 61,
	RADIUS_PORT_LIMIT = 62,
	RADIUS_TUNNEL_MEDIUM_TYPE = 65,
	RADIUS_TUNNEL_CLIENT_ENDPOINT = 66,
	RADIUS_TUNNEL_SERVER_ENDPOINT = 67,
	RADIUS_CONNECT_INFO = 77,
	RADIUS_EAP_MESSAGE = 79,
	RADIUS_MESSAGE_AUTHENTICATOR = 80,
	RADIUS_ACCT_INTERIM_INTERVAL = 85,
	RADIUS_NAS_PORT_ID = 87,
	RADIUS_FRAMED_POOL = 88,
	RADIUS_NAS_IPV6_ADDRESS = 95,
	RADIUS_FRAMED_INTERFACE_ID = 96,
	RADIUS_FRAMED_IPV6_PREFIX = 97,
	RADIUS_FRAMED_IPV6_ROUTE = 99,
	RADIUS_FRAMED_IPV6_POOL = 100,
	RADIUS_ERROR_CAUSE = 101,
	RADIUS_DELEGATED_IPV6_PREFIX = 123,
	RADIUS_FRAMED_IPV6_ADDRESS = 168,
	RADIUS_DNS_SERVER_IPV6_ADDRESS = 169,
	RADIUS_ROUTE_IPV6_INFORMATION = 170,
	RADIUS_DELEGATED_IPV6_PREFIX_POOL = 171,
};

/* IANA's enterprise numbers, and what we know of their attributes */
enum radius_vendor {
	RADIUS_MICROSOFT = 311, /* RFC 2548 */
	RADIUS_MIKROTIK = 14988,
	RADIUS_WISPR = 14122,
};

enum radius_vendor_type {
	RADIUS_MS_CHAP_ERROR = 2,
	RADIUS_MS_CHAP_CHALLENGE = 11,
	RADIUS_MS_MPPE_SEND_KEY = 16,
	RADIUS_MS_MPPE_RECV_KEY = 17,
	RADIUS_MS_CHAP2_RESPONSE = 25,
	RADIUS_MS_CHAP2_SUCCESS = 26,
	RADIUS_MS_PRIMARY_DNS = 28,
	RADIUS_MS_SECONDARY_DNS = 29,
	RADIUS_MS_PRIMARY_NBNS = 30,
	RADIUS_MS_SECONDARY_NBNS = 31,
	RADIUS_MS_NETWORK_ACCESS_SERVER_TYPE = 47, /* [MS-RNAP] 2.2.1.8 */
	RADIUS_MIKROTIK_RECV_LIMIT = 1,
	RADIUS_MIKROTIK_XMIT_LIMIT = 2,
	RADIUS_MIKROTIK_RATE_LIMIT = 8,
	RADIUS_MIKROTIK_RECV_LIMIT_GIGAWORDS = 14,
	RADIUS_MIKROTIK_XMIT_LIMIT_GIGAWORDS = 15,
	RADIUS_WISPR_MAX_UP = 7,
	RADIUS_WISPR_MAX_DOWN = 8,
};

/* ---- attributes of a packet that was received */

/* `vendor` 0: `type` is RADIUS' own. */
struct radius_attr {
	uint32_t vendor;
	uint8_t type;
	struct bytes value;
};

struct radius_walk {
	struct reader rest;
	struct reader in_vendor; /* the rest of a Vendor-Specific attribute */
	uint32_t vendor;
};

/* Whether Length and all lengths of attributes fit. Cuts *packet to its Length. */
bool radius_is_packet(struct bytes *packet);
/* The attributes of a packet that passed radius_is_packet; also those in Vendor-Specific ones. */
struct radius_walk radius_walk(struct bytes packet);
bool radius_next(struct radius_walk *w, struct radius_attr *a);
/* The first one; false: none. */
bool radius_find(struct bytes packet, uint32_t vendor, uint8_t type, struct bytes *value);
/* A value of four bytes as a number; 0 when it has another length. */
uint32_t radius_number(struct bytes value);

/* ---- building */

/* The header; after it the Message-Authenticator, if the code has one. */
void radius_begin(struct writer *w, enum radius_code code);
void radius_put(struct writer *w, uint8_t type, const void *value, size_t len);
void radius_put_number(struct writer *w, uint8_t type, uint32_t value);
void radius_put_text(struct writer *w, uint8_t type, const char *text);
void radius_put_vendor(struct writer *w, uint32_t vendor, uint8_t type, const void *value,
		       size_t len);
/* As many attributes as it takes, one after the other (RFC 3579 section 3.1). */
void radius_put_long(struct writer *w, uint8_t type, struct bytes value);
/* Room for a hidden password of that length. Returns the value's offset in the packet. */
size_t radius_put_password_gap(struct writer *w, size_t password_len);

/* ---- signing and checking */

/*
 * Fills in Identifier, Length, authenticators and the password (at password_at; 0: none) of a
 * request. `random` becomes the Authenticator of an Access-Request or Status-Server.
 */
void radius_sign_request(uint8_t *packet, size_t len, uint8_t id,
			 const uint8_t random[RADIUS_AUTH_LEN], size_t password_at,
			 struct bytes password, struct bytes secret);

enum radius_check {
	RADIUS_CHECK_OK,     /* with a valid Message-Authenticator */
	RADIUS_CHECK_NO_MA,  /* the Response Authenticator is right, there is nothing else */
	RADIUS_CHECK_FORGED, /* one of them is wrong */
};

/* `request` is the Authenticator of the request. */
enum radius_check radius_check_response(struct bytes packet, const uint8_t request[RADIUS_AUTH_LEN],
					struct bytes secret);
/* The same for a request that was sent to us (RFC 5176 section 3.4, 2866 section 3). */
enum radius_check radius_check_request(struct bytes packet, struct bytes secret);
/*
 * Signs a response in `packet`, begun with radius_begin_response; `request` is the Authenticator of
 * the request.
 */
void radius_begin_response(struct writer *w, enum radius_code code, uint8_t id, bool has_ma);
void radius_sign_response(uint8_t *packet, size_t len, const uint8_t request[RADIUS_AUTH_LEN],
			  struct bytes secret);

/*
 * The key in an MS-MPPE-Send-Key or -Recv-Key (RFC 2548 section 2.4.2), with the Authenticator of
 * the request. Returns its length; 0: malformed, or longer than RADIUS_KEY_MAX.
 */
size_t radius_mppe_key(struct bytes value, const uint8_t request[RADIUS_AUTH_LEN],
		       struct bytes secret, uint8_t key[RADIUS_KEY_MAX]);

#endif
