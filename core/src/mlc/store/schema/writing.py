"""The write-ahead log of writes, the evidence for them, and what waits for what."""

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint

from mlc.store.schema.columns import Id, key, metadata, partial_index
from mlc.store.sealing import SealedBytes, SealedText

#: A create that may be in the target already. A query has to say it in these words to be answered by the index.
CREATE_UNDER_WAY = "operation = 'create' AND natural_key IS NOT NULL AND state IN ('sending','accepted','uncertain')"
#: A write that is not settled. Said in these words, a query goes through the few that are open, whosever they are.
UNSETTLED = "state IN ('planned','sending','accepted','uncertain','held')"

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
    Column("payload", SealedBytes),  # the bytes sent (R6)
    Column("payload_digest", Text, nullable=False),
    Column("line_keys", Text),
    Column("rendered", SealedText),  # the canonical record that was rendered, JSON: what R13 compares with
    Column("source_side", Text, nullable=False),  # where the record was born, its id, version and content then:
    Column("source_id", Text, nullable=False),  # that side's base once this write is confirmed (R16)
    Column("source_version", Text),
    Column("source_input", SealedText),
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
    Column("sent_mark", Text),  # when it left, by a clock that nobody sets: microseconds, and the start they count from
    Column("late_mark", Text),  # the same of the attempt before, where it may still arrive beside the one after it
    partial_index(
        "uq_intents_open",
        "pairing",
        "record_id",
        "side",
        "part",
        unique=True,
        where=UNSETTLED,
    ),
    partial_index(
        "uq_intents_natural",
        "connection",
        "object_type",
        "natural_key",
        unique=True,
        where=CREATE_UNDER_WAY,
    ),
    partial_index(
        "uq_intents_plan_item",
        "plan_item",
        unique=True,
        where="plan_item IS NOT NULL",
    ),
    Index("ix_intents_state", "pairing", "state", "due_at"),
    Index("ix_intents_record", "record_id", "created_at"),
)

creates = Table(  # of each day: what a usual day brings is known without counting all that was ever sent (R24)
    "creates",
    metadata,
    Column("pairing", Text, primary_key=True),
    Column("object_type", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("made", Integer, nullable=False),
)

arrivals = Table(  # of each day: documents that a side got from us, or had already and not from us (R27)
    "arrivals",
    metadata,
    Column("pairing", Text, primary_key=True),
    Column("side", Text, primary_key=True),
    Column("object_type", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("made", Integer, nullable=False),
    Column("found", Integer, nullable=False),
)

sightings = Table(  # insert-only evidence (R4)
    "sightings",
    metadata,
    key(),
    Column("intent_id", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("source", Text, nullable=False),  # reply | late | webhook | search | sweep
    Column("version", Text),
    Column("at", Text, nullable=False),
    Index("ix_sightings_intent", "intent_id"),
)

holds = Table(
    "holds",
    metadata,
    key(),
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
    partial_index(
        "uq_holds_open",
        "record_id",
        "code",
        unique=True,
        where="cleared_at IS NULL",
    ),
    Index("ix_holds_waits", "pairing", "waits_kind", "waits_key"),
)

decisions = Table(  # what a person decided about a record or a pair of documents, applied by every later decide
    "decisions",
    metadata,
    key(),
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
    Column("seen", Id, nullable=False, server_default="0"),  # the newest record when a person saw its twins (R27)
)
