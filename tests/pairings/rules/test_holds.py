"""R25 and the verbs: holds wake when their cure is there, a person's word is done once, alerts are told once."""

from decimal import Decimal

import pytest
from mlc.accounting.holdcodes import CLEARED_BY, HoldCode
from mlc.engine.decisions import Verb, verbs_for
from rulebench.bench import Bench
from rulebench.people import People, fresh_number

from .conftest import Opener

UNMAPPED = "6975"
DAY_S = 86_400.0
#: As often as the recipe runs.
QUARTER_S = 900.0


def mapped(bench: Bench, code: str) -> dict[str, str]:
    """The account map with one more line."""
    return {one.code: one.ledger_code for one in bench.company.accounts if one.ledger_code} | {code: "6100"}


def calls(report: object) -> int:
    return sum(count for side in report.calls.values() for count in side.values())  # type: ignore[attr-defined]


def three_hours(bench: Bench) -> int:
    """Calls of a run every quarter of an hour, the hourly readings of both tenants' metadata among them."""
    made = 0
    for _run in range(12):
        bench.pass_time(QUARTER_S)
        made += calls(bench.run())
        assert bench.wrote_nothing()
    return made


def test_five_hundred_held_bills_cost_no_calls_and_all_go_when_the_map_is_fixed(opening: Opener) -> None:
    with opening() as bench:
        people = People(bench)
        bench.run()
        quiet = three_hours(bench)
        bills = [people.bill(account=UNMAPPED) for _ in range(500)]
        bench.run()
        assert len(bench.holds()) >= 500
        assert len(bench.alerts("account_unmapped")) == 1, "one alert for one cause"
        assert three_hours(bench) - quiet <= 10
        bench.configure(accounts=mapped(bench, UNMAPPED))
        bench.run()
        assert {bench.state(uuid) for uuid in bills} == {"in_step"}
        assert len(bench.written(type="bills")) >= 500
        assert bench.alerts("account_unmapped") == []
        bench.run()
        assert bench.wrote_nothing()


def test_what_waits_is_told_once_per_cause_and_again_after_three_and_fourteen_days(opening: Opener) -> None:
    with opening() as bench:
        people = People(bench)
        bench.run()
        for _bill in range(3):
            people.bill(account=UNMAPPED)
        bench.run()
        for days, told in ((0, 1), (2, 1), (1.1, 2), (11, 3), (30, 3)):
            bench.pass_time(days * DAY_S)
            people.bill(account=UNMAPPED)
            bench.run()
            assert len(bench.alerts("account_unmapped")) == told
        bench.configure(accounts=mapped(bench, UNMAPPED))
        bench.run()
        assert bench.alerts("account_unmapped") == []


def test_a_bill_goes_by_itself_once_its_vendor_is_in_the_ledger(bench: Bench, people: People) -> None:
    vendor = people.vendor("Quercus Sawmill Inc.")
    uuid = people.bill(vendor=vendor)
    bench.run()
    assert bench.codes(uuid) == ["missing_vendor"]
    assert bench.alerts("missing_vendor")
    people.new_contact("Quercus Sawmill Inc.", currency_id=usd(bench))
    bench.run()
    assert people.document(uuid)["vendor_name"] == "Quercus Sawmill Inc."
    assert bench.codes(uuid) == []
    assert [one for one in bench.alerts() if "Quercus" in one["sentence"]] == []
    bench.run()
    assert bench.wrote_nothing()


def usd(bench: Bench) -> str:
    return next(
        str(one["currency_id"]) for one in bench.target.get("objects/currencies") if one["currency_code"] == "USD"
    )


def test_linking_a_vendor_lets_all_its_bills_go(bench: Bench, people: People) -> None:
    vendor = people.vendor("Tamarack Tools (old name)")
    bills = [people.bill(vendor=vendor) for _ in range(2)]
    contact = people.new_contact("Tamarack Tools GmbH & Co.", currency_id=usd(bench))
    bench.run()
    assert [bench.codes(uuid) for uuid in bills] == [["missing_vendor"]] * 2
    bench.decide("link", bench.record(bills[0])["id"], contact)
    bench.run()
    assert [people.document(uuid)["vendor_id"] for uuid in bills] == [contact] * 2
    assert bench.holds(bills[0]) + bench.holds(bills[1]) == []


