"""Where each pass over a list stands, and what webhooks brought."""

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint

from mlc.store.schema.columns import key, metadata, partial_index

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

inbox = Table(  # verified deliveries, one row per record they name; a receiver only inserts (R31)
    "inbox",
    metadata,
    key(),
    Column("connection", Text, nullable=False),
    Column("delivery_id", Text, nullable=False),
    Column("object_type", Text, nullable=False),  # empty: genuine, but about no record (a vendor's test message)
    Column("external_id", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("moved_to", Text),  # what it was merged into, where the event says so
    Column("occurred_at", Text),
    Column("received_at", Text, nullable=False),
    Column("read_at", Text),
    partial_index(  # a repeated notice is dropped only while its twin is unread (R29)
        "uq_inbox_unread",
        "connection",
        "delivery_id",
        "object_type",
        "external_id",
        unique=True,
        where="read_at IS NULL",
    ),
    Index("ix_inbox_heard", "connection", "received_at"),
)

notices = Table(  # records to be read again, one row each however often they were told of
    "notices",
    metadata,
    key(),
    Column("pairing", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("object_type", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("moved_to", Text),
    Column("occurred_at", Text),  # the latest that was told
    Column("noted_at", Text, nullable=False),  # moves with every notice: one that came while we read stays
    Column("due_at", Text, nullable=False),
    Column("looks", Integer, nullable=False, server_default="0"),
    UniqueConstraint("pairing", "side", "object_type", "external_id", name="uq_notices_record"),
    Index("ix_notices_due", "pairing", "due_at"),
)

watches = Table(  # our subscriptions; their secrets are among the credentials
    "watches",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("watch_id", Text, primary_key=True),
    Column("expires_at", Text),
    Column("events", Text, nullable=False),  # JSON: what it covers, in the vendor's words
    Column("made_at", Text, nullable=False),
)

looks = Table(  # when a connection's subscriptions were last looked at
    "looks",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("looked_at", Text, nullable=False),
    Column("callback_url", Text),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("problem", Text),
)
