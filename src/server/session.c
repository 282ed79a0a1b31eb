/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The life of a session: half open; a login that is being checked; up, with an address; ended. Only
 * sessions that log in, or try to, are logged at info; port scans are logged at debug.
 */
#include "server/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/radius_grant.h"
#include "eap/packet.h"
#include "ip6/dhcp6_server.h"
#include "net/congestion.h"
#include "ppp/mschap_message.h"
#include "util/secret.h"

enum {
	SETUP_MS = 58 * 1000,  /* for the whole set-up: before clients give up, after a minute */
	LISTED_MAX = 100,      /* sessions of a worker that SIGUSR1 logs */
	ADVERTS_PER_MS = 4,    /* of a worker, when what is advertised has changed */
	CLAIM_EVERY_MS = 10,   /* the packets of a worker's sessions claim addresses so often */
	REFUSAL_MIN_MS = 1000, /* a refusal is sent after once to twice this time */
};

/* ---- addresses */

static struct ip_prefix delegated_prefix(const struct session_host *h, uint16_t number)
{
	return prefixes_at(registry_delegated(h->registry), number);
}

static void drop_claims(struct session *s)
{
	struct ip_addr a;

	while (s->host->cfg->ndp_proxy &&
	       registry_drop_claim(s->host->registry, &s->registration, &a))
		addr_map_remove(s->host->by_addr, &a);
}

/*
 * The addresses stay registered, since IPV6CP may come up again and may have asked for them already.
 */
static void forget_ipv6(struct session *s)
{
	struct ip_prefix delegated;

	loop_timer_stop(s->host->loop, &s->timer);
	drop_claims(s);
	if (s->ipv6.family)
		addr_map_remove(s->host->by_addr, &s->ipv6);
	if (s->prefix.family)
		addr_map_remove(s->host->by_addr, &s->prefix);
	if (s->delegated) {
		delegated = delegated_prefix(s->host, s->delegated);
		addr_map_remove(s->host->by_addr, &delegated.addr);
	}
	s->ipv6 = s->prefix = (struct ip_addr){ 0 };
	s->delegated = 0;
}

static void give_up_addresses(struct session *s)
{
	registry_logout(s->host->registry, &s->registration);
	if (s->ipv4.family)
		addr_map_remove(s->host->by_addr, &s->ipv4);
	forget_ipv6(s);
	s->ipv4 = (struct ip_addr){ 0 };
}

static void end_for(struct session *s, enum tunnel_reason reason, const char *why)
{
	log_info(&s->log, "ends: %s", why);
	give_up_addresses(s);
	tunnel_shutdown_for(&s->tunnel, reason, why);
}

struct session *session_find(const struct session_host *h, uint64_t id)
{
	struct id_entry *e = ids_find(h->by_id, id);

	return e ? container_of(e, struct session, id) : NULL;
}

void session_evict(struct session_host *h, uint64_t id, enum tunnel_reason reason, const char *why)
{
	struct session *s = session_find(h, id);

	if (s)
		end_for(s, reason, why);
}

/*
 * A session that still has the address in our map has lost it in the registry, and its eviction by
 * another worker is still in our mailbox: that session ends now, before the new one gets the
 * address.
 */
static bool claim(struct session *s, const struct ip_addr *a)
{
	struct session *old = addr_map_find(s->host->by_addr, a);

	if (old)
		end_for(old, REASON_REPLACED, "a newer session has its address");
	return addr_map_add(s->host->by_addr, a, s);
}

static void evict_all(struct session_host *h, const struct evictions *evictions)
{
	for (size_t i = 0; i < evictions->count; i++)
		h->evict(h, &evictions->at[i]);
}

/* ---- who it is */

static const char *user_of(const struct session *s)
{
	return s->user ? s->user : "";
}

/* False: no memory. */
static bool set_user(struct session *s, struct bytes name)
{
	free(s->user);
	s->user = strndup((const char *)name.at, name.len);
	return s->user;
}

static struct ip_text print_peer(const struct session *s)
{
	if (!s->registration.source.family)
		return (struct ip_text){ "a Unix socket" };
	return ip_print_port(&s->registration.source, s->peer_port);
}

/* ---- login */

static void look_at_limits(struct loop_timer *timer)
{
	struct granted *g = container_of(timer, struct granted, timer);
	struct session *s = g->session;
	uint64_t now = loop_now(s->host->loop);

	switch (limits_check(&g->limits, &s->tunnel.stats, now)) {
	case LIMITS_NONE:
		break;
	case LIMITS_INTERIM:
		account_update(s);
		break;
	case LIMITS_TIME:
		end_for(s, REASON_TIME, "the user's time is over");
		return;
	case LIMITS_IDLE:
		end_for(s, REASON_IDLE, "no packet for the user's idle time");
		return;
	case LIMITS_QUOTA:
		end_for(s, REASON_QUOTA, "the user's traffic is used up");
		return;
	}
	loop_timer_set(s->host->loop, timer, limits_deadline(&g->limits));
}

/* Most sessions of a server without RADIUS have no limits, and no memory for them. */
static bool has_limits(const struct session *s, const struct auth_grant *grant)
{
	return s->host->radius || grant->session_s || grant->idle_s || grant->quota ||
	       grant->filter[0] || grant->route_count || grant->push_route_count;
}

/* Returns false without memory. */
static bool remember_grant(struct session *s, const struct auth_grant *grant)
{
	const struct radius_cfg *radius = s->host->cfg->radius;
	size_t pushed_len = grant->push_route_count * sizeof(*grant->push_routes);
	struct granted *g;

	if (!has_limits(s, grant))
		return true;
	g = s->granted = calloc(1, sizeof(*g) + pushed_len);
	if (!g)
		return false;
	g->session = s;
	g->grant = *grant;
	if (pushed_len)
		memcpy(g->push_routes, grant->push_routes, pushed_len);
	g->grant.push_routes = g->push_routes;
	g->timer.expired = look_at_limits;
	limits_start(&g->limits, grant, radius ? radius->interim_s : 0, loop_now(s->host->loop));
	loop_timer_set(s->host->loop, &g->timer, limits_deadline(&g->limits));
	return true;
}

