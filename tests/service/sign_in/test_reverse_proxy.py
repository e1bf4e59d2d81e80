"""The service behind nginx with TLS, by the configuration that the documentation ships."""

import contextlib
import shutil
import ssl
import subprocess
import time

import httpx
import pytest
import trustme

from hetero2.paths import ROOT
from hetero2.service.db.access import invitations
from hetero2.service.domain.permissions import OrgRole
from tests.service import sites
from tests.service.browsing import Browser, needs_chromium
from tests.service.postgres import free_port
from tests.service.sign_in.people import PASSWORD, Place, is_in

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(NGINX is None, reason="no nginx here (make test-service as root installs it)"),
]
NAME = "localhost"  # that a certificate can be for without a name server
COOKIE = "__Host-hetero2_session"


class Proxied(Place):
    """A place that browsers reach by nginx."""

    def __init__(self, site, closing, port, plain_port, authority):
        super().__init__(site, "", closing)
        object.__setattr__(self, "url", f"https://{NAME}:{port}")
        object.__setattr__(self, "plain_url", f"http://{NAME}:{plain_port}")
        object.__setattr__(self, "trust", ssl.create_default_context())
        authority.configure_trust(self.trust)

    def browser(self):
        return self.closing.enter_context(Browser(base_url=self.url, verify=self.trust, timeout=60, trust_env=False))


def _configuration(folder, port, plain_port, upstream):
    """That of the documentation, with the ports and files of this test."""
    text = (ROOT / "docs/nginx.conf").read_text()
    for shipped, here in (
        ("listen 80;", f"listen 127.0.0.1:{plain_port};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("hetero2.example;", f"{NAME};"),
        ("/etc/ssl/hetero2.example.pem", str(folder / "server.pem")),
        ("/etc/ssl/hetero2.example.key", str(folder / "server.key")),
        ("http://127.0.0.1:8642", upstream),
        ("https://$host$", f"https://$host:{port}$"),
        ("Host $host;", f"Host $host:{port};"),
    ):
        assert shipped in text
        text = text.replace(shipped, here)
    (folder / "hetero2.conf").write_text(text)
    main = folder / "nginx.conf"
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    main.write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log {folder}/access.log; {folders} include {folder}/hetero2.conf; }}\n"
    )
    return main


