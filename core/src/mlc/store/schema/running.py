"""What is due, who does it, what was done, and the audit trail."""

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint

from mlc.store.schema.columns import Id, key, metadata, partial_index

work = Table(
    "work",
    metadata,
    key(),
    Column("pairing", Text, nullable=False),
    Column("flow", Text, nullable=False),
    Column("kind", Text, nullable=False),  # take_in | deliver | settle | sweep
    Column("due_at", Text, nullable=False),
    Column("owner", Text),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    UniqueConstraint("pairing", "flow", "kind", name="uq_work"),
)

slots = Table(
    "slots",
    metadata,
    Column("pairing", Text, primary_key=True),
    Column("slot", Text, primary_key=True),
    Column("run_id", Integer),
    Column("taken_at", Text, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("expires_at", Text, nullable=False),
)

pauses = Table(  # what a person has stopped for a while
    "pauses",
    metadata,
    Column("pairing", Text, primary_key=True),
    Column("flow", Text, primary_key=True),  # empty: the whole pairing
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Text, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    key(),
    Column("pairing", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text),
    Column("outcome", Text),  # done | needs_a_person | stopped | failed
    Column("summary", Text),  # JSON
    Column("chain_head", Text),
    Column("chain_count", Integer),
    Column("boot", Text),  # the start of the machine, or of the server, under which it began (R2)
)

audit = Table(
    "audit",
    metadata,
    key(),
    Column("group_no", Id, nullable=False),  # the committed group this event belongs to (R32)
    Column("at", Text, nullable=False),
    Column("run_id", Integer),
    Column("pairing", Text),
    Column("record_id", Id),
    Column("object_type", Text),
    Column("event", Text, nullable=False),
    Column("side", Text),
    Column("external_id", Text),
    Column("detail", Text, nullable=False),  # JSON; never a payload, never a secret
    Index("ix_audit_record", "record_id", "id"),
    Index("ix_audit_run", "run_id", "id"),
)

audit_groups = Table(
    "audit_groups",
    metadata,
    Column("group_no", Id, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False),  # sha256(previous digest + canonical JSON of the group's events)
    Column("events", Integer, nullable=False),
)

chains = Table(  # one row: the head, taken last and FOR UPDATE (R32)
    "chains",
    metadata,
    Column("name", Text, primary_key=True),
    Column("head", Text, nullable=False),
    Column("count", Id, nullable=False),
    Column("events", Id, nullable=False),
)

alerts = Table(  # one per cause while it lasts
    "alerts",
    metadata,
    key(),
    Column("pairing", Text),
    Column("code", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("raised_at", Text, nullable=False),
    Column("cleared_at", Text),
    partial_index(
        "uq_alerts_open",
        "code",
        "cause",
        unique=True,
        where="cleared_at IS NULL",
    ),
)

alert_events = Table(  # what is told of alerts, in order; insert-only
    "alert_events",
    metadata,
    key(),
    Column("alert_id", Id, nullable=False),
    Column("kind", Text, nullable=False),  # raised | cleared
    Column("at", Text, nullable=False),
)

alert_sinks = Table(  # how far each sink has been told
    "alert_sinks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("last_event", Id, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("due_at", Text, nullable=False),
    Column("problem", Text),
)

answers = Table(  # answers of vendors, counted for as long as the database lives
    "answers",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  # read | write | mint | status
    Column("status", Text, primary_key=True),  # empty but for kind status
    Column("system", Text, nullable=False),
    Column("count", Id, nullable=False),
)

instance = Table(  # R36: a copied or restored database is recognised
    "instance",
    metadata,
    Column("name", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("counter", Id, nullable=False),
)
