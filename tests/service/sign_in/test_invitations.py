"""Invitations and links for a new password: who makes them, who accepts them, once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from hetero2.service.db.access import invitations, secrets, users
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.permissions import Action, OrgRole, ProjectRole
from tests.service.sign_in.people import OTHER, PASSWORD, is_in

pytestmark = pytest.mark.service


@pytest.fixture
def owner(place):
    return place.principal(place.person(OrgRole.OWNER))


@pytest.fixture
def admin(place):
    return place.principal(place.person(OrgRole.ADMIN))


def _invite(place, by, email="new@acme.example", role=OrgRole.MEMBER, **more):
    with place.service.writing(by) as session:
        return invitations.create(session, by, email, role, place.service.now(), **more)


def _reset(place, by, user):
    with place.service.writing(by) as session:
        return invitations.reset(session, by, user.id, place.service.now())


def _user(place, email):
    with place.service.reading(place.org_id) as session:
        return users.by_email(session, place.org_id, email)


def _accept(place, text, name="Grace", password=PASSWORD):
    opened = place.browser()
    assert opened.get(f"/invitations/{text}").status_code == 200
    return opened, opened.form(f"/invitations/{text}", {"name": name, "password": password})


def _opens_nothing(place, text):
    opened = place.browser()
    opened.get("/login")
    sent = opened.form(f"/invitations/{text}", {"name": "Eve", "password": OTHER})
    return (opened.get(f"/invitations/{text}").status_code, sent.status_code) == (404, 404)


def test_somebody_invited_gets_an_account_with_the_role_in_the_project(place, admin):
    in_project = {"project_id": place.site.scope.project_id, "project_role": ProjectRole.VIEWER}
    row, text = _invite(place, admin, " Grace@acme.example ", **in_project)
    assert (row.email, row.sha256) == ("grace@acme.example", secrets.digest(text))
    assert row.expires_at - row.created_at == timedelta(days=7)
    assert text.startswith("h2i_")
    created = place.events("invitation.create")[0]
    assert (created.user_id, created.object_id) == (admin.user_id, str(row.id))
    assert text not in str(created.detail)
    opened, answer = _accept(place, text, password="too short")
    assert answer.status_code == 422
    answer = opened.form(f"/invitations/{text}", {"name": " Grace ", "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    user = _user(place, "grace@acme.example")
    assert (user.name, user.role) == ("Grace", "member")
    assert place.principal(user).project_role is ProjectRole.VIEWER
    accepted, begun = place.events("invitation.accept")[0], place.events("session.begin")[0]
    assert accepted.user_id == begun.user_id == user.id
    assert begun.detail["by"] == "invitation"
    assert len([event for event in place.events() if event.user_id == user.id]) == 2
    place.by_password(user)
    again = place.browser()
    again.get("/login")
    assert again.get(f"/invitations/{text}").status_code == 404
    assert again.form(f"/invitations/{text}", {"name": "Eve", "password": OTHER}).status_code == 404


@pytest.mark.parametrize("how", ["revoked", "expired", "replaced", "changed", "no text at all"])
def test_a_link_that_is_over_opens_nothing_whatever_the_reason(place, admin, clock, how):
    row, text = _invite(place, admin)
    if how == "revoked":
        with place.service.writing(admin) as session:
            invitations.revoke(session, admin, row.id, place.service.now())
        assert place.events()[0].act == "invitation.revoke"
    elif how == "expired":
        clock.forward(days=7, seconds=1)
    elif how == "replaced":
        assert _accept(place, _invite(place, admin)[1], password="short")[1].status_code == 422
    else:
        text = text[:-1] + ("A" if text[-1] != "A" else "B") if how == "changed" else "h2i_"
    opened = place.browser()
    opened.get("/login")
    seen = opened.get(f"/invitations/{text}")
    sent = opened.form(f"/invitations/{text}", {"name": "Eve", "password": PASSWORD})
    assert (seen.status_code, sent.status_code) == (404, 404)
    assert "The link was used, has expired, or was never one." in seen.text
    assert _user(place, "new@acme.example") is None


def test_of_many_who_accept_at_once_one_does(place, admin):
    _, text = _invite(place, admin, "race@acme.example")
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda number: _racer(place, text, number), range(6)))
    assert sorted(answers) == [303] + [404] * 5
    user = _user(place, "race@acme.example")
    assert [event.act for event in place.events() if event.user_id == user.id] == ["session.begin", "invitation.accept"]


def _racer(place, text, number):
    opened = place.browser()
    opened.get("/login")
    return opened.form(f"/invitations/{text}", {"name": f"racer {number}", "password": PASSWORD}).status_code


def test_a_token_with_limits_makes_nobody_who_has_none_of_them(place, owner):
    limited = replace(owner, token_id=uuid4(), limit=frozenset({Action.WRITE_MEMBERS}))
    _invite(place, limited, "helper@acme.example", OrgRole.MEMBER)
    with pytest.raises(ServiceError, match="limits") as refused:
        _invite(place, limited, "another@acme.example", OrgRole.ADMIN)
    assert refused.value.code == "forbidden"
    for user_id in (place.person(), owner.user_id):
        with place.service.writing(limited) as session, pytest.raises(ServiceError, match="limits") as refused:
            invitations.reset(session, limited, user_id, place.service.now())
        assert refused.value.code == "forbidden"


def test_who_may_invite_whom(place, owner, admin):
    member = place.principal(place.person())
    for by, role in ((admin, OrgRole.OWNER), (member, OrgRole.MEMBER)):
        with pytest.raises(ServiceError, match=r".") as refused:
            _invite(place, by, "x@acme.example", role)
        assert refused.value.code == "forbidden"
    for wrong, code in (
        ({"email": "no address"}, "invalid"),
        ({"project_id": place.org_id, "project_role": ProjectRole.VIEWER}, "not_found"),
        ({"project_role": ProjectRole.VIEWER}, "invalid"),
        ({"email": place.account(place.person()).email}, "conflict"),
    ):
        with pytest.raises(ServiceError, match=r".") as refused:
            _invite(place, owner, **{"email": "x@acme.example", **wrong})
        assert refused.value.code == code
    row, _ = _invite(place, owner, "boss@acme.example", OrgRole.OWNER)
    with place.service.writing(admin) as session, pytest.raises(ServiceError, match="owners"):
        invitations.revoke(session, admin, row.id, place.service.now())
    with place.service.reading(owner) as session:
        assert "boss@acme.example" in [
            open_one.email for open_one in invitations.every(session, place.org_id, place.service.now())
        ]


def test_a_link_for_a_new_password_signs_out_and_unlocks(place, admin):
    user = place.person()
    signed_in = place.by_password(user)
    for _ in range(place.service.settings.lock_after):
        place.browser().sign_in(email=user.email, password="a wrong password", org=place.org)
    row, text = _reset(place, admin, user)
    assert row.expires_at - row.created_at == timedelta(hours=24)
    assert (place.events("member.reset")[0].user_id, place.events("member.reset")[0].object_id) == (
        admin.user_id, str(user.id),
    )  # fmt: skip
    opened, answer = _accept(place, text, name="", password=OTHER)
    assert answer.status_code == 303
    assert is_in(opened)
    assert not is_in(signed_in)
    place.by_password(user, OTHER)
    assert place.browser().sign_in(email=user.email, password=PASSWORD, org=place.org).status_code == 401
    assert place.browser().get(f"/invitations/{text}").status_code == 404
    assert place.account(user).name == "Ada"


def test_an_admin_makes_no_link_that_makes_them_an_owner(place, owner, admin):
    with pytest.raises(ServiceError, match="owners") as refused:
        _reset(place, admin, place.account(place.person(OrgRole.OWNER)))
    assert refused.value.code == "forbidden"
    assert _reset(place, owner, place.person(OrgRole.OWNER))[1].startswith("h2i_")


def test_a_link_does_not_open_an_account_that_is_disabled(place, owner):
    user = place.person()
    _, text = _reset(place, owner, user)
    with place.service.writing(owner) as session:
        users.change(session, owner, user.id, place.service.now(), is_disabled=True)
    assert _opens_nothing(place, text)


def _change(place, by, user, **what):
    with place.service.writing(by) as session:
        users.change(session, by, user.id, place.service.now(), **what)


@pytest.mark.parametrize("now_is", [{"role": OrgRole.MEMBER}, {"is_disabled": True}], ids=["demoted", "disabled"])
def test_what_somebody_invited_to_ends_where_they_may_no_longer_give_it(place, owner, now_is):
    person, victim = place.person(OrgRole.ADMIN), place.person()
    by = place.principal(person)
    _, invited = _invite(place, by, f"{person.id.hex}@second.example", OrgRole.ADMIN)
    _, reset = _reset(place, by, victim)
    _, of_another = _invite(place, owner, f"{person.id.hex}@third.example", OrgRole.ADMIN)
    _change(place, owner, person, **now_is)
    assert _opens_nothing(place, invited)
    assert _opens_nothing(place, reset)
    assert _accept(place, of_another)[1].status_code == 303


def test_what_an_admin_invited_to_goes_on_where_they_become_an_owner(place, owner):
    person = place.person(OrgRole.ADMIN)
    _, invited = _invite(place, place.principal(person), "fourth@acme.example", OrgRole.ADMIN)
    _change(place, owner, person, role=OrgRole.OWNER)
    assert _accept(place, invited)[1].status_code == 303


def test_a_link_for_a_new_password_that_an_admin_kept_opens_no_owner(place, owner, admin):
    user = place.person()
    _, text = _reset(place, admin, user)
    _change(place, owner, user, role=OrgRole.OWNER)
    assert _opens_nothing(place, text)
    place.by_password(user)


def test_a_link_for_a_new_password_ends_with_a_password_that_its_person_chose(place, admin):
    user = place.person()
    _, text = _reset(place, admin, user)
    answer = place.by_password(user).form("/account/password", {"old": PASSWORD, "password": OTHER})
    assert answer.status_code == 303
    assert _opens_nothing(place, text)


@pytest.mark.parametrize("now_is", [{"role": OrgRole.MEMBER}, {"is_disabled": True}], ids=["demoted", "disabled"])
def test_a_request_begun_as_an_owner_gives_nothing_once_that_is_over(place, owner, now_is):
    person, other = place.person(OrgRole.OWNER), place.person()
    begun = place.principal(person)  # admitted before
    _change(place, owner, person, **now_is)
    for act in (
        lambda: _change(place, begun, other, role=OrgRole.OWNER),
        lambda: _invite(place, begun, "fifth@acme.example"),
        lambda: _reset(place, begun, other),
    ):
        with pytest.raises(ServiceError) as refused:
            act()
        assert refused.value.code == "forbidden"
