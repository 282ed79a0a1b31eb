/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The environment of a vpnc-script, as openconnect(8) sets it and vpnc-script itself documents it.
 *
 * vpnc-script takes an INTERNAL_IP6_ADDRESS without a list of IPv6 routes as permission to send all
 * of the host's IPv6 into the tunnel. So it gets one only if it was advertised with a router or with
 * routes, and not when only IPv4 networks are to go into the tunnel. A link-local address is
 * INTERNAL_IP6_LINK_LOCAL, which is our own variable, and so is the delegated prefix,
 * INTERNAL_IP6_DELEGATED.
 */
#include "client/script.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"

enum { CLOSING_LOOK_MS = 5 };

static const char *const reasons[] = {
	[SCRIPT_PRE_INIT] = "pre-init",
	[SCRIPT_CONNECT] = "connect",
	[SCRIPT_ATTEMPT_RECONNECT] = "attempt-reconnect",
	[SCRIPT_RECONNECT] = "reconnect",
	[SCRIPT_DISCONNECT] = "disconnect",
};

/* Variables of an outer VPN's script, if any, in our own environment must not be passed on. */
static bool is_of_a_vpnc_script(const char *name, size_t len)
{
	static const char *const names[] = { "reason", "TUNDEV", "IDLE_TIMEOUT", "LOG_LEVEL" };
	static const char *const heads[] = { "INTERNAL_IP", "CISCO_", "VPN" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (len == strlen(names[i]) && !memcmp(name, names[i], len))
			return true;
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		if (len >= strlen(heads[i]) && !memcmp(name, heads[i], strlen(heads[i])))
			return true;
	return false;
}

/* The DNS servers of one family, separated by spaces. */
static void set_dns(struct env *e, const char *name, const struct link_addrs *link,
		    sa_family_t family)
{
	char list[sizeof(struct ip_text) * LINK_DNS_MAX] = "";
	size_t n = 0;

	for (size_t i = 0; i < link->dns_count; i++)
		if (link->dns[i].family == family)
			n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", n ? " " : "",
					      ip_print(&link->dns[i]).text);
	if (n)
		env_set(e, name, "%s", list);
}

struct ip_addr script_ipv6_address(const struct link_addrs *link)
{
	const struct slaac_config *c = &link->ip6;

	for (size_t i = 0; i < c->addr_count && (c->has_router || c->route_count); i++)
		if (c->addrs[i].preferred_s)
			return c->addrs[i].addr;
	return (struct ip_addr){ 0 };
}

static bool has_route(const struct script_env *s, sa_family_t family)
{
	for (size_t i = 0; i < s->route_count; i++)
		if (s->routes[i].addr.family == family)
			return true;
	return !s->route_count;
}

/* Those of the server's side; where it forwards nothing else they are the list also without --route. */
static size_t pushed_count6(const struct script_env *s)
{
	const struct slaac_config *c = s->link ? &s->link->ip6 : NULL;

	return c && (s->is_split || !c->has_router) ? c->route_count : 0;
}

static void set_ipv6(struct env *e, const struct script_env *s)
{
	struct ip_addr a = script_ipv6_address(s->link);

	if (s->link->own_ll.family != AF_UNSPEC)
		env_set(e, "INTERNAL_IP6_LINK_LOCAL", "%s", ip_print(&s->link->own_ll).text);
	if (s->link->delegated.addr.family)
		env_set(e, "INTERNAL_IP6_DELEGATED", "%s",
			ip_prefix_print(&s->link->delegated).text);
	if (a.family == AF_UNSPEC || !(has_route(s, AF_INET6) || pushed_count6(s)))
		return;
	env_set(e, "INTERNAL_IP6_ADDRESS", "%s", ip_print(&a).text);
	env_set(e, "INTERNAL_IP6_NETMASK", "%s/128", ip_print(&a).text);
}

struct name_list {
	char text[8192];
	size_t len;
};

/* A name that does not fit is left out. */
static void add_name(struct name_list *l, const char *separator, const char *name)
{
	size_t room = sizeof(l->text) - l->len;

	if (strlen(separator) + strlen(name) < room)
		l->len += (size_t)snprintf(l->text + l->len, room, "%s%s", l->len ? separator : "",
					   name);
}

