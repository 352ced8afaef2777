"""The register of documents searched by number whoever the vendor is, and by a vendor's dates: no scan for twins."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OF_TYPE = ["pairing", "side", "object_type"]


def upgrade() -> None:
    op.drop_index("ix_registers_number", "registers")
    op.create_index("ix_registers_number", "registers", [*_OF_TYPE, "number_key", "party"], unique=False)
    op.create_index("ix_registers_date", "registers", [*_OF_TYPE, "party", "issue_date"], unique=False)
