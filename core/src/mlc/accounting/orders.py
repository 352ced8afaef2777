"""Orders that were closed, billed, cancelled or opened again at the source: only their status follows."""

from mlc.accounting.changes import source_fields
from mlc.accounting.events import changes_to_write, void_blocked
from mlc.accounting.situation import Cancel, Decision, Nothing, Situation, Update, Want
from mlc.accounting.wants import wants
from mlc.records import OrderStatus, PurchaseOrder

_CLOSED = frozenset({OrderStatus.BILLED, OrderStatus.CLOSED, OrderStatus.CANCELLED})


def bound_order(now: Situation) -> Decision | None:
    """The decision on a bound order's status; None when its status asks for nothing."""
    if now.want is Want.SETTLED:
        return _closed(now)
    if now.want is Want.POST and _was_closed(now) and not now.facts.deleted:
        return _reopened(now) or _whole(now)
    return _whole(now)


def _closed(now: Situation) -> Decision:
    """``billed`` if something was billed, else ``closed`` where the target has that, else ``cancelled``."""
    if now.facts.gone:
        return Nothing("it is closed on both sides")
    billed_at_source = isinstance(now.record, PurchaseOrder) and (now.record.billed_total or 0) > 0
    billed = now.facts.billed or billed_at_source
    if not (billed or now.facts.can_close):
        if now.facts.closed or not now.facts.can_void:
            return void_blocked(now, "it was closed at the source with nothing billed")
        return Cancel("closed at the source, nothing was billed")
    status = _target_status(now)
    if status is None or (status in _CLOSED and not now.lacking):
        return Nothing("it is closed on both sides")
    return Update(frozenset({"status"}), OrderStatus.BILLED if billed else OrderStatus.CLOSED)


def _reopened(now: Situation) -> Decision | None:
    status = _target_status(now)
    if status is None or status not in _CLOSED:
        return None
    return Update(changes_to_write(now) | {"status"}, OrderStatus.ISSUED)


def _whole(now: Situation) -> Decision | None:
    """Sent once more, where a part of it was refused: that nothing has changed since does not bring it there."""
    if now.want is not Want.POST or not now.lacking or now.facts.gone:
        return None
    return Update(source_fields(now.flow.owners, now.flow.source) | {"status"}, OrderStatus.ISSUED)


def _was_closed(now: Situation) -> bool:
    if now.base_source is None:
        return False
    return wants(now.base_source, now.flow) in (Want.SETTLED, Want.VOID)


def _target_status(now: Situation) -> OrderStatus | None:
    shown = now.target_now or now.base_target
    status = getattr(shown, "status", None)
    return status if isinstance(status, OrderStatus) else None
