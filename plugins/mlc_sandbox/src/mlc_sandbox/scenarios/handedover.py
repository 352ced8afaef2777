"""What people do in P2P and in the books during the demo of ``zoho-books+basware``, and what has to come of it."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.basware.seed import HEAD
from mlc_sandbox.company import Bill, Company, LedgerContact, LedgerDocument
from mlc_sandbox.scenarios.contract import Act
from mlc_sandbox.scenarios.disturbances import Change
from mlc_sandbox.scenarios.invoiceview import InvoiceView
from mlc_sandbox.scenarios.judging import CaseResult
from mlc_sandbox.scenarios.ledgerview import decimal
from mlc_sandbox.scenarios.matchedorders import in_p2p

BOOKS, DESK = "zoho-books", "basware"
OTHER_COMPANY: Final = "3000"
ACCOUNT: Final = "6100"
ORDER: Final = "DEMO-PO-1"
#: Closed with nothing billed.
UNBILLED: Final = "DEMO-ORDER-77"
#: The second payment of a bill, deleted later.
TAKEN_BACK: Final = "DEMO-PAY-2"
#: What people make, and the net of each: no two look alike.
AMOUNTS: Final = {
    "new_invoice": "1117.31",
    "payment_block": "2131.07",
    "negative_invoice": "-317.19",
    "unknown_cost_centre": "411.23",
    "taken_by_another_program": "517.29",
    "another_company": "613.37",
    "refused_late": "719.41",
    "matched_with_an_order": "600.00",
    **{f"of_twenty_{place}": f"{1500 + 37 * place}.{place:02d}" for place in range(1, 21)},
}
#: Approved together: what posting them costs is counted.
TWENTY: Final = tuple(name for name in AMOUNTS if name.startswith("of_twenty_"))


def id_of(name: str) -> str:
    """The id of an invoice that the demo makes."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"demo-invoice:{name}").hex


def changes(company: Company) -> list[Change]:
    """Between the second and the third pass; ``writes`` counts what is posted and what Basware is told."""
    whole, part = _twins(company)[:2]
    today = company.today.isoformat()
    paid = {"payment_mode": "Bank Transfer", "date": today, "paid_through_account_id": _bank(company, whole)}
    half = {**paid, "paid_through_account_id": _bank(company, part), "amount": _half(part)}
    vendor = _vendor(company)
    address = {"attention": "Accounts", "address": "9 New Quay", "city": "Boston", "zip": "02211", "country": "U.S.A."}
    return [
        _made(company, "new_invoice", 3),
        _made(company, "payment_block", 0, paymentBlock=True),
        _made(company, "negative_invoice", 3),
        _made(company, "unknown_cost_centre", 2, center="DEP-99"),
        _made(company, "taken_by_another_program", 0),
        _desk("taken_by_another_program", "acknowledge_elsewhere", 0),
        Change("another_company", DESK, "companies", {"companyCode": OTHER_COMPANY, "currencyCode": "USD"}, 0),
        _made(company, "another_company", 0, companyCode=OTHER_COMPANY),
        Change("withdrawn_after_transfer", DESK, "invoices", {"id": _posted(company).uuid, "action": "remove"}, 0),
        Change("paid_in_the_books", BOOKS, "bills", {"id": whole.ledger_id, "action": "pay", **paid}),
        Change("part_paid_in_the_books", BOOKS, "bills", {"id": part.ledger_id, "action": "pay", **half}),
        Change("vendor_moves", BOOKS, "contacts", {"id": vendor.ledger_id, "billing_address": address}),
    ]


def acts(company: Company) -> list[Act]:
    """Further passes."""
    part = _twins(company)[1]
    rest = {"payment_mode": "Bank Transfer", "date": company.today.isoformat()}
    rest |= {"paid_through_account_id": _bank(company, part), "reference_number": TAKEN_BACK}
    corrected = {"codingRows": [_row(company, "Corrected", decimal(AMOUNTS["unknown_cost_centre"]))]}
    order = {
        "vendor_id": _vendor(company).ledger_id,
        "purchaseorder_number": ORDER,
        "date": company.today.isoformat(),
        "line_items": [
            {"account_id": company.account(ACCOUNT).ledger_id, "name": name, "rate": 100, "quantity": quantity}
            for name, quantity in (("Paper", 2), ("Ink", 4))
        ],
        "status": "open",
    }
    return [
        Act(
            "corrected",
            [
                Change("unknown_cost_centre", DESK, "invoices", _act("unknown_cost_centre", "resend", **corrected)),
                _desk("payment_block", "unblock", 0),
                Change("part_paid_in_the_books", BOOKS, "bills", {"id": part.ledger_id, "action": "pay", **rest}),
                Change("matched_with_an_order", BOOKS, "purchaseorders", order),
                Change("order_closed_unbilled", BOOKS, "purchaseorders", {**order, "purchaseorder_number": UNBILLED}),
            ],
        ),
        Act(
            "matched",
            [
                _made(company, "matched_with_an_order", 0, state="New", codingRows=[], orderNumbers=[ORDER]),
                Change("matched_with_an_order", DESK, "invoices",
                       _act("matched_with_an_order", "match", orderNumber=ORDER)),
                _desk("matched_with_an_order", "approve", 0),
                Change("order_closed_unbilled", BOOKS, "purchaseorders",
                       {"purchaseorder_number": UNBILLED, "action": "billed"}),
                Change("part_paid_in_the_books", BOOKS, "vendorpayments",
                       {"reference_number": TAKEN_BACK, "action": "delete"}),
            ],
        ),
        Act(
            "refused",
            [
                Change("refused_late", DESK, "outcomes",
                       {"entityType": "TransferResponse", "status": "Error", "message": "The period is closed."}),
                _made(company, "refused_late", 0),
            ],
        ),
        Act("twenty", [_made(company, name, 0, invoiceNumber=f"D-{id_of(name)[:12]}") for name in TWENTY]),
        Act("quiet", [], runs=2, silent=True),
    ]  # fmt: skip


