"""Records, where they live on both sides, and each side's register."""

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint

from mlc.store.schema.columns import Id, key, metadata, partial_index
from mlc.store.sealing import SealedText

records = Table(
    "records",
    metadata,
    key(),
    Column("pairing", Text, nullable=False),
    Column("object_type", Text, nullable=False),
    Column("side", Text, nullable=False),  # where the record was born: left | right
    Column("external_id", Text, nullable=False),  # its id there
    Column("read_type", Text, nullable=False),  # the object type it is read as there (a credit is read as a bill)
    Column("state", Text, nullable=False),
    Column("dirty", Integer, nullable=False, server_default="0"),
    Column("version", Text),  # the origin's version that ``input`` was read at
    Column("input", SealedText),  # latest full canonical record of the origin, JSON
    Column("other_input", SealedText),  # latest full canonical record of the other side, JSON
    Column("other_version", Text),  # the other side's version that ``other_input`` was read at
    Column("overrides", Text),  # what we altered on purpose (R19), JSON
    Column("reason", Text),  # one sentence for the state
    Column("number", Text),
    Column("party", Text),
    Column("currency", Text),
    Column("amount", Text),
    Column("ledger_date", Text),
    Column("group_key", Text),  # payment group
    Column("adjusts", Id),  # the record whose difference it posts, after its period was closed
    Column("seen_at", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
    UniqueConstraint("pairing", "side", "read_type", "external_id", name="uq_records_origin"),
    Index("ix_records_due", "pairing", "object_type", "side", "state", "dirty", "id"),
    Index("ix_records_group", "pairing", "group_key"),
    partial_index(
        "ix_records_adjusts",
        "adjusts",
        where="adjusts IS NOT NULL",
    ),
)

bindings = Table(
    "bindings",
    metadata,
    key(),
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
    Column("base", SealedText),  # what that side showed when both were last in step (R16), JSON
    Column("lines", Text),  # our line key → line id there, JSON
    Column("mapper_version", Text),  # R18
    Column("adopted", Integer, nullable=False, server_default="0"),
    Column("unverified", Integer, nullable=False, server_default="0"),  # R13: no body in the reply yet
    Column("confirmed_at", Text, nullable=False),
    Column("seen_at", Text),  # when a sweep last showed it
    UniqueConstraint("pairing", "side", "object_type", "external_id", "part", name="uq_bindings_external"),
    partial_index(
        "uq_bindings_record",
        "pairing",
        "side",
        "record_id",
        "part",
        unique=True,
        where="role = 'primary'",
    ),
)

#: A row that changed since late doubles of it were looked for. A query has to say it in these words.
UNLOOKED = "looked = 0"

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
    Column("summary", SealedText),  # canonical summary, JSON (parties and master data only)
    Column("external_key", Text),
    Column("seen_at", Text, nullable=False),
    Column("pass_id", Text),
    Column("number_sig", Text),  # the key's characters sorted: equal for transpositions
    Column("record_id", Id),  # the record it is bound to (or about to be)
    Column("looked", Integer, nullable=False, server_default="0"),  # for late doubles, since it last changed (R3)
    Index("ix_registers_number", "pairing", "side", "object_type", "number_key", "party"),
    Index("ix_registers_date", "pairing", "side", "object_type", "party", "issue_date"),
    Index("ix_registers_total", "pairing", "side", "object_type", "party", "total"),
    Index("ix_registers_name", "pairing", "side", "object_type", "name_key"),
    Index("ix_registers_code", "pairing", "side", "object_type", "code"),
    Index("ix_registers_key", "pairing", "side", "object_type", "external_key"),
    partial_index(
        "ix_registers_unlooked",
        "pairing",
        "side",
        "object_type",
        "looked",
        where=UNLOOKED,
    ),
)
