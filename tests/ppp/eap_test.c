/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * src/ppp/eap.c: whose turn it is, what is repeated, how a conversation ends. pair_test.c has both
 * ends.
 */
#include "ppp/script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "ppp/ends.h"
#include "ppp/traces.h"

static struct ppp_eap_memory memory;

static void eap(struct ppp_cfg *cfg)
{
	cfg->auth[0] = PPP_AUTH_EAP;
	cfg->auth_count = 1;
	cfg->eap = &memory;
}

static void eap_second(struct ppp_cfg *cfg)
{
	eap(cfg);
	cfg->auth[0] = PPP_AUTH_MSCHAPV2;
	cfg->auth[1] = PPP_AUTH_EAP;
	cfg->auth_count = 2;
}

static void narrow(struct ppp_cfg *cfg)
{
	eap(cfg);
	cfg->ipv4 = true;
	cfg->ipv6 = false;
}

/* EAP is in the list, but there is no memory for it. */
static void eap_without_memory(struct ppp_cfg *cfg)
{
	eap(cfg);
	cfg->auth[1] = PPP_AUTH_PAP;
	cfg->auth_count = 2;
	cfg->eap = NULL;
}

/* The Identity, "User"; then a Request and a Response of type 255. */
#define IDENTITY_REQUEST(id) "eap 01 " id " -- 01\n"
#define IDENTITY_RESPONSE(id) "eap 02 " id " -- 01 \"User\"\n"
#define REQUEST(id, data) "eap 01 " id " -- ff " data "\n"
#define RESPONSE(id, data) "eap 02 " id " -- ff " data "\n"
#define EVENT_IDENTITY_REQUEST(id) "! eap 01" id "000501\n"
#define EVENT_IDENTITY_RESPONSE(id) "! eap 02" id "00090155736572\n"
#define EVENT_REQUEST(id, data) "! eap 01" id "0006ff" data "\n"
#define EVENT_RESPONSE(id, data) "! eap 02" id "0006ff" data "\n"
#define KEY "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"

#define SERVER_START                                 \
	"< lcp 01 01 -- 05 06 12345678\n"            \
	"> lcp 01 01 -- 05 06 99999999 03 04 c227\n" \
	"> lcp 02 01 -- 05 06 12345678\n"            \
	"< lcp 02 01 -- 05 06 99999999 03 04 c227\n" \
	"! lcp-up\n"                                 \
	"> " IDENTITY_REQUEST("42")
#define SERVER_IDENTIFIED SERVER_START "< " IDENTITY_RESPONSE("42") EVENT_IDENTITY_RESPONSE("42")
#define SERVER_ASKED SERVER_IDENTIFIED REQUEST("43", "01") "> " REQUEST("43", "01")
#define SERVER_END "> lcp 05 02 00 04\n< lcp 06 02 00 04\n"

/* "logins cannot be checked now, try again" */
#define UNCHECKED "6c6f67696e732063616e6e6f7420626520636865636b6564206e6f772c2074727920616761696e"
#define AGAIN "+ 3000\n> " REQUEST("43", "01")

