"""``post_as = "journal"``: an approved invoice becomes an entry, whose debit rows have departments and classes."""

from decimal import Decimal
from typing import Any

import pytest
from accountsoffice import Office
from mlc.engine import dispatch
from mlc.engine.lookahead import plan_pairing
from mlc.store.schema import intents
from mlc_sandbox.democonfig import PAIRING
from sqlalchemy import func, select

from .conftest import Opener

DIMENSIONS = {
    "cost_center:WS": "department:Workshop",
    "cost_center:OF": "department:Yard",
    "project:NORTH": "class:North",
    "project:SOUTH": "class:South",
}


@pytest.fixture
def office(opening: Opener) -> Office:
    """A company that tracks departments and classes, and a vendor that is in Basware."""
    made = opening(books={"post_as": "journal"}, policy={"dimensions": DIMENSIONS})
    on = {"TrackDepartments": True, "ClassTrackingPerTxnLine": True}
    made.books.post("objects/Preferences", {"AccountingInfoPrefs": on})
    for kind, names in (("Department", ("Workshop", "Yard")), ("Class", ("North", "South"))):
        for name in names:
            made.books.post(f"objects/{kind}", {"Name": name})
    made.vendor("Anchor Alloys")
    made.run()
    return made


def row(net: str, center: str, project: str) -> dict[str, Any]:
    amount = Decimal(net)
    return {
        "accountCode": "6100", "costCenterCode": center, "projectCode": project, "netTotal": amount,
        "grossTotal": amount, "taxSum": 0, "text1": f"{center} {project}",
    }  # fmt: skip


def supplier(office: Office) -> str:
    (found,) = [id for id, one in office.vendors().items() if one["DisplayName"] == "Anchor Alloys"]
    return f"V{found}"


def approved(office: Office, number: str = "AA-1") -> str:
    rows = [row("100.00", "WS", "NORTH"), row("20.50", "OF", "SOUTH")]
    return office.invoice(number, supplier(office), net="120.50", codingRows=rows)


def entries(office: Office) -> list[dict[str, Any]]:
    return list(office.books.get("objects/JournalEntry"))


def named(office: Office, kind: str, id: str) -> str:
    return next(str(one["Name"]) for one in office.books.get(f"objects/{kind}") if one["Id"] == id)


def shape(office: Office, entry: dict[str, Any]) -> list[tuple[str, ...]]:
    """Its lines: side, amount, account, department, class, vendor."""
    found = []
    for line in entry["Line"]:
        detail = line["JournalEntryLineDetail"]
        where = [
            named(office, kind, detail[f"{kind}Ref"]["value"]) if f"{kind}Ref" in detail else "-"
            for kind in ("Account", "Department", "Class")
        ]
        owed = detail.get("Entity", {}).get("EntityRef", {}).get("value", "-")
        found.append((detail["PostingType"], f"{Decimal(str(line['Amount'])):.2f}", *where, owed))
    return found


def answers(office: Office, invoice: str, kind: str) -> list[dict[str, Any]]:
    (found,) = [one for one in office.desk.get("objects/accountingDocuments") if one["invoiceId"] == invoice]
    return list(found.get(kind) or ())


def pay(office: Office, entry: dict[str, Any], amount: str, number: str) -> str:
    """Somebody pays a part of it on QuickBooks' screens."""
    bank = next(one["Id"] for one in office.books.get("objects/Account") if one["AccountType"] == "Bank")
    settles = [{"TxnId": entry["Id"], "TxnType": "JournalEntry"}]
    body = {
        "VendorRef": {"value": supplier(office).removeprefix("V")}, "PayType": "Check", "TotalAmt": Decimal(amount),
        "CheckPayment": {"BankAccountRef": {"value": bank}, "PrintStatus": "PrintComplete"}, "DocNumber": number,
        "Line": [{"Amount": Decimal(amount), "LinkedTxn": settles}],
    }  # fmt: skip
    return str(office.books.post("objects/BillPayment", body)["Id"])


