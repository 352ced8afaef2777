"""Where each pass over a list stands, and what webhooks brought."""

from sqlalchemy import Column, Integer, LargeBinary, Table, Text, UniqueConstraint

from mlc.store.schema.columns import key, metadata

watermarks = Table(
    "watermarks",
    metadata,
    Column("pairing", Text, primary_key=True),
    Column("side", Text, primary_key=True),
    Column("object_type", Text, primary_key=True),
    Column("value", Text),
    Column("completed_at", Text, nullable=False),
    Column("swept_at", Text),
)

pages = Table(  # a pass that is under way
    "pages",
    metadata,
    Column("pairing", Text, primary_key=True),
    Column("side", Text, primary_key=True),
    Column("object_type", Text, primary_key=True),
    Column("mode", Text, primary_key=True),
    Column("cursor", Text),
    Column("pass_id", Text, nullable=False),
    Column("seen", Integer, nullable=False, server_default="0"),
    Column("started_at", Text, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    key(),
    Column("connection", Text, nullable=False),
    Column("delivery_id", Text, nullable=False),
    Column("object_type", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("read_at", Text),
    UniqueConstraint("connection", "delivery_id", name="uq_inbox_delivery"),
)

watches = Table(
    "watches",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("watch_id", Text, primary_key=True),
    Column("secret", LargeBinary),
    Column("expires_at", Text),
    Column("state", Text, nullable=False),
)
