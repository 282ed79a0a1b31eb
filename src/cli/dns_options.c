/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/dns_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/message.h"
#include "util/punycode.h"

#define AT(member) offsetof(struct dns_settings, member)

/* Neither unspecified nor multicast; a link-local one would need a device's name too. */
static bool is_of_a_host(const struct ip_addr *a)
{
	static const struct ip_addr any6 = { .family = AF_INET6 };

	if (a->family == AF_INET)
		return a->bytes[0] && a->bytes[0] < 224;
	return !ip_equal(a, &any6) && a->bytes[0] != 0xff && !ip_is_link_local(a);
}

static bool set_servers(void *to, const char *value, struct error *err)
{
	struct dns_server_list *l = to;
	struct ip_addr a;

	if (strchr(value, ',')) {
		snprintf(err->text, sizeof(err->text),
			 "must be one address; the option may be given again");
		return false;
	}
	if (!ip_parse(value, &a) || !is_of_a_host(&a)) {
		snprintf(err->text, sizeof(err->text),
			 "must be an address such as 10.0.0.1 or 2001:db8::1");
		return false;
	}
	if (l->count == LINK_DNS_MAX) {
		snprintf(err->text, sizeof(err->text), "at most %d can be given", LINK_DNS_MAX);
		return false;
	}
	l->at[l->count++] = a;
	return true;
}

static void clear_servers(void *to)
{
	((struct dns_server_list *)to)->count = 0;
}

/* Other programs' forms: .example.net, *.example.net, ~example.net */
static const char *skip_wildcard(const char *value)
{
	if (*value == '~')
		value++;
	if (!strncmp(value, "*.", 2))
		value += 2;
	else if (*value == '.')
		value++;
	return value;
}

static bool wrong_domain(const char *value, struct error *err)
{
	char ascii[DNS_NAME_MAX + 1];
	bool is_other = false;

	for (const char *c = value; *c; c++)
		is_other = is_other || *c & 0x80;
	if (is_other && punycode_host(value, ascii, sizeof(ascii)))
		snprintf(err->text, sizeof(err->text),
			 "must be given as DNS has it: probably %.200s", ascii);
	else
		snprintf(err->text, sizeof(err->text), "must be a domain such as corp.example.net");
	return false;
}

bool dns_add_domain(void *to, const char *value, struct error *err)
{
	struct text_list *l = to;
	char name[DNS_NAME_MAX + 1];
	char *kept;

	value = skip_wildcard(value);
	if (!dns_name_normalize(value, name))
		return wrong_domain(value, err);
	if (l->count == DNS_NAMES_MAX) {
		snprintf(err->text, sizeof(err->text), "at most %d can be given", DNS_NAMES_MAX);
		return false;
	}
	kept = strdup(name);
	if (kept && set_texts(l, kept, err))
		return true;
	free(kept);
	snprintf(err->text, sizeof(err->text), "out of memory");
	return false;
}

static const struct option table[] = {
	{ .name = "dns",
	  .arg = "ADDR",
	  .help = "use this DNS server, through the tunnel, in place of those that the "
		  "VPN names; may be given again",
	  .set = set_servers,
	  .at = AT(servers),
	  .clear = clear_servers },
	{ .name = "search",
	  .arg = "DOMAIN",
	  .help = "look short names up in this domain of the VPN; may be given again",
	  .set = dns_add_domain,
	  .at = AT(search),
	  .clear = clear_texts },
};

static const struct option domain_table[] = {
	{ .name = "dns-domain",
	  .arg = "DOMAIN",
	  .help = "split DNS: only names in this domain are looked up at the VPN's DNS "
		  "servers, all others as before; may be given again",
	  .set = dns_add_domain,
	  .at = AT(domains),
	  .clear = clear_texts },
};

const struct option_group dns_options = OPTION_GROUP(table);
const struct option_group dns_domain_option = OPTION_GROUP(domain_table);

struct dns_names dns_settings_names(const struct dns_settings *s)
{
	return (struct dns_names){
		.domains = s->domains.at,
		.domain_count = s->domains.count,
		.search = s->search.at,
		.search_count = s->search.count,
	};
}

bool dns_settings_are_empty(const struct dns_settings *s)
{
	return !s->servers.count && !s->domains.count && !s->search.count;
}
