# SPDX-License-Identifier: GPL-3.0-or-later
"""What tshark makes of a capture, with the TLS keys in hand."""
import re
import subprocess
import xml.etree.ElementTree as xml

# Layers of ours: inside them nothing may be strange to tshark, below them only what it calls an error.
OURS = {"http", "sstp", "ppp", "lcp", "pap", "chap", "ipcp", "ipv6cp", "icmpv6", "dhcpv6", "dhcp"}
SEVERITY_WARN, SEVERITY_ERROR = 0x600000, 0x800000

# Faults of tshark 4.0: it takes a bitmask for a number, knows the compound MAC of SHA-1 alone, and shows a control
# message without attributes once more, as unknown data.
ITS_FAULTS = [
    r"Hash Protocol: Unknown \(0x03\)",
    r"Unknown Data: [0-9a-f]{64}",
    r"Unknown Data: 1001000800(07|08|09)0000",
    # RFC 2153: it knows a vendor's option in LCP, not in IPCP
    r"Unknown \(0x00\) \(18 bytes\)",
]


class Dissection:
    def __init__(self, capture, keys):
        done = subprocess.run(["tshark", "-r", capture, "-o", f"tls.keylog_file:{keys}", "-T", "pdml"], check=True,
                              capture_output=True, text=True)
        self.packets = list(xml.fromstring(done.stdout).iter("packet"))

    def layers(self):
        """Every layer of every packet."""
        return [layer for packet in self.packets for layer in packet.iter("proto")]

    def names(self):
        return {layer.get("name") for layer in self.layers()}

    def values(self, field):
        """What is said of each field of that name: "Message Type: SSTP_MSG_CALL_CONNECTED (0x0004)"."""
        return [f.get("showname") for packet in self.packets for f in packet.iter("field") if f.get("name") == field]

    def complaints(self):
        """Malformed packets and, in layers of ours, fields that tshark does not know and anything it warns of."""
        found = [f"{layer.get('name')}: {layer.get('showname')}" for layer in self.layers()
                 if layer.get("name") in ("_ws.malformed", "_ws.short", "_ws.unreassembled")]
        for layer in self.layers():
            name = layer.get("name")
            limit = SEVERITY_WARN if name in OURS else SEVERITY_ERROR
            for field in layer.iter("field"):
                words = field.get("showname") or field.get("show") or ""
                if field.get("name") == "_ws.expert.severity" and int(field.get("show"), 0) >= limit:
                    found.append(f"{name}: severity {words}")
                if name in OURS and re.search("(?i)unknown|undecoded|malformed", words) and not is_its_fault(words):
                    found.append(f"{name}: {words}")
        return found


def is_its_fault(words):
    return any(re.fullmatch(fault, words) for fault in ITS_FAULTS)