@pytest.fixture(scope="module")
def proxied(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nginx")
    authority = trustme.CA()
    certificate = authority.issue_cert(NAME, "127.0.0.1")
    certificate.private_key_pem.write_to_path(folder / "server.key")
    for number, blob in enumerate(certificate.cert_chain_pems):
        blob.write_to_path(folder / "server.pem", append=number > 0)
    port, plain_port = free_port(), free_port()
    with (
        sites.served(folder, public_url=f"https://{NAME}:{port}") as site,
        subprocess.Popen([NGINX, "-c", str(_configuration(folder, port, plain_port, site.url))]) as nginx,
        contextlib.ExitStack() as closing,
    ):
        try:
            place = Proxied(site, closing, port, plain_port, authority)
            for _ in range(300):
                assert nginx.poll() is None, (folder / "error.log").read_text()
                with contextlib.suppress(httpx.ConnectError):
                    httpx.get(place.plain_url, trust_env=False)
                    break
                time.sleep(0.1)
            yield place
        finally:
            nginx.terminate()


def _set_cookies(answer):
    return {cookie.partition("=")[0]: cookie.lower() for cookie in answer.headers.get_list("set-cookie")}


def test_signing_in_over_tls_gives_cookies_that_no_neighbour_can_set(proxied):
    user, opened = proxied.person(), proxied.browser()
    visit = _set_cookies(opened.get("/login"))["__Host-hetero2_visit"]
    answer = opened.form("/login", {"email": user.email, "password": PASSWORD}, headers={"Origin": proxied.url})
    session = _set_cookies(answer)[COOKIE]
    for cookie in (visit, session):
        assert all(fact in cookie for fact in ("secure", "httponly", "samesite=strict", "path=/"))
        assert "domain" not in cookie
    assert is_in(opened)
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert opened.get("/nothing").headers["strict-transport-security"] == "max-age=31536000"
    answer = opened.form("/logout", headers={"Origin": proxied.url})
    assert "secure" in _set_cookies(answer)[COOKIE], "else browsers keep it"
    assert not is_in(opened)


@needs_chromium
def test_in_chromium(proxied, browser):
    user = proxied.person()
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(proxied.url)
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{proxied.url}/")
    page.get_by_role("heading", name="Runs").wait_for()
    cookie = next(cookie for cookie in context.cookies() if cookie["name"] == COOKIE)
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Strict")
    context.close()


def test_plain_http_leads_to_tls(proxied):
    answer = httpx.get(f"{proxied.plain_url}/login?x=1", trust_env=False)
    assert (answer.status_code, answer.headers["location"]) == (308, f"{proxied.url}/login?x=1")
    assert "set-cookie" not in answer.headers


def test_what_a_client_says_of_itself_is_not_believed(proxied):
    forged = {
        "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Port": "80", "Forwarded": "for=203.0.113.7;host=evil.example;proto=http",
        "X-Real-IP": "203.0.113.7",
    }  # fmt: skip
    user, opened = proxied.person(), proxied.browser()
    opened.headers.update(forged)
    answer = opened.sign_in(email=user.email, password=PASSWORD)
    assert answer.headers["location"] == "/"
    assert "secure" in _set_cookies(answer)[COOKIE]
    assert proxied.events("session.begin")[0].detail["address"] == "127.0.0.1"
    refused = opened.form("/logout", headers={"Origin": "https://evil.example"})
    assert refused.status_code == 403


def test_the_proxy_is_believed_and_nobody_is_where_there_is_none(proxied, small):
    said = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    for place, address in ((proxied, "203.0.113.7"), (small, "127.0.0.1")):
        user = place.person()
        with Browser(base_url=place.site.url, headers=said, trust_env=False) as direct:
            name = "__Host-hetero2_visit" if place is proxied else "hetero2_visit"
            visit = direct.get("/login").cookies[name]
            form = {"email": user.email, "password": PASSWORD, "form_token": direct.form_token}
            answer = direct.post("/login", data=form, headers={"Cookie": f"{name}={visit}"})
        assert answer.status_code == 303, answer.text
        assert place.events("session.begin")[0].detail["address"] == address
        assert ("secure" in str(_set_cookies(answer))) is (place is proxied), "it is the setting that says so"


@pytest.mark.parametrize("origin", ["http://localhost", "PLAIN", "SITE", "https://localhost", "null"])
def test_forms_come_from_the_public_address_alone(proxied, origin):
    origin = {"PLAIN": proxied.plain_url, "SITE": proxied.site.url}.get(origin, origin)
    opened = proxied.by_password(proxied.person())
    assert opened.form("/logout", headers={"Origin": origin}).status_code == 403
    assert is_in(opened)


def test_a_link_of_an_invitation_is_in_no_log_of_the_proxy(proxied):
    owner = proxied.principal(proxied.person(OrgRole.OWNER))
    with proxied.service.writing(owner) as session:
        text = invitations.create(session, owner, "g@acme.example", OrgRole.MEMBER, proxied.service.now())[1]
    opened = proxied.browser()
    assert opened.get(f"/invitations/{text}").status_code == 200
    opened.get("/login")
    log = (proxied.service.settings.folder.parent / "access.log").read_text()
    assert "/login" in log
    assert text not in log


def test_files_of_any_size_come_through(proxied):
    headers = {"Authorization": f"Bearer {proxied.site.token}"}
    content = b"id,smiles\n" + b"a,CCO\n" * 500_000
    opened = proxied.browser()
    answer = opened.put("/api/v1/uploads", params={"name": "large.csv"}, content=content, headers=headers)
    assert (answer.status_code, answer.json()["size"]) == (201, len(content))
