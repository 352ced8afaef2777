"""Look-ups: asked by number, day or name, and compared on the row."""

from datetime import date

from mlc import FindKey
from mlc.records import ObjectType
from mlc_quickbooks.find import find

from tests.quickbooks_connector.conftest import BILL, META, VENDOR, answered


def ids(found):
    return [[record.id for record in one] for one in found]


def test_a_bill_is_found_by_number_and_told_by_its_vendor(books, connection):
    books.on("query Bill", answered("Bill", BILL, {**BILL, "Id": "146", "VendorRef": {"value": "57"}},
                                    {**BILL, "Id": "147", "DocNumber": "INV-010"}))  # fmt: skip
    key = FindKey("r1", number="inv-0107", party_id="56", on=date(2020, 1, 1), amount="1.00")
    assert ids(find(connection, ObjectType.BILL, [key])) == [["145"]]
    assert books.statements("Bill") == ["SELECT * FROM Bill WHERE DocNumber = 'inv-0107' MAXRESULTS 1000"]


def test_without_a_number_day_vendor_and_amount_decide(books, connection):
    books.on("query Bill", answered("Bill", BILL, {**BILL, "Id": "146", "TotalAmt": 1}))
    key = FindKey("r1", party_id="56", on=date(2026, 5, 2), amount="120.50")
    assert ids(find(connection, ObjectType.BILL, [key])) == [["145"]]
    assert "TxnDate = '2026-05-02'" in books.statements("Bill")[0]
    assert ids(find(connection, ObjectType.BILL, [FindKey("r1", party_id="56")])) == [[]]


def test_a_vendor_is_found_under_the_name_it_had_before_it_was_made_inactive(books, connection):
    gone = {**VENDOR, "Id": "57", "DisplayName": "Example Supplies (deleted)", "Active": False}
    books.on(
        "query Vendor", answered("Vendor", gone, {**VENDOR, "Id": "58", "DisplayName": "Example Supplies (deleted)"})
    )
    assert ids(find(connection, ObjectType.VENDOR, [FindKey("r1", name="example  supplies")])) == [["57"]]
    (statement,) = books.statements("Vendor")
    assert "Active IN (true, false)" in statement
    assert "'example  supplies (deleted)'" in statement


def test_a_record_is_found_by_its_id_and_nothing_else_is(books, connection):
    books.on("query Bill", answered("Bill", BILL, {**BILL, "Id": "9"}))
    keys = [FindKey("r1", external_id="145"), FindKey("r1", external_id="14'5")]
    assert ids(find(connection, ObjectType.BILL, keys)) == [["145"], []]
    assert find(connection, ObjectType.BILL, []) == []


def test_master_data_is_found_by_code_or_name(books, connection):
    row = {"Id": "64", "SyncToken": "0", "Name": "Supplies", "AcctNum": "6400", "MetaData": META}
    books.on("query Account", answered("Account", row))
    keys = [FindKey("r", number=code) for code in ("6400", "QB64", "640")] + [FindKey("r", name="supplies")]
    assert ids(find(connection, ObjectType.ACCOUNT, keys)) == [["64"], ["64"], [], ["64"]]


def test_a_payment_is_found_by_its_reference(books, connection):
    row = {"Id": "236", "SyncToken": "0", "DocNumber": "1001", "VendorRef": {"value": "56"}, "TotalAmt": 5}
    books.on("query BillPayment", answered("BillPayment", row))
    key = FindKey("r", reference="1001", party_id="56")
    assert ids(find(connection, ObjectType.PAYMENT, [key, FindKey("r", reference="1002")])) == [["236"], []]
