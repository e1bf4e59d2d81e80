"""Signing in at a provider of OpenID Connect: whose account it is, from an answer of the provider."""

import logging
from uuid import UUID

from sqlalchemy.orm import Session

from hetero2.service.core import Service
from hetero2.service.db.access import invitations, users
from hetero2.service.db.people import User
from hetero2.service.domain.errors import ServiceError
from hetero2.service.sign_in import begin, id_token
from hetero2.service.sign_in.begin import Begun
from hetero2.service.sign_in.id_token import Person, WrongTokenError
from hetero2.service.sign_in.pending import Pending
from hetero2.service.sign_in.provider import Provider

_AGAIN = "go back and begin anew"
log = logging.getLogger(__name__)


def sign_in(
    service: Service, provider: Provider, pending: Pending, code: str, redirect_uri: str, address: str
) -> Begun:  # fmt: skip
    """A session of whom the provider names; raises unauthenticated, unavailable."""
    org_id = begin.org_named(service, service.settings.oidc_org)
    if org_id is None:
        raise ServiceError("unavailable", "the organisation of this way to sign in is not here", "tell the operator")
    now = int(service.now().timestamp())
    try:
        person = id_token.person(provider.claims(code, redirect_uri, pending.nonce, pending.verifier, now))
    except WrongTokenError as error:
        log.warning("an answer of the provider of OpenID Connect was refused: %s", error)
        begin.refused(service, org_id, "oidc: not valid", address)
        raise ServiceError("unauthenticated", "the answer of the sign-in page is not valid", _AGAIN) from None
    with service.writing(org_id) as session:
        user = _account(service, session, org_id, provider.issuer, person)
        begun = None if user is None else begin.of_person(service, session, user.id, org_id, "oidc", address)
    if begun is None:
        begin.refused(service, org_id, "oidc: no account", address, None if user is None else user.id)
        raise ServiceError(
            "unauthenticated", "there is no account for you here, or it is disabled",
            "ask an admin of your organisation to invite the e-mail address that you sign in with",
        )  # fmt: skip
    return begun


def _account(service: Service, session: Session, org_id: UUID, issuer: str, person: Person) -> User | None:
    """The account of a person, which an open invitation of their address makes."""
    user = users.by_subject(session, org_id, issuer, person.subject)
    if user is not None or not person.email:
        return user
    invitation = invitations.of_email(session, org_id, person.email, service.now())
    if invitation is None:
        return None
    name = person.name or person.email.partition("@")[0]
    return invitations.accept(session, invitation, name, service.now(), issuer=issuer, subject=person.subject)
