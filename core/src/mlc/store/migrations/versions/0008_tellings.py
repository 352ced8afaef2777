"""What the system that handed a document over has been told of it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "tellings",
        sa.Column("record_id", _ID, autoincrement=False, nullable=False),
        sa.Column("pairing", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("report_id", _ID, nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("taken_at", sa.Text(), nullable=False),
        sa.Column("paid", sa.Text(), nullable=True),
        sa.Column("payments", sa.Text(), nullable=True),
        sa.Column("due", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("record_id"),
    )
    op.create_index(
        "ix_tellings_due",
        "tellings",
        ["pairing", "record_id"],
        unique=False,
        sqlite_where=sa.text("due = 1"),
        postgresql_where=sa.text("due = 1"),
    )
