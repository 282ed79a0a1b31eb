/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Starts and stops the server: makes the device, the listeners and the workers; after that this
 * thread only handles signals, saves leases and watches the workers.
 *
 * SIGHUP reloads the configuration file, users, filters and certificates, and so does a change of these
 * files; an invalid file changes nothing. SIGUSR1 logs the server's status, SIGUSR2 lifts the bans.
 */
#include "server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auth/auth_command.h"
#include "auth/radius.h"
#include "dns/message.h"
#include "net/congestion.h"
#include "net/file_watch.h"
#include "net/health.h"
#include "server/host_dns.h"
#include "server/leases_file.h"
#include "server/listen.h"
#include "server/ndp_proxy.h"
#include "server/orders.h"
#include "server/settings.h"
#include "server/server_control.h"
#include "server/server_helper.h"
#include "server/server_sandbox.h"
#include "server/server_netdev.h"
#include "server/worker.h"
#include "tls/key_process.h"
#include "util/endpoint.h"
#include "util/file.h"
#include "util/log_writer.h"
#include "util/pid1.h"
#include "util/syscall_advice.h"
#include "util/secret.h"

enum {
	FEW_FILES = 64,
	FILES_SPARE = 8,     /* for files that are read at run time */
	FILES_OF_OURS = 200, /* descriptors besides one for each session */
	FILES_OF_SPLICES = 2 * 2000,
	SAVE_MS = 10 * 1000, /* how often changed leases are saved */
	LOOK_MS = 2000,      /* how often the workers are checked */
	DRAIN_LOOK_MS = 250,
	DAY_MS = 24 * 3600 * 1000,
};

struct server {
	const struct server_cfg *cfg;
	struct server_state shared;
	struct radius_orders orders;
	struct loop *loop; /* of the main thread */
	struct health health;
	struct mailbox mailbox; /* for the workers' answers */
	struct netdev *netdev;
	struct nat *nat;             /* NULL: none */
	struct host_dns *host_dns;   /* NULL: none */
	struct ndp_proxy *ndp_proxy; /* the same */
	struct loop_watch process;   /* the process that --netns names */
	struct loop_watch keys;      /* the key process */
	bool has_lost_keys;
	struct loop_watch ended;
	uint64_t ended_count; /* of workers */
	struct loop_timer look;
	struct loop_timer save;
	struct loop_timer expiry;       /* of the certificates */
	struct file_watch files;        /* without a helper */
	struct server_helper helper;    /* with the privileges of the start */
	struct settings_copy *settings; /* after reloads */
	struct leases_file leases;
	size_t max_sessions;
	uint64_t started_ms;
	int congestion_error; /* of the last listener */
	size_t listening;     /* how many of cfg->listen */
	bool has_hanging;     /* a worker does not respond */
	bool is_stopping;
	bool has_lost_helper;
	struct loop_timer
		drain; /* whether the sessions have ended; set: no new ones are accepted */
	uint64_t drain_until_ms;
	struct server_control control;
};

/* ---- listening */

static int open_listener(struct server *srv, const struct listen_addr *at, bool shared)
{
	int fd = listen_open(at, shared);

	if (fd >= 0 && !at->path)
		srv->congestion_error = congestion_set(fd, srv->cfg->congestion);
	return fd;
}

/*
 * One socket for each worker. The first is opened without SO_REUSEPORT and closed again: otherwise
 * a second sstp of the same user would share the port without an error.
 */
static int listen_for_workers(struct server *srv, const struct listen_addr *at)
{
	struct server_state *sh = &srv->shared;
	int fd = open_listener(srv, at, false);

	if (fd >= 0 && sh->worker_count > 1) {
		close(fd);
		fd = open_listener(srv, at, true);
	}
	for (unsigned i = 0; fd >= 0 && i < sh->worker_count; i++) {
		int error = worker_listen(&sh->workers[i], fd, at->is_plain);

		if (error)
			return error;
		if (i + 1 < sh->worker_count)
			fd = open_listener(srv, at, true);
	}
	return fd < 0 ? fd : 0;
}

/* One worker accepts, and moves connections to those that have fewer. */
static int listen_for_one(struct server *srv, const struct listen_addr *at, size_t number)
{
	int fd = open_listener(srv, at, false);

	return fd < 0 ? fd
		      : worker_listen(&srv->shared.workers[number % srv->shared.worker_count], fd,
				      at->is_plain);
}

static enum tunnel_reason listen_all(struct server *srv)
{
	bool is_listening = false;

