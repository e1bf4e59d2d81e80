"""admin: what an operator does with the database of a service."""

import argparse
import contextlib
import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from hetero2.errors import ConfigError
from hetero2.service.commands import serve
from hetero2.service.domain.names import ORG_NAME, UNKEPT, is_email, is_reserved

if TYPE_CHECKING:
    from sqlalchemy import Engine

EXAMPLE = "hetero2 admin create-org acme --owner ada@acme.example --database postgresql://owner@host/hetero2"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One of its actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def action(name: str, text: str, do: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        sub = actions.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        sub.set_defaults(do=do)
        serve.add_place(sub)
        return sub

    upgrade = action(
        "upgrade", "bring the tables to this release, and grant roles of PostgreSQL their rights", _upgrade
    )
    upgrade.add_argument("--server-role", help="the role that `hetero2 serve` connects as")
    upgrade.add_argument("--worker-role", help="the role that `hetero2 worker` connects as")
    create = action("create-org", "create an organisation, and print its owner's token", _create_org)
    create.add_argument("name", help="letters, digits, - and _")
    create.add_argument("--owner", required=True, metavar="EMAIL", help="address of its first owner")
    create.add_argument("--project", default="default", help="name of its first project (default: default)")
    token = action("token", "print a new token for a person; their old ones stay valid", _token)
    token.add_argument("email", help="address of their account")
    token.add_argument("--org", default="default", help="name of their organisation (default: default)")
    doctor = action("doctor", "check a service, and say what is right and what is wrong; changes nothing", _doctor)
    doctor.add_argument("--store", help="s3://bucket/prefix (default: a folder in the folder)")
    doctor.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Do it."""
    from sqlalchemy.exc import ProgrammingError

    if unusable := [name for name, value in vars(args).items() if isinstance(value, str) and UNKEPT.search(value)]:
        raise ConfigError(f"{unusable[0]}: is not written in UTF-8", "write it in UTF-8")
    try:
        code: int = args.do(args)
    except ProgrammingError as error:
        said = str(error.orig).strip().partition("\n")[0]
        raise ConfigError(f"the database refuses it: {said}", "connect as the owner of the tables") from None
    return code


@contextlib.contextmanager
def _disposed(engine: "Engine") -> Iterator[None]:
    """Close the connections to a database at the end."""
    try:
        yield
    finally:
        engine.dispose()


def _upgrade(args: argparse.Namespace) -> int:
    from hetero2.service.db import engine, grants, upgrade

    settings = serve.settings_of(args)
    roles = args.server_role, args.worker_role
    if settings.is_embedded and any(roles):
        raise ConfigError("roles are those of PostgreSQL", "give --database postgresql://..")
    settings.folder.mkdir(parents=True, exist_ok=True)
    connected = engine.connect(settings.database_url)
    with _disposed(connected):
        upgrade.to_newest(connected)
        if any(roles):
            grants.grant(connected, *roles)
    print(f"the tables are those of revision {upgrade.newest()}")
    return 0


def _doctor(args: argparse.Namespace) -> int:
    from hetero2.service.observe import doctor

    findings = list(doctor.examine(serve.settings_of(args)))
    if args.json:
        print(json.dumps(doctor.as_record(findings), indent=2))
    else:
        for finding in findings:
            print(f"{finding.state:5}  {finding.what}: {finding.text}")
    return 0 if doctor.is_well(findings) else 1


def _create_org(args: argparse.Namespace) -> int:
    from hetero2.service import core
    from hetero2.service.db import orgs
    from hetero2.service.db.access import tokens

    for what, name in (("name", args.name), ("--project", args.project)):
        if not re.fullmatch(ORG_NAME, name) or is_reserved(name):
            raise ConfigError(
                f"{what} {name}: cannot be used", "letters, digits, - and _, at most 64, and no reserved word"
            )
    if not is_email(args.owner):
        raise ConfigError(f"--owner {args.owner}: is not an e-mail address", "such as ada@acme.example")
    service = core.open_service(serve.settings_of(args))
    with _disposed(service.engine), service.writing(None) as session:
        scope, owner = orgs.create(session, args.name, args.project, args.owner, service.now())
        text = tokens.add(session, scope, owner.id, "owner", service.now())[1]
    print(f"owner's token, shown only once: {text}")
    return 0


def _token(args: argparse.Namespace) -> int:
    from hetero2.service import core
    from hetero2.service.db import orgs
    from hetero2.service.db.access import tokens, users
    from hetero2.service.db.engine import enter
    from hetero2.service.domain.scope import Scope

    service = core.open_service(serve.settings_of(args))
    with _disposed(service.engine), service.writing(None) as session:
        org_id = orgs.named(session, args.org)
        if org_id is not None:
            enter(session, org_id)
        user = None if org_id is None else users.by_email(session, org_id, args.email)
        if org_id is None or user is None:
            raise ConfigError(f"{args.org}: has no account for {args.email}", "--org names the organisation")
        projects = users.projects(session, org_id, user.id)
        if not projects:
            raise ConfigError(f"{args.email}: is in no project", "let an admin of a project add them")
        scope = Scope(org_id, projects[0][0].id)
        text = tokens.add(session, scope, user.id, "made by the operator", service.now())[1]
    print(f"token in the project {projects[0][0].name}, shown only once: {text}")
    return 0
