/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/serve_keys.h"

#include <errno.h>
#include <stdlib.h>

#include "server/server.h"

/* In the key process this reads the configuration file again. */
static bool (*read_again)(struct server_cfg *now, struct settings_change *change);

static struct key_pair pair_of(const struct tls_server_cfg *c)
{
	return (struct key_pair){ .cert_file = c->cert_file,
				  .key_file = c->key_file,
				  .password = c->key_password,
				  .decrypts = c->allow_cbc && !c->only_tls13 };
}

static void reread(struct key_store *s)
{
	struct settings_change change = { .has_changed = false };
	struct server_cfg now;

	if (!read_again || !read_again(&now, &change) || !change.has_changed)
		return;
	for (size_t i = 0; i < now.cert_count; i++) {
		struct key_pair pair = pair_of(&now.certs[i]);

		key_store_permit(s, &pair);
	}
}

int serve_keys_start(const struct server_cfg *cfg, struct key_process **out)
{
	const struct tls_client_cfg *radius = &cfg->radius->tls;
	struct key_pair *pairs = calloc(cfg->cert_count + 1, sizeof(*pairs));
	struct key_process_cfg k = {
		.pairs = pairs,
		.pair_count = cfg->cert_count,
		.reread = reread,
		.channels = server_worker_count(cfg) + 1, /* and the main thread */
	};
	int error = -ENOMEM;

	if (!pairs)
		return error;
	for (size_t i = 0; i < cfg->cert_count; i++)
		pairs[i] = pair_of(&cfg->certs[i]);
	if (radius->cert_file)
		pairs[k.pair_count++] = (struct key_pair){ .cert_file = radius->cert_file,
							   .key_file = radius->key_file,
							   .is_client = true };
	read_again = cfg->read_again;
	error = key_process_start(&k, out);
	free(pairs);
	return error;
}
