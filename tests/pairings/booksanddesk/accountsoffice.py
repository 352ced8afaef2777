"""``quickbooks+basware`` on loopback: both stand-ins with a company of no size, the engine, the receiver of hooks."""

import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from mlc import Notice
from mlc.clock import Clock
from mlc.config import load_config
from mlc.engine.decisions import Verb, decide_hold
from mlc.engine.holdstore import open_rows
from mlc.engine.reconcile import reconcile
from mlc.engine.run import run_pairing
from mlc.engine.runreport import RunReport
from mlc.plugins import Plugins
from mlc.records import ObjectType
from mlc.runner.embedded import Engine, open_engine
from mlc.runner.followers import Followers
from mlc.serve.server import serving
from mlc.store.inbox import put as put_notices
from mlc.store.schema import bindings, inbox, intents, records
from mlc_sandbox.cli import stand_in_class
from mlc_sandbox.company import Company, make_company
from mlc_sandbox.democonfig import PAIRING, store_demo_secrets, write_config
from mlc_sandbox.scenarios import quickbooks_basware as scenario
from mlc_sandbox.served import Served
from mlc_sandbox.toolkit.server import Server
from sqlalchemy import func, select

BOOKS, DESK = "quickbooks", "basware"
VERIFIER = "quickbooks-verifier-4711"
#: Our clock is ahead of the vendors': what they show was written long enough ago to be believed.
AHEAD = timedelta(seconds=3)
Row = dict[str, Any]


class MovedClock(Clock):
    """The machine's clock, as far ahead as the test says."""

    def __init__(self) -> None:
        self.ahead = AHEAD

    def skipped(self) -> timedelta:
        return self.ahead


class ScenarioWith:
    """The demo's configuration with a small company, and with some settings changed."""

    def __init__(self, policy: Mapping[str, Any], settings: Mapping[str, Mapping[str, Any]]) -> None:
        self._policy = policy
        self._settings = settings

    def connections(self, company: Company) -> dict[str, dict[str, Any]]:
        found = scenario.connections(company)
        found[BOOKS] = {"realm_id": found[BOOKS]["realm_id"], "currencies": ["EUR"], "rate_days": 2}
        return {name: values | dict(self._settings.get(name, {})) for name, values in found.items()}

    def secrets(self, company: Company) -> dict[str, dict[str, str]]:
        return scenario.secrets(company)

    def pairing(self, company: Company) -> dict[str, Any]:
        kept = ("since", "scope")
        return {key: value for key, value in scenario.pairing(company).items() if key in kept} | {
            "department_split": "hold",
            "taxes": [{"code": "ZERO", "to": "fold"}],
            **self._policy,
        }


