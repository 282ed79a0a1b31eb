/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/serve_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/server.h"

/* In the key process this reads the configuration file again. */
static bool (*read_again)(struct server_cfg *now, struct settings_change *change);
static const char *config_file;

static struct key_pair pair_of(const struct tls_server_cfg *c)
{
	return (struct key_pair){ .cert_file = c->cert_file,
				  .key_file = c->key_file,
				  .password = c->key_password,
				  .decrypts = c->allow_cbc && !c->only_tls13 };
}

/* Since the last time. Who asks for keys without end must not make us read it without end. */
static bool is_file_new(void)
{
	static struct stat last;
	struct stat st;
	int fd = config_file ? open(config_file, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	bool is_new = fd >= 0 && !fstat(fd, &st) &&
		      (st.st_ino != last.st_ino || st.st_size != last.st_size ||
		       memcmp(&st.st_ctim, &last.st_ctim, sizeof(st.st_ctim)) != 0);

	if (is_new)
		last = st;
	if (fd >= 0)
		close(fd);
	return is_new;
}

static void reread(struct key_store *s)
{
	struct settings_change change = { .has_changed = false };
	struct server_cfg now;

	if (!read_again || !is_file_new() || !read_again(&now, &change) || !change.has_changed)
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
	config_file = cfg->config_file;
	error = key_process_start(&k, out);
	free(pairs);
	return error;
}
