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
    from mlc.deliveries import Notice, Watch, Watching, WebhookRequest
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
    """Describe the system: settings, secrets, object types with what each can do, quotas, hosts. Pure.

    Called once per process. Its ``name`` is the entry point's name. A capability without its hook is refused when
    plugins load.
    """


@hookspec(firstresult=True)
def mlc_auth(connection: "AnyConnection", tokens: "TokenStore") -> "Auth":
    """Return the ``Auth`` that signs requests of this connection.

    Access tokens come from ``tokens``, which renews them once for all threads and processes and stores a rotated
    refresh token before the access token is used (R35). A request may be sent again only after a complete 401, and at
    most once. ``mlc.oauth.BearerAuth`` does all of it.

    Raises: AuthError when the credentials are refused for good.
    """


@hookspec(firstresult=True)
def mlc_ping(connection: "AnyConnection") -> "Identity":
    """Say who we are there: account, organisation, plan, permissions found missing. Reads only.

    Optional. ``mlc connect`` and ``mlc ping`` show it.

    Raises: AuthError, AccessSuspendedError, TransientError.
    """


@hookspec(firstresult=True)
def mlc_probe(connection: "AnyConnection") -> "Probe":
    """Ask what this tenant can do: unique fields, approvals, period locks, plan, base currency, time zone. Reads only.

    Called at the start of every run, and again at most 15 minutes before a write that a period lock guards. Needed by
    both sides of a pairing that runs.

    Raises: AuthError, TransientError.
    """


# ------------------------------------------------------------------ addressed: sources


@hookspec(firstresult=True)
def mlc_fetch(connection: "AnyConnection", object_type: "ObjectType", cursor: str | None, mode: "FetchMode") -> "Page":
    """Read one page of an object type and return it, never a generator.

    Every page has a ``next_cursor``, but the last one has the ``watermark``: the vendor's clock at the start of the
    pass, minus an overlap. A filter that the vendor may ignore is checked again on every row. Where one call answers
    several lists, a list may be given from an answer that is a minute old at most, with that answer's watermark.

    Args:
        cursor: None on the first pass, else a page's ``next_cursor`` or the last pass's ``watermark``.
        mode: ``changes`` since the watermark, or ``sweep``: ids, versions and totals without a filter.

    Raises: AuthError, RateLimitedError, TransientError.
    """


@hookspec(firstresult=True)
def mlc_read(connection: "AnyConnection", object_type: "ObjectType", ids: "Sequence[str]") -> "list[SourceRecord]":
    """Read records whole by id. Needed when lists give summaries (``complete_in_list=False``).

    An id that is gone comes back with ``deleted`` set, evidence ``http_404``. There is at least one id. Make only as
    many calls as the vendor needs.

    Raises: AuthError, RateLimitedError, TransientError.
    """


@hookspec(firstresult=True)
def mlc_map(connection: "AnyConnection", object_type: "ObjectType", payload: "dict[str, object]") -> "Record":
    """Convert a vendor's payload to its canonical record. Pure: no I/O. What a summary does not carry stays unset.

    An unknown enumeration value maps to ``unknown``, with the raw value kept. The record's own ``object_type`` may
    differ from the one asked for: a bill with a negative total is a vendor credit.

    Raises: MappingError that names the field; that record alone is dead-lettered.
    """


@hookspec(firstresult=True)
def mlc_attachment(connection: "AnyConnection", document_id: str, attachment: "AttachmentRef") -> "Attachment":
    """Download one file of a document into a temporary file, at most 10 MB. A failure never blocks the document.

    Raises: NotFoundError, RejectedError (too large): it is given up. TransientError: it is asked for by later runs.
    """


# ------------------------------------------------------------------ addressed: targets


@hookspec(firstresult=True)
def mlc_render(
    connection: "AnyConnection", record: "Record", binding: "Binding | None", context: "RenderContext"
) -> "Rendered":
    """Convert a canonical record into the bytes of one or more requests. Pure; the inverse of map.

    The record's references carry this system's ids already. What has no place in the target is returned as a loss. A
    full-replacement update carries every bound line id back (``binding.main.lines``: our line key → line id).

    Args:
        binding: what the record is bound to there; None for a create.
        context: ``fields`` names what changed, None for all; ``record_key`` is our key of the record.

    Raises: MappingError when the record cannot be expressed.
    """


