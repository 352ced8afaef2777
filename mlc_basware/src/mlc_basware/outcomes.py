"""What becomes of one request's writes: accepted, refused together, broken before they left."""

from collections.abc import Sequence

from mlc import Accepted, NotSent, Outcome, RejectCause, Rejected, Unknown, Write
from mlc.errors import ConflictError, RejectedError, VendorError

from mlc_basware.client import Answer
from mlc_basware.entities import Resource
from mlc_basware.errors import BUSY_S, rejected
from mlc_basware.schemas import text
from mlc_basware.tasks import TaskName

BYTES_MAX = 6 * 1024 * 1024


def conclude(
    answer: Answer, sent: Sequence[tuple[Write, str]], resource: Resource, *, document: str = ""
) -> list[Outcome]:
    """Accepted where the answer repeats what was sent; anything else proves nothing."""
    echoed = (
        {text(row, "externalCode") for row in answer.body or () if isinstance(row, dict)} if _listed(answer) else set()
    )
    found: list[Outcome] = []
    for write, code in sent:
        if code not in echoed:
            found.append(Unknown(write.key, "Basware's answer does not show the record"))
            continue
        name = TaskName(answer.request_id or "", code, resource.entity, document, resource.path)
        found.append(Accepted(write.key, name.text(), answer.request_id))
    return found


def refusal(writes: Sequence[Write], error: VendorError) -> list[Outcome]:
    """A refusal of the call. One that names a single record of several is that record's; else it is everybody's.

    Raises: the error where it says nothing about the records, or too little about several of them.
    """
    if isinstance(error, ConflictError):
        return [NotSent(write.key, BUSY_S, error.sentence) for write in writes]
    if len(writes) > 1 and isinstance(error, RejectedError):
        raise error  # core sends fewer at a time, until the one at fault stands alone
    found = [rejected(write.key, error) for write in writes]
    if any(one is None for one in found):
        raise error
    return [one for one in found if one is not None]


def broken(write: Write, field: str = "externalCode") -> Rejected:
    """A stored payload that is no record of ours."""
    return Rejected(write.key, f"The record that was to be sent has no {field}.", field=field, code="INCOMPLETE")


def changed(write: Write, version: str) -> Rejected:
    """Somebody wrote the record since it was read."""
    detail = f"It was changed at Basware since it was read (version {version} instead of {write.expected_version})."
    return Rejected(write.key, detail, cause=RejectCause.CONFLICT)


def _listed(answer: Answer) -> bool:
    return isinstance(answer.body, list)
