"""A name longer than its target takes: cut so that two long names stay two, and the full one kept."""

from collections.abc import Mapping
from hashlib import sha256

from mlc.accounting.mergefields import Mergeable
from mlc.contract import Loss
from mlc.records import Contact, ExchangeRate

_HASH = 4


def shorten_name(name: str, limit: int | None) -> str:
    """The beginning, which tells who it is, ``~`` and four characters of a hash of the full name."""
    if limit is None or len(name) <= limit:
        return name
    head = name[: limit - _HASH - 1].rstrip()
    return f"{head}~{sha256(name.encode()).hexdigest()[:_HASH]}"


def fitted(record: Mergeable, limit: int | None) -> tuple[Mergeable, Mapping[str, str], tuple[Loss, ...]]:
    """The party or list entry as its target takes it, what was altered on purpose (R19), and that as a loss."""
    if isinstance(record, Contact | ExchangeRate):
        return record, {}, ()
    short = shorten_name(record.name, limit)
    if short == record.name:
        return record, {}, ()
    loss = Loss("name", f"longer than the {limit} characters that the target keeps; sent as {short!r}")
    return record.model_copy(update={"name": short}), {"name": record.name}, (loss,)