	for (size_t i = 0; i < srv->cfg->listen_count && i < DOOR_LISTENERS_MAX; i++) {
		const struct listen_addr *at = &srv->cfg->listen[i];
		int error = listen_is_single(at) ? listen_for_one(srv, at, i)
						 : listen_for_workers(srv, at);

		if (error == -EAFNOSUPPORT) {
			log_warn(NULL, "%s: this host has no IPv6: not listening there",
				 listen_print(at).text);
			continue;
		}
		if (error) {
			log_error(NULL, "cannot listen on %s: %s%s", listen_print(at).text,
				  strerror(-error), endpoint_hint(error, at->port));
			return REASON_NETWORK;
		}
		is_listening = true;
		srv->listening = i + 1;
		log_info(NULL, "listening on %s%s", listen_print(at).text,
			 at->is_given ? ", given by systemd" : "");
	}
	if (srv->congestion_error)
		log_warn(NULL, "congestion control %s: %s", srv->cfg->congestion,
			 congestion_error_text(srv->congestion_error));
	return is_listening ? REASON_NONE : REASON_NETWORK;
}

/* ---- the device and the workers */

/* A table that goes with our socket needs nobody. */
static void keep_table(struct server *srv)
{
	int fd;
	const char *table = nat_unowned(srv->nat, &fd);

	if (table && !server_helper_keep_table(&srv->helper, fd, table))
		nat_leave(srv->nat);
}

/* By the helper, if there is one. */
static enum tunnel_reason use_routes(struct server *srv, const struct server_netdev *d)
{
	struct registry *r = srv->shared.registry;
	unsigned ifindex = d->netdev ? d->netdev->ifindex : 0;

	if (srv->helper.helper && d->netlink)
		return server_helper_use_device(&srv->helper, srv->cfg, r, d->netlink, ifindex)
			       ? REASON_SYSTEM
			       : REASON_NONE;
	registry_set_device(r, d->netlink, ifindex);
	return REASON_NONE;
}

/* One device with a queue for each worker. */
static enum tunnel_reason open_device(struct server *srv, struct tun *tuns[])
{
	struct server_state *sh = &srv->shared;
	struct server_netdev d = { .tuns = tuns, .queues = sh->worker_count };
	const struct prefixes *prefixes = registry_prefixes(sh->registry);
	struct ip_addr own_ipv6 = prefixes ? prefixes_server(prefixes) : (struct ip_addr){ 0 };
	enum tunnel_reason reason = server_netdev_open(
		srv->cfg, pool_server(registry_pool(sh->registry)), &own_ipv6, &d);

	srv->netdev = d.netdev;
	srv->nat = d.nat;
	if (d.nat && srv->helper.helper)
		keep_table(srv);
	memcpy(sh->own_iid, d.own_iid, sizeof(sh->own_iid));
	secret_random(sh->uuid, sizeof(sh->uuid));
	return reason ? reason : use_routes(srv, &d);
}

static enum tunnel_reason open_workers(struct server *srv)
{
	struct tun *tuns[WORKERS_MAX] = { NULL };
	struct server_state *sh = &srv->shared;
	enum tunnel_reason reason = open_device(srv, tuns);
	unsigned opened = 0;
	int error = 0;

	for (; !reason && !error && opened < sh->worker_count; opened++)
		error = worker_open(&sh->workers[opened], sh, opened, tuns[opened]);
	for (unsigned i = opened; i < sh->worker_count; i++)
		tun_close(tuns[i]);
	if (error)
		log_error(NULL, "cannot start: %s%s", strerror(-error), syscall_advice(error));
	return reason ? reason : error ? REASON_SYSTEM : REASON_NONE;
}

/* It is one of the variables of --session-script. */
static enum tunnel_reason name_device(struct server_state *sh)
{
	if (!sh->scripts.runs.command ||
	    !session_scripts_use_device(&sh->scripts, sh->workers[0].host.interface))
		return REASON_NONE;
	log_error(NULL, "the helper process does not take the device's name");
	return REASON_SYSTEM;
}

static unsigned count_cores(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 1 : (unsigned)CPU_COUNT(&set);
}

/* ---- clients' addresses on an interface outside */

static bool is_client(void *arg, const struct ip_addr *a)
{
	return registry_worker_of(((struct server *)arg)->shared.registry, a) != REGISTRY_NOBODY;
}

static void other_has(void *arg, const struct ip_addr *a)
{
	registry_other_has(((struct server *)arg)->shared.registry, a);
}

static enum tunnel_reason open_ndp_proxy(struct server *srv)
{
	struct ndp_proxy_cfg cfg = {
		.loop = srv->loop,
		.interface = srv->cfg->ndp_proxy,
		.network = srv->cfg->ipv6_network,
		.is_client = is_client,
		.other_has = other_has,
		.arg = srv,
	};
	enum tunnel_reason reason =
		cfg.interface ? ndp_proxy_open(&cfg, &srv->ndp_proxy) : REASON_NONE;

	if (!reason)
		registry_set_ndp_proxy(srv->shared.registry, srv->ndp_proxy);
	return reason;
}

/* ---- signals */

static void call_all(struct server *srv, void (*fn)(void *worker, void *arg))
{
	for (unsigned i = 0; i < srv->shared.worker_count; i++)
		worker_call(&srv->shared.workers[i], fn, NULL);
}

struct reload {
	struct server *srv;
	const struct users *before, *now;
};

