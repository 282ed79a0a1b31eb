/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sstp connect: parses options, obtains the password and runs the client with a TUN device. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/attempt.h"
#include "cli/background.h"
#include "cli/device_client.h"
#include "cli/exit_code.h"
#include "cli/network.h"
#include "cli/sandbox_option.h"
#include "cli/verbs.h"
#include "client/lockdown.h"
#include "client/policy.h"
#include "util/log_writer.h"

struct connect_settings {
	struct common_settings common;
	struct server_settings server;
	struct login_settings login;
	struct network_settings network;
	struct prefix_list excluded;
	uint32_t table, metric, mark;
	bool policy_rules, lockdown;
	bool no_dns;
	const char *script, *up, *down;
	struct netns_settings netns;
	int tun_fd; /* this and the other descriptors: -1: none */
	const char *script_tun;
	struct background_settings background;
	struct sandbox_settings sandbox;
	int ready_fd, exit_fd;
};

#define AT(member) offsetof(struct connect_settings, member)

static const struct option own_network_table[] = {
	{ .name = "exclude",
	  .arg = "NETWORK",
	  .help = "leave this network out of the tunnel: its packets take the way that "
		  "they take without it; may be given again",
	  .set = set_prefixes,
	  .at = AT(excluded),
	  .clear = clear_prefixes },
	{ .name = "metric",
	  .arg = "N",
	  .help = "metric of the routes into the tunnel; default the kernel's",
	  .set = set_number,
	  .at = AT(metric) },
	{ .name = "table",
	  .arg = "N",
	  .help = "put all routes into routing table N; default the main one",
	  .set = set_number,
	  .at = AT(table) },
	{ .name = "policy-rules",
	  .help = "leave the main routing table as it is: routes go into a table of their "
		  "own, and rules (ip rule) lead to it, as with wg-quick",
	  .set = set_flag,
	  .at = AT(policy_rules) },
	{ .name = "mark",
	  .arg = "N",
	  .help = "mark the connection to the server (SO_MARK); without --table this means "
		  "--policy-rules with table N, as wg-quick's FwMark",
	  .set = set_mark,
	  .at = AT(mark) },
	{ .name = "lockdown",
	  .help = "kill switch: let nothing leave this host outside of the tunnel but the "
		  "connection to the server, from start to end, and after a crash until sstp unlock",
	  .set = set_flag,
	  .at = AT(lockdown) },
	{ .name = "no-dns",
	  .help = "do not change the host's DNS",
	  .set = set_flag,
	  .at = AT(no_dns) },
	{ .name = "up",
	  .arg = "COMMAND",
	  .help = "run COMMAND when the network is set up, with a vpnc-script's environment; "
		  "if it fails, the connection ends",
	  .set = set_text,
	  .at = AT(up) },
	{ .name = "down",
	  .arg = "COMMAND",
	  .help = "run COMMAND when the tunnel is lost, and at the end before the device "
		  "and its routes are removed",
	  .set = set_text,
	  .at = AT(down) },
	{ .name = "script",
	  .short_name = 's',
	  .arg = "COMMAND",
	  .help = "run COMMAND, such as a vpnc-script, to set up the network; sstp "
		  "then does not do it",
	  .set = set_text,
	  .at = AT(script) },
};

static const struct option_group own_network_options = OPTION_GROUP(own_network_table);

/* One that sstp uses for this alone, so not the log's. */
static bool set_own_descriptor(void *to, const char *value, struct error *err)
{
	if (!set_descriptor(to, value, err))
		return false;
	if (*(int *)to != STDERR_FILENO)
		return true;
	snprintf(err->text, sizeof(err->text),
		 "is standard error, which the log needs; a shell opens another descriptor with "
		 "3<FILE or 3>FILE");
	return false;
}

static const struct option target_table[] = {
	{ .name = "tun-fd",
	  .arg = "N",
	  .help = "use descriptor N, a TUN device (without packet information) or a "
		  "socket of packets; the program that opened it, or --script, sets "
		  "addresses and routes",
	  .set = set_own_descriptor,
	  .at = AT(tun_fd),
	  .flags = OPTION_CLI_ONLY },
	{ .name = "script-tun",
	  .arg = "COMMAND",
	  .help = "run COMMAND when connected, and exchange packets with it over the "
		  "socket whose number is in its VPNFD, as openconnect does",
	  .set = set_text,
	  .at = AT(script_tun) },
};

