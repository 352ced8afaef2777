"""What a request gets to see, and what is kept of what it sent: the faults that only a stand-in itself can play."""

from __future__ import annotations

import hashlib
import html
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mlc_sandbox.toolkit.faults import Fault, Kind
from mlc_sandbox.toolkit.http import Request
from mlc_sandbox.toolkit.store import Obj

if TYPE_CHECKING:
    from mlc_sandbox.toolkit.standin import StandIn

_A_QUARTER = 64


def hides(fault: Fault, id: str) -> bool:
    """Whether a fault hides an object: those that its body names under ``ids`` or ``hide``, else about a quarter of
    all, the same ones for one ``seed``."""
    if isinstance(fault.body, dict):
        for name in ("ids", "hide"):
            if name in fault.body:
                return id in {str(one) for one in fault.body[name]}
    return hashlib.blake2b(f"{fault.seed}:{id}".encode(), digest_size=1).digest()[0] < _A_QUARTER


def shrunk_for(standin: StandIn, request: Request) -> Fault | None:
    """The fault ``permission_shrink`` that strikes this request; asked for once, however often it is looked at."""
    if not request.shrunk_asked:
        request.shrunk_asked = True
        request.shrunk = standin.faults.active(Kind.PERMISSION_SHRINK, request)
    shrunk: Fault | None = request.shrunk
    return shrunk


def hidden(standin: StandIn, request: Request, id: str) -> bool:
    """Whether a shrunken permission hides an object from this request."""
    shrunk = shrunk_for(standin, request)
    return shrunk is not None and hides(shrunk, id)


def visible(standin: StandIn, request: Request, type: str, ids: list[str]) -> list[str]:
    """What of a list this request may see: ``list_lag``, ``permission_shrink``, ``rows_missing``."""
    lag = standin.faults.active(Kind.LIST_LAG, request)
    if lag is not None:
        horizon = standin.clock.now() - timedelta(seconds=lag.seconds)
        ids = [id for id in ids if (standin.store.born(type, id) or horizon) <= horizon]
    for fault in (shrunk_for(standin, request), standin.faults.active(Kind.ROWS_MISSING, request)):
        if fault is not None:
            ids = [id for id in ids if not hides(fault, id)]
    return ids


def filters_ignored(standin: StandIn, request: Request) -> bool:
    """Whether this list answers as if no filter had been sent."""
    return standin.faults.active(Kind.FILTER_IGNORED, request) is not None


def seen(standin: StandIn, request: Request, type: str, id: object) -> Obj | None:
    """The object that a detail call reads; None when there is none. ``read_stale`` answers from a replica that lags.

    With ``seconds`` the replica lags so far, and does not have what is younger; without, it is one version behind.
    """
    obj = standin.store.get(type, id)
    stale = None if obj is None or request.is_write else standin.faults.active(Kind.READ_STALE, request)
    if stale is None:
        return obj
    if not stale.seconds:
        return standin.store.previous(type, id) or obj
    moment = standin.clock.now() - timedelta(seconds=stale.seconds)
    born = standin.store.born(type, id)
    return None if born is not None and born > moment else standin.store.as_of(type, id, moment)


def kept_of(standin: StandIn, request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """A body as it is stored: ``normalise`` tidies its texts, and more where its body says so.

    ``upper`` and ``escape`` name fields; ``truncate`` maps fields to lengths, ``round`` to decimals, ``default`` to
    what stands in for empty.
    """
    fault = standin.faults.active(Kind.NORMALISE, request)
    if fault is None:
        return body
    rules = fault.body if isinstance(fault.body, dict) else {}
    return {key: _kept(key, tidied(value), rules) for key, value in body.items()}


def _kept(key: str, value: Any, rules: dict[str, Any]) -> Any:
    if value in (None, "") and key in rules.get("default", {}):
        value = rules["default"][key]
    if key in rules.get("round", {}) and isinstance(value, (Decimal, int)) and not isinstance(value, bool):
        return round(Decimal(value), int(rules["round"][key]))
    if not isinstance(value, str):
        return value
    if key in rules.get("upper", ()):
        value = value.upper()
    if key in rules.get("escape", ()):
        value = html.escape(value)
    return value[: int(rules["truncate"][key])] if key in rules.get("truncate", {}) else value


def tidied(value: Any) -> Any:
    """Texts as a tidying vendor stores them: no blanks around them, single ones inside."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, list):
        return [tidied(item) for item in value]
    if isinstance(value, dict):
        return {key: tidied(item) for key, item in value.items()}
    return value


def done_of(standin: StandIn, request: Request, batch: list[Any]) -> list[Any]:
    """What of a batch is done: all of it, or its first half under ``batch_partial``."""
    if standin.faults.active(Kind.BATCH_PARTIAL, request) is None:
        return batch
    return batch[: len(batch) // 2]