static const char *why_end(void *arg, const struct registration *reg)
{
	const struct reload *r = arg;

	return users_why_end(r->before, r->now, r->srv->cfg->name, reg->user, reg->ipv4);
}

static void end_session(void *arg, const struct eviction *e)
{
	worker_end_session(&((struct reload *)arg)->srv->shared, e);
}

static void on_new_users(void *arg, const struct users *before, const struct users *now)
{
	struct reload r = { arg, before, now };

	registry_keep_addresses(r.srv->shared.registry, now);
	registry_each_to_end(r.srv->shared.registry, why_end, end_session, &r);
}

static void use_settings(struct server *srv, const struct server_cfg *now)
{
	const struct server_cfg *cfg = settings_take(&srv->settings, srv->cfg, now);

	if (!cfg)
		return;
	srv->cfg = srv->shared.cfg = cfg;
	registry_use_settings(srv->shared.registry, cfg);
	for (unsigned i = 0; i < srv->shared.worker_count; i++)
		worker_call(&srv->shared.workers[i], worker_use_settings, (void *)(uintptr_t)cfg);
}

static void reload_settings(struct server *srv, struct reload_report *report)
{
	struct settings_change change = { .has_changed = false };
	struct server_cfg now;

	if (!srv->cfg->read_again)
		return;
	if (!srv->cfg->read_again(&now, &change)) {
		reload_report_failed(report, "%s; the settings are unchanged", change.err.text);
		return;
	}
	if (change.has_changed) {
		use_settings(srv, &now);
		reload_report_done(report, "reloaded the settings");
	}
	if (*change.restart)
		reload_report_failed(report, "changed, and needs a restart: %s", change.restart);
}

static const char *device_name(const struct server *srv)
{
	return tun_name(srv->shared.workers[0].tun);
}

static void stop(struct server *srv)
{
	size_t count = registry_count(srv->shared.registry);
	bool is_second = srv->is_stopping;

	if (!is_second)
		log_info(NULL, "stopping: ending %zu session%s", count, count == 1 ? "" : "s");
	srv->is_stopping = true;
	loop_timer_stop(srv->loop, &srv->look);
	loop_timer_stop(srv->loop, &srv->drain);
	health_stopping(&srv->health, device_name(srv));
	call_all(srv, is_second ? worker_stop_now : worker_stop);
}

/* ---- files that are reloaded when they change */

struct listing {
	void (*one)(void *arg, const char *path);
	void *arg;
};

static void list_one(const struct listing *l, const char *path)
{
	if (path)
		l->one(l->arg, path);
}

static void list_secret(void *listing, const char *path)
{
	list_one(listing, path);
}

static void each_file(void *server, void (*one)(void *arg, const char *path), void *arg)
{
	const struct server *srv = server;
	const struct server_cfg *cfg = srv->cfg;
	const struct user_file *users = srv->shared.credentials.users;
	struct listing l = { one, arg };

	if (users)
		users_each_secret_file(user_file_users(users), list_secret, &l);
	list_one(&l, cfg->config_file);
	list_one(&l, cfg->users_file);
	list_one(&l, cfg->filters_file);
	list_one(&l, cfg->users_folder);
	list_one(&l, cfg->client_ca_file);
	list_one(&l, cfg->client_crl_file);
	for (size_t i = 0; i < cfg->front.binding_cert_count; i++)
		list_one(&l, cfg->front.binding_certs[i]);
	for (size_t i = 0; i < cfg->cert_count; i++) {
		list_one(&l, cfg->certs[i].cert_file);
		list_one(&l, cfg->certs[i].key_file);
	}
}

static void add_to_watch(void *w, const char *path)
{
	file_watch_add(w, path);
}

static void list_files(struct file_watch *w)
{
	each_file(container_of(w, struct server, files), add_to_watch, w);
}

static void reload_changed(struct server *srv)
{
	struct reload_report report;

	log_info(NULL, "files have changed: reloading them");
	server_reload(srv, &report);
}

static void on_changed_files(struct file_watch *w)
{
	reload_changed(container_of(w, struct server, files));
}

static void on_helper_changed(struct server_helper *h)
{
	reload_changed(container_of(h, struct server, helper));
}

/* Without it there are no reloads, no leases and no routes. */
static void on_helper_gone(struct server_helper *h)
{
	struct server *srv = container_of(h, struct server, helper);

	srv->has_lost_helper = true;
	if (srv->is_stopping)
		return;
	log_error(NULL, "the helper process has ended");
	stop(srv);
}

/* What they are like now is no change. 0 or -errno. */
static int note_files(struct server *srv)
{
	if (srv->cfg->no_watch)
		return 0;
	if (srv->helper.helper)
		return server_helper_watch(&srv->helper, each_file, srv);
	file_watch_note(&srv->files);
	return 0;
}

