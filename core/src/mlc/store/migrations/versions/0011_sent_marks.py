"""When a write left, by a clock that nobody sets."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("intents", sa.Column("sent_mark", sa.Text(), nullable=True))
