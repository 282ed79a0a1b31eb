/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connects the tunnel, the stack, and the listeners with their relays. */
#include "proxy/proxy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proc/command_apart.h"
#include "util/file.h"
#include "util/secret.h"
#include "util/text.h"

enum { FILES = 2 * CONN_MAX + 200 }; /* connections, other clients, our own */

struct proxy {
	struct backend backend;
	const struct proxy_cfg *cfg;
	struct backend_client *client;
	struct stack *stack;
	struct relays relays;
	struct forward **forwards;
	struct proxy_server **servers;
	struct command_apart command;
	bool was_up;
	bool has_warned; /* or there was nothing to warn about */
};

static struct proxy *proxy_of(struct backend *b)
{
	return container_of(b, struct proxy, backend);
}

/* ---- packets */

static void to_tunnel(void *arg, const struct packet *packet, const struct tun_offload *off)
{
	struct proxy *p = arg;

	tunnel_send(p->client->tunnel, packet, off);
}

static bool tunnel_takes_more(void *arg)
{
	struct proxy *p = arg;

	return tunnel_has_room(p->client->tunnel);
}

static void has_room(struct packet_sink *sink)
{
	stack_has_room(container_of(sink, struct proxy, backend.sink)->stack);
}

static void from_tunnel(struct packet_sink *sink, struct tunnel *from, const struct packet *packet)
{
	(void)from;
	stack_input(container_of(sink, struct proxy, backend.sink)->stack, packet);
}

static void flush(struct packet_sink *sink)
{
	stack_flush(container_of(sink, struct proxy, backend.sink)->stack);
}

/* ---- the user's command */

static void command_ended(struct command_apart *command, int status)
{
	struct proxy *p = container_of(command, struct proxy, command);

	p->client->end(p->client, status < 0 ? REASON_NETWORK : REASON_NONE,
		       status < 0 ? 0 : status);
}

/* Environment variables in which programs look for proxies; both spellings are in use. */
static const struct {
	const char *name;
	enum proxy_server_protocol protocol;
} variables[] = {
	{ "all_proxy", PROXY_SERVER_SOCKS5 }, { "ALL_PROXY", PROXY_SERVER_SOCKS5 },
	{ "http_proxy", PROXY_SERVER_HTTP },  { "HTTP_PROXY", PROXY_SERVER_HTTP },
	{ "https_proxy", PROXY_SERVER_HTTP }, { "HTTPS_PROXY", PROXY_SERVER_HTTP },
};

/* Variables of the user's environment about other proxies are left out. */
static bool is_of_proxies(const char *name, size_t len)
{
	const struct bytes given = bytes_of(name, len);

	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		if (text_is(given, variables[i].name))
			return true;
	return text_is(given, "no_proxy") || text_is(given, "NO_PROXY");
}

static const struct proxy_server *first_of(const struct proxy *p,
					   enum proxy_server_protocol protocol)
{
	for (size_t i = 0; i < p->cfg->server_count; i++)
		if (p->cfg->servers[i].protocol == protocol)
			return p->servers[i];
	return NULL;
}

static void set_variables(const struct proxy *p, struct env *env)
{
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
		const struct proxy_server *s = first_of(p, variables[i].protocol);
		struct proxy_server_url url;

		if (!s)
			continue;
		url = proxy_server_url(s);
		env_set(env, variables[i].name, "%s", url.text);
		secret_wipe(url.text, sizeof(url.text));
	}
	env_set(env, "no_proxy", "localhost,127.0.0.1,::1");
	env_set(env, "NO_PROXY", "localhost,127.0.0.1,::1");
}

static int fork_supervisor(struct proxy *p)
{
	struct env env;
	struct command_cfg cfg = {
		.argv = p->cfg->command,
		.env = &env,
		.log = p->client->log,
	};
	int error;

	if (!p->cfg->command)
		return 0;
	env_init(&env, is_of_proxies);
	set_variables(p, &env);
	p->command.ended = command_ended;
	error = command_apart_fork(&p->command, p->client->loop, &cfg);
	env_free(&env);
	return error;
}

