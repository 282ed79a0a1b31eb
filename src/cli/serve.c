/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sstp serve: makes a server_cfg of the settings, at the start and at a reload, and runs the server. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/radius.h"
#include "auth/users.h"
#include "cli/eap_options.h"
#include "cli/exit_code.h"
#include "cli/front_options.h"
#include "cli/named_files.h"
#include "cli/options.h"
#include "cli/password.h"
#include "cli/serve_keys.h"
#include "cli/serve_options.h"
#include "cli/verbs.h"
#include "server/credentials.h"
#include "server/listen.h"
#include "server/server.h"
#include "tls/open.h"
#include "util/syscall_advice.h"
#include "util/secret.h"

static const char run_folder[] = "/run/sstp";

enum { USER_SESSIONS = 10 /* by default */ };

#define AT(member) offsetof(struct serve_settings, member)

static const struct option_use uses[] = {
	{ .heading = "Where to listen, and as whom", .group = &serve_listen_options },
	{ .group = &tls_options, .at = AT(tls) },
	{ .heading = "Load balancers in front of it, and web servers beside it",
	  .group = &front_options,
	  .at = AT(front) },
	{ .heading = "Who may log in", .group = &serve_user_options },
	{ .group = &auth_options, .at = AT(auth) },
	{ .group = &peap_options, .at = AT(requires_peap_binding) },
	{ .group = &serve_session_options },
	{ .heading = "RADIUS", .group = &radius_options, .at = AT(radius) },
	{ .heading = "The network", .group = &serve_network_options },
	{ .group = &interface_options, .at = AT(device) },
	{ .group = &netns_options, .at = AT(netns) },
	{ .group = &link_options, .at = AT(link) },
	{ .group = &offload_options, .at = AT(device) },
	{ .heading = "Running", .group = &serve_worker_options },
	{ .group = &background_options, .at = AT(background) },
	{ .group = &sandbox_options, .at = AT(sandbox) },
	{ .group = &control_options, .at = AT(control) },
	{ .group = &metrics_options, .at = AT(metrics) },
	{ .heading = "General", .group = &common_options, .at = AT(common) },
};

/* The server's own addresses come first: those of pool_server and prefixes_server. */
static void insert_own_dns(struct serve_settings *s)
{
	struct dns_list *d = &s->dns;

	d->v4[1] = d->v4[0];
	d->v4[0] = ip_v4(&s->network.addr) + 1;
	if (!s->ipv6_network.addr.family)
		return;
	d->v6[1] = d->v6[0];
	d->v6[0] = s->ipv6_network.addr;
	d->v6[0].bytes[15] = 1;
}

/* Enough for all devices of a person, but one account must not take all addresses. */
static unsigned user_sessions_default(const struct serve_settings *s)
{
	uint32_t all = (1u << (32 - s->network.len)) - 3; /* the pool, server/pool.h */

	if (s->max_sessions && s->max_sessions < all)
		all = s->max_sessions;
	if (all / 2 >= USER_SESSIONS)
		return USER_SESSIONS;
	return all > 1 ? all / 2 : 1;
}

/* Returns NULL, or why no file can be kept there. */
static const char *why_no_folder(const char *folder)
{
	struct stat st;

	if (*folder != '/' || strchr(folder, ':'))
		return "must be one folder, with an absolute path";
	if (stat(folder, &st))
		return strerror(errno);
	if (!S_ISDIR(st.st_mode))
		return strerror(ENOTDIR);
	return access(folder, W_OK | X_OK) ? strerror(errno) : NULL;
}

/* systemd's StateDirectory= survives a reboot, /run only a restart of sstp. */
static const char *leases_default(const struct serve_settings *s)
{
	static char path[PATH_MAX]; /* found at the start */
	const char *folder = getenv("STATE_DIRECTORY");
	const char *why;

	if (*path)
		return path;
	why = folder && *folder ? why_no_folder(folder) : NULL;
	if (why)
		log_warn(NULL,
			 "STATE_DIRECTORY=%s: %s; the clients' addresses are remembered in %s",
			 folder, why, run_folder);
	if (why || !folder || !*folder)
		folder = run_folder;
	snprintf(path, sizeof(path), "%s/leases-%s-%u", folder, ip_print(&s->network.addr).text,
		 s->network.len);
	return path;
}

static struct key_process *keys_apart; /* NULL: the keys are here */

