"""The public client that many integrations use, against the stand-in: a second reader of the same documents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from intuitlib.client import AuthClient
from intuitlib.exceptions import AuthClientError
from mlc_sandbox.quickbooks.tokens import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from quickbooks import QuickBooks
from quickbooks.batch import batch_create
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import AuthorizationException, ObjectNotFoundException, QuickbooksException
from quickbooks.exceptions import ValidationException as Invalid
from quickbooks.objects import Account, Attachable, AttachableRef, Bill, BillPayment, Vendor
from quickbooks.objects.base import Ref
from quickbooks.objects.billpayment import BillPaymentLine, CheckPayment
from quickbooks.objects.detailline import AccountBasedExpenseLine, AccountBasedExpenseLineDetail

from .conftest import NOW, Company, Receiver


@pytest.fixture
def client(qbo: Company, monkeypatch: pytest.MonkeyPatch) -> Iterator[QuickBooks]:
    """Connected through the discovery document, with a token that it refreshed itself."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setattr(QuickBooks, "api_url_v3", f"{qbo.server.url}/v3")
    discovery = f"{qbo.server.url}/.well-known/openid_configuration/"
    auth = AuthClient(CLIENT_ID, CLIENT_SECRET, "https://app.example/back", environment=discovery)
    made = QuickBooks(auth_client=auth, refresh_token=REFRESH_TOKEN, company_id=qbo.realm, minorversion=75)
    yield made
    made.session.close()


def new_vendor(client: QuickBooks, name: str) -> Vendor:
    vendor = Vendor()
    vendor.DisplayName = name
    saved: Vendor = vendor.save(qb=client)
    return saved


def new_bill(client: QuickBooks, vendor: Vendor, number: str, amount: float) -> Bill:
    line = AccountBasedExpenseLine()
    line.Amount = amount
    line.AccountBasedExpenseLineDetail = AccountBasedExpenseLineDetail()
    line.AccountBasedExpenseLineDetail.AccountRef = Account.filter(Name="Materials", qb=client)[0].to_ref()
    bill = Bill()
    bill.VendorRef, bill.DocNumber, bill.Line = vendor.to_ref(), number, [line]
    saved: Bill = bill.save(qb=client)
    return saved


def test_it_refreshes_and_revokes(qbo: Company, client: QuickBooks) -> None:
    auth = client.auth_client
    assert auth.refresh_token == REFRESH_TOKEN
    qbo.advance(86_401)
    with pytest.raises(AuthorizationException):
        Vendor.all(qb=client)
    auth.refresh()
    assert auth.refresh_token != REFRESH_TOKEN
    with pytest.raises(AuthClientError) as refused:
        auth.refresh(refresh_token=REFRESH_TOKEN)
    assert refused.value.status_code == 400
    assert refused.value.intuit_tid


def test_it_goes_the_way_of_consent(qbo: Company, client: QuickBooks) -> None:
    from intuitlib.enums import Scopes

    auth = client.auth_client
    url = auth.get_authorization_url([Scopes.ACCOUNTING])
    back = qbo.http.get(url).headers["location"]
    assert f"realmId={qbo.realm}" in back
    code = back.partition("code=")[2].partition("&")[0]
    auth.get_bearer_token(code, realm_id=qbo.realm)
    assert auth.revoke() is True
    with pytest.raises(AuthClientError):
        auth.refresh()


def test_it_writes_and_reads_a_vendor(client: QuickBooks) -> None:
    made = new_vendor(client, "O'Hara & Söhne")
    assert (made.Id, made.SyncToken) == ("1", "0")
    assert Vendor.get("1", qb=client).DisplayName == "O'Hara & Söhne"
    assert [one.Id for one in Vendor.where(r"DisplayName = 'O\'Hara & Söhne'", qb=client)] == ["1"]
    assert [one.Id for one in Vendor.choose(["1", "7"], field="Id", qb=client)] == ["1"]
    assert Vendor.count(qb=client) == 1
    made.AcctNum = "S-1"
    made.sparse = True
    assert made.save(qb=client).SyncToken == "1"
    stale = Vendor.get("1", qb=client)
    stale.SyncToken = "0"
    with pytest.raises(QuickbooksException) as refused:
        stale.save(qb=client)
    assert refused.value.error_code == 5010


def test_it_pages_in_order(client: QuickBooks) -> None:
    for number in range(5):
        new_vendor(client, f"V{number}")
    assert [one.DisplayName for one in Vendor.all(order_by="Id DESC", start_position=2, max_results=2, qb=client)] == [
        "V3",
        "V2",
    ]
    assert [one.Id for one in Vendor.filter(Active=True, order_by="DisplayName", qb=client)] == list("12345")


