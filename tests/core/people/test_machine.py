"""People edit, add, remove and merge on both sides, answers get lost: it ends converged, nobody twice, nothing lost.

``MLC_PEOPLE_EXAMPLES`` raises the number of lives that are tried; each has up to two hundred steps.
"""

import itertools
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from desks import CONTACT, CUSTOMER, DEAL
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from mlc.clock import stamp
from mlc.engine import dispatch, stagework
from mlc.engine.followup import follow_up
from mlc.store.inserting import insert_or_change
from mlc.store.schema import notices
from offices import Office, open_office

EXAMPLES = int(os.environ.get("MLC_PEOPLE_EXAMPLES", "10"))
STEPS = 200
SIDES = st.sampled_from(["ledger", "desk"])
PLACES = st.integers(0, 30)
MOST_ACCOUNTS = 12
FIELDS = st.sampled_from(["phone", "title", "first_name"])
_OTHER = {"ledger": "desk", "desk": "ledger"}


class TwoDesks(RuleBasedStateMachine):
    """Steps of people on both sides, and runs between them. Values never repeat, so that each is known by itself."""

    root: Path
    """Where each life keeps its store."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.values = itertools.count(1)
        self.here: Office
        self.said: dict[tuple[str, str, str], str] = {}
        """(side, person, field) → the last value a person gave it, as long as nobody else gave it another."""
        self.rest: tuple[int, int] | None = None
        """The changes on both sides when a run last found nothing to do."""
        self.won: set[str] = set()
        """Accounts that won a deal of their own, not one that came with another account."""

    @initialize(shows=st.booleans(), told=st.booleans(), batch=st.sampled_from([1, 100]))
    def open(self, shows: bool, told: bool, batch: int) -> None:
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(dir=self.root)))
        self.here = open_office(folder, self.stack, shows=shows, batch=batch, normal=lambda text: text.strip()[:40])
        self.told = told
        for number in range(3):
            tax = f"GB{number}"
            left = self.here.ledger.put(CUSTOMER, name=f"Firm {number}", tax_number=tax, billing="1 Quay")
            right = self.here.desk.put(CUSTOMER, name=f"Firm {number} Ltd", tax_number=tax, category="x")
            for place in range(2):
                told_of = {"last_name": f"P{number}{place}", "email": f"p{number}{place}@firm{number}.example"}
                self.here.ledger.put(CONTACT, customer=left, is_primary=place == 0, **told_of)
                self.here.desk.put(CONTACT, customer=right, **told_of)
        self.here.run()

    def side(self, name: str) -> Any:
        return self.here.ledger if name == "ledger" else self.here.desk

    def one(self, side: str, kind: Any, place: int) -> str | None:
        keys = sorted(self.side(side).rows[kind], key=lambda key: int(key[1:]))
        return keys[place % len(keys)] if keys else None

    # ------------------------------------------------------------------ what people do

    @rule(side=SIDES, place=PLACES, field=FIELDS)
    def edit(self, side: str, place: int, field: str) -> None:
        key = self.one(side, CONTACT, place)
        if key is not None:
            value = f"{field} {next(self.values)}"
            self.side(side).edit(CONTACT, key, **{field: value})
            self.said[side, key, field] = value

    @rule(place=PLACES, field=FIELDS, other=FIELDS)
    def edit_both(self, place: int, field: str, other: str) -> None:
        """The same person, perhaps the same field."""
        for side, name in (("ledger", field), ("desk", other)):
            self.edit(side, place, name)

    @rule(side=SIDES, place=PLACES)
    def add(self, side: str, place: int) -> None:
        customer = self.one(side, CUSTOMER, place)
        if customer is not None:
            number = next(self.values)
            told = {"last_name": f"New {number}", "email": f"new{number}@firm.example"}
            self.side(side).put(CONTACT, customer=customer, **told)

    @rule(side=SIDES, place=PLACES)
    def remove(self, side: str, place: int) -> None:
        key = self.one(side, CONTACT, place)
        if key is not None and len(self.side(side).rows[CONTACT]) > 3:
            self.side(side).delete(CONTACT, key)

    @rule(place=PLACES)
    def billing_typo(self, place: int) -> None:
        key = self.one("desk", CONTACT, place)
        if key is not None:
            self.side("desk").edit(CONTACT, key, email=f"typo{next(self.values)}@firm.example")

    @rule(place=PLACES, website=st.booleans())
    def customer_changes(self, place: int, website: bool) -> None:
        side = "desk" if website else "ledger"
        key = self.one(side, CUSTOMER, place)
        if key is not None:
            field = "website" if website else "billing"
            self.side(side).edit(CUSTOMER, key, **{field: f"{field} {next(self.values)}"})

    @rule(people=st.integers(0, 2))
    def add_prospect(self, people: int) -> None:
        """An account that is no customer: only a won deal, or a merge, makes it one."""
        if len(self.here.desk.rows[CUSTOMER]) < MOST_ACCOUNTS:
            account = self.here.desk.put(CUSTOMER, name=f"Prospect {next(self.values)}", category="Prospect")
            for number in range(people):
                told = {"last_name": f"Hope {number}", "email": f"hope{next(self.values)}@prospect.example"}
                self.here.desk.put(CONTACT, customer=account, **told)

    @rule(place=PLACES)
    def win(self, place: int) -> None:
        account = self.one("desk", CUSTOMER, place)
        if account is not None:
            self.here.desk.put(DEAL, name=f"Deal {next(self.values)}", customer=account, won=True)
            self.won.add(account)

    @rule(kind=st.sampled_from([CUSTOMER, CONTACT, DEAL]), place=PLACES, gone=st.booleans())
    def tell(self, kind: Any, place: int, gone: bool) -> None:
        """The desk tells of one record, and that one alone is read and followed up."""
        keys = [key for _, of, key, _ in self.here.desk.gone if of is kind]
        key = keys[place % len(keys)] if gone and keys else self.one("desk", kind, place)
        if key is None:
            return
        row = {"pairing": "main", "side": "right", "object_type": kind.value, "external_id": key}
        now = stamp(self.here.clock.now())
        change = {"event": "changed", "noted_at": now, "due_at": now, "occurred_at": None, "looks": 0}
        with self.here.engine.database.write() as tx:
            insert_or_change(tx, notices, keys=tuple(row), change=change, **row, **change)
        with self.here.engine.session("main") as session:
            follow_up(session)

    @rule(winner=PLACES, loser=PLACES)
    def merge(self, winner: int, loser: int) -> None:
        kept, gone = self.one("desk", CUSTOMER, winner), self.one("desk", CUSTOMER, loser)
        if kept is not None and gone is not None and kept != gone:
            self.here.desk.merge(kept, gone, told=self.told)

    @rule(side=SIDES)
    def lose_an_answer(self, side: str) -> None:
        self.side(side).lost += 1

    @rule(side=SIDES, field=FIELDS)
    def lose_an_answer_and_edit(self, side: str, field: str) -> None:
        """Whom the answer was about is changed there before anybody looks him up."""

        def edit(kind: Any, key: str) -> None:
            if kind is CONTACT:
                value = f"{field} {next(self.values)}"
                self.side(side).edit(CONTACT, key, **{field: value})
                self.said[side, key, field] = value

        self.side(side).lost += 1
        self.side(side).meanwhile = edit

    @rule(side=SIDES)
    def notify_twice(self, side: str) -> None:
        """The same change is listed once more, under a new version."""
        key = self.one(side, CONTACT, 0)
        if key is not None:
            self.side(side).edit(CONTACT, key)

    def changes(self) -> tuple[int, int]:
        """How many there were on each side, by people and by us."""
        return self.here.ledger.changes, self.here.desk.changes

    @precondition(lambda self: self.changes() != self.rest)
    @rule()
    def run(self) -> None:
        """Unless the run before found nothing to do and nobody has done anything since; the end tries that, too."""
        before = self.changes()
        self.here.run()
        self.rest = before if self.changes() == before else None

    # ------------------------------------------------------------------ what always holds

    @invariant()
    def nobody_is_there_twice(self) -> None:
        if not hasattr(self, "here"):
            return
        for side in ("ledger", "desk"):
            people = [(row["customer"], row["email"]) for row in self.side(side).rows[CONTACT].values()]
            doubled = [one for one in people if people.count(one) > 1]
            assert doubled == [], f"{side} has somebody twice: {doubled}"
            accounts = [told for told in self.here.ledger.written if told[0] == "create" and told[1] is CUSTOMER]
            assert len(accounts) <= len(self.won), f"a merge made a customer of its own: {accounts[-1]}"
            names = [row.get("key") for row in self.side(side).rows[CUSTOMER].values() if row.get("key")]
            assert len(names) == len(set(names))

    def teardown(self) -> None:
        if hasattr(self, "here"):
            self._end()
        self.stack.close()

    def _end(self) -> None:
        """Quiet comes, further runs write nothing, and what was said stands somewhere or waits for a person."""
        for system in (self.here.ledger, self.here.desk):
            system.lost = 0
        for _ in range(3):
            self.here.pass_time(600)
            self.here.run()
        before = self.here.writes()
        for _ in range(2):
            self.here.run()
        assert self.here.writes() == before, (self.here.ledger.written[-3:], self.here.desk.written[-3:])
        self._converged()
        self._nothing_lost()

    def _pairs(self) -> list[tuple[str, str]]:
        """Ids on both sides of everybody who is bound and not held, unlinked or under way."""
        rows = self.here.rows(
            "SELECT r.side, r.external_id AS own, b.external_id AS other FROM records r JOIN bindings b "
            "ON b.record_id = r.id AND b.side <> r.side AND b.role = 'primary' AND b.part = 'main' "
            "WHERE r.object_type = 'contact' AND r.state = 'in_step'"
        )
        return [(row["own"], row["other"]) if row["side"] == "left" else (row["other"], row["own"]) for row in rows]

    def _converged(self) -> None:
        ledger, desk = self.here.ledger.rows[CONTACT], self.here.desk.rows[CONTACT]
        waiting = self.here.rows("SELECT state, reason FROM records WHERE state IN ('pending', 'writing', 'dead')")
        assert waiting == []
        for left, right in self._pairs():
            for field in ("phone", "title", "first_name"):
                ours, theirs = ledger[left].get(field), desk[right].get(field)
                assert (ours or None) == (theirs or None), f"{left}/{right} {field}: {ours!r} and {theirs!r}"

    def _nothing_lost(self) -> None:
        """The last value that a person gave a field of somebody who is in step on both sides is on both, unless
        the other side was told something else later."""
        by_left = dict(self._pairs())
        by_right = {right: left for left, right in by_left.items()}
        for (side, key, field), value in self.said.items():
            other = by_left.get(key) if side == "ledger" else by_right.get(key)
            if other is None:
                continue
            rival = self.said.get((_OTHER[side], other, field))
            stands = self.side(side).rows[CONTACT][key].get(field)
            assert stands in (value, rival), f"{side} {key} {field}: {value!r} became {stands!r}"


def test_two_sides_that_are_edited_at_random_agree_in_the_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(TwoDesks, "root", tmp_path, raising=False)
    monkeypatch.setattr(stagework, "PROVISIONAL_S", 0.0)
    monkeypatch.setattr(dispatch, "PATIENCE_S", 0.0)
    run_state_machine_as_test(
        TwoDesks,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
