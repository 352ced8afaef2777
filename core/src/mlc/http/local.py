"""A write without HTTP, e.g. a file renamed into place: the same permit, quota and count as for any other (R1)."""

from collections.abc import Iterator
from contextlib import contextmanager

from mlc.http.calls import CallKind, Calls
from mlc.http.permits import Permit
from mlc.http.quota import QuotaGate

DONE = 200


@contextmanager
def local_write(permit: Permit, content: bytes, *, quota: QuotaGate, calls: Calls) -> Iterator[None]:
    """The permit is started as the block begins and answered as it ends; a block that raises leaves it uncertain."""
    permit.claim(lambda: content)
    reservation = permit.reservation or quota.reserve(CallKind.WRITE)
    reservation.spend()
    with quota.slot():
        permit.start()
        calls.sent(CallKind.WRITE)
        yield
        permit.answer(DONE, complete=True)
        calls.answered(DONE)
    quota.answered()
