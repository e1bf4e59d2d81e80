"""Downloads against a real HTTPS server: what is let in, and every refusal."""

import hashlib
import re
import time

import pytest

from hetero2 import cli
from hetero2.errors import ConfigError, GateError, HeteroError
from hetero2.io.download import Limits, download, token_from
from hetero2.io.fetch import fetch
from hetero2.io.url_policy import Rules
from tests.conftest import config_option
from tests.server import BODY, serving

SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server")) as running:
        yield running


def limits(server, **changes):
    rules = {"ports": (server.server_port,), "allow_addresses": ("127.0.0.1/32",)}
    rules |= {key: changes.pop(key) for key in ("hosts", "ports", "allow_addresses") if key in changes}
    options = {"ca_file": server.ca_file, "max_bytes": 1 << 20, "seconds": 20.0} | changes
    return Limits(rules=Rules(**rules), **options)


def refused(server, path, out, *, sha256=SHA256, url=None, **changes):
    """The message of a refusal; nothing is left behind."""
    with pytest.raises((GateError, ConfigError)) as caught:
        download(url or server.url + path, sha256, out, limits(server, **changes))
    assert list(out.parent.iterdir()) == []
    assert "\n" not in caught.value.message
    return caught.value.message


@pytest.mark.parametrize("digest", [SHA256, SHA256.upper()])
def test_a_file_with_the_pinned_sha256_is_let_in(server, tmp_path, digest):
    download(f"{server.url}/file.csv?key=secret", digest, tmp_path / "f", limits(server))
    assert (tmp_path / "f").read_bytes() == BODY
    path, headers = server.seen[-1]
    assert path == "/file.csv?key=secret"
    assert headers["Accept-Encoding"] == "identity"


def test_the_name_of_a_host_is_checked_against_the_certificate_and_sent(server, tmp_path):
    url = f"https://localhost:{server.server_port}/file.csv"
    download(url, SHA256, tmp_path / "f", limits(server, allow_addresses=("127.0.0.0/8", "::1/128")))
    assert server.seen[-1][1]["Host"] == f"localhost:{server.server_port}"


def test_three_redirects_are_followed_a_fourth_is_refused(server, tmp_path):
    download(f"{server.url}/hops/2", SHA256, tmp_path / "f", limits(server))
    assert (tmp_path / "f").read_bytes() == BODY
    (tmp_path / "f").unlink()
    assert "more than 3 redirects" in refused(server, "/hops/3", tmp_path / "f")


def test_a_file_url_is_read_and_checked(server, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a b.csv").write_bytes(BODY)
    url = (tmp_path / "in/a b.csv").as_uri()
    download(url, SHA256, tmp_path / "out/f", limits(server))
    assert (tmp_path / "out/f").read_bytes() == BODY
    (tmp_path / "x").mkdir()
    assert "expected 00" in refused(server, "", tmp_path / "x/f", url=url, sha256="0" * 64)
    assert "larger than" in refused(server, "", tmp_path / "x/f", url=url, max_bytes=3)
    assert "no such file" in refused(server, "", tmp_path / "x/f", url="file:///no/such/file")
    assert "must name an absolute path" in refused(server, "", tmp_path / "x/f", url="file://host/etc/hosts")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/404", "the server answered with status 404"),
        ("/missing", "the server answered with status 404"),
        ("/huge", "larger than 1 MB"),
        ("/endless", "larger than 1 MB"),
        ("/short", "bytes"),
        ("/packed", "nothing is unpacked"),
        ("/nowhere", "redirect without a Location header"),
        ("/to?http://127.0.0.1/", "not https: http"),
        ("/to?file:///etc/hosts", "not https: file"),
        ("/to?https://10.0.0.1/x", "port 443, allowed are"),
        ("/to?https://u:p@127.0.0.1/x", "holds a user or password"),
        ("/to?https://[::1", "names no host"),
        ("/to?https://[zz]/", "names no host"),
        ("/to?javascript:x", "not https: javascript"),
        ("/many-digits", "larger than 1 MB"),
    ],
)
def test_what_a_server_may_not_answer(server, tmp_path, path, message):
    assert message in refused(server, path, tmp_path / "f")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hosts": ("files.example.org", "*.example.com")}, "host 127.0.0.1, allowed are files.example.org, *.exa"),
        ({"ports": (443,)}, "port"),
        ({"allow_addresses": ()}, "resolves to the loopback address 127.0.0.1"),
        ({"allow_addresses": ("127.0.0.2/32",)}, "loopback address"),
        ({"allow_addresses": ("127.0.0.1/8",)}, "execution.download.allow_addresses: 127.0.0.1/8 has host bits"),
        ({"ca_file": None}, "certificate verify failed"),
        ({"sha256": "0" * 64}, f"has sha256 {SHA256}, expected {'0' * 64}"),
    ],
)
def test_what_the_configuration_does_not_allow(server, tmp_path, changes, message):
    assert message in refused(server, "/file.csv", tmp_path / "f", **changes)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://127.0.0.1/x", "the scheme is http"),
        ("ftp://127.0.0.1/x", "the scheme is ftp"),
        ("x.csv", "the scheme is missing"),
        ("https:///x", "names no host"),
        ("https://user@127.0.0.1/x", "holds a user or password"),
        ("https://127.0.0.1:70000/x", "refused: "),
        ("https://127.0.0.1/a b", "characters that are not allowed in a URL"),
        ("https://ex\u00e4mple.org/", "characters that are not allowed in a URL"),
        ("https://[::1", "refused: "),
    ],
)
def test_what_is_no_url_that_we_fetch(server, tmp_path, url, message):
    assert message in refused(server, "", tmp_path / "f", url=url)


