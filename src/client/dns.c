/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets and restores the host's DNS servers. */
#include "client/dns.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/dns_method.h"

void dns_init(struct dns *d, const char *device, const char *resolv_conf, struct state *state,
	      const struct log *log)
{
	*d = (struct dns){
		.device = device,
		.resolv_conf = resolv_conf,
		.state = state,
		.log = log,
		.fd = -1,
		.netns_fd = -1,
		.backup_fd = -1,
		.limit_ms = DNS_PROGRAM_LIMIT_MS,
	};
}

size_t dns_print_servers(const struct dns *d, char *to, size_t room)
{
	size_t n = 0;

	*to = '\0';
	if (d->is_forwarded)
		return (size_t)snprintf(to, room, "nameserver %s\n", ip_print(&d->forward_at).text);
	for (size_t i = 0; i < d->wanted_count; i++)
		n += (size_t)snprintf(to + n, room - n, "nameserver %s\n",
				      ip_print(&d->wanted[i]).text);
	return n;
}

/* One that does not fit is left out. */
static size_t print_domain(const char *domain, bool is_first, char *to, size_t room)
{
	const char *before = is_first ? "search " : " ";

	if (strlen(before) + strlen(domain) >= room)
		return 0;
	return (size_t)snprintf(to, room, "%s%s", before, domain);
}

size_t dns_print_search(const struct dns *d, bool with_domains, char *to, size_t room)
{
	const struct dns_names *names = &d->names;
	size_t n = 0;

	*to = '\0';
	for (size_t i = 0; i < names->search_count; i++)
		n += print_domain(names->search[i], n == 0, to + n, room - n);
	for (size_t i = 0; with_domains && i < names->domain_count; i++)
		n += print_domain(names->domains[i], n == 0, to + n, room - n);
	return n;
}

/* ---- choosing a method */

static const struct dns_method *const methods[] = {
	&dns_method_fd,
	&dns_method_resolved,
	&dns_method_resolvconf,
	&dns_method_file,
};

enum { METHODS = sizeof(methods) / sizeof(*methods) };

static void change(struct dns *d);

static void leave_method(struct dns *d)
{
	dns_watch_close(&d->watch);
	d->method = NULL;
	d->phase = DNS_IDLE;
}

/*
 * A program that was killed by its time limit may have done its work: it is reverted before another
 * method is tried.
 */
static void fail_step(struct dns *d, int error)
{
	if (error == -ETIMEDOUT) {
		d->phase = DNS_REVERTING;
		return;
	}
	if (*d->state->facts.resolvconf)
		dns_note_resolvconf(d, "");
	leave_method(d);
}

/* A program of the method's `up` has ended. */
static void end_step(struct dns *d)
{
	if (d->result && !d->may_fail)
		fail_step(d, d->result);
	else
		d->step++;
	d->may_fail = false;
}

static void try_next_method(struct dns *d)
{
	const struct dns_method *method = methods[d->next_method++];

	if (!method->fits(d))
		return;
	d->method = method;
	d->step = 0;
	d->phase = DNS_SETTING;
}

/*
 * Another program has written the file. What it wrote becomes the former file, unless the two of us
 * would do nothing else.
 */
static void on_file_changed(struct dns_watch *w)
{
	struct dns *d = container_of(w, struct dns, watch);
	uint64_t now_ms = loop_now(w->loop);

	if (d->phase != DNS_SET || dns_file_is_ours(d))
		return;
	if (!d->changes || now_ms - d->changed_ms > DNS_CHANGES_MS) {
		d->changes = 0;
		d->changed_ms = now_ms;
	}
	if (++d->changes > DNS_CHANGES_MAX) {
		log_warn(d->log,
			 "DNS: another program changes %s again and again: it is left to that "
			 "program",
			 d->resolv_conf);
		dns_watch_close(w);
		return;
	}
	log_info(d->log, "DNS: another program has changed %s: set again", d->resolv_conf);
	change(d);
}

static void watch_file(struct dns *d)
{
	int error;

	if (!d->loop || d->method != &dns_method_file)
		return;
	d->watch.loop = d->loop;
	d->watch.path = d->resolv_conf;
	d->watch.changed = on_file_changed;
	error = dns_watch_open(&d->watch);
	if (error)
		log_info(d->log, "DNS: cannot watch %s: %s", d->resolv_conf, strerror(-error));
}

