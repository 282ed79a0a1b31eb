/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/forwarded.h"

#include "util/endpoint.h"
#include "util/text.h"

static const char field[] = "X-Forwarded-For:";

/* "192.0.2.7", "192.0.2.7:50000", "2001:db8::7", "[2001:db8::7]:50000", "::ffff:192.0.2.7" */
static struct ip_addr address_of(struct bytes word)
{
	struct ip_addr a = { .family = AF_UNSPEC };
	struct sockaddr_storage sa;
	char text[64], host[64];
	uint16_t port;

	if (word.len >= sizeof(text) || (word.len && memchr(word.at, '\0', word.len)))
		return a;
	if (word.len)
		memcpy(text, word.at, word.len);
	text[word.len] = '\0';
	if (!endpoint_split(text, host, sizeof(host), &port))
		ip_parse(host, &a);
	sa = ip_sockaddr(&a, 0);
	return ip_from_sockaddr(&sa);
}

static void take_list(struct bytes list, const struct source_list *trusted, struct ip_addr *client)
{
	bool is_last;

	do {
		struct bytes word = list;
		struct sockaddr_storage sa;
		struct ip_addr a;

		is_last = !text_cut(&list, ',', &word);
		a = address_of(text_trim(word));
		sa = ip_sockaddr(&a, 0);
		if (!a.family || !source_list_has(trusted, &sa))
			*client = a;
	} while (!is_last);
}

struct ip_addr forwarded_client(struct bytes block, const struct source_list *trusted)
{
	struct ip_addr client = { .family = AF_UNSPEC };
	struct reader r = reader_of(block.at, block.len);
	struct bytes line;

	while (text_get_line(&r, &line))
		if (text_starts_nocase(line, field))
			take_list(text_skip(line, sizeof(field) - 1), trusted, &client);
	return client;
}