@pytest.mark.parametrize(
    ("place", "url"),
    [
        ("localhost", "file://localhost/etc/hosts"),
        ("", "file:///etc/hosts"),
        ("127.0.0.1", "https://127.0.0.1/file.csv"),
        ("127.0.0.1", "https://user@127.0.0.1/file.csv"),
        ("h.org:8443", "https://h.org/file.csv"),
        ("h.org", "https://h.org:8443/file.csv"),
        ("*.org", "https://h.org/file.csv"),
    ],
)
def test_what_is_fetched_for_nobody_whatever_is_listed(tmp_path, place, url):
    """tests/service/test_fetch.py has the rest, where each hole would be seen."""
    with pytest.raises((ConfigError, GateError), match="refused"):
        fetch(url, SHA256, tmp_path / "f", [place], 100, 5)
    assert list(tmp_path.iterdir()) == []


def test_a_redirect_is_checked_like_the_first_address(server, tmp_path):
    """To another loopback address of the same port, which nobody allowed."""
    where = f"/to?https://127.0.0.2:{server.server_port}/file.csv"
    assert "loopback address 127.0.0.2" in refused(server, where, tmp_path / "f")


def test_a_certificate_for_another_name_is_refused(tmp_path):
    with serving(tmp_path, names=("files.example.org",)) as elsewhere:
        (tmp_path / "out").mkdir()
        assert "certificate is not valid for" in refused(elsewhere, "/file.csv", tmp_path / "out/f")


@pytest.mark.parametrize("path", ["/slow", "/slow-header", "/slow-open", "/to?/slow"])
def test_a_server_that_trickles_is_left_at_the_time_limit(server, tmp_path, path):
    began = time.monotonic()
    assert "stopped after" in refused(server, path, tmp_path / "f", seconds=0.4)
    assert time.monotonic() - began < 10


def test_a_server_that_never_speaks_is_left_at_the_time_limit(tmp_path):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent, serving(tmp_path) as server:
        port = silent.getsockname()[1]
        (tmp_path / "out").mkdir()
        url = f"https://127.0.0.1:{port}/x"
        assert "stopped after" in refused(server, "", tmp_path / "out/f", url=url, ports=(port,), seconds=0.4)


def test_a_name_that_is_not_answered_in_time_is_left(server, tmp_path, monkeypatch):
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: time.sleep(3))
    began = time.monotonic()
    assert "cannot be resolved" in refused(
        server, "", tmp_path / "f", url=f"https://h.org:{server.server_port}/", seconds=0.3
    )
    assert time.monotonic() - began < 2


