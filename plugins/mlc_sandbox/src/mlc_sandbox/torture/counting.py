"""What is there afterwards: the stand-in's log at every moment, and what its plugin shows in the end."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlc.records import Bill, DocumentStatus, Party, Record

from mlc_sandbox.toolkit.log import Operation


@dataclass
class Count:
    """The verdict; each problem is a sentence."""

    duplicates: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not (self.duplicates or self.lost or self.wrong)


def created(log: Iterable[Operation], markers: Iterable[str]) -> dict[str, list[str]]:
    """Marker → ids of what requests created with it, in the type that most of them stand in.

    A vendor may make further records of its own for each, such as a journal; those are another type.
    """
    wanted = frozenset(markers)
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for entry in log:
        if entry.before is None and entry.after is not None and entry.cause.get("kind") == "request":
            for marker in wanted & frozenset(_texts(entry.after)):
                found[entry.type][marker].append(entry.id)
    most = max(found.values(), key=len, default={})
    return {marker: list(most.get(marker, ())) for marker in wanted}


def judge(
    wanted: Sequence[Record], shown: Sequence[Record], log: Iterable[Operation], *, held: Mapping[str, str]
) -> Count:
    """Every record once, with its amount and its status. One that waits for a person may be absent or old.

    Args:
        wanted: The source as it stands.
        shown: The target, read through its plugin with no fault left.
    """
    count = Count()
    made = created(log, [marker_of(record) for record in wanted])
    there: dict[str, list[Record]] = defaultdict(list)
    for record in shown:
        there[marker_of(record)].append(record)
    for record in wanted:
        marker = marker_of(record)
        live = [one for one in there[marker] if not is_void(one)]
        if len(made[marker]) > 1:
            count.duplicates.append(f"{marker} was created {len(made[marker])} times: {', '.join(made[marker])}")
        elif len(live) > 1:
            count.duplicates.append(f"{marker} stands {len(live)} times")
        elif record.source.source_id in held:
            continue
        elif is_void(record):
            if live:
                count.wrong.append(f"{marker} is void at the source and stands in the target")
        elif not live:
            count.lost.append(f"{marker} is not in the target")
        else:
            count.wrong += _different(record, live[0])
    return count


def marker_of(record: Record) -> str:
    """What stands in no other record: a document's number, a party's name."""
    if isinstance(record, Bill):
        return record.bill_number or ""
    return record.name if isinstance(record, Party) else ""


def is_void(record: Record) -> bool:
    """Whether a document does not count any more."""
    return isinstance(record, Bill) and record.status is DocumentStatus.VOID


def _different(record: Record, there: Record) -> list[str]:
    if not (isinstance(record, Bill) and isinstance(there, Bill)) or record.total == there.total:
        return []
    return [f"{marker_of(record)} is over {there.total} instead of {record.total}"]


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def tally(log: Iterable[Operation], markers: Iterable[str]) -> Counter[str]:
    """How many changes requests made of each operation, on what was created with a marker."""
    log = list(log)
    mine = {id for ids in created(log, markers).values() for id in ids}
    return Counter(entry.op for entry in log if entry.id in mine and entry.cause.get("kind") == "request")
