/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Includes wolfSSL, 5.5.4 and later: its headers, and the features of this build of it. A
 * distribution's library defines these in wolfssl/options.h, our own build in user_settings.h
 * (deps/wolfssl).
 */
#ifndef SSTP_TLS_WOLF_H
#define SSTP_TLS_WOLF_H

#ifndef WOLFSSL_USER_SETTINGS
#include <wolfssl/options.h>
#endif
#include <wolfssl/error-ssl.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/coding.h>
#include <wolfssl/wolfcrypt/cpuid.h>
#include <wolfssl/wolfcrypt/ecc.h>
#ifdef HAVE_ED25519
#include <wolfssl/wolfcrypt/ed25519.h>
#endif
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/memory.h>
#include <wolfssl/wolfcrypt/random.h>
#include <wolfssl/wolfcrypt/rsa.h>

/* Without it the callback would not get the leaf of a good chain, to check its name and pin. */
#ifndef WOLFSSL_ALWAYS_VERIFY_CB
#error "this wolfSSL was built without WOLFSSL_ALWAYS_VERIFY_CB: no certificate can be checked"
#endif

/* The callback for the secrets of TLS 1.2 was added later than that for 1.3. */
#if defined(HAVE_SECRET_CALLBACK) && LIBWOLFSSL_VERSION_HEX >= 0x05007000
#define TLS_HAS_KEYLOG 1
#else
#define TLS_HAS_KEYLOG 0
#endif

/* A callback that overrules the library's parser of certificates. */
#if defined(HAVE_PK_CALLBACKS) && defined(WOLFSSL_PUBLIC_ASN)
#define TLS_HAS_CERT_CB 1
#else
#define TLS_HAS_CERT_CB 0
#endif

/* Session tickets of TLS 1.3, with the settings and structs of our own build. */
#if defined(HAVE_SESSION_TICKET) && defined(WOLFSSL_USER_SETTINGS) && \
	LIBWOLFSSL_VERSION_HEX >= 0x05009000
#define TLS_HAS_TICKETS 1
#else
#define TLS_HAS_TICKETS 0
#endif

/* Standardized hybrid key exchange; before 5.8.0 there were only drafts. */
#if defined(WOLFSSL_HAVE_MLKEM) && LIBWOLFSSL_VERSION_HEX >= 0x05008000
#define TLS_HAS_MLKEM 1
#else
#define TLS_HAS_MLKEM 0
#endif

/* RSA-PSS with a salt longer than the hash. */
#ifdef WOLFSSL_PSS_LONG_SALT
#define TLS_HAS_LONG_SALT 1
#else
#define TLS_HAS_LONG_SALT 0
#endif

/* Ed25519 in certificates and in the signatures of handshakes. */
#if defined(HAVE_ED25519) && !defined(NO_ED25519_VERIFY)
#define TLS_HAS_ED25519 1
#else
#define TLS_HAS_ED25519 0
#endif

#endif
