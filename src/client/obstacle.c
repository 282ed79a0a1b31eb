/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Conclusions from failures. None is certain, so the texts say what is usual, and what to do to find out.
 */
#include "client/obstacle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "util/ip.h"

/*
 * What products write into the certificates that they issue for other people's names: in the issuer's
 * name, or in the subject of a certificate of their own.
 */
static const struct {
	const char *in_name, *product;
} inspectors[] = {
	{ "fortinet", "Fortinet FortiGate" },
	{ "fortigate", "Fortinet FortiGate" },
	{ "zscaler", "Zscaler" },
	{ "palo alto networks", "Palo Alto Networks" },
	{ "blue coat", "Symantec ProxySG (Blue Coat)" },
	{ "bluecoat", "Symantec ProxySG (Blue Coat)" },
	{ "netskope", "Netskope" },
	{ "goskope", "Netskope" },
	{ "cisco umbrella", "Cisco Umbrella" },
	{ "opendns", "Cisco Umbrella" },
	{ "sophos", "Sophos" },
	{ "check point", "Check Point" },
	{ "watchguard", "WatchGuard" },
	{ "barracuda", "Barracuda" },
	{ "sonicwall", "SonicWall" },
	{ "forcepoint", "Forcepoint" },
	{ "websense", "Forcepoint" },
	{ "mcafee web gateway", "Skyhigh Web Gateway" },
	{ "skyhigh", "Skyhigh Web Gateway" },
	{ "iboss", "iboss" },
	{ "contentkeeper", "ContentKeeper" },
	{ "smoothwall", "Smoothwall" },
	{ "lightspeed", "Lightspeed" },
	{ "securly", "Securly" },
	{ "untangle", "Untangle" },
	{ "gateway ca - cloudflare", "Cloudflare Gateway" },
	{ "cloudflare for teams", "Cloudflare Gateway" },
	{ "stormshield", "Stormshield" },
	{ "sangfor", "Sangfor" },
	{ "hillstone", "Hillstone" },
	{ "squid", "Squid" },
	{ "mitmproxy", "mitmproxy" },
	{ "portswigger", "Burp" },
	{ "do_not_trust_fiddlerroot", "Fiddler" },
	{ "charles proxy", "Charles" },
	{ "kaspersky", "Kaspersky" },
	{ "eset ssl filter", "ESET" },
	{ "avast web/mail shield", "Avast" },
	{ "avg web/mail shield", "AVG" },
	{ "bitdefender", "Bitdefender" },
	{ "dr.web", "Dr.Web" },
	{ "adguard", "AdGuard" },
	{ "superfish", "Superfish" },
};

/* Addresses that name servers give for names that they block. */
static const char *const sinkholes[] = {
	"0.0.0.0/8",     "127.0.0.0/8", "::/127", "146.112.61.104/29", /* Cisco Umbrella */
	"208.91.112.55",                                               /* Fortinet */
	"72.5.65.111",                                                 /* Palo Alto Networks */
	"94.140.14.33",                                                /* AdGuard */
};

static const char *const private_networks[] = {
	"10.0.0.0/8",    "172.16.0.0/12",  "192.168.0.0/16",
	"100.64.0.0/10", "169.254.0.0/16", "fc00::/7",
};

const char *obstacle_inspector(const struct cert_info *cert)
{
	for (size_t i = 0; i < sizeof(inspectors) / sizeof(*inspectors); i++)
		if (strcasestr(cert->issuer, inspectors[i].in_name))
			return inspectors[i].product;
	return NULL;
}

static bool is_in(const struct ip_addr *a, const char *const *networks, size_t count)
{
	struct ip_prefix p;

	for (size_t i = 0; i < count; i++)
		if (ip_prefix_parse(networks[i], &p) && ip_prefix_has(&p, a))
			return true;
	return false;
}

static bool is_local_name(const char *host)
{
	size_t len = strlen(host);

	return !strchr(host, '.') || (len >= 9 && !strcasecmp(host + len - 9, "localhost"));
}

#define IS_IN(a, networks) is_in(a, networks, sizeof(networks) / sizeof(*(networks)))

