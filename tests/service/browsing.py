"""Pages in Chromium: what a person does on any of them. Fixtures `browser` and `opened` are in conftest.py."""

import re
from typing import Any

import httpx
import pytest

from tools import look

needs_chromium = pytest.mark.skipif(
    look.find_chromium() is None, reason="no Chromium here (make test-service as root installs it)"
)


class Browser(httpx.Client):
    """Pages without a browser: it keeps cookies, and sends forms with the token of the page that it got last."""

    form_token = ""

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send, and remember the token of the page that comes."""
        answer = super().send(request, **options)
        if "html" in answer.headers.get("content-type", ""):
            answer.read()
            for seen in re.findall(r'name="form_token" value="(\w+)"', answer.text)[-1:]:
                self.form_token = seen
        return answer

    def form(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
        """Send a form as the page that was got last would."""
        return self.post(path, data={"form_token": self.form_token, **(data or {})}, **options)

    def sign_in(self, **data: str) -> httpx.Response:
        """Sign in by the form for it; then get a page of the session, for its token."""
        self.get("/login")
        answer = self.form("/login", data)
        if answer.status_code == 303:
            self.get("/account")
        return answer


def sign_in(page, site):
    page.goto(f"{site.url}/login")
    page.get_by_label("Token").fill(site.token)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url in (f"{site.url}/", f"{site.url}/welcome"))
    if page.url.endswith("/welcome"):
        follow(page, "Later")
        page.wait_for_url(f"{site.url}/")


def tab_to(page, name, most=40):
    """Go to what has this text or id by the Tab key alone."""
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.evaluate("() => [document.activeElement.id, document.activeElement.innerText]")
        if name in focused:
            return
    raise AssertionError(f"Tab does not reach {name}")


def press(within, name):
    """Press a button of this very name on a page, or part of one."""
    _click(within, "button", name)


def follow(within, name):
    """Follow a link of this very name on a page, or part of one."""
    _click(within, "link", name)


def _click(within, role, name):
    """Click, and wait for all of the page that comes: a click itself waits for its beginning alone."""
    within.get_by_role(role, name=name, exact=True).click()
    getattr(within, "page", within).wait_for_load_state()
