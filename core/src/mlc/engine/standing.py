"""A side that refuses us, or soon will: one alert, and where it shut us out as a whole, no further call until it is
connected again."""

from datetime import timedelta

from mlc.engine.alerts import raise_alert, take_back
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


#: So long before an authorisation ends a person hears of it: consent takes somebody who may give it.
WARNED_BEFORE = timedelta(days=14)


def note_endings(session: Session) -> None:
    """Alert once that a connection's authorisation ends soon, whatever its use; no refresh puts that off."""
    for side in Side:
        token = session.connections[side].tokens.current()
        until = None if token is None else token.refresh_expires_at
        name = session.pairing.connection(side)
        if until is None or until - session.clock.now() > WARNED_BEFORE:
            take_back(session, "authorisation_ends", name)
            continue
        sentence = (
            f"{name}: its authorisation ends on {until:%Y-%m-%d}. From then on nothing of it can be read or written; "
            f"authorise it again before: mlc connect {name}"
        )
        raise_alert(session, "authorisation_ends", name, sentence)
