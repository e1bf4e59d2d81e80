"""Two organisations in one database: what one has, the other neither sees nor changes, in two layers."""

import asyncio
import base64
import hashlib
import json
import os
import threading
from uuid import uuid4

import httpx
import psycopg
import pytest
from sqlalchemy import bindparam, func, literal, select, text

from hetero2.errors import ConfigError
from hetero2.service import core, isolation, submission
from hetero2.service.api.app import create_app
from hetero2.service.db import runs
from hetero2.service.db.base import Table
from hetero2.service.db.models import Job, Run
from hetero2.service.domain.scope import RunKey
from hetero2.service.settings import Settings
from hetero2.service.worker import sandbox
from hetero2.service.worker.worker import Worker
from hetero2.service.workflows.registry import workflow
from tests.service.tenants.operations import REQUESTS

pytestmark = pytest.mark.service
TABLES = [table.name for table in Table.metadata.sorted_tables if table.name != "tenants"]


def columns_of(table: str) -> str:
    return "id" if table == "orgs" else "org_id"


@pytest.fixture(scope="module")
def filled(both):
    """Both have a row in each table."""
    for tenant in both:
        for name in ("append_upload", "rerun", "sign_artifact", "put_project_member"):
            REQUESTS[name](tenant, "owner")
        with tenant.site.service.writing(tenant.site.scope) as session:
            now = tenant.site.service.now()
            common = {"org": tenant.site.scope.org_id, "id": uuid4(), "now": now, "digest": uuid4().hex * 2}
            session.execute(
                text(
                    "INSERT INTO invitations (org_id, id, invited_by, email, role, sha256, created_at, expires_at) "
                    "VALUES (:org, :id, :user, 'x', 'member', :digest, :now, :now)"
                ),
                common | {"user": tenant.users["owner"].id},
            )
            session.execute(
                text(
                    "INSERT INTO sessions (org_id, id, user_id, sha256, created_at, seen_at) "
                    "VALUES (:org, :id, :user, :digest, :now, :now)"
                ),
                common | {"user": tenant.users["owner"].id},
            )
    return both


@pytest.fixture
def as_server(where):
    """A plain connection as the server's role, as an injected statement would have it."""
    with psycopg.connect(where.server) as connection:
        yield connection


def owners_of_rows(connection, table: str) -> set:
    return {row[0] for row in connection.execute(f"SELECT {columns_of(table)} FROM {table}")}


@pytest.mark.parametrize("table", TABLES)
def test_raw_sql_sees_nothing_where_nobody_asks_and_ones_own_where_somebody_does(filled, as_server, table):
    assert owners_of_rows(as_server, table) == set()
    for tenant in filled:
        as_server.execute("SELECT set_config('hetero2.org', %s, true)", [str(tenant.site.scope.org_id)])
        assert owners_of_rows(as_server, table) == {tenant.site.scope.org_id}
    as_server.rollback()
    assert owners_of_rows(as_server, table) == set(), "the setting ends with its transaction"


@pytest.mark.parametrize("table", sorted(set(TABLES) - {"orgs"}))
def test_raw_sql_writes_nothing_for_another_organisation(filled, as_server, table):
    acme, globex = filled
    as_server.execute("SELECT set_config('hetero2.org', %s, true)", [str(acme.site.scope.org_id)])
    names = [
        row[0]
        for row in as_server.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name <> 'org_id'",
            [table],
        )
    ]
    listed = ", ".join(names)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        as_server.execute(
            f"INSERT INTO {table} (org_id, {listed}) SELECT %s, {listed} FROM {table} LIMIT 1",
            [globex.site.scope.org_id],
        )
    as_server.rollback()


