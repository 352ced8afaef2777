"""Documents that post what another's closed period kept from being changed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("records", sa.Column("adjusts", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
    op.create_index(
        "ix_records_adjusts",
        "records",
        ["adjusts"],
        unique=False,
        sqlite_where=sa.text("adjusts IS NOT NULL"),
        postgresql_where=sa.text("adjusts IS NOT NULL"),
    )
