"""Every form of the pages is bound to the session that got it: no route that changes anything takes another one."""

import pytest
from fastapi.routing import iter_route_contexts

from hetero2.service.api.app import create_app
from hetero2.service.db.access import invitations
from hetero2.service.domain.permissions import OrgRole
from tests.service.sign_in.people import PASSWORD, is_in

pytestmark = pytest.mark.service
BEFORE_SIGN_IN = {"/login", "/invitations/{text}"}


def _page_routes(place):
    """The paths that take a form: all that take a POST and are not of programs, which send a token in a header."""
    contexts = iter_route_contexts(create_app(place.service).routes)
    paths = {context.path for context in contexts if "POST" in (context.methods or ())}
    return {path for path in paths if not path.startswith("/api/") and "ga4gh" not in path}


@pytest.fixture
def paths(small):
    """A path of each route with a form; what it is about is there, so that with the right token it would be done."""
    owner = small.principal(small.person(OrgRole.OWNER))
    with small.service.writing(owner) as session:
        text = invitations.create(session, owner, "new@acme.example", OrgRole.MEMBER, small.service.now())[1]
    run_id, paused = small.site.queued(), small.site.paused()
    filled = {}
    for path in _page_routes(small):
        run = paused if path.endswith("/scores") else run_id
        nothing = dict.fromkeys(("project_id", "user_id", "token_id", "invitation_id"), small.org_id)
        filled[path] = path.format(run_id=run, action="cancel", name="demo", text=text, **nothing)
    yield filled
    with small.service.writing(owner) as session:
        for row in invitations.every(session, small.org_id, small.service.now()):
            invitations.revoke(session, owner, row.id, small.service.now())


def test_the_walk_sees_them_all(paths):
    assert set(paths) > BEFORE_SIGN_IN
    assert {"/logout", "/runs", "/new/{name}", "/runs/{run_id}/scores", "/runs/{run_id}/{action}"} < set(paths)
    assert {"/welcome", "/account/password", "/session/project"} < set(paths)


@pytest.mark.parametrize("kind", ["urlencoded", "multipart", "htmx"])
@pytest.mark.parametrize("sent", ["none", "empty", "wrong", "of another session", "of a visit", "twice"])
def test_each_refuses_a_form_without_the_token_of_its_session(small, paths, sent, kind):
    user = small.person()
    opened, other = small.by_password(user), small.by_password(user)
    mine = opened.form_token
    opened.get("/login")
    visit, strange = opened.form_token, small.browser()
    strange.get("/login")
    assert len({mine, visit, other.form_token, strange.form_token}) == 4
    before = small.events()
    for route, path in paths.items():
        tokens = {
            "none": {}, "empty": {"form_token": ""}, "wrong": {"form_token": "0" * 64},
            "of another session": {"form_token": strange.form_token if route in BEFORE_SIGN_IN else other.form_token},
            "of a visit": {"form_token": mine if route in BEFORE_SIGN_IN else visit},
            "twice": {"form_token": ["0" * 64, "1" * 64]},
        }  # fmt: skip
        form = {"email": user.email, "password": PASSWORD, "name": "Eve", "key": "k", "request": "{}", **tokens[sent]}
        files = {"scores": ("scores.csv", b"id,score\na,1\n")} if kind == "multipart" else None
        headers = {"HX-Request": "true"} if kind == "htmx" else None
        answer = opened.post(path, data=form, files=files, headers=headers)
        assert answer.status_code == 403, (route, answer.text)
        assert "The form is not from the current session of this browser." in answer.text
        assert "set-cookie" not in answer.headers, route
    assert [event.id for event in small.events()] == [event.id for event in before]
    assert is_in(opened)


def test_with_its_token_each_is_looked_at(small, paths):
    for route, path in sorted(paths.items()):
        opened = small.by_password(small.person(OrgRole.OWNER))
        if route in BEFORE_SIGN_IN:
            opened.get("/login")
        body = {"name": "", "password": "short", "request": "{", "key": "k", "project": str(small.org_id)}
        assert opened.form(path, body).status_code not in (403, 500) or route == "/welcome", route


def test_a_form_of_a_session_that_has_ended_leads_to_signing_in(small):
    opened = small.by_password(small.person())
    token = opened.form_token
    opened.form("/logout")
    assert opened.post("/runs", data={"form_token": token}).headers["location"] == "/login"
    run_id = small.site.queued()
    answer = opened.post(f"/runs/{run_id}/cancel", data={"form_token": token}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/login")


def test_a_cookie_that_somebody_planted_opens_no_form_of_a_session(small):
    opened = small.by_password(small.person())
    opened.cookies.set("hetero2_visit", "planted", domain="127.0.0.1", path="/")
    opened.get("/login")
    assert opened.post("/runs", data={"form_token": opened.form_token, "key": "k", "request": "{}"}).status_code == 403


def test_the_token_of_a_form_opens_nothing(small):
    opened = small.by_password(small.person())
    assert opened.form_token not in opened.cookies["hetero2_session"]
    other = small.browser()
    other.cookies.set("hetero2_session", opened.form_token)
    assert not is_in(other)
