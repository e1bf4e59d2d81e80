"""Who follows a run is shown its events as long as they may read them, and no longer."""

import httpx
import pytest

from hetero2.service.db.access import tokens, users
from hetero2.service.domain.permissions import OrgRole
from tests.service.sign_in.people import Place

pytestmark = pytest.mark.service


def _end(place: Place, how, user, token_id):
    owner = place.principal(place.person(OrgRole.OWNER))
    with place.service.writing(owner) as session:
        if how == "revoked":
            tokens.revoke(session, place.principal(user), token_id, place.service.now())
        elif how == "disabled":
            users.change(session, owner, user.id, place.service.now(), is_disabled=True)
        else:
            users.remove_member(session, place.site.scope, user.id)


@pytest.mark.parametrize("how", ["revoked", "disabled", "removed"])
def test_a_stream_of_events_ends_with_the_right_to_read_them(place, how):
    run_id, user = place.site.queued(), place.person()
    token_id, text = place.token(user)
    headers = {"Authorization": f"Bearer {text}", "Accept": "text/event-stream"}
    address = f"{place.site.url}/api/v1/runs/{run_id}/events"
    with httpx.stream("GET", address, headers=headers, timeout=10, trust_env=False) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "id: 1"
        _end(place, how, user, token_id)
        assert not [line for line in lines if line.startswith("id: ")]