/* `password` is used for all encrypted keys; NULL: none is encrypted. */
static bool apply_certs(struct serve_settings *s, const char *password, struct server_cfg *cfg)
{
	s->tls_cfgs = calloc(s->certs.count + 1, sizeof(*s->tls_cfgs));
	for (size_t i = 0; s->tls_cfgs && i < s->certs.count; i++)
		s->tls_cfgs[i] = (struct tls_server_cfg){
			.cert_file = s->certs.at[i],
			.key_file = s->keys.count ? s->keys.at[i] : s->certs.at[i],
			.key_password = password,
			.keys = keys_apart ? key_process_agent(keys_apart) : NULL,
			.only_tls13 = s->tls.only_tls13,
			.allow_cbc = s->tls.legacy_ciphers,
			.keylog = s->tls.keylog,
		};
	cfg->certs = s->tls_cfgs;
	cfg->cert_count = s->certs.count;
	return s->tls_cfgs;
}

/* The first listener without TLS that others than this host can reach, NULL: none. */
static const struct listen_addr *find_exposed(const struct listen_list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct listen_addr *at = &l->at[i];

		if (at->is_plain && !at->path && !ip_is_loopback(&at->addr))
			return at;
	}
	return NULL;
}

/* Without TLS passwords could be read on the way, so only a terminator near by may connect. */
static bool apply_terminators(struct serve_settings *s, struct front_cfg *f)
{
	static struct ip_prefix loopback[] = { { { AF_INET, { 127 } }, 8 },
					       { { AF_INET6, { [15] = 1 } }, 128 } };
	const struct listen_addr *exposed = find_exposed(&s->listen);
	bool is_default = !f->terminators.count && !f->terminators.has_unix;
	const struct text_list *certs = s->binding_certs.count ? &s->binding_certs : &s->certs;

	if (exposed && is_default) {
		cli_error(
			&serve_verb,
			"--listen %s: HTTP without TLS only on a loopback address or a Unix socket, "
			"or with --terminator-from NETWORK, on a network where nobody else listens",
			listen_print(exposed).text);
		return false;
	}
	if (is_default)
		f->terminators =
			(struct source_list){ .at = loopback, .count = 2, .has_unix = true };
	if (serve_has_plain(s)) {
		f->binding_certs = certs->at;
		f->binding_cert_count = certs->count;
	}
	return true;
}

static void apply_network(const struct serve_settings *s, struct server_cfg *cfg)
{
	cfg->network = s->network;
	cfg->pools = s->pools.at;
	cfg->pool_count = s->pools.count;
	cfg->ipv6_network = s->ipv6_network;
	cfg->ndp_proxy = s->ndp_proxy;
	cfg->delegate_network = s->delegation.network;
	cfg->delegate_len = s->delegation.len;
	memcpy(cfg->dns, s->dns.v4, sizeof(cfg->dns));
	cfg->dns_host = s->dns.has_host;
	memcpy(cfg->ipv6_dns, s->dns.v6, sizeof(cfg->ipv6_dns));
	cfg->push_routes = s->push_routes.at;
	cfg->push_route_count = s->push_routes.count;
	cfg->push_domains = s->push_domains.at;
	cfg->push_domain_count = s->push_domains.count;
	memcpy(cfg->nbns, s->nbns, sizeof(cfg->nbns));
	cfg->client_to_client = s->client_to_client;
	cfg->host_routes = s->host_routes;
	cfg->nat = s->nat;
	cfg->nat_out = s->nat && strcmp(s->nat, "any") ? s->nat : NULL;
}

