/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/trim.h"

#if TLS_HAS_TICKETS

#include <wolfssl/internal.h>

WOLFSSL_SESSION *trim_nobody(void)
{
	return wolfSSL_SESSION_new();
}

/* After the handshake the library looks for some of them, and finds none. */
static void drop_extensions(WOLFSSL *ssl)
{
	TLSX_FreeAll(ssl->extensions, ssl->heap);
	ssl->extensions = NULL;
	ssl->secure_renegotiation = NULL; /* was one of them */
}

/* Made for this session by the library, which keeps it in case that more tickets are sent. */
static void drop_rng(WOLFSSL *ssl)
{
	if (!ssl->options.weOwnRng)
		return;
	wc_FreeRng(ssl->rng);
	XFREE(ssl->rng, ssl->heap, DYNAMIC_TYPE_RNG);
	ssl->rng = NULL;
	ssl->options.weOwnRng = 0;
}

/* TLS 1.2 needs random numbers for each record of a CBC suite, and has no second handshake either. */
void trim_session(WOLFSSL *ssl, WOLFSSL_SESSION *nobody)
{
	if (wolfSSL_SESSION_up_ref(nobody) == WOLFSSL_SUCCESS) {
		wolfSSL_FreeSession(ssl->ctx, ssl->session);
		ssl->session = nobody;
	}
	if (!ssl->options.tls1_3)
		return;
	drop_extensions(ssl);
	drop_rng(ssl);
}

/* The secret of the ticket that the client showed was derived in the step that read its ClientHello. */
void trim_nonce(WOLFSSL *ssl)
{
	if (ssl->session->ticketNonce.data == ssl->session->ticketNonce.dataStatic)
		ssl->session->ticketNonce.len = 0;
}

#else

WOLFSSL_SESSION *trim_nobody(void)
{
	return NULL;
}

void trim_nonce(WOLFSSL *ssl)
{
	(void)ssl;
}

void trim_session(WOLFSSL *ssl, WOLFSSL_SESSION *nobody)
{
	(void)ssl;
	(void)nobody;
}

#endif