static const struct option_group target_options = OPTION_GROUP(target_table);

static const struct option descriptor_table[] = {
	{ .name = "ready-fd",
	  .arg = "N",
	  .help = "write 1 to descriptor N once connected, and close it",
	  .set = set_own_descriptor,
	  .at = AT(ready_fd),
	  .flags = OPTION_CLI_ONLY },
	{ .name = "exit-fd",
	  .arg = "N",
	  .help = "end when the other end of descriptor N, a pipe or a socket, is closed",
	  .set = set_own_descriptor,
	  .at = AT(exit_fd),
	  .flags = OPTION_CLI_ONLY },
};

static const struct option_group descriptor_options = OPTION_GROUP(descriptor_table);

static const struct option_use uses[] = {
	LOGIN_USES(struct connect_settings),
	SERVER_USES(struct connect_settings),
	NETWORK_USES(struct connect_settings),
	{ .group = &own_network_options },
	{ .group = &dns_domain_option, .at = AT(network.dns) },
	{ .heading = "Another place for the packets", .group = &netns_options, .at = AT(netns) },
	{ .group = &target_options },
	{ .heading = "Running", .group = &retry_options, .at = AT(login) },
	{ .group = &background_options, .at = AT(background) },
	{ .group = &control_options, .at = AT(login.control) },
	{ .group = &metrics_options, .at = AT(login.metrics) },
	{ .group = &descriptor_options },
	{ .heading = "General", .group = &sandbox_options, .at = AT(sandbox) },
	{ .group = &common_options, .at = AT(common) },
};

static struct netdev_source source_of(const struct connect_settings *s)
{
	if (s->netns.netns)
		return (struct netdev_source){ NETDEV_IN_NETNS, .netns = s->netns.netns,
					       .userns = s->netns.userns };
	if (s->tun_fd >= 0)
		return (struct netdev_source){ NETDEV_GIVEN, .fd = s->tun_fd };
	if (s->script_tun)
		return (struct netdev_source){ NETDEV_FOR_SCRIPT, .script = s->script_tun };
	return (struct netdev_source){ NETDEV_HERE, .netns = NULL };
}

/* Whether sstp itself sets up the network of this host, and not somebody else or that of another. */
static bool is_our_network(const struct connect_settings *s)
{
	return !s->netns.netns && s->tun_fd < 0 && !s->script_tun && !s->script;
}

static bool has_rules(const struct connect_settings *s)
{
	return s->policy_rules || (s->mark && !s->table && is_our_network(s));
}

static uint32_t mark_of(const struct connect_settings *s)
{
	return s->mark ? s->mark : has_rules(s) || s->lockdown ? POLICY_MARK : 0;
}

static struct tun_backend_cfg device_of(const struct connect_settings *s)
{
	struct tun_backend_cfg device = network_device(&s->network);

	device.host.has_rules = has_rules(s);
	device.host.mark = mark_of(s);
	device.host.excluded = s->excluded.at;
	device.host.excluded_count = s->excluded.count;
	device.host.table = s->table ? s->table : has_rules(s) ? s->mark : 0;
	device.host.metric = s->metric;
	device.host.no_dns = s->no_dns;
	device.host.script = s->script;
	device.host.up = s->up;
	device.host.down = s->down;
	device.host.source = source_of(s);
	device.host.exit_fd = s->exit_fd;
	return device;
}

/* Returns false, after printing an error, when the options contradict each other. */
static bool is_one_target(const struct connect_settings *s)
{
	int targets = 0;

	if (s->netns.netns)
		targets++;
	if (s->tun_fd >= 0)
		targets++;
	if (s->script_tun)
		targets++;
	if (targets > 1)
		cli_error(&connect_verb, "--netns, --tun-fd and --script-tun exclude each other");
	else if (s->script && (s->up || s->down))
		cli_error(&connect_verb,
			  "--script excludes --up and --down: the script runs at the same times, "
			  "with another reason in its environment");
	else if (s->script && s->script_tun)
		cli_error(&connect_verb,
			  "--script and --script-tun exclude each other: with --script-tun "
			  "there is no network to set up");
	else
		return netns_is_valid(&connect_verb, &s->netns);
	return false;
}