@dataclass
class Office:
    """The books, the desk, and the engine between them."""

    company: Company
    books: Served
    desk: Served
    engine: Engine
    followers: Followers
    config: Path

    # ---------------------------------------------------------------- the engine

    def run(self, *, sweep: bool = False) -> RunReport:
        """A run whose second phase is waited for, and one more that carries what it brought."""
        report = self.run_once(sweep=sweep)
        for _ in range(2):
            self.desk.post("objects/distribution", {})
            self.run_once()
        return report

    def run_once(self, *, sweep: bool = False) -> RunReport:
        """A single run."""
        with self.engine.session(PAIRING) as session:
            return run_pairing(session, accept=True, sweep=sweep)

    def told(self, within_s: float = 10.0) -> None:
        """QuickBooks sends what it has to tell, in one delivery; it is followed up."""
        before = self._deliveries()
        released = self.books.post("objects/deliveries", {})["released"]
        assert released > 0, "nothing had happened"
        until = time.monotonic() + within_s
        while self._deliveries() == before:
            assert time.monotonic() < until, "the delivery did not come"
            time.sleep(0.02)
        self.followers.follow()

    def told_of_invoice(self, invoice_id: str) -> None:
        """Basware tells of an invoice, and nobody of anything else; it is taken, then posted."""
        for _ in range(3):
            notice = Notice(ObjectType.BILL, invoice_id, "told", uuid.uuid4().hex)
            with self.engine.database.write() as tx:
                put_notices(tx, DESK, [notice], self.engine.clock.now())
            self.followers.follow()
            self.desk.post("objects/distribution", {})
            time.sleep(0.4)

    def _deliveries(self) -> int:
        with self.engine.database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(inbox)).scalar_one())

    def differences(self) -> dict[str, Any]:
        """What the reconciliation finds, by kind; empty when both sides are balanced."""
        with self.engine.session(PAIRING) as session:
            found: dict[str, Any] = reconcile(session).as_dict()
        return {} if found["balanced"] else dict(found["differences"])

    def holds(self, kind: str = "vendor") -> dict[str, str]:
        """Id where it was born → code of its open hold."""
        return {row["external_id"]: row["code"] for row in self.open_holds() if row["object_type"] == kind}

    def open_holds(self) -> list[Any]:
        with self.engine.database.read() as connection:
            return list(open_rows(connection, PAIRING))

    def sentence(self, external_id: str) -> str:
        return str(next(row["sentence"] for row in self.open_holds() if row["external_id"] == external_id))

    def say(self, verb: str, external_id: str, other: str | None = None) -> None:
        """What a person says about a record that waits."""
        row = next(one for one in self.open_holds() if one["external_id"] == external_id)
        with self.engine.database.write() as tx:
            decide_hold(tx, row, Verb(verb), other=other, by="tests", now=self.engine.clock.now())

    def state(self, external_id: str, kind: str = "vendor") -> str:
        query = select(records.c.state).where(records.c.object_type == kind, records.c.external_id == external_id)
        with self.engine.database.read() as connection:
            return str(connection.execute(query).scalar_one())

    def bound(self, kind: str = "vendor") -> list[Row]:
        """Bindings: side, id, part, role, where it moved."""
        names = ("side", "external_id", "part", "role", "moved_to")
        query = select(*(bindings.c[name] for name in names)).where(bindings.c.object_type == kind)
        with self.engine.database.read() as connection:
            return [dict(row) for row in connection.execute(query.order_by(bindings.c.id)).mappings()]

    def sent(self) -> int:
        """How many writes were ever made."""
        with self.engine.database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(intents)).scalar_one())

    def quiet(self) -> bool:
        """Further runs write nothing."""
        before = self.sent()
        self.run()
        return self.sent() == before

    # ---------------------------------------------------------------- the books

    def vendor(self, name: str, **more: Any) -> str:
        """Somebody enters a vendor in QuickBooks."""
        return str(self.books.post("objects/Vendor", {"DisplayName": name, **more})["Id"])

    def merge(self, loser: str, winner: str) -> None:
        """Somebody gives a vendor the name of another."""
        self.books.post("objects/Vendor", {"id": winner, "action": "merge", "loser_id": loser})

    def vendors(self) -> dict[str, Row]:
        return {str(row["Id"]): row for row in self.books.get("objects/Vendor")}

    def bill(self, number: str) -> Row | None:
        found = [row for row in self.books.get("objects/Bill") if row.get("DocNumber") == number]
        assert len(found) <= 1, f"{number} is there {len(found)} times"
        return found[0] if found else None

    def billed_to(self, number: str) -> str | None:
        """Whose bill that is, by the vendor's id; None while there is none."""
        row = self.bill(number)
        return None if row is None else str(row["VendorRef"]["value"])

    # ---------------------------------------------------------------- the desk

    def suppliers(self) -> dict[str, Row]:
        """What was posted to Basware's API, by code."""
        return {str(row["vendorCode"]): row for row in self.desk.get("objects/vendors")}

    def is_active(self, code: str) -> bool:
        """Whether P2P's people may choose it."""
        (row,) = [one for one in self.desk.get("objects/p2p_vendors") if one["vendorCode"] == code]
        return bool(row["processingStatus"]["active"])

    def type_supplier(self, code: str, name: str, **more: Any) -> None:
        """Somebody types a supplier into P2P's screens."""
        row = {
            "vendorCode": code,
            "name": name,
            "companies": [{"companyCode": "1000"}],
            "paymentMeans": [{"paymentMeansCode": "WIRE", "currencyCode": "USD", "default": True}],
            "processingStatus": {"active": True},
        }
        self.desk.post("objects/p2p_vendors", row | more)

    def extract(self) -> None:
        """The nightly run of Data Access."""
        self.desk.post("objects/dataExtracts", {"type": "Delta"})

    def invoice(self, number: str, supplier: str, *, net: str = "100.00", currency: str = "USD", **more: Any) -> str:
        """P2P's people approve an invoice; returns its id."""
        day, amount = f"{self.engine.clock.now():%Y-%m-%d}T00:00:00Z", Decimal(net)
        row = {
            "invoiceNumber": number,
            "companyCode": "1000",
            "supplierCode": supplier,
            "currencyCode": currency,
            "netSum": amount,
            "taxSum1": 0,
            "grossSum": amount,
            "invoiceDate": day,
            "dueDate": day,
            "state": "WaitingForTransfer",
            "codingRows": [{"accountCode": "6100", "netTotal": amount, "grossTotal": amount, "taxSum": 0}],
        }
        return str(self.desk.post("objects/invoices", row | more)["invoiceId"])


@contextmanager
def open_office(
    folder: Path,
    plugins: Plugins,
    *,
    policy: Mapping[str, Any] | None = None,
    books: Mapping[str, Any] | None = None,
    desk: Mapping[str, Any] | None = None,
    foreign: bool = False,
) -> Iterator[Office]:
    """A pairing that nothing has moved in yet.

    Args:
        policy: Keys of the pairing's table. ``books``, ``desk``: settings of the connections.
        foreign: The company keeps several currencies.
    """
    company = make_company(7, 1)
    how: Any = ScenarioWith(policy or {}, {BOOKS: books or {}, DESK: desk or {}})
    with ExitStack() as stack:
        served = {}
        for system in (BOOKS, DESK):
            standin = stand_in_class(system)()
            standin.limits_enabled = False
            standin.switches |= scenario.SWITCHES[system]
            served[system] = Served(system, stack.enter_context(Server(standin)).url)
        if foreign:
            served[BOOKS].post("objects/Preferences", {"CurrencyPrefs": {"MultiCurrencyEnabled": True}})
            served[BOOKS].post("objects/rates", {"currency": "EUR", "day": "2020-01-01", "rate": 1.25})
            payables = {"Name": "Accounts Payable EUR", "AccountType": "Accounts Payable"}
            served[BOOKS].post("objects/Account", {**payables, "CurrencyRef": {"value": "EUR"}})
        path = write_config(folder, plugins.recipes["quickbooks+basware"], how, company, served)
        opened = open_engine(load_config(path, plugins=plugins), plugins=plugins, clock=MovedClock(), limits=False)
        engine = stack.enter_context(opened)
        store_demo_secrets(engine, how, company)
        receiver = stack.enter_context(
            serving(engine.config, plugins=plugins, database=engine.database, keys=engine.keys, listen="127.0.0.1:0")
        )
        followers = Followers(engine, stop=lambda: False)
        stack.callback(followers.close)
        portal = {"url": f"{receiver.url}/webhooks/{BOOKS}", "verifier": VERIFIER}
        served[BOOKS].post("objects/webhooks", portal)
        yield Office(company, served[BOOKS], served[DESK], engine, followers, path)
