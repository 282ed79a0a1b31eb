/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exit codes in words. */
#include "util/exit_code.h"

const char *exit_code_text(enum exit_code code)
{
	switch (code) {
	case EXIT_OK:
		return "done";
	case EXIT_OTHER:
		return "internal error";
	case EXIT_USAGE:
		return "the settings are wrong";
	case EXIT_LOOKUP:
		return "the server's name was not found";
	case EXIT_TCP:
		return "no connection to the server";
	case EXIT_TRUST:
		return "the server's certificate is not trusted";
	case EXIT_TLS:
		return "TLS with the server failed";
	case EXIT_HTTP:
		return "the peer is a web server, not an SSTP server";
	case EXIT_SSTP:
		return "the server refused, or did not answer, in SSTP";
	case EXIT_AUTH:
		return "the login was refused";
	case EXIT_PPP:
		return "PPP negotiation failed";
	case EXIT_NETCONF:
		return "the network could not be set up";
	case EXIT_LOST:
		return "the connection was lost";
	}
	return "unknown";
}
