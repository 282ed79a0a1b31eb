/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/claims.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/log.h"

struct claim {
	struct ip_addr addr;
	uint64_t session;
	uint64_t until_ms; /* while it waits */
	enum claim_state state;
	int group_fd; /* of ndp_proxy_probe */
	struct claim *next;
};

static struct claim *find(const struct claims *c, const struct ip_addr *a)
{
	struct claim *i = c->first;

	while (i && !ip_equal(&i->addr, a))
		i = i->next;
	return i;
}

static void log_refused(const struct claims *c, const struct ip_addr *a)
{
	log_warn(NULL, "%s is the address of a host on %s: no client can have it", ip_print(a).text,
		 ndp_proxy_interface(c->proxy));
}

static void log_failed(const struct claims *c, const struct ip_addr *a, int error)
{
	if (error == -EADDRINUSE)
		log_refused(c, a);
	else
		log_warn(NULL, "%s: cannot receive neighbor solicitations for %s: %s",
			 ndp_proxy_interface(c->proxy), ip_print(a).text, strerror(-error));
}

static struct ip_addr unlink_at(struct claim **at)
{
	struct claim *gone = *at;
	struct ip_addr addr = gone->addr;

	*at = gone->next;
	if (gone->group_fd >= 0)
		close(gone->group_fd);
	free(gone);
	return addr;
}

/* The oldest of a session is the last in the list. */
static struct claim **oldest_of(struct claims *c, uint64_t session, unsigned *count, bool *waits)
{
	struct claim **oldest = NULL;

	*count = 0;
	*waits = false;
	for (struct claim **at = &c->first; *at; at = &(*at)->next)
		if ((*at)->session == session) {
			oldest = at;
			++*count;
			*waits = *waits || (*at)->state == CLAIM_WAITING;
		}
	return oldest;
}

/* One at a time: each costs the interface a packet to a group. */
static enum claim_state begin(struct claims *c, uint64_t session, const struct ip_addr *a,
			      uint64_t now_ms, struct ip_addr *dropped)
{
	unsigned count;
	bool waits;
	struct claim **oldest = oldest_of(c, session, &count, &waits);
	struct claim *new;

	if (waits)
		return CLAIM_REFUSED;
	new = malloc(sizeof(*new));
	if (!new)
		return CLAIM_REFUSED;
	if (count >= CLAIMS_MAX)
		*dropped = unlink_at(oldest);
	*new = (struct claim){
		.addr = *a,
		.session = session,
		.until_ms = now_ms + CLAIMS_WAIT_MS,
		.state = CLAIM_WAITING,
		.group_fd = ndp_proxy_probe(c->proxy, a),
		.next = c->first,
	};
	c->first = new;
	if (new->group_fd < 0) {
		new->state = CLAIM_REFUSED;
		log_failed(c, a, new->group_fd);
	}
	return new->state;
}

enum claim_state claims_claim(struct claims *c, uint64_t session, const struct ip_addr *a,
			      uint64_t now_ms, bool *is_new, struct ip_addr *dropped)
{
	struct claim *known = find(c, a);

	*is_new = false;
	*dropped = (struct ip_addr){ 0 };
	if (!known)
		return begin(c, session, a, now_ms, dropped);
	if (known->session != session)
		return CLAIM_REFUSED;
	if (known->state == CLAIM_WAITING && known->until_ms <= now_ms) {
		known->state = CLAIM_TAKEN;
		*is_new = true;
	}
	return known->state;
}

void claims_other_has(struct claims *c, const struct ip_addr *a)
{
	struct claim *known = find(c, a);

	if (!known || known->state != CLAIM_WAITING)
		return;
	known->state = CLAIM_REFUSED;
	log_refused(c, a);
}

bool claims_drop(struct claims *c, uint64_t session, struct ip_addr *dropped)
{
	unsigned count;
	bool waits;
	struct claim **oldest = oldest_of(c, session, &count, &waits);

	if (!oldest)
		return false;
	*dropped = unlink_at(oldest);
	return true;
}
