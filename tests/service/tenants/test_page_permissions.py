"""Every page and every form of the pages, come to by everybody: each role, another organisation, and nobody.

What each may do is written by hand in test_permissions.py; what each page needs is what its route declares.
"""

import contextlib
import re
from uuid import UUID, uuid4

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from hetero2.service.api.access import permission_of
from hetero2.service.api.app import create_app
from tests.service.browsing import Browser
from tests.service.tenants.test_permissions import EXPECTED, NOT_IN_PROJECT, OF_PROJECT, snapshot
from tests.service.tenants.two_orgs import PEOPLE
from tests.service.tenants.visits import VISITS, Visit

pytestmark = pytest.mark.service
# Pages on which nobody need be signed in; tests of signing in are about these.
OPEN = {"GET /login", "POST /login", "GET /invitations/{text}", "POST /invitations/{text}"}
# Those that are about nobody but who comes, or say where something is and no more.
UNDECLARED = {
    "POST /logout", "GET /account", "POST /account/password", "POST /session/project", "GET /welcome", "POST /welcome",
    "GET /runs/{run_id}/scores", "GET /runs/{run_id}/{name}",
}  # fmt: skip
NEEDS = {  # what a page needs, by hand; a route that declares something else fails
    "GET /": "runs:read",
    "GET /runs-table": "runs:read",
    "GET /runs/{run_id}": "runs:read",
    "GET /runs/{run_id}/state": "runs:read",
    "GET /runs/{run_id}/files/{name}": "runs:read",
    "GET /runs/{run_id}/report": "runs:read",
    "GET /new": "runs:write",
    "GET /new/{name}": "runs:write",
    "POST /new/{name}": "runs:write",
    "POST /runs": "runs:write",
    "POST /runs/{run_id}/scores": "runs:write",
    "POST /runs/{run_id}/{action}": "runs:write",
    "GET /members": "org:read",
    "GET /members/invite": "members:write",
    "POST /members/invite": "members:write",
    "POST /members/invitations/{invitation_id}/revoke": "members:write",
    "GET /members/{user_id}": "members:write",
    "POST /members/{user_id}/role": "members:write",
    "POST /members/{user_id}/disable": "members:write",
    "POST /members/{user_id}/enable": "members:write",
    "POST /members/{user_id}/reset": "members:write",
    "GET /projects": "org:read",
    "POST /projects": "projects:write",
    "GET /projects/{project_id}": "project:read",
    "POST /projects/{project_id}/name": "projects:write",
    "POST /projects/{project_id}/members": "project:write",
    "POST /projects/{project_id}/members/{user_id}/remove": "project:write",
    "GET /tokens": "tokens:write",
    "POST /tokens": "tokens:write",
    "GET /tokens/{token_id}/revoke": "tokens:write",
    "POST /tokens/{token_id}/revoke": "tokens:write",
    "GET /audit": "audit:read",
    "GET /audit.csv": "audit:read",
    "GET /org": "org:read",
    "POST /org": "org:write",
}
WITH_IDS = sorted({page for page in VISITS if "_id}" in page} | {"POST /session/project", "POST /tokens"})
FORMS = sorted(page for page in VISITS if page.startswith("POST"))


@pytest.fixture(scope="module")
def browsers():
    """Somebody's browser, signed in with their token."""
    with contextlib.ExitStack() as opened:
        signed_in = {}

        def browser(tenant, person, is_new=False):
            key = (tenant.site.scope.org_id, person)
            if is_new or key not in signed_in:
                signed_in[key] = opened.enter_context(Browser(base_url=tenant.site.url, timeout=60, trust_env=False))
                assert signed_in[key].sign_in(token=tenant.texts[person]).status_code == 303
            return signed_in.pop(key) if is_new else signed_in[key]

        yield browser


@contextlib.contextmanager
def nothing_changes(tenant, pages, person="owner"):
    """(page, a visit to it) for each of these pages, by none of which anything of the tenant is to be changed."""
    visits = [(page, VISITS[page](tenant, person)) for page in sorted(pages)]
    before = snapshot(tenant)
    yield visits
    assert snapshot(tenant) == before


def pages_of(tenant):
    """(method and path, its route) of every page of the application."""
    for context in iter_route_contexts(create_app(tenant.site.service).routes):
        route = context.original_route
        is_page = not context.path.startswith(("/api/", "/healthz", "/readyz")) and "/ga4gh/" not in context.path
        if isinstance(route, APIRoute) and is_page:
            yield f"{'/'.join(sorted(context.methods or ()))} {context.path}", route


