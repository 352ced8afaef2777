"""What the system that handed a document over has been told of it (R28)."""

from sqlalchemy import Column, Integer, Table, Text

from mlc.store.schema.columns import Id, metadata, partial_index

#: Something may have to be told. A query has to say it in these words to be answered by the index.
UNTOLD = "due = 1"

tellings = Table(  # one row per document that was handed over; every report is a record of its own
    "tellings",
    metadata,
    Column("record_id", Id, primary_key=True, autoincrement=False),  # the document
    Column("pairing", Text, nullable=False),
    Column("told", Text, nullable=False),  # the kind of the last report that was made
    Column("report_id", Id, nullable=False),  # that report's record, whose state says how far it is
    Column("made", Integer, nullable=False),  # reports made so far: no two have one code
    Column("version", Text),  # the document's version that was last seen when ``taken`` was made
    Column("taken_at", Text, nullable=False),
    Column("paid", Text),  # the total that was last told
    Column("payments", Text),  # payments that the ledger shows on it, JSON: id there → day, number, method, gone
    Column("due", Integer, nullable=False, server_default="1"),
    partial_index(
        "ix_tellings_due",
        "pairing",
        "record_id",
        where=UNTOLD,
    ),
)
