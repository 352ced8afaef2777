"""Into what a record was merged, where a webhook says so."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inbox", sa.Column("moved_to", sa.Text(), nullable=True))
    op.add_column("notices", sa.Column("moved_to", sa.Text(), nullable=True))
