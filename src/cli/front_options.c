/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/front_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "tls/cert_name.h"
#include "util/endpoint.h"

static bool refuse(struct error *err, const char *text)
{
	snprintf(err->text, sizeof(err->text), "%s", text);
	return false;
}

static bool add_source(struct source_list *l, const char *text, struct error *err)
{
	struct ip_prefix p, *grown;

	if (!strcmp(text, "unix")) {
		l->has_unix = true;
		return true;
	}
	if (!ip_prefix_parse(text, &p))
		return refuse(err, "must be networks or addresses, such as 192.0.2.0/24 or "
				   "2001:db8::7, separated by commas; or unix, for Unix sockets");
	grown = realloc(l->at, (l->count + 1) * sizeof(*grown));
	if (!grown)
		return refuse(err, "out of memory");
	p.addr = ip_mask(&p.addr, p.len);
	l->at = grown;
	l->at[l->count++] = p;
	return true;
}

static bool set_sources(void *to, const char *value, struct error *err)
{
	char *copy = strdup(value), *rest = copy, *item;
	bool is_good = copy;

	if (!copy)
		return refuse(err, "out of memory");
	while (is_good && (item = strsep(&rest, ",")))
		is_good = add_source(to, item + strspn(item, " "), err);
	free(copy);
	return is_good;
}

static void clear_sources(void *to)
{
	struct source_list *l = to;

	l->count = 0;
	l->has_unix = false;
}

/* A name of labels, or one that begins with "*.": only what can be in a certificate. */
static bool is_name(const char *text)
{
	size_t len = strlen(text);

	if (!strncmp(text, "*.", 2)) {
		text += 2;
		len -= 2;
	}
	return is_dns_name(bytes_of(text, len));
}

static bool set_sstp_hosts(void *to, const char *value, struct error *err)
{
	struct front_cfg *f = to;
	const char **grown;

	if (!is_name(value))
		return refuse(err, "must be a host name without a port, such as vpn.example.net or "
				   "*.vpn.example.net; the option may be given again");
	grown = realloc(f->sstp_hosts, (f->sstp_host_count + 1) * sizeof(*grown));
	if (!grown)
		return refuse(err, "out of memory");
	f->sstp_hosts = grown;
	f->sstp_hosts[f->sstp_host_count++] = value;
	return true;
}

static void clear_sstp_hosts(void *to)
{
	((struct front_cfg *)to)->sstp_host_count = 0;
}

/* HAProxy's words. */
static bool take_proxy_version(struct splice_target *t, const char *comma)
{
	if (!comma)
		return true;
	t->proxy_version = !strcmp(comma, ",send-proxy-v2") ? 2 : !strcmp(comma, ",send-proxy");
	return t->proxy_version;
}

static const char *take_address(struct splice_target *t, const char *text)
{
	static const char is_unix[] = "unix:";
	char host[256];
	const char *why;

	if (!strncmp(text, is_unix, sizeof(is_unix) - 1)) {
		t->path = text + sizeof(is_unix) - 1;
		if (t->path[0] != '/')
			return "the path of a socket begins with a slash";
		return strlen(t->path) < sizeof(((struct sockaddr_un *)0)->sun_path)
			       ? NULL
			       : "the path of the socket is too long";
	}
	why = endpoint_split(text, host, sizeof(host), &t->port);
	if (!why && !t->port)
		why = "there is no port";
	if (!why && !(t->host = strdup(host)))
		why = "out of memory";
	return why;
}

/* HOST:PORT or unix:PATH, and perhaps a comma and a word. The copies stay valid until the program ends. */
static bool take_target(struct splice_target *t, const char *value, struct error *err)
{
	const char *comma = strchr(value, ','), *why;

	*t = (struct splice_target){ .text = NULL };
	t->text = strndup(value, comma ? (size_t)(comma - value) : strlen(value));
	why = t->text ? take_address(t, t->text) : "out of memory";
	if (!why && !take_proxy_version(t, comma))
		why = strcasestr(comma, "forward")
			      ? "X-Forwarded-For is not added, since nothing is changed in what is "
				"passed on; send-proxy-v2 gives the client's address"
			      : "only send-proxy or send-proxy-v2 may follow the comma";
	if (!why)
		return true;
	snprintf(err->text, sizeof(err->text),
		 "must be 127.0.0.1:8080 or unix:/run/web.sock, with ,send-proxy or ,send-proxy-v2 "
		 "after it to send a PROXY header: %s",
		 why);
	return false;
}

