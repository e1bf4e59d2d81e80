"""Which network addresses may be connected to, and what is shown of a URL."""

import ipaddress
import re
import socket
import threading

import pytest

from hetero2.errors import ConfigError, GateError
from hetero2.io.url_policy import Rules, check_url, recorded, refusal, resolve, shown, shown_safely, split

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


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://h.org/µ", "it has characters that are not allowed in a URL (percent-encode them)"),
        ("https://h.org/a b", "it has characters that are not allowed in a URL (percent-encode them)"),
        ("https://h.org/\x1f", "it has characters that are not allowed in a URL (percent-encode them)"),
        ("http://h.org/a", "the scheme is http; only https and file are read"),
        ("h.org/a", "the scheme is missing; only https and file are read"),
        ("file://h.org/a", "a file URL must name an absolute path on this machine: file:///folder/name"),
        ("file:a", "a file URL must name an absolute path on this machine: file:///folder/name"),
        ("https://user@h.org/a", "it holds a user or password; use execution.download.token_variable"),
        ("https://:word@h.org/a", "it holds a user or password; use execution.download.token_variable"),
        ("https:///a", "it names no host"),
        ("https://h!.org/a", "it names no host"),
        (f"https://{'h' * 254}/a", "it names no host"),
    ],
)
def test_a_url_of_another_form_is_refused_with_the_reason(url, reason):
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}$"):
        split(url)
    with pytest.raises(GateError) as caught:
        check_url(url, Rules())
    assert str(caught.value) == f"{shown_safely(url)}: refused: {reason}"


@pytest.mark.parametrize("port", ["65536", "x"])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(GateError, match=rf"^https://h\.org:{port}/a: refused: [Pp]ort"):
        check_url(f"https://h.org:{port}/a", Rules())


@pytest.mark.parametrize("url", ["file:///a/b", "file://localhost/a/b", "https://[2001:db8::1]/a", "HTTPS://H_1.org"])
def test_urls_that_may_be_read(url):
    assert check_url(url, Rules(hosts=["*"])) == split(url)


def test_a_space_is_the_first_character_that_may_not_stand_in_a_url_and_the_next_may():
    assert split("https://h.org/!").path == "/!"


def test_ports_are_those_of_the_rules():
    assert check_url("https://h.org:444/a", Rules(ports=(443, 444))).port == 444
    with pytest.raises(GateError) as caught:
        check_url("https://h.org:445/a?secret", Rules(ports=(443, 444)))
    assert caught.value.message == "https://h.org:445/a: refused: port 445, allowed are 443, 444"
    assert caught.value.hint == "see execution.download.ports in your layer"
    with pytest.raises(GateError, match="refused: port 443, allowed are 444"):
        check_url("https://h.org/a", Rules(ports=(444,)))


@pytest.mark.parametrize("url", ["https://files.h.org/a", "https://FILES.H.ORG./a", "https://exact.org/a"])
def test_hosts_are_met_by_pattern_whatever_their_case(url):
    assert check_url(url, Rules(hosts=["exact.org", "*.H.org"])).path == "/a"


@pytest.mark.parametrize(("hosts", "named"), [(["*.h.org", "i.org"], "*.h.org, i.org"), ([], "none")])
def test_another_host_is_refused(hosts, named):
    with pytest.raises(GateError) as caught:
        check_url("https://H.org./a", Rules(hosts=hosts))
    assert caught.value.message == f"https://H.org./a: refused: host h.org, allowed are {named}"
    assert caught.value.hint == "see execution.download.hosts in your layer"


def test_networks_that_are_none_are_a_fault_of_the_configuration():
    assert Rules(allow_addresses=["10.1.0.0/16"]).networks() == [ipaddress.ip_network("10.1.0.0/16")]
    with pytest.raises(ConfigError) as caught:
        Rules(allow_addresses=["10.1.0.1/16"]).networks()
    assert caught.value.message.startswith("configuration: execution.download.allow_addresses: 10.1.0.1/16 ")
    assert caught.value.hint == "e.g. 10.1.0.0/16 or 192.0.2.7/32"


def test_the_record_of_a_file_is_its_name_and_of_text_that_is_no_url_nothing():
    assert recorded("file:///folder/of/mine/a.csv") == "file:a.csv"
    assert shown_safely("https://h.org/µ") == "https://h.org/\\xb5"
    assert shown_safely("https://[h.org/a") == "the URL"


def answering(monkeypatch, *texts):
    calls = []

    def answer(*words, **more):
        calls.append((words, more))
        return [(2, 1, 6, "", (text, 443)) for text in texts]

    monkeypatch.setattr("socket.getaddrinfo", answer)
    return calls


def test_a_name_is_asked_for_once_and_every_address_given_once(monkeypatch):
    calls = answering(monkeypatch, "93.184.216.34", "2606:2800:220:1::1%eth0", "93.184.216.34")
    assert resolve("h.org", 443, Rules()) == ["93.184.216.34", "2606:2800:220:1::1%eth0"]
    assert calls == [(("h.org", 443), {"type": socket.SOCK_STREAM})]


def test_an_address_inside_is_refused_with_what_to_do(monkeypatch):
    answering(monkeypatch, "fe80::1%eth0")
    with pytest.raises(GateError) as caught:
        resolve("h.org", 443, Rules())
    assert caught.value.message == "h.org: refused: it resolves to the link-local address fe80::1"
    assert caught.value.hint == "an address inside your own network needs execution.download.allow_addresses"


@pytest.mark.parametrize("error", [OSError("no such name"), UnicodeError("no such name")])
def test_a_name_that_cannot_be_resolved_is_one_line(monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("socket.getaddrinfo", fail)
    with pytest.raises(GateError) as caught:
        resolve("h.org", 443, Rules())
    assert caught.value.message == "h.org: cannot be resolved: no such name"
    assert caught.value.hint == "check the name, and that this machine has DNS"


def test_a_resolver_that_never_answers_is_not_waited_for(monkeypatch):
    free = threading.Event()
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: free.wait(30) and [])
    try:
        with pytest.raises(GateError, match=r"^h\.org: cannot be resolved: no answer in time"):
            resolve("h.org", 443, Rules(), seconds=0.05)
        with pytest.raises(GateError, match="no answer in time"):
            resolve("h.org", 443, Rules(), seconds=-1)
    finally:
        free.set()


def test_a_network_of_the_other_version_allows_nothing():
    assert refusal(ipaddress.ip_address("10.0.0.1"), [ipaddress.ip_network("::/0")]) == "private address 10.0.0.1"
    assert refusal(ipaddress.ip_address("fd00::1"), [ipaddress.ip_network("0.0.0.0/0")]) == "private address fd00::1"
