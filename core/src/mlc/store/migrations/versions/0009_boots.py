"""Under which start of the machine, or of the database server, a run began."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("boot", sa.Text(), nullable=True))
