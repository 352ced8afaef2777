"""Writes that share one request: which may, and what may be concluded for each of them (R8)."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace

from mlc.contract import Attachment, Strategy, Write
from mlc.engine.intents import IMAGE_PART, Intent
from mlc.engine.sending import Fate, Result, conclude, push
from mlc.engine.session import Session
from mlc.http import Reservation, Verdict

UNCAPPED = 1_000_000
#: A repeated request of these is harmless record by record, whatever the others in it became.
_KEYED = frozenset({Strategy.UNIQUE_FIELD, Strategy.CALLER_KEY})


def batches(session: Session, group: Sequence[Intent], caps: Mapping[str, int]) -> list[list[Intent]]:
    """The group, in order, cut into requests.

    Args:
        caps: Intent id → at most so many in its request, since a larger one was refused whole.
    """
    cut: list[list[Intent]] = []
    for intent in group:
        most = min(_most(session, intent), caps.get(intent.id, UNCAPPED))
        last = cut[-1] if cut else None
        if last is not None and _alike(last[0], intent) and len(last) < min(most, _cap(last, caps)):
            last.append(intent)
        else:
            cut.append([intent])
    return cut


def numbered(cut: Sequence[Sequence[Intent]]) -> list[list[Intent]]:
    """The same with the request's id and each write's place in it, to be stored with ``sending``."""
    told: list[list[Intent]] = []
    for batch in cut:
        if len(batch) == 1 and batch[0].batch is None:
            told.append(list(batch))
            continue
        name = uuid.uuid4().hex if len(batch) > 1 else None
        told.append(
            [replace(intent, batch=name, ordinal=place if name else None) for place, intent in enumerate(batch)]
        )
    return told


def send_batch(
    session: Session,
    batch: Sequence[Intent],
    *,
    leave_before: float,
    deadline_s: float,
    reservation: Reservation | None,
    files: Mapping[str, Attachment],
) -> list[Result]:
    """One request; a result per write. A refusal of the whole is nobody's: ``bisected`` says to try smaller ones."""
    verdict, told, error = push(
        session,
        batch,
        [_write(intent, files.get(intent.id)) for intent in batch],
        leave_before=leave_before,
        deadline_s=deadline_s,
        reservation=reservation,
    )
    results = [conclude(intent, verdict, told.get(intent.id), error) for intent in batch]
    whole = len(batch) > 1 and not told and verdict is Verdict.ANSWERED_4XX
    if whole and all(result.fate is Fate.REJECTED for result in results):
        reason = f"{len(batch)} writes were refused together: {results[0].reason}"
        return [
            Result(intent, Fate.RETRY, None, reason, request_id=results[0].request_id, bisected=len(batch) // 2)
            for intent in batch
        ]
    return results


def _write(intent: Intent, file: Attachment | None) -> Write:
    write = intent.as_write()
    return write if file is None else replace(write, attachment=file)


def _cap(batch: Sequence[Intent], caps: Mapping[str, int]) -> int:
    return min(caps.get(intent.id, UNCAPPED) for intent in batch)


def _most(session: Session, intent: Intent) -> int:
    support = session.system(intent.side).support(intent.object_type)
    assert support is not None
    keyed = intent.strategy in _KEYED or support.atomic_batch
    return support.batch_size if keyed and intent.part != IMAGE_PART else 1


def _alike(first: Intent, other: Intent) -> bool:
    """One request is one call of the vendor's, and a record is in it once."""
    return (
        (first.side, first.object_type, first.operation, first.part, first.action, first.strategy)
        == (other.side, other.object_type, other.operation, other.part, other.action, other.strategy)
    ) and (first.external_id is None) == (other.external_id is None)