def judged(view: InvoiceView) -> list[CaseResult]:
    """What had to come of all that."""
    company = view.company
    whole, part = _twins(company)[:2]
    expected = {
        "new_invoice": "posted, Transferred",
        "payment_block": "posted, Transferred",
        "negative_invoice": "credit, Transferred",
        "unknown_cost_centre": "posted, Transferred",
        "taken_by_another_program": "not posted, TransferInProgress",
        "another_company": "not posted, WaitingForTransfer",
        "refused_late": "posted, Transferred",
        "matched_with_an_order": "posted, Transferred",
        **dict.fromkeys(TWENTY, "posted, Transferred"),
    }
    results = [CaseResult(name, word, view.made(id_of(name))) for name, word in expected.items()]
    responses = [one.get("success") for one in view.invoices[id_of("unknown_cost_centre")].get("transferResponses", ())]
    linked = [
        bool(line.get("purchaseorder_item_id"))
        for _kind, row in view.documents(id_of("matched_with_an_order"))
        for line in row["line_items"]
    ]
    withdrawn = _posted(company)
    return [
        *results,
        CaseResult("refused_late_and_not_answered", "WaitingForTransfer", view.reached(id_of("refused_late"))),
        CaseResult("given_back_then_taken", "[False, True]", str(responses)),
        CaseResult("lines_of_the_order_linked", "[True, True]", str(linked)),
        CaseResult("withdrawn_after_transfer", "held:void_blocked", f"held:{view.held.get(withdrawn.uuid)}"),
        CaseResult("paid_in_the_books", f"{whole.total.normalize():f} in 1", view.paid(_twin_of(company, whole).uuid)),
        CaseResult("part_paid_in_the_books", f"{_half(part)} in 3", view.paid(_twin_of(company, part).uuid)),
        CaseResult("payment_taken_back", "named", view.taken_back(_twin_of(company, part).uuid)),
        CaseResult("order_closed_unbilled", "closed, lines 200 closed, 400 closed", in_p2p(view.desk, UNBILLED)),
        CaseResult("vendor_moves", "9 New Quay", _street(view)),
    ]


def touched(company: Company) -> set[str]:
    """Keys of seeded invoices that people do something with."""
    return {_posted(company).key}


def _street(view: InvoiceView) -> str:
    company = view.company
    code = _vendor(company).contact_number
    rows = [one for one in view.desk.get("vendors", ()) if one.get("vendorCode") == code]
    return ", ".join(str(one.get("streetName")) for row in rows for one in row.get("addresses", ())) or "nowhere"


def _twins(company: Company) -> list[LedgerDocument]:
    """Bills that were typed into the books by hand, and are invoices there: their ids are known before the demo."""
    keys = company.case("typed_twins").keys
    return [one for key in keys for one in company.ledger_documents if one.twin_of == key]


def _twin_of(company: Company, document: LedgerDocument) -> Bill:
    return company.bill(str(document.twin_of))


def _bank(company: Company, document: LedgerDocument) -> str:
    fitting = [one for one in company.money_accounts if one.ledger_id and one.currency == document.currency]
    return str((fitting or [one for one in company.money_accounts if one.ledger_id])[0].ledger_id)


def _half(document: LedgerDocument) -> str:
    exponent = Decimal(1) if document.total == document.total.to_integral_value() else Decimal("0.01")
    return f"{(document.total / 2).quantize(exponent):f}"


def _posted(company: Company) -> Bill:
    """An invoice that is posted in the first pass."""
    return company.bill(company.case("denied_after_posting").keys[0])


def _vendor(company: Company) -> LedgerContact:
    """Whose invoices people make during the demo; kept in dollars on both sides."""
    return company.contact(_twins(company)[0].contact)


def _row(company: Company, text: str, amount: Decimal, *, center: str | None = None) -> dict[str, Any]:
    found = next(one for one in company.departments if one.ledger_tag_option is not None)
    return {
        "accountCode": ACCOUNT,
        "costCenterCode": center or found.external_id,
        "netTotal": amount,
        "grossTotal": amount,
        "taxSum": 0,
        "text1": text,
    }


def _made(company: Company, name: str, writes: int, *, center: str | None = None, **more: Any) -> Change:
    """An invoice, approved unless ``state`` says otherwise."""
    body = invoice(company, f"DEMO-{name.upper()}", decimal(AMOUNTS[name]), center=center)
    return Change(name, DESK, "invoices", {**body, "invoiceId": id_of(name), **more}, writes)


def invoice(company: Company, number: str, amount: Decimal, *, center: str | None = None) -> dict[str, Any]:
    """An approved invoice of one coding row, as it is typed into P2P."""
    day = f"{company.today.isoformat()}T00:00:00Z"
    return {
        "invoiceNumber": number,
        "companyCode": HEAD,
        "supplierCode": _vendor(company).contact_number,
        "currencyCode": "USD",
        "netSum": amount,
        "taxSum1": 0,
        "grossSum": amount,
        "invoiceDate": day,
        "dueDate": day,
        "codingRows": [_row(company, number, amount, center=center)],
        "state": "WaitingForTransfer",
    }


def _act(name: str, action: str, **more: Any) -> dict[str, Any]:
    return {"id": id_of(name), "action": action, **more}


def _desk(name: str, action: str, writes: int) -> Change:
    return Change(name, DESK, "invoices", _act(name, action), writes)
