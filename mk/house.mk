# SPDX-License-Identifier: GPL-3.0-or-later
# The ranks: each folder of src/ is an archive, and a rank may use only the ranks below it.

RANK_1 = util
RANK_2 = http crypto
RANK_3 = upstream
RANK_4 = net
RANK_5 = proc tun control
RANK_6 = ppp sstp ip6 dns dhcp radius tls
RANK_7 = eap
RANK_8 = tunnel auth nameserver
RANK_9 = stack netdev
RANK_10 = client server proxy
RANK_11 = cli

RANKS = 1 2 3 4 5 6 7 8 9 10 11
# $(call below,N): the ranks below rank N, the highest first.
reverse = $(if $1,$(call reverse,$(wordlist 2,99,$1)) $(firstword $1))
below = $(call reverse,$(wordlist 2,$1,0 $(RANKS)))
FOLDERS = $(foreach n,$(call reverse,$(RANKS)),$(RANK_$n))

# Bytes and time in, bytes and events out: an engine uses no loop, no process and no device.
ENGINES = ppp sstp ip6 dns dhcp radius upstream
ENGINES_USE = http crypto util

# $(call under,FOLDER): the folders that FOLDER may use. tests/both/ and tests/line/ may use all.
rank = $(strip $(foreach n,$(RANKS),$(if $(filter $1,$(RANK_$n)),$n)))
lower = $(if $(call rank,$1),$(foreach n,$(call below,$(call rank,$1)),$(RANK_$n)))
under = $(if $(filter both line,$1),$(FOLDERS),$1 $(if $(filter $1,$(ENGINES)),$(ENGINES_USE),$(call lower,$1)))
archives = $(foreach f,$1,$(if $(wildcard src/$f/*.c),$B/lib$f.a))
objects = $(patsubst %.c,$B/%.o,$(wildcard $1))

# ---- objects and archives

# Folders that no packet of a connected tunnel goes through (or only by inline functions) are made small.
COLD = cli control client auth nameserver radius eap upstream proc netdev ip6 dhcp http dns proxy ppp sstp
$(foreach f,$(COLD),$B/src/$f/%.o): OPTIMIZE = -Os
# The rest of a folder that has a few files of the packet path, or of each turn of the loop.
HOT = $(addprefix server/,addr_map filter networks registry ring session worker) $(addprefix tls/,cryptocb tls) net/loop \
	$(addprefix tunnel/,backlog pump receive send unsent) $(addprefix util/,alloc checksum ip) \
	$(addprefix stack/,congestion conn cubic datagram queue relay sack stack) \
	$(addprefix tun/,ecn headers ingress merge mss segment tun) crypto/gcm
$(filter-out $(HOT:%=$B/src/%.o),$(call objects,$(foreach f,server tls net tunnel util stack tun crypto,src/$f/*.c))): OPTIMIZE = -Os

$B/src/crypto/%.o $B/src/tls/%.o $B/tests/crypto/%.o $B/tests/tls/%.o $B/tests/support/pki.o $B/tests/fuzz/trust_fuzz.o: ALL_CFLAGS += $(WOLFSSL_CFLAGS)
$B/src/cli/%.o: ALL_CFLAGS += $(INIH_CFLAGS)
$B/src/cli/licenses.o: ALL_CFLAGS += -Wa,-I$B
$B/src/cli/licenses.o: $B/licenses_first $B/licenses_rest.gz
$B/src/stack/%.o $B/tests/stack/%.o: ALL_CFLAGS += $(LWIP_CFLAGS)
# cmocka before 1.1.7 took a string of uint8_t as it is.
$B/tests/%.o: ALL_CFLAGS += -Itests -Wno-pointer-sign

$B/%.o: %.c $(BUILD_PARTS) $B/given | $(THIRD)
	$(call note,CC)
	mkdir -p $(@D)
	$(COMPILER) $(ALL_CFLAGS) -c $< -o $@

# The settings of command line and environment, which change the objects. Rewritten only if they have changed.
$B/given: FORCE
	mkdir -p $(@D)
	echo '$(COMPILER) $(CFLAGS) $(LDFLAGS)' >$@.new
	cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# Licenses of the libraries that are in the program; the system's libraries are not.
LICENSED = $(if $(filter system,$(WOLFSSL)),,wolfssl inih) lwip $(if $(filter musl cross,$(KIND)),musl) \
	$(if $(VAES_CFLAGS),ring)
LICENSES = $(patsubst %,licenses/%,sstp $(LICENSED)) LICENSE

# The first line names the libraries with their versions. It is in the program as it is, where tools/sbom reads it; the
# rest is compressed.
$B/licenses_text: $(LICENSES) $(BUILD_PARTS) $(THIRD)
	mkdir -p $(@D)
	{ printf 'sstp $(VERSION)'; awk '$$1 != "cmocka" { printf ", %s %s", $$1, $$2 }' $(DEPS)/versions; \
		printf '\n\n'; cat $(LICENSES); } >$@

$B/licenses_first: $B/licenses_text
	sed -n 1p $< >$@

$B/licenses_rest.gz: $B/licenses_text
	sed 1d $< | gzip -9 -n >$@

# Another wolfSSL or lwIP has other structs.
$(call objects,$(foreach d,src tests,$d/crypto/*.c $d/tls/*.c $d/stack/*.c)): $(THIRD)

# Made under another name and renamed, so that there is never half an archive.
define archive
$(call note,AR)
mkdir -p $(@D)
rm -f $@.new
$(or $(AR_$(KIND)),$(AR)) rcsD $@.new $(filter %.o,$^)
mv $@.new $@
endef

# The folder is newer after a file was removed; its object must be removed too.
define folder_rule
$$B/lib$1.a: $$(call objects,src/$1/*.c) src/$1
	$$(archive)
endef
$(foreach f,$(FOLDERS),$(eval $(call folder_rule,$f)))
