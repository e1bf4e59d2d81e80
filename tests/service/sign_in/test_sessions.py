"""Sessions at the pages: what begins one, what it may, and everything that ends it."""

import re

import pytest

from hetero2.service.db import orgs
from hetero2.service.db.access import secrets, tokens, users
from hetero2.service.domain.permissions import Action, OrgRole, ProjectRole
from hetero2.service.domain.scope import Scope
from tests.service.sign_in.people import PASSWORD, is_in

pytestmark = pytest.mark.service
COOKIE = "hetero2_session"


def test_the_cookie_is_random_for_this_site_alone_and_kept_as_a_digest(place):
    user, opened = place.person(), place.browser()
    said = opened.sign_in(email=f" {user.email.upper()} ", password=PASSWORD, org=place.org).headers
    cookie = next(one for one in said.get_list("set-cookie") if one.startswith(f"{COOKIE}="))
    facts = {fact.strip().lower() for fact in cookie.split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/", "max-age=604800"} <= facts
    assert "secure" not in facts, "over http on loopback it would not come back"
    assert not any(fact.startswith("domain") for fact in facts)
    text = opened.cookies[COOKIE]
    assert re.fullmatch(r"h2s_[\w-]{65}", text)
    assert secrets.org_of("h2s_", text) == place.org_id
    (row,) = place.sessions(user)
    assert row.sha256 == secrets.digest(text)
    assert text not in str(vars(row))
    begun = place.events("session.begin")[0]
    assert (begun.user_id, begun.object_id) == (user.id, str(row.id))
    assert begun.detail == {"by": "password", "address": "127.0.0.1"}


def test_each_sign_in_begins_a_session_anew_and_ends_the_one_that_was_brought(place):
    user = place.person()
    opened, first = place.by_password(user), None
    first = opened.cookies[COOKIE]
    assert opened.sign_in(email=user.email, password=PASSWORD, org=place.org).status_code == 303
    assert opened.cookies[COOKIE] != first
    thief = place.browser()
    thief.cookies.set(COOKIE, first)
    assert not is_in(thief)
    assert is_in(opened)
    # A text that somebody has put into the browser is never the one that it gets.
    planted = secrets.new("h2s_", place.org_id)
    opened = place.browser()
    opened.cookies.set(COOKIE, planted, domain="127.0.0.1", path="/")
    opened.sign_in(email=user.email, password=PASSWORD, org=place.org)
    assert opened.cookies.get(COOKIE, domain="127.0.0.1") != planted


def test_signing_out_ends_the_session_itself(place):
    user = place.person()
    opened = place.by_password(user)
    text = opened.cookies[COOKIE]
    answer = opened.form("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    opened.cookies.set(COOKIE, text)
    assert not is_in(opened)
    assert place.sessions(user)[0].ended_at is not None
    assert [(event.act, event.user_id) for event in place.events()[:2]] == [
        ("session.end", user.id),
        ("session.begin", user.id),
    ]


@pytest.mark.parametrize(
    ("step", "n_steps", "is_open"), [(11, 1, True), (13, 1, False), (11, 15, True), (11, 16, False)]
)
def test_a_session_ends_when_nothing_is_done_and_after_a_week_whatever_is(place, clock, step, n_steps, is_open):
    opened = place.by_password(place.person())
    for _ in range(n_steps):
        clock.forward(hours=step)
        last = is_in(opened)
    assert last is is_open


def test_a_page_that_looks_by_itself_keeps_nobody_signed_in(place, clock):
    opened = place.by_password(place.person())
    for _ in range(3):
        clock.forward(hours=5)
        answer = opened.get("/runs-table", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers.get("hx-redirect")) == (204, "/login")


def test_rows_of_sessions_whose_time_is_over_go(place, clock):
    user = place.person()
    place.by_password(user)
    clock.forward(days=8)
    place.by_password(user)
    assert len(place.sessions(user)) == 1


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_a_session_begun_with_a_token_has_its_limits_and_ends_with_it(place, clock, how):
    user = place.person()
    expires_at = None if how == "revoked" else place.service.now().replace(microsecond=0)
    if expires_at is not None:
        clock.forward(hours=-1)
    token_id, text = place.token(user, actions=[Action.READ_RUNS], expires_at=expires_at)
    opened = place.browser()
    assert opened.sign_in(token=f" {text}\n").headers["location"] == "/"
    assert place.sessions(user)[0].token_id == token_id
    assert opened.get("/").status_code == 200
    assert opened.form("/new/demo").status_code == 403, "the token does not allow to write"
    begun = place.events("session.begin")[0]
    assert (begun.token_id, begun.detail["by"]) == (token_id, "token")
    if how == "revoked":
        with place.service.writing(place.principal(user)) as session:
            tokens.revoke(session, place.principal(user), token_id, place.service.now())
    else:
        clock.forward(hours=2)
    assert not is_in(opened)
    assert opened.sign_in(token=text).status_code == 401
    refused = place.events("session.refused")[0]
    assert refused.detail == {"reason": "token", "address": "127.0.0.1"}
    assert text not in str(refused.detail)


@pytest.mark.parametrize("change", [{"role": OrgRole.BILLING}, {"is_disabled": True}])
def test_a_change_of_an_account_signs_its_person_out(place, change):
    user, owner = place.person(), place.principal(place.person(OrgRole.OWNER))
    opened = place.by_password(user)
    with place.service.writing(owner) as session:
        users.change(session, owner, user.id, place.service.now(), **change)
    assert not is_in(opened)


def test_one_looks_at_another_project_of_ones_own_and_at_no_other(place):
    user, now = place.person(), place.service.now()
    with place.service.writing(place.org_id) as session:
        mine, other = (orgs.add_project(session, place.org_id, f"{name}-{user.id.hex[:8]}", now).id for name in "ab")
        users.put_member(session, Scope(place.org_id, mine), user.id, ProjectRole.VIEWER, now)
    opened = place.by_password(user)
    page = opened.get("/account").text
    assert f"a-{user.id.hex[:8]}" in page
    assert f"b-{user.id.hex[:8]}" not in page
    before = len(place.events("session.project"))
    assert opened.form("/session/project", {"project": str(other)}).status_code == 404
    assert opened.form("/session/project", {"project": str(user.id)}).status_code == 404
    current = place.sessions(user)[0].project_id
    other_one = mine if current != mine else place.site.scope.project_id
    assert opened.form("/session/project", {"project": str(other_one)}).headers["location"] == "/"
    assert place.sessions(user)[0].project_id == other_one
    assert len(place.events("session.project")) == before + 1
    text = place.token(user)[1]
    by_token = place.browser()
    by_token.sign_in(token=text)
    assert by_token.form("/session/project", {"project": str(mine)}).status_code == 404, "a token stays in its project"
    assert place.sessions(user)[-1].project_id == place.site.scope.project_id


def test_whoever_is_in_no_project_is_told_so(place):
    user = place.person(in_project=None)
    opened = place.by_password(user)
    answer = opened.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert "You are in no project yet." in opened.get("/account").text
    assert opened.get("/runs-table", headers={"HX-Request": "true"}).headers["hx-redirect"] == "/account"
    with place.service.writing(place.org_id) as session:
        users.put_member(session, place.site.scope, user.id, ProjectRole.VIEWER, place.service.now())
    opened.get("/account")
    assert opened.form("/session/project", {"project": str(place.site.scope.project_id)}).status_code == 303
    assert opened.get("/").status_code == 200
    with place.service.writing(place.org_id) as session:
        users.remove_member(session, place.site.scope, user.id)
    assert opened.get("/").headers["location"] == "/account"
