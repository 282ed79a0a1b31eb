/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maps a tunnel's end reason to an exit code. The codes are a contract, sstp(8). */
#include "cli/exit_code.h"

enum exit_code exit_code_of(enum tunnel_reason reason)
{
	switch (reason) {
	case REASON_NONE:
		return EXIT_OK;
	case REASON_PEER:
	case REASON_LOST:
	case REASON_SILENT:
	case REASON_ADMIN:
	case REASON_REPLACED:
	case REASON_IDLE:
	case REASON_TIME:
	case REASON_QUOTA:
		return EXIT_LOST;
	case REASON_LOOKUP:
		return EXIT_LOOKUP;
	case REASON_TCP:
		return EXIT_TCP;
	case REASON_PROXY:
		return EXIT_PROXY;
	case REASON_PROXY_LOGIN:
		return EXIT_PROXY_LOGIN;
	case REASON_TRUST:
		return EXIT_TRUST;
	case REASON_TLS:
		return EXIT_TLS;
	case REASON_HTTP:
		return EXIT_HTTP;
	case REASON_SSTP:
		return EXIT_SSTP;
	case REASON_AUTH:
		return EXIT_AUTH;
	case REASON_PPP:
		return EXIT_PPP;
	case REASON_SETTINGS:
		return EXIT_USAGE;
	case REASON_NETWORK:
		return EXIT_NETCONF;
	case REASON_HOOK:
		return EXIT_HOOK;
	case REASON_UNAVAILABLE:
	case REASON_SYSTEM:
	case TUNNEL_REASONS:
		break;
	}
	return EXIT_OTHER;
}
