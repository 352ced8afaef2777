"""A side that refuses us: one alert, and where it shut us out as a whole, no further call until it is connected
again."""

from mlc.engine.alerts import raise_alert
from mlc.engine.session import Session
from mlc.errors import AccessSuspendedError, AuthError
from mlc.recipes import Side
from mlc.store.refreshes import ConnectionState, set_standing


def note_refusal(session: Session, error: AuthError) -> None:
    """Alert once that a connection needs a person; a suspended one is paused, so that nobody hammers it."""
    side = next((side for side in Side if session.pairing.connection(side) == error.connection), None)
    if side is None:
        return
    name = session.pairing.connection(side)
    if isinstance(error, AccessSuspendedError):
        with session.database.write() as tx:
            set_standing(
                tx,
                name,
                system=session.system(side).name,
                state=ConnectionState.SUSPENDED,
                reason=error.sentence,
                now=session.clock.now(),
            )
    remedy = "" if f"mlc connect {name}" in error.sentence else f" To go on: mlc connect {name}"
    raise_alert(session, "credentials", name, f"{name}: {error.sentence}{remedy}")