/* The search domains: the user's, or else those that the server's side advertises. */
static void set_search(struct env *e, const struct script_env *s)
{
	struct name_list l = { .len = 0 };
	const struct slaac_config *c = &s->link->ip6;
	bool is_twice = false; /* the same by both families */

	for (size_t i = 0; i < s->dns_names.search_count; i++)
		add_name(&l, " ", s->dns_names.search[i]);
	for (size_t i = 0; i < c->domain_count && !s->dns_names.search_count; i++) {
		add_name(&l, " ", c->domains[i]);
		is_twice = is_twice || !strcasecmp(c->domains[i], s->link->domain);
	}
	if (*s->link->domain && !is_twice && !s->dns_names.search_count)
		add_name(&l, " ", s->link->domain);
	if (l.len)
		env_set(e, "CISCO_DEF_DOMAIN", "%s", l.text);
}

/* As openconnect: the domains that only the VPN's servers know. */
static void set_split_dns(struct env *e, const struct dns_names *names)
{
	struct name_list l = { .len = 0 };

	for (size_t i = 0; i < names->domain_count; i++)
		add_name(&l, ",", names->domains[i]);
	if (l.len)
		env_set(e, "CISCO_SPLIT_DNS", "%s", l.text);
}

static void set_link(struct env *e, const struct link_addrs *link)
{
	if (link->own.family == AF_INET) {
		env_set(e, "INTERNAL_IP4_ADDRESS", "%s", ip_print(&link->own).text);
		env_set(e, "INTERNAL_IP4_NETADDR", "%s", ip_print(&link->own).text);
		env_set(e, "INTERNAL_IP4_NETMASK", "255.255.255.255");
		env_set(e, "INTERNAL_IP4_NETMASKLEN", "32");
	}
	if (link->peer.family != AF_UNSPEC)
		env_set(e, "INTERNAL_IP4_PEER", "%s", ip_print(&link->peer).text);
	set_dns(e, "INTERNAL_IP4_DNS", link, AF_INET);
	set_dns(e, "INTERNAL_IP6_DNS", link, AF_INET6);
}

static void set_numbered(struct env *e, const char *list, unsigned i, const char *what,
			 const char *value)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_%u_%s", list, i, what);
	env_set(e, name, "%s", value);
}

static void set_route(struct env *e, const char *list, unsigned i, const struct ip_prefix *p)
{
	struct ip_addr net = ip_mask(&p->addr, p->len), ones = ip_from_v4(UINT32_MAX), mask;
	char len[16];

	mask = ip_mask(&ones, p->len);
	snprintf(len, sizeof(len), "%u", p->len);
	set_numbered(e, list, i, "ADDR", ip_print(&net).text);
	if (p->addr.family == AF_INET)
		set_numbered(e, list, i, "MASK", ip_print(&mask).text);
	set_numbered(e, list, i, "MASKLEN", len);
}

/* Returns how many are set after these. */
static unsigned add_routes(struct env *e, const char *list, unsigned n,
			   const struct ip_prefix *routes, size_t count, sa_family_t family)
{
	for (size_t i = 0; i < count; i++)
		if (routes[i].addr.family == family)
			set_route(e, list, n++, &routes[i]);
	if (n)
		env_set(e, list, "%u", n);
	return n;
}

/* The user's routes, and those that the server's side gives: IPv4 by DHCP, IPv6 by advertisements. */
static void set_routes(struct env *e, const struct script_env *s)
{
	unsigned n = add_routes(e, "CISCO_SPLIT_INC", 0, s->routes, s->route_count, AF_INET);
	unsigned n6 = add_routes(e, "CISCO_IPV6_SPLIT_INC", 0, s->routes, s->route_count, AF_INET6);

	if (s->is_split && s->link)
		add_routes(e, "CISCO_SPLIT_INC", n, s->link->routes, s->link->route_count, AF_INET);
	if (s->link)
		add_routes(e, "CISCO_IPV6_SPLIT_INC", n6, s->link->ip6.routes, pushed_count6(s),
			   AF_INET6);
	add_routes(e, "CISCO_SPLIT_EXC", 0, s->excluded, s->excluded_count, AF_INET);
	add_routes(e, "CISCO_IPV6_SPLIT_EXC", 0, s->excluded, s->excluded_count, AF_INET6);
}

