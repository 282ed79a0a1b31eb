/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Status codes, RFC 9110 section 15 unless another one is named. */
#ifndef SSTP_HTTP_STATUS_H
#define SSTP_HTTP_STATUS_H

enum {
	HTTP_SWITCHING_PROTOCOLS = 101,
	HTTP_OK = 200,
	HTTP_NO_CONTENT = 204,
	HTTP_NOT_MODIFIED = 304,
	HTTP_BAD_REQUEST = 400,
	HTTP_FORBIDDEN = 403,
	HTTP_NOT_FOUND = 404,
	HTTP_PROXY_AUTHENTICATION_REQUIRED = 407,
	HTTP_HEAD_TOO_LARGE = 431, /* RFC 6585 section 5 */
	HTTP_NOT_IMPLEMENTED = 501,
	HTTP_BAD_GATEWAY = 502,
	HTTP_SERVICE_UNAVAILABLE = 503,
	HTTP_GATEWAY_TIMEOUT = 504,
	HTTP_VERSION_NOT_SUPPORTED = 505,
	HTTP_NETWORK_AUTHENTICATION_REQUIRED = 511, /* RFC 6585 section 6 */
};

/* "Bad Gateway"; "Error" for a code that we do not send. */
const char *http_reason(int status);

#endif
