"""A pairing of two small systems in memory: each test says what both lists show and what the store knows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from mlc.accounting.naming import party_of
from mlc.clock import Clock
from mlc.contract import FetchMode, Page, SourceRecord
from mlc.engine.reconcile import Reconciliation, reconcile
from mlc.engine.reconcile.rows import COMPARED
from mlc.engine.registers import name_key
from mlc.engine.session import Session
from mlc.errors import MappingError
from mlc.recipes import Flow, Pairing, Policy, PurchaseTax, Side
from mlc.records import (
    ApprovalStatus,
    Bill,
    DocumentStatus,
    Expense,
    Invoice,
    MoneyMovement,
    ObjectType,
    OrderStatus,
    Payment,
    PaymentAllocation,
    PaymentStatus,
    PurchaseOrder,
    Ref,
    SourceMeta,
    VendorCredit,
    dump_record,
)
from mlc.store.database import Database, open_database
from mlc.store.schema import bindings, decisions, holds, intents, records, registers
from mlc.system import ObjectSupport
from mlc.tenants import Probe
from sqlalchemy import insert

SINCE = date(2026, 3, 1)
NOW = "2026-04-01T08:00:00.000000+00:00"
SYSTEMS = {Side.LEFT: "buying", Side.RIGHT: "books"}
NUMBER_MAX = 12

Document = Bill | VendorCredit | PurchaseOrder | Payment | Invoice | Expense


@dataclass
class World:
    """Two lists and a store. ``left`` and ``right`` are what the vendors show now."""

    database: Database
    left: list[Document] = field(default_factory=list)
    right: list[Document] = field(default_factory=list)
    probe: Probe = field(default_factory=lambda: Probe(base_currency="EUR"))
    policy: Policy = field(default_factory=lambda: Policy(since=SINCE))
    garbled: set[str] = field(default_factory=set)
    calls: dict[Side, int] = field(default_factory=lambda: dict.fromkeys(Side, 0))
    next_id: int = 0

    # ------------------------------------------------------------ what the store knows

    def record(self, document: Document, *, side: Side = Side.LEFT, state: str = "in_step", **values: Any) -> int:
        """The document is known as a record of this side."""
        self.next_id += 1
        if isinstance(document, Payment):
            day, total, party = document.payment_date, document.amount, document.party
        else:
            day, total, party = document.ledger_date, document.total, party_of(document)
        row = {
            "id": self.next_id,
            "pairing": "test",
            "object_type": document.object_type.value,
            "side": side.value,
            "external_id": document.source.source_id,
            "read_type": "bill" if isinstance(document, VendorCredit) else document.object_type.value,
            "state": state,
            "version": "1",
            "input": dump_record(document),
            "number": getattr(document, "bill_number", None) or getattr(document, "po_number", None),
            "party": party.name if party else None,
            "currency": document.currency,
            "amount": str(total),
            "ledger_date": day.isoformat() if day else None,
            "seen_at": NOW,
            "changed_at": NOW,
        }
        with self.database.write() as tx:
            tx.execute(insert(records).values(**row | values))
        return self.next_id

    def bind(self, record_id: int, document: Document, *, side: Side = Side.RIGHT, part: str = "main") -> None:
        with self.database.write() as tx:
            tx.execute(
                insert(bindings).values(
                    pairing="test",
                    side=side.value,
                    object_type=document.object_type.value,
                    external_id=document.source.source_id,
                    part=part,
                    record_id=record_id,
                    confirmed_at=NOW,
                )
            )

    def hold(self, record_id: int, code: str, sentence: str = "It waits.") -> None:
        with self.database.write() as tx:
            tx.execute(
                insert(holds).values(
                    pairing="test",
                    record_id=record_id,
                    code=code,
                    sentence=sentence,
                    waits_kind="person",
                    waits_key="x",
                    since=NOW,
                )
            )

    def decision(self, record_id: int, kind: str, subject: str = "x") -> None:
        with self.database.write() as tx:
            tx.execute(
                insert(decisions).values(
                    pairing="test", record_id=record_id, kind=kind, subject=subject, by="a person", at=NOW
                )
            )

    def sent(self, record_id: int, document: Document) -> None:
        """What was last written for this record."""
        with self.database.write() as tx:
            tx.execute(
                insert(intents).values(
                    id=f"intent-{record_id}",
                    pairing="test",
                    connection="books-1",
                    record_id=record_id,
                    side="right",
                    object_type=document.object_type.value,
                    part="main",
                    operation="create",
                    state="confirmed",
                    strategy="search",
                    record_key="k",
                    payload_digest="d",
                    rendered=dump_record(document),
                    source_side="left",
                    source_id=document.source.source_id,
                    created_at=NOW,
                    updated_at=NOW,
                )
            )

    def vendor(self, name: str, left: str, right: str, *, right_name: str | None = None, kind: str = "vendor") -> None:
        """A vendor, or whoever ``kind`` says, known and bound on both sides."""
        self.next_id += 1
        with self.database.write() as tx:
            for side, one, called in ((Side.LEFT, left, name), (Side.RIGHT, right, right_name or name)):
                tx.execute(
                    insert(registers).values(
                        pairing="test",
                        side=side.value,
                        object_type=kind,
                        external_id=one,
                        name_key=name_key(called),
                        currency="EUR",
                        seen_at=NOW,
                    )
                )
                tx.execute(
                    insert(bindings).values(
                        pairing="test",
                        side=side.value,
                        object_type=kind,
                        external_id=one,
                        part="main",
                        record_id=self.next_id,
                        confirmed_at=NOW,
                    )
                )

    def carry(self, left: Document, right: Document, **values: Any) -> int:
        """Left was written to right, and both still stand."""
        self.left.append(left)
        self.right.append(right)
        record_id = self.record(left, **values)
        self.bind(record_id, left, side=Side.LEFT)
        self.bind(record_id, right)
        return record_id

    # ------------------------------------------------------------ the two systems

    def system(self, name: str) -> Any:
        lists = COMPARED
        supports = {
            kind: ObjectSupport(kind, frozenset(), number_max=NUMBER_MAX)
            for kind in lists
            if name == "books" or kind is not ObjectType.VENDOR_CREDIT
        }
        return SimpleNamespace(name=name, support=supports.get, concurrency=1)

    def call(self, system: str, hook: str, **arguments: Any) -> Any:
        side = Side.LEFT if system == "buying" else Side.RIGHT
        if hook == "mlc_probe":
            return self.probe
        if hook == "mlc_map":
            if arguments["payload"]["record"].source.source_id in self.garbled:
                raise MappingError("Its status is not known.")
            return arguments["payload"]["record"]
        assert hook == "mlc_fetch"
        assert arguments["mode"] is FetchMode.SWEEP
        self.calls[side] += 1
        return self._page(side, arguments["object_type"], int(arguments["cursor"] or 0))

    def _page(self, side: Side, kind: ObjectType, start: int) -> Page:
        listed = self.left if side is Side.LEFT else self.right
        kinds = {kind, ObjectType.VENDOR_CREDIT} if side is Side.LEFT and kind is ObjectType.BILL else {kind}
        found = [one for one in listed if one.object_type in kinds]
        rows = tuple(SourceRecord(one.source.source_id, "1", {"record": one}) for one in found[start : start + 2])
        return Page(rows, next_cursor=str(start + 2) if start + 2 < len(found) else None, watermark="now")

    # ------------------------------------------------------------ the comparison

    def session(self) -> Session:
        world = self

        class _Counted:
            def __init__(self, side: Side) -> None:
                self.side = side

            @property
            def total(self) -> int:
                return world.calls[self.side]

        connections = {
            side: SimpleNamespace(
                name=side.value,
                system=SYSTEMS[side],
                http=SimpleNamespace(calls=_Counted(side), redact=str),
            )
            for side in Side
        }
        flows = (
            Flow(name="purchase-orders", object=ObjectType.PURCHASE_ORDER, source=Side.LEFT),
            Flow(name="bills", object=ObjectType.BILL, source=Side.LEFT, categories=("order",)),
            Flow(name="credits", object=ObjectType.VENDOR_CREDIT, source=Side.LEFT, read_as=ObjectType.BILL),
            Flow(name="payments", object=ObjectType.PAYMENT, source=Side.LEFT),
            Flow(name="invoices", object=ObjectType.INVOICE, source=Side.LEFT),
            Flow(name="expenses", object=ObjectType.EXPENSE, source=Side.RIGHT, categories=("clear",)),
            Flow(name="reimbursements", object=ObjectType.EXPENSE, source=Side.LEFT, categories=("asked",)),
        )
        pairing = Pairing(name="test", recipe="test", left="buying-1", right="books-1", policy=self.policy, flows=flows)
        made = cast(Any, Session)(
            pairing=pairing,
            database=self.database,
            plugins=self,
            connections=connections,
            clock=Clock(),
            digests={},
            guard=None,
        )
        return cast(Session, made)

    def reconcile(self) -> Reconciliation:
        return reconcile(self.session())


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    database = open_database(tmp_path / "mlc.db")
    made = World(database)
    made.vendor("Harbour Paper", "v1", "c1", right_name="Harbour Paper Ltd")
    yield made
    database.close()


# ---------------------------------------------------------------- documents


def _vendor(side: Side) -> Ref:
    if side is Side.LEFT:
        return Ref(record_type=ObjectType.VENDOR, source_id="v1", name="Harbour Paper")
    return Ref(record_type=ObjectType.VENDOR, source_id="c1", name="Harbour Paper Ltd")


def bill(side: Side, number: str | None, total: str, **values: Any) -> Bill:
    """An approved bill of 10 March 2026 in EUR."""
    source = SourceMeta(system=SYSTEMS[side], source_id=values.pop("id", f"{side.value}-{number}"))
    usual = {
        "source": source,
        "bill_number": number,
        "vendor": _vendor(side),
        "issue_date": date(2026, 3, 10),
        "currency": "EUR",
        "total": Decimal(total),
        "status": DocumentStatus.OPEN,
        "approval_status": ApprovalStatus.APPROVED,
        "payment_status": PaymentStatus.UNPAID,
    }
    return Bill(**usual | values)


def credit(side: Side, number: str, total: str) -> VendorCredit:
    made = bill(side, number, total)
    return VendorCredit(**{name: getattr(made, name) for name in made.model_fields_set})


def invoice(side: Side, number: str, total: str, customer: str, **values: Any) -> Invoice:
    """A sent invoice of 12 March 2026; ``customer`` is that side's id."""
    usual = {
        "source": SourceMeta(system=SYSTEMS[side], source_id=f"{side.value}-{number}"),
        "invoice_number": number,
        "customer": Ref(record_type=ObjectType.CUSTOMER, source_id=customer, name="Harbour Paper"),
        "issue_date": date(2026, 3, 12),
        "currency": "EUR",
        "total": Decimal(total),
        "status": DocumentStatus.OPEN,
        "payment_status": PaymentStatus.UNPAID,
    }
    return Invoice(**usual | values)