void session_change(struct session_host *h, uint64_t id, struct bytes packet)
{
	struct session *s = session_find(h, id);
	const struct radius_cfg *radius = h->cfg->radius;
	struct granted *g = s ? s->granted : NULL;
	struct radius_walk w = radius_walk(packet);
	struct radius_attr a;

	if (!g || tunnel_is_ending(&s->tunnel))
		return;
	while (radius_next(&w, &a))
		if (radius_grant_is_changeable(&a))
			radius_grant_take(&g->grant, &a);
	limits_change(&g->limits, &g->grant, radius ? radius->interim_s : 0, loop_now(h->loop));
	loop_timer_set(h->loop, &g->timer, limits_deadline(&g->limits));
	tunnel_set_rates(&s->tunnel, g->grant.rate_up, g->grant.rate_down);
	log_info(&s->log, "the RADIUS server changed the limits of this session");
}

/* NULL, or the reason for a refusal. */
static const struct refusal *choose_filter(const struct session *s, const char *name,
					   struct filter_use *use)
{
	static const struct refusal unknown = {
		"the user's filter does not exist, and without it the session would be allowed too "
		"much",
		"the server cannot apply the filter of this user",
	};
	const char *file = s->host->cfg->filters_file;

	if (!*name || filter_store_use(s->host->filters, name, use))
		return NULL;
	log_warn(&s->log, "there is no filter %s: %s%s", log_quote(name, strlen(name)).text,
		 file ? "it is not in " : "--filters is not given", file ? file : "");
	return &unknown;
}

void session_change_filters(struct session_host *h)
{
	for (struct session *s = h->open.first; s; s = s->next) /* freed in a later turn */
		if (s->granted && !tunnel_is_ending(&s->tunnel) &&
		    choose_filter(s, s->granted->grant.filter, &s->granted->filter))
			end_for(s, REASON_ADMIN, "the user's filter does not exist any more");
}

/*
 * The part of the network that the user's address is from; RFC 2869 section 5.18: a pool's name has no
 * meaning where there are no pools. NULL, or the reason for a refusal.
 */
static const struct refusal *choose_part(const struct session *s, const char *name, unsigned *part)
{
	static const struct refusal unknown = {
		"the user's address is to come from a pool that no --pool names",
		"the server has no address for this user",
	};
	const struct server_cfg *cfg = s->host->cfg;

	*part = 0;
	if (!*name)
		return NULL;
	for (size_t i = 0; i < cfg->pool_count; i++)
		if (!strcmp(cfg->pools[i].name, name)) {
			*part = (unsigned)i + 1;
			return NULL;
		}
	log_warn(&s->log, "there is no --pool %s%s", log_quote(name, strlen(name)).text,
		 cfg->pool_count ? "" : ": the address is of --ipv4-network");
	return cfg->pool_count ? &unknown : NULL;
}

/* NULL, or the reason for a refusal. */
static const struct refusal *take_address(struct session *s, const struct auth_grant *grant)
{
	struct evictions evictions;
	const struct refusal *refused;
	uint32_t addr = grant->ipv4;
	unsigned part;

	refused = choose_part(s, grant->pool, &part);
	if (refused)
		return refused;
	s->registration.max_sessions = grant->sessions;
	refused = registry_login(s->host->registry, &s->registration, part, &addr, &evictions);
	evict_all(s->host, &evictions);
	if (refused)
		return refused;
	s->ipv4 = ip_from_v4(addr);
	if (claim(s, &s->ipv4))
		return NULL;
	s->ipv4 = (struct ip_addr){ 0 };
	give_up_addresses(s);
	return &registry_out_of_memory;
}

/* Registers the session with what it is granted. NULL, or the reason for a refusal. */
static const struct refusal *log_in(struct session *s, const struct auth_grant *grant)
{
	struct filter_use filter = { NULL, NULL };
	const struct refusal *refused = choose_filter(s, grant->filter, &filter);

	if (!refused)
		refused = take_address(s, grant);
	if (!refused && !(remember_grant(s, grant) &&
			  tunnel_set_rates(&s->tunnel, grant->rate_up, grant->rate_down))) {
		give_up_addresses(s);
		refused = &registry_out_of_memory;
	}
	if (refused)
		filter_use_end(&filter);
	else if (filter.filter)
		s->granted->filter = filter;
	return refused;
}

static void on_advertise(struct loop_timer *timer);

/* Those that can't be used are forgotten, so that no packet may come from there. */
static void add_networks(struct session *s)
{
	struct auth_grant *g = s->granted ? &s->granted->grant : NULL;
	size_t kept = 0;

	for (size_t i = 0; g && i < g->route_count; i++) {
		const char *why =
			registry_add_network(s->host->registry, &s->registration, &g->routes[i]);

		if (why)
			log_warn(&s->log, "no route to %s through this session: %s",
				 ip_prefix_print(&g->routes[i]).text, why);
		else
			g->routes[kept++] = g->routes[i];
	}
	if (g)
		g->route_count = kept;
}

static void apply_grant(struct session *s, const struct auth_grant *grant,
			struct ppp_auth_result *v)
{
	v->ipv4 = ip_v4(&s->ipv4);
	memcpy(v->dns, grant->dns, sizeof(v->dns));
	memcpy(v->nbns, grant->nbns, sizeof(v->nbns));
	if (grant->mtu && grant->mtu < s->tunnel.cfg.mtu)
		s->tunnel.cfg.mtu = grant->mtu;
	if (grant->has_iid)
		ppp_suggest_iid(&s->tunnel.ppp, grant->iid);
	add_networks(s);
	if (!pushed_fits(s->host->cfg, grant))
		log_warn(&s->log,
			 "not all push-route= and --push-route networks fit into a reply by "
			 "DHCP, or a Router Advertisement: the last ones are left out");
}

static void count_login(struct session *s, enum login_result result)
{
	s->host->stats.logins_by[s->method][result]++;
}

