/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Digest with known answers: RFC 7616 section 3.9.1, RFC 2617 section 3.5, the corrected example of RFC
 * 2069 (erratum 749), and all forms that we send, computed with Python's hashlib.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "upstream/digest_auth.h"

#define RFC7616                                                            \
	"Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", " \
	"nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "         \
	"opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", algorithm="
#define CNONCE "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
#define RFC2617 "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\""

static const struct digest_auth mufasa = { "GET",    "/dir/index.html",
					   "Mufasa", "Circle of Life",
					   CNONCE,   1 };
static const struct digest_auth mufasa_2617 = { "GET",      "/dir/index.html",
						"Mufasa",   "Circle Of Life",
						"0a4f113b", 1 };
static const struct digest_auth mufasa_2069 = { "GET",          "/dir/index.html", "Mufasa",
						"CircleOfLife", "0a4f113b",        1 };
static const struct digest_auth ann = { "CONNECT", "vpn.example.net:443",
					"ann",     "se cret",
					"c0ffee",  1 };

#define ANN "Digest realm=\"la\\\"nd\", nonce=n0nce"
#define SENT "username=\"ann\", realm=\"la\\\"nd\", nonce=\"n0nce\", uri=\"vpn.example.net:443\", "
#define COUNTED(qop) ", cnonce=\"c0ffee\", qop=" qop ", nc=00000001"

