"""Pages in Chromium: what a person does on any of them. Fixtures `browser` and `opened` are in conftest.py."""

import pytest

from tools import look

needs_chromium = pytest.mark.skipif(
    look.find_chromium() is None, reason="no Chromium here (make test-service as root installs it)"
)


def sign_in(page, site):
    page.goto(f"{site.url}/login")
    page.get_by_label("Token").fill(site.token)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/")


def tab_to(page, name, most=40):
    """Go to what has this text or id by the Tab key alone."""
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.evaluate("() => [document.activeElement.id, document.activeElement.innerText]")
        if name in focused:
            return
    raise AssertionError(f"Tab does not reach {name}")
