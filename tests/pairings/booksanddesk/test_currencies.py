"""A vendor of QuickBooks has one currency for good: an invoice in another makes it once more, or waits."""

from typing import Any

from accountsoffice import Office

from .conftest import Opener


def parts(office: Office) -> list[dict[str, Any]]:
    return [one for one in office.bound() if one["part"] != "main"]


def order(office: Office, number: str, vendor: str) -> None:
    """Somebody writes an order in euros."""
    accounts = {str(row.get("AcctNum") or row["Name"]): str(row["Id"]) for row in office.books.get("objects/Account")}
    kind = "AccountBasedExpenseLineDetail"
    line = {
        "DetailType": kind,
        "Amount": 100,
        "Description": "Flags",
        kind: {"AccountRef": {"value": accounts["6100"]}},
    }
    payables = {"value": accounts["Accounts Payable EUR"]}
    head = {"DocNumber": number, "VendorRef": {"value": vendor}, "APAccountRef": payables, "POStatus": "Open"}
    euros = {"CurrencyRef": {"value": "EUR"}, "ExchangeRate": 1.25}
    office.books.post("objects/PurchaseOrder", {**head, **euros, "Line": [line]})


def test_an_invoice_in_another_currency_goes_to_a_part_of_its_vendor(opening: Opener) -> None:
    office = opening(foreign=True)
    dollars = office.vendor("Anvil Anchors", PrimaryEmailAddr={"Address": "ap@anvil.example"})
    office.run()
    office.invoice("AN-1", f"V{dollars}")
    office.invoice("AN-2", f"V{dollars}", currency="EUR", net="200.00")
    office.invoice("AN-3", f"V{dollars}", currency="EUR", net="300.00")
    office.run()
    (part,) = parts(office)
    euros = part["external_id"]
    assert (part["side"], part["part"]) == ("left", "currency:EUR")
    made = office.vendors()[euros]
    assert (made["DisplayName"], made["CurrencyRef"]["value"]) == ("Anvil Anchors (EUR)", "EUR")
    assert made["PrimaryEmailAddr"]["Address"] == "ap@anvil.example"
    assert [office.billed_to(number) for number in ("AN-1", "AN-2", "AN-3")] == [dollars, euros, euros]
    assert (office.holds(), office.holds("bill")) == ({}, {})
    assert office.suppliers().keys() & {f"V{euros}", f"V{dollars}-EUR"} == set(), "Basware knows the supplier already"
    office.run(sweep=True)
    assert office.suppliers().keys() & {f"V{euros}"} == set()
    assert office.quiet()
    assert office.differences() == {}


def test_a_part_that_the_bookkeeper_made_is_taken(opening: Opener) -> None:
    office = opening(foreign=True)
    dollars = office.vendor("Bilge Brushes")
    office.run()
    euros = office.vendor("Bilge Brushes (EUR)", CurrencyRef={"value": "EUR"})
    office.invoice("BI-1", f"V{dollars}", currency="EUR")
    office.run()
    assert office.billed_to("BI-1") == euros
    assert [one["external_id"] for one in parts(office)] == [euros]
    assert len(office.vendors()) == 2
    assert f"V{euros}" in office.suppliers(), "it is a supplier of its own in Basware, too"
    office.books.post("objects/Vendor", {"id": euros, "PrimaryPhone": {"FreeFormNumber": "+1 555 0142"}})
    office.run()
    assert office.suppliers()[f"V{euros}"]["contacts"][0]["telephone"] == "+1 555 0142"
    assert office.quiet()


def test_by_setting_it_waits(opening: Opener) -> None:
    office = opening(foreign=True, policy={"vendor_currencies": "hold"})
    dollars = office.vendor("Cable Clamps")
    office.run()
    invoice = office.invoice("CC-1", f"V{dollars}", currency="EUR")
    office.run()
    assert (office.bill("CC-1"), office.holds("bill")) == (None, {invoice: "currency_mismatch"})
    assert "is kept in USD in the target, so it cannot hold this document" in office.sentence(invoice)
    assert len(office.vendors()) == 1
    assert office.quiet()


def test_a_company_of_one_currency_lets_it_wait(opening: Opener) -> None:
    office = opening()
    dollars = office.vendor("Deck Drills")
    office.run()
    invoice = office.invoice("DD-1", f"V{dollars}", currency="EUR")
    office.run()
    assert (office.bill("DD-1"), office.holds("bill")) == (None, {invoice: "currency_mismatch"})
    assert (office.holds(), office.state(dollars)) == ({}, "in_step")
    assert office.quiet()


