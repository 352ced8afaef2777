"""Vendors in the demo of ``quickbooks+basware``: one that only P2P knows, one in another currency, two merged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from mlc_sandbox.basware.seed import HEAD
from mlc_sandbox.scenarios.contract import Act
from mlc_sandbox.scenarios.disturbances import Change
from mlc_sandbox.scenarios.judging import CaseResult
from mlc_sandbox.scenarios.quickbooksview import QuickBooksView

BOOKS, DESK, OPERATOR = "quickbooks", "basware", "mlc"
CODE: Final = "P2P-DEMO"
TYPED, WINNER, LOSER = "Demo Ketch Kettles", "Demo Dock Supplies", "Demo Dock Supplies East"
#: What people approve, and the net of each.
AMOUNTS: Final = {
    "of_a_new_supplier": "131.71",
    "in_another_currency": "141.83",
    "of_the_loser": "151.97",
    "of_the_loser_again": "161.03",
}

Made = Callable[..., Change]


def entered() -> list[Change]:
    """Before the first pass: a supplier that people typed into P2P, and a vendor that somebody entered twice."""
    supplier: dict[str, Any] = {
        "vendorCode": CODE,
        "name": TYPED,
        "companies": [{"companyCode": HEAD}],
        "paymentMeans": [{"paymentMeansCode": "WIRE", "currencyCode": "USD", "default": True}],
        "processingStatus": {"active": True},
    }
    vendors = [Change("entered_twice", BOOKS, "Vendor", {"DisplayName": name}, 0) for name in (WINNER, LOSER)]
    return [Change("typed_into_p2p", DESK, "p2p_vendors", supplier, 0), *vendors]


def acts(made: Made) -> list[Act]:
    """A supplier is proposed and made; an invoice is in another currency; a merge is said to mlc, and closed there."""
    merge = {"DisplayName": WINNER, "action": "merge", "loser": LOSER}
    return [
        Act(
            "named",
            [
                made("of_a_new_supplier", supplierOf=None, supplierCode=CODE),
                made("in_another_currency", currencyCode="EUR"),
                made("of_the_loser", supplierOf=None, supplierNamed=LOSER),
            ],
        ),
        Act(
            "created",
            [
                Change("of_a_new_supplier", OPERATOR, "held", {"verb": "create", "code": "missing_vendor", "id": CODE}),
                Change("merged", BOOKS, "Vendor", merge),
            ],
        ),
        Act(
            "linked",
            [
                Change("merged", OPERATOR, "held", {"verb": "link", "code": "merged_elsewhere"}),
                made("of_the_loser_again", supplierOf=None, supplierNamed=LOSER),
            ],
        ),
        Act("closed", [Change("merged", OPERATOR, "held", {"verb": "accept", "code": "merged_elsewhere"})]),
    ]


def judged(view: QuickBooksView, invoice: Callable[[str], str]) -> list[CaseResult]:
    """Whose each bill is, and that P2P's people cannot choose the loser any more."""
    first = _vendor(view, invoice("paid_in_the_books"))
    losers = ", ".join(_vendor(view, invoice(name)) for name in ("of_the_loser", "of_the_loser_again"))
    (there,) = [row for row in view.desk["p2p_vendors"] if row["name"] == LOSER]
    return [
        CaseResult("invoice_of_a_proposed_supplier", TYPED, _vendor(view, invoice("of_a_new_supplier"))),
        CaseResult("invoice_in_another_currency", f"{first} (EUR)", _vendor(view, invoice("in_another_currency"))),
        CaseResult("invoices_of_a_merged_vendor", f"{WINNER}, {WINNER}", losers),
        CaseResult("merged_vendor_in_p2p", "inactive", "active" if there["processingStatus"]["active"] else "inactive"),
    ]


def _vendor(view: QuickBooksView, invoice_id: str) -> str:
    """Whose its bill is; what became of the invoice where there is none."""
    shown = view.document(invoice_id)
    if not shown:
        return view.outcome(invoice_id)
    return str(view.books["Vendor"][str(shown["VendorRef"]["value"])]["DisplayName"])
