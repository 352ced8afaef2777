"""What the strategies' worlds write to: for each strategy a system that has it, what it is given, what it shows.

``found`` reads the stand-in's own objects, never what the connector believes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from mlc.contract import Strategy
from mlc.records import (
    Account,
    ApprovalStatus,
    AttachmentRef,
    Bill,
    DocumentStatus,
    Line,
    ObjectType,
    OrderStatus,
    PurchaseOrder,
    Record,
    Ref,
    SourceMeta,
    Vendor,
)
from mlc_sandbox.served import Served

Objects = Mapping[str, list[dict[str, Any]]]
#: After every closing date of the stand-ins' companies.
DAY = date(2026, 11, 5)


@dataclass(frozen=True, slots=True)
class Shown:
    """One document as the stand-in has it. ``value``: its amount, or a party's name."""

    id: str
    value: str
    files: int = 0


@dataclass(frozen=True)
class Target:
    """A strategy, the system that has it, and how both are seen.

    Attributes:
        operations: What people at the source may do: ``create``, ``batch``, ``image``, ``update``, ``void``; and
            ``refuse``, a create that is accepted and refused later, until it is corrected.
        types: The stand-in's types whose creation counts as one document.
        write: The requests that create, for faults.
        found: What stands of a record there; void and withdrawn ones left out.
    """

    system: str
    kinds: tuple[ObjectType, ...]
    operations: tuple[str, ...]
    types: frozenset[str]
    write: str
    found: Callable[[Objects, Record], list[Shown]]
    strategy: Strategy
    later: bool = False
    batch: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    beside: Callable[[Served], tuple[Record, ...]] = lambda served: ()
    account: Callable[[Served], str] = lambda served: ""
    switches: Mapping[str, Any] = field(default_factory=dict)


def of_source(id: str) -> SourceMeta:
    """Where it is said to come from; the desk completes it."""
    return SourceMeta(system="", source_id=id)


def new_vendor(number: int) -> Vendor:
    return Vendor(source=of_source(f"V{number}"), name=f"{_word(number)} {number}", vendor_code=f"V{number}",
                  currency="EUR")  # fmt: skip


def new_order(number: int, vendor: Vendor, account: str) -> PurchaseOrder:
    return PurchaseOrder(
        source=of_source(f"PO{number}"), po_number=f"PO{_word(number)}{number}", status=OrderStatus.ISSUED,
        delivery_date=date(2026, 12, 2), **_document(number, vendor, account),
    )  # fmt: skip


def new_bill(number: int, vendor: Vendor, account: str, *, image: bool) -> Bill:
    picture = AttachmentRef(source_id="1", filename="invoice.pdf", is_image_of_document=True)
    return Bill(
        source=of_source(f"B{number}"), bill_number=f"B{_word(number)}{number}", due_date=date(2026, 12, 5),
        status=DocumentStatus.OPEN, approval_status=ApprovalStatus.APPROVED,
        attachments=(picture,) if image else (), **_document(number, vendor, account),
    )  # fmt: skip


def changed(record: Record, number: int) -> Record:
    """Another amount, or another name."""
    if isinstance(record, Vendor):
        return record.model_copy(update={"name": f"{record.name} {_word(number)}"})
    assert isinstance(record, PurchaseOrder | Bill)
    account = record.lines[0].account
    return record.model_copy(update=_money(account.source_id or "" if account else "", Decimal(1000 + number)))


def withdrawn(record: Record) -> Record:
    assert isinstance(record, PurchaseOrder)
    return record.model_copy(update={"status": OrderStatus.CANCELLED})


def marker(record: Record) -> str:
    """What stands in no other record of its kind, and never changes."""
    if isinstance(record, Vendor):
        return record.vendor_code or ""
    return str(getattr(record, "po_number", None) or getattr(record, "bill_number", ""))


def _word(number: int) -> str:
    """Unlike the words of the numbers around it: what resembles is held."""
    return "".join("BCDFGHKLMN"[int(digit)] + "aeiou"[int(digit) % 5] for digit in f"{number * 7919 % 100_003:05d}")


def _document(number: int, vendor: Vendor, account: str) -> dict[str, Any]:
    ref = Ref(record_type=ObjectType.VENDOR, source_id=vendor.source.source_id, name=vendor.name)
    return {"vendor": ref, "issue_date": DAY, "currency": vendor.currency, **_money(account, Decimal(100 + number))}


def _money(account: str, amount: Decimal) -> dict[str, Any]:
    ref = Ref(record_type=ObjectType.ACCOUNT, source_id=account, code=account) if account else None
    line = Line(line_id="1", key="1", position=1, description="Goods", quantity=Decimal(1), unit_price=amount,
                line_net_amount=amount, account=ref)  # fmt: skip
    return {"lines": (line,), "subtotal": amount, "tax_total": Decimal(0), "total": amount}


