"""What is special about the books of a company whose bills are paid elsewhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from mlc_sandbox.company.ledger import LedgerContact, LedgerDocument
from mlc_sandbox.company.model import Stage
from mlc_sandbox.company.payablesbooks import UNKNOWN_THERE, Books
from mlc_sandbox.company.payer import PayerVendor

D = Decimal


def add_history(books: Books, *, twins: int, other_totals: int, missing: int) -> None:
    """Open bills from before go-live: some typed there too, some with another total, some not at all."""
    groups: dict[str, list[str]] = {"twins": [], "other_totals": [], "missing": []}
    there = [books.contacts[one.contact] for one in books.vendors.values() if one.contact is not None]
    dollars = [one for one in there if one.currency == "USD"]
    words = ["twins"] * twins + ["other_totals"] * other_totals + ["missing"] * missing
    for place, word in enumerate(words):
        day = books.since - timedelta(days=40 + 9 * place)
        made = books.document(books.rng.choice(dollars), books.amount(), day=day)
        groups[word].append(made.key)
        if word != "missing":
            books.typed_there(made, total=None if word == "twins" else made.total + D(10))
    for word, keys in groups.items():
        books.case(f"history_{word}", tuple(keys), "counted", section=1)


def _there(books: Books) -> LedgerContact:
    """An ordinary vendor in dollars that stands in both systems."""
    known = {one.contact for one in books.vendors.values()}
    ordinary = [one for one in books.contacts.values() if one.vendor == "ordinary"]
    found = [one for one in ordinary if one.key in known and one.currency == "USD"]
    return books.rng.choice(found)


def add_cases(books: Books) -> None:
    """Everything that is there when the first run begins."""
    _twins(books)
    _states(books)
    _vendors(books)
    _numbers(books)
    _amounts(books)
    _credits(books)
    _coding(books)


def _twins(books: Books) -> None:
    typed = [books.document(_there(books), books.amount()) for _ in range(3)]
    for one in typed:
        books.typed_there(one)
    books.case("typed_twins", tuple(one.key for one in typed), "adopted", section=0)
    other = books.document(_there(books), books.amount())
    books.typed_there(other, total=other.total + D("0.10"))
    books.case("typed_with_another_total", (other.key,), "held:number_conflict", section=0)


def _states(books: Books) -> None:
    drafts = [books.document(books.ordinary(), books.amount(), status="draft") for _ in range(2)]
    books.case("drafts", tuple(one.key for one in drafts), "not_carried", section=0)
    void = books.document(books.ordinary(), books.amount(), status="void")
    books.case("void_at_first_sight", (void.key,), "not_carried", section=0)
    paid = books.document(books.ordinary(), books.amount(), day=books.day(back=6))
    books.pay(paid, paid.total)
    books.case("paid_before_first_sight", (paid.key,), "not_carried", section=14)
    part = books.document(books.ordinary(), D("1000.00"), day=books.day(back=6))
    books.pay(part, D("400.00"))
    books.case("part_paid_at_first_sight", (part.key,), "held:already_paid", section=14)


def _add_contact(books: Books, name: str, **changes: Any) -> LedgerContact:
    """One more vendor, alike an ordinary one but for what is said."""
    number = 700 + len(books.contacts)
    like = next(one for one in books.contacts.values() if one.vendor == "ordinary" and one.currency == "USD")
    made = replace(
        like,
        key=f"contact:{number}",
        ledger_id=f"46{113000 + number:014d}",
        person_id=f"46{114000 + number:014d}",
        name=name,
        legal_name=name,
        contact_number=f"V-{number}",
        email=f"ar{number}@vendor{number}.example",
        vendor=None,
    )
    made = replace(made, **changes)
    books.contacts[made.key] = made
    return made


def _vendors(books: Books) -> None:
    like = books.ordinary()
    nowhere = _add_contact(books, "Nowhere Studio", address=replace(like.address, line1="", city="", postal_code=""))
    made = [books.document(nowhere, books.amount()) for _ in range(2)]
    keys = tuple(one.key for one in made)
    books.case(
        "bills_of_a_vendor_without_address", keys, "held:missing_vendor", section=4, also=("held:vendor_address",)
    )
    books.case("vendor_without_address", (nowhere.key,), "held:vendor_address", section=4)
    quiet = _add_contact(books, "Quiet Pier Storage", active=False)
    one = books.document(quiet, books.amount())
    books.case("vendor_inactive", (one.key,), "held:vendor_inactive", section=4, also=("held:missing_vendor",))
    twin = _add_contact(books, "Global Services Group")
    for number in (1, 2):
        key = f"there:twin{number}"
        books.vendors[key] = PayerVendor(key, twin.key, twin.name, "USD", by_number=False)
    one = books.document(twin, books.amount())
    books.case("two_vendors_of_one_name", (one.key,), "held:missing_vendor", section=4, also=("held:ambiguous",))
    both = _add_contact(books, "Lindholm Trading", currency="EUR")
    euro, dollar = books.document(both, books.amount()), books.document(both, books.amount(), currency="USD")
    dollar = replace(dollar, exchange_rate=D(1))
    books.documents[dollar.key] = dollar
    books.case("one_supplier_two_currencies", (euro.key, dollar.key), "posted", section=3)
    known = _add_contact(books, "Ostsee Verpackung", currency="EUR")
    for number, (name, currency) in enumerate((("Ostsee Verpackung", "EUR"), ("Ostsee Verpackung (USD)", "USD"))):
        key = f"there:ostsee{number}"
        books.vendors[key] = PayerVendor(key, known.key, name, currency, by_number=number == 0)
    pair = [
        books.document(known, D(place * 111), number=f"OV-{place}", day=books.since + timedelta(days=8 + place),
                       accounts=("6100",), **more)
        for place, more in ((1, {}), (2, {"currency": "USD", "exchange_rate": D(1)}))
    ]  # fmt: skip
    books.case("one_supplier_typed_in_two_currencies", tuple(one.key for one in pair), "posted", section=3)
    long = _add_contact(books, "Consolidated " + "Harbour and Dockside " * 5 + "Cartage Company")
    day = books.since + timedelta(days=9)
    one = books.document(long, D("731.19"), number="CHD-77", day=day, accounts=("6100",))
    books.case("vendor_with_a_long_name", (one.key,), "posted", section=4, why="BILL takes 100")
    books.vendors["there:born"] = PayerVendor("there:born", None, "Born In The Inbox LLC", "USD", by_number=False)


def _numbers(books: Books) -> None:
    rent = _add_contact(books, "Seaport Landlord Trust")
    rents = [
        books.document(
            rent, D("4200.00"), number=f"RENT-26{place:02d}", day=books.since + timedelta(days=5 + place * 7)
        )
        for place in range(6)
    ]
    books.case("rent", tuple(one.key for one in rents), "posted", section=5)
    atlas = _add_contact(books, "Atlas Hydraulics")
    amount, day = books.amount(), books.day()
    spelled = [books.document(atlas, amount, number=number, day=day) for number in ("INV-0107", "107", "INV 0l07")]
    books.case("three_spellings", tuple(one.key for one in spelled), "one_posted:near_twin", section=5)
    long = books.document(_there(books), books.amount(), number="2026-10-DE-HAMBURG-INV-0000004711X")
    books.case("number_of_34_characters", (long.key,), "posted", section=6, why="BILL takes 21")
    same = [books.document(books.ordinary(), books.amount(), number="INV-5000")]
    same.append(books.document(_add_contact(books, "Other Pump Co."), books.amount(), number="INV-5000"))
    books.case("same_number_two_vendors", tuple(one.key for one in same), "posted", section=6)


def _amounts(books: Books) -> None:
    thirds = books.document(_there(books), D("33.33"), D("33.33"), D("33.34"), accounts=("6100", "6100", "6700"))
    books.case("thirds", (thirds.key,), "posted", section=7)
    yen = books.document(books.ordinary("JPY"), D(120_000))
    dinar = books.document(books.contact("Al Salam Instruments W.L.L."), D("310.375"))
    books.case("yen_and_dinar", (yen.key, dinar.key), "posted", section=7)
    hundred = books.document(_there(books), *(books.amount(1, 40) for _ in range(100)))
    books.case("hundred_lines", (hundred.key,), "posted", section=7)
    taxed = [_taxed(books, "vat20", D("600.00")), _taxed(books, "zero", D("75.00"))]
    books.case("taxed", tuple(one.key for one in taxed), "posted", section=8)
    folded = books.document(_there(books), D("200.00"), D("-20.00"), accounts=("6100", "6100"))
    books.case("negative_line_of_the_same_account", (folded.key,), "posted", section=9)
    apart = books.document(_there(books), D("200.00"), D("-20.00"), accounts=("6100", "6700"))
    books.case("negative_line_of_another_account", (apart.key,), "held:negative_line", section=9)
    rounded = books.document(_there(books), D("99.98"), adjustment=D("0.02"))
    rounded = replace(rounded, total=D("100.00"))
    books.documents[rounded.key] = rounded
    books.case("rounding", (rounded.key,), "posted", section=9)


def _taxed(books: Books, tax: str, net: Decimal) -> LedgerDocument:
    made = books.document(_there(books), net)
    line = replace(made.lines[0], tax=tax)
    total = net * D("1.2") if tax == "vat20" else net
    made = replace(made, lines=(line,), total=total.quantize(D("0.01")))
    books.documents[made.key] = made
    return made


def _credits(books: Books) -> None:
    contact = _there(books)
    credit = books.document(contact, D("150.00"), number=f"CN-{contact.contact_number[2:]}-1", kind="credit")
    books.case("credit_open", (credit.key,), "credit", section=11)
    other = _add_contact(books, "Castellan Reagents")
    bill = books.document(other, D("500.00"), day=books.day(back=8))
    used = books.document(
        other, D("200.00"), number="CN-88", kind="credit", day=bill.document_date, applied=((bill.key, D("80.00")),)
    )
    books.case("credit_applied_in_the_books", (bill.key,), "held:already_paid", section=11)
    books.case("credit_used_in_part", (used.key,), "not_carried", section=11, also=("held:already_paid",))


def _coding(books: Books) -> None:
    unmapped = books.document(_there(books), books.amount(), accounts=(UNKNOWN_THERE,))
    books.case("account_unmapped", (unmapped.key,), "held:account_unmapped", section=0)
    ordered = books.document(_there(books), books.amount(), order="PO-00071")
    books.case("order_number_travels", (ordered.key,), "posted", section=10, why="the rest of the order is a loss")
    scanned = books.document(_there(books), books.amount(), attachment="scan.pdf")
    books.case("bill_image", (scanned.key,), "posted_with_image", section=0)


def add_changes(books: Books) -> None:
    """Twelve records that change between the second and the third run."""
    for name, expect in (
        ("memo_changed", "updated"),
        ("due_date_changed", "updated"),
        ("amount_changed", "updated"),
        ("voided", "archived"),
        ("paid_in_bill", "paid"),
        ("paid_in_the_books", "told"),
        ("approved_then_raised", "held:changed_after_approval"),
        ("void_while_scheduled", "held:void_blocked"),
    ):
        made = books.document(_there(books), books.amount(100, 900))
        books.case(name, (made.key,), expect, section=13 if "_while_" in name or "_then_" in name else 0,
                   stage=Stage.CHANGES)  # fmt: skip
    draft = books.document(_there(books), books.amount(), status="draft")
    books.case("opened", (draft.key,), "posted", section=0, stage=Stage.CHANGES)
    contact = _there(books)
    batch = [books.document(contact, books.amount(100, 900)) for _ in range(2)]
    books.case("batch_paid_in_bill", tuple(one.key for one in batch), "paid", section=14, stage=Stage.CHANGES)
    new = books.document(_there(books), books.amount(), later=True, day=books.today)
    books.case("new_bill", (new.key,), "posted", section=0, stage=Stage.CHANGES)
    credit = books.document(_there(books), D("60.00"), number="CN-NEW-1", kind="credit", later=True, day=books.today)
    books.case("new_credit", (credit.key,), "credit", section=11, stage=Stage.CHANGES)
    for name, expect in (("approved_in_bill", "marked approved"), ("scheduled_in_bill", "marked scheduled")):
        made = books.document(_there(books), books.amount(100, 900))
        books.case(name, (made.key,), expect, section=13, stage=Stage.CHANGES)
