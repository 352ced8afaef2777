"""Suppliers that only Basware knows: proposed to QuickBooks with code and name, made there on acceptance."""

import pytest
from accountsoffice import Office
from mlc.store.schema import audit, records
from sqlalchemy import select

from .conftest import Opener

ACCESS = {"data_access": True, "data_access_every_s": 3600}


@pytest.fixture
def office(opening: Opener) -> Office:
    return opening()


def named(office: Office, name: str) -> list[str]:
    """Ids of the vendors of that name in the books."""
    return [id for id, row in office.vendors().items() if row["DisplayName"] == name]


def lost(office: Office, supplier: str) -> str:
    """What the audit tells of fields that did not go with a supplier."""
    query = (
        select(audit.c.detail)
        .join(records, records.c.id == audit.c.record_id)
        .where(audit.c.event == "rendered", records.c.object_type == "vendor", records.c.external_id == supplier)
    )
    with office.engine.database.read() as connection:
        return " ".join(connection.execute(query).scalars())


def test_the_supplier_of_a_held_invoice_is_proposed_and_made_once_a_person_says_so(office: Office) -> None:
    office.type_supplier("P-77", "Ketch Kettles")
    first, second = office.invoice("KK-1", "P-77"), office.invoice("KK-2", "P-77", net="200.00")
    office.run()
    assert office.holds("bill") == {first: "missing_vendor", second: "missing_vendor"}
    assert office.holds() == {"P-77": "missing_vendor"}
    told = "Vendor Ketch Kettles (P-77) is not in QuickBooks Online: create it there, or link the one it is."
    assert office.sentence("P-77") == told
    office.run()
    assert named(office, "Ketch Kettles") == [], "nobody has said so yet"
    office.say("create", first)
    office.run()
    (made,) = named(office, "Ketch Kettles")
    assert [office.billed_to(number) for number in ("KK-1", "KK-2")] == [made, made]
    assert (office.holds(), office.holds("bill")) == ({}, {})
    assert f"V{made}" not in office.suppliers(), "it is in P2P already, under its own code"
    assert "P-77" not in office.suppliers(), "what people typed there is never written over"
    office.run(sweep=True)
    assert office.quiet()
    office.invoice("KK-3", "P-77", net="300.00")
    office.run()
    assert office.billed_to("KK-3") == made
    assert office.differences() == {}


def test_by_setting_it_is_made_at_once(opening: Opener) -> None:
    office = opening(policy={"create_vendors": "auto"})
    office.type_supplier("P-78", "Lugger Lamps")
    office.invoice("LL-1", "P-78")
    office.run()
    assert [office.billed_to("LL-1")] == named(office, "Lugger Lamps")
    assert office.quiet()


def test_it_may_be_one_that_the_books_have_under_another_name(office: Office) -> None:
    other = office.vendor("Mast Makers Ltd", Active=True)
    office.type_supplier("P-79", "Mast Makers")
    invoice = office.invoice("MM-1", "P-79")
    office.run()
    assert office.holds("bill") == {invoice: "missing_vendor"}
    assert office.holds() == {"P-79": "missing_vendor"}
    office.say("link", "P-79", other)
    office.run()
    assert office.billed_to("MM-1") == other, office.open_holds()


def test_a_proposal_that_nothing_needs_any_more_is_taken_back(office: Office) -> None:
    office.type_supplier("P-80", "Nacelle Nets")
    invoice = office.invoice("NN-1", "P-80")
    office.run()
    assert office.holds() == {"P-80": "missing_vendor"}
    office.say("skip", invoice)
    office.run()
    office.say("retry", "P-80")
    office.run()
    assert (office.holds(), office.state("P-80")) == ({}, "unmatched")


def test_a_name_that_a_customer_has_is_refused_and_goes_with_a_suffix(opening: Opener) -> None:
    """QuickBooks keeps one list of names for vendors, customers and employees, and only vendors are read (6240)."""
    office = opening(policy={"create_vendors": "auto"})
    office.books.post("objects/Customer", {"DisplayName": "Oar Outfitters"})
    office.type_supplier("P-81", "Oar Outfitters")
    invoice = office.invoice("OO-1", "P-81")
    office.run()
    assert office.holds() == {"P-81": "name_taken"}
    assert office.holds("bill") == {invoice: "name_taken"}
    before = office.sent()
    office.run()
    assert office.sent() == before, "it is not tried over and over"


def test_a_suffix_makes_the_name_its_own(opening: Opener) -> None:
    office = opening(policy={"create_vendors": "auto", "name_suffix": " (V)"})
    office.books.post("objects/Customer", {"DisplayName": "Paddle Paints"})
    office.type_supplier("P-82", "Paddle Paints")
    office.invoice("PP-1", "P-82")
    office.run()
    assert office.holds() == {"P-82": "name_taken"}
    office.say("retry", "P-82")
    office.run()
    assert [office.billed_to("PP-1")] == named(office, "Paddle Paints (V)")


def test_an_inactive_vendor_of_the_name_is_looked_up_too(opening: Opener, tmp_path: object) -> None:
    office = opening(desk={**ACCESS, "extracts_folder": str(tmp_path)})
    gone = office.vendor("Quay Quilts")
    office.books.post("objects/Vendor", {"id": gone, "action": "deactivate"})
    office.type_supplier("P-83", "Quay Quilts")
    office.extract()
    invoice = office.invoice("QQ-1", "P-83")
    office.run()
    assert office.holds() == {"P-83": "name_taken"}
    assert "an inactive vendor has this name already" in office.sentence("P-83")
    assert office.holds("bill") == {invoice: "name_taken"}


def test_a_payment_term_that_the_books_lack_is_told_as_lost(opening: Opener, tmp_path: object) -> None:
    office = opening(desk={**ACCESS, "extracts_folder": str(tmp_path)})
    office.type_supplier("P-86", "Tiller Tyres", paymentTerms={"paymentTermCode": "NET77"})
    office.type_supplier("P-87", "Tiller Tape")
    office.extract()
    office.invoice("TT-1", "P-86")
    office.invoice("TT-2", "P-87")
    office.run()
    for supplier in ("P-86", "P-87"):
        office.say("create", supplier)
    office.run()
    assert len(named(office, "Tiller Tyres")) == 1
    assert "no payment term NET77 there" in lost(office, "P-86")
    assert "payment_terms" not in lost(office, "P-87")
    assert office.quiet()


def test_a_supplier_from_data_access_is_proposed_once_a_document_needs_it(opening: Opener, tmp_path: object) -> None:
    office = opening(desk={**ACCESS, "extracts_folder": str(tmp_path)})
    office.type_supplier("P-84", "Rudder Ropes", paymentTerms={"paymentTermCode": "NET30"})
    office.type_supplier("P-85", "Rudder Rivets")
    office.extract()
    office.run()
    assert (office.holds(), office.state("P-84")) == ({}, "unmatched"), "nothing needs them yet"
    office.invoice("RR-1", "P-84")
    office.run()
    office.run()
    assert office.holds() == {"P-84": "missing_vendor"}
    office.say("create", "P-84")
    office.run()
    assert [row["sentence"] for row in office.open_holds()] == []
    (made,) = named(office, "Rudder Ropes")
    assert office.billed_to("RR-1") == made
    assert "P-84" not in office.suppliers()
    assert office.quiet()