@pytest.mark.parametrize("table", sorted(set(TABLES) - {"audit_events", "run_events", "orgs"}))
def test_raw_sql_changes_nothing_of_another_organisation(filled, as_server, table):
    acme, globex = filled
    as_server.execute("SELECT set_config('hetero2.org', %s, true)", [str(acme.site.scope.org_id)])
    theirs = globex.site.scope.org_id
    changed = as_server.execute(f"UPDATE {table} SET org_id = org_id WHERE org_id = %s", [theirs])
    assert changed.rowcount == 0
    assert as_server.execute(f"DELETE FROM {table} WHERE org_id = %s", [theirs]).rowcount == 0
    as_server.rollback()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM tenants",
        "SET ROLE plain",
        "ALTER TABLE runs DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE runs NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY own_org ON runs",
        "CREATE POLICY open ON runs USING (true)",
        "TRUNCATE runs CASCADE",
        "INSERT INTO orgs (id, name, created_at, fetch_hosts) VALUES (gen_random_uuid(), 'x', now(), '')",
        "ALTER TABLE audit_events DISABLE TRIGGER append_only",
        "UPDATE alembic_version SET version_num = '0000'",
        "CREATE VIEW every AS SELECT * FROM runs",
        "COPY runs TO PROGRAM 'cat'",
    ],
)
@pytest.mark.usefixtures("filled")
def test_raw_sql_cannot_lift_the_rules(as_server, statement):
    with pytest.raises(psycopg.Error):
        as_server.execute(statement)
    as_server.rollback()


@pytest.mark.usefixtures("filled")
def test_row_level_security_binds_the_owner_of_the_tables_too(where):
    with psycopg.connect(where.owner) as connection:
        for table in TABLES:
            assert owners_of_rows(connection, table) == set()


def test_a_view_of_the_owner_shows_no_more(filled, where, as_server):
    """A view is asked with the rights of its owner: FORCE binds that one as well."""
    with psycopg.connect(where.owner, autocommit=True) as connection:
        connection.execute("CREATE VIEW seen AS SELECT * FROM runs")
        connection.execute("GRANT SELECT ON seen TO server")
    try:
        assert as_server.execute("SELECT count(*) FROM seen").fetchone() == (0,)
        acme = filled[0].site.scope.org_id
        as_server.execute("SELECT set_config('hetero2.org', %s, true)", [str(acme)])
        assert {row[0] for row in as_server.execute("SELECT DISTINCT org_id FROM seen")} == {acme}
    finally:
        as_server.rollback()
        with psycopg.connect(where.owner, autocommit=True) as connection:
            connection.execute("DROP VIEW seen")


@pytest.mark.usefixtures("filled")
def test_the_name_of_an_organisation_shows_that_one_alone(as_server):
    as_server.execute("SELECT set_config('hetero2.org_name', 'globex', true)")
    assert [row[0] for row in as_server.execute("SELECT name FROM orgs")] == ["globex"]
    assert owners_of_rows(as_server, "users") == set()


