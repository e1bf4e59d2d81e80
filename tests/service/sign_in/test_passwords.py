"""Passwords: what may be one, signing in with one, guessing, changing it."""

import argon2
import pytest

from hetero2.service.db.access import passwords
from hetero2.service.domain.permissions import Action
from tests.service.sign_in.people import OTHER, PASSWORD, is_in

pytestmark = pytest.mark.service


@pytest.mark.parametrize(
    ("password", "is_one"),
    [
        ("twelve chars", True), ("eleven char", False), ("x" * 200, True), ("x" * 201, False),
        ("ada.lovelace@acme.example", False), ("ADA.Lovelace@acme.example ", False), ("ada king lovelace", False),
        ("éééééééééééé", True),
    ],
)  # fmt: skip
def test_its_length_counts_and_that_it_is_not_what_others_know(password, is_one):
    assert (passwords.problem(password, "ada.lovelace@acme.example", "Ada King Lovelace") is None) is is_one


def test_they_are_kept_as_argon2id_with_the_parameters_of_the_library(hasher):
    assert hasher.hash(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_the_same_characters_match_in_whichever_form_a_keyboard_sends_them():
    assert passwords.matches("e\u0301" * 12, passwords.hashed("\u00e9" * 12))
    assert not passwords.matches("e" * 12, passwords.hashed("\u00e9" * 12))


def _refusal(place, email, password):
    opened = place.browser()
    answer = opened.sign_in(email=email, password=password, org=place.org)
    assert answer.status_code == 401
    return answer.text.replace(email, "EMAIL").replace(opened.form_token, "TOKEN")


def test_nobody_learns_who_has_an_account_and_the_work_is_the_same(place, monkeypatch):
    worked = []
    matches = passwords.matches

    def counted(password, password_hash):
        worked.append(password_hash)
        return matches(password, password_hash)

    user, without = place.person(), place.person(password=None)
    with_token = place.person()
    monkeypatch.setattr(passwords, "matches", counted)
    verified = []
    verify = argon2.PasswordHasher.verify
    monkeypatch.setattr(
        argon2.PasswordHasher, "verify", lambda self, *given: (verified.append(1), verify(self, *given))[1]
    )
    said = {
        _refusal(place, user.email, "a wrong password"),
        _refusal(place, without.email, PASSWORD),
        _refusal(place, "nobody@acme.example", PASSWORD),
    }
    for _ in range(place.service.settings.lock_after):
        _refusal(place, with_token.email, "a wrong password")
    said.add(_refusal(place, with_token.email, PASSWORD))
    assert len(said) == 1
    assert len(worked) == len(verified) == 4 + place.service.settings.lock_after
    reasons = [event.detail["reason"] for event in place.events("session.refused")]
    assert (reasons[0], reasons[-3:]) == ("locked", ["unknown", "password", "password"]) or reasons[0] == "locked"
    assert {"locked", "unknown", "password"} <= set(reasons)
    assert "nobody@acme.example" not in str([vars(event) for event in place.events()])


def test_an_unknown_organisation_is_refused_in_the_same_words(place):
    user = place.person()
    opened = place.browser()
    answer = opened.sign_in(email=user.email, password=PASSWORD, org="umbrella")
    if place.org:
        assert answer.status_code == 401
        assert "do not open an account" in answer.text
        other = place.browser()
        assert other.sign_in(email=user.email, password=PASSWORD, org="globex").status_code == 401
        assert "globex" not in place.browser().get("/login").text
    else:
        assert answer.status_code == 303, "there is one, whatever it is called"
        assert 'name="org"' not in opened.get("/login").text


def test_a_guesser_is_locked_out_for_a_while_and_the_person_never_for_good(place, clock):
    user, most = place.person(), place.service.settings.lock_after
    for _ in range(most):
        _refusal(place, user.email, "a wrong password")
    _refusal(place, user.email, PASSWORD)
    assert place.account(user).failed_sign_ins == most
    for _ in range(5):  # attempts at a locked account do not lock it for longer
        _refusal(place, user.email, "a wrong password")
    assert place.account(user).failed_sign_ins == most
    clock.forward(seconds=31)
    waits = []
    for _ in range(8):  # each wrong one now locks it for twice as long, up to the longest
        before = place.service.now()
        _refusal(place, user.email, "a wrong password")
        waits.append((place.account(user).locked_until - before).total_seconds())
        clock.forward(seconds=waits[-1] + 1)
    assert [round(wait / 30) for wait in waits] == [2, 4, 8, 16, 30, 30, 30, 30]
    place.by_password(user)
    assert (place.account(user).failed_sign_ins, place.account(user).locked_until) == (0, None)


def test_many_guesses_at_once_count_as_many(place):
    from concurrent.futures import ThreadPoolExecutor

    user, most = place.person(), place.service.settings.lock_after
    n_looked_at = []
    matches = passwords.matches
    with pytest.MonkeyPatch.context() as patched, ThreadPoolExecutor(8) as threads:
        patched.setattr(
            passwords,
            "matches",
            lambda password, kept: (n_looked_at.append(kept is not None), matches(password, kept))[1],
        )
        list(threads.map(lambda _: _refusal(place, user.email, "a wrong password"), range(most + 6)))
    assert sum(n_looked_at) == most


def test_a_hash_with_old_parameters_is_made_anew_at_the_next_sign_in(place):
    user = place.person(password=None)
    old = argon2.PasswordHasher(time_cost=1, memory_cost=512, parallelism=1).hash(PASSWORD)
    with place.service.writing(place.org_id) as session:
        passwords.put(session, place.org_id, user.id, old)
    place.by_password(user)
    kept = place.account(user).password_hash
    assert kept != old
    assert not passwords.is_outdated(kept)
    place.by_password(user)
    assert place.account(user).password_hash == kept


def test_a_new_password_needs_the_old_one_and_signs_out_everywhere_else(place):
    user = place.person()
    opened, elsewhere = place.by_password(user), place.by_password(user)
    before = opened.cookies["hetero2_session"]
    for data, status in (
        ({"old": "a wrong password", "password": OTHER}, 422),
        ({"old": PASSWORD, "password": "too short"}, 422),
        ({"old": PASSWORD, "password": user.email}, 422),
    ):
        assert opened.form("/account/password", data).status_code == status
    assert is_in(elsewhere)
    assert opened.form("/account/password", {"old": PASSWORD, "password": OTHER}).headers["location"] == "/account"
    assert is_in(opened)
    assert opened.cookies["hetero2_session"] != before
    assert not is_in(elsewhere)
    assert [event.user_id for event in place.events("member.password")][:1] == [user.id]
    place.by_password(user, OTHER)
    _refusal(place, user.email, PASSWORD)


def test_a_token_of_limited_rights_sets_no_password(place):
    user = place.person()
    _, text = place.token(user, actions=[Action.READ_RUNS])
    opened = place.browser()
    opened.sign_in(token=text)
    assert opened.form("/account/password", {"old": PASSWORD, "password": OTHER}).status_code == 403
    place.by_password(user)


def test_no_password_is_in_a_log_a_page_or_a_url(place, caplog):
    caplog.set_level("DEBUG")
    user = place.person()
    opened = place.by_password(user)
    opened.form("/account/password", {"old": "the wrong old one", "password": PASSWORD})
    page = opened.get("/account").text
    logged = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]  # of the test
    for secret in (PASSWORD, "the wrong old one", opened.cookies["hetero2_session"]):
        assert secret not in str([vars(record) for record in logged])
        assert secret not in page