static void watch_files(struct server *srv)
{
	int error = 0;

	if (srv->helper.helper)
		error = note_files(srv);
	else if (!srv->cfg->no_watch)
		error = file_watch_open(&srv->files, srv->loop);
	if (error)
		log_warn(NULL,
			 "changed files are not noticed, or not all of them: inotify: %s: SIGHUP "
			 "reloads them",
			 strerror(-error));
}

void server_reload(struct server *srv, struct reload_report *report)
{
	*report = (struct reload_report){ .len = 0 };
	note_files(srv);
	health_reloading(&srv->health);
	reload_settings(srv, report);
	credentials_reload(&srv->shared.credentials, srv->cfg, on_new_users, srv, report);
	if (srv->cfg->filters_file)
		call_all(srv, worker_change_filters);
	health_reloaded(&srv->health);
}

/* With connections that have not logged in. */
static size_t count_connections(const struct server *srv)
{
	size_t all = 0;

	for (unsigned i = 0; i < srv->shared.worker_count; i++)
		all += atomic_load_explicit(&srv->shared.workers[i].session_count,
					    memory_order_relaxed);
	return all;
}

/* Counts sessions that have not logged in, and evicted ones that have not ended yet. */
static size_t count_others(const struct server *srv)
{
	size_t all = count_connections(srv), open = registry_count(srv->shared.registry);

	return all > open ? all - open : 0;
}

static void log_status(struct server *srv)
{
	uint64_t now = loop_now(srv->loop);
	struct registry_ban_list bans;

	registry_list_bans(srv->shared.registry, now, &bans);
	log_info(NULL,
		 "status: %s, running for %llu s, %u workers, %zu of %zu sessions, %zu connections "
		 "without a login, %zu bans",
		 device_name(srv), (unsigned long long)(now - srv->started_ms) / 1000,
		 srv->shared.worker_count, registry_count(srv->shared.registry), srv->max_sessions,
		 count_others(srv), bans.count);
	for (size_t i = 0; i < bans.text_count; i++)
		log_info(NULL, "status: banned: %s", bans.text[i]);
	if (bans.count > bans.text_count)
		log_info(NULL, "status: banned: %zu more", bans.count - bans.text_count);
}

static void log_stats(void *server, void *arg)
{
	struct server *srv = server;
	struct stats *of = arg; /* of each worker */
	struct stats sum = { .logins = 0 };
	const struct tunnel_stats *t = &sum.traffic;

	for (unsigned i = 0; i < srv->shared.worker_count; i++)
		stats_add(&sum, &of[i]);
	free(of);
	log_info(NULL,
		 "status: since the start %llu connections, %llu logins, %llu refused logins, %llu "
		 "sessions ended; %llu packets and %llu bytes in, %llu packets and %llu bytes out",
		 (unsigned long long)sum.connections, (unsigned long long)sum.logins,
		 (unsigned long long)sum.refusals, (unsigned long long)stats_ended(&sum),
		 (unsigned long long)t->rx_packets, (unsigned long long)t->rx_bytes,
		 (unsigned long long)t->tx_packets, (unsigned long long)t->tx_bytes);
}

/* Each worker has its own counters; the line is logged when the last worker has answered. */
static void ask_stats(struct server *srv)
{
	struct stats *of = calloc(srv->shared.worker_count, sizeof(*of));

	if (of && !worker_ask_all(&srv->shared, &srv->mailbox, worker_stats, log_stats, of))
		free(of);
}

static void lift_bans(struct server *srv)
{
	registry_lift_bans(srv->shared.registry);
	log_info(NULL, "lifted all bans (SIGUSR2)");
}

/* ---- drain: no new sessions, and the end when the last one has ended */

static void look_at_drain(struct loop_timer *timer)
{
	struct server *srv = container_of(timer, struct server, drain);
	uint64_t now = loop_now(srv->loop);

	if (count_connections(srv) && now < srv->drain_until_ms)
		loop_timer_set(srv->loop, timer, now + DRAIN_LOOK_MS);
	else
		stop(srv);
}

static void drain(void *arg, uint32_t seconds)
{
	struct server *srv = arg;
	char limit[64] = "";

	if (srv->is_stopping)
		return;
	if (seconds != UINT32_MAX)
		snprintf(limit, sizeof(limit), ", or in %u s", (unsigned)seconds);
	log_event(NULL, LOG_LEVEL_INFO, "drain",
		  "draining: no new sessions; sessions now: {sessions}; sstp ends with the "
		  "last one{limit}",
		  LOG_NUMBER("sessions", registry_count(srv->shared.registry)),
		  LOG_TEXT("limit", limit));
	srv->drain_until_ms =
		seconds == UINT32_MAX ? UINT64_MAX : loop_now(srv->loop) + (uint64_t)seconds * 1000;
	call_all(srv, worker_drain);
	loop_timer_set(srv->loop, &srv->drain, loop_now(srv->loop) + DRAIN_LOOK_MS);
}

static const char *state(void *arg)
{
	const struct server *srv = arg;

	if (srv->is_stopping)
		return "stopping";
	return srv->drain.slot ? "draining" : "running";
}

