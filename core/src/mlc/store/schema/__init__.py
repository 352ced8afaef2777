"""The tables. One definition for SQLite and PostgreSQL; migrations build exactly this (a test compares)."""

from mlc.store.schema.columns import Id, metadata
from mlc.store.schema.custody import connections, credentials, probes, quotas, refreshes, tickets
from mlc.store.schema.keeping import bindings, records, registers
from mlc.store.schema.reading import inbox, looks, notices, pages, watches, watermarks
from mlc.store.schema.running import (
    alert_events,
    alert_sinks,
    alerts,
    answers,
    audit,
    audit_groups,
    chains,
    instance,
    leases,
    pauses,
    runs,
    slots,
    work,
)
from mlc.store.schema.writing import CREATE_UNDER_WAY, UNSETTLED, acceptances, decisions, holds, intents, sightings

__all__ = [
    "CREATE_UNDER_WAY",
    "UNSETTLED",
    "Id",
    "acceptances",
    "alert_events",
    "alert_sinks",
    "alerts",
    "answers",
    "audit",
    "audit_groups",
    "bindings",
    "chains",
    "connections",
    "credentials",
    "decisions",
    "holds",
    "inbox",
    "instance",
    "intents",
    "leases",
    "looks",
    "metadata",
    "notices",
    "pages",
    "pauses",
    "probes",
    "quotas",
    "records",
    "refreshes",
    "registers",
    "runs",
    "sightings",
    "slots",
    "tickets",
    "watches",
    "watermarks",
    "work",
]