static void accept_login(struct session *s, const struct auth_grant *grant,
			 struct ppp_auth_result *v)
{
	apply_grant(s, grant, v);
	half_open_remove(&s->host->half_open, &s->half_open);
	sessions_add(&s->host->open, s);
	s->is_open = true;
	s->timer.expired = on_advertise;
	s->host->stats.logins++;
	count_login(s, LOGIN_OK);
	s->host->opened(s->host);
	s->log_limit = (struct log_limit){ .about = "this session", .max = LOG_PEER_MAX };
	s->log.limit = &s->log_limit;
	tunnel_auth_result(&s->tunnel, v);
}

/*
 * Sends the refusal after a delay, to slow down guessing; the delay is the same for a wrong
 * password and an unknown user. With `end_text` the password is right: the peer gets a success and
 * then a close with that text, so that it may try again; clients give up when their password is
 * refused.
 */
static void refuse_login(struct session *s, const struct ppp_auth_result *v, const char *end_text)
{
	struct loop *loop = s->host->loop;
	uint32_t jitter;

	secret_random(&jitter, sizeof(jitter));
	s->refusal = malloc(sizeof(*s->refusal));
	if (!s->refusal) {
		tunnel_shutdown_for(&s->tunnel, REASON_SYSTEM,
				    end_text ? PPP_UNCHECKED_TEXT : "out of memory");
		return;
	}
	*s->refusal = *v;
	s->refusal->ipv4 = 0;
	s->end_text = end_text;
	s->host->stats.refusals++;
	loop_timer_set(loop, &s->timer, loop_now(loop) + REFUSAL_MIN_MS + jitter % REFUSAL_MIN_MS);
}

/* `script` is NULL then, and refuse_login may set `end_text`. */
static void end_script(struct session *s, enum tunnel_reason reason)
{
	uint64_t age_ms = loop_now(s->host->loop) - s->started_ms;

	if (s->refusal || !s->script)
		return;
	session_script_end(s->script, reason, age_ms / 1000, &s->tunnel.stats);
	s->script = NULL;
	s->is_held = false;
}

/* EAP: a Request that tells the reason; the Failure follows the Response to it. */
static bool send_last_request(struct session *s)
{
	size_t len = s->eap ? s->eap->last_len : 0;

	if (!len)
		return false;
	s->eap->last_len = 0;
	return tunnel_eap_send(&s->tunnel, bytes_of(s->eap->last, len));
}

static void after_delay(struct loop_timer *timer)
{
	struct session *s = container_of(timer, struct session, timer);

	if (send_last_request(s))
		return;
	tunnel_auth_result(&s->tunnel, s->refusal);
	if (s->end_text)
		tunnel_shutdown_for(&s->tunnel, REASON_UNAVAILABLE, s->end_text);
}

static struct log_field log_user(const struct session *s)
{
	return LOG_BYTES("user", user_of(s), strlen(user_of(s)));
}

/* Limited, since strangers can cause any number of refusals. */
static enum log_level refusal_level(void)
{
	return log_limit_passes(&log_refusals) ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG;
}

static void log_refused(const struct session *s, struct bytes user, const char *reason)
{
	log_event(&s->log, refusal_level(), "login_failed",
		  "{peer}: login of user {user} by {method} refused: {reason}",
		  LOG_TEXT("peer", print_peer(s).text), LOG_BYTES("user", user.at, user.len),
		  LOG_TEXT("method", ppp_auth_name(s->method)), LOG_TEXT("reason", reason));
}

/* The login could not be checked: closes without a result, so that the client tries again. */
static void end_unchecked_login(struct session *s, struct bytes user, const char *reason)
{
	log_refused(s, user, reason);
	count_login(s, LOGIN_UNAVAILABLE);
	tunnel_shutdown_for(&s->tunnel, REASON_UNAVAILABLE, PPP_UNCHECKED_TEXT);
}

static void refuse_banned_login(struct session *s)
{
	static const struct ppp_auth_result forbidden = {
		.message = "too many failed logins, try again in ten minutes",
	};

	log_refused(s, bytes_text(user_of(s)), "too many failed logins before");
	count_login(s, LOGIN_BANNED);
	refuse_login(s, &forbidden, NULL);
}

static const char *why_not_asked(int error)
{
	switch (error) {
	case -EAGAIN:
		return "too many logins wait to be checked";
	case -EDQUOT:
		return "too many logins from this address wait to be checked";
	default:
		return strerror(-error);
	}
}

/* ---- the session script */

static void refuse_by_script(struct session *s, int status)
{
	struct ppp_auth_result v = { .error = MSCHAP_NO_DIAL_IN };
	char why[64];

	snprintf(why, sizeof(why), "by --session-script, with status %d", status);
	log_refused(s, bytes_text(user_of(s)), why);
	count_login(s, LOGIN_WRONG);
	refuse_login(s, &v, NULL);
}

static void on_script(void *arg, int status)
{
	struct session *s = arg;
	struct session_script *script = s->script;
	struct held_login *held = script->held;

	s->is_held = false;
	if (tunnel_is_ending(&s->tunnel))
		return; /* the script's end follows with the session's */
	if (!status) {
		accept_login(s, s->granted ? &s->granted->grant : &held->grant, &held->result);
		session_script_release(script);
		return;
	}
	end_script(s, REASON_AUTH);
	give_up_addresses(s);
	if (status > 0)
		refuse_by_script(s, status);
	else
		end_unchecked_login(s, bytes_text(user_of(s)),
				    status == -ETIMEDOUT ? "--session-script took too long"
							 : "--session-script failed");
}

/* The address is reserved; the login goes on when the script has ended. */
static void hold_login(struct session *s, const struct auth_grant *grant,
		       const struct ppp_auth_result *v)
{
	struct session_host *h = s->host;
	const struct script_facts facts = {
		.id = s->id.id,
		.user = user_of(s),
		.method = s->method,
		.source = s->registration.source,
		.local = s->registration.local,
		.own = ip_from_v4(pool_server(registry_pool(h->registry))),
		.ipv4 = s->ipv4,
	};
	struct held_login held = { *v, *grant };
	int error = session_script_start(h->scripts, h->loop, &facts, &held, &s->log, on_script, s,
					 &s->script);

	secret_wipe(&held, sizeof(held));
	s->is_held = !error;
	if (!error)
		return;
	give_up_addresses(s);
	end_unchecked_login(s, bytes_text(user_of(s)), why_not_asked(error));
}