static void reload_by_control(void *arg, struct reload_report *report)
{
	server_reload(arg, report);
}

static bool open_control(struct server *srv)
{
	static const struct server_actions actions = { reload_by_control, drain, state };

	srv->control.shared = &srv->shared;
	srv->control.mailbox = &srv->mailbox;
	srv->control.loop = srv->loop;
	srv->control.actions = &actions;
	srv->control.arg = srv;
	srv->control.max_sessions = srv->max_sessions;
	srv->control.started_ms = loop_now(srv->loop);
	if (!server_control_open(&srv->control))
		return false;
	server_helper_keep_control(&srv->helper, &srv->control.service.place);
	return true;
}

/*
 * Our own children are the commands that no helper runs, whose threads wait for them; PID 1 inherits orphans.
 * While a command runs they wait for the next time.
 */
static void reap_orphans(const struct server *srv)
{
	if (getpid() == 1 && !auth_command_is_running(srv->shared.auth_command) &&
	    !session_scripts_are_running(&srv->shared.scripts))
		pid1_reap();
}

static void on_signal(void *arg, const struct signalfd_siginfo *info)
{
	struct server *srv = arg;
	struct reload_report report;

	switch (info->ssi_signo) {
	case SIGHUP:
		server_reload(srv, &report);
		break;
	case SIGUSR1:
		log_status(srv);
		ask_stats(srv);
		call_all(srv, worker_log_sessions);
		break;
	case SIGUSR2:
		lift_bans(srv);
		break;
	case SIGCHLD:
		reap_orphans(srv);
		break;
	default:
		stop(srv);
	}
}

/* Stops, since our open device alone would keep the namespace alive. */
static void on_process_gone(struct loop_watch *watch, uint32_t events)
{
	struct server *srv = container_of(watch, struct server, process);

	(void)events;
	loop_unwatch(srv->loop, watch);
	log_info(NULL, "process %s has ended, and its network with it", srv->cfg->netns);
	if (!srv->is_stopping)
		stop(srv);
}

static void on_worker_ended(struct loop_watch *watch, uint32_t events)
{
	struct server *srv = container_of(watch, struct server, ended);
	uint64_t count;

	(void)events;
	if (read(watch->fd, &count, sizeof(count)) == sizeof(count))
		srv->ended_count += count;
	if (srv->ended_count >= srv->shared.worker_count)
		loop_stop(srv->loop);
}

static void watch_process(struct server *srv)
{
	if (srv->netdev->process_fd < 0)
		return;
	srv->process = (struct loop_watch){ .fd = srv->netdev->process_fd,
					    .events = EPOLLIN,
					    .ready = on_process_gone };
	loop_watch(srv->loop, &srv->process); /* if this fails, only a signal stops the server */
}

/* Without it no client can connect. */
static void on_keys_gone(struct loop_watch *watch, uint32_t events)
{
	struct server *srv = container_of(watch, struct server, keys);

	(void)events;
	loop_unwatch(srv->loop, watch);
	watch->ready = NULL;
	log_error(NULL, "the key process: %s: without it no client can connect",
		  key_process_why(srv->cfg->keys).text);
	srv->has_lost_keys = true;
	if (!srv->is_stopping)
		stop(srv);
}

static void watch_keys(struct server *srv)
{
	if (!srv->cfg->keys)
		return;
	srv->keys = (struct loop_watch){ .fd = key_process_fd(srv->cfg->keys),
					 .events = EPOLLIN,
					 .ready = on_keys_gone };
	loop_watch(srv->loop, &srv->keys); /* if this fails, logins fail with an error */
}

static int watch_workers(struct server *srv)
{
	srv->shared.ended_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (srv->shared.ended_fd < 0)
		return -errno;
	srv->ended = (struct loop_watch){ .fd = srv->shared.ended_fd,
					  .events = EPOLLIN,
					  .ready = on_worker_ended };
	return loop_watch(srv->loop, &srv->ended);
}

/* ---- by timers */

static void save_periodically(struct loop_timer *timer)
{
	struct server *srv = container_of(timer, struct server, save);

	loop_timer_set(srv->loop, timer, loop_now(srv->loop) + SAVE_MS);
	leases_file_save(&srv->leases);
}

static void warn_of_expiry_daily(struct loop_timer *timer)
{
	struct server *srv = container_of(timer, struct server, expiry);

	certs_warn_of_expiry(&srv->shared.credentials.certs, time(NULL), true);
	loop_timer_set(srv->loop, timer, loop_now(srv->loop) + DAY_MS);
}

/* ---- the workers' health */

/* Asks all workers, since worker_is_turning also sends the next question. */
static const struct worker *find_hanging(struct server *srv)
{
	const struct worker *found = NULL;

	for (unsigned i = 0; i < srv->shared.worker_count; i++)
		if (!worker_is_turning(&srv->shared.workers[i]))
			found = &srv->shared.workers[i];
	return found;
}