/* ---- the tunnel goes up and down */

static int up(struct backend *b, const struct link_addrs *given)
{
	struct proxy *p = proxy_of(b);
	struct link_addrs link = link_addrs_with_dns(given, p->cfg->dns, p->cfg->dns_count);

	stack_up(p->stack, &link);
	if (!link.dns_count && !p->has_warned)
		log_warn(p->client->log,
			 "the server names no DNS server: no names%s can be looked up",
			 p->cfg->names.domain_count ? " of --dns-domain" : "");
	p->has_warned = true;
	if (p->was_up || !p->cfg->command)
		return 0;
	p->was_up = true;
	return command_apart_start(&p->command);
}

static int down(struct backend *b, bool will_return)
{
	(void)will_return;
	stack_down(proxy_of(b)->stack);
	return 0;
}

static bool take_signal(struct backend *b, const struct signalfd_siginfo *info)
{
	return command_apart_signal(&proxy_of(b)->command, info);
}

/* ---- start and end */

static int open_forwards(struct proxy *p)
{
	int error = 0;

	p->forwards = calloc(p->cfg->forward_count + 1, sizeof(struct forward *));
	if (!p->forwards)
		return -ENOMEM;
	for (size_t i = 0; i < p->cfg->forward_count && !error; i++)
		error = forward_open(p->stack, &p->relays, p->client->log, &p->cfg->forwards[i],
				     &p->forwards[i]);
	return error;
}

static int open_servers(struct proxy *p)
{
	int error = 0;

	p->servers = calloc(p->cfg->server_count + 1, sizeof(struct proxy_server *));
	if (!p->servers)
		return -ENOMEM;
	for (size_t i = 0; i < p->cfg->server_count && !error; i++)
		error = proxy_server_open(p->stack, &p->relays, p->client->log, &p->cfg->servers[i],
					  &p->servers[i]);
	return error;
}

static enum tunnel_reason open_proxy(struct backend *b, struct backend_client *client)
{
	struct proxy *p = proxy_of(b);
	struct stack_cfg cfg = {
		.loop = client->loop,
		.log = client->log,
		.send = to_tunnel,
		.has_room = tunnel_takes_more,
		.arg = p,
		.names = p->cfg->names,
	};

	p->client = client;
	relays_init(&p->relays, client->loop);
	file_raise_limit(FILES);
	if (stack_open(&cfg, &p->stack)) {
		log_error(client->log, "%s", strerror(ENOMEM));
		return REASON_SYSTEM;
	}
	if (open_forwards(p) || open_servers(p) || fork_supervisor(p))
		return REASON_NETWORK;
	if (p->cfg->command && command_drop_descriptors(p->cfg->sandbox, client->log))
		return REASON_SYSTEM;
	return REASON_NONE;
}

static void close_proxy(struct backend *b)
{
	struct proxy *p = proxy_of(b);

	command_apart_close(&p->command);
	for (size_t i = 0; p->forwards && i < p->cfg->forward_count; i++)
		forward_close(p->forwards[i]);
	for (size_t i = 0; p->servers && i < p->cfg->server_count; i++)
		proxy_server_close(p->servers[i]);
	relays_close(&p->relays);
	stack_close(p->stack);
	free(p->forwards);
	free(p->servers);
	free(p);
}

static const struct backend_ops ops = {
	.open = open_proxy,
	.up = up,
	.down = down,
	.signal = take_signal,
	.close = close_proxy,
};

struct backend *proxy_backend_new(const struct proxy_cfg *cfg)
{
	struct proxy *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->cfg = cfg;
	p->backend = (struct backend){
		.ops = &ops,
		.sink = { from_tunnel, flush, has_room },
		.name = "proxy",
		.wants_dns = true,
	};
	return &p->backend;
}