static void finish_login(struct session *s, const struct auth_result *result)
{
	struct ppp_auth_result v = { .ok = result->outcome == AUTH_RESULT_OK,
				     .error = result->error };
	const struct refusal *refused = v.ok ? log_in(s, &result->grant) : NULL;

	memcpy(v.message, result->message, sizeof(v.message));
	memcpy(v.hlak, result->hlak, sizeof(v.hlak));
	if (refused || !v.ok) {
		log_refused(s, bytes_text(user_of(s)), refused ? refused->why : result->reason);
		count_login(s, refused ? LOGIN_LIMITED : LOGIN_WRONG);
		refuse_login(s, &v, refused ? refused->for_peer : NULL);
	} else {
		if (s->host->scripts)
			hold_login(s, &result->grant, &v);
		else
			accept_login(s, &result->grant, &v);
	}
	secret_wipe(&v, sizeof(v));
}

static bool may_log_in(struct session *s, const struct auth_result *result)
{
	struct session_host *h = s->host;

	s->registration.user = s->user;
	s->registration.worker = h->number;
	s->registration.client = s->tunnel.sstp.correlation;
	return registry_may_log_in(h->registry, &s->registration, result->is_right,
				   loop_now(h->loop));
}

/* Passes the backend's packet to the client unchanged, if PPP can send it. */
static void send_eap(struct session *s, struct bytes eap)
{
	if (!tunnel_eap_send(&s->tunnel, eap) && !tunnel_is_ending(&s->tunnel))
		end_unchecked_login(s, bytes_text(user_of(s)), "no EAP Request that could be sent");
}

static void keep_last_request(struct session *s, struct bytes eap)
{
	if (!s->eap || !eap.len || eap.len > sizeof(s->eap->last))
		return;
	memcpy(s->eap->last, eap.at, eap.len);
	s->eap->last_len = eap.len;
}

static void on_result(void *arg, const struct auth_result *result)
{
	struct session *s = arg;

	if (result->outcome == AUTH_RESULT_CONTINUE) {
		send_eap(s, result->eap);
		return;
	}
	s->question = 0;
	if (tunnel_is_ending(&s->tunnel))
		return;
	keep_last_request(s, result->eap);
	if (result->outcome == AUTH_RESULT_UNAVAILABLE)
		end_unchecked_login(s, bytes_text(result->name), result->reason);
	else if (!set_user(s, bytes_text(result->name)))
		end_unchecked_login(s, bytes_text(result->name), strerror(ENOMEM));
	else if (may_log_in(s, result))
		finish_login(s, result);
	else
		refuse_banned_login(s);
}

/* Also checks banned users, so that the time does not reveal the ban. */
static void check_login(struct session *s, const struct ppp_attempt *attempt)
{
	struct session_host *h = s->host;
	struct auth_request rq = {
		.attempt = attempt,
		.source = s->registration.source,
		.local = s->registration.local,
		.session = s->registration.session,
	};
	int error;

	if (s->refusal || s->question || s->is_held || s->is_open)
		return; /* one attempt for each connection */
	s->method = attempt->method;
	error = auth_ask(h->auth, h->loop, &rq, on_result, s, &s->question);
	if (error)
		end_unchecked_login(s, attempt->user, why_not_asked(error));
}

void session_stats(const struct session_host *h, struct stats *sum)
{
	*sum = h->stats;
	sum->open = h->open.count;
	sum->half_open = h->half_open.count;
	for (const struct session *s = h->open.first; s; s = s->next)
		tunnel_stats_add(&sum->traffic, &s->tunnel.stats);
}

/* The log uses the Identity until the backend gives the user's name. */
static void begin_conversation(struct session *s, struct bytes eap)
{
	struct ppp_attempt attempt = { .method = PPP_AUTH_EAP, .response = eap };
	struct eap_packet packet;

	if (eap_packet_get(eap, &packet) && packet.type == EAP_IDENTITY && packet.data.len) {
		attempt.user = packet.data;
		set_user(s, packet.data);
	}
	check_login(s, &attempt);
}

static void take_eap(struct session *s, struct bytes eap)
{
	int error;

	if (s->refusal) { /* the Response to the last Request */
		tunnel_auth_result(&s->tunnel, s->refusal);
		return;
	}
	if (s->is_held)
		return;
	if (!s->question) {
		begin_conversation(s, eap);
		return;
	}
	error = auth_continue(s->host->auth, s->question, eap);
	if (error)
		end_unchecked_login(s, bytes_text(user_of(s)), why_not_asked(error));
}

void session_log_all(const struct session_host *h)
{
	size_t left = h->open.count < LISTED_MAX ? h->open.count : LISTED_MAX;

	for (const struct session *s = h->open.first; s && left; s = s->next, left--)
		log_info(&s->log,
			 "status: user %s, address %s, from %s, for %llu s; %llu bytes in, %llu "
			 "out, %s",
			 log_quote(user_of(s), strlen(user_of(s))).text, ip_print(&s->ipv4).text,
			 print_peer(s).text,
			 (unsigned long long)(loop_now(h->loop) - s->started_ms) / 1000,
			 (unsigned long long)s->tunnel.stats.rx_bytes,
			 (unsigned long long)s->tunnel.stats.tx_bytes,
			 tunnel_line_print(&s->tunnel).text);
	if (h->open.count > LISTED_MAX)
		log_info(NULL, "status: %zu sessions more", h->open.count - LISTED_MAX);
}

/* ---- events */

/* The client asks for an address other than the one that it was given. */
static bool take_ipv4(void *arg, uint32_t wanted)
{
	struct session *s = arg;

	if (!registry_change_ipv4(s->host->registry, &s->registration, wanted))
		return false;
	if (s->ipv4.family)
		addr_map_remove(s->host->by_addr, &s->ipv4);
	s->ipv4 = ip_from_v4(wanted);
	if (claim(s, &s->ipv4))
		return true;
	log_error(&s->log, "out of memory: no packets for this session");
	s->ipv4 = (struct ip_addr){ 0 };
	return true;
}

