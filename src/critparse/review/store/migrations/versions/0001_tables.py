"""The first tables.

The log defends itself: the database refuses to change or remove an event.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make them."""
    _review()
    _accounts()
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the log of events is only ever added to'; END $$"
        )
        op.execute(
            "CREATE TRIGGER event_is_kept BEFORE UPDATE OR DELETE ON event "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    else:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER event_is_kept_from_{verb.lower()} BEFORE {verb} ON event "
                "BEGIN SELECT RAISE(ABORT, 'the log of events is only ever added to'); END"
            )


def _review() -> None:
    op.create_table(
        "blob",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "trial",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("key", sa.String(300), nullable=False, unique=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("trial_id", sa.Text()),
        sa.Column("title", sa.Text()),
        sa.Column("registry", sa.String(60), nullable=False),
        sa.Column("parser", sa.String(300), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("weight", _NUMBER, nullable=False),
        sa.Column("open_errors", sa.Integer(), nullable=False),
        sa.Column("open_warnings", sa.Integer(), nullable=False),
        sa.Column("open_infos", sa.Integer(), nullable=False),
        sa.Column("findings", sa.Integer(), nullable=False),
        sa.Column("corrected", sa.Boolean(), nullable=False),
        sa.Column("submitted", _MOMENT, nullable=False),
        sa.Column("changed", _MOMENT, nullable=False),
        sa.Column("document", sa.String(64), sa.ForeignKey("blob.digest"), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
    )
    op.create_index("ix_trial_weight", "trial", ["weight", "id"])
    op.create_index("ix_trial_registry", "trial", ["registry", "weight", "id"])
    op.create_table(
        "finding",
        sa.Column("trial", _NUMBER, sa.ForeignKey("trial.id"), primary_key=True),
        sa.Column("fingerprint", sa.String(40), primary_key=True),
        sa.Column("code", sa.String(80), nullable=False),
        sa.Column("severity", sa.String(10), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("who", sa.String(80)),
        sa.Column("at", _MOMENT),
        sa.Column("data", sa.Text(), nullable=False),
    )
    op.create_index("ix_finding_of", "finding", ["trial", "state", "present", "code", "severity"])
    op.create_index("ix_finding_open", "finding", ["state", "present", "code", "severity", "trial"])
    op.create_table(
        "event",
        sa.Column("sequence", _NUMBER, primary_key=True),
        sa.Column("trial", _NUMBER, sa.ForeignKey("trial.id"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("who", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("document", sa.String(64), sa.ForeignKey("blob.digest"), nullable=False),
    )
    op.create_index("ix_event_trial", "event", ["trial", "version"], unique=True)


def _accounts() -> None:
    op.create_table(
        "account",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("name", sa.String(80), nullable=False, unique=True),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("password", sa.String(300), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
    )
    op.create_table(
        "session",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("account", _NUMBER, sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
        sa.Column("csrf", sa.String(64), nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("seen", _MOMENT, nullable=False),
    )
    op.create_index("ix_session_account", "session", ["account"])
    op.create_table(
        "token",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("account", _NUMBER, sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
        sa.Column("label", sa.String(80), nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("expires", _MOMENT),
        sa.Column("used", _MOMENT),
    )
    op.create_index("ix_token_account", "token", ["account"])
    op.create_table(
        "attempt",
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last", _MOMENT, nullable=False),
    )
