"""People, roles, invitations, sessions, audit events; row level security on PostgreSQL"""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_BY_ORG = (
    "projects",
    "users",
    "project_members",
    "invitations",
    "sessions",
    "audit_events",
    "tokens",
    "uploads",
    "jobs",
    "runs",
    "run_events",
    "artifacts",
)
# Of the transaction, set by the service. Where it is not set, no row is anybody's.
_CURRENT = "nullif(current_setting('hetero2.org', true), '')::uuid"
# Who signs in names their organisation before they are known.
_NAMED = "nullif(current_setting('hetero2.org_name', true), '')"
_APPEND_ONLY = ("audit_events",)


def _of(name: str, table: str, *columns: str) -> sa.ForeignKeyConstraint:
    here = ["org_id"] if table == "orgs" else ["org_id", *columns]
    there = ["orgs.id"] if table == "orgs" else [f"{table}.org_id", f"{table}.id"]
    return sa.ForeignKeyConstraint(here, there, name=op.f(f"fk_{name}_{'_'.join(here)}"))


def _id(name: str, nullable: bool = False) -> "sa.Column[UUID]":
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "tenants",
        _id("org_id"),
        sa.ForeignKeyConstraint(["org_id"], ["orgs.id"], name=op.f("fk_tenants_org_id")),
        sa.PrimaryKeyConstraint("org_id", name=op.f("pk_tenants")),
    )
    op.execute("INSERT INTO tenants SELECT id FROM orgs")
    op.create_table(
        "users",
        _id("org_id"),
        _id("id"),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("password_hash", sa.String(200)),
        sa.Column("issuer", sa.String(300)),
        sa.Column("subject", sa.String(255)),
        sa.Column("failed_sign_ins", sa.BigInteger(), nullable=False),
        sa.Column("locked_until", _MOMENT),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("disabled_at", _MOMENT),
        _of("users", "orgs"),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_users")),
        sa.UniqueConstraint("org_id", "email", name=op.f("uq_users_org_id_email")),
        sa.UniqueConstraint("org_id", "issuer", "subject", name=op.f("uq_users_org_id_issuer_subject")),
    )
    op.create_table(
        "project_members",
        _id("org_id"),
        _id("project_id"),
        _id("user_id"),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        _of("project_members", "projects", "project_id"),
        _of("project_members", "users", "user_id"),
        sa.PrimaryKeyConstraint("org_id", "project_id", "user_id", name=op.f("pk_project_members")),
    )
    op.create_table(
        "invitations",
        _id("org_id"),
        _id("id"),
        _id("user_id", nullable=True),
        _id("invited_by"),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        _id("project_id", nullable=True),
        sa.Column("project_role", sa.String(16)),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("accepted_at", _MOMENT),
        sa.Column("revoked_at", _MOMENT),
        _of("invitations", "projects", "project_id"),
        _of("invitations", "users", "user_id"),
        _of("invitations", "users", "invited_by"),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("sha256", name=op.f("uq_invitations_sha256")),
    )
    op.create_table(
        "sessions",
        _id("org_id"),
        _id("id"),
        _id("user_id"),
        _id("token_id", nullable=True),
        _id("project_id", nullable=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT),
        _of("sessions", "projects", "project_id"),
        _of("sessions", "users", "user_id"),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("sha256", name=op.f("uq_sessions_sha256")),
    )
    op.create_table(
        "audit_events",
        _id("org_id"),
        _id("id"),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("act", sa.String(64), nullable=False),
        sa.Column("object_id", sa.String(100)),
        _id("project_id", nullable=True),
        _id("user_id", nullable=True),
        _id("token_id", nullable=True),
        sa.Column("request_id", sa.String(64)),
        sa.Column("detail", sa.JSON(), nullable=False),
        _of("audit_events", "orgs"),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_audit_events")),
    )
    op.create_index(op.f("ix_audit_events_org_id_at_id"), "audit_events", ["org_id", "at", "id"])
    _change_old_tables()
    if op.get_bind().dialect.name == "postgresql":
        _secure_rows()
    _append_only()


def _change_old_tables() -> None:
    """Traces, tags, hosts per organisation; give the tokens that there are to an owner, whom each organisation gets."""
    op.add_column("runs", sa.Column("trace", sa.String(55)))
    op.add_column("orgs", sa.Column("fetch_hosts", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("jobs", sa.Column("tags", sa.JSON()))
    with op.batch_alter_table("tokens") as batch:
        batch.add_column(_id("user_id", nullable=True))
        batch.add_column(sa.Column("actions", sa.JSON()))
        batch.add_column(sa.Column("expires_at", _MOMENT))
    connection, now = op.get_bind(), datetime.now(UTC)
    orgs, tokens = sa.table("orgs", _id("id")), sa.table("tokens", _id("org_id"), _id("user_id"))
    users = sa.table(
        "users", _id("org_id"), _id("id"), *(sa.column(name) for name in ("email", "name", "role", "failed_sign_ins")),
        sa.Column("created_at", _MOMENT),
    )  # fmt: skip
    for org_id in connection.execute(sa.select(orgs.c.id)).scalars().all():
        owner = {"org_id": org_id, "id": uuid4(), "email": "owner@localhost", "name": "owner", "role": "owner"}
        connection.execute(sa.insert(users).values(**owner, failed_sign_ins=0, created_at=now))
        connection.execute(sa.update(tokens).where(tokens.c.org_id == org_id).values(user_id=owner["id"]))
    with op.batch_alter_table("tokens") as batch:
        batch.alter_column("user_id", existing_type=sa.Uuid(), nullable=False)
        batch.create_foreign_key(op.f("fk_tokens_org_id_user_id"), "users", ["org_id", "user_id"], ["org_id", "id"])


def _secure_rows() -> None:
    """FORCE: the owner of the tables is bound as well; only a superuser, or a role with BYPASSRLS, is not."""
    for table in _BY_ORG:
        op.execute(f"CREATE POLICY own_org ON {table} USING (org_id = {_CURRENT}) WITH CHECK (org_id = {_CURRENT})")
    op.execute(f"CREATE POLICY own_org ON orgs USING (id = {_CURRENT} OR name = {_NAMED}) WITH CHECK (id = {_CURRENT})")
    for table in (*_BY_ORG, "orgs"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def _append_only() -> None:
    """No statement changes an event or takes one away, whoever sends it."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION hetero2_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
        for table in _APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION hetero2_append_only()"
            )
        return
    for table in _APPEND_ONLY:
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def downgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in _APPEND_ONLY:
        for act in ("update", "delete"):
            op.execute(
                f"DROP TRIGGER IF EXISTS append_only ON {table}" if is_postgresql else f"DROP TRIGGER {table}_no_{act}"
            )
    if is_postgresql:
        op.execute("DROP FUNCTION hetero2_append_only()")
        for table in (*_BY_ORG, "orgs"):
            op.execute(f"DROP POLICY own_org ON {table}")
            op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    with op.batch_alter_table("tokens") as batch:
        batch.drop_constraint(op.f("fk_tokens_org_id_user_id"), type_="foreignkey")
        for column in ("user_id", "actions", "expires_at"):
            batch.drop_column(column)
    op.drop_column("jobs", "tags")
    op.drop_column("orgs", "fetch_hosts")
    op.drop_column("runs", "trace")
    for table in ("audit_events", "sessions", "invitations", "project_members", "users", "tenants"):
        op.drop_table(table)