/* Refuses the server's own identifier, and any but the one that RADIUS gives to the user. */
static bool take_iid(void *arg, const uint8_t iid[PPP_IID_LEN])
{
	struct session *s = arg;
	struct ip_addr a = ip_link_local(iid);

	if (s->granted && s->granted->grant.has_iid &&
	    memcmp(iid, s->granted->grant.iid, PPP_IID_LEN) != 0)
		return false;
	return memcmp(iid, s->host->own_iid, PPP_IID_LEN) &&
	       registry_take_ipv6(s->host->registry, &s->registration, &a);
}

/* ---- router advertisements */

/* The two IPv6 name servers of the client: its own, or those of all. */
static const struct ip_addr *dns6_of(const struct session *s)
{
	bool has_own = s->granted && s->granted->grant.ipv6_dns[0].family;

	return has_own ? s->granted->grant.ipv6_dns : s->host->cfg->ipv6_dns;
}

/* The /64 in which the client forms its addresses: its own, or the one that all share. */
static struct ip_addr advertised_prefix(const struct session *s)
{
	if (s->prefix.family || !s->ipv6.family || !s->advertiser.next_ms)
		return s->prefix;
	return s->host->cfg->ipv6_network.addr;
}

/* Before the tunnel carries packets nothing is sent; TUNNEL_CONNECTED comes here again. */
static void advertise(struct session *s)
{
	const struct server_cfg *cfg = s->host->cfg;
	struct advertised what = { .prefix = advertised_prefix(s), .mtu = s->tunnel.cfg.mtu };
	uint64_t now_ms = loop_now(s->host->loop);
	const struct pushed_former *former = &s->host->former;
	struct ip_prefix routes[ADVERT_ROUTES_MAX];
	uint8_t packet[ADVERT_SIZE_MAX];
	size_t len;

	if (!s->tunnel.is_connected)
		return;
	memcpy(what.own_iid, s->host->own_iid, sizeof(what.own_iid));
	what.routes = routes;
	what.route_count = pushed_routes6(cfg, s->granted ? &s->granted->grant : NULL, routes);
	what.withdrawn = former->at;
	what.withdrawn_count = now_ms < former->until_ms ? former->count : 0;
	what.has_dhcp =
		cfg->delegate_network.addr.family || dns6_of(s)[0].family || cfg->push_domain_count;
	what.domains = cfg->push_domains;
	what.domain_count = cfg->push_domain_count;
	memcpy(what.servers, dns6_of(s), sizeof(what.servers));
	len = advertiser_tick(&s->advertiser, &what, now_ms, packet);
	if (len)
		tunnel_send_own(&s->tunnel, packet, len);
	loop_timer_set(s->host->loop, &s->timer, advertiser_deadline(&s->advertiser));
}

static bool claim_single(struct session *s, const struct ip_addr *a)
{
	struct addr_map *by_addr = s->host->by_addr;
	struct ip_addr dropped;
	enum claim_state state = registry_claim(s->host->registry, &s->registration, a,
						loop_now(s->host->loop), &dropped);

	if (dropped.family)
		addr_map_remove(by_addr, &dropped);
	return state == CLAIM_TAKEN &&
	       (addr_map_find(by_addr, a) == s || addr_map_add(by_addr, a, s));
}

/* The address that most clients form: with the identifier of IPV6CP. */
static struct ip_addr likely_address(const struct session *s)
{
	struct ip_addr a = s->host->cfg->ipv6_network.addr;

	memcpy(a.bytes + 8, s->ipv6.bytes + 8, PPP_IID_LEN);
	return a;
}

/* The client forms an address when it is known that no host outside has that one. */
static void end_claiming(struct session *s)
{
	struct ip_addr a = likely_address(s);

	if (!claim_single(s, &a)) {
		log_warn(&s->log, "IPv6 is disabled for this session: it cannot have %s",
			 ip_print(&a).text);
		return;
	}
	log_debug(&s->log, "IPv6 address %s", ip_print(&a).text);
	advertiser_start(&s->advertiser, loop_now(s->host->loop));
	advertise(s);
}

static void begin_claiming(struct session *s)
{
	struct ip_addr a = likely_address(s);

	claim_single(s, &a);
	loop_timer_set(s->host->loop, &s->timer, loop_now(s->host->loop) + CLAIMS_WAIT_MS);
}

static void on_advertise(struct loop_timer *timer)
{
	struct session *s = container_of(timer, struct session, timer);

	if (s->advertiser.next_ms)
		advertise(s);
	else
		end_claiming(s);
}

void session_use_settings(struct session_host *h, const struct server_cfg *cfg)
{
	uint64_t now_ms = loop_now(h->loop), n = 0;
	bool has_changed = pushed_change(&h->former, h->cfg, cfg, now_ms);

	h->cfg = cfg;
	for (struct session *s = h->open.first; s && has_changed; s = s->next) {
		if (!s->advertiser.next_ms)
			continue;
		advertiser_changed(&s->advertiser, now_ms + n++ / ADVERTS_PER_MS);
		loop_timer_set(h->loop, &s->timer, advertiser_deadline(&s->advertiser));
	}
}

/* The /64 that RADIUS gives to the user. False: it gives none, or it can't be used. */
static bool take_own_prefix(struct session *s)
{
	const struct ip_prefix *own = s->granted ? &s->granted->grant.ipv6_prefix : NULL;
	const char *why;

	if (!own || !own->addr.family)
		return false;
	why = own->len == PREFIXES_LEN
		      ? registry_add_network(s->host->registry, &s->registration, own)
		      : "it is not a /64";
	if (!why && claim(s, &own->addr)) {
		s->prefix = own->addr;
		return true;
	}
	log_warn(&s->log, "the user's IPv6 prefix %s cannot be used: %s", ip_prefix_print(own).text,
		 why ? why : "out of memory");
	return false;
}

static void take_free_prefix(struct session *s)
{
	if (registry_take_prefix(s->host->registry, &s->registration) &&
	    claim(s, &s->registration.prefix))
		s->prefix = s->registration.prefix;
	else
		log_warn(&s->log,
			 "no IPv6 prefix for this session: all of --ipv6-network %s are "
			 "in use",
			 ip_prefix_print(&s->host->cfg->ipv6_network).text);
}