static void look_at_workers(struct loop_timer *timer)
{
	struct server *srv = container_of(timer, struct server, look);
	const struct worker *hangs = find_hanging(srv);
	bool has_hanging = hangs != NULL;

	reap_orphans(srv);
	loop_timer_set(srv->loop, timer, loop_now(srv->loop) + LOOK_MS);
	if (has_hanging == srv->has_hanging)
		return;
	srv->has_hanging = has_hanging;
	if (hangs) {
		log_error(NULL, "worker %u does not respond", hangs->number);
		health_down(&srv->health, device_name(srv), "a worker does not respond");
	} else {
		log_info(NULL, "all workers respond again");
		health_up(&srv->health, device_name(srv));
	}
}

/* ---- start, run and stop */

/* Descriptors for connections that are passed on, two for each. */
static size_t share_of_splices(const struct server_cfg *cfg, size_t left)
{
	if (!cfg->front.web.text && !cfg->front.pass_count)
		return 0;
	return left / 4 < FILES_OF_SPLICES ? left / 4 : FILES_OF_SPLICES;
}

/*
 * A connection takes a descriptor. If there are too few, a quarter or half of them is reserved for
 * logins, so that further clients get the reply that the server is full instead of waiting for an
 * accept.
 */
static enum tunnel_reason share_files(struct server *srv)
{
	struct server_state *sh = &srv->shared;
	size_t limit = file_raise_limit(0), used = file_count_open() + FILES_SPARE;
	size_t left = limit > used ? limit - used : 0, half_open_max = WORKER_HALF_OPEN_MAX;
	size_t splices_max = share_of_splices(srv->cfg, left);

	if (left < 4 * sh->worker_count) {
		log_error(NULL,
			  "%zu open files are allowed, at least %zu are needed: ulimit -n, "
			  "LimitNOFILE=, or fewer --workers",
			  limit, used + 4 * sh->worker_count);
		return REASON_SYSTEM;
	}
	left -= splices_max;
	if (left < srv->max_sessions + WORKER_HALF_OPEN_MAX) {
		half_open_max = left / (left < FEW_FILES ? 2 : 4);
		if (half_open_max > WORKER_HALF_OPEN_MAX)
			half_open_max = WORKER_HALF_OPEN_MAX;
		if (left - half_open_max < srv->max_sessions) {
			srv->max_sessions = left - half_open_max;
			log_warn(NULL,
				 "%zu open files are allowed: at most %zu sessions, and %zu "
				 "connections that log in (ulimit -n, LimitNOFILE=)",
				 limit, srv->max_sessions, half_open_max);
		} else {
			half_open_max = left - srv->max_sessions;
			log_warn(NULL,
				 "%zu open files are allowed: at most %zu connections log in at "
				 "a time (ulimit -n, LimitNOFILE=)",
				 limit, half_open_max);
		}
	}
	sh->limits = door_limits(half_open_max, splices_max / 2, sh->worker_count);
	registry_set_max(sh->registry, srv->max_sessions);
	return REASON_NONE;
}

static int open_command(struct server *srv)
{
	struct server_state *sh = &srv->shared;
	int error = auth_command_open(srv->cfg->auth_command, srv->cfg->name, AUTH_COMMAND_LIMIT_MS,
				      &sh->auth_command);

	if (error)
		return error;
	auth_command_use_helper(sh->auth_command, srv->helper.helper);
	return auth_open(&auth_command_backend, sh->auth_command, &sh->auth);
}

static int open_auth(struct server *srv)
{
	struct server_state *sh = &srv->shared;
	const struct radius_cfg *radius = srv->cfg->radius;
	const struct session_script_runs scripts = { .command = srv->cfg->session_script,
						     .limit_ms = SESSION_SCRIPT_LIMIT_MS };
	int error = 0;

	if (scripts.command)
		session_scripts_open(&sh->scripts, srv->helper.helper, &scripts);
	srv->orders = orders_of(sh);
	if (radius && (radius->server_count || radius->acct_count))
		error = radius_open(radius, &srv->orders, &sh->radius);
	if (error)
		return error;
	if (radius && radius->server_count)
		return auth_open(&radius_backend, sh->radius, &sh->auth);
	if (srv->cfg->auth_command)
		return open_command(srv);
	return auth_open(&user_file_backend, sh->credentials.users, &sh->auth);
}

static enum tunnel_reason open_host_dns(struct server *srv)
{
	const struct prefixes *prefixes = registry_prefixes(srv->shared.registry);
	struct host_dns_cfg cfg = {
		.loop = srv->loop,
		.netdev = srv->netdev,
		.v4 = ip_from_v4(pool_server(registry_pool(srv->shared.registry))),
		.registry = srv->shared.registry,
	};

	if (prefixes)
		cfg.v6 = prefixes_server(prefixes);
	return host_dns_open(&cfg, &srv->host_dns) ? REASON_NETWORK : REASON_NONE;
}

