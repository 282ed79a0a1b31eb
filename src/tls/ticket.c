/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/ticket.h"

#include <stdlib.h>

void ticket_drop(struct ticket *k)
{
#if TLS_HAS_TICKETS
	wolfSSL_SESSION_free(k->session);
#endif
	free(k->proof);
	free(k->name);
	free(k->sni);
	*k = (struct ticket){ .session = NULL };
}