/* Without an IPv6 network, or with no prefix left, the client has a link-local address only. */
static void start_advertising(struct session *s)
{
	s->advertiser = (struct advertiser){ 0 };
	if (!take_own_prefix(s) && s->host->cfg->ndp_proxy)
		begin_claiming(s);
	else if (!s->prefix.family && registry_prefixes(s->host->registry))
		take_free_prefix(s);
	if (!s->prefix.family)
		return;
	log_debug(&s->log, "IPv6 prefix %s/64", ip_print(&s->prefix).text);
	advertiser_start(&s->advertiser, loop_now(s->host->loop));
	advertise(s);
}

static void take_neighbor(struct session *s, struct bytes packet)
{
	if (!advertised_prefix(s).family)
		return;
	advertiser_input(&s->advertiser, packet.at, packet.len, loop_now(s->host->loop));
	advertise(s);
}

static void note_ipv6_for_script(struct session *s)
{
	struct ip_prefix prefix = { s->prefix, s->prefix.family ? PREFIXES_LEN : 0 };

	if (s->script)
		session_script_ipv6(s->script, &s->ipv6, &prefix);
}

static void note_ipv6(struct session *s, const struct ppp_ipv6 *v6)
{
	struct ip_addr a = ip_link_local(v6->peer_iid);

	forget_ipv6(s);
	if (take_iid(s, v6->peer_iid) && claim(s, &a)) {
		s->ipv6 = a;
		start_advertising(s);
		note_ipv6_for_script(s);
	} else { /* the session has been evicted, or there is no memory */
		log_warn(&s->log,
			 "IPv6 is disabled for this session: its address %s cannot be used",
			 ip_print(&a).text);
	}
}

static void log_up(const struct session *s)
{
	log_event(&s->log, LOG_LEVEL_INFO, "login",
		  "up, user {user}, address {address}, from {peer}, {tls} {cipher}", log_user(s),
		  LOG_TEXT("address", ip_print(&s->ipv4).text),
		  LOG_TEXT("peer", print_peer(s).text), LOG_TEXT("interface", s->host->interface),
		  LOG_TEXT("tls", tls_version(s->tunnel.wire.tls)),
		  LOG_TEXT("cipher", tls_cipher(s->tunnel.wire.tls)));
}

static void log_user_ended(const struct session *s, const struct tunnel_end *end)
{
	const struct tunnel_stats *st = &s->tunnel.stats;
	struct tunnel_line line = tunnel_look(&s->tunnel);

	log_event(
		&s->log, LOG_LEVEL_INFO, "session_end",
		s->tunnel.is_connected
			? "ended after {duration} s, user {user}: {reason}; {rx_bytes} bytes in, "
			  "{tx_bytes} out, {tx_dropped} packets dropped, {tx_marked} marked by ECN, "
			  "{retransmitted} segments retransmitted, round trip {rtt_ms} ms"
			: "ended after {duration} s and was never up, user {user}, from {peer}: "
			  "{reason}",
		log_user(s), LOG_TEXT("address", s->ipv4.family ? ip_print(&s->ipv4).text : NULL),
		LOG_TEXT("peer", print_peer(s).text), LOG_TEXT("interface", s->host->interface),
		LOG_TEXT("reason", end->text),
		LOG_NUMBER("duration", (loop_now(s->host->loop) - s->started_ms) / 1000),
		LOG_NUMBER("rx_bytes", st->rx_bytes), LOG_NUMBER("tx_bytes", st->tx_bytes),
		LOG_NUMBER("rx_dropped", st->rx_dropped), LOG_NUMBER("tx_dropped", st->tx_dropped),
		LOG_NUMBER("tx_marked", st->tx_marked), LOG_NUMBER("retransmitted", line.repeated),
		LOG_NUMBER("rtt_ms", line.rtt_ms));
}

/*
 * A login that failed for a reason other than the password is logged at info; a port scan is not.
 */
static void log_ended(const struct session *s, const struct tunnel_end *end)
{
	bool was_login = end->reason == REASON_AUTH && !s->refusal;
	enum log_level level = LOG_LEVEL_DEBUG;

	if (s->is_open) {
		log_user_ended(s, end);
		return;
	}
	if (was_login && log_limit_passes(&log_refusals))
		level = LOG_LEVEL_INFO;
	log_event(&s->log, level, "session_end", "{peer}: ended: {reason}",
		  LOG_TEXT("peer", print_peer(s).text), LOG_TEXT("reason", end->text));
}

static void free_eap(struct session *s)
{
	if (s->eap)
		secret_wipe(s->eap, sizeof(*s->eap));
	free(s->eap);
	s->eap = NULL;
}

static void free_session(struct session *s)
{
	if (s->refusal)
		secret_wipe(s->refusal, sizeof(*s->refusal));
	free(s->refusal);
	free(s->user);
	if (s->granted)
		filter_use_end(&s->granted->filter);
	free(s->granted);
	free_eap(s);
	free(s);
}

static void discard(struct session *s, enum tunnel_reason reason)
{
	struct session_host *h = s->host;
	bool was_open = s->is_open;

	if (s->log.limit == &s->log_limit)
		log_limit_end(&s->log_limit, &s->log);
	end_script(s, reason);
	give_up_addresses(s);
	auth_cancel(s->host->auth, s->question);
	loop_timer_stop(s->host->loop, &s->timer);
	if (s->granted)
		loop_timer_stop(s->host->loop, &s->granted->timer);
	if (was_open)
		sessions_remove(&h->open, s);
	else
		half_open_remove(&h->half_open, &s->half_open);
	tunnel_stats_add(&h->stats.traffic, &s->tunnel.stats);
	ids_remove(h->by_id, &s->id);
	free_session(s);
	h->ended(h, was_open);
}

void session_abandon(struct session *s)
{
	account_stop(s, REASON_NONE);
	tunnel_abandon(&s->tunnel);
	discard(s, REASON_NONE);
}

static void ended(struct session *s, const struct tunnel_end *end)
{
	log_ended(s, end);
	account_stop(s, end->reason);
	if (s->is_open)
		s->host->stats.ended[end->reason]++;
	discard(s, end->reason);
}

