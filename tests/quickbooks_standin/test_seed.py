from __future__ import annotations

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal

import pytest
from mlc_sandbox.company import COMPANIES
from mlc_sandbox.quickbooks.app import QuickBooksStandIn


@pytest.mark.parametrize("kind", ["purchasing", "payables"])
def test_a_seeded_company_adds_up(kind: str) -> None:
    company = COMPANIES[kind](7, 60)
    standin = QuickBooksStandIn(company=company)
    realm = standin.realm_id
    books = standin.books
    bills = books.all(realm, "Bill")
    told = Counter((row["DocNumber"], row["CurrencyRef"]["value"], row["TotalAmt"]) for row in bills)
    wanted: Counter[tuple[str, str, Decimal]] = Counter()
    for document in company.ledger_documents:
        if document.kind != "bill" or document.status not in ("open", "paid"):
            continue
        if document.currency != company.contact(document.contact).currency:
            continue
        total = document.total.quantize(Decimal("0.01"), ROUND_HALF_UP)
        wanted[document.number[:21], document.currency, total] += 1
    assert told == wanted
    assert all(row["Balance"] >= 0 for row in bills)
    owed = sum((books.owed(realm, row["Id"]) for row in books.all(realm, "Vendor")), Decimal(0))
    standing = sum((row["Balance"] for row in bills), Decimal(0))
    credits = sum((row["Balance"] for row in books.all(realm, "VendorCredit")), Decimal(0))
    unapplied = sum(
        (
            row["TotalAmt"] - sum(line["Amount"] for line in row["Line"] if line["LinkedTxn"][0]["TxnType"] == "Bill")
            for row in books.all(realm, "BillPayment")
            if row["TotalAmt"]
        ),
        Decimal(0),
    )
    assert owed == standing - credits - unapplied
    assert standin.log.entries(type="Vendor")[0].cause["kind"] == "seed"
