/*
 * A plain HTTP request's relay: the rest of its body goes through http_body.h, its answer through
 * http_answer.h.
 */
#ifndef SSTP_PROXY_EXCHANGE_H
#define SSTP_PROXY_EXCHANGE_H

#include "proxy/http_body.h"
#include "proxy/relay.h"

/* NULL: no memory. `body`: where it stands. The relay that it is given to frees it. */
struct relay_filter *exchange_new(const struct http_body *body, bool is_head);

#endif