@hookspec(firstresult=True)
def mlc_push(connection: "AnyConnection", object_type: "ObjectType", writes: "list[Write]") -> "list[Outcome]":
    """Send writes to the system in one mutating request and say what became of each.

    ``connection.http`` lets exactly one mutating request through per call; reads are free. A write with
    ``external_id`` None creates, else it changes that record at ``expected_version``. ``write.payload`` is sent byte
    for byte. What was raised never decides whether the write may have happened: core knows that from the transport
    (R1).

    Returns: outcomes that carry ``write.key``: Created and Updated with what the system showed, Accepted, Rejected,
        NotSent or Unknown. A key that is missing counts as Unknown.

    Raises: ConflictError (changed there since it was read), AuthError, RateLimitedError, TransientError.
    """


@hookspec(firstresult=True)
def mlc_find(
    connection: "AnyConnection", object_type: "ObjectType", keys: "Sequence[FindKey]"
) -> "list[list[SourceRecord]]":
    """Look records up by our unique field or by natural key: one list of candidates per key, in the order of the keys.

    Voided and inactive ones are included. An empty list says: not visible now; core decides when that means absent
    (R3).

    Raises: AuthError, RateLimitedError, TransientError.
    """


@hookspec(firstresult=True)
def mlc_settle(connection: "AnyConnection", tasks: "Sequence[Task]") -> "list[Outcome]":
    """Ask what became of accepted writes; outcomes by task key. Only for systems that answer later (R9).

    Raises: AuthError, TransientError.
    """


@hookspec(firstresult=True)
def mlc_make(connection: "AnyConnection", object_type: "ObjectType") -> str:
    """Make the one thing that the operator's settings ask for and writes of this type lack (``Probe.makeable``), in one
    mutating request.

    Core asks once a person has accepted it, and asks the probe again afterwards. The answer may get lost, so a second
    request of the same kind has to find what the first one made: where the vendor has no such request, leave the thing
    to a person. Look first (reads are free), and send nothing where it is there by now.

    Returns: what is there now, in a few words for the audit, with the vendor's id.

    Raises: AuthError, RateLimitedError, TransientError; RejectedError with a sentence that says how a person makes it.
    """


# ------------------------------------------------------------------ addressed: webhooks
# ``System.webhooks`` declares what the vendor wants of a receiver: ``Webhooks(accepted=200, within_s=10.0,
# max_bytes=1_000_000, quiet_after_s=86_400.0)``, and ``setup``, the steps for a person, where subscriptions are made
# by hand.


@hookspec(firstresult=True)
def mlc_verify_webhook(connection: "AnyConnection", request: "WebhookRequest") -> "list[Notice]":
    """Verify a delivery, in constant time over the raw bytes, then its age, then parse it. No I/O: the vendor waits for
    the answer.

    The key is in ``connection.secrets`` where a person typed it, else in ``request.watches``: any of those secrets may
    have signed it. ``delivery_id`` has to be the same when the vendor sends the same event again.

    Returns: what changed; an empty list for a delivery that is genuine and names no record, like a vendor's test
        message.

    Raises: WebhookRejectedError.
    """


@hookspec(firstresult=True)
def mlc_watch(
    connection: "AnyConnection", callback_url: str | None, watches: "Sequence[Watch]", renew_before: datetime
) -> "Watching":
    """Bring our subscriptions one step nearer to what they should be, and say how they stand. Only where an API makes
    them.

    List what the vendor has (reads are free), then change at most one subscription in one mutating request: make what
    is missing, renew what lapses before ``renew_before``, switch on again what the vendor disabled, point to
    ``callback_url`` what points elsewhere, replace what has no secret in ``watches`` and cannot show it, remove what is
    doubled. Core stores the answer, the secret encrypted, and asks again until ``change`` is None; so a key that the
    vendor shows once is never lost to a later step. Where the vendor delivers a test in the very call that makes a
    subscription, say ``prepared`` first: core keeps the secret, and nothing is sent in that step. In the answer a
    ``secret`` of None means: as stored.

    A subscription is ours when its id is in ``watches`` or its address is ``callback_url``. Any other is a stranger's
    and is never touched.

    Args:
        callback_url: where deliveries go; None removes ours.
        watches: those that core keeps, with their secrets.
        renew_before: a subscription that lapses earlier is renewed.

    Raises: AuthError, RateLimitedError, TransientError; RejectedError when the vendor allows no more subscriptions.
    """


# ------------------------------------------------------------------ broadcast


@hookspec
def mlc_run_finished(pairing: str, summary: "dict[str, object]") -> None:
    """A run of a pairing ended; ``summary`` is what ``mlc run --json`` prints."""


@hookspec
def mlc_alert(pairing: str | None, code: str, sentence: str, at: datetime) -> None:
    """Something changed that a person should know. Raised once per change of state, never per retry."""


#: Hooks that other plugins may wrap; wrapping any other is refused at load (R1).
WRAPPABLE = frozenset({"mlc_map", "mlc_render"})
BROADCAST = frozenset({"mlc_run_finished", "mlc_alert"})