def test_a_name_that_somebody_else_has_lets_it_wait_too(opening: Opener) -> None:
    office = opening(foreign=True)
    dollars = office.vendor("Eyelet Ends")
    other = office.vendor("Eyelet Ends (EUR)")
    office.run()
    assert {f"V{dollars}", f"V{other}"} <= office.suppliers().keys()
    invoice = office.invoice("EY-1", f"V{dollars}", currency="EUR")
    office.run()
    assert (office.bill("EY-1"), office.holds("bill")) == (None, {invoice: "currency_mismatch"})
    assert (office.holds(), len(office.vendors())) == ({}, 2)


def test_an_order_of_the_part_names_the_supplier_that_basware_knows(opening: Opener) -> None:
    office = opening(foreign=True)
    dollars = office.vendor("Flag Fabrics")
    office.run()
    office.invoice("FF-1", f"V{dollars}", currency="EUR")
    office.run()
    (part,) = parts(office)
    order(office, "FF-PO-1", part["external_id"])
    office.run()
    assert [row["sentence"] for row in office.open_holds()] == []
    (there,) = office.desk.get("objects/matchingOrders")
    assert (there["supplierCode"], there["currencyCode"]) == (f"V{dollars}", "EUR")


def test_a_part_whose_answer_was_lost_is_made_once(opening: Opener) -> None:
    office = opening(foreign=True)
    dollars = office.vendor("Gaff Glue")
    office.run()
    office.books.post("faults", [{"match": "POST .*/vendor$", "kind": "commit_then_drop", "times": 1}])
    office.invoice("GG-1", f"V{dollars}", currency="EUR")
    office.run()
    office.run()
    assert [fault["struck"] for fault in office.books.get("faults")] == [1]
    (part,) = parts(office)
    assert office.billed_to("GG-1") == part["external_id"]
    assert sorted(row["DisplayName"] for row in office.vendors().values()) == ["Gaff Glue", "Gaff Glue (EUR)"]


def test_a_supplier_that_only_invoices_name_gets_a_part_as_well(opening: Opener) -> None:
    office = opening(foreign=True, policy={"create_vendors": "auto"})
    office.type_supplier("P-90", "Hull Hooks")
    office.invoice("HU-1", "P-90")
    office.run()
    office.invoice("HU-2", "P-90", currency="EUR")
    office.run()
    names = {id: row["DisplayName"] for id, row in office.vendors().items()}
    owed = [names[office.billed_to(number) or ""] for number in ("HU-1", "HU-2")]
    assert owed == ["Hull Hooks", "Hull Hooks (EUR)"]
    assert office.quiet()


def test_of_two_vendors_of_one_name_the_first_gets_the_part(opening: Opener) -> None:
    office = opening(foreign=True)
    first, second = office.vendor("Jib Jacks"), office.vendor("Jib-Jacks")
    office.run()
    euros = office.vendor("Jib Jacks (EUR)", CurrencyRef={"value": "EUR"})
    office.invoice("JJ-1", f"V{first}", currency="EUR")
    waiting = office.invoice("JJ-2", f"V{second}", currency="EUR")
    office.run()
    assert [one["external_id"] for one in parts(office)] == [euros]
    assert (office.billed_to("JJ-1"), office.billed_to("JJ-2")) == (euros, None)
    assert (office.holds(), office.holds("bill")) == ({}, {waiting: "currency_mismatch"})
    assert len(office.vendors()) == 3
    assert office.quiet()


def test_what_a_person_says_of_a_further_currency_counts(opening: Opener) -> None:
    office = opening(foreign=True, policy={"create_vendors": "auto"})
    office.type_supplier("P-91", "Keel Kits")
    office.invoice("KK-1", "P-91")
    office.run()
    euros = office.vendor("Keel Kits (EUR)", CurrencyRef={"value": "EUR"})
    order(office, "KK-PO-1", euros)
    office.run()
    assert office.state(euros) == "not_carried"
    (waiting,) = office.holds("purchase_order")
    office.say("link", waiting, "P-91")
    office.run()
    assert office.open_holds() == []
    (there,) = office.desk.get("objects/matchingOrders")
    assert (there["supplierCode"], there["currencyCode"]) == ("P-91", "EUR")