/* An address that cannot be the server's. */
static bool hint_of_addresses(const struct obstacle_facts *f, struct obstacle_text *t)
{
	for (size_t i = 0; i < f->addr_count && !is_local_name(f->host); i++) {
		struct ip_addr a = ip_from_sockaddr(&f->addrs[i]);

		if (IS_IN(&a, sinkholes))
			snprintf(t->text, sizeof(t->text),
				 "the name server gave %s for %.64s, which is no server's "
				 "address: a filter blocks this name; --resolve %.64s:ADDRESS "
				 "avoids the name server",
				 ip_print(&a).text, f->host, f->host);
		else if (IS_IN(&a, private_networks))
			snprintf(t->text, sizeof(t->text),
				 "%.64s leads to a private address here: inside of that network "
				 "it may be right; elsewhere a captive portal or a filter gives "
				 "its own address, and a web browser shows its page",
				 f->host);
		if (*t->text)
			return true;
	}
	return false;
}

static const char *hint_of_tcp(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return "no program listens at this port, or a firewall refuses the connection: "
		       "check address and port, and whether other networks reach it";
	case ETIMEDOUT:
		return "packets to the server are dropped: by a firewall here or there, or the "
		       "server is off; where the internet is reachable only through a proxy, "
		       "give that with --proxy";
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EADDRNOTAVAIL:
		return "this host has no route to the server: it has no network, or not of that "
		       "address family (-4, -6)";
	case EACCES:
	case EPERM:
		return "a firewall on this host forbids the connection";
	default:
		return "";
	}
}

static void hint_of_cert(const struct obstacle_facts *f, struct obstacle_text *t)
{
	const char *product = f->cert ? obstacle_inspector(f->cert) : NULL;

	if (!f->cert)
		return;
	if (product)
		snprintf(t->text, sizeof(t->text),
			 "%s issued this certificate: this network, or a program on this host, "
			 "inspects TLS and would read the login; SSTP fails through it even with "
			 "its authority trusted. Ask for an exception for %.64s, or use another "
			 "network",
			 product, f->host);
	else if (f->sign != SIGN_CERT_ISSUER && f->sign != SIGN_CERT_NAME)
		return; /* its dates, its key, or a revocation list */
	else if (f->verify_name && !f->is_cert_for_host)
		snprintf(t->text, sizeof(t->text),
			 "--verify-name %.64s: the certificate has other names, so either this "
			 "option is wrong, or another server answers at this address, as captive "
			 "portals do",
			 f->verify_name);
	else if (f->is_cert_for_host && f->cert->is_self_signed)
		snprintf(t->text, sizeof(t->text),
			 "the server made its certificate itself: compare the pin with the one at "
			 "the server (sstp cert --show FILE), then give it with --servercert");
	else if (f->is_cert_for_host)
		snprintf(t->text, sizeof(t->text),
			 "either an authority of the server's owner, whose file --ca-cert takes, "
			 "or TLS inspection: it is inspection if other sites' certificates have "
			 "this issuer here too, as a web browser shows");
	else if (f->cert->is_self_signed)
		snprintf(t->text, sizeof(t->text),
			 "this self-signed certificate is for other names: either a firewall, a "
			 "router or a captive portal answers in the server's place (open any web "
			 "page in a browser first), or it is the server's own (compare its pin "
			 "with the one at the server, then give it with --servercert)");
	else
		snprintf(t->text, sizeof(t->text),
			 "another server answers at this address, as captive portals do; if it is "
			 "the right one, give a name of its certificate with --verify-name");
}