static bool is_same_prefix(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->len == b->len && ip_equal(&a->addr, &b->addr);
}

/* Returns false, after printing an error, when routes and rules make no sense. */
static bool routes_make_sense(const struct connect_settings *s)
{
	const struct prefix_list *l = &s->excluded, *routes = &s->network.routes;
	uint32_t table = s->table ? s->table : s->mark;

	if (s->policy_rules && !is_our_network(s)) {
		cli_error(&connect_verb,
			  "--policy-rules does not go with --netns, --tun-fd, --script-tun or "
			  "--script: there are no rules to set up on this host");
		return false;
	}
	if (s->network.route_hosts.count && (s->tun_fd >= 0 || s->script_tun || s->script)) {
		cli_error(&connect_verb,
			  "--route-host does not go with --tun-fd, --script-tun or --script: the "
			  "routes are not sstp's");
		return false;
	}
	if (s->lockdown && (s->netns.netns || s->tun_fd >= 0 || s->script_tun)) {
		cli_error(&connect_verb,
			  "--lockdown does not go with --netns, --tun-fd or --script-tun: it locks "
			  "this host's network");
		return false;
	}
	if (has_rules(s) && table >= RT_TABLE_DEFAULT && table <= RT_TABLE_LOCAL) {
		cli_error(&connect_verb,
			  "table %u is one of the system's own: rules need another (--table)",
			  table);
		return false;
	}
	if (l->count > STATE_EXCLUDED_MAX) {
		cli_error(&connect_verb, "--exclude can be given %d times at most",
			  STATE_EXCLUDED_MAX);
		return false;
	}
	for (size_t i = 0; i < l->count; i++) {
		if (!l->at[i].len) {
			cli_error(&connect_verb,
				  "--exclude %s would leave nothing for the tunnel; "
				  "--no-default-route and --route choose what goes through it",
				  ip_prefix_print(&l->at[i]).text);
			return false;
		}
		for (size_t k = 0; k < routes->count; k++)
			if (is_same_prefix(&l->at[i], &routes->at[k])) {
				cli_error(&connect_verb, "%s is given by --route and by --exclude",
					  ip_prefix_print(&l->at[i]).text);
				return false;
			}
	}
	return true;
}

/* Returns false, after printing an error, when the options given have no effect. */
static bool is_dns_possible(const struct connect_settings *s)
{
	const struct dns_settings *dns = &s->network.dns;

	if (dns_settings_are_empty(dns))
		return true;
	if (s->no_dns && !s->script)
		cli_error(&connect_verb,
			  "--no-dns contradicts --dns, --dns-domain and --search: with it the "
			  "host's DNS is not changed");
	else if (s->tun_fd >= 0 && !s->script)
		cli_error(&connect_verb,
			  "--tun-fd contradicts --dns, --dns-domain and --search: the program "
			  "that opened the descriptor sets DNS up");
	else
		return true;
	return false;
}

/* Processes that wait until the tunnel is up. */
struct waiters {
	struct background background;
	int ready_fd;
};

static void notify_waiters(void *arg)
{
	struct waiters *w = arg;

	if (w->ready_fd >= 0 && write(w->ready_fd, "1", 1) < 0)
		cli_error(&connect_verb, "--ready-fd: %s", strerror(errno));
	if (w->ready_fd >= 0)
		close(w->ready_fd);
	background_ready(&w->background);
}

static bool is_resolved(const struct server_ref *ref)
{
	struct ip_addr a;
	bool is_server = ref->addr_count || ip_parse(ref->host, &a);

	if (!ref->proxy)
		return is_server;
	return ip_parse(ref->proxy->host, &a) && (is_server || ref->proxy->looks_up);
}

