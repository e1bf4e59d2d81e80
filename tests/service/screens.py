"""The cheapest real run: a screen of twenty molecules."""

import contextlib
import hashlib

from hetero2.service import submission
from hetero2.service.core import Service
from hetero2.service.db import orgs, uploads
from hetero2.service.domain.scope import RunKey, Scope
from hetero2.service.store.base import ExistsError, upload_key
from hetero2.service.workflows.registry import workflow

LIBRARY = "id,smiles\n" + "".join(f"m{n},{'C' * (n % 7 + 1)}c1ccc(O)cc1{'N' * (n // 7)}\n" for n in range(20))
KNOWN = "id,smiles,label\nk1,CCOC(=O)c1ccccc1N,1\nk2,CCO,0\nk3,CCCc1ccc(O)cc1,1\nk4,CCN,0\n"


def bring(service: Service, name: str, content: bytes):
    """The id of a complete upload in the first project."""
    with service.reading(None) as session:
        scope = orgs.first_scope(session)
    assert scope is not None
    return bring_to(service, scope, name, content)


def bring_to(service: Service, scope: Scope, name: str, content: bytes):
    """The id of a complete upload."""
    digest = hashlib.sha256(content).hexdigest()
    with service.writing(scope) as session:
        with contextlib.suppress(ExistsError):
            service.store.put(upload_key(scope, digest), [content])
        return uploads.add(session, scope, name, len(content), digest, service.now(), is_complete=True).id


def ask_for_screen(service: Service, seed: int = 0) -> RunKey:
    """A queued run."""
    with service.reading(None) as session:
        scope = orgs.first_scope(session)
    assert scope is not None
    inputs = {"library": bring(service, "library.csv", LIBRARY.encode())}
    inputs["known"] = bring(service, "known.csv", KNOWN.encode())
    run_id, _ = submission.submit(service, scope, None, "small", workflow("screen"), {"seed": seed}, inputs)
    return RunKey(scope, run_id)
