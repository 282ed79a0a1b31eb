/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/server_helper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "auth/auth_command_run.h"
#include "auth/secret_files.h"
#include "proc/helper_naming.h"
#include "proc/helper_options.h"
#include "proc/helper_watch.h"
#include "server/server_service.h"
#include "server/session_script.h"
#include "server/session_script_run.h"
#include "util/log.h"
#include "util/syscall_advice.h"

/* ---- files that are named later */

struct naming {
	struct helper_naming base;
	const struct server_cfg *cfg;
};

struct named {
	const struct server_cfg *cfg;
	helper_named *one;
	void *arg;
};

/* The process with the keys reads what --cert names, except for the crypto binding after a TLS terminator. */
static bool is_read_here(const struct server_cfg *cfg, const char *option)
{
	if (!cfg->keys)
		return true;
	return strcmp(option, "key") != 0 &&
	       (strcmp(option, "cert") != 0 || cfg->front.binding_cert_count);
}

static void take_option(void *arg, const char *option, const char *file, bool reloads)
{
	const struct named *n = arg;

	n->one(n->arg, file,
	       reloads && is_read_here(n->cfg, option) ? HELPER_MAY_OPEN : HELPER_MAY_LOOK);
}

static void name_in_settings(const struct helper_naming *base, const char *path, helper_named *one,
			     void *arg)
{
	const struct server_cfg *cfg = ((const struct naming *)(const void *)base)->cfg;
	struct named n = { cfg, one, arg };

	if (cfg->each_named_file)
		cfg->each_named_file(path, take_option, &n);
}

static void take_secret(void *arg, const char *path)
{
	const struct named *n = arg;

	n->one(n->arg, path, HELPER_MAY_OPEN);
}

static void name_in_users(const char *text, size_t len, bool is_conf, helper_named *one, void *arg)
{
	struct named n = { .one = one, .arg = arg };

	secret_files_named(text, len, is_conf, take_secret, &n);
}

/* ---- start */

int server_helper_start(struct server_helper *h, const struct server_cfg *cfg)
{
	static struct naming naming = {
		.base = { .settings = name_in_settings, .users = name_in_users },
	};
	static struct helper_files files = { .naming = &naming.base };
	static struct helper_watch watch = { .files = &files };
	static struct server_service server = { .files = &files };
	struct helper_options options = { cfg->congestion };
	struct auth_command_runs logins = { .command = cfg->auth_command,
					    .limit_ms = AUTH_COMMAND_LIMIT_MS };
	struct session_script_runs scripts = { .command = cfg->session_script,
					       .limit_ms = SESSION_SCRIPT_LIMIT_MS };
	const struct helper_service all[] = {
		helper_files_service(&files),  helper_watch_service(&watch),
		server_service(&server),       helper_options_service(&options),
		auth_command_service(&logins), session_script_service(&scripts),
	};
	const struct helper_service *services[] = {
		&all[0], &all[1], &all[2], &all[3], NULL, NULL
	};
	struct helper_cfg own = { .services = services, .service_count = 4 };
	int error;

	if (cfg->auth_command)
		services[own.service_count++] = &all[4];
	if (cfg->session_script)
		services[own.service_count++] = &all[5];
	own.runs_nothing = !cfg->auth_command && !cfg->session_script;

	naming.cfg = cfg; /* the helper has a copy of it, as it is now */
	error = helper_start(&own, &h->helper);
	if (!error) {
		helper_files_use(&h->files, h->helper);
		helper_options_use(h->helper);
	} else if (cfg->sandbox == SANDBOX_REQUIRE) {
		log_error(NULL, "--sandbox require: the helper process cannot be started: %s%s",
			  strerror(-error), syscall_advice(error));
	} else {
		log_warn(NULL, "there is no sandbox: the helper process cannot be started: %s%s",
			 strerror(-error), syscall_advice(error));
	}
	return cfg->sandbox == SANDBOX_REQUIRE ? error : 0;
}

/* ---- what is permitted */

struct permitting {
	struct server_helper *h;
	int error;
};

static void permit(struct permitting *p, const char *path, enum helper_file_use use)
{
	int error = path ? helper_files_permit(p->h->helper, path, use) : 0;

	if (error && !p->error)
		p->error = error;
}

static void permit_sockets(struct permitting *p, const struct server_cfg *cfg)
{
	permit(p, cfg->front.web.path, HELPER_FILE_CONNECT);
	for (size_t i = 0; i < cfg->front.pass_count; i++)
		permit(p, cfg->front.passes[i].to.path, HELPER_FILE_CONNECT);
	for (size_t i = 0; i < cfg->listen_count; i++)
		if (!cfg->listen[i].is_given)
			permit(p, cfg->listen[i].path, HELPER_FILE_REMOVE);
}

/*
 * The other process has the keys, so nobody here reads these files. One with the certificate too is read here for a TLS
 * terminator's crypto binding.
 */
static void permit_no_keys(struct permitting *p, const struct server_cfg *cfg)
{
	const struct tls_client_cfg *radius = cfg->radius ? &cfg->radius->tls : NULL;

	for (size_t i = 0; cfg->keys && i < cfg->cert_count; i++)
		if (!cfg->front.binding_cert_count ||
		    strcmp(cfg->certs[i].key_file, cfg->certs[i].cert_file) != 0)
			permit(p, cfg->certs[i].key_file, HELPER_FILE_SECRET);
	if (cfg->keys && radius)
		permit(p, radius->key_file, HELPER_FILE_SECRET);
}

