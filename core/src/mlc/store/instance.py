"""Is this database the one we last wrote, in the place where we wrote it? (R36)

A counter moves with every group of writes, in the database and in a file beside the key. A database whose counter is
behind the file was restored from a backup: it does not know what was sent since. One with another fingerprint was
copied.
Either way nothing is written to any system until ``mlc recover``.
"""

import hashlib
import json
import os
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, text, update

from mlc.clock import Clock, parse_stamp, stamp
from mlc.errors import StoreError
from mlc.store.audit import AuditGroup
from mlc.store.database import Database
from mlc.store.marks import mark_of_now
from mlc.store.migrations import REVISIONS, VERSION_TABLE, stored_revision
from mlc.store.schema import audit, instance, intents, pages, records, runs, watermarks

FILE = "instance"
NAME = "main"
RECOVERED = "database.recovered"
_REMEDY = "Nothing is written until you run mlc recover."


@dataclass(frozen=True, slots=True)
class Recovered:
    """What ``recover`` did: intents to be looked up before anything is sent, lists that are read from the start."""

    uncertain: int
    watermarks: int


class InstanceGuard:
    """Keeps the counters of the database and of the file beside the key together."""

    def __init__(self, database: Database, home: Path) -> None:
        self._database = database
        self._file = home / FILE
        self._lock = threading.Lock()
        self._known: tuple[str, int] | None = None
        self._epoch = REVISIONS[-1]

    def check(self) -> None:
        """Raise StoreError unless this database may be written from here; a new one is stamped."""
        noted = self._noted()
        with self._database.write() as tx:
            row = tx.execute(select(instance.c.fingerprint, instance.c.counter)).first()
            if row is not None:
                fingerprint, counter = str(row[0]), int(row[1])
            elif noted is None:
                fingerprint, counter = self._stamp(tx), 1
            else:
                fingerprint, counter = "", 0
        where = self._database.shown
        if not fingerprint:
            raise StoreError(f"{where} is new, but {self._file} knows an older one: was the database lost? {_REMEDY}")
        if not self._is_here(fingerprint) or (noted is not None and noted[0] != fingerprint):
            raise StoreError(f"{where} was copied or moved from where it was written. {_REMEDY}")
        if noted is None and self._database.is_sqlite and counter > 1:
            raise StoreError(f"{where} was written beside another home than {self._file.parent}. {_REMEDY}")
        if noted is not None and counter < noted[1]:
            raise StoreError(
                f"{where} was restored from a backup: it is {noted[1] - counter} steps behind {self._file}. {_REMEDY}"
            )
        self._note(fingerprint, counter)

    def advance(self, tx: Connection) -> int:
        """Move the counter in a transaction that records writes about to be sent; ``note`` it once committed."""
        if tx.execute(_ADVANCE, {"b_epoch": self._epoch}).rowcount != 1:
            self.check_epoch(tx)
        return int(tx.execute(_COUNTER).scalar_one())

    def check_epoch(self, tx: Connection) -> None:
        """Raise StoreError when the tables were changed by a newer version since this program opened them (R37)."""
        now = stored_revision(tx)
        if now != self._epoch:
            raise StoreError(
                f"{self._database.shown} was brought from schema {self._epoch} to {now} by a newer version of mlc; "
                "this program ends here and has lost nothing. Start the newer one."
            )

    def note(self, counter: int) -> None:
        """Move the file's counter after the commit. A file that lags behind is harmless: it only detects less."""
        with self._lock:
            known = self._known or self._noted()
            if known is not None and counter > known[1]:
                self._note(known[0], counter)

    def recover(self, clock: Clock) -> Recovered:
        """Make a restored or copied database safe to write from here.

        Open intents become uncertain as of now, those that were before, too: each is looked up at its system before
        anything is sent again. Every list is read from the start, by a run that begins anew. The database is stamped as
        this one, here.
        """
        at = clock.now()
        moment = stamp(at)
        with self._database.write() as tx:
            mark = mark_of_now(tx, clock)
            _decide_again(tx, moment)
            uncertain = tx.execute(
                update(intents)
                .where(intents.c.state.in_(_UNDER_WAY))
                .values(
                    state="uncertain",
                    attempt=intents.c.attempt + 1,
                    fence=intents.c.fence + 1,
                    sent_at=moment,
                    sent_mark=mark,
                    looked_at=moment,
                    updated_at=moment,
                    error="the database was restored or copied",
                )
            ).rowcount
            passes = tx.execute(delete(watermarks)).rowcount
            tx.execute(delete(pages))
            # A run that was cut after it had read would go on to create without reading again.
            cut = update(runs).where(runs.c.finished_at.is_(None))
            tx.execute(cut.values(finished_at=moment, outcome="stopped"))
            noted = self._noted()
            old = tx.execute(select(instance.c.counter)).scalar()
            counter = max(int(old or 0), noted[1] if noted else 0) + 1
            tx.execute(delete(instance))
            fingerprint = self._stamp(tx, counter)
            group = AuditGroup()
            group.add(RECOVERED, uncertain=uncertain, watermarks=passes, mark=mark)
            group.write(tx, at)
        self._note(fingerprint, counter)
        return Recovered(uncertain, passes)

    def _stamp(self, tx: Connection, counter: int = 1) -> str:
        fingerprint = f"{secrets.token_hex(8)}:{self._place(tx)}"
        tx.execute(insert(instance).values(name=NAME, fingerprint=fingerprint, counter=counter))
        return fingerprint

    def _is_here(self, fingerprint: str) -> bool:
        with self._database.read() as connection:
            return fingerprint.partition(":")[2] == self._place(connection)

    def _place(self, connection: Connection) -> str:
        """What a copy of the database does not share: machine and path, on PostgreSQL the cluster and the database."""
        if self._database.path is None:
            query = text(
                "SELECT (SELECT system_identifier FROM pg_control_system())::text || '/' || "
                "(SELECT oid FROM pg_database WHERE datname = current_database())::text || '/' || current_schema()"
            )
            place = str(connection.execute(query).scalar_one())
        else:
            place = f"{_machine()}:{self._database.path.resolve()}"
        return hashlib.sha256(place.encode()).hexdigest()[:16]

    def _noted(self) -> tuple[str, int] | None:
        try:
            fingerprint, _, counter = self._file.read_text().strip().rpartition(" ")
            return fingerprint, int(counter)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise StoreError(f"{self._file} cannot be read: {error}. {_REMEDY}") from error

    def _note(self, fingerprint: str, counter: int) -> None:
        """Replace the file in one step. Not synced: after a power loss it may lag, never lead."""
        try:
            if self._known is None:
                self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = self._file.with_name(f".{self._file.name}.{os.getpid()}")
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(f"{fingerprint} {counter}\n")
            fresh.replace(self._file)
            self._known = (fingerprint, counter)
        except OSError as error:
            raise StoreError(f"{self._file} cannot be written: {error.strerror}.") from error


