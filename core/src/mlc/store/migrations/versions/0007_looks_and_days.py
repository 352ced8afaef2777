"""Which rows of the registers changed since late doubles were looked for, and how many creates each day had."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("registers", sa.Column("looked", sa.Integer(), server_default="0", nullable=False))
    op.execute("UPDATE registers SET looked = 1 WHERE object_type NOT IN ('bill', 'vendor_credit')")
    op.create_index(
        "ix_registers_unlooked",
        "registers",
        ["pairing", "side", "object_type", "looked"],
        unique=False,
        sqlite_where=sa.text("looked = 0"),
        postgresql_where=sa.text("looked = 0"),
    )
    op.create_table(
        "creates",
        sa.Column("pairing", sa.Text(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("pairing", "object_type", "day"),
    )
    op.execute(
        "INSERT INTO creates (pairing, object_type, day, made) "
        "SELECT pairing, object_type, substr(created_at, 1, 10), count(*) FROM intents "
        "WHERE operation = 'create' AND part = 'main' GROUP BY pairing, object_type, substr(created_at, 1, 10)"
    )
