"""Passwords: what may be one, how it is kept, and attempts with one, which are counted before they are looked at."""

import functools
import unicodedata
from datetime import datetime, timedelta
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from hetero2.service.db.access import users
from hetero2.service.db.people import User

LEAST, MOST = 12, 200  # characters
_HASHER = PasswordHasher()  # argon2id with the library's own parameters, those of RFC 9106 for little memory
_FIRST_LOCK = timedelta(seconds=30)


def problem(password: str, email: str, name: str) -> str | None:
    """What keeps a text from being somebody's password. Its length counts, not which characters it has."""
    if not LEAST <= len(password) <= MOST:
        return f"A password has at least {LEAST} characters, and at most {MOST}."
    if password.strip().casefold() in (email.strip().casefold(), name.strip().casefold()):
        return "The password must not be your name or e-mail address."
    return None


def hashed(password: str) -> str:
    """What is kept of a password; takes 64 MB and tens of milliseconds, as it must."""
    return _HASHER.hash(_normal(password))


def matches(password: str, password_hash: str | None) -> bool:
    """Whether it is the password. Without a hash the work is the same, so that nobody learns who has an account."""
    try:
        _HASHER.verify(password_hash or _nobodys(), _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with other parameters than hashes are today."""
    return _HASHER.check_needs_rehash(password_hash)


def _normal(password: str) -> str:
    """One of the forms in which keyboards send the same characters."""
    return unicodedata.normalize("NFKC", password[: 4 * MOST])


@functools.cache
def _nobodys() -> str:
    return _HASHER.hash("the password of nobody")


def count_attempt(
    session: Session, org_id: UUID, email: str, now: datetime, lock_after: int, lock_longest: timedelta
) -> tuple[User | None, bool]:  # fmt: skip
    """(the account, whether this attempt is looked at), counted before its password is: many at once count as many.

    From the `lock_after`-th wrong one in a row, each locks the account for a while that doubles up to `lock_longest`.
    Attempts at a locked account are not counted, and so nobody can keep it locked for ever longer.
    """
    user = users.by_email(session, org_id, email)
    if user is None:
        return None, False
    mine = (User.org_id == org_id, User.id == user.id)
    n_failed = session.execute(
        update(User)
        .where(*mine, or_(User.locked_until.is_(None), User.locked_until <= now))
        .values(failed_sign_ins=User.failed_sign_ins + 1)
        .returning(User.failed_sign_ins)
    ).scalar()
    if n_failed is None:
        return user, False
    if n_failed >= lock_after:
        wait = min(lock_longest, _FIRST_LOCK * 2 ** min(n_failed - lock_after, 20))
        session.execute(update(User).where(*mine).values(locked_until=now + wait))
    return user, user.disabled_at is None


def forget_attempts(session: Session, org_id: UUID, user_id: UUID) -> None:
    """Begin to count anew: the password was right."""
    query = update(User).where(User.org_id == org_id, User.id == user_id)
    session.execute(query.values(failed_sign_ins=0, locked_until=None))


def put(session: Session, org_id: UUID, user_id: UUID, password_hash: str, instead_of: str | None = None) -> bool:
    """Keep a hash, and unlock the account; with `instead_of` only where that is the one that is kept now."""
    query = update(User).where(User.org_id == org_id, User.id == user_id)
    if instead_of is not None:
        query = query.where(User.password_hash == instead_of)
    kept = query.values(password_hash=password_hash, failed_sign_ins=0, locked_until=None).returning(User.id)
    return session.execute(kept).first() is not None
