"""What people do in P2P and in QuickBooks during the demo of ``quickbooks+basware``, and what has to come of it."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any, Final

from mlc_sandbox.basware.seed import HEAD
from mlc_sandbox.company import Company
from mlc_sandbox.scenarios import quickbooksorders, quickbooksvendors
from mlc_sandbox.scenarios.contract import Act
from mlc_sandbox.scenarios.disturbances import Change
from mlc_sandbox.scenarios.judging import CaseResult
from mlc_sandbox.scenarios.ledgerview import decimal
from mlc_sandbox.scenarios.quickbooksview import QuickBooksView

BOOKS, DESK, OPERATOR = "quickbooks", "basware", "mlc"
OTHER_COMPANY: Final = "3000"
ACCOUNT: Final = "6100"
CLOSED: Final = "The accounting period is closed in P2P."
#: What people make, and the net of each: no two look alike.
AMOUNTS: Final = {
    "paid_in_the_books": "1203.17",
    "paid_in_parts": "740.50",
    "cheque_to_print": "388.91",
    "withdrawn_after_transfer": "266.44",
    "new_invoice": "1117.31",
    "payment_block": "2131.07",
    "negative_invoice": "-317.19",
    "unknown_cost_centre": "411.23",
    "taken_by_another_program": "517.29",
    "another_company": "613.37",
    "refused_late": "719.41",
    "number_of_34_characters": "823.43",
    "matched_with_an_order": "600.00",
    "three_departments": "903.30",
    **quickbooksvendors.AMOUNTS,
    **{f"of_twenty_{place}": f"{1500 + 37 * place}.{place:02d}" for place in range(1, 21)},
}
#: Approved together: what posting them costs is counted.
TWENTY: Final = tuple(name for name in AMOUNTS if name.startswith("of_twenty_"))
#: Offered before the first pass.
FIRST: Final = ("paid_in_the_books", "paid_in_parts", "cheque_to_print", "withdrawn_after_transfer")
LONG: Final = "DEMO/2026/NORTH-EAST/0000000000117"


def id_of(name: str) -> str:
    """The id of an invoice that the demo makes."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"quickbooks-demo:{name}").hex


def number_of(name: str) -> str:
    """Its number, short enough for QuickBooks to keep it as it is."""
    return f"D-{name[:16].upper()}"


def changes(company: Company) -> list[Change]:
    """Between the second and the third pass; ``writes`` counts what is posted and what Basware is told."""
    shares = [_row(company, "three_departments", place=place, share=3) for place in range(3)]
    return [
        _made(company, "new_invoice", 3),
        _made(company, "payment_block", 0, paymentBlock=True),
        _made(company, "negative_invoice", 3),
        _made(company, "unknown_cost_centre", 2, center="DEP-99"),
        _made(company, "number_of_34_characters", 3, invoiceNumber=LONG),
        _made(company, "three_departments", 3, codingRows=shares),
        _made(company, "taken_by_another_program", 0),
        _desk("taken_by_another_program", "acknowledge_elsewhere"),
        Change("another_company", DESK, "companies", {"companyCode": OTHER_COMPANY, "currencyCode": "USD"}, 0),
        _made(company, "another_company", 0, companyCode=OTHER_COMPANY),
        _desk("withdrawn_after_transfer", "remove"),
        _pays("paid_in_the_books", "CHK-1001", 1),
        _pays("paid_in_parts", "CHK-1002", 1, amount="300.25"),
        _pays("cheque_to_print", "CHK-1003", 0, print="NeedToPrint"),
    ]


def acts(company: Company) -> list[Act]:
    """Further passes: mended and printed, refused late and replayed, a payment void; then nothing, and nothing is
    written."""
    mended = {"codingRows": [_row(company, "unknown_cost_centre")]}
    order = quickbooksorders.NUMBER
    matched = _act("matched_with_an_order", "match", orderNumber=order)
    printed = {"DocNumber": "CHK-1003", "action": "print"}
    refusal = {"entityType": "TransferResponse", "status": "Error", "message": CLOSED}
    return [
        Act(
            "mended",
            [
                Change("unknown_cost_centre", DESK, "invoices", _act("unknown_cost_centre", "resend", **mended)),
                _desk("payment_block", "unblock"),
                Change("cheque_to_print", BOOKS, "BillPayment", printed),
                _pays("paid_in_parts", "CHK-1004", 1),
                quickbooksorders.closed(BOOKS),
                _made(company, "matched_with_an_order", 0, state="New", codingRows=[], orderNumbers=[order]),
                Change("matched_with_an_order", DESK, "invoices", matched),
                _desk("matched_with_an_order", "approve"),
            ],
        ),
        Act("refused", [Change("refused_late", DESK, "outcomes", refusal), _made(company, "refused_late", 3)]),
        Act("replayed", [Change("refused_late", OPERATOR, "replay", {})]),
        Act("void", [Change("payment_voided", BOOKS, "BillPayment", {"DocNumber": "CHK-1004", "action": "void"})]),
        Act("twenty", [_numbered(company, name) for name in TWENTY]),
        Act("quiet", [], runs=2, silent=True),
        *quickbooksvendors.acts(partial(_numbered, company)),
        Act("at rest", [], silent=True),
    ]