/* The session is reported when its crypto binding is verified and a network protocol is open. */
static void note_network_up(struct session *s)
{
	s->is_network_up = true;
	if (s->tunnel.is_connected)
		account_start(s);
}

static void on_event(void *arg, const struct tunnel_event *ev)
{
	struct session *s = arg;

	switch (ev->type) {
	case TUNNEL_CHECK_PASSWORD:
		check_login(s, ev->attempt);
		break;
	case TUNNEL_EAP:
		take_eap(s, ev->packet);
		break;
	case TUNNEL_AUTHENTICATED:
		free_eap(s);
		break;
	case TUNNEL_CONNECTED:
		log_up(s);
		histogram_add(&s->host->stats.login_time, histogram_logins,
			      (loop_now(s->host->loop) - s->started_ms) * 1000);
		if (s->is_network_up)
			account_start(s);
		if (s->advertiser.next_ms)
			advertise(s);
		break;
	case TUNNEL_IPV4_UP:
		note_network_up(s);
		break;
	case TUNNEL_IPV6_UP:
		note_ipv6(s, ev->ipv6);
		note_network_up(s);
		break;
	case TUNNEL_IPV6_DOWN:
		forget_ipv6(s);
		break;
	case TUNNEL_ENDED:
		ended(s, ev->end);
		break;
	case TUNNEL_TLS_UP:
	case TUNNEL_UNTRUSTED:
	case TUNNEL_SSTP_UP:
	case TUNNEL_OFFER:
	case TUNNEL_IPV4_DOWN:
		break;
	case TUNNEL_NEIGHBOR:
		take_neighbor(s, ev->packet);
		break;
	}
}

/* ---- packets */

/* One that it claims with this packet is not its own yet. */
static bool is_claimed(struct session *s, const struct ip_addr *from)
{
	struct session_host *h = s->host;
	const struct session *holder = addr_map_find(h->by_addr, from);
	uint64_t now_ms = loop_now(h->loop);

	if (holder || !advertised_prefix(s).family || now_ms - h->claimed_ms < CLAIM_EVERY_MS)
		return holder == s;
	h->claimed_ms = now_ms; /* a claim takes the registry's lock */
	return claim_single(s, from);
}

static bool is_own(struct session *s, const struct ip_addr *from)
{
	struct ip_addr key;

	if (from->family == AF_INET)
		return ip_equal(from, &s->ipv4);
	if (registry_has_claims(s->host->registry, from))
		return is_claimed(s, from);
	key = prefixes_key(from);
	return ip_equal(from, &s->ipv6) || (s->prefix.family && ip_equal(&key, &s->prefix)) ||
	       (s->delegated &&
		prefixes_number(registry_delegated(s->host->registry), from) == s->delegated);
}

/* In a network that RADIUS or the user file routes to the session. */
static bool is_behind(const struct session *s, const struct ip_addr *from)
{
	const struct auth_grant *g = s->granted ? &s->granted->grant : NULL;

	for (size_t i = 0; g && i < g->route_count; i++)
		if (ip_prefix_has(&g->routes[i], from))
			return true;
	return false;
}

static struct session *owner_of(const struct session_host *h, const struct ip_addr *to)
{
	const struct prefixes *delegated = registry_delegated(h->registry);
	size_t number = delegated ? prefixes_number(delegated, to) : 0;
	struct ip_addr key;

	if (to->family == AF_INET || ip_is_link_local(to) || registry_has_claims(h->registry, to))
		return addr_map_find(h->by_addr, to);
	key = number ? prefixes_at(delegated, number).addr : prefixes_key(to);
	return addr_map_find(h->by_addr, &key);
}

struct session *session_of_addr(const struct session_host *h, const struct ip_addr *to)
{
	struct session *s = owner_of(h, to);
	uint64_t behind = s ? 0 : registry_session_behind(h->registry, h->number, to);

	return behind ? session_find(h, behind) : s;
}

static bool drop(struct tunnel *t, enum drop_cause cause)
{
	tunnel_drop_rx(t, cause);
	return false;
}

bool session_may_send(struct tunnel *t, const struct packet *p)
{
	struct session *s = container_of(t, struct session, tunnel);
	struct session_host *h = s->host;
	struct ip_addr from = packet_src(p), to = packet_dst(p);

	if (!is_own(s, &from) && !is_behind(s, &from))
		return drop(t, DROP_SOURCE);
	if (s->granted && s->granted->filter.filter &&
	    !filter_passes(s->granted->filter.filter, p, true))
		return drop(t, DROP_FILTER);
	return h->cfg->client_to_client ||
	       registry_worker_of(h->registry, &to) == REGISTRY_NOBODY || drop(t, DROP_CLIENT);
}

/* False: there is none left, or no memory. */
static bool delegate(struct session *s)
{
	uint16_t number = registry_delegate(s->host->registry, &s->registration);
	struct ip_prefix prefix;

	if (s->delegated)
		return true;
	if (!number)
		return false;
	prefix = delegated_prefix(s->host, number);
	if (!claim(s, &prefix.addr))
		return false;
	s->delegated = number;
	log_debug(&s->log, "IPv6 prefix %s is delegated", ip_prefix_print(&prefix).text);
	return true;
}

static struct ip_prefix delegated_to(struct session *s)
{
	struct ip_prefix none = { .len = 0 };

	if (s->granted && s->granted->grant.ipv6_delegated.addr.family)
		return s->granted->grant.ipv6_delegated; /* its route is made with the others */
	if (!registry_delegated(s->host->registry))
		return none;
	if (delegate(s))
		return delegated_prefix(s->host, s->delegated);
	log_warn(
		&s->log,
		"no IPv6 prefix is delegated to this session: all of --ipv6-delegate %s are in use",
		ip_prefix_print(&s->host->cfg->delegate_network).text);
	return none;
}