static const struct script server[] = {
	{ "a conversation that ends well", PPP_SERVER, eap,
	  SERVER_ASKED "< " RESPONSE("43", "02") EVENT_RESPONSE(
		  "43", "02") "verdict ok\n> eap 03 43 00 04\n! authenticated " KEY "\nskip\n" },
	{ "and one that does not", PPP_SERVER, eap,
	  SERVER_ASKED "< " RESPONSE("43", "02")
		  EVENT_RESPONSE("43", "02") "verdict no\n> eap 04 43 00 04\n+ 1000\n" SERVER_END
					     "! closed 3 0\n" },
	{ "a verdict after the Identity alone", PPP_SERVER, eap,
	  SERVER_IDENTIFIED "verdict no\n> eap 04 42 00 04\n" },
	{ "the first Request is repeated soon", PPP_SERVER, eap,
	  SERVER_START "+ 299\n+ 1\n> " IDENTITY_REQUEST("42") "+ 600\n> " IDENTITY_REQUEST(
		  "42") "< " IDENTITY_RESPONSE("42") EVENT_IDENTITY_RESPONSE("42") "+ 30000\n" },
	{ "the next ones after 3 s, nine times", PPP_SERVER, eap,
	  SERVER_ASKED "+ 2999\n+ 1\n> " REQUEST("43", "01")
		  AGAIN AGAIN AGAIN AGAIN AGAIN AGAIN AGAIN AGAIN "+ 3000\n" SERVER_END
								  "! closed 7 0\n" },
	{ "the count begins again with each Request", PPP_SERVER, eap,
	  SERVER_ASKED "+ 3000\n> " REQUEST("43", "01") "+ 3000\n> " REQUEST(
		  "43", "01") "< " RESPONSE("43", "02") EVENT_RESPONSE("43", "02")
		  REQUEST("44", "03") "> " REQUEST("44", "03") "+ 9000\n> " REQUEST(
			  "44", "03") "> " REQUEST("44", "03") "> " REQUEST("44", "03") },
	{ "38 s for all of it", PPP_SERVER, eap,
	  SERVER_IDENTIFIED "+ 37999\n+ 1\n> lcp 05 02 -- " UNCHECKED
			    "\n< lcp 06 02 00 04\n! closed 7 0\n"
			    "verdict ok\n" },
	{ "Responses to another Request, twice, or when none is out, are dropped", PPP_SERVER, eap,
	  SERVER_START "< " IDENTITY_RESPONSE("41") "< " IDENTITY_RESPONSE("42")
		  EVENT_IDENTITY_RESPONSE("42") "< " IDENTITY_RESPONSE("42")
			  REQUEST("43", "01") "> " REQUEST("43", "01") "< " IDENTITY_RESPONSE(
				  "42") "< " RESPONSE("43", "02")
				  EVENT_RESPONSE("43", "02") "< " RESPONSE("43", "02") },
	{ "packets that are no Responses are dropped", PPP_SERVER, eap,
	  SERVER_START "< eap 02 42 00 04\n< eap 01 42 00 05 01\n< eap 03 42 00 04\n"
		       "< eap 04 42 00 04\n< eap 02 42 00 09 01 55\n< eap 02 42\n" },
	{ "after the end there is no more to say", PPP_SERVER, eap,
	  SERVER_ASKED "< " RESPONSE("43", "02")
		  EVENT_RESPONSE("43", "02") "verdict ok\nskip\n< " RESPONSE(
			  "43", "02") "eap-not 01 44 -- ff 03\n" },
	{ "what is no Request of the owner's is not sent", PPP_SERVER, eap,
	  SERVER_START
	  "eap-not 01 43 -- ff 01\n"
	  "< " IDENTITY_RESPONSE("42") EVENT_IDENTITY_RESPONSE(
		  "42") "eap-not 02 43 -- ff 01\neap-not 03 42 00 04\neap-not 01 42 -- ff 01\n"
			"eap-not 01 43 00 04\neap-not 01 43 00 07 ff 01\neap-not 01\neap-not\x20\n" REQUEST(
				"43", "01") "> " REQUEST("43", "01") "eap-not 01 44 -- ff 01\n" },
	{ "an LCP that is negotiated again before the Identity", PPP_SERVER, eap,
	  SERVER_START "< lcp 01 02 -- 05 06 12345679\n"
		       "> lcp 01 02 -- 05 06 99999999 03 04 c227\n> lcp 02 02 -- 05 06 12345679\n"
		       "< lcp 02 02 -- 05 06 99999999 03 04 c227\n! lcp-up\n> " IDENTITY_REQUEST(
			       "42") "< " IDENTITY_RESPONSE("42") EVENT_IDENTITY_RESPONSE("42") },
	{ "a late repeat of the request that opened LCP, with another Identifier; and one that is meant",
	  PPP_SERVER, eap,
	  SERVER_START "< lcp 01 02 -- 05 06 12345678\n> lcp 02 02 -- 05 06 12345678\n"
		       "< lcp 01 03 -- 05 06 12345678\n> lcp 02 03 -- 05 06 12345678\n"
		       "< " IDENTITY_RESPONSE("42") EVENT_IDENTITY_RESPONSE(
			       "42") "< lcp 01 04 -- 05 06 12345678\n" SERVER_END
				     "! closed 12 0\n" },
	{ "and in the middle of a conversation", PPP_SERVER, eap,
	  SERVER_ASKED "< lcp 01 02 -- 05 06 12345678\n" SERVER_END "! closed 12 0\n" },
	{ "a peer that rejects the protocol", PPP_SERVER, eap,
	  SERVER_START "< lcp 08 01 -- c227 01 42 00 05 01\n" SERVER_END "! closed 4 0\n" },
	{ "no memory for it: never offered", PPP_SERVER, eap_without_memory,
	  "< lcp 01 01 -- 05 06 12345678\n> lcp 01 01 -- 05 06 99999999 03 04 c023\n"
	  "> lcp 02 01 -- 05 06 12345678\n< lcp 03 01 -- 03 04 c227\nskip\n" },
};

