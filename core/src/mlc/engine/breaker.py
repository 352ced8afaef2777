"""The breaker: a field that we keep writing on both sides is undone by somebody each time; a person is asked (R16)."""

import json
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.clock import stamp
from mlc.engine.plans import Entry
from mlc.store.schema import audit

WITHIN = timedelta(hours=24)
TIMES = 3
_WRITTEN, _DECIDED = "rendered", "decided_by_person"


def flapping_hold(connection: Connection, entry: Entry, fields: Collection[str], *, now: datetime) -> Hold | None:
    """The hold for a record whose fields we wrote to and fro all day; None when these fields may be written."""
    found = _flapping(connection, entry.id, fields, now=now) if fields else {}
    if not found:
        return None
    names = ", ".join(name.replace("_", " ") for name in sorted(found))
    times = max(len(sides) for sides in found.values())
    sentence = (
        f"{entry.label}: {names} was written {times} times in a day, on both sides; somebody keeps changing it back. "
        "Nothing more is written until a person accepts what both sides show, or repairs it."
    )
    key = f"{entry.object_type.value}:{entry.external_id}"
    return Hold(HoldCode.FLAPPING, sentence, Waits.PERSON, key, {"written_to": found})


def _flapping(
    connection: Connection, record_id: int, fields: Collection[str], *, now: datetime
) -> dict[str, list[str]]:
    """Those of these fields that we wrote three times within a day, to both sides → the sides, in order.

    The audit trail tells; what a person decided about it starts the count anew.
    """
    written: dict[str, list[str]] = {}
    events = connection.execute(
        select(audit.c.event, audit.c.side, audit.c.detail)
        .where(
            audit.c.record_id == record_id,
            audit.c.event.in_((_WRITTEN, _DECIDED)),
            audit.c.at >= stamp(now - WITHIN),
        )
        .order_by(audit.c.id)
    )
    for event, side, text in events:
        detail = json.loads(text)
        if event == _WRITTEN:
            for name in detail["fields"]:
                written.setdefault(name, []).append(side)
        elif detail.get("code") == HoldCode.FLAPPING.value:
            written.clear()
    found = {name: written.get(name, []) for name in fields}
    return {name: sides for name, sides in found.items() if len(sides) >= TIMES and len(set(sides)) > 1}
