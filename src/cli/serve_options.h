/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings of `sstp serve`, the options that fill them, and whether they make sense together. */
#ifndef SSTP_CLI_SERVE_OPTIONS_H
#define SSTP_CLI_SERVE_OPTIONS_H

#include "cli/background.h"
#include "cli/common.h"
#include "cli/control_options.h"
#include "cli/listen_option.h"
#include "cli/login.h"
#include "cli/network.h"
#include "cli/radius_options.h"
#include "cli/sandbox_option.h"
#include "server/pool.h"
#include "server/server_cfg.h"

#define USER_SESSIONS_UNSET UINT32_MAX

struct pool_list {
	struct server_pool at[POOL_PARTS_MAX];
	size_t count;
};

struct delegation {
	struct ip_prefix network; /* AF_UNSPEC: not set */
	unsigned len;             /* of each prefix */
};

/* Two of each family. */
struct dns_list {
	uint32_t v4[2];
	struct ip_addr v6[2];
	bool has_host; /* "host" */
};

struct serve_settings {
	struct sandbox_settings sandbox;
	struct common_settings common;
	struct listen_list listen;
	struct front_cfg front;
	struct text_list certs, keys, binding_certs;
	struct tls_server_cfg *tls_cfgs; /* one for each certificate */
	const char *key_password_file;
	bool keys_here; /* no process of their own */
	bool strict_sni;
	struct tls_settings tls;
	const char *users, *users_dir, *auth_command, *session_script, *filters, *leases;
	struct auth_list auth;
	const char *client_ca, *client_crl;
	bool requires_peap_binding;
	const char *name;
	struct ip_prefix network, ipv6_network; /* AF_UNSPEC: not set */
	struct pool_list pools;
	const char *ndp_proxy; /* NULL: not used */
	struct delegation delegation;
	struct dns_list dns;
	struct prefix_list push_routes;
	struct text_list push_domains;
	uint32_t nbns[2];
	struct device_settings device;
	struct netns_settings netns;
	struct link_settings link;
	bool client_to_client, host_routes;
	const char *nat; /* "any" or an interface; NULL: no NAT */
	struct radius_settings radius;
	uint32_t max_sessions, user_sessions, max_failures, workers;
	bool no_watch;
	bool keep_old_session;
	struct background_settings background;
	struct control_option_settings control;
	struct metrics_list metrics;
	struct control_settings control_settings; /* made of them */
};

#define SERVE_DEFAULTS                                                                           \
	{                                                                                        \
		.tls = TLS_DEFAULTS, .auth = AUTH_DEFAULT, .device = DEVICE_DEFAULTS,            \
		.link = LINK_DEFAULTS, .user_sessions = USER_SESSIONS_UNSET, .max_failures = 20, \
		.sandbox = SANDBOX_DEFAULTS,                                                     \
	}

/* at: struct serve_settings */
extern const struct option_group serve_listen_options, serve_user_options, serve_session_options,
	serve_network_options, serve_worker_options;

/* ---- serve_check.c */

/* False, after printing an error: something is missing, or two settings exclude each other. */
bool serve_settings_make_sense(const struct serve_settings *s);
/* A listener without TLS. */
bool serve_has_plain(const struct serve_settings *s);

#endif