static bool are_all_resolved(const struct client_cfg *cfg)
{
	bool are = is_resolved(&cfg->server);

	for (size_t i = 0; i < cfg->more_count; i++)
		are = are && is_resolved(&cfg->more[i]);
	return are;
}

static bool has_sandbox(const struct connect_settings *s)
{
	return s->sandbox.mode != SANDBOX_OFF;
}

static int connect_with(const struct connect_settings *s, struct client_cfg *cfg,
			const struct tun_backend_cfg *device)
{
	const struct device_client d = {
		.verb = &connect_verb,
		.list = SANDBOX_CONNECT,
		.mode = s->sandbox.mode,
		.device = device,
		.pid_file = s->background.pid_file,
	};

	return device_client_run(&d, cfg);
}

static int connect_once(void *arg, struct client_cfg *cfg)
{
	const struct connect_settings *s = arg;
	struct waiters waiters = { .ready_fd = s->ready_fd };
	struct sockaddr_storage known[DIAL_ADDRS_MAX];
	struct server_name server = server_ref_name(&cfg->server);
	const char *dialed = cfg->server.proxy ? cfg->server.proxy->name : server.text;
	struct tun_backend_cfg device;
	int code;

	if (!background_begin(&waiters.background, &connect_verb, &s->background))
		return EXIT_OTHER;
	common_warn_about_keylog(s->server.tls.keylog);
	cfg->ready = notify_waiters;
	cfg->ready_arg = &waiters;
	cfg->mark = mark_of(s);
	device = device_of(s);
	device.host.pid = getpid();
	if (s->lockdown) {
		device.host.lockdown = dialed;
		cfg->is_locked = true;
		device.host.is_resolved = are_all_resolved(cfg);
		device.host.has_several = cfg->more_count > 0;
		cfg->known = known;
		cfg->known_count = lockdown_remembered(NULL, dialed, known, DIAL_ADDRS_MAX);
	}
	cfg->asks_server = !s->network.no_server_routes;
	cfg->wants_prefix = s->network.request_prefix.is_wanted;
	cfg->delegated_len = s->network.request_prefix.len;
	code = connect_with(s, cfg, &device);
	background_end(&waiters.background);
	return code;
}

static int connect_to(void *arg, struct client_cfg *cfg)
{
	const struct connect_settings *s = arg;

	return cfg->is_asked && has_sandbox(s) ? attempt_run(cfg, connect_once, arg)
					       : connect_once(arg, cfg);
}

static int run(void *arg)
{
	struct connect_settings *s = arg;

	log_writer_wait();
	common_apply(&s->common);
	return is_one_target(s) && routes_make_sense(s) && is_dns_possible(s)
		       ? login_run(&connect_verb, &s->login, &s->server, s->common.check,
				   connect_to, s)
		       : EXIT_USAGE;
}

static struct connect_settings settings = {
	.server = SERVER_DEFAULTS,
	.login = LOGIN_DEFAULTS,
	.network = NETWORK_DEFAULTS,
	.sandbox = SANDBOX_DEFAULTS,
	.tun_fd = -1,
	.ready_fd = -1,
	.exit_fd = -1,
};

const struct verb connect_verb = {
	.name = "connect",
	.summary = "connect to an SSTP server",
	.usage = "[options] HOST[:PORT]",
	.about = "Connects to an SSTP server and sends this host's traffic through "
		 "it. The server's certificate is always checked, with its name, or "
		 "the pin of its key. When the connection is lost, sstp connects "
		 "again. SIGTERM or Ctrl-C ends it and restores routes and DNS.",
	.notes = PASSWORD_NOTES
	"  sstp connect -u ann vpn.example.net\n"
	"  sstp connect -u ann --no-default-route --route 10.0.0.0/8 vpn.example.net\n"
	"  sstp connect -u ann --netns $(podman inspect -f '{{.State.Pid}}' web) \\\n"
	"       vpn.example.net\n",
	.uses = uses,
	.use_count = sizeof(uses) / sizeof(*uses),
	.positional = server_positional,
	.positional_at = AT(server),
	.settings = &settings,
	.run = run,
};
