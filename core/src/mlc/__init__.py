"""ml-connector: everything a plugin author imports, and nothing else. Names load on first use."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlc.bulkshelf import BulkShelf, Shelved, open_bulk_shelf
    from mlc.connection import Connection, Memory, Token, TokenStore
    from mlc.contract import (
        Accepted,
        Attachment,
        Binding,
        BoundPart,
        Created,
        FetchMode,
        FindKey,
        Loss,
        NotSent,
        Operation,
        Outcome,
        Page,
        RejectCause,
        Rejected,
        RenderContext,
        Rendered,
        RenderedPart,
        SourceRecord,
        Strategy,
        Task,
        Unknown,
        Updated,
        Write,
    )
    from mlc.deliveries import Notice, Watch, WatchChange, Watching, WebhookRequest, Webhooks
    from mlc.dropfolder import DropFolder, open_drop_folder
    from mlc.hookspecs import hookimpl
    from mlc.system import (
        Capability,
        Consent,
        GrantKind,
        ObjectSupport,
        Quota,
        QuotaScope,
        QuotaWindow,
        Secrets,
        Settings,
        System,
    )
    from mlc.tenants import Identity, Probe

_HOMES = {
    "mlc.bulkshelf": ("BulkShelf", "Shelved", "open_bulk_shelf"),
    "mlc.connection": ("Connection", "Memory", "Token", "TokenStore"),
    "mlc.contract": (
        "Accepted",
        "Attachment",
        "Binding",
        "BoundPart",
        "Created",
        "FetchMode",
        "FindKey",
        "Loss",
        "NotSent",
        "Operation",
        "Outcome",
        "Page",
        "RejectCause",
        "Rejected",
        "Rendered",
        "RenderContext",
        "RenderedPart",
        "SourceRecord",
        "Strategy",
        "Task",
        "Unknown",
        "Updated",
        "Write",
    ),
    "mlc.deliveries": ("Notice", "Watch", "WatchChange", "Watching", "WebhookRequest", "Webhooks"),
    "mlc.dropfolder": ("DropFolder", "open_drop_folder"),
    "mlc.hookspecs": ("hookimpl",),
    "mlc.tenants": ("Identity", "Probe"),
    "mlc.system": (
        "Capability",
        "Consent",
        "GrantKind",
        "ObjectSupport",
        "Quota",
        "QuotaScope",
        "QuotaWindow",
        "Secrets",
        "Settings",
        "System",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Accepted",
    "Attachment",
    "Binding",
    "BoundPart",
    "BulkShelf",
    "Capability",
    "Connection",
    "Consent",
    "Created",
    "DropFolder",
    "FetchMode",
    "FindKey",
    "GrantKind",
    "Identity",
    "Loss",
    "Memory",
    "NotSent",
    "Notice",
    "ObjectSupport",
    "Operation",
    "Outcome",
    "Page",
    "Probe",
    "Quota",
    "QuotaScope",
    "QuotaWindow",
    "RejectCause",
    "Rejected",
    "RenderContext",
    "Rendered",
    "RenderedPart",
    "Secrets",
    "Settings",
    "Shelved",
    "SourceRecord",
    "Strategy",
    "System",
    "Task",
    "Token",
    "TokenStore",
    "Unknown",
    "Updated",
    "Watch",
    "WatchChange",
    "Watching",
    "WebhookRequest",
    "Webhooks",
    "Write",
    "hookimpl",
    "open_bulk_shelf",
    "open_drop_folder",
]


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'mlc' has no attribute {name!r}")
    return getattr(import_module(home), name)