static const struct {
	const char *challenge;
	const struct digest_auth *auth;
	const char *credentials; /* the whole of it, or a part */
} cases[] = {
	{ RFC7616 "MD5", &mufasa,
	  "username=\"Mufasa\", realm=\"http-auth@example.org\", "
	  "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", uri=\"/dir/index.html\", "
	  "response=\"8ca523f5e9506fed4657c9700eebdbec\", algorithm=MD5, cnonce=\"" CNONCE
	  "\", qop=auth, nc=00000001, "
	  "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"" },
	{ RFC7616 "SHA-256", &mufasa,
	  "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\", "
	  "algorithm=SHA-256, " },
	{ RFC2617 ", qop=auth", &mufasa_2617, "response=\"6629fae49393a05397450978507c4ef1\"" },
	{ RFC2617, &mufasa_2069, "response=\"1949323746fe6a43ef61f9606e7febea\", algorithm=MD5" },
	{ ANN ", qop=auth", &ann,
	  SENT "response=\"f17e8fdc51a8934e92f942644fb7fa8f\", algorithm=MD5" COUNTED("auth") },
	{ ANN ", qop=auth-int", &ann,
	  SENT "response=\"4a9c2bf4a80ebf0dd11935a0d8f3bddb\", algorithm=MD5" COUNTED("auth-int") },
	{ ANN, &ann, SENT "response=\"d62c37b5c5242561d22e186dfbe7e787\", algorithm=MD5" },
	{ ANN ", algorithm=MD5-sess, qop=auth", &ann,
	  SENT
	  "response=\"f65ac85102b74f00503d585451c3308e\", algorithm=MD5-sess" COUNTED("auth") },
	{ ANN ", algorithm=MD5-sess, qop=auth-int", &ann,
	  SENT
	  "response=\"de2b3c1ca0a407175f77dfdf63d29888\", algorithm=MD5-sess" COUNTED("auth-int") },
	{ ANN ", algorithm=MD5-sess", &ann,
	  SENT "response=\"e1f29eec31d60f6f28050a64c08f7e4a\", algorithm=MD5-sess, "
	       "cnonce=\"c0ffee\"" },
	{ ANN ", algorithm=SHA-256, qop=auth", &ann,
	  SENT "response=\"625de5246f44fd9ca3abcfb8c6b1c9a32f82202c297775fe9475aeab5b09849b\", "
	       "algorithm=SHA-256" COUNTED("auth") },
	{ ANN ", algorithm=SHA-256, qop=auth-int", &ann,
	  SENT "response=\"933fd2d023b0e9c3c3c58af7bb833dc34e9a932b80e194ddc7b9086afebba8a1\", "
	       "algorithm=SHA-256" COUNTED("auth-int") },
	{ ANN ", algorithm=SHA-256", &ann,
	  SENT "response=\"e8e98b9e4c8524c010d69023f49f30d448898a6fee6819588c72236d25ecf205\", "
	       "algorithm=SHA-256" },
	{ ANN ", algorithm=SHA-256-sess, qop=auth", &ann,
	  SENT "response=\"602a9d055c822863b95d62b3c30cff0799e7d55650ab9cb68b2954055a7495a4\", "
	       "algorithm=SHA-256-sess" COUNTED("auth") },
	{ ANN ", algorithm=SHA-256-sess, qop=auth-int", &ann,
	  SENT "response=\"40938a2d7b5a3a58521a1426e0906e0d069ec878c5183785906fb771f9a43f33\", "
	       "algorithm=SHA-256-sess" COUNTED("auth-int") },
	{ ANN ", algorithm=SHA-256-sess", &ann,
	  SENT "response=\"f362fd10a463560d4c3e57082c8b3c4113ecf5ac12253c7bcc0dd658e964a858\", "
	       "algorithm=SHA-256-sess, cnonce=\"c0ffee\"" },
	{ ANN ", algorithm=SHA-256, qop=auth, userhash=true", &ann,
	  "username=\"e188ab3b4b7dc3d357db88990ddb6f32f61f7717ba0357057333d87cff1ddc6e\", " },
	{ ANN ", algorithm=SHA-256, qop=auth, userhash=true", &ann,
	  "response=\"625de5246f44fd9ca3abcfb8c6b1c9a32f82202c297775fe9475aeab5b09849b\"" },
	{ ANN ", qop=auth, userhash=true", &ann,
	  "username=\"8ba086f0bb244bc10b4e817784616b3e\", " },
	{ ANN ", qop=auth, userhash=true", &ann, ", userhash=true" },
};

static void credentials(const char *challenge, const struct digest_auth *auth, char *to,
			size_t room)
{
	struct challenges c = { .names = "" };
	struct writer w = writer_of(to, room - 1);

	challenges_take(&c, bytes_text(challenge));
	assert_int_equal(c.best.scheme, CHALLENGE_DIGEST);
	digest_auth_put(&c.best, auth, &w);
	assert_false(w.full);
	to[w.len] = '\0';
}

static void known_answers(void **state)
{
	char is[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		credentials(cases[i].challenge, cases[i].auth, is, sizeof(is));
		if (!strstr(is, cases[i].credentials))
			fail_msg("%s\nis %s\nnot %s", cases[i].challenge, is, cases[i].credentials);
		if (!strncmp(cases[i].credentials, SENT, strlen(SENT)))
			assert_string_equal(is, cases[i].credentials);
	}
}

/* A name beyond ASCII is sent as RFC 8187 has it if the proxy knows UTF-8; else as it is. */
static void user_names(void **state)
{
	struct digest_auth auth = ann;
	char is[1024];

	(void)state;
	auth.user = "J\xc3\xa4s\xc3\xb8n Doe";
	credentials(ANN ", charset=UTF-8", &auth, is, sizeof(is));
	assert_non_null(strstr(is, "username*=UTF-8''J%C3%A4s%C3%B8n%20Doe, realm="));
	credentials(ANN, &auth, is, sizeof(is));
	assert_non_null(strstr(is, "username=\"J\xc3\xa4s\xc3\xb8n Doe\", realm="));
	auth.user = "COMPANY\\ann";
	credentials(ANN ", charset=UTF-8", &auth, is, sizeof(is));
	assert_non_null(strstr(is, "username=\"COMPANY\\\\ann\", realm="));
}

/* The count is of eight hexadecimal digits. */
static void counts(void **state)
{
	struct digest_auth auth = ann;
	char is[1024];

	(void)state;
	auth.count = 0x1a;
	credentials(ANN ", qop=auth", &auth, is, sizeof(is));
	assert_non_null(strstr(is, "nc=0000001a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers),
		cmocka_unit_test(user_names),
		cmocka_unit_test(counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