static void reply_dhcp6(struct session *s, const struct packet *p)
{
	const struct server_cfg *cfg = s->host->cfg;
	struct dhcp6_offer offer = {
		.domains = cfg->push_domains,
		.domain_count = cfg->push_domain_count,
	};
	uint8_t reply[DHCP6_PACKET_MAX];
	size_t len;

	memcpy(offer.own_iid, s->host->own_iid, sizeof(offer.own_iid));
	memcpy(offer.uuid, s->host->uuid, sizeof(offer.uuid));
	memcpy(offer.servers, dns6_of(s), sizeof(offer.servers));
	if (dhcp6_wants_prefix(p->at, p->h.total))
		offer.delegated = delegated_to(s);
	len = dhcp6_serve(p->at, p->h.total, &offer, reply);
	if (len)
		tunnel_send_own(&s->tunnel, reply, len);
}

/* To all DHCPv6 servers, or to our link-local address. */
static bool is_dhcp6(const struct session *s, const struct packet *p)
{
	static const struct ip_addr all_servers = { AF_INET6, { 0xff, 2, [13] = 1, [15] = 2 } };
	struct ip_addr from, to, own;

	if (!p->h.is_v6 || p->h.proto != IPPROTO_UDP || !p->h.is_bare ||
	    p->h.total < IPV6_HDR_LEN + UDP_HDR_LEN)
		return false;
	from = packet_src(p);
	to = packet_dst(p);
	own = ip_link_local(s->host->own_iid);
	return ip_equal(&from, &s->ipv6) && (ip_equal(&to, &all_servers) || ip_equal(&to, &own)) &&
	       load_u16(p->at + p->h.ip_len + 2) == DHCP6_SERVER_PORT;
}

static bool takes_dhcp(struct session *s, const struct packet *p)
{
	struct ip_addr own = ip_from_v4(pool_server(registry_pool(s->host->registry)));
	uint8_t reply[DHCP_PACKET_MAX];
	size_t len = pushed_reply(s->host->cfg, s->granted ? &s->granted->grant : NULL, &s->ipv4,
				  &own, p, reply);

	if (len)
		tunnel_send_own(&s->tunnel, reply, len);
	return len;
}

bool session_takes(struct tunnel *t, const struct packet *p)
{
	struct session *s = container_of(t, struct session, tunnel);

	if (!p->h.is_v6)
		return takes_dhcp(s, p);
	if (!is_dhcp6(s, p) || !advertised_prefix(s).family)
		return false;
	reply_dhcp6(s, p);
	return true;
}

/* ---- a new session */

static bool is_eap_offered(const struct server_cfg *cfg)
{
	for (size_t i = 0; i < cfg->auth_count; i++)
		if (cfg->auth[i] == PPP_AUTH_EAP)
			return true;
	return false;
}

static void fill_ppp(struct session *s, struct ppp_cfg *ppp)
{
	const struct server_cfg *cfg = s->host->cfg;

	*ppp = (struct ppp_cfg){
		.role = PPP_SERVER,
		.auth_count = cfg->auth_count,
		.ipv4 = true,
		.ipv6 = cfg->ipv6,
		.mru = cfg->mtu > PPP_DEFAULT_MRU ? cfg->mtu : 0,
		.eap = s->eap ? &s->eap->memory : NULL,
		.name = cfg->name,
		.ipv4_own = pool_server(registry_pool(s->host->registry)),
		.dns = { cfg->dns[0], cfg->dns[1] },
		.nbns = { cfg->nbns[0], cfg->nbns[1] },
		.take_iid = take_iid,
		.take_ipv4 = take_ipv4,
		.take_arg = s,
	};
	memcpy(ppp->auth, cfg->auth, sizeof(ppp->auth));
	memcpy(ppp->own_iid, s->host->own_iid, sizeof(ppp->own_iid));
}

static int adopt(struct session *s, struct pump_end *wire)
{
	struct session_host *h = s->host;
	struct ppp_cfg ppp;
	struct tunnel_cfg cfg = {
		.loop = h->loop,
		.pump = h->pump,
		.sink = h->sink,
		.hashes = h->cfg->hashes,
		.mtu = h->cfg->mtu,
		.may_use_bbr = congestion_is_auto(h->cfg->congestion),
		.setup_deadline_ms = s->started_ms + SETUP_MS,
		.setup_ms = SETUP_MS,
		.busy = registry_is_full(h->registry),
		.log = &s->log,
		.event = on_event,
		.arg = s,
		.ppp = &ppp,
	};

	fill_ppp(s, &ppp);
	return tunnel_adopt(&s->tunnel, &cfg, wire);
}

struct log session_log(uint64_t id)
{
	struct log log = { .session = id, .limit = &log_strangers };

	snprintf(log.name, sizeof(log.name), "session %llu", (unsigned long long)id);
	return log;
}

static void shut_down(struct half_open *o)
{
	tunnel_shutdown(&container_of(o, struct session, half_open)->tunnel);
}

static void abandon(struct half_open *o)
{
	session_abandon(container_of(o, struct session, half_open));
}

/* Takes id, addresses and start time from the connection. */
static void identify(struct session *s, const struct half_open *place, int fd,
		     const struct sockaddr_storage *peer)
{
	struct sockaddr_storage local = { 0 };
	socklen_t len = sizeof(local);

	s->id.id = s->registration.session = place->id;
	s->log = session_log(place->id);
	s->started_ms = place->started_ms;
	s->peer_port = ip_port_of_sockaddr(peer);
	s->registration.source = ip_from_sockaddr(peer);
	if (!getsockname(fd, (struct sockaddr *)&local, &len))
		s->registration.local = ip_from_sockaddr(&local);
	s->half_open = (struct half_open){ .id = place->id,
					   .started_ms = place->started_ms,
					   .shut_down = shut_down,
					   .abandon = abandon };
}

struct session *session_open(struct session_host *h, struct half_open *place, struct pump_end *wire,
			     const struct sockaddr_storage *peer)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s) {
		pump_hang_up(wire);
		return NULL;
	}
	s->host = h;
	s->timer.expired = after_delay;
	if (is_eap_offered(h->cfg))
		s->eap = calloc(1, sizeof(*s->eap));
	identify(s, place, wire->fd, peer);
	if (adopt(s, wire)) {
		free_session(s);
		return NULL;
	}
	half_open_replace(&h->half_open, place, &s->half_open);
	ids_add(h->by_id, &s->id);
	return s;
}

void session_start(struct session *s, size_t len)
{
	tunnel_start(&s->tunnel, len);
}
