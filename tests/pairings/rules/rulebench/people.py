"""What people do at the source and in the ledger, by their screens."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rulebench.bench import Bench, Row

DRAFT, APPROVED, DENIED, PAID = 0, 2, 3, 4
_NUMBERS = itertools.count(1)
_AMOUNTS = itertools.count(1001)
_WORDS = ("AMBER", "BIRCH", "CEDAR", "DELTA", "EMBER", "FJORD", "GROVE", "HAZEL", "IVORY", "JUNIPER")


def fresh_number() -> str:
    """A bill number that resembles no other."""
    count = next(_NUMBERS)
    return f"{_WORDS[count % 10]}{_WORDS[count // 10 % 10]}-{count * 7919 % 1_000_003:06d}"


@dataclass
class People:
    """A buyer, an approver, a payer at the source; an accountant in the ledger."""

    bench: Bench

    # ---------------------------------------------------------------- at the source

    def bill(
        self,
        *,
        vendor: int = 1,
        amount: str | None = None,
        number: str | None = None,
        day: str | None = None,
        currency: str | None = None,
        account: str = "6100",
        status: int = APPROVED,
        **more: Any,
    ) -> str:
        """A bill with one line; returns its uuid. Vendors 1 to 16 are known in the ledger and paid in USD."""
        company = self.bench.company
        on = day or company.today.isoformat()
        price = amount or f"{next(_AMOUNTS)}.37"
        asked = {
            "vendor": vendor,
            "status": status,
            "invoice_number": number or fresh_number(),
            "invoice_date": on,
            "due_date": on,
            "items": [
                {
                    "description": "Spare parts",
                    "quantity": "1",
                    "unit_cost": price,
                    "account_code": account,
                    "department": company.departments[0].id,
                }
            ],
            **more,
        }
        if currency is not None:
            asked["currency"] = currency
        return str(self.bench.source.post("objects/bills", asked)["uuid"])

    def posted_bill(self, **facts: Any) -> str:
        """A bill that is in step."""
        uuid = self.bill(**facts)
        self.bench.run()
        assert self.bench.state(uuid) == "in_step", self.bench.record(uuid)["reason"]
        return uuid

    def posted_bills(self, count: int, **facts: Any) -> list[str]:
        """So many bills that are in step."""
        uuids = [self.bill(**facts) for _ in range(count)]
        self.bench.run()
        assert {self.bench.state(uuid) for uuid in uuids} == {"in_step"}
        return uuids

    def change(self, uuid: str, **fields: Any) -> None:
        """Somebody with the right to do so changes an approved bill."""
        self.bench.source.post("objects/bills", {"id": uuid, "force": True, **fields})

    def reprice(self, uuid: str, amount: str) -> None:
        """The bill's one line costs something else."""
        line = self.source_bill(uuid)["items"][0]
        self.change(uuid, items=[{"id": line["id"], "quantity": "1", "unit_cost": amount}])

    def press(self, uuid: str, action: str, **more: Any) -> None:
        """A button on a bill."""
        self.bench.source.post("objects/bills", {"id": uuid, "action": action, **more})

    def deny(self, uuid: str) -> None:
        self.press(uuid, "deny")

    def pay(self, *uuids: str, **more: Any) -> int:
        """Money moves at the source; returns the payment's id."""
        asked = {"bills": list(uuids), "status": "paid", "gl_code": "1010", **more}
        return int(self.bench.source.post("objects/payments", asked)["id"])

    def vendor(self, name: str, **more: Any) -> int:
        """A vendor that only the source knows."""
        return int(self.bench.source.post("objects/vendors", {"name": name, **more})["id"])

    def source_bill(self, uuid: str) -> Row:
        found: Row = self.bench.source.get(f"objects/bills/{uuid}")
        return found

    # ---------------------------------------------------------------- in the ledger

    def documents(self, uuid: str) -> list[Row]:
        """Every document of a bill in the ledger, void ones included."""
        number = self.source_bill(uuid)["invoice_number"]
        return self.numbered(number)

    def numbered(self, number: str) -> list[Row]:
        return [one for one in self.bench.target.get("objects/bills") if one["bill_number"] == number]

    def document(self, uuid: str) -> Row:
        """The one document of a bill."""
        (found,) = self.documents(uuid)
        return found

    def accountant(self, uuid: str, **fields: Any) -> None:
        """Edits a bill's document in the ledger, or presses the button ``action`` there."""
        self.bench.target.post("objects/bills", {"id": self.document(uuid)["bill_id"], **fields})

    def reprice_in_ledger(self, uuid: str, amount: str) -> None:
        posted = self.document(uuid)
        line = posted["line_items"][0]
        changed = {"line_item_id": line["line_item_id"], "rate": Decimal(amount), "quantity": 1}
        self.accountant(uuid, line_items=[changed])

    def type_in(self, like: str | None = None, **fields: Any) -> str:
        """A bill typed into the ledger by hand, with everything that makes it the twin of ``like``; returns its id."""
        asked: Row = {}
        if like is not None:
            bill = self.source_bill(like)
            asked = {
                "vendor_id": self.contact(bill["vendor"]["id"]),
                "bill_number": bill["invoice_number"],
                "date": str(bill["invoice_date"])[:10],
                "due_date": str(bill["due_date"])[:10],
                "line_items": [self.line(str(bill["total_cost_with_tax"]))],
            }
        return str(self.bench.target.post("objects/bills", asked | fields)["bill_id"])

    def line(self, amount: str, account: str = "6100") -> Row:
        """One line of a bill typed into the ledger."""
        account_id = next(one.ledger_id for one in self.bench.company.accounts if one.code == account)
        return {"account_id": account_id, "rate": Decimal(amount), "quantity": 1, "description": "Spare parts"}

    def contact(self, vendor: int) -> str:
        """The ledger's id of a vendor."""
        company = self.bench.company
        known = next(one for one in company.vendors if one.id == vendor)
        return str(company.contact(known.contact).ledger_id)

    def new_contact(self, name: str, **more: Any) -> str:
        """A vendor typed into the ledger; returns its id."""
        asked = {"contact_name": name, "contact_type": "vendor", **more}
        return str(self.bench.target.post("objects/contacts", asked)["contact_id"])

    def payments(self, uuid: str) -> list[Row]:
        """Every payment in the ledger that settles a bill's document."""
        ids = {one["bill_id"] for one in self.documents(uuid)}
        paid = self.bench.target.get("objects/vendorpayments")
        return [one for one in paid if any(str(part.get("bill_id")) in ids for part in one.get("bills", ()))]

    def lock(self, until: str | None, modules: Iterable[str] = ("purchase", "banking")) -> None:
        """Close a period in the ledger, or open it again."""
        for module in modules:
            asked: Row = {"transaction_lock_module": module, "transaction_lock_date": until or "2000-01-01"}
            if until is None:
                asked["transaction_lock_status"] = "disabled"
            self.bench.target.post("objects/transactionlocks", asked)