def test_an_invoice_is_one_entry_whose_lines_have_departments_and_classes_of_their_own(office: Office) -> None:
    invoice = approved(office)
    office.run()
    (entry,) = entries(office)
    vendor = supplier(office).removeprefix("V")
    assert shape(office, entry) == [
        ("Debit", "100.00", "Office Supplies", "Workshop", "North", "-"),
        ("Debit", "20.50", "Office Supplies", "Yard", "South", "-"),
        ("Credit", "120.50", "Accounts Payable", "-", "-", vendor),
    ]
    assert entry["DocNumber"] == "AA-1"
    assert invoice in entry["PrivateNote"]
    assert office.books.get("objects/Bill") == []
    (told,) = answers(office, invoice, "transferResponses")
    assert (told["success"], told["voucherNumber1"]) == (True, f"J{entry['Id']}")
    assert office.quiet()
    assert office.differences() == {}


def test_the_plan_says_what_an_entry_does_not_keep(office: Office) -> None:
    approved(office)
    with office.engine.session(PAIRING) as session:
        plans = plan_pairing(session)
    (item,) = [one for plan in plans.values() for one in plan.items if one["object_type"] == "bill"]
    reason = "a journal entry has no due date in QuickBooks, and QuickBooks checks its number against no bill"
    assert item["losses"] == [{"field": "due_date", "reason": reason}]


def test_a_credit_note_remains_a_vendor_credit(office: Office) -> None:
    invoice = office.invoice("AA-C1", supplier(office), net="-35.00", codingRows=[row("-35.00", "WS", "NORTH")])
    office.run()
    (credit,) = office.books.get("objects/VendorCredit")
    assert (credit["DocNumber"], credit["TotalAmt"], entries(office)) == ("AA-C1", Decimal(35), [])
    assert [one["success"] for one in answers(office, invoice, "transferResponses")] == [True]


def test_payments_of_the_entry_are_told_as_they_add_up_and_a_void_one_is_taken_back(office: Office) -> None:
    invoice = approved(office)
    office.run()
    (entry,) = entries(office)
    pay(office, entry, "40.50", "CHK-1")
    office.run()
    second = pay(office, entry, "80.00", "CHK-2")
    office.run()
    office.books.post("objects/BillPayment", {"id": second, "action": "void"})
    office.run()
    told = answers(office, invoice, "paymentResponses")
    assert [(one["paidTotal"], one.get("paymentReversalDocument")) for one in told] == [
        (Decimal("40.5"), None), (Decimal("120.5"), None), (Decimal("40.5"), "CHK-2"),
    ]  # fmt: skip
    assert office.quiet()


@pytest.mark.parametrize("where", ["intent.sending.committed", "outcome.before"])
def test_a_process_that_ends_while_it_posts_leaves_one_entry(
    office: Office, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Before the request left, or after its answer came and was not stored: it is sent again under its request id."""
    office.books.post("objects/Preferences", {"OtherPrefs": {"NameValue": []}})  # two of one number would be taken
    invoice = approved(office)
    posting = select(func.count()).where(
        intents.c.side == "left", intents.c.object_type == "bill", intents.c.state == "sending"
    )

    def end(name: str) -> None:
        with office.engine.database.read() as connection:
            is_under_way = connection.execute(posting).scalar_one() > 0
        if name == where and is_under_way:
            raise KeyboardInterrupt

    monkeypatch.setattr(dispatch, "step", end)
    with pytest.raises(KeyboardInterrupt):
        office.run()
    monkeypatch.undo()
    assert len(entries(office)) == (1 if where == "outcome.before" else 0)
    office.run()
    (entry,) = entries(office)
    assert [one["voucherNumber1"] for one in answers(office, invoice, "transferResponses")] == [f"J{entry['Id']}"]
    assert office.quiet()
