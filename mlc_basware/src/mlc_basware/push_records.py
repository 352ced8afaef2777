"""Master data: the copy that the API holds is read, merged with what we own, and posted whole.

Bank accounts of a vendor pass through memory here and nowhere else. What changed since it was read is not overwritten.
"""

from collections.abc import Sequence

from mlc import NotSent, Operation, Outcome, RejectCause, Rejected, Write
from mlc.errors import VendorError
from mlc.records import ObjectType

from mlc_basware import outcomes as calls
from mlc_basware import typed
from mlc_basware.auth import BaswareConnection
from mlc_basware.client import BaswareClient
from mlc_basware.entities import MASTER, Resource, list_of
from mlc_basware.openrecords import read_open
from mlc_basware.render_parties import ACTIVE, INACTIVE, OWNED
from mlc_basware.schemas import Row, inner, rows, text
from mlc_basware.versions import version_of
from mlc_basware.wire import Json


def push(connection: BaswareConnection, object_type: ObjectType, writes: Sequence[Write]) -> list[Outcome]:
    """All writes go to one resource, in one request.

    Raises: AuthError, RateLimitedError, RejectedError (of several at once), TransientError.
    """
    client = BaswareClient(connection)
    outcomes: list[Outcome] = []
    good: list[tuple[Write, str]] = []
    bodies: list[bytes] = []
    size = 2
    resource = _resource(connection, object_type, writes[0])
    for write in writes:
        record = read_open(write.payload)
        if record is None:
            outcomes.append(calls.broken(write))
            continue
        if _resource(connection, object_type, write) is not resource and writes[0].action != write.action:
            outcomes.append(NotSent(write.key, 0.0, "another list"))
            continue
        copy = client.maybe(resource, record.code)
        refused = _refused(write, resource, copy)
        if copy is None and object_type is ObjectType.VENDOR:
            refused = typed.refusal(connection, write.key, write.external_id) or refused
        if refused is not None:
            outcomes.append(refused)
            continue
        if write.operation is Operation.CREATE and object_type is ObjectType.VENDOR:
            copy = _never_taken(copy)
        body = record.closed(copy, _more(connection, object_type, write, copy))
        if size + len(body) + 1 > calls.BYTES_MAX:
            outcomes.append(NotSent(write.key, 0.0, "the request is full"))
            continue
        size += len(body) + 1
        bodies.append(body)
        good.append((write, record.code))
    if good:
        try:
            answer = client.send("POST", resource.url, b"[" + b",".join(bodies) + b"]")
        except VendorError as error:
            return outcomes + calls.refusal([write for write, _ in good], error)
        outcomes += calls.conclude(answer, good, resource)
    return outcomes


def _resource(connection: BaswareConnection, object_type: ObjectType, write: Write) -> Resource:
    if object_type is not ObjectType.DIMENSION:
        return MASTER[object_type]
    name = (write.action or "").removeprefix("lists/")
    return list_of(name, connection.settings.list_code_column)


def _refused(write: Write, resource: Resource, copy: Row | None) -> Rejected | None:
    """What forbids the write before it leaves."""
    if copy is None:
        if write.operation is Operation.CREATE:
            return None
        reason = "The API holds no such record any more; only what was posted to it can be changed."
        return Rejected(write.key, reason, cause=RejectCause.NOT_FOUND)
    if write.operation is not Operation.CREATE and write.expected_version is not None:
        now = version_of(copy)
        if now != write.expected_version:
            return calls.changed(write, now)
    shown = resource.prefix + (text(copy, resource.id) or "")
    if write.external_id is not None and shown != write.external_id:
        reason = f"The record under this key is {shown} now, not {write.external_id}."
        return Rejected(write.key, reason, field=resource.id, cause=RejectCause.CONFLICT)
    return None


def _never_taken(copy: Row | None) -> Row | None:
    """The API's copy of a vendor that is still to be made: what we said in it was refused, so it is not said again.

    Payment means that hold a bank account are somebody else's and stay.
    """
    if copy is None:
        return None
    others = [one for one in rows(copy, "paymentMeans") if rows(one, "financialAccounts")]
    kept = {name: value for name, value in copy.items() if name not in OWNED and name != "paymentMeans"}
    return {**kept, "paymentMeans": others} if others else kept


def _more(connection: BaswareConnection, object_type: ObjectType, write: Write, copy: Row | None) -> dict[str, Json]:
    """Members that are partly ours: a vendor's status beside its payment denial, the currency of a new one."""
    if object_type is not ObjectType.VENDOR:
        return {}
    found: dict[str, Json] = {}
    status, _, currency = (write.action or "").partition(":")
    if status in (ACTIVE, INACTIVE):
        found["processingStatus"] = {**inner(copy or {}, "processingStatus"), "active": status == ACTIVE}
    means = connection.settings.payment_means_code
    if currency and means is not None and not rows(copy or {}, "paymentMeans"):
        found["paymentMeans"] = [{"paymentMeansCode": means, "currencyCode": currency, "default": True}]
    return found
