"""The tables. One definition for SQLite and PostgreSQL; migrations build exactly this (a test compares)."""

from mlc.store.schema.columns import Id, metadata
from mlc.store.schema.custody import connections, credentials, probes, quotas, refreshes
from mlc.store.schema.keeping import bindings, records, registers
from mlc.store.schema.reading import inbox, pages, watches, watermarks
from mlc.store.schema.running import alerts, audit, audit_groups, chains, instance, leases, runs, slots, work
from mlc.store.schema.writing import acceptances, decisions, holds, intents, sightings

__all__ = [
    "Id",
    "acceptances",
    "alerts",
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
    "metadata",
    "pages",
    "probes",
    "quotas",
    "records",
    "refreshes",
    "registers",
    "runs",
    "sightings",
    "slots",
    "watches",
    "watermarks",
    "work",
]
