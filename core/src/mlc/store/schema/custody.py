"""Credentials, connections and what their tenants can do."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text

from mlc.store.schema.columns import key, metadata

credentials = Table(
    "credentials",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("field", Text, primary_key=True),  # "secrets" (what the operator gave) or "token"
    Column("ciphertext", LargeBinary, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("version", Integer, nullable=False),  # compare-and-swap
    Column("updated_at", Text, nullable=False),
)

refreshes = Table(  # a refresh is a write (R35): one row per attempt, made before the call
    "refreshes",
    metadata,
    key(),
    Column("connection", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text),
    Column("outcome", Text),  # stored | refused | unknown
    Index("ix_refreshes_connection", "connection", "started_at"),
)

connections = Table(  # state of each connection that outlives a process
    "connections",
    metadata,
    Column("name", Text, primary_key=True),
    Column("system", Text, nullable=False),
    Column("state", Text, nullable=False),  # ready | paused | suspended
    Column("reason", Text),
    Column("identity", Text),  # JSON of mlc_ping
    Column("changed_at", Text, nullable=False),
)

probes = Table(
    "probes",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("answer", Text, nullable=False),
    Column("at", Text, nullable=False),
)

quotas = Table(
    "quotas",
    metadata,
    Column("scope", Text, primary_key=True),  # connection name, tenant or app key
    Column("window", Text, primary_key=True),  # minute, day, month …
    Column("slot", Text, primary_key=True),  # start of the window
    Column("used", Integer, nullable=False),
    Column("limit", Integer),
    Column("closed_until", Text),
    Column("updated_at", Text, nullable=False),
)

tickets = Table(  # calls in short windows and in flight, counted by processes that share no Redis; see mlc.http.tickets
    "tickets",
    metadata,
    Column("key", Text, primary_key=True),
    Column("ticket", Text, primary_key=True),  # empty: the vendor refused, until then there is none
    Column("expires_at", Text, nullable=False),
)