def expense(side: Side, number: str, total: str, **values: Any) -> Expense:
    """Spent on 14 March 2026; each side names somebody else as paid."""
    usual = {
        "source": SourceMeta(system=SYSTEMS[side], source_id=f"{side.value}-{number}"),
        "expense_number": number,
        "merchant": f"Corner Cafe, as {side.value} calls it",
        "issue_date": date(2026, 3, 14),
        "currency": "EUR",
        "total": Decimal(total),
        "category": "clear" if side is Side.RIGHT else None,
    }
    return Expense(**usual | values)


def order(side: Side, number: str, total: str, **values: Any) -> PurchaseOrder:
    usual = {
        "source": SourceMeta(system=SYSTEMS[side], source_id=f"{side.value}-{number}"),
        "po_number": number,
        "vendor": _vendor(side),
        "issue_date": date(2026, 3, 5),
        "currency": "EUR",
        "total": Decimal(total),
        "status": OrderStatus.ISSUED,
    }
    return PurchaseOrder(**usual | values)


def payment(side: Side, key: str, amount: str, *, documents: tuple[str, ...] = (), **values: Any) -> Payment:
    """A payment of 20 March 2026; the right side's list states no currency, the left's no vendor id."""
    left = side is Side.LEFT
    usual: dict[str, Any] = {
        "source": SourceMeta(system=SYSTEMS[side], source_id=key),
        "payment_date": date(2026, 3, 20),
        "amount": Decimal(amount),
        "party": Ref(record_type=ObjectType.VENDOR, name="Harbour Paper") if left else _vendor(side),
        "movement": MoneyMovement.MOVED,
        "allocations": tuple(
            PaymentAllocation(document=Ref(record_type=ObjectType.BILL, source_id=one)) for one in documents
        ),
    }
    return Payment(**usual | ({"currency": "EUR"} if left else {}) | values)


__all__ = ["PurchaseTax", "World", "bill", "credit", "order", "payment"]