#: The schema it was written for is part of the claim: an older program counts, and so sends, nothing more.
_ADVANCE = (
    update(instance)
    .where(instance.c.name == NAME, text(f"(SELECT version_num FROM {VERSION_TABLE}) = :b_epoch"))
    .values(counter=instance.c.counter + 1)
)
_UNDER_WAY = ("planned", "sending", "accepted", "uncertain")
_COUNTER = select(instance.c.counter).where(instance.c.name == NAME)


def _decide_again(tx: Connection, moment: str) -> None:
    """Creates that wait for one of the same natural key, of which only one may be uncertain: they are decided again."""
    under_way = intents.c.state.in_(_UNDER_WAY)
    creates = tx.execute(
        select(intents.c.id, intents.c.record_id, intents.c.state, intents.c.connection, intents.c.object_type)
        .add_columns(intents.c.natural_key)
        .where(under_way, intents.c.operation == "create", intents.c.natural_key.is_not(None))
        .order_by(intents.c.created_at, intents.c.id)
    ).all()
    taken = {tuple(row[3:]) for row in creates if row.state != "planned"}
    waiting = []
    for row in creates:
        key = tuple(row[3:])
        if row.state == "planned" and key in taken:
            waiting.append(row)
        taken.add(key)
    for row in waiting:
        superseded = {"state": "superseded", "updated_at": moment, "error": "the database was restored or copied"}
        tx.execute(update(intents).where(intents.c.id == row.id).values(superseded))
        tx.execute(update(records).where(records.c.id == row.record_id).values(state="pending"))


@dataclass(frozen=True, slots=True)
class Recovery:
    """When ``mlc recover`` was said, by the clock of the day and by one that nobody sets."""

    at: datetime
    mark: str | None


def last_recovery(connection: Connection) -> Recovery | None:
    """The latest ``mlc recover`` of this database."""
    said = select(audit.c.at, audit.c.detail).where(audit.c.run_id.is_(None), audit.c.event == RECOVERED)
    row = connection.execute(said.order_by(audit.c.id.desc()).limit(1)).first()
    return None if row is None else Recovery(parse_stamp(row.at), json.loads(row.detail).get("mark"))


def was_recovered(connection: Connection) -> bool:
    """Whether ``mlc recover`` was ever said to this database. Of the trail, what belongs to no run is looked at."""
    said = select(audit.c.id).where(audit.c.run_id.is_(None), audit.c.event == RECOVERED).limit(1)
    return connection.execute(said).first() is not None


def _machine() -> str:
    try:
        return Path("/etc/machine-id").read_text().strip()
    except OSError:
        return ""