def judged(view: QuickBooksView) -> list[CaseResult]:
    """What had to come of all that."""
    expected = {
        "paid_in_the_books": "posted",
        "paid_in_parts": "posted",
        "cheque_to_print": "posted",
        "withdrawn_after_transfer": "posted, answered 1 times, WaitingToBeRemoved, held:void_blocked",
        "new_invoice": "posted",
        "payment_block": "posted",
        "negative_invoice": "credit",
        "unknown_cost_centre": "posted",
        "number_of_34_characters": "posted",
        "matched_with_an_order": "posted",
        "three_departments": "posted",
        **dict.fromkeys(TWENTY, "posted"),
        "taken_by_another_program": "not posted, TransferInProgress",
        "another_company": "not posted, WaitingForTransfer",
        "refused_late": "posted",
    }
    results = [CaseResult(name, word, view.outcome(id_of(name))) for name, word in expected.items()]
    given_back = [one.get("success") for one in view.told(id_of("unknown_cost_centre"), "transferResponses")]
    number = str(view.document(id_of("number_of_34_characters")).get("DocNumber"))
    return [
        *results,
        CaseResult("given_back_then_posted", "[False, True]", str(given_back)),
        CaseResult("long_number", f"{LONG[-16:]}~", number[:17] if len(number) == 21 else number),
        CaseResult("key_and_number_in_the_note", "yes", _noted(view)),
        *quickbooksorders.judged(view, id_of("matched_with_an_order")),
        *quickbooksvendors.judged(view, id_of),
        CaseResult("classes_of_three_departments", "3", str(view.classes(id_of("three_departments")))),
        CaseResult("told_of_payment", "1203.17", view.paid(id_of("paid_in_the_books"))),
        CaseResult("told_of_cheque_once_printed", "388.91", view.paid(id_of("cheque_to_print"))),
        CaseResult("told_of_parts_and_void", "300.25, 740.5, 300.25, back CHK-1004", view.paid(id_of("paid_in_parts"))),
        CaseResult("rejected_late_then_replayed", CLOSED, ", ".join(_refusals(view))),
    ]


def offered_first(company: Company, supplier: str) -> list[Change]:
    """What P2P's people have approved before the first pass, all of one supplier."""
    return [_made(company, name, 0, supplierCode=supplier, supplierOf=None) for name in FIRST]


def _noted(view: QuickBooksView) -> str:
    """Whether the long number's document names it whole, and the invoice that it came from."""
    name = "number_of_34_characters"
    note = str(view.document(id_of(name)).get("PrivateNote"))
    return "yes" if note == f"Full number: {LONG}\n[ml-connector basware:bill:{id_of(name)}]" else note


def _refusals(view: QuickBooksView) -> list[str]:
    """What P2P said of answers that it refused in the second phase, by its own record of requests."""
    return [
        str(error["message"])
        for request in view.desk.get("requestStatus", ())
        if request["entityType"] == "TransferResponse" and request["requestStatus"] == "Error"
        for system in request["systems"]
        for item in system["items"]
        for error in item.get("errors", ())
    ]


def _row(company: Company, name: str, *, center: str | None = None, place: int = 0, share: int = 1) -> dict[str, Any]:
    amount = decimal(AMOUNTS[name]) / share
    return {
        "accountCode": ACCOUNT,
        "costCenterCode": center or company.departments[place].external_id,
        "netTotal": amount,
        "grossTotal": amount,
        "taxSum": 0,
        "text1": f"{name.replace('_', ' ')} {place + 1}",
    }


def _made(company: Company, name: str, writes: int, *, center: str | None = None, **more: Any) -> Change:
    """An invoice, approved unless ``state`` says otherwise; its supplier as P2P shows it."""
    amount, day = decimal(AMOUNTS[name]), f"{company.today.isoformat()}T00:00:00Z"
    body: dict[str, Any] = {
        "invoiceId": id_of(name),
        "invoiceNumber": number_of(name),
        "companyCode": HEAD,
        "supplierOf": id_of(FIRST[0]),
        "currencyCode": "USD",
        "netSum": amount,
        "taxSum1": 0,
        "grossSum": amount,
        "invoiceDate": day,
        "dueDate": day,
        "codingRows": [_row(company, name, center=center)],
        "state": "WaitingForTransfer",
    }
    body = {key: value for key, value in (body | more).items() if value is not None}
    return Change(name, DESK, "invoices", body, writes)


def _numbered(company: Company, name: str, **more: Any) -> Change:
    """One whose number is like no other's."""
    return _made(company, name, 0, invoiceNumber=f"D-{id_of(name)[:12]}", **more)


def _act(name: str, action: str, **more: Any) -> dict[str, Any]:
    return {"id": id_of(name), "action": action, **more}


def _desk(name: str, action: str) -> Change:
    return Change(name, DESK, "invoices", _act(name, action), 0)


def _pays(name: str, number: str, writes: int, **more: Any) -> Change:
    body = {"action": "pay", "bills": [number_of(name)], "DocNumber": number, **more}
    return Change(name, BOOKS, "BillPayment", body, writes)