static bool apply(struct serve_settings *s, struct server_cfg *cfg)
{
	static char host_name[65];

	gethostname(host_name, sizeof(host_name) - 1);
	if (!serve_settings_make_sense(s))
		return false;
	if (s->dns.has_host)
		insert_own_dns(s);
	*cfg = (struct server_cfg){
		.listen = s->listen.at,
		.listen_count = s->listen.count,
		.strict_sni = s->strict_sni,
		.sandbox = s->sandbox.mode,
		.no_watch = s->no_watch,
		.front = s->front,
		.users_file = s->users,
		.filters_file = s->filters,
		.users_folder = s->users_dir,
		.auth_command = s->auth_command,
		.session_script = s->session_script,
		.radius = &s->radius.cfg,
		.leases_file = s->leases ? s->leases : leases_default(s),
		.is_leases_default = !s->leases,
		.name = s->name ? s->name : host_name,
		.auth_count = s->auth.count,
		.eap_count = s->auth.eap_count,
		.client_ca_file = s->client_ca,
		.requires_peap_binding = s->requires_peap_binding,
		.client_crl_file = s->client_crl,
		.hashes = s->tls.hashes,
		.mtu = s->link.mtu,
		.congestion = s->link.congestion,
		.interface = s->device.interface,
		.netns = s->netns.netns,
		.userns = s->netns.userns,
		.ipv6 = !s->link.no_ipv6 && s->link.mtu >= 1280,
		.no_offload = s->device.no_offload,
		.max_sessions = s->max_sessions,
		.user_sessions = s->user_sessions == USER_SESSIONS_UNSET ? user_sessions_default(s)
									 : s->user_sessions,
		.keep_old_session = s->keep_old_session,
		.max_failures = s->max_failures,
		.workers = s->workers,
	};
	apply_network(s, cfg);
	memcpy(cfg->auth, s->auth.at, sizeof(cfg->auth));
	memcpy(cfg->eap, s->auth.eap, sizeof(cfg->eap));
	cfg->control = &s->control_settings;
	if (!control_options_apply(&serve_verb, &s->control, &s->metrics, &s->control_settings))
		return false;
	return apply_terminators(s, &cfg->front) &&
	       radius_settings_apply(&serve_verb, &s->radius, cfg->name);
}

/* --check also reads the files. */
static int check(const struct server_cfg *cfg)
{
	struct error users_err;
	struct error tls_err;
	struct tls_ctx *tls, *peap_tls;

	if (credentials_check_users(cfg, &users_err)) {
		cli_error(&serve_verb, "%s", users_err.text);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < cfg->cert_count; i++) {
		if (tls_ctx_server(&cfg->certs[i], &tls, &tls_err)) {
			cli_error(&serve_verb, "%s", tls_err.text);
			return EXIT_USAGE;
		}
		tls_ctx_release(tls);
	}
	if (credentials_open_eap_tls(cfg, &tls, &peap_tls, &tls_err)) {
		cli_error(&serve_verb, "%s", tls_err.text);
		return EXIT_USAGE;
	}
	tls_ctx_release(tls);
	tls_ctx_release(peap_tls);
	if (radius_check(cfg->radius, &tls_err)) {
		cli_error(&serve_verb, "RADIUS by TLS: %s", tls_err.text);
		return EXIT_USAGE;
	}
	printf("configuration OK\n");
	return EXIT_OK;
}

static char key_password[PASSWORD_SIZE];

static bool has_keys(const struct server_cfg *cfg)
{
	return cfg->cert_count || cfg->radius->tls.cert_file;
}

/* The keys' password is for the other process alone. */
static bool put_keys_apart(struct serve_settings *s, struct server_cfg *cfg)
{
	int error = s->keys_here || !has_keys(cfg) ? 0 : serve_keys_start(cfg, &keys_apart);

	if (error && error != -ENOTSUP && s->sandbox.mode == SANDBOX_REQUIRE) {
		log_error(NULL, "--sandbox require: the key process cannot be started: %s%s",
			  strerror(-error), syscall_advice(error));
		return false;
	}
	if (error && error != -ENOTSUP)
		log_warn(NULL,
			 "the private keys stay in this process: no other can be started: %s%s",
			 strerror(-error), syscall_advice(error));
	if (!keys_apart)
		return true;
	secret_wipe(key_password, sizeof(key_password));
	key_process_own(key_process_agent(keys_apart));
	cfg->keys = keys_apart;
	s->radius.cfg.tls.keys = key_process_agent(keys_apart);
	for (size_t i = 0; i < cfg->cert_count; i++)
		s->tls_cfgs[i].keys = key_process_agent(keys_apart);
	return true;
}

static int serve(struct serve_settings *s, struct server_cfg *cfg)
{
	struct background background;
	enum tunnel_reason reason;

	if (!background_begin(&background, &serve_verb, &s->background))
		return EXIT_OTHER;
	if (!put_keys_apart(s, cfg)) {
		background_end(&background);
		return EXIT_OTHER;
	}
	common_warn_about_keylog(s->tls.keylog);
	cfg->pid_file = s->background.pid_file;
	cfg->ready = background_ready;
	cfg->ready_arg = &background;
	reason = server_run(cfg);
	key_process_close(keys_apart);
	background_end(&background);
	return (int)exit_code_of(reason);
}

static struct serve_settings settings = SERVE_DEFAULTS;

/* ---- a reload */

static const char *password_in_force; /* of the keys; NULL: none */

/* Settings that were read again: the server's refer to them. */
struct reread {
	struct reread *older;
	struct serve_settings settings;
};

