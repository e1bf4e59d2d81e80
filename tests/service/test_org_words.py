"""What the pages of an organisation say: every act, action and role in plain words, and docs/service.md likewise."""

import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from hetero2.service.api.orgs.schemas import AuditEventShown
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.permissions import (
    ORG_ACTIONS,
    PROJECT_ACTIONS,
    Action,
    OrgRole,
    Principal,
    ProjectRole,
    require,
)
from hetero2.service.web import words
from hetero2.service.web.org import acts
from tests.conftest import ROOT
from tests.service.api.test_page import table

pytestmark = pytest.mark.service
VIEWER = Principal(uuid4(), uuid4(), user_id=uuid4(), role=OrgRole.ADMIN, project_role=ProjectRole.ADMIN)


def event(act, object_id=None, project_id=VIEWER.project_id, **detail):
    return AuditEventShown(
        id=uuid4(), at=datetime.now(UTC), act=act, object_id=None if object_id is None else str(object_id),
        project_id=project_id, user_id=None, token_id=None, request_id=None, detail=detail,
    )  # fmt: skip


def test_every_act_of_the_code_has_words():
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "hetero2/service").rglob("*.py")]
    noted = {act for text in texts for act in re.findall(r'\b(?:audit\.note|signed)\([^"]*?"([a-z_]+\.[a-z_]+)"', text)}
    assert len(noted) > 20
    assert noted == set(acts.ACTS)


def test_every_action_and_role_has_words():
    assert set(words.ACTIONS) == set(Action)
    assert set(words.ORG_ROLES) == set(OrgRole)
    assert set(words.PROJECT_ROLES) == set(ProjectRole)
    assert all(
        len(text) < 100 and text.endswith(".") for text in (*words.ORG_ROLES.values(), *words.PROJECT_ROLES.values())
    )


@pytest.mark.parametrize("action", Action)
def test_a_refusal_is_in_plain_words(action):
    nobody = Principal(
        VIEWER.org_id, VIEWER.project_id, user_id=uuid4(), role=OrgRole.MEMBER, project_role=ProjectRole.VIEWER,
        limit=frozenset(),
    )  # fmt: skip
    with pytest.raises(ServiceError) as refused:
        require(nobody, action, VIEWER)
    said = words.actions(refused.value.detail)
    assert said == f"the token does not allow {words.ACTIONS[action]}"
    assert ":" not in said


def test_the_roles_of_the_page_are_those_of_the_code():
    """docs/service.md: a row for each action, a column for each role."""
    shown = {row[0]: [cell == "yes" for cell in row[1:]] for row in table("what")}
    for cell in (cell for row in table("what") for cell in row[1:]):
        assert cell in ("yes", "")
    by_role = [*(ORG_ACTIONS[role] for role in OrgRole), *(PROJECT_ACTIONS[role] for role in ProjectRole)]
    everywhere = PROJECT_ACTIONS[ProjectRole.ADMIN]
    by_role[:2] = [by_role[0] | everywhere, by_role[1] | everywhere]  # admins of the organisation are of its projects
    assert shown == {
        f"{words.ACTIONS[action]} (`{action.value}`)": [action in actions for actions in by_role] for action in Action
    }


def test_what_an_event_is_about():
    person, project = uuid4(), VIEWER.project_id
    names = {str(person): "Ada", str(project): "assays"}
    for shown, expected in (
        (event("member.change", person, None, role="admin"), ("Ada", f"/members/{person}", "role: admin")),
        (
            event("project.member", person, role="viewer"),
            ("Ada, project assays", f"/projects/{project}", "role: viewer"),
        ),
        (event("run.cancel", project), ("assays", f"/runs/{project}", "")),
        (event("run.cancel", person, uuid4()), ("Ada", "", "")),
        (
            event("token.create", uuid4(), name="x", actions=["runs:read"]),
            ("x", "", "actions: looking at runs and their files"),
        ),
        (event("token.create", uuid4(), name="x", actions=None), ("x", "", "")),
        (
            event("org.change", VIEWER.org_id, None, fetch_hosts=[]),
            (f"org {str(VIEWER.org_id)[:8]}", "/org", "fetch hosts: none"),
        ),
        (event("upload.create", uuid4(), name="a.csv", sha256="ab" * 32), ("a.csv", "", "sha256: abababababab…")),
        (event("session.begin", uuid4(), None, by="password", address="::1"), ("", "", "by: password, address: ::1")),
    ):
        assert tuple(acts.about(shown, names, VIEWER)) == expected
