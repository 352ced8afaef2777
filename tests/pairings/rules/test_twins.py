"""R11, R13, R15, R17, R20: what the ledger has already is asked about, never guessed; what was posted is looked at."""

from decimal import Decimal

from rulebench.bench import Bench
from rulebench.people import People, fresh_number

from .conftest import Opener


def typed_in_meanwhile(bench: Bench, people: People, uuid: str, **fields: object) -> None:
    """While our create is on its way, an accountant saves the same bill."""
    bill = people.source_bill(uuid)
    body = {
        "type": "bills",
        "vendor_id": people.contact(bill["vendor"]["id"]),
        "bill_number": bill["invoice_number"],
        "date": str(bill["invoice_date"])[:10],
        "due_date": str(bill["due_date"])[:10],
        "line_items": [people.line(str(bill["total_cost_with_tax"]))],
    }
    bench.fault("POST|PUT /bills$", "human", body=body | fields)


def test_the_ledgers_refusal_as_duplicate_adopts_the_exact_twin(bench: Bench, people: People) -> None:
    uuid = people.bill()
    typed_in_meanwhile(bench, people, uuid)
    bench.run()
    assert bench.state(uuid) == "in_step"
    assert len(people.documents(uuid)) == 1
    assert "adopted" in bench.events(uuid)
    bench.run()
    assert bench.wrote_nothing()


def test_the_ledgers_refusal_as_duplicate_holds_what_is_not_the_same(bench: Bench, people: People) -> None:
    uuid = people.bill(amount="310.00")
    typed_in_meanwhile(bench, people, uuid, line_items=[people.line("301.00")])
    bench.run()
    assert bench.codes(uuid) == ["number_conflict"]
    assert [one["total"] for one in people.documents(uuid)] == [Decimal("301.00")]
    bench.run()
    assert bench.wrote_nothing(), "a refusal is a question; it is not asked again and again"


def test_another_bill_of_the_same_number_and_amount_is_never_adopted_after_a_refusal(
    bench: Bench, people: People
) -> None:
    uuid = people.bill()
    typed_in_meanwhile(bench, people, uuid, date="2026-10-05", due_date="2026-11-05")
    bench.run()
    assert bench.codes(uuid) == ["number_conflict"]
    assert people.document(uuid)["date"] == "2026-10-05"


def test_an_exact_twin_typed_in_before_is_adopted_and_not_touched(bench: Bench, people: People) -> None:
    uuid = people.bill()
    people.type_in(like=uuid)
    bench.run()
    assert bench.written(type="bills") == []
    assert bench.state(uuid) == "in_step"
    assert len(people.documents(uuid)) == 1


def test_one_document_is_never_adopted_by_two_records(bench: Bench, people: People) -> None:
    number = fresh_number()
    first = people.bill(number=number, amount="88.40")
    second = people.bill(number=number, amount="88.40")
    people.type_in(like=first)
    bench.run()
    states = sorted(bench.state(uuid) for uuid in (first, second))
    assert states == ["held", "in_step"]
    assert len(people.numbered(number)) == 1
    bound = bench.rows(
        "SELECT count(*) AS n FROM bindings WHERE side = 'right' AND external_id = ? AND part = 'main'",
        people.numbered(number)[0]["bill_id"],
    )
    assert bound == [{"n": 1}]


def test_two_equal_bills_of_one_run_are_not_both_posted(bench: Bench, people: People) -> None:
    number = fresh_number()
    both = [people.bill(number=number, amount="12.60") for _ in range(2)]
    bench.run()
    assert sorted(bench.state(uuid) for uuid in both) == ["held", "in_step"]
    assert len(people.numbered(number)) == 1


def test_the_same_bill_is_not_adopted_while_its_own_create_is_uncertain(bench: Bench, people: People) -> None:
    number = fresh_number()
    first = people.bill(number=number, amount="19.99")
    bench.fault("POST|PUT /bills$", "commit_then_drop", times=2)
    bench.run(stop=lambda: bool(bench.intents("uncertain", source_id=first)))
    assert bench.intents("uncertain", source_id=first)
    second = people.bill(number=number, amount="19.99")
    bench.settle()
    assert (bench.state(first), bench.state(second)) == ("in_step", "held")
    assert len(people.numbered(number)) == 1


def test_our_own_payment_that_comes_back_before_its_answer_is_not_taken_for_a_strangers(
    bench: Bench, people: People
) -> None:
    uuid = people.posted_bill()
    people.pay(uuid)
    bench.fault("POST /vendorpayments", "commit_then_drop", times=2)
    bench.run(stop=lambda: bool(bench.intents("uncertain")))
    bench.settle()
    bench.settle()
    assert len(people.payments(uuid)) == 1
    assert bench.codes(uuid) == []
    assert bench.alerts("paid_on_wrong_side") == []


def test_what_was_posted_with_other_values_is_bound_and_held(bench: Bench, people: People) -> None:
    uuid = people.bill(number=f"lower-{fresh_number().lower()}")
    bench.fault("POST|PUT /bills$", "normalise", body={"upper": ["bill_number"]})
    bench.run()
    (hold,) = bench.holds(uuid)
    assert hold["code"] == "posted_differs"
    number = people.source_bill(uuid)["invoice_number"]
    assert number in hold["sentence"]
    assert number.upper() in hold["sentence"]
    assert len(people.numbered(number.upper())) == 1
    assert bench.alerts("posted_differs")
    bench.heal()
    bench.run()
    assert bench.wrote_nothing()
    assert bench.codes(uuid) == ["posted_differs"], "only a person settles it"
    bench.decide("accept", hold["record_id"])
    bench.run()
    assert bench.wrote_nothing()
    assert bench.codes(uuid) == []
    assert bench.state(uuid) == "in_step"


def test_what_was_posted_with_other_values_is_written_again_when_a_person_says_repair(
    bench: Bench, people: People
) -> None:
    uuid = people.bill(number=f"lower-{fresh_number().lower()}")
    number = people.source_bill(uuid)["invoice_number"]
    bench.fault("POST|PUT /bills$", "normalise", body={"upper": ["bill_number"]})
    bench.run()
    bench.heal()
    (hold,) = bench.holds(uuid)
    bench.decide("repair", hold["record_id"])
    bench.run()
    bench.run()
    assert len(people.numbered(number)) == 1
    assert people.numbered(number.upper()) == []
    assert bench.codes(uuid) == []


def test_what_one_pairing_writes_is_news_to_the_other(opening: Opener) -> None:
    with opening() as bench:
        people = People(bench)
        bench.source.post("objects/tenants", {"name": "south"})
        bench.add_pairing("south", left="procurify-south", endpoint=f"{bench.source.url}/south")
        uuid = people.posted_bill()
        posted = people.document(uuid)
        report = bench.run("south")
        assert report.failed is None
        assert bench.wrote_nothing()
        listed = bench.rows(
            "SELECT record_id FROM registers WHERE pairing = 'south' AND side = 'right' AND external_id = ?",
            posted["bill_id"],
        )
        assert listed == [{"record_id": None}], "the other pairing sees it as somebody else's document"
        bound = bench.rows("SELECT pairing FROM bindings WHERE external_id = ? AND part = 'main'", posted["bill_id"])
        assert bound == [{"pairing": "demo"}]
        people.accountant(uuid, due_date="2027-03-01")
        bench.run("south")
        bench.run()
        assert bench.codes(uuid) == ["drift"], "reading by one pairing hides nothing from the other"
