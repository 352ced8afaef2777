"""What people do at the source, and what has to become of it in the ledger."""

import hashlib
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from mlc_sandbox.company.lists import FREIGHT_ACCOUNT

from faultbench.checker import Moments, Obj, live, unique_value
from faultbench.world import World

APPROVED, DENIED, PAID = 2, 3, 4
PICTURE = "JVBERi0xLjQKJcOkCg=="


@dataclass
class People:
    """They make bills, correct them, withdraw them and pay them; ``judge`` checks the ledger against the source."""

    world: World
    bills: list[str] = field(default_factory=list)
    stock: list[str] = field(default_factory=list)
    """Bills that are in step and that no test has touched."""
    edited: set[str] = field(default_factory=set)
    """Bills whose document an accountant has changed."""
    _number: int = 0

    def lay_in(self, count: int) -> None:
        """Post so many bills for later tests to disturb."""
        self.stock += [self.new_bill() for _ in range(count)]
        self.world.settle()

    def posted_bill(self) -> str:
        """A bill that is in step."""
        if not self.stock:
            self.lay_in(20)
        return self.stock.pop()

    # ---------------------------------------------------------------- at the source

    def new_bill(self, *, image: bool = False, status: int = APPROVED) -> str:
        """An approved bill over an amount of its own; returns its id."""
        self._number += 1
        amount = f"{100 + self._number}.{10 + self._number % 90}"
        company = self.world.company
        vendor = company.vendors[self._number % 3]
        account = next(one for one in company.accounts if one.code not in (FREIGHT_ACCOUNT, "1010") and one.code >= "6")
        made = self.world.source.post(
            "objects/bills",
            {
                "vendor": vendor.id,
                "currency": "USD",
                "status": 0 if image else status,
                "invoice_number": hashlib.sha256(str(self._number).encode()).hexdigest()[:12].upper(),
                "invoice_date": company.today.isoformat(),
                "due_date": company.today.isoformat(),
                "items": [
                    {
                        "description": f"Item {self._number}",
                        "quantity": "1",
                        "unit_cost": amount,
                        "allocations": [
                            {
                                "amount": amount,
                                "account_code": account.code,
                                "department": company.departments[0].id,
                            }
                        ],
                    }
                ],
            },
        )
        uuid = str(made["uuid"])
        if image:
            self.press(uuid, "attach", content_base64=PICTURE, name="invoice.pdf")
            self.press(uuid, "approve")
        self.bills.append(uuid)
        return uuid

    def press(self, uuid: str, action: str, **more: Any) -> Any:
        """A button on a bill. The vendors' clocks tell seconds: nothing is done twice in one of them."""
        self.world.go_ahead(2)
        return self.world.source.post("objects/bills", {"id": uuid, "action": action, **more})

    def correct(self, uuid: str) -> None:
        """Raise a posted bill's amount."""
        line = self.source_bill(uuid)["items"][0]
        self.world.go_ahead(2)
        changed = {"id": line["id"], "quantity": "1", "unit_cost": str(Decimal(str(line["unit_cost"])) + 1000)}
        self.world.source.post("objects/bills", {"id": uuid, "force": True, "items": [changed]})

    def deny(self, uuid: str) -> None:
        """Withdraw a posted bill: it has to be void in the ledger."""
        self.press(uuid, "deny")

    def pay(self, uuid: str) -> None:
        """Money moves for the whole bill, on a day of its own: two worlds are compared, and one may pass midnight."""
        day = self.world.company.today.isoformat()
        paid = {"bills": [uuid], "status": "paid", "gl_code": "1010", "payment_date": day}
        self.world.source.post("objects/payments", paid)

    def do(self, operation: str) -> str:
        """One thing that leads to exactly one write of that kind; returns the bill it is about."""
        if operation in ("create", "image"):
            return self.new_bill(image=operation == "image")
        uuid = self.posted_bill()
        {"update": self.correct, "void": self.deny, "payment": self.pay}[operation](uuid)
        return uuid

    def source_bill(self, uuid: str) -> Any:
        return self.world.source.get(f"objects/bills/{uuid}")

    # ---------------------------------------------------------------- in the ledger

    def edit_in_ledger(self, uuid: str) -> None:
        """An accountant changes what the source answers for: a person has to be asked, nothing is overwritten."""
        self.edited.add(uuid)
        self.world.go_ahead(2)
        posted = self.posted(uuid)[0]
        self.world.target.post("objects/bills", {"id": posted["bill_id"], "due_date": "2027-01-31"})

    def posted(self, uuid: str) -> list[Obj]:
        """Every document of a bill in the ledger, void ones included."""
        number = self.source_bill(uuid)["invoice_number"]
        return [
            bill
            for bill in self.world.target.get("objects/bills")
            if unique_value(bill).endswith(uuid) or bill["bill_number"] == number
        ]

    def payments(self, uuid: str) -> list[Obj]:
        """Every payment that settles a bill's document."""
        ids = {bill["bill_id"] for bill in self.posted(uuid)}
        return [
            payment
            for payment in self.world.target.get("objects/vendorpayments")
            if any(str(part.get("bill_id")) in ids for part in payment.get("bills", ()))
        ]

    # ---------------------------------------------------------------- the verdict

    def problems(self) -> list[str]:
        """Everything that is wrong: duplicates at any moment, losses, wrong amounts, wrong payments at the end."""
        moments = Moments().replay(self.world.target.get("log"))
        found = list(moments.problems)
        crashes = self.world.target.get("crashes") + self.world.source.get("crashes")
        found += [f"the stand-in crashed: {crash}" for crash in crashes]
        for uuid in self.bills:
            found += self._bill_problems(uuid)
        return found

    def judge(self) -> None:
        """Raise AssertionError with every problem."""
        found = self.problems()
        assert not found, "\n".join(found)

    def _bill_problems(self, uuid: str) -> list[str]:
        bill = self.source_bill(uuid)
        name = bill["invoice_number"]
        documents = self.posted(uuid)
        standing = live(documents)
        if bill["status"] == DENIED:
            return [f"{name} was withdrawn and still stands"] if standing else []
        if len(documents) != 1 or len(standing) != 1:
            return [f"{name} is there {len(documents)} times, {len(standing)} of them count"]
        posted = standing[0]
        found = []
        if Decimal(posted["total"]) != Decimal(bill["total_cost_with_tax"]):
            found.append(f"{name}: {posted['total']} instead of {bill['total_cost_with_tax']}")
        if len(posted["documents"]) != min(1, len(bill["invoice_attachments"])):
            found.append(f"{name}: its image is there {len(posted['documents'])} times")
        if uuid in self.edited:
            held = self.world.holds(uuid)
            return [] if held == ["drift"] else [f"{name} was changed in the ledger, and nobody was asked: {held}"]
        if str(posted["due_date"]) != str(bill["due_date"])[:10]:
            found.append(f"{name} is due on {posted['due_date']} instead of {bill['due_date']}")
        paid = self.payments(uuid)
        if bill["status"] == PAID and (len(paid) != 1 or Decimal(posted["balance"]) != 0):
            found.append(f"{name} is paid, the ledger shows {len(paid)} payments and owes {posted['balance']}")
        if bill["status"] == APPROVED and paid:
            found.append(f"{name} is unpaid, the ledger shows {len(paid)} payments")
        return found