/* Before any thread is made, since threads inherit the signal mask. */
static int open_loop(struct server *srv)
{
	static const int signals[] = {
		SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGCHLD, SIGUSR1, SIGUSR2
	};
	int error = loop_open(&srv->loop);

	if (error)
		return error;
	watch_files(srv);
	error = loop_signals(srv->loop, signals, sizeof(signals) / sizeof(*signals), on_signal,
			     srv);
	if (!error)
		error = mailbox_open(&srv->mailbox, srv->loop, srv, NULL);
	return error ? error : watch_workers(srv);
}

static void load_leases(struct server *srv)
{
	srv->leases = (struct leases_file){ .path = srv->cfg->leases_file,
					    .is_default = srv->cfg->is_leases_default,
					    .registry = srv->shared.registry };
	leases_file_load(&srv->leases);
}

static void set_max_sessions(struct server *srv)
{
	srv->max_sessions = srv->cfg->max_sessions ? srv->cfg->max_sessions
						   : pool_size(registry_pool(srv->shared.registry));
	file_raise_limit(srv->max_sessions + WORKER_HALF_OPEN_MAX + FILES_OF_OURS +
			 FILES_OF_SPLICES +
			 (srv->cfg->ndp_proxy ? CLAIMS_MAX * srv->max_sessions : 0));
}

/* Of the port for RADIUS' CoA. */
static bool is_address_error(int error)
{
	return error == -EADDRINUSE || error == -EADDRNOTAVAIL || error == -EACCES;
}

/* The loop, the registry and the service for logins. */
static enum tunnel_reason open_shared(struct server *srv)
{
	struct server_state *sh = &srv->shared;
	int error;

	sh->workers = calloc(sh->worker_count, sizeof(*sh->workers));
	error = sh->workers ? open_loop(srv) : -ENOMEM;
	if (!error)
		error = registry_open(srv->cfg, &sh->registry);
	if (!error)
		error = open_auth(srv);
	if (error) {
		log_error(NULL, "cannot start: %s%s", strerror(-error), syscall_advice(error));
		return is_address_error(error) ? REASON_NETWORK : REASON_SYSTEM;
	}
	if (sh->credentials.users)
		registry_keep_addresses(sh->registry, user_file_users(sh->credentials.users));
	return REASON_NONE;
}

unsigned server_worker_count(const struct server_cfg *cfg)
{
	unsigned wanted = cfg->workers ? cfg->workers : count_cores();

	return wanted < WORKERS_MAX ? wanted : WORKERS_MAX;
}

static enum tunnel_reason open_all(struct server *srv)
{
	struct server_state *sh = &srv->shared;
	enum tunnel_reason reason;

	sh->cfg = srv->cfg;
	sh->worker_count = server_worker_count(srv->cfg);
	reason = credentials_open(&sh->credentials, srv->cfg, sh->worker_count);
	if (!reason)
		reason = open_shared(srv);
	if (reason)
		return reason;
	load_leases(srv);
	set_max_sessions(srv);
	health_open(&srv->health, srv->loop);
	reason = open_workers(srv);
	if (!reason)
		reason = name_device(sh);
	if (!reason && srv->cfg->dns_host)
		reason = open_host_dns(srv);
	if (!reason)
		reason = open_ndp_proxy(srv);
	if (!reason)
		watch_process(srv);
	if (!reason)
		watch_keys(srv);
	if (!reason)
		reason = listen_all(srv);
	if (!reason)
		reason = share_files(srv);
	if (!reason && !open_control(srv))
		reason = REASON_NETWORK;
	if (!reason && server_helper_seal(&srv->helper, srv->cfg, srv->loop))
		reason = REASON_SYSTEM;
	return reason;
}

/* A bind succeeds only if the address is ours and nothing listens on its UDP port 53. */
static bool is_dns_missing(uint32_t v4)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(DNS_PORT),
				  .sin_addr.s_addr = htonl(v4) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool could_bind = fd >= 0 && !bind(fd, (struct sockaddr *)&at, sizeof(at));

	if (fd >= 0)
		close(fd);
	return could_bind;
}

/* With such a name server clients connect but can't look up any name. */
static void warn_of_missing_dns(const struct server_cfg *cfg)
{
	for (size_t i = 0; i < sizeof(cfg->dns) / sizeof(*cfg->dns) && !cfg->netns; i++)
		if (cfg->dns[i] && is_dns_missing(cfg->dns[i]))
			log_warn(
				NULL,
				"--dns %s: this is the server's own address, and nothing listens on "
				"UDP port 53 there: clients will not be able to look up names",
				ip_print_v4(cfg->dns[i]).text);
}

static int start_workers(struct server *srv)
{
	struct server_state *sh = &srv->shared;
	int error = 0;

	for (unsigned i = 0; i < sh->worker_count && !error; i++)
		error = worker_start(&sh->workers[i]);
	if (error)
		log_error(NULL, "cannot start %u worker threads: %s%s", sh->worker_count,
			  strerror(-error), syscall_advice(error));
	return error;
}

