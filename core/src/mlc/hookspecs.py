# mypy: disable-error-code="empty-body"
"""The contract between core and plugins: every hook, its whole promise, its errors.

A plugin is an object (usually a module) with functions marked ``@hookimpl``, named in the entry-point group
``mlc.systems``.
*Addressed* hooks are answered by exactly one system and never return None. *Broadcast* hooks may be answered by all.
Hooks take plain parameters; core calls every hook by keyword.
"""

from datetime import datetime
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlc.connection import AnyConnection, TokenStore
    from mlc.contract import (
        Attachment,
        Binding,
        FetchMode,
        FindKey,
        Outcome,
        Page,
        RenderContext,
        Rendered,
        SourceRecord,
        Task,
        Write,
    )
    from mlc.deliveries import Notice, Watch, WebhookRequest
    from mlc.http import Auth
    from mlc.records import AttachmentRef, ObjectType, Record
    from mlc.system import System
    from mlc.tenants import Identity, Probe

PROJECT = "mlc"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

# ------------------------------------------------------------------ addressed: every system


@hookspec(firstresult=True)
def mlc_describe() -> "System":
    """Describe the system: settings, secrets, object types with capabilities, quotas, hosts. Pure; called once per
    process."""


@hookspec(firstresult=True)
def mlc_auth(connection: "AnyConnection", tokens: "TokenStore") -> "Auth":
    """Return the ``Auth`` that signs requests of this connection.

    It gets its access token from ``tokens``, which refreshes single-flight and stores a rotated refresh token before
    the
    access token is used (R35). It may send a request again only after a complete 401, and at most once.

    Raises: AuthError when the credentials are refused for good.
    """


@hookspec(firstresult=True)
def mlc_ping(connection: "AnyConnection") -> "Identity":
    """Say who we are there: account, organisation, plan, permissions found missing. Reads only.

    Raises: AuthError, AccessSuspendedError, TransientError.
    """


@hookspec(firstresult=True)
def mlc_probe(connection: "AnyConnection") -> "Probe":
    """Ask what this tenant can do: unique fields, approvals, period locks, plan, base currency, time zone. Reads only.

    Called at the start of every run, and at most 15 minutes before a write that a period lock guards.
    """


# ------------------------------------------------------------------ addressed: sources


@hookspec(firstresult=True)
def mlc_fetch(connection: "AnyConnection", object_type: "ObjectType", cursor: str | None, mode: "FetchMode") -> "Page":
    """Read one page of an object type.

    Args:
        cursor: None on the first pass, else a page's ``next_cursor`` or the last pass's ``watermark``.
        mode: ``changes`` since the watermark, or ``sweep``: ids, versions and totals without a filter.

    Returns: one Page, never a generator. A filter that the vendor may ignore is checked again on every row.

    Raises: AuthError, RateLimitedError, TransientError.
    """


@hookspec(firstresult=True)
def mlc_read(connection: "AnyConnection", object_type: "ObjectType", ids: "Sequence[str]") -> "list[SourceRecord]":
    """Read records whole by id. An id that is gone comes back with ``deleted`` set (evidence ``http_404``).

    Needed when fetch gives summaries. Only as many calls as the vendor needs, at least one id.
    """


@hookspec(firstresult=True)
def mlc_map(connection: "AnyConnection", object_type: "ObjectType", payload: "dict[str, object]") -> "Record":
    """Convert a vendor payload to its canonical record. Pure: no I/O. A summary leaves what it does not carry unset.

    An unknown enumeration value maps to ``unknown`` with the raw value kept.
    The record's own ``object_type`` may differ from the one asked for: a bill with a negative total is a vendor credit.

    Raises: MappingError that names the field.
    """


@hookspec(firstresult=True)
def mlc_attachment(connection: "AnyConnection", document_id: str, attachment: "AttachmentRef") -> "Attachment":
    """Download one file of a document into a temporary file (at most 10 MB). Raises NotFoundError, TransientError."""


# ------------------------------------------------------------------ addressed: targets


@hookspec(firstresult=True)
def mlc_render(
    connection: "AnyConnection", record: "Record", binding: "Binding | None", context: "RenderContext"
) -> "Rendered":
    """Convert a canonical record, whose references carry this system's ids, into the bytes of one or more requests.
    Pure.

    The inverse of map. What has no place in the target is returned as a loss. A full-replacement update carries every
    bound line id back (``binding.main.lines``: our line key → line id).

    Raises: MappingError when the record cannot be expressed.
    """


@hookspec(firstresult=True)
def mlc_push(connection: "AnyConnection", object_type: "ObjectType", writes: "list[Write]") -> "list[Outcome]":
    """Send writes to the system in one mutating request and say what became of each.

    ``connection.http`` lets exactly one mutating request through per call; reads are free. A write with ``external_id``
    None creates, else it changes that record at ``expected_version``. ``write.payload`` is sent byte for byte.

    Returns:
        Outcomes carrying ``write.key``: Created, Updated (both with what the system showed), Accepted, Rejected,
        NotSent or Unknown. A key that is missing counts as Unknown.

    Raises: ConflictError (changed there since it was read), AuthError, RateLimitedError, TransientError. What was
    raised
        never decides whether the write may have happened: core knows that from the transport (R1).
    """


@hookspec(firstresult=True)
def mlc_find(
    connection: "AnyConnection", object_type: "ObjectType", keys: "Sequence[FindKey]"
) -> "list[list[SourceRecord]]":
    """Look records up by our unique field or by natural key; one list of candidates per key, in the order of the keys.

    Voided and inactive ones are included. An empty list says: not visible now; core decides when that means absent
    (R3).
    """


@hookspec(firstresult=True)
def mlc_settle(connection: "AnyConnection", tasks: "Sequence[Task]") -> "list[Outcome]":
    """Ask what became of accepted writes; outcomes by task key. Only for systems that answer later (R9)."""


# ------------------------------------------------------------------ addressed: webhooks


@hookspec(firstresult=True)
def mlc_verify_webhook(connection: "AnyConnection", request: "WebhookRequest") -> "list[Notice]":
    """Verify a delivery (constant time over the raw bytes, then age), then parse it.

    Raises: WebhookRejectedError.
    """


@hookspec(firstresult=True)
def mlc_watch(connection: "AnyConnection", callback_url: str, watch: "Watch | None") -> "Watch":
    """Make or renew a subscription. Only for systems whose subscriptions are made by API."""


# ------------------------------------------------------------------ broadcast


@hookspec
def mlc_run_finished(pairing: str, summary: "dict[str, object]") -> None:
    """A run of a pairing ended; ``summary`` is what ``mlc run --json`` prints."""


@hookspec
def mlc_alert(pairing: str | None, code: str, sentence: str, at: datetime) -> None:
    """Something changed that a person should know; raised once per change of state, never per retry."""


#: Hooks that other plugins may wrap; wrapping any other is refused at load (R1).
WRAPPABLE = frozenset({"mlc_map", "mlc_render"})
BROADCAST = frozenset({"mlc_run_finished", "mlc_alert"})