def test_it_pays_a_bill(qbo: Company, client: QuickBooks) -> None:
    vendor = new_vendor(client, "Nordic")
    bill = new_bill(client, vendor, "N-1", 120.5)
    assert (bill.TotalAmt, bill.Balance) == (120.5, 120.5)
    payment = BillPayment()
    payment.VendorRef, payment.PayType, payment.TotalAmt = vendor.to_ref(), "Check", 120.5
    payment.CheckPayment = CheckPayment()
    payment.CheckPayment.BankAccountRef = Account.filter(Name="Operating Account", qb=client)[0].to_ref()
    line = BillPaymentLine()
    line.Amount = 120.5
    line.LinkedTxn = [bill.to_linked_txn()]
    payment.Line = [line]
    paid = payment.save(qb=client)
    assert Bill.get(bill.Id, qb=client).Balance == 0
    paid.void(qb=client)
    assert Bill.get(bill.Id, qb=client).Balance == 120.5
    fresh = Bill.get(bill.Id, qb=client)
    fresh.delete(qb=client)
    with pytest.raises(ObjectNotFoundException):
        Bill.get(bill.Id, qb=client)


def test_it_repeats_with_a_request_id(client: QuickBooks) -> None:
    for _ in range(2):
        vendor = Vendor()
        vendor.DisplayName = "Once"
        vendor.save(qb=client, request_id="r-1")
    assert Vendor.count(qb=client) == 1


def test_it_reads_changes(qbo: Company, client: QuickBooks) -> None:
    vendor = new_vendor(client, "Nordic")
    bill = new_bill(client, vendor, "N-1", 5)
    bill.delete(qb=client)
    told: Any = change_data_capture([Vendor, Bill, Account], NOW - timedelta(days=1), qb=client)
    assert [one.DisplayName for one in told.Vendor] == ["Nordic"]
    assert [one.status for one in told.Bill] == ["Deleted"]


def test_it_sends_batches(client: QuickBooks) -> None:
    new_vendor(client, "Taken")
    vendors = []
    for name in ("New", "Taken"):
        vendor = Vendor()
        vendor.DisplayName = name
        vendors.append(vendor)
    told = batch_create(vendors, qb=client)
    assert [one.DisplayName for one in told.successes] == ["New"]
    assert [fault.Error[0].code for fault in told.faults] == ["6240"]


def test_it_knows_the_classes_of_errors(qbo: Company, client: QuickBooks) -> None:
    with pytest.raises(Invalid) as refused:
        client.query("select * from gadget")
    assert refused.value.error_code == 4001
    vendor = Vendor()
    vendor.DisplayName = "x" * 501
    with pytest.raises(Invalid) as refused:
        vendor.save(qb=client)
    assert refused.value.error_code == 2050
    bill = new_bill(client, new_vendor(client, "Nordic"), "N-1", 5)
    with pytest.raises(QuickbooksException) as broken:  # a Fault inside a 200
        client.post(f"{client.api_url}/company/{qbo.realm}/bill", bill.to_json(), params={"operation": "void"})
    assert broken.value.error_code == 10000


def test_it_attaches_a_file(qbo: Company, client: QuickBooks) -> None:
    bill = new_bill(client, new_vendor(client, "Nordic"), "N-1", 5)
    attachment = Attachable()
    attachment.FileName, attachment.ContentType = "note.txt", "text/plain"
    attachment.AttachableRef = [AttachableRef()]
    attachment.AttachableRef[0].EntityRef = Ref()
    attachment.AttachableRef[0].EntityRef.type, attachment.AttachableRef[0].EntityRef.value = "Bill", bill.Id
    attachment._FileBytes = b"hello"
    made = attachment.save(qb=client)
    assert qbo.http.get(made.TempDownloadUri).content == b"hello"


def test_it_checks_the_signature(qbo: Company, client: QuickBooks, receiver: Receiver) -> None:
    qbo.control("POST", "callbacks", {"https://hooks.example": receiver.url})
    qbo.screen("webhooks", url="https://hooks.example/q", verifier="v3rify", format="legacy")
    new_vendor(client, "Nordic")
    qbo.standin.notices.sender.flush()
    headers, body = receiver.got[0]
    signature = headers["intuit-signature"]
    assert client.validate_webhook_signature(body.decode(), signature, "v3rify")
    assert not client.validate_webhook_signature(body.decode() + " ", signature, "v3rify")
