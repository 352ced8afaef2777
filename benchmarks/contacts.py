"""Calls that 100 changed contacts cost, edited on either side, and Zoho CRM's credits in a day of edits.

    python benchmarks/contacts.py [--people 100] [--contacts 5000] [--every-minutes 5] [--hours 24]

Both stand-ins run in this process. What a run costs though nothing changed is counted apart: the lists of every module
and what was deleted of each. The day is lived, not computed: a run every so many minutes on the stand-ins' clocks, one
edit a minute of somebody else, by turns on either side, the nightly reading of every list when it is due. What it used
is the word of the stand-in's own meter, which counts credits as Zoho does. Counts, not times: they are the same on a
busy machine.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from mlc.config import load_config
from mlc.engine.run import run_pairing
from mlc.plugins import load_plugins
from mlc.runner.embedded import Engine, open_engine
from mlc_sandbox.company import make_selling_company
from mlc_sandbox.democonfig import PAIRING, store_demo_secrets, write_config
from mlc_sandbox.scenarios import zoho_books_zoho_crm as scenario
from mlc_sandbox.served import Served
from mlc_sandbox.toolkit.server import Server
from mlc_sandbox.torture.bench import AheadClock
from mlc_sandbox.zoho_books.app import ZohoBooksStandIn
from mlc_sandbox.zoho_crm.app import ZohoCrmStandIn

#: Longer than a list's overlap: what one step wrote is out of sight at the next.
APART_S = 180.0
BOOKS, CRM = "left", "right"
#: Of a person: its name in Books, and in CRM. What is written three times in a day is held, so each step has its own.
FIELDS = {"phone": "Phone", "designation": "Title"}


@dataclass(frozen=True)
class Calls:
    """Of one side, in one run."""

    reads: int
    writes: int

    @property
    def all(self) -> int:
        return self.reads + self.writes


@dataclass
class Bench:
    """Both stand-ins with ``people`` bound contacts, and the engine between them."""

    engine: Engine
    clock: AheadClock
    books: ZohoBooksStandIn
    crm: ZohoCrmStandIn
    people: list[str]
    """Addresses."""
    edits: int = 0

    def run(self, *, after_s: float = APART_S) -> dict[str, Calls]:
        """One run, three minutes after the last unless told. Calls of each side."""
        self.clock.advance(after_s)
        for standin in (self.books, self.crm):
            standin.clock.advance(after_s)
        with self.engine.session(PAIRING) as session:
            calls = run_pairing(session, accept=True, by="benchmark").calls
        return {side: Calls(told["read"], told["write"]) for side, told in calls.items()}

    def edit_in_crm(self, people: Sequence[str], field: str) -> None:
        ids = {row["Email"]: row["id"] for row in self.crm.store.all("Contacts")}
        for email in people:
            self.crm.ui_change("Contacts", {"id": ids[email], FIELDS[field]: self._value()})

    def edit_in_books(self, people: Sequence[str], field: str) -> None:
        known = {
            person["email"]: (contact["contact_id"], person["contact_person_id"])
            for contact in self.books.store.all("contacts")
            for person in contact["contact_persons"]
        }
        for email in people:
            customer, person = known[email]
            body = {"id": customer, "action": "person", "person_id": person, field: self._value()}
            self.books.ui_change("contacts", body)

    def agree(self, field: str) -> bool:
        """Whether both sides show the same of everybody."""
        there = {row["Email"]: row.get(FIELDS[field]) for row in self.crm.store.all("Contacts")}
        here = {
            person["email"]: person.get(field)
            for contact in self.books.store.all("contacts")
            for person in contact["contact_persons"]
        }
        return all((here[email] or None) == (there[email] or None) for email in self.people)

    def _value(self) -> str:
        self.edits += 1
        return f"+44 20 7946 {self.edits:06d}"


@contextmanager
def opened(people: int, *, customers: int = 5) -> Iterator[Bench]:
    """A company and so many further people at some of its customers, in step."""
    company, plugins, clock = make_selling_company(3, 1), load_plugins(), AheadClock()
    known = company.relations
    assert known is not None
    books, crm = ZohoBooksStandIn(company=company), ZohoCrmStandIn(company=company)
    addresses = []
    for place in range(people):
        customer = known.customer(f"customer:{place % customers + 1:02d}")
        email = f"bench-{place:04d}@customer{place % customers + 1:02d}.example"
        body = {"First_Name": "Ben", "Last_Name": f"Chmark-{place:04d}", "Email": email, "Phone": "+44 20 7946 0000"}
        crm.ui_change("Contacts", body | {"Account_Name": {"id": customer.desk_id}})
        addresses.append(email)
    with ExitStack() as stack:
        served = {}
        for system, standin in (("zoho-books", books), ("zoho-crm", crm)):
            standin.limits_enabled = False
            served[system] = Served(system, stack.enter_context(Server(standin)).url)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mlc-contacts-")))
        path = write_config(folder, plugins.recipes["zoho-books+zoho-crm"], scenario, company, served)
        engine = stack.enter_context(
            open_engine(load_config(path, plugins=plugins), plugins=plugins, clock=clock, limits=False)
        )
        store_demo_secrets(engine, scenario, company)
        bench = Bench(engine, clock, books, crm, addresses)
        for _ in range(3):
            bench.run()
        yield bench


def measured(bench: Bench, edit: Callable[[Sequence[str], str], None], field: str) -> dict[str, Calls]:
    """Calls of the run that carries an edit of everybody. Raises SystemExit when it did not carry them."""
    edit(bench.people, field)
    calls = bench.run()
    if not bench.agree(field):
        raise SystemExit("The run did not carry every edit; its calls mean nothing.")
    bench.run()
    return calls


@dataclass(frozen=True)
class Day:
    """What a stretch of hours used. ``credits``: by the stand-in's meter; ``books``: calls."""

    runs: int
    edits: int
    credits: int
    books: int


