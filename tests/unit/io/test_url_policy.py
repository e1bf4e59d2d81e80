"""Which network addresses may be connected to, and what is shown of a URL."""

import ipaddress

import pytest

from hetero2.errors import GateError
from hetero2.io.url_policy import Rules, recorded, refusal, resolve, shown

PUBLIC = ("93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8")
NOT_PUBLIC = {
    "127.0.0.1": "loopback",
    "::1": "loopback",
    "0.0.0.0": "unspecified",
    "10.1.2.3": "private",
    "172.16.0.1": "private",
    "192.168.1.1": "private",
    "fd00::1": "private",
    "169.254.169.254": "link-local",
    "fe80::1": "link-local",
    "100.64.0.1": "CGNAT",
    "100.127.255.255": "CGNAT",
    "64:ff9b::8.8.8.8": "NAT64",
    "64:ff9b:1::1": "NAT64",
    "2002:7f00:1::": "6to4",
    "192.88.99.1": "6to4",
    "2001::1": "Teredo",
    "::7f00:1": "IPv4-compatible",
    "::ffff:127.0.0.1": "loopback address 127.0.0.1 inside",
    "::ffff:10.0.0.1": "private address 10.0.0.1 inside",
    "224.0.0.1": "multicast",
    "255.255.255.255": "private",
    "240.0.0.1": "private",
    "fec0::1": "site-local",
    "3fff::1": "documentation",
    "192.0.0.8": "protocol",
}


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_allowed(text):
    assert refusal(ipaddress.ip_address(text), []) is None


@pytest.mark.parametrize(("text", "kind"), NOT_PUBLIC.items(), ids=list(NOT_PUBLIC))
def test_other_addresses_are_not_unless_they_are_named(text, kind):
    address = ipaddress.ip_address(text)
    assert kind in refusal(address, [])
    inside = getattr(address, "ipv4_mapped", None) or address
    assert refusal(address, [ipaddress.ip_network(str(inside))]) is None


def test_an_allowed_nat64_network_does_not_open_what_it_hides():
    allowed = [ipaddress.ip_network("64:ff9b::/96")]
    assert refusal(ipaddress.ip_address("64:ff9b::8.8.8.8"), allowed) is None
    assert "private address 10.0.0.1 inside" in refusal(ipaddress.ip_address("64:ff9b::10.0.0.1"), allowed)


def test_a_host_with_one_address_inside_is_refused_whole(monkeypatch):
    answers = [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(GateError, match=r"private address 10\.0\.0\.1"):
        resolve("files.example.org", 443, Rules())
    assert resolve("files.example.org", 443, Rules(allow_addresses=["10.0.0.0/8"])) == ["93.184.216.34", "10.0.0.1"]


def test_what_is_shown_of_a_url_holds_no_secret():
    assert shown("https://u:p@h.org:444/a/b?token=x#y") == "https://h.org:444/a/b"
    assert shown("https://h.org/\x1b[2Ja") == "https://h.org/?[2Ja"
    assert recorded("HTTPS://h.org/a.csv?x") == "https://h.org/a.csv"
