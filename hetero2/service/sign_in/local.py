"""Signing in with a token, or with an e-mail address and a password; and choosing another password."""

from datetime import timedelta
from uuid import UUID

from hetero2.service.core import Service
from hetero2.service.db.access import audit, passwords, secrets, tokens, users
from hetero2.service.db.people import User
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.permissions import Principal
from hetero2.service.sign_in import begin
from hetero2.service.sign_in.begin import Begun


def by_token(service: Service, text: str, address: str) -> Begun:
    """A session with the project and the limits of a token, which ends with it; raises unauthenticated."""
    now = service.now()
    try:
        with service.writing(tokens.org_of(text)) as session:
            principal = tokens.principal(session, text, now)
            tokens.note_use(session, principal, now)
            return begin.of_principal(service, session, principal, "token", address)
    except ServiceError:
        org_id = secrets.org_of(tokens.PREFIX, text) or (
            begin.org_named(service, "") if service.settings.is_embedded else None
        )
        begin.refused(service, org_id, "token", address)
        raise


def by_password(service: Service, org_name: str, email: str, password: str, address: str) -> Begun:
    """A session of whom the address and the password are; raises unauthenticated, in the same words for each reason.

    The work is the same as well, whether or not an organisation of this name exists already or account.
    """
    org_id = begin.org_named(service, org_name)
    user, reason = _checked(service, org_id, email, password)
    if org_id is not None and user is not None and not reason:
        anew = user.password_hash if user.password_hash and passwords.is_outdated(user.password_hash) else None
        new_hash = hashed(service, password) if anew else ""
        with service.writing(org_id) as session:
            # What was looked at may have changed meanwhile: an account that is disabled, a password that is another.
            if users.get(session, org_id, user.id).password_hash == user.password_hash:
                begun = begin.of_person(service, session, user.id, org_id, "password", address)
                if begun is not None:
                    passwords.forget_attempts(session, org_id, user.id)
                    if anew:
                        passwords.put(session, org_id, user.id, new_hash, instead_of=anew)
                    return begun
        reason = "changed"
    begin.refused(service, org_id, reason, address, user.id if user else None)
    raise ServiceError(
        "unauthenticated", "the e-mail address and the password do not open an account, or were tried too often",
        "try again, or in a quarter of an hour; an admin of your organisation can send you a link for a new password",
    )  # fmt: skip


def change_password(service: Service, principal: Principal, old: str, new: str, address: str) -> Begun:
    """Choose another password: everybody who is signed in with the account is signed out, and a new session begins.

    Raises invalid where the old password is wrong, or the new one cannot be one; forbidden for a limited token, which
    cannot give itself what it lacks.
    """
    if principal.limit is not None:
        raise ServiceError("forbidden", "you are signed in with a token of limited rights", "sign in with a password")
    with service.reading(principal) as session:
        person = users.get(session, principal.org_id, principal.user_id)
    if wrong := passwords.problem(new, person.email, person.name):
        raise ServiceError("invalid", wrong)
    user, reason = _checked(service, principal.org_id, person.email, old)
    if user is None or reason:
        begin.refused(service, principal.org_id, reason, address, person.id)
        raise ServiceError("invalid", "the current password is not right, or was tried too often")
    new_hash = hashed(service, new)
    with service.writing(principal) as session:
        if not passwords.put(session, user.org_id, user.id, new_hash, instead_of=user.password_hash):
            raise ServiceError("conflict", "the password was changed meanwhile", "sign in again")
        users.end_sessions(session, user.org_id, user.id, service.now())
        audit.note(session, user.org_id, "member.password", user.id)
    with service.writing(principal) as session:
        return begin.of_principal(service, session, principal, "password", address)


def hashed(service: Service, password: str) -> str:
    """The hash of a password; few are made at once, each takes 64 MB."""
    with service.hashing:
        return passwords.hashed(password)


def _checked(service: Service, org_id: UUID | None, email: str, password: str) -> tuple[User | None, str]:
    """(the account, why its password does not open it: empty where it does)."""
    user, is_looked_at = None, False
    settings = service.settings
    if org_id is not None:
        with service.writing(org_id) as session:
            user, is_looked_at = passwords.count_attempt(
                session, org_id, email, service.now(), settings.lock_after, timedelta(seconds=settings.lock_longest)
            )
    with service.hashing:
        is_right = passwords.matches(password, user.password_hash if user and is_looked_at else None)
    if is_right:
        return user, ""
    if user is None:
        return None, "unknown"
    return user, "password" if is_looked_at else "disabled" if user.disabled_at else "locked"