def test_a_vendor_who_is_inactive_in_the_ledger_holds_its_bills_until_reactivated(bench: Bench, people: People) -> None:
    contact = people.contact(5)
    bench.target.post("objects/contacts", {"id": contact, "action": "inactive"})
    uuid = people.bill(vendor=5)
    bench.run()
    assert bench.codes(uuid) == ["vendor_inactive"]
    bench.target.post("objects/contacts", {"id": contact, "action": "active"})
    bench.run()
    assert bench.state(uuid) == "in_step", bench.record(uuid)["reason"]
    assert bench.alerts("vendor_inactive") == []


def edited_in_ledger(bench: Bench, people: People) -> str:
    uuid = people.posted_bill(amount="80.00")
    people.accountant(uuid, due_date="2027-02-28")
    bench.run()
    assert bench.codes(uuid) == ["drift"]
    return uuid


def test_an_accepted_edit_stays_and_the_next_one_is_asked_anew(bench: Bench, people: People) -> None:
    uuid = edited_in_ledger(bench, people)
    bench.decide("accept", bench.record(uuid)["id"])
    bench.run()
    assert bench.wrote_nothing()
    assert (bench.codes(uuid), people.document(uuid)["due_date"]) == ([], "2027-02-28")
    people.accountant(uuid, due_date="2027-03-31")
    bench.run()
    assert bench.codes(uuid) == ["drift"]


def test_a_repaired_edit_is_written_back_once_and_the_next_one_is_asked_anew(bench: Bench, people: People) -> None:
    uuid = edited_in_ledger(bench, people)
    due = str(people.source_bill(uuid)["due_date"])[:10]
    bench.decide("repair", bench.record(uuid)["id"])
    bench.run()
    assert (bench.codes(uuid), people.document(uuid)["due_date"]) == ([], due)
    bench.run()
    assert bench.wrote_nothing()
    people.accountant(uuid, due_date="2027-03-31")
    bench.run()
    assert bench.codes(uuid) == ["drift"]
    assert people.document(uuid)["due_date"] == "2027-03-31"


def test_an_edit_that_a_person_skips_is_left_alone_for_good(bench: Bench, people: People) -> None:
    uuid = edited_in_ledger(bench, people)
    bench.decide("skip", bench.record(uuid)["id"], "--reason", "kept in the ledger from now on")
    bench.run()
    people.reprice(uuid, "85.00")
    bench.run()
    assert bench.wrote_nothing()
    assert (bench.state(uuid), bench.codes(uuid)) == ("skipped", [])
    assert people.document(uuid)["total"] == Decimal("80.00")


def near_twin(bench: Bench, people: People) -> str:
    uuid = people.bill()
    people.type_in(like=uuid, bill_number=people.source_bill(uuid)["invoice_number"].replace("-", " "))
    bench.run()
    assert bench.codes(uuid) == ["near_twin"]
    return uuid


def test_a_near_twin_that_is_posted_stands_beside_the_other(bench: Bench, people: People) -> None:
    uuid = near_twin(bench, people)
    bench.decide("post", bench.record(uuid)["id"])
    bench.run()
    assert bench.state(uuid) == "in_step"
    assert len(people.documents(uuid)) == 1
    bench.run()
    assert bench.wrote_nothing()


def test_not_a_duplicate_is_remembered_for_the_pair_alone(bench: Bench, people: People) -> None:
    uuid = near_twin(bench, people)
    (hold,) = bench.holds(uuid)
    bench.decide("not-a-duplicate", hold["record_id"])
    another = people.source_bill(uuid)["invoice_number"].replace("-", "/")
    people.type_in(like=uuid, bill_number=another)
    bench.run()
    (hold,) = bench.holds(uuid)
    assert another in hold["sentence"], "the other one is a new question"
    bench.decide("not-a-duplicate", hold["record_id"])
    bench.run()
    assert bench.state(uuid) == "in_step"
    assert len(people.documents(uuid)) == 1