void script_environment(struct env *e, enum script_reason reason, const struct script_env *s)
{
	env_init(e, is_of_a_vpnc_script);
	env_set(e, "reason", "%s", reasons[reason]);
	env_set(e, "VPNPID", "%ld", (long)(s->pid ? s->pid : getpid()));
	env_set(e, "TUNDEV", "%s", s->device);
	env_set(e, "LOG_LEVEL", "%d", log_wants(LOG_LEVEL_DEBUG) ? 2 : log_wants(LOG_LEVEL_INFO));
	if (s->gateway.family != AF_UNSPEC)
		env_set(e, "VPNGATEWAY", "%s", ip_print(&s->gateway).text);
	if (s->mtu)
		env_set(e, "INTERNAL_IP4_MTU", "%u", s->mtu);
	if (s->link) {
		set_link(e, s->link);
		set_search(e, s);
		set_ipv6(e, s);
	}
	set_split_dns(e, &s->dns_names);
	/* without any of these lists vpnc-script routes all traffic */
	set_routes(e, s);
}

/* ---- running */

static void log_result(const struct log *log, enum script_reason reason, const char *option,
		       const char *command, int result)
{
	struct log_field of = LOG_TEXT("option", option);

	if (result == -ETIMEDOUT)
		log_event(log, LOG_LEVEL_ERROR, "script_failed",
			  "{option} ({script}): {command} took too long and was ended", of,
			  LOG_TEXT("script", reasons[reason]), LOG_TEXT("command", command));
	else if (result < 0)
		log_event(log, LOG_LEVEL_ERROR, "script_failed", "{option} ({script}): {reason}",
			  of, LOG_TEXT("script", reasons[reason]), LOG_TEXT("command", command),
			  LOG_TEXT("reason", strerror(-result)));
	else if (result > 0)
		log_event(log, LOG_LEVEL_ERROR, "script_failed",
			  "{option} ({script}): it ended with status {status}", of,
			  LOG_TEXT("script", reasons[reason]), LOG_TEXT("command", command),
			  LOG_NUMBER("status", (uint64_t)result));
}

static int run_limited(enum script_reason reason, const struct script_env *s, unsigned limit_ms)
{
	const char *const argv[] = { "/bin/sh", "-c", s->command, NULL };
	struct run run = { .argv = argv, .limit_ms = limit_ms };
	struct env env;
	int result;

	script_environment(&env, reason, s);
	run.env = &env;
	log_debug(s->log, "script: %s", reasons[reason]);
	result = run_program(&run);
	env_free(&env);
	log_result(s->log, reason, s->option ? s->option : "script", s->command, result);
	return result > 0 ? -EPROTO : result;
}

int script_run(enum script_reason reason, const struct script_env *s)
{
	return run_limited(reason, s, SCRIPT_LIMIT_MS);
}

/* ---- the queue */

struct script_job {
	struct script_job *next;
	enum script_reason reason;
	const char *option, *command;
	struct env env;
};

static void free_job(struct script_job *job)
{
	env_free(&job->env);
	free(job);
}

/* Removes the first one. */
static void drop_first(struct scripts *s)
{
	struct script_job *job = s->first;

	s->first = job->next;
	if (!s->first)
		s->last = NULL;
	s->count--;
	free_job(job);
}

static void end_first(struct scripts *s, int result)
{
	enum script_reason reason = s->first->reason;

	outputs_read(&s->outputs);
	log_result(s->log, reason, s->first->option, s->first->command, result);
	drop_first(s);
	if (result && s->failed && !s->is_closing)
		s->failed(s, reason, result);
}

static int start(struct scripts *s, const struct script_job *job)
{
	const char *const argv[] = { "/bin/sh", "-c", job->command, NULL };
	int output = output_open(&s->outputs, job->option), error;
	const struct run run = {
		.argv = argv, .env = &job->env, .output = output, .limit_ms = s->limit_ms
	};

	if (output < 0)
		return output;
	error = run_beside_start(&s->run, &run);
	close(output);
	return error;
}

static void start_first(struct scripts *s)
{
	int error;

	assert(s->first);
	log_debug(s->log, "script: %s", reasons[s->first->reason]);
	error = start(s, s->first);
	if (error)
		end_first(s, error);
}