static int run_loop(struct server *srv)
{
	bool has_ipv6 = srv->cfg->ipv6_network.addr.family;
	const char *each = srv->ndp_proxy ? " and of " : " and a /64 each of ";
	int error;

	log_info(NULL, "ready: %s, %u worker%s, clients get addresses of %s%s%s", device_name(srv),
		 srv->shared.worker_count, srv->shared.worker_count > 1 ? "s" : "",
		 ip_prefix_print(&srv->cfg->network).text, has_ipv6 ? each : "",
		 has_ipv6 ? ip_prefix_print(&srv->cfg->ipv6_network).text : "");
	health_up(&srv->health, device_name(srv));
	look_at_workers(&srv->look);
	save_periodically(&srv->save);
	loop_timer_set(srv->loop, &srv->expiry, loop_now(srv->loop) + DAY_MS);
	srv->started_ms = loop_now(srv->loop);
	if (srv->cfg->ready)
		srv->cfg->ready(srv->cfg->ready_arg);
	error = loop_run(srv->loop);
	if (error)
		log_error(NULL, "the event loop: %s%s", strerror(-error), syscall_advice(error));
	return error;
}

static int start_radius(struct server *srv)
{
	int error = srv->shared.radius ? radius_start(srv->shared.radius) : 0;

	if (error)
		log_error(NULL, "cannot start RADIUS' thread: %s%s", strerror(-error),
			  syscall_advice(error));
	return error;
}

static enum tunnel_reason run(struct server *srv)
{
	int error;

	warn_of_missing_dns(srv->cfg); /* no socket can be bound in the sandbox */
	error = server_sandbox_enter(srv->cfg, srv->helper.helper, &srv->control.sandbox);
	log_writer_go_on();
	if (!error)
		error = start_radius(srv);
	if (!error)
		error = start_workers(srv);
	if (!error)
		error = run_loop(srv);
	if (error)
		call_all(srv, worker_stop_now);
	if (error || srv->has_lost_helper || srv->has_lost_keys)
		return REASON_SYSTEM;
	return srv->shared.is_device_lost ? REASON_NETWORK : REASON_NONE;
}

static void join_all(struct server *srv)
{
	for (unsigned i = 0; i < srv->shared.worker_count; i++)
		worker_join(&srv->shared.workers[i]);
}

static void close_watch(struct server *srv, struct loop_watch *watch)
{
	if (watch->fd < 0)
		return;
	loop_unwatch(srv->loop, watch);
	close(watch->fd);
}

static void close_all(struct server *srv)
{
	struct server_state *sh = &srv->shared;

	if (srv->helper.helper)
		*srv->control.service.place.path = '\0'; /* the helper removes it */
	server_control_close(&srv->control);
	for (unsigned i = 0; sh->workers && i < sh->worker_count; i++)
		worker_close(&sh->workers[i]);
	for (size_t i = 0; i < srv->listening && !srv->helper.helper; i++)
		listen_remove(&srv->cfg->listen[i]);
	session_scripts_close(&sh->scripts);
	free(sh->workers);
	ndp_proxy_close(srv->ndp_proxy);
	registry_close(sh->registry);
	auth_close(sh->auth);
	radius_close(sh->radius);
	auth_command_close(sh->auth_command);
	credentials_close(&sh->credentials);
	health_close(&srv->health);
	if (srv->process.ready)
		loop_unwatch(srv->loop, &srv->process);
	if (srv->keys.ready)
		loop_unwatch(srv->loop, &srv->keys);
	host_dns_close(srv->host_dns);
	nat_close(srv->nat);
	netdev_close(srv->netdev);
	close_watch(srv, &srv->ended);
	file_watch_close(&srv->files);
	settings_free(srv->settings);
	mailbox_close(&srv->mailbox); /* after the workers, which still sent answers when closed */
	server_helper_close(&srv->helper);
	loop_close(srv->loop);
}

enum tunnel_reason server_run(const struct server_cfg *cfg)
{
	struct server *srv = calloc(1, sizeof(*srv));
	enum tunnel_reason reason;

	if (!srv)
		return REASON_SYSTEM;
	srv->cfg = cfg;
	srv->ended.fd = srv->mailbox.watch.fd = -1;
	srv->look.expired = look_at_workers;
	srv->save.expired = save_periodically;
	srv->drain.expired = look_at_drain;
	srv->expiry.expired = warn_of_expiry_daily;
	srv->files.list = list_files;
	srv->files.changed = on_changed_files;
	srv->helper.changed = on_helper_changed;
	srv->helper.gone = on_helper_gone;
	reason = server_helper_start(&srv->helper, cfg) ? REASON_SYSTEM : open_all(srv);
	if (!reason) {
		reason = run(srv);
		join_all(srv);
		leases_file_save(&srv->leases);
	}
	close_all(srv);
	free(srv);
	return reason;
}