/* Returns false while a program runs; so does revert(). */
static bool set(struct dns *d)
{
	int error;

	if (d->is_running) {
		if (!d->has_ended)
			return false;
		d->is_running = false;
		end_step(d);
		return true;
	}
	if (d->is_stale) { /* it may have worked meanwhile */
		d->phase = DNS_REVERTING;
		return true;
	}
	error = d->method->up(d, d->step);
	if (error == 0) {
		log_debug(d->log, "DNS: set by %s", d->method->name);
		d->phase = DNS_SET;
		watch_file(d);
	} else if (error < 0) {
		fail_step(d, error);
	}
	return true;
}

static bool revert(struct dns *d)
{
	if (!d->is_running && d->method->down(d) != DNS_STEP_RUNS) {
		leave_method(d);
		return true;
	}
	if (!d->has_ended)
		return false;
	d->is_running = false;
	if (*d->state->facts.resolvconf)
		dns_note_resolvconf(d, "");
	leave_method(d);
	return true;
}

bool dns_is_settled(const struct dns *d)
{
	switch (d->phase) {
	case DNS_IDLE:
		return !d->wanted_count || d->next_method == METHODS;
	case DNS_SET:
		return !d->is_stale;
	case DNS_SETTING:
	case DNS_REVERTING:
		break;
	}
	return false;
}

/* Does one step. Returns false if there is nothing to do now. */
static bool step(struct dns *d)
{
	if (dns_is_settled(d))
		return false;
	switch (d->phase) {
	case DNS_IDLE:
		d->is_stale = false;
		try_next_method(d);
		return true;
	case DNS_SETTING:
		return set(d);
	case DNS_SET:
		d->phase = DNS_REVERTING;
		return true;
	case DNS_REVERTING:
		return revert(d);
	}
	return false;
}

static void advance(struct dns *d)
{
	while (step(d))
		;
}

/* The time limit starts with the first of several changes. */
static void begin(struct dns *d)
{
	advance(d);
	if (d->loop && !dns_is_settled(d) && !d->settle_limit.slot)
		loop_timer_set(d->loop, &d->settle_limit, loop_now(d->loop) + DNS_SETTLE_MS);
}

static void change(struct dns *d)
{
	d->is_stale = d->phase != DNS_IDLE;
	d->next_method = 0;
	begin(d);
}

void dns_up(struct dns *d, const struct ip_addr *servers, size_t count)
{
	d->wanted_count = count < DNS_SERVERS_MAX ? count : DNS_SERVERS_MAX;
	memcpy(d->wanted, servers, d->wanted_count * sizeof(*servers));
	change(d);
}

void dns_down(struct dns *d)
{
	d->wanted_count = 0;
	change(d);
}

bool dns_is_up(const struct dns *d)
{
	return d->wanted_count && (d->phase == DNS_SET || !dns_is_settled(d));
}

/* ---- with a loop */

static void program_ended(struct run_beside *b, int result)
{
	struct dns *d = container_of(b, struct dns, run);

	d->result = dns_check_program(d->log, d->running, result);
	d->has_ended = true;
	advance(d);
	if (!dns_is_settled(d))
		return;
	loop_timer_stop(d->loop, &d->settle_limit);
	d->settled(d);
}

static void on_settle_limit(struct loop_timer *t)
{
	struct dns *d = container_of(t, struct dns, settle_limit);

	log_warn(d->log, "DNS: %s takes too long: no longer waiting for it", d->running);
	d->settled(d);
}

void dns_use_loop(struct dns *d, struct loop *loop)
{
	d->loop = loop;
	d->run = (struct run_beside){ .loop = loop, .ended = program_ended };
	d->settle_limit.expired = on_settle_limit;
	run_beside_open(&d->run);
}

void dns_child(struct dns *d)
{
	if (d->loop)
		run_beside_child(&d->run);
}

void dns_close(struct dns *d)
{
	if (d->loop)
		loop_timer_stop(d->loop, &d->settle_limit);
	if (d->loop && d->run.pid) {
		d->result = dns_check_program(d->log, d->running,
					      run_beside_wait(&d->run, d->limit_ms));
		d->has_ended = true;
	}
	dns_watch_close(&d->watch);
	d->loop = NULL;
	dns_down(d);
	dns_own_forward_close(&d->own_forward);
}