static const char *hint_of_sign(enum tunnel_sign sign)
{
	switch (sign) {
	case SIGN_TLS_RESET:
		return "the connection is reset as soon as TLS begins: a firewall filters by "
		       "name (try --no-sni, or --sni with another name of the server), or the "
		       "port does not speak TLS";
	case SIGN_TLS_CLOSED:
		return "the connection is closed as soon as TLS begins: the port does not speak "
		       "TLS, a firewall filters by name (try --no-sni), or the server refuses "
		       "this address";
	case SIGN_TLS_SILENT:
		return "TCP connects, and all packets after that are dropped: a firewall filters "
		       "by name (try --no-sni), answers for the server, or the server hangs";
	case SIGN_TLS_CUT:
	case SIGN_TLS_STALLED:
		return "TLS began and did not finish: a firewall stops it when it sees the "
		       "certificate, or large packets are lost on the way";
	case SIGN_TLS_ALERT:
		return "the server, or a firewall that answers for it, refuses TLS at once: by "
		       "its name (see --sni, --no-sni), its version (see --min-tls) or its "
		       "ciphers (see --legacy-ciphers)";
	case SIGN_PLAIN_HTTP:
		return "this port answers in HTTP without TLS: a captive portal, a proxy, or the "
		       "wrong port; SSTP needs the port of HTTPS";
	case SIGN_NOT_TLS:
		return "another service is at this port, or a firewall answers: check the port";
	case SIGN_HTTP_REDIRECT:
	case SIGN_HTTP_LOGIN:
		return "a captive portal wants a login: open any web page in a browser; if the "
		       "address is one of the server's own pages, its SSTP is off or at another "
		       "name or port";
	case SIGN_HTTP_PROXY_AUTH:
		return "a proxy in between, which was not asked for, wants a login";
	case SIGN_HTTP_FORBIDDEN:
		return "a filter, or the web server there, forbids this request";
	case SIGN_HTTP_STATUS:
		return "this is a web server without SSTP: SSTP is off, or at another name "
		       "(--host-header, --sni) or port, or a proxy in front of it does not pass "
		       "SSTP_DUPLEX_POST on";
	case SIGN_HTTP_PAGE:
		return "a captive portal, a block page, or a plain web server: open the server's "
		       "address in a web browser to see the page";
	case SIGN_HTTP_CLOSED:
	case SIGN_HTTP_SILENT:
		return "TLS works, and the SSTP request gets no response: a proxy or firewall "
		       "that inspects TLS does not pass it on, or the server is no SSTP server";
	case SIGN_BINDING:
		return "the server sees another certificate than this client: TLS inspection in "
		       "between, or a load balancer whose certificate the server does not have";
	case SIGN_CERT_ISSUER:
	case SIGN_CERT_NAME:
	case SIGN_CERT_EARLY:
	case SIGN_NONE:
		break;
	}
	return "";
}

struct obstacle_text obstacle_hint(const struct obstacle_facts *f)
{
	struct obstacle_text t = { "" };

	if (f->reason == REASON_LOOKUP && strchr(f->host, ':'))
		return t; /* an address whose interface is missing */
	if (f->reason == REASON_LOOKUP)
		snprintf(t.text, sizeof(t.text),
			 "the name is wrong, there is no network, or the name servers here do not "
			 "answer for it: a filter, or a captive portal before its login; "
			 "--resolve %.64s:ADDRESS avoids them",
			 f->host);
	else if (f->reason == REASON_NONE || hint_of_addresses(f, &t))
		return t;
	else if (f->reason == REASON_TRUST)
		hint_of_cert(f, &t);
	else
		snprintf(t.text, sizeof(t.text), "%s",
			 f->reason == REASON_TCP ? hint_of_tcp(f->error) : hint_of_sign(f->sign));
	return t;
}

/* An inspector's certificate names its cause already, and so does a redirection of the SSTP request. */
static bool may_sign_be_portal(const struct obstacle_facts *f)
{
	switch (f->sign) {
	case SIGN_CERT_ISSUER:
	case SIGN_CERT_NAME:
		return !f->is_cert_for_host && !(f->cert && obstacle_inspector(f->cert));
	case SIGN_TLS_RESET:
	case SIGN_TLS_CLOSED:
	case SIGN_TLS_SILENT:
	case SIGN_TLS_CUT:
	case SIGN_TLS_ALERT:
	case SIGN_PLAIN_HTTP:
	case SIGN_NOT_TLS:
	case SIGN_HTTP_PAGE:
	case SIGN_HTTP_LOGIN:
		return true;
	default:
		return false;
	}
}

bool obstacle_may_be_portal(const struct obstacle_facts *f)
{
	switch (f->reason) {
	case REASON_TCP:
		return f->error == ECONNREFUSED || f->error == ETIMEDOUT ||
		       f->error == EHOSTUNREACH || f->error == ECONNRESET;
	case REASON_TLS:
	case REASON_TRUST:
	case REASON_HTTP:
		return may_sign_be_portal(f);
	default:
		return false;
	}
}
