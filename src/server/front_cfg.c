/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/front_cfg.h"

#include "util/text.h"

bool source_list_has(const struct source_list *l, const struct sockaddr_storage *peer)
{
	struct ip_addr a = ip_from_sockaddr(peer);

	for (size_t i = 0; i < l->count; i++)
		if (ip_prefix_has(&l->at[i], &a))
			return true;
	return l->has_unix && peer->ss_family == AF_UNIX;
}

/* "*.example.net" is for all names below example.net. */
static bool is_for(const char *pattern, struct bytes name)
{
	size_t tail = strlen(pattern) - 1;

	if (pattern[0] != '*')
		return text_is_nocase(name, pattern);
	return name.len > tail && text_is_nocase(text_skip(name, name.len - tail), pattern + 1);
}

/* Without the port, and without the dot at the end of a name. */
static struct bytes bare_name(struct bytes name)
{
	const uint8_t *colon = name.len ? memchr(name.at, ':', name.len) : NULL;

	if (colon)
		name.len = (size_t)(colon - name.at);
	if (name.len && name.at[name.len - 1] == '.')
		name.len--;
	return name;
}

bool front_serves(const struct front_cfg *f, struct bytes name)
{
	struct bytes bare = bare_name(name);

	for (size_t i = 0; i < f->sstp_host_count; i++)
		if (is_for(f->sstp_hosts[i], bare))
			return true;
	return !f->sstp_host_count;
}

static bool has_protocol(struct bytes list, const char *protocol)
{
	struct reader r = reader_of(list.at, list.len);

	while (r.left) {
		size_t len = get_u8(&r);
		struct bytes one = { get_bytes(&r, len), len };

		if (one.at && text_is(one, protocol))
			return true;
	}
	return false;
}

const struct pass_rule *front_find_pass(const struct front_cfg *f, struct bytes name,
					struct bytes protocols)
{
	struct bytes bare = bare_name(name);

	for (size_t i = 0; i < f->pass_count; i++) {
		const struct pass_rule *rule = &f->passes[i];

		if (rule->is_protocol ? has_protocol(protocols, rule->name)
				      : is_for(rule->name, bare))
			return rule;
	}
	return NULL;
}