def test_the_worker_s_role_sees_no_accounts_and_changes_no_more_than_runs(filled, where):
    with psycopg.connect(where.worker, autocommit=True) as connection:
        assert len(connection.execute("SELECT * FROM tenants").fetchall()) == 2
        assert owners_of_rows(connection, "runs") == set()
        org_id = str(filled[0].site.scope.org_id)
        connection.execute("SELECT set_config('hetero2.org', %s, false)", [org_id])
        for statement in (
            "SELECT * FROM users",
            "SELECT * FROM tokens",
            "SELECT * FROM sessions",
            "SELECT * FROM audit_events",
            "DELETE FROM runs",
            "UPDATE jobs SET name = 'x'",
            "INSERT INTO tenants SELECT id FROM orgs",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
                connection.execute(statement)


def test_without_the_filter_of_a_query_the_database_still_keeps_them_apart(filled, monkeypatch):
    """The second layer alone: each query is asked without its `WHERE org_id`."""
    acme, globex = filled
    run_id = acme.site.queued()
    everybodys = select(Run, Job).join(Job, Job.id == Run.job_id).where(Run.id == bindparam("run"))
    monkeypatch.setattr(runs, "_WITH_JOB", everybodys)
    monkeypatch.setattr(runs, "_is", lambda key: Run.id == key.run_id)
    assert acme.client("owner").get(f"/runs/{run_id}").status_code == 200
    assert globex.client("owner").get(f"/runs/{run_id}").status_code == 404
    assert globex.client("owner").post(f"/runs/{run_id}:cancel").status_code == 404
    with globex.site.service.reading(globex.site.scope) as session:
        assert set(session.scalars(select(Run.org_id))) == {globex.site.scope.org_id}
        assert run_id not in set(session.scalars(select(Run.id).where(literal(True))))


def test_without_row_level_security_the_queries_still_keep_them_apart(filled, where):
    """The first layer alone."""
    acme, globex = filled
    run_id, upload_id = acme.site.queued(), REQUESTS["get_upload"](acme, "owner").values["upload_id"]
    tables = [table for table in TABLES if table != "orgs"]
    with psycopg.connect(where.owner, autocommit=True) as connection:
        for table in tables:
            connection.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    try:
        client = globex.client("owner")
        assert client.get(f"/runs/{run_id}").status_code == 404
        assert client.get(f"/uploads/{upload_id}").status_code == 404
        assert str(run_id) not in client.get("/runs", params={"limit": 200}).text
        for path in ("/uploads", "/members", "/projects", "/tokens", "/audit"):
            answer = client.get(path)
            assert answer.status_code == 200
            assert "acme" not in answer.text
            assert str(acme.site.scope.org_id) not in answer.text
    finally:
        with psycopg.connect(where.owner, autocommit=True) as connection:
            for table in tables:
                connection.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")


def test_a_connection_that_goes_back_to_the_pool_keeps_nothing(filled):
    service = filled[0].site.service
    wrong = []

    def ask(tenant) -> None:
        for _ in range(60):
            with service.reading(tenant.site.scope) as session:
                seen = set(session.scalars(select(Run.org_id)))
            with service.reading(None) as session:
                nothing = session.scalar(select(func.count()).select_from(Run))
            if seen != {tenant.site.scope.org_id} or nothing:
                wrong.append((seen, nothing))

    threads = [threading.Thread(target=ask, args=(tenant,)) for tenant in filled * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []


def test_an_upload_is_no_oracle(filled):
    """Nobody learns that another organisation has a file: it is to be brought, though its content is here already."""
    acme, globex = filled
    content = os.urandom(1000)
    digest = hashlib.sha256(content).hexdigest()
    assert acme.client("owner").put("/uploads", params={"name": "secret.csv"}, content=content).status_code == 201
    body = {"name": "guess.csv", "size": len(content), "sha256": digest}
    assert acme.client("owner").post("/uploads", json=body).json()["is_complete"] is True
    asked = globex.client("owner").post("/uploads", json=body).json()
    assert (asked["is_complete"], asked["received"]) == (False, 0)
    mine = globex.client("owner").put("/uploads", params={"name": "mine.csv"}, content=content).json()
    assert mine["is_complete"] is True


def test_an_idempotency_key_belongs_to_one_organisation(filled):
    acme, globex = filled
    headers = {"Idempotency-Key": "one-for-both"}
    ids = [
        tenant.client("owner").post("/runs", json={"workflow": "demo"}, headers=headers).json()["id"]
        for tenant in filled
    ]
    assert ids[0] != ids[1]
    assert acme.client("owner").get(f"/runs/{ids[1]}").status_code == 404
    assert globex.client("owner").get(f"/runs/{ids[0]}").status_code == 404


def test_a_cursor_of_another_organisation_shows_ones_own(filled):
    acme, globex = filled
    for tenant in filled:
        tenant.site.queued()
        tenant.site.queued()
    cursor = acme.client("owner").get("/runs", params={"limit": 1}).json()["next_cursor"]
    answer = globex.client("owner").get("/runs", params={"limit": 200, "cursor": cursor})
    assert answer.status_code == 200
    moment, _ = json.loads(base64.urlsafe_b64decode(cursor))
    ids = {run["id"] for run in answer.json()["runs"]}
    assert ids
    assert moment
    with acme.site.service.reading(acme.site.scope) as session:
        assert not ids & {str(run_id) for run_id in session.scalars(select(Run.id))}


def test_the_manifest_of_another_organisation_s_pack_is_that_of_no_run(filled):
    acme, globex = filled
    run_id = acme.site.complete({"a.csv": b"x"})
    for body in (
        {"manifest": {"service_run": {"run_id": str(run_id)}}},
        {"record": {"run_id": str(run_id)}},
        {"pack_sha256": hashlib.sha256(b"x").hexdigest()},
    ):
        other = json.loads(json.dumps(body).replace(str(run_id), str(uuid4())).replace("2d711642", "2d711643"))
        theirs, nobodys = (globex.client("owner").post("/runs:rerun", json=asked) for asked in (body, other))
        assert (theirs.status_code, theirs.text) == (nobodys.status_code, nobodys.text)


def test_a_signed_address_opens_one_file(filled):
    acme, globex = filled
    ours, theirs = (tenant.site.complete({"a.csv": tenant.texts["viewer"].encode()}) for tenant in filled)
    url = acme.client("owner").post(f"/runs/{ours}/artifacts/a.csv:sign").json()["url"]
    assert acme.client("owner").post(f"/runs/{theirs}/artifacts/a.csv:sign").status_code == 404
    with globex.site.service.reading(globex.site.scope) as session:
        [row] = runs.artifacts(session, RunKey(globex.site.scope, theirs))
    key = url.partition("/files/")[2].partition("?")[0]
    client = acme.client("owner")
    base = acme.site.url
    assert client.get(f"{base}{url}" if url.startswith("/") else url).content == acme.texts["viewer"].encode()
    moved = (f"{base}{url}" if url.startswith("/") else url).replace(key, row.key)
    assert client.get(moved).status_code == 403


def test_workers_take_turns_between_organisations(filled, where, tmp_path):
    """One that asks for a hundred runs does not keep the other one waiting."""
    service = core.open_service(Settings(folder=tmp_path, database=where.worker, workers=1))
    for tenant in filled:
        client = tenant.client("owner")
        for run in client.get("/runs", params={"limit": 200, "state": "QUEUED"}).json()["runs"]:
            client.post(f"/runs/{run['id']}:cancel")
    acme, globex = filled
    for _ in range(4):
        submission.submit(acme.site.service, acme.site.scope, None, None, workflow("demo"), {}, {})
    submission.submit(globex.site.service, globex.site.scope, None, None, workflow("demo"), {}, {})
    worker = Worker(service)
    claimed = [worker._claim().key.scope.org_id for _ in range(5)]
    assert globex.site.scope.org_id in claimed[:2]
    assert claimed.count(acme.site.scope.org_id) == 4
    assert worker._claim() is None
    service.engine.dispose()


@pytest.mark.usefixtures("filled")
def test_what_does_not_keep_organisations_apart_refuses_to_start(where, tmp_path, monkeypatch):
    def refused(url: str, n_workers: int, **settings: object) -> str:
        service = core.open_service(Settings(folder=tmp_path / "service", database=url, **settings))
        try:
            isolation.check(service, n_workers)
        except ConfigError as error:
            return str(error)
        finally:
            service.engine.dispose()
        return ""

    assert "row level security does not hold" in refused(where.superuser, 0)
    assert "may serve, but not work on runs" in refused(where.server, 1)
    assert refused(where.server, 0) == ""
    assert refused(where.worker, 1) == ("" if sandbox.isolation() != "none" else "bubblewrap")
    assert "outside the sandbox" in refused(where.worker, 1, compute="slurm")
    monkeypatch.setattr(sandbox, "isolation", lambda: "none")
    assert "bubblewrap" in refused(where.worker, 1)


@pytest.mark.usefixtures("filled")
def test_a_service_that_would_mix_them_says_that_it_is_not_ready(where, tmp_path):
    async def status(url: str) -> int:
        service = core.open_service(Settings(folder=tmp_path, database=url))
        try:
            transport = httpx.ASGITransport(create_app(service))
            async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
                return (await client.get("/readyz")).status_code
        finally:
            service.engine.dispose()

    assert asyncio.run(status(where.server)) == 200
    assert asyncio.run(status(where.superuser)) == 503


def test_the_roles_of_the_database_cannot_change_its_tables(where, tmp_path):
    with psycopg.connect(where.owner, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    try:
        with pytest.raises(ConfigError):
            core.open_service(Settings(folder=tmp_path, database=where.server))
    finally:
        with psycopg.connect(where.owner, autocommit=True) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '0002'")