def test_a_near_twin_that_is_adopted_is_bound_as_it_stands(bench: Bench, people: People) -> None:
    uuid = near_twin(bench, people)
    bench.decide("adopt", bench.record(uuid)["id"])
    bench.run()
    assert bench.wrote_nothing()
    assert bench.state(uuid) == "in_step"
    assert people.documents(uuid) == []
    people.reprice(uuid, "99.50")
    bench.run()
    other = people.source_bill(uuid)["invoice_number"]
    (written,) = bench.written(type="bills")
    assert (written["op"], written["after"]["total"]) == ("update", Decimal("99.50"))
    assert written["after"]["bill_number"].replace(" ", "-") == other


def test_a_bill_sent_back_for_correction_is_voided_only_when_a_person_says_so(bench: Bench, people: People) -> None:
    uuid, other = people.posted_bills(2)
    for one in (uuid, other):
        people.press(one, "fix")
    bench.run()
    assert bench.codes(uuid) == ["in_correction"]
    assert bench.wrote_nothing()
    bench.decide("void", bench.record(uuid)["id"])
    people.press(other, "approve")
    bench.run()
    assert people.document(uuid)["status"] == "void"
    assert (people.document(other)["status"], bench.codes(other)) == ("open", []), "approval clears it"


def test_a_deleted_document_can_be_linked_to_the_one_typed_in_its_place(bench: Bench, people: People) -> None:
    uuid = people.posted_bill(amount="64.00")
    bill = people.source_bill(uuid)
    people.accountant(uuid, action="delete")
    bench.run(sweep=True)
    assert bench.codes(uuid) == ["gone_in_target"]
    typed = people.type_in(like=uuid, bill_number=bill["invoice_number"])
    bench.run()  # only what was seen can be linked
    bench.decide("link", bench.record(uuid)["id"], typed)
    bench.run()
    assert bench.wrote_nothing()
    assert (bench.state(uuid), bench.codes(uuid)) == ("in_step", [])
    people.reprice(uuid, "66.00")
    bench.run()
    assert people.document(uuid)["total"] == Decimal("66.00")


def test_a_deleted_document_whose_loss_is_accepted_stays_away(bench: Bench, people: People) -> None:
    uuid = people.posted_bill()
    people.accountant(uuid, action="delete")
    bench.run(sweep=True)
    bench.decide("accept", bench.record(uuid)["id"])
    bench.run()
    bench.run(sweep=True)
    assert bench.wrote_nothing()
    assert (bench.codes(uuid), bench.state(uuid)) == ([], "in_step")
    bench.say("replay", str(bench.record(uuid)["id"]))
    bench.run()
    assert people.documents(uuid) == []
    assert bench.state(uuid) == "in_step"


def test_a_number_conflict_is_settled_by_posting_under_its_own_number(bench: Bench, people: People) -> None:
    uuid = people.bill(amount="210.00")
    people.type_in(like=uuid, line_items=[people.line("201.00")])
    bench.run()
    assert bench.codes(uuid) == ["number_conflict"]
    people.change(uuid, invoice_number=fresh_number())
    bench.run()
    assert (bench.state(uuid), bench.codes(uuid)) == ("in_step", [])
    assert people.document(uuid)["total"] == Decimal("210.00")


def test_a_vendor_deleted_in_the_ledger_is_held_and_its_bills_wait(bench: Bench, people: People) -> None:
    vendor = people.vendor("Ephemeral Ltd")
    contact = people.new_contact("Ephemeral Ltd", currency_id=usd(bench))
    bench.run()
    bench.target.post("objects/contacts", {"id": contact, "action": "delete"})
    bench.run(sweep=True)
    states = bench.rows("SELECT state FROM records WHERE object_type = 'vendor' AND external_id = ?", str(vendor))
    assert states == [{"state": "held"}], "a person says what became of it"
    uuid = people.bill(vendor=vendor)
    bench.run()
    assert bench.state(uuid) == "held"
    assert people.documents(uuid) == []


@pytest.mark.parametrize("code", list(HoldCode))
def test_every_hold_can_be_settled_by_a_verb_that_there_is(code: HoldCode) -> None:
    assert set(verbs_for(code)) > {Verb.SKIP, Verb.RETRY} or set(CLEARED_BY[code]) & {"retry", "map", "skip"}


def test_a_write_nobody_knows_about_can_be_linked_or_posted() -> None:
    """As the refusal of ``retry`` says."""
    assert {Verb.LINK, Verb.POST} <= set(verbs_for(HoldCode.QUARANTINE))