def test_a_connection_that_is_made_too_late_is_shut(server, tmp_path, monkeypatch):
    """As where an accept queue is full until the time is over: what comes then must not be read for ever."""
    import urllib3.connection

    connect = urllib3.connection.HTTPSConnection._new_conn

    def late(self):
        time.sleep(0.5)
        return connect(self)

    monkeypatch.setattr("urllib3.connection.HTTPSConnection._new_conn", late)
    began = time.monotonic()
    assert "stopped after" in refused(server, "/slow", tmp_path / "f", seconds=0.3)
    assert time.monotonic() - began < 5


def test_a_full_disk_is_no_error_of_the_network(server, tmp_path, monkeypatch):
    def full(*args):
        out = args[2]
        raise HeteroError(f"{out.parent}: cannot be written: No space left on device")

    monkeypatch.setattr("hetero2.io.download._write", full)
    with pytest.raises(HeteroError, match="cannot be written: No space") as caught:
        download(f"{server.url}/file.csv", SHA256, tmp_path / "f", limits(server))
    assert not isinstance(caught.value, GateError)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "settings",
    [
        {"ports": 5},
        {"max_mb": "x"},
        {"minutes": None},
        {"minutes": 1e300},
        {"hosts": 5},
        {"token_variable": 5},
        {"ca_file": 5},
        {"allow_addresses": [2130706433]},
        {"unknown": 1},
    ],
)
def test_settings_of_the_verb_are_checked(tmp_path, capsys, settings):
    words = ["download", "--url", "https://h.org/", "--sha256", SHA256, "--out", str(tmp_path / "f")]
    with pytest.raises(SystemExit) as stopped:
        cli.main([*words, *config_option(execution={"download": settings})])
    assert stopped.value.code == 2
    (key,) = settings
    assert re.search(f"--config: .*execution.download.{key}", capsys.readouterr().err)


def test_a_url_may_come_from_the_environment(tmp_path, monkeypatch):
    (tmp_path / "in.csv").write_bytes(BODY)
    words = ["download", "--url-variable", "MY_URL", "--sha256", SHA256, "--out", str(tmp_path / "f")]
    assert cli.main(words) == 2
    monkeypatch.setenv("MY_URL", (tmp_path / "in.csv").as_uri())
    assert cli.main(words) == 0
    assert (tmp_path / "f").read_bytes() == BODY


def test_nobody_there_is_told(server, tmp_path):
    assert "refused" in refused(server, "", tmp_path / "f", url="https://127.0.0.1:1/x", ports=(1,))
    assert "cannot be resolved" in refused(
        server, "", tmp_path / "f", url="https://no-such-host.invalid/x", ports=(443,)
    )


def test_the_token_goes_to_its_host_and_never_past_a_redirect(server, tmp_path):
    del server.seen[:]
    token = {"token": "t0ken", "token_host": "127.0.0.1"}
    download(f"{server.url}/hops/0", SHA256, tmp_path / "f", limits(server, **token))
    assert [headers.get("Authorization") for _, headers in server.seen] == ["Bearer t0ken", None]
    del server.seen[:]
    download(f"{server.url}/file.csv", SHA256, tmp_path / "f", limits(server, token="t0ken", token_host="example.org"))
    assert "Authorization" not in server.seen[0][1]


def test_a_token_variable_that_is_not_set_is_told(monkeypatch):
    monkeypatch.setenv("MY_TOKEN", "abc")
    assert token_from(None) is None
    assert token_from("MY_TOKEN") == "abc"
    monkeypatch.setenv("MY_TOKEN", "a\nb")
    for name in ("MY_TOKEN", "NO_SUCH_VARIABLE"):
        with pytest.raises(GateError, match=name):
            token_from(name)


def test_the_asset_api_of_github_is_asked_for_the_file(server, tmp_path):
    path = "/repos/some/where/releases/assets/12345"
    server.files |= {path: BODY, f"/api/v3{path}": BODY, f"{path}/more": BODY}
    accepted = {path: "application/octet-stream", f"/api/v3{path}": "application/octet-stream", f"{path}/more": "*/*"}
    for name, accept in accepted.items():
        download(server.url + name, SHA256, tmp_path / "f", limits(server))
        assert server.seen[-1][1]["Accept"] == accept