/* What was read at the start is permitted already. */
static int permit_all(struct server_helper *h, const struct server_cfg *cfg)
{
	struct permitting p = { .h = h };

	permit(&p, cfg->config_file, HELPER_FILE_SETTINGS);
	permit(&p, cfg->users_file, HELPER_FILE_USERS);
	permit(&p, cfg->users_folder, HELPER_FILE_USERS);
	permit(&p, cfg->leases_file,
	       cfg->is_leases_default ? HELPER_FILE_WRITE_FOLDER : HELPER_FILE_WRITE);
	permit(&p, cfg->pid_file, HELPER_FILE_REMOVE);
	permit_sockets(&p, cfg);
	permit_no_keys(&p, cfg);
	return p.error;
}

static int tell(struct server_helper *h, uint16_t op, struct bytes in, int fd)
{
	struct helper_question q = { .op = op, .in = in, .fd_in = fd };

	return helper_ask(h->helper, &q);
}

static int permit_network(struct server_helper *h, const struct ip_prefix *p)
{
	uint8_t in[SERVER_PREFIX_LEN];
	struct writer w = writer_of(in, sizeof(in));
	struct ip_prefix network = { ip_mask(&p->addr, p->len), p->len };

	if (!p->addr.family)
		return 0;
	server_put_prefix(&w, &network);
	return tell(h, SERVER_OP_NETWORK, bytes_of(in, w.len), 0);
}

/* ---- routes */

static int change_route(struct registry_routes *routes, const struct ip_prefix *to, bool add)
{
	struct server_helper *h = container_of(routes, struct server_helper, routes);
	uint8_t in[1 + SERVER_PREFIX_LEN];
	struct writer w = writer_of(in, sizeof(in));

	put_u8(&w, add);
	server_put_prefix(&w, to);
	return tell(h, SERVER_OP_ROUTE, bytes_of(in, w.len), 0);
}

int server_helper_use_device(struct server_helper *h, const struct server_cfg *cfg,
			     struct registry *r, struct netlink *netlink, unsigned ifindex)
{
	uint8_t in[4];
	int error;

	store_u32(in, ifindex);
	error = tell(h, SERVER_OP_DEVICE, bytes_of(in, sizeof(in)), netlink_fd(netlink));
	netlink_close(netlink);
	if (!error)
		error = permit_network(h, &cfg->network);
	if (!error)
		error = permit_network(h, &cfg->ipv6_network);
	if (!error)
		error = permit_network(h, &cfg->delegate_network);
	if (!error && (cfg->auth_command || (cfg->radius && cfg->radius->server_count)))
		error = tell(h, SERVER_OP_ANY_NETWORK, bytes_of(NULL, 0), 0);
	if (error) {
		log_error(NULL, "the helper process cannot set routes: %s", strerror(-error));
		return error;
	}
	h->routes.change = change_route;
	registry_use_routes(r, &h->routes);
	return 0;
}

/* ---- what is removed at the end */

void server_helper_keep_control(struct server_helper *h, const struct control_place *place)
{
	uint8_t in[CONTROL_PLACE_LEN];
	struct writer w = writer_of(in, sizeof(in));

	control_place_put(&w, place);
	if (h->helper && *place->path)
		tell(h, SERVER_OP_CONTROL, bytes_of(in, w.len), 0);
}

int server_helper_keep_table(struct server_helper *h, int fd, const char *table)
{
	return tell(h, SERVER_OP_TABLE, bytes_text(table), fd);
}

/* ---- changes of files, and the helper's end */

static void add_path(void *list, const char *path)
{
	helper_watch_add(list, path);
}

int server_helper_watch(struct server_helper *h,
			void (*each)(void *server, void (*one)(void *arg, const char *path),
				     void *arg),
			void *server)
{
	struct helper_watch_list *l = malloc(sizeof(*l));
	int error;

	if (!l)
		return -ENOMEM;
	helper_watch_begin(l, h->helper);
	each(server, add_path, l);
	error = helper_watch_end(l);
	free(l);
	return error;
}

static void on_event(struct loop_watch *watch, uint32_t events)
{
	struct server_helper *h = container_of(watch, struct server_helper, events);
	struct helper_event e;
	bool has_changed = false;
	int got;

	(void)events;
	while ((got = helper_next_event(h->helper, &e)) == 1)
		has_changed |= e.op == HELPER_FILES_CHANGED;
	if (got < 0) {
		loop_unwatch(h->loop, watch);
		h->gone(h);
	} else if (has_changed) {
		h->changed(h);
	}
}

int server_helper_seal(struct server_helper *h, const struct server_cfg *cfg, struct loop *loop)
{
	int error;

	if (!h->helper)
		return 0;
	error = permit_all(h, cfg);
	if (!error)
		error = helper_seal(h->helper);
	if (!error) {
		helper_files_sealed(&h->files);
		h->loop = loop;
		h->events = (struct loop_watch){ .fd = helper_event_fd(h->helper),
						 .events = EPOLLIN,
						 .ready = on_event };
		error = loop_watch(loop, &h->events);
	}
	if (error)
		log_error(NULL, "the helper process: %s", strerror(-error));
	return error;
}

void server_helper_close(struct server_helper *h)
{
	if (!h->helper)
		return;
	if (h->events.is_watched)
		loop_unwatch(h->loop, &h->events);
	file_agent_use(NULL);
	helper_options_use(NULL);
	helper_close(h->helper);
	h->helper = NULL;
}
