"""Two who change the same at once: each is answered as if the other came before or after."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from hetero2.service.db.access import users
from hetero2.service.domain.permissions import ProjectRole

pytestmark = pytest.mark.service
_N = 6


def test_of_many_who_add_somebody_to_a_project_at_once_all_do(place):
    for _ in range(5):
        user, together = place.person(in_project=None), Barrier(_N)

        def put(_, user=user, together=together):
            together.wait(30)
            with place.service.writing(place.org_id) as session:
                users.put_member(session, place.site.scope, user.id, ProjectRole.VIEWER, place.service.now())

        with ThreadPoolExecutor(_N) as threads:
            list(threads.map(put, range(_N)))
        assert place.principal(user).project_role is ProjectRole.VIEWER
