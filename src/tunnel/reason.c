/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts of the reasons. */
#include "tunnel/reason.h"

const char *tunnel_reason_text(enum tunnel_reason reason)
{
	static const char *const texts[TUNNEL_REASONS] = {
		[REASON_NONE] = "done",
		[REASON_PEER] = "the peer ended the connection",
		[REASON_LOST] = "the connection was lost",
		[REASON_SILENT] = "the peer does not answer any more",
		[REASON_ADMIN] = "an administrator ended the connection",
		[REASON_REPLACED] = "a newer connection took its place",
		[REASON_IDLE] = "nothing was sent for too long",
		[REASON_TIME] = "the time for this session is over",
		[REASON_QUOTA] = "the traffic for this session is used up",
		[REASON_LOOKUP] = "the server's name was not found",
		[REASON_TCP] = "no connection to the server",
		[REASON_PROXY] = "the proxy does not lead to the server",
		[REASON_PROXY_LOGIN] = "the login at the proxy was refused",
		[REASON_TRUST] = "the server's certificate is not trusted",
		[REASON_TLS] = "TLS with the server failed",
		[REASON_HTTP] = "the peer is a web server, not an SSTP server",
		[REASON_SSTP] = "the server refused, or did not answer, in SSTP",
		[REASON_AUTH] = "the login was refused",
		[REASON_PPP] = "PPP negotiation failed",
		[REASON_UNAVAILABLE] = "logins are not possible now",
		[REASON_SETTINGS] = "the settings are wrong",
		[REASON_NETWORK] = "the network could not be set up",
		[REASON_HOOK] = "the command of --up failed",
		[REASON_SYSTEM] = "internal error",
	};

	return texts[reason];
}

const char *tunnel_reason_name(enum tunnel_reason reason)
{
	static const char *const names[TUNNEL_REASONS] = {
		[REASON_NONE] = "none",
		[REASON_PEER] = "peer",
		[REASON_LOST] = "lost",
		[REASON_SILENT] = "silent",
		[REASON_ADMIN] = "admin",
		[REASON_REPLACED] = "replaced",
		[REASON_IDLE] = "idle",
		[REASON_TIME] = "time",
		[REASON_QUOTA] = "quota",
		[REASON_LOOKUP] = "lookup",
		[REASON_TCP] = "tcp",
		[REASON_PROXY] = "proxy",
		[REASON_PROXY_LOGIN] = "proxy_login",
		[REASON_TRUST] = "trust",
		[REASON_TLS] = "tls",
		[REASON_HTTP] = "http",
		[REASON_SSTP] = "sstp",
		[REASON_AUTH] = "auth",
		[REASON_PPP] = "ppp",
		[REASON_UNAVAILABLE] = "unavailable",
		[REASON_SETTINGS] = "settings",
		[REASON_NETWORK] = "network",
		[REASON_HOOK] = "hook",
		[REASON_SYSTEM] = "system",
	};

	return names[reason];
}
