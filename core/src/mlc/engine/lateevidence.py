"""What a vendor answered to somebody whose claim was taken over meanwhile: evidence is never fenced (R4)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import insert

from mlc.engine.booking import Booking
from mlc.engine.session import Session
from mlc.errors import OvertakenError
from mlc.store.schema import sightings


@contextmanager
def kept_late(session: Session, pending: Callable[[], Booking | None]) -> Iterator[None]:
    """Store the sightings of a booking that may not be written any more; whoever holds the claim settles by them."""
    try:
        yield
    except OvertakenError:
        booking = pending()
        if booking is not None and booking.rows.sightings:
            database = session.unfenced or session.database
            with database.write() as tx:
                tx.execute(insert(sightings), [row | {"source": "late"} for row in booking.rows.sightings])
        raise