#define CLIENT_START CLIENT_LCP(OPT_EAP)
#define CLIENT_IDENTIFIED                                                     \
	CLIENT_START "< " IDENTITY_REQUEST("07") EVENT_IDENTITY_REQUEST("07") \
		IDENTITY_RESPONSE("07") "> " IDENTITY_RESPONSE("07")
#define CLIENT_ASKED CLIENT_IDENTIFIED "< " REQUEST("08", "01") EVENT_REQUEST("08", "01")
#define CLIENT_ANSWERED CLIENT_ASKED RESPONSE("08", "02") "> " RESPONSE("08", "02")
#define CLIENT_END "> lcp 05 02 00 04\n< lcp 06 02 00 04\n"

static const struct script client[] = {
	{ "EAP is our second: one Nak, copies of the request have the same one, and the next is accepted",
	  PPP_CLIENT, eap_second,
	  "skip\n< lcp 01 01 -- " OPT_EAP "\n! offer eap\n> lcp 03 01 -- " OPT_MSCHAPV2 "\n"
	  "< lcp 01 01 -- " OPT_EAP "\n> lcp 03 01 -- " OPT_MSCHAPV2 "\n"
	  "< lcp 01 02 -- " OPT_EAP "\n> lcp 02 02 -- " OPT_EAP "\n" },
	{ "a server that never changes its Identifier: three copies, then it is accepted",
	  PPP_CLIENT, eap_second,
	  "skip\n< lcp 01 01 -- " OPT_EAP "\n! offer eap\n> lcp 03 01 -- " OPT_MSCHAPV2 "\n"
	  "< lcp 01 01 -- " OPT_EAP "\n> lcp 03 01 -- " OPT_MSCHAPV2 "\n"
	  "< lcp 01 01 -- " OPT_EAP "\n> lcp 03 01 -- " OPT_MSCHAPV2 "\n"
	  "< lcp 01 01 -- " OPT_EAP "\n> lcp 03 01 -- " OPT_MSCHAPV2 "\n"
	  "< lcp 01 01 -- " OPT_EAP "\n> lcp 02 01 -- " OPT_EAP "\n" },
	{ "a conversation that ends well", PPP_CLIENT, eap,
	  CLIENT_ANSWERED "eap-done\n< eap 03 08 00 04\n! authenticated " KEY "\nskip\n" },
	{ "a Success with the next Identifier", PPP_CLIENT, eap,
	  CLIENT_ANSWERED "eap-done\n< eap 03 09 00 04\n! authenticated " KEY "\nskip\n" },
	{ "a Success that is lost: the next layer begins", PPP_CLIENT, eap,
	  CLIENT_ANSWERED "eap-done\n< ipcp 01 01 -- 03 06 0a010001\n! authenticated " KEY
			  "\nskip\n" },
	{ "which counts for nothing before the method is done", PPP_CLIENT, eap,
	  CLIENT_ANSWERED "< ipcp 01 01 -- 03 06 0a010001\n" },
	{ "a Success of another Request", PPP_CLIENT, eap,
	  CLIENT_ANSWERED "eap-done\n< eap 03 07 00 04\n< eap 03 0a 00 04\n" },
	{ "a Success before the method is done", PPP_CLIENT, eap,
	  CLIENT_START "< eap 03 07 00 04\n< eap 03 00 00 04\n< " IDENTITY_REQUEST("07")
		  EVENT_IDENTITY_REQUEST("07") "< eap 03 07 00 04\n" IDENTITY_RESPONSE(
			  "07") "> " IDENTITY_RESPONSE("07") "< eap 03 07 00 04\n< " REQUEST("08",
											     "01")
			  EVENT_REQUEST("08", "01") "< eap 03 08 00 04\n" RESPONSE(
				  "08",
				  "02") "> " RESPONSE("08",
						      "02") "< eap 03 08 00 04\n+ 39999\n+ 1\n" CLIENT_END
							    "! closed 7 0\n" },
	{ "a Failure at any time", PPP_CLIENT, eap,
	  CLIENT_IDENTIFIED "< eap 04 07 00 04\n" CLIENT_END "! closed 3 0\n" },
	{ "a Failure after the method was done", PPP_CLIENT, eap,
	  CLIENT_ANSWERED "eap-done\n< eap 04 08 00 04\n" CLIENT_END "! closed 3 0\n" },
	{ "but not before the first Request, nor after a Success", PPP_CLIENT, eap,
	  CLIENT_START "< eap 04 00 00 04\n< " IDENTITY_REQUEST("07") EVENT_IDENTITY_REQUEST("07")
		  IDENTITY_RESPONSE("07") "> " IDENTITY_RESPONSE(
			  "07") "eap-done\n< eap 03 07 00 04\n"
				"! authenticated " KEY "\nskip\n< eap 04 07 00 04\n" },
	{ "a repeated Request gets the same Response", PPP_CLIENT, eap,
	  CLIENT_ANSWERED "< " REQUEST("08", "01") "> " RESPONSE("08", "02") "< " REQUEST(
		  "08", "01") "> " RESPONSE("08", "02") },
	{ "or waits for it, while the owner thinks", PPP_CLIENT, eap,
	  CLIENT_ASKED "< " REQUEST("08", "01") "+ 20000\n< " REQUEST("08", "01")
		  RESPONSE("08", "02") "> " RESPONSE("08", "02") },
	{ "another Request with the same Identifier is another", PPP_CLIENT, eap,
	  CLIENT_ANSWERED "< " REQUEST("08", "03") EVENT_REQUEST("08", "03")
		  RESPONSE("08", "04") "> " RESPONSE("08", "04") },
	{ "the Identity is asked for again", PPP_CLIENT, eap,
	  CLIENT_ANSWERED "< " IDENTITY_REQUEST("09") EVENT_IDENTITY_REQUEST("09")
		  IDENTITY_RESPONSE("09") "> " IDENTITY_RESPONSE("09") },
	{ "what is no Response of the owner's is not sent", PPP_CLIENT, eap,
	  CLIENT_START
	  "eap-not 02 00 -- 01\n"
	  "< " IDENTITY_REQUEST("07")
		  EVENT_IDENTITY_REQUEST("07") "eap-not 01 07 -- 01\neap-not 02 08 -- 01\neap-not 02 07 00 04\n" IDENTITY_RESPONSE(
			  "07") "> " IDENTITY_RESPONSE("07") "eap-not 02 07 -- 01 \"User\"\n" },
	{ "packets that are no Requests are dropped", PPP_CLIENT, eap,
	  CLIENT_START "< eap 01 07 00 04\n< eap 02 07 00 05 01\n< eap 05 07 00 05 01\n"
		       "< eap 01 07 00 06 01\n< eap 01\n" },
	{ "a server that hangs up in the middle", PPP_CLIENT, eap,
	  CLIENT_ANSWERED "< lcp 05 02 00 04\n> lcp 06 02 00 04\n! closed 14 0\n" },
	{ "a server that never goes on", PPP_CLIENT, eap,
	  CLIENT_ANSWERED "+ 39999\n+ 1\n" CLIENT_END "! closed 7 0\n" },
	{ "the first Request comes before LCP is open", PPP_CLIENT, eap,
	  "> lcp 01 01 -- 05 06 11111111\n< lcp 01 01 -- " OPT_EAP
	  "\n! offer eap\n> lcp 02 01 -- " OPT_EAP "\n< " IDENTITY_REQUEST(
		  "07") "< lcp 02 01 -- 05 06 11111111\n! lcp-up\n" EVENT_IDENTITY_REQUEST("07") },
	{ "no memory for it: not taken", PPP_CLIENT, eap_without_memory,
	  "> lcp 01 01 -- 05 06 11111111\n< lcp 01 01 -- " OPT_EAP
	  "\n! offer eap\n> lcp 03 01 -- " OPT_PAP "\n" },
};

