"""What is pushed: records made from what the target already has, each with a marker that stands in no other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from mlc import Capability, System
from mlc.recipes import Flow, FlowMode, Maps, Owner, Policy, Side
from mlc.records import (
    Account,
    AccountClass,
    ApprovalStatus,
    Bill,
    Customer,
    DocumentStatus,
    Line,
    ObjectType,
    PartyStatus,
    Record,
    Ref,
    SourceMeta,
    Vendor,
)

#: The object types that can be pushed, the hardest first.
PUSHED = (ObjectType.BILL, ObjectType.VENDOR, ObjectType.CUSTOMER)
#: Those that point to nothing, by the record that they are.
PARTIES: dict[ObjectType, type[Vendor] | type[Customer]] = {
    ObjectType.VENDOR: Vendor,
    ObjectType.CUSTOMER: Customer,
}
#: What a bill of the torture points to.
MASTER = (ObjectType.CURRENCY, ObjectType.ACCOUNT)
_BILL = ("number", "vendor", "currency", "amount", "issue_date", "due_date", "lines_text", "memo", "coding", "tax")
_LEFT = Owner.LEFT


@dataclass(frozen=True, slots=True)
class Found:
    """What the target showed before anything was pushed."""

    vendors: Sequence[Vendor] = ()
    accounts: Sequence[Account] = ()
    base_currency: str | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """One object type of one target."""

    kind: ObjectType
    make: Callable[[int], Record]
    change: Callable[[Record, int], Record]
    end: Callable[[Record], Record] | None
    """Voids it; None where the target cannot."""
    beside: tuple[Record, ...] = ()
    """What has to stand at the source as well."""
    maps: Maps = field(default_factory=Maps)

    def policy(self, since: date) -> Policy:
        """Of the pairing: new vendors are created, nothing is too many."""
        return Policy(since=since, missing_vendor=FlowMode.WRITE, maps=self.maps)

    def flows(self, system: System, *, deadline_s: float) -> tuple[Flow, ...]:
        """What the target's documents point to is matched, the subject is written."""
        timing = {"applies_within_s": 60.0, "visible_within_s": 30.0, "request_deadline_s": deadline_s}
        matched = [kind for kind in MASTER if self.kind is ObjectType.BILL and system.support(kind) is not None]
        flows = [Flow(name=kind.value, object=kind, source=Side.LEFT, mode=FlowMode.MATCH) for kind in matched]
        if self.kind not in PARTIES:
            flows.append(Flow(name="vendor", object=ObjectType.VENDOR, source=Side.LEFT, mode=FlowMode.HOLD))
            return (
                *flows,
                Flow(name="bill", object=self.kind, source=Side.LEFT, owners=dict.fromkeys(_BILL, _LEFT), **timing),
            )
        owners = {"name": Owner.ONCE, "currency": Owner.ONCE, "website": _LEFT}
        return (Flow(name=self.kind.value, object=self.kind, source=Side.LEFT, owners=owners, **timing),)


def kind_of(system: System) -> ObjectType | None:
    """What is pushed into this system; None when nothing of it can be created."""
    return next((kind for kind in PUSHED if system.can(kind, Capability.CREATE)), None)


def marker(kind: ObjectType, seed: int, number: int) -> str:
    """A number or a name that resembles no other one: what resembles is held as a possible duplicate."""
    drawn = hashlib.sha256(f"{seed}:{number}".encode()).hexdigest()[:11].upper()
    return f"Torture {drawn}" if kind in PARTIES else f"T{drawn}"


def subject_of(system: System, found: Found, *, today: date, seed: int) -> Subject | None:
    """The subject for a target that has shown what it has; None when a bill has nothing to point to."""
    kind = kind_of(system)
    if kind is None:
        return None
    if kind in PARTIES:
        return Subject(kind, lambda number: _party(kind, found, marker(kind, seed, number)), _with_website, None)
    vendors = _usable(found.vendors)[:3]
    account = _expense(found.accounts)
    if not vendors or account is None:
        return None
    code = account.code or account.source.source_id
    beside = tuple(
        Vendor(source=_source(f"v-{one.source.source_id}"), name=one.name, currency=one.currency) for one in vendors
    )

    def make(number: int) -> Record:
        vendor = beside[number % len(beside)]
        return _bill(marker(ObjectType.BILL, seed, number), number, vendor=vendor, code=code, found=found, today=today)

    can_void = system.can(kind, Capability.VOID)
    return Subject(kind, make, _other_amount, _voided if can_void else None, beside,
                   Maps(accounts={code: account.source.source_id}))  # fmt: skip


def _source(id: str) -> SourceMeta:
    """Where it is said to come from; the desk completes it."""
    return SourceMeta(system="", source_id=id)


def _usable(vendors: Sequence[Vendor]) -> list[Vendor]:
    """Active ones whose name nobody shares."""
    names = [one.name.casefold() for one in vendors]
    return [one for one in vendors if one.status is PartyStatus.ACTIVE and names.count(one.name.casefold()) == 1]


def _expense(accounts: Sequence[Account]) -> Account | None:
    open_ones = [one for one in accounts if one.active and one.postable and not one.money]
    best = [one for one in open_ones if one.classification is AccountClass.EXPENSE]
    return next(iter([*best, *open_ones]), None)


def _party(kind: ObjectType, found: Found, name: str) -> Record:
    currency = found.base_currency
    values = {} if currency is None else {"currency": currency}
    return PARTIES[kind](source=_source(name.replace(" ", "-")), name=name, **values)


def _with_website(record: Record, number: int) -> Record:
    return record.model_copy(update={"website": f"https://torture.example/{number}"})


def _bill(number: str, seed: int, *, vendor: Vendor, code: str, found: Found, today: date) -> Bill:
    return Bill(
        source=_source(number),
        bill_number=number,
        vendor=Ref(record_type=ObjectType.VENDOR, source_id=vendor.source.source_id, name=vendor.name),
        issue_date=today,
        due_date=today,
        currency=vendor.currency or found.base_currency,
        status=DocumentStatus.OPEN,
        approval_status=ApprovalStatus.APPROVED,
        memo=f"Pushed as {number}",
        **_money(code, Decimal(100 + seed) + Decimal(seed % 90 + 10) / 100),
    )


def _money(code: str, amount: Decimal) -> dict[str, object]:
    account = Ref(record_type=ObjectType.ACCOUNT, source_id=code, code=code)
    line = Line(
        line_id="1",
        description="Goods",
        quantity=Decimal(1),
        unit_price=amount,
        line_net_amount=amount,
        account=account,
    )
    return {"lines": (line,), "subtotal": amount, "tax_total": Decimal(0), "total": amount}


def _other_amount(record: Record, number: int) -> Record:
    assert isinstance(record, Bill)
    amount = (record.total or Decimal(0)) + Decimal(number) + Decimal("0.01")
    account = record.lines[0].account
    assert account is not None
    return record.model_copy(update=_money(account.code or "", amount))


def _voided(record: Record) -> Record:
    return record.model_copy(update={"status": DocumentStatus.VOID})
