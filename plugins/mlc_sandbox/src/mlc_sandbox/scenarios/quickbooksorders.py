"""An order in the demo of ``quickbooks+basware``: made in the books, matched with an invoice in P2P, billed whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from mlc_sandbox.company import Company
from mlc_sandbox.scenarios.disturbances import Change
from mlc_sandbox.scenarios.judging import CaseResult
from mlc_sandbox.scenarios.ledgerview import Record
from mlc_sandbox.scenarios.matchedorders import in_p2p
from mlc_sandbox.scenarios.quickbooksview import QuickBooksView

NUMBER: Final = "QB-PO-4711"
#: Closed with nothing billed.
UNBILLED: Final = "QB-PO-8150"
_AMOUNTS: Final = (200, 400)
_KIND: Final = "PurchaseOrder"


def ordered(
    company: Company, source: str, vendor: str, account: str, books: Mapping[str, Iterable[Record]]
) -> list[Change]:
    """What was ordered in the books before the first pass: two open orders of two lines on an account."""
    ids = {str(row.get("AcctNum")): str(row["Id"]) for row in books["Account"]}
    payable = next(str(row["Id"]) for row in books["Account"] if row["AccountType"] == "Accounts Payable")
    body = {
        "VendorRef": {"value": vendor},
        "APAccountRef": {"value": payable},
        "CurrencyRef": {"value": "USD"},
        "TxnDate": company.today.isoformat(),
        "POStatus": "Open",
        "Line": [_line(amount, ids[account]) for amount in _AMOUNTS],
    }
    return [Change("ordered", source, _KIND, {**body, "DocNumber": number}, 0) for number in (NUMBER, UNBILLED)]


def closed(source: str) -> Change:
    """Nothing comes of the second one: it is closed by hand."""
    body = {"DocNumber": UNBILLED, "action": "change", "POStatus": "Closed"}
    return Change("order_closed_unbilled", source, _KIND, body, 0)


def judged(view: QuickBooksView, invoice_id: str) -> list[CaseResult]:
    """The bill is linked line by line; QuickBooks closed its order with it, and P2P was told."""
    order = next(row for row in view.books[_KIND].values() if row.get("DocNumber") == NUMBER)
    wanted = [f"{order['Id']} {_KIND} {line['Id']}" for line in order["Line"]]
    linked = [
        f"{link['TxnId']} {link['TxnType']} {link['TxnLineId']}"
        for line in view.document(invoice_id).get("Line", ())
        for link in line.get("LinkedTxn", ())
    ]
    return [
        CaseResult("lines_of_the_order_linked", ", ".join(wanted), ", ".join(linked)),
        CaseResult("order_closed_with_its_bill", "Closed", str(order["POStatus"])),
        CaseResult("order_closed_unbilled", "closed, lines 200 closed, 400 closed", in_p2p(view.desk, UNBILLED)),
        CaseResult("order_in_p2p", "closed, lines 200 closed, 400 closed", in_p2p(view.desk, NUMBER)),
    ]


def _line(amount: int, account: str) -> dict[str, Any]:
    kind = "AccountBasedExpenseLineDetail"
    detail = {"AccountRef": {"value": account}}
    return {"DetailType": kind, "Amount": amount, "Description": f"Paper for {amount}", kind: detail}
