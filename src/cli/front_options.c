/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/front_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

#define AT(member) offsetof(struct front_cfg, member)

static const struct option front_table[] = {
	{ .name = "proxy-protocol-from",
	  .arg = "LIST",
	  .help = "connections from these networks (or unix) begin with a header of the PROXY "
		  "protocol, version 1 or 2, with the client's address; may be given again",
	  .set = set_sources,
	  .at = AT(proxy_from),
	  .clear = clear_sources },
};

const struct option_group front_options = OPTION_GROUP(front_table);