# -------------------------------------------------------------------- QuickBooks: the key answers


def _quickbooks_vendor(served: Served) -> tuple[Record, ...]:
    first = next(one for one in served.get("objects/Vendor") if one["Active"] and one["CurrencyRef"]["value"] == "USD")
    return (Vendor(source=of_source("V"), name=first["DisplayName"], currency="USD"),)


def _quickbooks_account(served: Served) -> str:
    return str(
        next(one["Id"] for one in served.get("objects/Account") if one["AccountType"] == "Expense" and one["Active"])
    )


def _in_quickbooks(objects: Objects, record: Record) -> list[Shown]:
    kind = "PurchaseOrder" if isinstance(record, PurchaseOrder) else "Bill"
    files = objects.get("Attachable", [])
    return [
        Shown(one["Id"], _plain(one["TotalAmt"]), sum(_hangs_on(file, kind, one["Id"]) for file in files))
        for one in objects.get(kind, [])
        if one.get("DocNumber") == marker(record) and one.get("POStatus") != "Closed"
    ]


def _hangs_on(file: Mapping[str, Any], kind: str, id: str) -> bool:
    refs = [one["EntityRef"] for one in file.get("AttachableRef", ()) if "EntityRef" in one]
    return any((one["type"], one["value"]) == (kind, id) for one in refs)


# -------------------------------------------------------------------- Basware: accepted is not done


def _in_basware(objects: Objects, record: Record) -> list[Shown]:
    """As P2P has it: what the API layer took and P2P refused is not there."""
    if isinstance(record, Vendor):
        there = [one for one in objects.get("p2p_vendors", []) if one.get("vendorCode") == marker(record)]
        return [Shown(str(one["externalCode"]), one["name"]) for one in there]
    found = []
    for order in objects.get("p2p_orders", []):
        standing = [one for one in order["lines"].values() if not one.get("isDeleted")]
        if order["orderNumber"] == marker(record) and standing:
            amount = sum(Decimal(str(one["netSum"])) for one in standing)
            found.append(Shown(str(order["externalCode"]), _plain(amount)))
    return found


# -------------------------------------------------------------------- Drydock: a caller's key, or nothing at all


def _in_drydock(objects: Objects, record: Record) -> list[Shown]:
    mine = f":{record.source.source_id}"
    return [Shown(one["id"], one["name"]) for one in objects.get("suppliers", []) if one["key"].endswith(mine)]


def _plain(amount: object) -> str:
    return f"{Decimal(str(amount)):.2f}"


TARGETS: Mapping[str, Target] = {
    "replay_key": Target(
        "quickbooks",
        (ObjectType.ACCOUNT, ObjectType.VENDOR, ObjectType.PURCHASE_ORDER, ObjectType.BILL),
        ("create", "image", "update", "void"),
        frozenset({"PurchaseOrder", "Bill"}),
        "WRITE /(purchaseorder|bill|upload)$",
        _in_quickbooks,
        Strategy.REPLAY_KEY,
        settings={"realm_id": "9130000000000001"},
        secrets={
            "client_id": "ABdemoClient", "client_secret": "demo-secret", "refresh_token": "RT1-demo-refresh",
            "webhook_verifier": "verifier-demo-matrix-1",
        },
        beside=_quickbooks_vendor,
        account=_quickbooks_account,
        switches={"rotate_after_s": 10**9, "idle_days": 10_000, "hard_cap_days": 10_000},
    ),
    "accepted": Target(
        "basware",
        (ObjectType.ACCOUNT, ObjectType.VENDOR, ObjectType.PURCHASE_ORDER),
        ("create", "batch", "update", "void", "refuse"),
        frozenset({"p2p_vendors", "p2p_orders"}),
        "WRITE /(vendors|matchingOrders|matchingOrderLines)$",
        _in_basware,
        Strategy.CALLER_KEY,
        later=True,
        batch=10,
        settings={
            "source_system": "LEDGER-1", "code_prefix": "cf", "company_codes": ["1000"],
            "organization_element": "1000", "payment_means_code": "WIRE",
        },
        secrets={"client_id": "demo-client", "client_secret": "demo-secret", "webhook_token": "an-invented-token"},
        beside=lambda served: (new_vendor(0), Account(source=of_source("6100"), code="6100", name="Supplies")),
        account=lambda served: "6100",
    ),
    "caller_key": Target(
        "drydock", (ObjectType.VENDOR,), ("create", "batch", "update"), frozenset({"suppliers"}), "POST /suppliers",
        _in_drydock, Strategy.CALLER_KEY, batch=5,
    ),
    "hold": Target(
        "drydock", (ObjectType.VENDOR,), ("create", "update"), frozenset({"suppliers"}), "POST /suppliers",
        _in_drydock, Strategy.HOLD, switches={"keyed": False},
    ),
}  # fmt: skip
