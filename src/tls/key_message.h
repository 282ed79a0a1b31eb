/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The messages between a process that uses private keys and the one that has them (tls/key_process.h).
 * A question begins with its kind (u8), a scheme or flags (u8) and the number of a key (u32); data follow. A
 * reply begins with 0 or -errno (i32); then comes what was asked for, or the error's text.
 */
#ifndef SSTP_TLS_KEY_MESSAGE_H
#define SSTP_TLS_KEY_MESSAGE_H

enum {
	KEY_HEAD_LEN = 6,
	KEY_REPLY_HEAD_LEN = 4,
	KEY_QUESTION_MAX = 64 * 1024,
	KEY_REPLY_MAX = 32 * 1024,
	KEY_STAND_IN_MAX = 2048,
	KEY_SIGNATURE_MAX = 512,
	KEY_SECRET_LEN = 48, /* a premaster secret, RFC 5246 section 7.4.7.1 */
};

enum key_question {
	/*
	 * The names of the files with the certificates and the key, each with its length (u16) before it. Reply:
	 * the key's number (u32), flags (u8), the length of the certificates' PEM (u32), and the stand-in for the
	 * key.
	 */
	KEY_LOAD = 1,
	KEY_CERTS = 2, /* from an offset (u32): the next piece of the PEM of the key loaded last */
	KEY_SIGN = 3,  /* by a scheme: what is to be signed. Reply: the signature */
	KEY_DECRYPT = 4, /* a client's premaster secret, encrypted with RSA. Reply: the secret */
	KEY_DROP = 5,    /* the key is not used any more */
};

enum { KEY_IS_EXPOSED = 1 }; /* flag: all users of the machine can read the key's file */

enum key_scheme {
	KEY_ECDSA = 1,   /* of a hash */
	KEY_RSA = 2,     /* PKCS #1 v1.5, of a DigestInfo */
	KEY_PSS_256 = 3, /* of a hash of 256, 384 or 512 bits */
	KEY_PSS_384 = 4,
	KEY_PSS_512 = 5,
	KEY_ED25519 = 6, /* of the content itself */
};

#endif