static void ended(struct run_beside *run, int result)
{
	struct scripts *s = container_of(run, struct scripts, run);

	end_first(s, result);
	if (s->is_closing)
		return;
	while (s->first && !s->run.pid)
		start_first(s);
	if (!s->first)
		s->idle(s);
}

static void log_line(struct outputs *o, const char *label, const char *at, size_t len)
{
	const struct scripts *s = container_of(o, struct scripts, outputs);

	log_event(s->log, LOG_LEVEL_INFO, "script_output", "{option}: {line}",
		  LOG_TEXT("option", label), LOG_BYTES("line", at, len));
}

void scripts_child(struct scripts *s)
{
	run_beside_child(&s->run);
}

void scripts_open(struct scripts *s)
{
	s->run = (struct run_beside){ .loop = s->loop, .ended = ended };
	run_beside_open(&s->run);
	s->outputs = (struct outputs){ .loop = s->loop, .line = log_line };
	if (!s->limit_ms)
		s->limit_ms = SCRIPT_LIMIT_MS;
}

static struct script_job *new_job(enum script_reason reason, const struct script_env *env)
{
	struct script_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->reason = reason;
	job->option = env->option ? env->option : "script";
	job->command = env->command;
	script_environment(&job->env, reason, env);
	return job;
}

/* Lost and reconnected tunnels: only the last of these events matters. */
static bool is_of_a_reconnect(enum script_reason reason)
{
	return reason == SCRIPT_ATTEMPT_RECONNECT || reason == SCRIPT_RECONNECT;
}

static const struct script_job *last_attempt(const struct scripts *s)
{
	const struct script_job *last = NULL;

	for (const struct script_job *job = s->first->next; job; job = job->next)
		if (job->reason == SCRIPT_ATTEMPT_RECONNECT)
			last = job;
	return last;
}

/*
 * The first one is running. Of the others, removes those that `next` makes outdated: all earlier
 * losses and reconnects, except the last loss before a reconnect.
 */
static void drop_outdated(struct scripts *s, enum script_reason next)
{
	const struct script_job *attempt = next == SCRIPT_RECONNECT ? last_attempt(s) : NULL;
	struct script_job **link = &s->first->next, *job;
	size_t before = s->count;

	s->last = s->first;
	while ((job = *link)) {
		if (is_of_a_reconnect(job->reason) && job != attempt) {
			*link = job->next;
			free_job(job);
			s->count--;
		} else {
			s->last = job;
			link = &job->next;
		}
	}
	log_warn(s->log, "script: %zu waiting calls are skipped: they are out of date",
		 before - s->count);
}

void scripts_add(struct scripts *s, enum script_reason reason, const struct script_env *env)
{
	struct script_job *job = new_job(reason, env);

	if (!job) {
		log_error(s->log, "script (%s): not run: %s", reasons[reason], strerror(ENOMEM));
		return;
	}
	if (s->count >= SCRIPTS_MAX && is_of_a_reconnect(reason))
		drop_outdated(s, reason);
	if (s->last)
		s->last->next = job;
	else
		s->first = job;
	s->last = job;
	s->count++;
	if (s->count == 1)
		start_first(s);
}

bool scripts_are_idle(const struct scripts *s)
{
	return !s->first;
}

/* Waits for the running one, and for its output: a full pipe would hold it. */
static void wait_for_first(struct scripts *s, uint64_t end_ms)
{
	while (s->run.pid && clock_now_ms() < end_ms) {
		const struct timespec t = { 0, CLOSING_LOOK_MS * 1000000L };

		outputs_read(&s->outputs);
		run_beside_child(&s->run);
		if (s->run.pid)
			nanosleep(&t, NULL);
	}
	if (s->run.pid)
		end_first(s, run_beside_wait(&s->run, 1));
}

void scripts_close(struct scripts *s, const struct script_env *env)
{
	uint64_t end_ms = clock_now_ms() + SCRIPT_END_LIMIT_MS;

	s->is_closing = true;
	wait_for_first(s, end_ms - SCRIPT_END_LIMIT_MS / 2);
	while (s->first)
		drop_first(s);
	if (env && s->loop) {
		scripts_add(s, SCRIPT_DISCONNECT, env);
		wait_for_first(s, end_ms);
	} else if (env) {
		run_limited(SCRIPT_DISCONNECT, env, SCRIPT_END_LIMIT_MS);
	}
	outputs_close(&s->outputs);
}
