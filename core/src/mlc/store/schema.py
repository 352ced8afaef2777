"""The tables. One definition for SQLite and PostgreSQL; migrations build exactly this (a test compares).

Ids of rows are integers; every instant is text in ISO 8601 UTC with microseconds (sorts as time, same on both databases).
Amounts are text, because SQLite has no decimal type.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()
#: BIGINT on PostgreSQL, INTEGER on SQLite so that the row id is the key.
Id = BigInteger().with_variant(Integer(), "sqlite")


def _key() -> "Column[int]":
    return Column("id", Id, primary_key=True, autoincrement=True)


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
    _key(),
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

records = Table(
    "records",
    metadata,
    _key(),
    Column("pairing", Text, nullable=False),
    Column("object_type", Text, nullable=False),
    Column("side", Text, nullable=False),  # where the record was born: left | right
    Column("external_id", Text, nullable=False),  # its id there
    Column("read_type", Text, nullable=False),  # the object type it is read as there (a credit is read as a bill)
    Column("state", Text, nullable=False),
    Column("dirty", Integer, nullable=False, server_default="0"),
    Column("version", Text),  # the origin's version that ``input`` was read at
    Column("input", Text),  # latest full canonical record of the origin, JSON
    Column("other_input", Text),  # latest full canonical record of the other side, JSON
    Column("other_version", Text),  # the other side's version that ``other_input`` was read at
    Column("overrides", Text),  # what we altered on purpose (R19), JSON
    Column("reason", Text),  # one sentence for the state
    Column("number", Text),
    Column("party", Text),
    Column("currency", Text),
    Column("amount", Text),
    Column("ledger_date", Text),
    Column("group_key", Text),  # payment group
    Column("seen_at", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
    UniqueConstraint("pairing", "side", "read_type", "external_id", name="uq_records_origin"),
    Index("ix_records_due", "pairing", "object_type", "side", "state", "dirty", "id"),
    Index("ix_records_group", "pairing", "group_key"),
)

bindings = Table(
    "bindings",
    metadata,
    _key(),
    Column("pairing", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("object_type", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("record_id", Id, nullable=False),
    Column("role", Text, nullable=False, server_default="primary"),  # primary | alias (R21)
    Column("moved_to", Text),
    Column("version", Text),
    Column("fingerprint", Text),
    Column("base", Text),  # what that side showed when both were last in step (R16), JSON
    Column("lines", Text),  # our line key → line id there, JSON
    Column("mapper_version", Text),  # R18
    Column("adopted", Integer, nullable=False, server_default="0"),
    Column("unverified", Integer, nullable=False, server_default="0"),  # R13: no body in the reply yet
    Column("confirmed_at", Text, nullable=False),
    UniqueConstraint("pairing", "side", "object_type", "external_id", "part", name="uq_bindings_external"),
    Index(
        "uq_bindings_record",
        "pairing",
        "side",
        "record_id",
        "part",
        unique=True,
        sqlite_where=text("role = 'primary'"),
        postgresql_where=text("role = 'primary'"),
    ),
)

intents = Table(
    "intents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("pairing", Text, nullable=False),
    Column("connection", Text, nullable=False),
    Column("record_id", Id, nullable=False),
    Column("side", Text, nullable=False),
    Column("object_type", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("action", Text),
    Column("state", Text, nullable=False),
    Column("strategy", Text, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("generation", Integer, nullable=False, server_default="0"),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("record_key", Text, nullable=False),
    Column("natural_key", Text),
    Column("external_id", Text),
    Column("after_part", Text),  # sent only when that part is confirmed
    Column("parent_id", Text),
    Column("expected_version", Text),
    Column("payload", LargeBinary),  # the bytes sent (R6)
    Column("payload_digest", Text, nullable=False),
    Column("line_keys", Text),
    Column("rendered", Text),  # the canonical record that was rendered, JSON: what R13 compares with
    Column("source_side", Text, nullable=False),  # where the record was born, its id, version and content then:
    Column("source_id", Text, nullable=False),  # that side's base once this write is confirmed (R16)
    Column("source_version", Text),
    Column("source_input", Text),
    Column("mapper_version", Text),
    Column("plan_item", Text),
    Column("batch", Text),
    Column("ordinal", Integer),
    Column("task", Text),
    Column("sent_at", Text),
    Column("looked_at", Text),  # last search for an uncertain create
    Column("due_at", Text),
    Column("run_id", Integer),
    Column("error", Text),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    Index(
        "uq_intents_open",
        "pairing",
        "record_id",
        "side",
        "part",
        unique=True,
        sqlite_where=text("state IN ('planned','sending','accepted','uncertain','held')"),
        postgresql_where=text("state IN ('planned','sending','accepted','uncertain','held')"),
    ),
    Index(
        "uq_intents_natural",
        "connection",
        "object_type",
        "natural_key",
        unique=True,
        sqlite_where=text(
            "operation = 'create' AND natural_key IS NOT NULL AND state IN ('sending','accepted','uncertain')"
        ),
        postgresql_where=text(
            "operation = 'create' AND natural_key IS NOT NULL AND state IN ('sending','accepted','uncertain')"
        ),
    ),
    Index(
        "uq_intents_plan_item",
        "plan_item",
        unique=True,
        sqlite_where=text("plan_item IS NOT NULL"),
        postgresql_where=text("plan_item IS NOT NULL"),
    ),
    Index("ix_intents_state", "pairing", "state", "due_at"),
    Index("ix_intents_record", "record_id", "created_at"),
)

sightings = Table(  # insert-only evidence (R4)
    "sightings",
    metadata,
    _key(),
    Column("intent_id", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("source", Text, nullable=False),  # reply | late | webhook | search | sweep
    Column("version", Text),
    Column("at", Text, nullable=False),
    Index("ix_sightings_intent", "intent_id"),
)

registers = Table(  # each side's documents and parties as that side's lists show them (matching, twins, reconcile)
    "registers",
    metadata,
    Column("pairing", Text, primary_key=True),
    Column("side", Text, primary_key=True),
    Column("object_type", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("version", Text),
    Column("number", Text),
    Column("number_key", Text),  # normalised: no case, separators, leading zeros; O→0, I→1 (pairings 0.5)
    Column("name_key", Text),
    Column("code", Text),
    Column("external_code", Text),
    Column("party", Text),
    Column("currency", Text),
    Column("total", Text),
    Column("balance", Text),
    Column("issue_date", Text),
    Column("status", Text),
    Column("live", Integer, nullable=False, server_default="1"),
    Column("summary", Text),  # canonical summary, JSON (parties and master data only)
    Column("external_key", Text),
    Column("seen_at", Text, nullable=False),
    Column("pass_id", Text),
    Column("number_sig", Text),  # the key's characters sorted: equal for transpositions
    Column("record_id", Id),  # the record it is bound to (or about to be)
    Index("ix_registers_number", "pairing", "side", "object_type", "party", "number_key"),
    Index("ix_registers_total", "pairing", "side", "object_type", "party", "total"),
    Index("ix_registers_name", "pairing", "side", "object_type", "name_key"),
    Index("ix_registers_code", "pairing", "side", "object_type", "code"),
    Index("ix_registers_key", "pairing", "side", "object_type", "external_key"),
)

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

holds = Table(
    "holds",
    metadata,
    _key(),
    Column("pairing", Text, nullable=False),
    Column("record_id", Id, nullable=False),
    Column("intent_id", Text),
    Column("code", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("waits_kind", Text, nullable=False),  # reference | period | config | person | quarantine
    Column("waits_key", Text, nullable=False),
    Column("detail", Text),  # JSON: candidates, both values
    Column("since", Text, nullable=False),
    Column("woken_at", Text),
    Column("cleared_at", Text),
    Column("cleared_by", Text),
    Column("alerted_days", Integer, nullable=False, server_default="0"),
    Index(
        "uq_holds_open",
        "record_id",
        "code",
        unique=True,
        sqlite_where=text("cleared_at IS NULL"),
        postgresql_where=text("cleared_at IS NULL"),
    ),
    Index("ix_holds_waits", "pairing", "waits_kind", "waits_key"),
)

decisions = Table(  # what a person decided about a record or a pair of documents, applied by every later decide
    "decisions",
    metadata,
    _key(),
    Column("pairing", Text, nullable=False),
    Column("record_id", Id, nullable=False),
    Column("kind", Text, nullable=False),  # not_a_duplicate | link | skip | accept | repair | post | declare_absent
    Column("subject", Text, nullable=False),  # the other document's id, a hold code
    Column("reason", Text),
    Column("by", Text, nullable=False),
    Column("at", Text, nullable=False),
    UniqueConstraint("record_id", "kind", "subject", name="uq_decisions"),
)

acceptances = Table(  # a flow only plans until a person accepts it
    "acceptances",
    metadata,
    Column("pairing", Text, primary_key=True),
    Column("flow", Text, primary_key=True),
    Column("by", Text, nullable=False),
    Column("at", Text, nullable=False),
)

work = Table(
    "work",
    metadata,
    _key(),
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

inbox = Table(
    "inbox",
    metadata,
    _key(),
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

runs = Table(
    "runs",
    metadata,
    _key(),
    Column("pairing", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text),
    Column("outcome", Text),  # done | needs_a_person | stopped | failed
    Column("summary", Text),  # JSON
    Column("chain_head", Text),
    Column("chain_count", Integer),
)

audit = Table(
    "audit",
    metadata,
    _key(),
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
    _key(),
    Column("pairing", Text),
    Column("code", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("raised_at", Text, nullable=False),
    Column("cleared_at", Text),
    Index(
        "uq_alerts_open",
        "code",
        "cause",
        unique=True,
        sqlite_where=text("cleared_at IS NULL"),
        postgresql_where=text("cleared_at IS NULL"),
    ),
)

instance = Table(  # R36: a copied or restored database is recognised
    "instance",
    metadata,
    Column("name", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("counter", Id, nullable=False),
)
