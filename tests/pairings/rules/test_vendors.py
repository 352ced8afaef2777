"""R16 for parties: field by field, each side's own answers, and a person's word about what must not go by itself."""

from rulebench.bench import Bench, Row
from rulebench.people import People


def known_vendor(bench: Bench, people: People, name: str) -> tuple[int, str]:
    """A vendor that both sides have; its ids."""
    vendor = people.vendor(name, addressLineOne="1 Old Street", city="Boston", country="United States")
    currency = next(one for one in bench.target.get("objects/currencies") if one["currency_code"] == "USD")
    contact = people.new_contact(
        name,
        currency_id=currency["currency_id"],
        billing_address={"address": "1 Old Street", "city": "Boston", "country": "United States"},
    )
    bench.run()
    bench.run()
    assert bench.record(str(vendor))["state"] == "in_step"
    return vendor, contact


def contact_of(bench: Bench, contact: str) -> Row:
    found: Row = bench.target.get(f"objects/contacts/{contact}")
    return found


def vendor_of(bench: Bench, vendor: int) -> Row:
    found: Row = bench.source.get(f"objects/vendors/{vendor}")
    return found


def moved_house(bench: Bench, people: People, name: str) -> tuple[int, str]:
    vendor, contact = known_vendor(bench, people, name)
    bench.source.post("objects/vendors", {"id": vendor, "addressLineOne": "9 Forged Avenue"})
    bench.run()
    assert bench.codes(str(vendor)) == ["remit_change"]
    assert bench.wrote_nothing()
    return vendor, contact


def test_the_ledgers_id_goes_to_the_source_and_nothing_else_moves(bench: Bench, people: People) -> None:
    vendor, contact = known_vendor(bench, people, "Abbot Anchors")
    assert vendor_of(bench, vendor)["external_id"] == contact
    bench.run()
    assert bench.wrote_nothing()


def test_a_changed_address_waits_and_is_written_only_when_a_person_says_repair(bench: Bench, people: People) -> None:
    vendor, contact = moved_house(bench, people, "Bowline Boats")
    assert contact_of(bench, contact)["billing_address"]["address"] == "1 Old Street"
    bench.decide("repair", bench.record(str(vendor))["id"])
    bench.run()
    assert contact_of(bench, contact)["billing_address"]["address"] == "9 Forged Avenue"
    assert bench.codes(str(vendor)) == []
    bench.run()
    assert bench.wrote_nothing()
    bench.source.post("objects/vendors", {"id": vendor, "addressLineOne": "10 Forged Avenue"})
    bench.run()
    assert bench.codes(str(vendor)) == ["remit_change"], "said once is not said for ever"


def test_a_changed_address_that_a_person_accepts_is_never_written(bench: Bench, people: People) -> None:
    vendor, contact = moved_house(bench, people, "Capstan Chains")
    bench.decide("accept", bench.record(str(vendor))["id"])
    bench.run()
    bench.run()
    assert bench.wrote_nothing()
    assert contact_of(bench, contact)["billing_address"]["address"] == "1 Old Street"
    assert bench.codes(str(vendor)) == []


def test_the_ledgers_own_answers_go_back_and_its_own_changes_are_not_overwritten(bench: Bench, people: People) -> None:
    vendor, contact = known_vendor(bench, people, "Davit Dockyards")
    bench.target.post("objects/contacts", {"id": contact, "notes": "slow in August", "payment_terms": 45})
    bench.run()
    bench.source.post("objects/vendors", {"id": vendor, "url": "https://davit.example"})
    bench.run()
    found = contact_of(bench, contact)
    assert (found["notes"], found["payment_terms"]) == ("slow in August", 45)
    assert found["website"] == "https://davit.example"
    bench.run()
    assert bench.wrote_nothing()


def test_changes_on_both_sides_at_once_each_arrive_on_the_other(bench: Bench, people: People) -> None:
    vendor, contact = known_vendor(bench, people, "Ensign Electric")
    bench.source.post("objects/vendors", {"id": vendor, "url": "https://ensign.example"})
    bench.target.post("objects/contacts", {"id": contact, "track_1099": True})
    bench.run()
    bench.run()
    assert contact_of(bench, contact)["website"] == "https://ensign.example"
    assert contact_of(bench, contact)["track_1099"] is True
    assert vendor_of(bench, vendor)["is_1099_eligible"] is True
    assert bench.codes(str(vendor)) == []
    bench.run()
    assert bench.wrote_nothing()


def test_an_answer_that_is_taken_back_in_the_ledger_is_taken_back_at_the_source(bench: Bench, people: People) -> None:
    vendor, contact = known_vendor(bench, people, "Fathom Freight")
    for answer in (True, False, True):
        bench.target.post("objects/contacts", {"id": contact, "track_1099": answer})
        bench.run()
        assert vendor_of(bench, vendor)["is_1099_eligible"] is answer
    bench.run()
    assert bench.wrote_nothing()


def test_what_a_person_accepted_stays_accepted_when_another_answer_goes_back(bench: Bench, people: People) -> None:
    vendor, contact = known_vendor(bench, people, "Gunwale Gaskets")
    bench.target.post("objects/contacts", {"id": contact, "contact_name": "Gunwale Gaskets Ltd"})
    bench.run()
    assert bench.codes(str(vendor)) == ["drift"]
    bench.target.post("objects/contacts", {"id": contact, "track_1099": True})
    bench.run()
    bench.decide("accept", bench.record(str(vendor))["id"])
    bench.run()
    assert vendor_of(bench, vendor)["is_1099_eligible"] is True, "the answer goes back, the name stays as it is"
    assert vendor_of(bench, vendor)["name"] == "Gunwale Gaskets"
    bench.target.post("objects/contacts", {"id": contact, "track_1099": False})
    bench.run()
    assert vendor_of(bench, vendor)["is_1099_eligible"] is False
    assert bench.codes(str(vendor)) == []
    bench.run()
    assert bench.wrote_nothing()
