/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sstp/names.h"

#include "sstp/message.h"

static const char *const msg_names[] = {
	[SSTP_MSG_CALL_CONNECT_REQUEST] = "Call-Connect-Request",
	[SSTP_MSG_CALL_CONNECT_ACK] = "Call-Connect-Ack",
	[SSTP_MSG_CALL_CONNECT_NAK] = "Call-Connect-Nak",
	[SSTP_MSG_CALL_CONNECTED] = "Call-Connected",
	[SSTP_MSG_CALL_ABORT] = "Call-Abort",
	[SSTP_MSG_CALL_DISCONNECT] = "Call-Disconnect",
	[SSTP_MSG_CALL_DISCONNECT_ACK] = "Call-Disconnect-Ack",
	[SSTP_MSG_ECHO_REQUEST] = "Echo-Request",
	[SSTP_MSG_ECHO_RESPONSE] = "Echo-Response",
};

/* As [MS-SSTP] 2.2.8 spells them, without ATTRIB_STATUS_ in front. */
static const char *const status_names[] = {
	[SSTP_STATUS_NO_ERROR] = "NO_ERROR",
	[SSTP_STATUS_DUPLICATE_ATTRIBUTE] = "DUPLICATE_ATTRIBUTE",
	[SSTP_STATUS_UNRECOGNIZED_ATTRIBUTE] = "UNRECOGNIZED_ATTRIBUTE",
	[SSTP_STATUS_INVALID_ATTRIB_VALUE_LENGTH] = "INVALID_ATTRIB_VALUE_LENGTH",
	[SSTP_STATUS_VALUE_NOT_SUPPORTED] = "VALUE_NOT_SUPPORTED",
	[SSTP_STATUS_UNACCEPTED_FRAME_RECEIVED] = "UNACCEPTED_FRAME_RECEIVED",
	[SSTP_STATUS_RETRY_COUNT_EXCEEDED] = "RETRY_COUNT_EXCEEDED",
	[SSTP_STATUS_INVALID_FRAME_RECEIVED] = "INVALID_FRAME_RECEIVED",
	[SSTP_STATUS_NEGOTIATION_TIMEOUT] = "NEGOTIATION_TIMEOUT",
	[SSTP_STATUS_ATTRIB_NOT_SUPPORTED_IN_MSG] = "ATTRIB_NOT_SUPPORTED_IN_MSG",
	[SSTP_STATUS_REQUIRED_ATTRIBUTE_MISSING] = "REQUIRED_ATTRIBUTE_MISSING",
	[SSTP_STATUS_STATUS_INFO_NOT_SUPPORTED_IN_MSG] = "STATUS_INFO_NOT_SUPPORTED_IN_MSG",
};

const char *sstp_msg_name(uint16_t type)
{
	if (type < 1 || type >= sizeof(msg_names) / sizeof(msg_names[0]))
		return "unknown message";
	return msg_names[type];
}

const char *sstp_status_name(uint32_t status)
{
	if (status >= sizeof(status_names) / sizeof(status_names[0]))
		return "unknown status";
	return status_names[status];
}

const char *sstp_closed_text(enum sstp_closed why)
{
	switch (why) {
	case SSTP_CLOSED_BY_US:
		return "closed by us";
	case SSTP_CLOSED_BY_PEER:
		return "closed by the peer";
	case SSTP_CLOSED_ABORTED:
		return "the peer aborted the call";
	case SSTP_CLOSED_HTTP_STATUS:
		return "the server refuses SSTP on this address";
	case SSTP_CLOSED_WEB_PAGE:
		return "a web page came instead of SSTP (HTTP status 200)";
	case SSTP_CLOSED_NOT_SSTP:
		return "the peer does not speak SSTP";
	case SSTP_CLOSED_NO_RESPONSE:
		return "the server does not answer: no complete HTTP response arrived in time";
	case SSTP_CLOSED_NO_REQUEST:
		return "no complete HTTP request arrived in time";
	case SSTP_CLOSED_NEGOTIATION:
		return "the peer did not finish the negotiation in time";
	case SSTP_CLOSED_UNCONFIRMED:
		return "the client logged in and then sent no Call-Connected";
	case SSTP_CLOSED_BAD_MESSAGE:
		return "the peer sent a malformed or unexpected SSTP message";
	case SSTP_CLOSED_NO_HASH:
		return "the server offers no hash for the crypto binding that --min-hash allows";
	case SSTP_CLOSED_BAD_BINDING:
		return "the crypto binding is wrong: another program ends the TLS "
		       "connection in between, or the certificates differ";
	case SSTP_CLOSED_REFUSED:
		return "the server does not accept the call";
	case SSTP_CLOSED_BAD_STREAM:
		return "the peer sent bytes that are not an SSTP packet";
	case SSTP_CLOSED_SILENT:
		return "the peer does not answer any more";
	}
	return "unknown reason";
}
