"""Under which start of the machine, or of the database server, a run began."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("boot", sa.Text(), nullable=True))