def lived(bench: Bench, *, hours: int, every_minutes: int) -> Day:
    """So many hours with an edit a minute. Raises SystemExit when an edit was not carried."""
    edited, runs, used, books = 0, 0, 0, 0
    bench.crm.limits_enabled = True
    for _ in range(hours * 60 // every_minutes):
        some = [bench.people[(edited + place) % len(bench.people)] for place in range(every_minutes)]
        bench.edit_in_crm(some[::2], "phone")
        bench.edit_in_books(some[1::2], "phone")
        edited, runs = edited + every_minutes, runs + 1
        before = bench.crm.meter.used(bench.crm.clock.now() + timedelta(minutes=every_minutes))
        books += bench.run(after_s=every_minutes * 60.0)[BOOKS].all
        used += bench.crm.meter.used(bench.crm.clock.now()) - before
    if not bench.agree("phone"):
        raise SystemExit("Not every edit was carried; the day means nothing.")
    return Day(runs, edited, used, books)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100, help="contacts that are edited at once")
    parser.add_argument("--contacts", type=int, default=5_000, help="contacts of the day; 0: no day")
    parser.add_argument("--every-minutes", type=int, default=5, help="how often the pairing runs in the day")
    parser.add_argument("--hours", type=int, default=24, help="how long the day is")
    asked = parser.parse_args()
    with opened(asked.people) as bench:
        idle = bench.run()
        print(f"nothing changed: CRM {idle[CRM].all} calls, Books {idle[BOOKS].all}")
        for where, edit in (("CRM", bench.edit_in_crm), ("Books", bench.edit_in_books)):
            calls = measured(bench, edit, "phone")
            told = ", ".join(
                f"{name} {calls[side].reads} reads + {calls[side].writes} writes, "
                f"{calls[side].all - idle[side].all} more than without them"
                for name, side in (("CRM", CRM), ("Books", BOOKS))
            )
            print(f"{asked.people} edited in {where}: {told}")
    if not asked.contacts:
        return
    with opened(asked.contacts, customers=10) as bench:
        day = lived(bench, hours=asked.hours, every_minutes=asked.every_minutes)
    print(
        f"{asked.hours} hours with {asked.contacts} contacts: {day.edits} edits in {day.runs} runs used "
        f"{day.credits:,} credits of Zoho CRM and {day.books:,} calls of Zoho Books"
    )


if __name__ == "__main__":
    main()