static void note_restart(struct settings_change *change, const char *name)
{
	size_t len = strlen(change->restart);

	snprintf(change->restart + len, sizeof(change->restart) - len, "%s%s", len ? ", " : "",
		 name);
}

static void note_changed(void *arg, const struct option *o)
{
	struct settings_change *change = arg;

	if (o->flags & OPTION_RELOADS)
		change->has_changed = true;
	else
		note_restart(change, o->name);
}

/* Whether clients' DNS is answered here is decided at the start. */
static bool is_dns_left(const struct server_cfg *now)
{
	return settings.dns.has_host != now->dns_host ||
	       (now->dns_host && memcmp(settings.dns.v4, now->dns, sizeof(now->dns)) != 0);
}

/* Not a pipe, such as /dev/stdin. The command line and the environment stay as they are. */
static bool can_be_read_again(const char *file)
{
	struct stat st;

	return file && !stat(file, &st) && S_ISREG(st.st_mode);
}

static bool read_again(struct server_cfg *now, struct settings_change *change)
{
	static const struct serve_settings defaults = SERVE_DEFAULTS;
	static struct reread *newest;
	static bool is_pending; /* changed settings were read, and could not be used */
	struct reread *r = calloc(1, sizeof(*r));

	snprintf(change->err.text, sizeof(change->err.text), "out of memory");
	if (!r)
		return false;
	r->settings = defaults;
	r->older = newest;
	newest = r;
	if (!options_read_again(&serve_verb, &r->settings, note_changed, change, &change->err))
		return false;
	r->settings.listen = settings.listen; /* with the sockets of systemd, and the default */
	is_pending |= change->has_changed;
	cli_error_keep(&change->err);
	change->has_changed = is_pending && apply(&r->settings, now) &&
			      apply_certs(&r->settings, password_in_force, now);
	cli_error_keep(NULL);
	if (is_pending && !change->has_changed)
		return false;
	is_pending = false;
	if (change->has_changed && is_dns_left(now))
		note_restart(change, "dns");
	return true;
}

static void each_named_file(const char *path,
			    void (*one)(void *arg, const char *option, const char *file,
					bool reloads),
			    void *arg)
{
	named_files(&serve_verb, path, one, arg);
}

static int run(void *arg)
{
	struct serve_settings *s = arg;
	struct error err = { "" };
	struct server_cfg cfg;

	password_forget_environment(); /* meant for other verbs; this process runs for long */
	common_apply(&s->common);
	if (!listen_complete(&s->listen, &err)) {
		cli_error(&serve_verb, "%s", err.text);
		return EXIT_USAGE;
	}
	if (!apply(s, &cfg))
		return EXIT_USAGE;
	if (s->key_password_file && !password_from_file(s->key_password_file, key_password, &err)) {
		cli_error(&serve_verb, "%s", err.text);
		return EXIT_USAGE;
	}
	if (s->key_password_file)
		password_in_force = key_password;
	if (can_be_read_again(s->common.config)) {
		cfg.read_again = read_again;
		cfg.config_file = s->common.config;
		cfg.each_named_file = each_named_file;
	}
	if (!apply_certs(s, password_in_force, &cfg)) {
		cli_error(&serve_verb, "out of memory");
		return EXIT_OTHER;
	}
	return s->common.check ? check(&cfg) : serve(s, &cfg);
}

const struct verb serve_verb = {
	.name = "serve",
	.summary = "run an SSTP server",
	.usage = "[options]",
	.about =
		"Serves SSTP clients: Windows, RouterOS, Android, Linux. SIGHUP reloads the configuration "
		"file, users, filters and certificates, as a change of these files does; SIGUSR1 logs the "
		"state and the bans, and SIGUSR2 removes the bans. SIGTERM or Ctrl-C ends all sessions "
		"cleanly.",
	.notes = "The first start of a server:\n\n  sstp cert --name "
		 "vpn.example.net --out /etc/sstp/server\n  sstp passwd "
		 "/etc/sstp/users ann\n  sstp serve --cert /etc/sstp/server.crt "
		 "--key /etc/sstp/server.key \\\n       --users /etc/sstp/users "
		 "--ipv4-network 10.9.0.0/24 --nat any\n\n--nat lets the clients reach "
		 "the Internet: it turns forwarding on and\nsets NAT by nf_tables. Without it they "
		 "reach only this host, or what you\nconfigure yourself.\n",
	.uses = uses,
	.use_count = sizeof(uses) / sizeof(*uses),
	.settings = &settings,
	.gives_privileges_up = true,
	.run = run,
};