static void server_side(void **state)
{
	(void)state;
	script_run_all(server, sizeof(server) / sizeof(*server));
}

static void client_side(void **state)
{
	(void)state;
	script_run_all(client, sizeof(client) / sizeof(*client));
}

/* ---- without scripts: long packets and many of them */

static struct ppp link;
static struct ppp_login login;
static struct outbox outbox;

static void drain(void (*take)(const struct ppp_out *out))
{
	struct ppp_out out;

	while (ppp_next(&link, &out))
		take(&out);
}

static size_t requests, eap_events;
static bool is_closed;

static void count(const struct ppp_out *out)
{
	requests += out->type == PPP_OUT_FRAME && load_u16(out->frame.at + 2) == 0xc227;
	eap_events += out->type == PPP_OUT_EAP;
	is_closed |= out->type == PPP_OUT_CLOSED;
}

static void take(const char *frame, size_t len)
{
	ppp_input(&link, (const uint8_t *)frame, len, 1000);
	drain(count);
}

/* A server whose LCP is open, for a peer with an MRU of 1000 bytes. */
static void open_link(void (*amend)(struct ppp_cfg *cfg))
{
	static struct ends_random random;
	struct ppp_cfg cfg = ends_server(&random);

	amend(&cfg);
	requests = eap_events = 0;
	is_closed = false;
	ppp_init(&link, &cfg, &login);
	ppp_lend(&link, &outbox);
	ppp_open(&link, 1000);
	take("\xff\x03\xc0\x21\1\1\0\x08\1\4\3\xe8", 12);
	take("\xff\x03\xc0\x21\2\1\0\x0e\5\6\x99\x99\x99\x99\3\4\xc2\x27", 18);
	assert_int_equal(requests, 1);
}

