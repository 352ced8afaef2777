"""Pairings 0.5: a deactivated vendor is deactivated on the other side too, once nothing of it is open on either."""

from rulebench.bench import Bench
from rulebench.people import People

from .test_vendors import contact_of, known_vendor


def press(bench: Bench, vendor: int, button: str, **fields: object) -> None:
    bench.source.post("objects/vendors", {"id": vendor, "action": button})
    if fields:
        bench.source.post("objects/vendors", {"id": vendor, **fields})


def test_it_waits_for_open_documents_then_goes_by_itself_and_comes_back(bench: Bench, people: People) -> None:
    vendor, contact = known_vendor(bench, people, "Halyard Hinges")
    uuid = people.posted_bill(vendor=vendor, amount="44.00")
    number = people.source_bill(uuid)["invoice_number"]
    press(bench, vendor, "deactivate")
    bench.run()
    (hold,) = bench.holds(str(vendor))
    assert hold["code"] == "deactivated"
    assert f"bill {number} on the left" in hold["sentence"]
    assert f"bill {number} on the right" in hold["sentence"]
    assert bench.wrote_nothing()
    bench.run()
    assert bench.events(str(vendor)).count("held") == 1, "it is told once"
    people.pay(uuid)
    bench.run()
    bench.run()
    assert (bench.codes(str(vendor)), contact_of(bench, contact)["status"]) == ([], "inactive")
    assert bench.alerts("deactivated") == []
    assert bench.events(str(vendor))[-2:] == ["rendered", "updated"]
    bench.run(sweep=True)
    assert bench.wrote_nothing()
    waiting = people.bill(vendor=vendor)
    bench.run()
    assert bench.codes(waiting) == ["vendor_inactive"]
    press(bench, vendor, "activate", url="https://halyard.example")
    bench.run()
    bench.run()
    found = contact_of(bench, contact)
    assert (found["status"], found["website"]) == ("active", "https://halyard.example"), "neither is lost"
    assert bench.state(waiting) == "in_step"
    bench.run()
    assert bench.wrote_nothing()


def test_a_person_may_leave_it_or_do_it_by_hand_and_a_lost_answer_is_no_answer(bench: Bench, people: People) -> None:
    kept, stays = known_vendor(bench, people, "Jib Joiners")
    done, goes = known_vendor(bench, people, "Keel Kits")
    free, follows = known_vendor(bench, people, "Luff Lamps")
    people.posted_bill(vendor=kept)
    people.posted_bill(vendor=done)
    for vendor in (kept, done, free):
        press(bench, vendor, "deactivate")
    bench.fault(f"POST /contacts/{follows}/inactive", "drop", times=1)
    bench.run()
    assert [bench.codes(str(vendor)) for vendor in (kept, done)] == [["deactivated"]] * 2
    bench.decide("accept", bench.record(str(kept))["id"])
    bench.target.post("objects/contacts", {"id": goes, "action": "inactive"})
    bench.settle()
    bench.run()
    assert [bench.codes(str(vendor)) for vendor in (kept, done, free)] == [[], [], []]
    assert [contact_of(bench, one)["status"] for one in (stays, goes, follows)] == ["active", "inactive", "inactive"]
    bench.run()
    assert bench.wrote_nothing()