def test_no_page_is_left_out(acme):
    pages = dict(pages_of(acme))
    assert set(pages) == set(VISITS) | OPEN
    assert {page: permission_of(route) for page, route in pages.items() if permission_of(route)} == NEEDS
    assert set(pages) - set(NEEDS) == OPEN | UNDECLARED


@pytest.mark.parametrize("person", sorted(PEOPLE))
def test_what_is_allowed_is_done(acme, browsers, person):
    allowed = {page for page in VISITS if page not in NEEDS or NEEDS[page] in EXPECTED[person]}
    # Whoever comes with a token has no password here, and stays in its project; who the owner is was said before.
    refused_for_reasons = {"POST /account/password", "POST /welcome", "POST /session/project"}
    if person in NOT_IN_PROJECT:
        refused_for_reasons |= {"POST /tokens", "GET /runs/{run_id}/{name}"}
    for page in sorted(allowed - refused_for_reasons):
        answer = VISITS[page](acme, person).send(browsers(acme, person, is_new=page == "POST /logout"), page)
        assert answer.status_code in (200, 303), (page, answer.text)
        assert page == "POST /logout" or answer.headers.get("location") not in ("/login", "/account"), page


@pytest.mark.parametrize("person", sorted(PEOPLE))
def test_what_is_not_allowed_is_refused(acme, browsers, person):
    refused = {page for page, needed in NEEDS.items() if needed not in EXPECTED[person]}
    assert bool(refused) != (person in ("owner", "admin"))
    browser = browsers(acme, person)
    with nothing_changes(acme, refused, person) as visits:
        for page, visit in visits:
            answer = visit.send(browser, page)
            if person not in NOT_IN_PROJECT or NEEDS[page] not in OF_PROJECT:
                assert answer.status_code == 403, page
                assert "Your role does not allow " in answer.text
                assert NEEDS[page] not in answer.text, "plain words"
            elif "{project_id}" in page:
                assert answer.status_code == 404, page
            else:
                assert (answer.status_code, answer.headers["location"]) == (303, "/account"), page


def nowhere(visit):
    """The same visit about things that there are nowhere."""

    def other(value):
        with contextlib.suppress(ValueError):
            return str(uuid4()) if UUID(str(value)) else value
        return value

    values, form = ({key: other(value) for key, value in filled.items()} for filled in (visit.values, visit.form))
    return Visit(values, form, visit.files)


def text_of(answer, visit):
    """What an answer says, without the ids of its own visit and the token of its forms."""
    text = answer.text + answer.headers.get("location", "")
    for value in (*visit.values.values(), *visit.form.values()):
        text = text.replace(str(value), "ID")
    return answer.status_code, re.sub(r'name="form_token" value="\w+"', "", text)


@pytest.mark.parametrize("person", ["owner", "runner", "viewer"])
def test_another_organisation_is_shown_what_does_not_exist(acme, globex, browsers, person):
    browser = browsers(globex, person)
    with nothing_changes(acme, WITH_IDS) as visits:
        for page, visit in visits:
            answer, unknown = visit.send(browser, page), nowhere(visit)
            assert text_of(answer, visit) == text_of(unknown.send(browser, page), unknown), page
            if page != "GET /runs/{run_id}/scores":  # it leads to the page of the run, whatever that is
                assert answer.status_code in ((404,) if person == "owner" else (404, 403)), page


def test_nobody_is_sent_to_sign_in(acme):
    with nothing_changes(acme, VISITS) as visits:
        for page, visit in visits:
            with Browser(base_url=acme.site.url, trust_env=False) as browser:
                answer = visit.send(browser, page)
            if page != "GET /runs/{run_id}/scores":
                assert (answer.status_code, answer.headers["location"]) == (303, "/login"), page


@pytest.mark.parametrize("form_token", ["", "0" * 64])
def test_a_form_without_its_token_does_nothing(acme, browsers, form_token):
    browser = browsers(acme, "owner")
    with nothing_changes(acme, FORMS) as visits:
        for page, visit in visits:
            answer = visit.send(browser, page, form_token)
            assert answer.status_code == 403, page
            assert "The form is not from the current session of this browser." in answer.text