static void respond(uint8_t id, size_t len)
{
	uint8_t frame[PPP_HDR_LEN + PPP_EAP_MAX + 10] = { 0xff, 0x03, 0xc2, 0x27, 2, id };

	store_u16(frame + PPP_HDR_LEN + 2, (uint16_t)len);
	ppp_input(&link, frame, PPP_HDR_LEN + len, 1000);
	drain(count);
}

static bool ask(uint8_t id, size_t len)
{
	uint8_t packet[PPP_EAP_MAX + 10] = { 1, id };
	bool was_sent;

	store_u16(packet + 2, (uint16_t)len);
	was_sent = ppp_eap_send(&link, bytes_of(packet, len), 1000);
	drain(count);
	return was_sent;
}

static void lengths(void **state)
{
	(void)state;
	open_link(narrow);
	respond(0x42, PPP_EAP_MAX + 1); /* longer than our MRU */
	assert_int_equal(eap_events, 0);
	respond(0x42, PPP_EAP_MAX);
	assert_int_equal(eap_events, 1);
	assert_false(ask(1, 1001));
	assert_int_equal(requests, 1);
	assert_true(ask(1, 1000));
	assert_int_equal(requests, 2);
	ppp_wipe(&link);
}

static void a_conversation_without_end(void **state)
{
	uint8_t id = 0x42;

	(void)state;
	open_link(narrow);
	respond(id, 5);
	while (!is_closed && eap_events < 1000) {
		assert_true(ask(++id, 6));
		if (link.why)
			break;
		respond(id, 6);
	}
	assert_int_equal(eap_events, 51); /* the Identity, and fifty */
	assert_int_equal(link.why, PPP_CLOSED_AUTH_TIMEOUT);
	ppp_wipe(&link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(server_side),
		cmocka_unit_test(client_side),
		cmocka_unit_test(lengths),
		cmocka_unit_test(a_conversation_without_end),
	};

	return cmocka_run_group_tests_name("ppp/eap", tests, NULL, NULL);
}
