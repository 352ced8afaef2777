"""When the attempt before left, where it may still arrive beside the one that was sent after it."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("intents", sa.Column("late_mark", sa.Text(), nullable=True))
