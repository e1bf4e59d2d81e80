"""Accepting an invitation, and what the first owner says of themselves."""

import re

from sqlalchemy import update

from hetero2.service.core import Service
from hetero2.service.db import orgs
from hetero2.service.db.access import audit, invitations, passwords, users
from hetero2.service.db.people import Invitation, User
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.names import FIRST_OWNER, ORG_NAME, email_of, is_email, is_reserved
from hetero2.service.domain.permissions import Principal
from hetero2.service.sign_in import begin, local
from hetero2.service.sign_in.begin import Begun

_MOST_NAME = 100


def invitation(service: Service, text: str) -> tuple[Invitation, str]:
    """(an open invitation, the name of its organisation); raises not_found."""
    with service.reading(invitations.org_of(text)) as session:
        row = invitations.get(session, text, service.now())
        return row, orgs.get(session, row.org_id).name


def accept(service: Service, text: str, name: str, password: str, address: str) -> Begun:
    """Make the account of an invitation, or set its password anew, and sign in; raises not_found, invalid."""
    row, _ = invitation(service, text)
    is_new = row.user_id is None
    if is_new:
        _check_name(name)
    if wrong := passwords.problem(password, row.email, name):
        raise ServiceError("invalid", wrong)
    new_hash = local.hashed(service, password)
    with service.writing(row.org_id) as session:
        user = invitations.accept(session, row, name.strip(), service.now(), new_hash)
        begun = begin.of_person(service, session, user.id, user.org_id, "invitation", address)
    assert begun is not None  # accept refuses a disabled account
    return begun


def welcome(service: Service, principal: Principal, email: str, name: str, password: str, org_name: str) -> None:
    """Let the first owner say who they are, and what their organisation is called, once; raises invalid, conflict."""
    _check_name(name)
    email = email_of(email)
    if not is_email(email):
        raise ServiceError("invalid", "the e-mail address cannot be one, such as ada@acme.example")
    if not re.fullmatch(ORG_NAME, org_name) or is_reserved(org_name):
        said = "the name of the organisation has letters, digits, - and _, at most 64, and is no word of this service"
        raise ServiceError("invalid", said)
    if wrong := passwords.problem(password, email, name):
        raise ServiceError("invalid", wrong)
    if principal.limit is not None:
        raise ServiceError("forbidden", "you are signed in with a token of limited rights", "use the owner's token")
    new_hash = local.hashed(service, password)
    with service.writing(principal) as session:
        mine = update(User).where(
            User.org_id == principal.org_id, User.id == principal.user_id, User.email == FIRST_OWNER
        )
        said_now = mine.values(email=email, name=name.strip(), password_hash=new_hash).returning(User.id)
        if session.execute(said_now).first() is None:
            raise ServiceError("conflict", "this was said before", "go on to the runs")
        orgs.rename(session, principal.org_id, org_name)
        audit.note(session, principal.org_id, "org.welcome", principal.org_id, name=org_name)


def is_first(service: Service, principal: Principal) -> bool:
    """Whether a principal is the first owner, who has not said yet who they are."""
    with service.reading(principal) as session:
        return users.get(session, principal.org_id, principal.user_id).email == FIRST_OWNER


def _check_name(name: str) -> None:
    if not 0 < len(name.strip()) <= _MOST_NAME or not name.strip().isprintable():
        raise ServiceError(
            "invalid", f"your name has at most {_MOST_NAME} characters, all on one line, and is not empty"
        )
