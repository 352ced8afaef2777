"""The form (``model``) that a pairing's bindings are of: it is not changed under them.

What is an account of one side in one form is no customer at all in the other, so bindings of both in one pairing would
carry everybody twice. The form stands among the pairing's acceptances, beside its flows.
"""

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from mlc.clock import stamp
from mlc.engine.holdstore import clear_holds
from mlc.engine.states import OPEN_INTENTS, RecordState
from mlc.errors import ConfigError
from mlc.recipes import Pairing
from mlc.store.database import Database
from mlc.store.inserting import insert_or_change
from mlc.store.schema import acceptances, bindings, intents, notices, pages, records, registers, watermarks

#: How a form stands among the acceptances; no flow has such a name.
MARK = "model = "


def refuse_another_form(database: Database, pairing: Pairing) -> None:
    """Raises ConfigError when this pairing has bindings, or writes under way, of another form than it says now."""
    with database.read() as connection:
        before = _form(connection, pairing.name)
        if before in (None, pairing.model) or not _is_used(connection, pairing.name):
            return
    raise ConfigError(
        f'{pairing.name}: model = "{pairing.model}", but what it has bound is of the form "{before}". Say '
        f'model = "{before}" again, or give the new form a pairing of its own name, with a database of its own.'
    )


def keep_form(database: Database, pairing: Pairing, now: datetime) -> None:
    """Note the form; where it changed while nothing is bound, both sides' lists are read anew.

    Raises: ConfigError as ``refuse_another_form``.
    """
    if pairing.model is None:
        return
    refuse_another_form(database, pairing)
    with database.read() as connection:
        before = _form(connection, pairing.name)
    if before == pairing.model:
        return
    with database.write() as tx:
        if before is not None:
            _forget_lists(tx, pairing.name, stamp(now))
        tx.execute(
            delete(acceptances).where(acceptances.c.pairing == pairing.name, acceptances.c.flow.like(f"{MARK}%"))
        )
        said = {"by": "mlc.toml", "at": stamp(now)}
        insert_or_change(
            tx,
            acceptances,
            keys=("pairing", "flow"),
            change=said,
            pairing=pairing.name,
            flow=f"{MARK}{pairing.model}",
            **said,
        )


def _form(connection: Connection, pairing: str) -> str | None:
    found = connection.execute(
        select(acceptances.c.flow).where(acceptances.c.pairing == pairing, acceptances.c.flow.like(f"{MARK}%"))
    ).scalar()
    return None if found is None else str(found).removeprefix(MARK)


def _is_used(connection: Connection, pairing: str) -> bool:
    bound = select(bindings.c.id).where(bindings.c.pairing == pairing)
    under_way = select(intents.c.id).where(intents.c.pairing == pairing, intents.c.state.in_(OPEN_INTENTS))
    return any(connection.execute(query.limit(1)).first() is not None for query in (bound, under_way))


def _forget_lists(tx: Connection, pairing: str, now: str) -> None:
    """What both sides showed of the other form: records that are not listed again stay out."""
    for table in (watermarks, pages, registers, notices):
        tx.execute(delete(table).where(table.c.pairing == pairing))
    ids = tx.execute(select(records.c.id).where(records.c.pairing == pairing)).scalars().all()
    clear_holds(tx, ids, by="another form", now=now)
    tx.execute(
        update(records)
        .where(records.c.pairing == pairing)
        .values(state=RecordState.NOT_CARRIED.value, reason="it was read in another form", version=None, dirty=0)
    )