static bool set_web(void *to, const char *value, struct error *err)
{
	return take_target(to, value, err);
}

static struct pass_rule *add_pass(struct front_cfg *f, bool is_protocol)
{
	struct pass_rule *grown = realloc(f->passes, (f->pass_count + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	f->passes = grown;
	grown[f->pass_count] = (struct pass_rule){ .is_protocol = is_protocol };
	return &grown[f->pass_count++];
}

static bool set_pass_of(struct front_cfg *f, bool is_protocol, const char *value, struct error *err)
{
	const char *equals = strchr(value, '=');
	struct pass_rule *rule = add_pass(f, is_protocol);
	struct error why;

	if (!equals || equals == value)
		return refuse(err, is_protocol ? "must be PROTOCOL=HOST:PORT, such as "
						 "acme-tls/1=127.0.0.1:8443"
					       : "must be NAME=HOST:PORT, such as "
						 "www.example.net=127.0.0.1:8443");
	if (!rule || !(rule->name = strndup(value, (size_t)(equals - value))))
		return refuse(err, "out of memory");
	if (!is_protocol && !is_name(rule->name))
		return refuse(err, "what is before the = must be a host name such as "
				   "www.example.net or *.example.net");
	if (take_target(&rule->to, equals + 1, &why))
		return true;
	snprintf(err->text, sizeof(err->text), "what is after the = %.360s", why.text);
	return false;
}

static bool set_pass(void *to, const char *value, struct error *err)
{
	return set_pass_of(to, false, value, err);
}

static bool set_pass_alpn(void *to, const char *value, struct error *err)
{
	return set_pass_of(to, true, value, err);
}

static void clear_passes_of(struct front_cfg *f, bool is_protocol)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->pass_count; i++)
		if (f->passes[i].is_protocol != is_protocol)
			f->passes[kept++] = f->passes[i];
	f->pass_count = kept;
}

static void clear_pass(void *to)
{
	clear_passes_of(to, false);
}

static void clear_pass_alpn(void *to)
{
	clear_passes_of(to, true);
}

#define AT(member) offsetof(struct front_cfg, member)

static const struct option front_table[] = {
	{ .name = "proxy-protocol-from",
	  .arg = "LIST",
	  .help = "connections from these networks (or unix) begin with a header of the PROXY "
		  "protocol, version 1 or 2, with the client's address; may be given again",
	  .set = set_sources,
	  .at = AT(proxy_from),
	  .clear = clear_sources },
	{ .name = "terminator-from",
	  .arg = "LIST",
	  .help = "with --listen http://...: only these networks may connect there, and their "
		  "X-Forwarded-For is used; default loopback and unix",
	  .set = set_sources,
	  .at = AT(terminators),
	  .clear = clear_sources },
	{ .name = "web-backend",
	  .arg = "TARGET",
	  .help = "what is not SSTP goes to this web server, after TLS: 127.0.0.1:8080 or "
		  "unix:/run/web.sock; with ,send-proxy or ,send-proxy-v2 after it, with a PROXY header",
	  .set = set_web,
	  .at = AT(web) },
	{ .name = "sstp-host",
	  .arg = "NAME",
	  .help = "serve SSTP only to clients that ask for this name, in TLS and in HTTP; all others "
		  "get the web server; may be given again",
	  .set = set_sstp_hosts,
	  .clear = clear_sstp_hosts },
	{ .name = "pass",
	  .arg = "NAME=TARGET",
	  .help = "connections that ask for this name go to that server before TLS; may be given "
		  "again",
	  .set = set_pass,
	  .clear = clear_pass },
	{ .name = "pass-alpn",
	  .arg = "PROTOCOL=TARGET",
	  .help = "the same for a protocol: acme-tls/1=127.0.0.1:8443 lets an ACME client get "
		  "certificates by TLS-ALPN-01",
	  .set = set_pass_alpn,
	  .clear = clear_pass_alpn },
};

const struct option_group front_options = OPTION_GROUP(front_table);
