"""Vendors merged in QuickBooks: invoices of both go to the survivor; the loser in Basware is a person's to close."""

import pytest
from accountsoffice import Office

from .conftest import Opener


@pytest.fixture
def office(opening: Opener) -> Office:
    return opening()


def carried(office: Office, *names: str) -> list[str]:
    """Vendors that are in Basware, by their ids in the books."""
    ids = [office.vendor(name) for name in names]
    office.run()
    assert {f"V{one}" for one in ids} <= office.suppliers().keys()
    return ids


def at_home(office: Office, vendor: str) -> tuple[str, str | None]:
    (found,) = [one for one in office.bound() if one["side"] == "left" and one["external_id"] == vendor]
    return found["role"], found["moved_to"]


def test_invoices_of_a_merged_vendor_go_to_the_survivor_and_the_loser_is_closed_once_a_person_accepts(
    office: Office,
) -> None:
    winner, loser = carried(office, "Anchor Alloys", "Anchor Alloys East")
    office.invoice("AA-1", f"V{loser}")
    office.run()
    assert office.billed_to("AA-1") == loser
    office.merge(loser, winner)
    office.told()
    assert office.holds() == {loser: "merged_elsewhere"}
    told = f"Vendor Anchor Alloys East was merged into Anchor Alloys ({winner}) where it was born"
    assert office.sentence(loser).startswith(told)
    assert at_home(office, loser) == ("alias", winner)
    assert office.holds("bill") == {}, "its vendor was merged, nobody edited it"
    office.invoice("AA-2", f"V{loser}", net="200.00")
    office.invoice("AA-3", f"V{winner}", net="300.00")
    office.run(sweep=True)
    assert [office.billed_to(number) for number in ("AA-1", "AA-2", "AA-3")] == [winner, winner, winner]
    assert office.is_active(f"V{loser}"), "nobody has accepted it yet"
    office.say("accept", loser)
    office.run()
    assert (office.holds(), office.is_active(f"V{loser}"), office.is_active(f"V{winner}")) == ({}, False, True)
    assert office.state(loser) == "in_step"
    assert office.quiet()
    assert office.differences() == {}


def test_a_survivor_that_was_not_carried_yet_takes_the_invoices_of_the_loser(office: Office) -> None:
    (loser,) = carried(office, "Bollard Brass")
    winner = office.vendor("Bollard Brass Works")
    office.merge(loser, winner)
    office.invoice("BB-1", f"V{loser}")
    office.told()
    office.run()
    assert office.billed_to("BB-1") == winner
    assert office.holds() == {loser: "merged_elsewhere"}
    assert f"V{winner}" in office.suppliers(), "the survivor has its own code in Basware"
    office.say("accept", loser)
    office.run()
    assert (office.holds(), office.is_active(f"V{loser}"), office.is_active(f"V{winner}")) == ({}, False, True)


def test_a_loser_that_was_never_carried_leaves_nothing_behind(office: Office) -> None:
    (winner,) = carried(office, "Capstan Castings")
    loser = office.vendor("Capstan Castings North")
    office.merge(loser, winner)
    office.told()
    office.run()
    assert (office.holds(), office.suppliers().keys() & {f"V{loser}"}) == ({}, set())


def test_two_merges_in_a_row_lead_to_the_last_survivor(office: Office) -> None:
    first, second, third = carried(office, "Davit Dyes", "Davit Dyes Two", "Davit Dyes Three")
    office.merge(first, second)
    office.told()
    office.merge(second, third)
    office.told()
    office.invoice("DD-1", f"V{first}")
    office.run()
    assert office.billed_to("DD-1") == third
    assert office.holds() == {first: "merged_elsewhere", second: "merged_elsewhere"}


def test_a_merge_that_only_a_poll_shows_waits_for_a_person_who_links_the_survivor(office: Office) -> None:
    """Change data capture calls the loser deleted, and does not say into whom."""
    winner, loser = carried(office, "Ebb Engines", "Ebb Engines Export")
    office.invoice("EE-1", f"V{loser}")
    office.run()
    office.merge(loser, winner)
    office.run()
    assert office.holds() == {loser: "merged_elsewhere"}
    assert "that side does not say which" in office.sentence(loser)
    office.invoice("EE-2", f"V{loser}", net="200.00")
    office.run()
    assert office.bill("EE-2") is None, "to whom it is owed is not known"
    office.say("link", loser)
    office.run()
    assert [office.billed_to(number) for number in ("EE-1", "EE-2")] == [winner, winner]
    assert office.holds("bill") == {}
    assert f"({winner}) where it was born" in office.sentence(loser)
    office.say("accept", loser)
    office.run()
    assert (office.holds(), office.is_active(f"V{loser}")) == ({}, False)


def test_an_invoice_that_the_books_refuse_because_its_vendor_is_gone_goes_to_the_survivor_later(
    office: Office,
) -> None:
    winner, loser = carried(office, "Harbour Hoists", "Harbour Hoists Hull")
    office.merge(loser, winner)
    invoice = office.invoice("HH-1", f"V{loser}")
    office.told_of_invoice(invoice)
    assert office.bill("HH-1") is None
    assert office.holds("bill") == {invoice: "missing_vendor"}, "what became of its vendor nobody has told yet"
    office.run()
    assert office.holds() == {loser: "merged_elsewhere"}
    office.say("link", loser, winner)
    office.run()
    assert office.billed_to("HH-1") == winner


def test_what_a_webhook_told_stays_known_when_a_poll_only_sees_that_it_is_gone(office: Office) -> None:
    winner, loser = carried(office, "Fathom Fabrics", "Fathom Fabrics South")
    office.merge(loser, winner)
    office.run()
    assert "that side does not say which" in office.sentence(loser)
    office.told()
    assert f"({winner}) where it was born" in office.sentence(loser)
    office.run(sweep=True)
    assert f"({winner}) where it was born" in office.sentence(loser)
    assert at_home(office, loser) == ("alias", winner)


def test_an_open_order_of_a_merged_vendor_stays_as_it_is_in_p2p(office: Office) -> None:
    winner, loser = carried(office, "Galley Gaskets", "Galley Gaskets West")
    accounts = {str(row.get("AcctNum")): str(row["Id"]) for row in office.books.get("objects/Account")}
    detail = {"AccountRef": {"value": accounts["6100"]}}
    kind = "AccountBasedExpenseLineDetail"
    order = {
        "DocNumber": "GG-PO-1",
        "VendorRef": {"value": loser},
        "APAccountRef": {"value": accounts["2000"]},
        "POStatus": "Open",
        "Line": [{"DetailType": kind, "Amount": 100, "Description": "Gaskets", kind: detail}],
    }
    office.books.post("objects/PurchaseOrder", order)
    office.run()
    (there,) = office.desk.get("objects/matchingOrders")
    assert there["supplierCode"] == f"V{loser}"
    office.merge(loser, winner)
    before = office.sent()
    office.told()
    office.run()
    assert office.holds("purchase_order") == {}
    assert office.sent() == before, "an order's supplier cannot be changed in P2P, and nobody changed it"
