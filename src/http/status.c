/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http/status.h"

#include <stddef.h>

const char *http_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
		{ HTTP_OK, "OK" },
		{ HTTP_BAD_REQUEST, "Bad Request" },
		{ HTTP_FORBIDDEN, "Forbidden" },
		{ HTTP_NOT_FOUND, "Not Found" },
		{ HTTP_METHOD_NOT_ALLOWED, "Method Not Allowed" },
		{ HTTP_PROXY_AUTHENTICATION_REQUIRED, "Proxy Authentication Required" },
		{ HTTP_CONFLICT, "Conflict" },
		{ HTTP_LENGTH_REQUIRED, "Length Required" },
		{ HTTP_CONTENT_TOO_LARGE, "Content Too Large" },
		{ HTTP_HEAD_TOO_LARGE, "Request Header Fields Too Large" },
		{ HTTP_INTERNAL_SERVER_ERROR, "Internal Server Error" },
		{ HTTP_NOT_IMPLEMENTED, "Not Implemented" },
		{ HTTP_BAD_GATEWAY, "Bad Gateway" },
		{ HTTP_SERVICE_UNAVAILABLE, "Service Unavailable" },
		{ HTTP_GATEWAY_TIMEOUT, "Gateway Timeout" },
		{ HTTP_VERSION_NOT_SUPPORTED, "HTTP Version Not Supported" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Error";
}
