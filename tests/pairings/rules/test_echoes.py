"""R16, R18, R19: nobody's own change comes back as news; a new mapping writes nothing; alterations are kept."""

import random
from decimal import Decimal

import pytest
from rulebench.bench import Bench
from rulebench.people import People, fresh_number

from .conftest import Opener


@pytest.mark.parametrize("seed", [1, 2])
def test_ten_runs_after_quiet_write_nothing_though_the_ledger_tidies_what_it_stores(opening: Opener, seed: int) -> None:
    with opening() as bench:
        people, rng = People(bench), random.Random(seed)
        match = rng.choice(["POST|PUT", "WRITE"])
        bench.fault(match, "normalise", body={"upper": rng.choice([[], ["notes"], ["reference_number"]])})
        bench.fault("WRITE", "normalise", at=bench.source)
        bench.run()
        bills = [people.bill(note=f"  two   blanks, and {rng.random()}  ") for _ in range(6)]
        bench.run()
        for uuid in bills:
            what = rng.choice(["price", "note", "recode", "due"])
            if what == "price":
                people.reprice(uuid, f"{rng.randint(10, 99)}.05")
            elif what == "note":
                people.change(uuid, note=f"changed   {rng.random()} ")
            elif what == "due":
                people.change(uuid, due_date="2026-12-24")
            else:
                other = next(one.ledger_id for one in bench.company.accounts if one.code == "6700")
                people.accountant(uuid, action="recode", account_id=other)
        bench.run()
        bench.run()
        notes = {uuid: people.source_bill(uuid)["note"] for uuid in bills}
        for _run in range(10):
            bench.run()
            assert bench.wrote_nothing()
        assert {uuid: people.source_bill(uuid)["note"] for uuid in bills} == notes
        assert {bench.state(uuid) for uuid in bills} == {"in_step"}


def test_only_the_field_that_changed_at_the_source_is_pushed(bench: Bench, people: People) -> None:
    uuid = people.posted_bill(amount="31.00")
    other = next(one.ledger_id for one in bench.company.accounts if one.code == "6700")
    people.accountant(uuid, action="recode", account_id=other)
    people.change(uuid, due_date="2026-12-31")
    bench.run()
    posted = people.document(uuid)
    assert posted["due_date"] == "2026-12-31"
    assert posted["line_items"][0]["account_id"] == other, "the accountant's coding is the ledger's own"
    assert bench.state(uuid) == "in_step"


def test_a_mapping_that_changed_is_taken_as_the_new_base_and_writes_nothing(opening: Opener) -> None:
    with opening() as bench:
        people = People(bench)
        bench.run()
        uuids = people.posted_bills(3)
        before = bench.rows("SELECT DISTINCT mapper_version FROM bindings WHERE object_type = 'bill'")
        accounts = {**people_accounts(bench), "6100": "6700"}
        bench.configure(accounts=accounts)
        for uuid in uuids:
            people.press(uuid, "touch")
        bench.run()
        assert bench.wrote_nothing()
        after = {
            row["mapper_version"]
            for uuid in uuids
            for row in bench.rows(
                "SELECT b.mapper_version FROM bindings b JOIN records r ON r.id = b.record_id "
                "WHERE r.external_id = ? AND b.part = 'main' AND b.side = 'right'",
                uuid,
            )
        }
        assert len(after) == 1
        assert after.isdisjoint({row["mapper_version"] for row in before})
        reasons = [bench.record(uuid)["reason"] for uuid in uuids]
        assert all("the mapping changed" in reason for reason in reasons)
        assert "unchanged" in bench.events(uuids[0])
        people.reprice(uuids[0], "77.00")
        bench.run()
        assert people.document(uuids[0])["total"] == Decimal("77.00"), "a real change still goes"


def people_accounts(bench: Bench) -> dict[str, str]:
    return {one.code: one.ledger_code for one in bench.company.accounts if one.ledger_code}


def test_a_mapping_that_changed_does_not_swallow_an_accountants_edit(opening: Opener) -> None:
    with opening() as bench:
        people = People(bench)
        bench.run()
        uuid = people.posted_bill(amount="45.00")
        bench.configure(accounts={**people_accounts(bench), "6100": "6700"})
        people.reprice_in_ledger(uuid, "54.00")
        bench.run()
        assert bench.wrote_nothing()
        assert people.document(uuid)["total"] == Decimal("54.00")


def test_a_number_that_was_shortened_stays_shortened_in_later_updates(bench: Bench, people: People) -> None:
    uuid = people.bill(number=fresh_number() + "-" + "X9" * 60, amount="-20.00")
    bench.run()
    (posted,) = [one for one in bench.target.get("objects/vendorcredits") if "~" in one["vendor_credit_number"]]
    assert "number" in str(bench.record(uuid)["overrides"])
    people.reprice(uuid, "-21.50")
    bench.run()
    after = bench.target.get(f"objects/vendorcredits/{posted['vendor_credit_id']}")
    assert (after["total"], after["vendor_credit_number"]) == (Decimal("21.50"), posted["vendor_credit_number"])
    assert bench.state(uuid) == "in_step"
    bench.run()
    assert bench.wrote_nothing()


def test_a_date_that_was_moved_out_of_a_closed_period_stays_moved(opening: Opener) -> None:
    with opening(policy={"closed_period": "next_open"}) as bench:
        people = People(bench)
        bench.run()
        people.lock("2026-11-10", ("purchase",))
        uuid = people.bill(day="2026-11-05", amount="30.00")
        bench.run()
        assert people.document(uuid)["date"] == "2026-11-11"
        assert "2026-11-11" in bench.record(uuid)["overrides"]
        people.reprice(uuid, "35.00")
        bench.run()
        assert (people.document(uuid)["date"], people.document(uuid)["total"]) == ("2026-11-11", Decimal("35.00"))
        bench.run()
        assert bench.wrote_nothing()


def test_a_correction_goes_to_lines_that_were_replaced_by_equal_ones(bench: Bench, people: People) -> None:
    """By a person, or by a create that arrives a second time, late: the lines' ids are others since."""
    uuid = people.posted_bill(amount="40.00")
    (line,) = people.document(uuid)["line_items"]
    kept = ("account_id", "description", "rate", "quantity", "unit", "location_id", "tags")
    people.accountant(uuid, line_items=[{name: line[name] for name in kept}])
    assert people.document(uuid)["line_items"][0]["line_item_id"] != line["line_item_id"]
    bench.run()
    assert bench.codes(uuid) == []
    people.reprice(uuid, "42.00")
    bench.run()
    assert (bench.state(uuid), people.document(uuid)["total"]) == ("in_step", Decimal("42.00"))
    assert len(people.document(uuid)["line_items"]) == 1


def test_a_line_that_was_replaced_is_held_with_what_differs_in_it(bench: Bench, people: People) -> None:
    uuid = people.posted_bill(amount="41.00")
    people.accountant(uuid, line_items=[people.line("41.00") | {"unit": "kg"}])
    bench.run()
    (hold,) = bench.holds(uuid)
    assert hold["code"] == "drift"
    assert "amount was 41.00 (line 1: unit each, dimensions " in hold["sentence"]
    assert "is 41.00 (line 1: unit kg, dimensions empty)" in hold["sentence"]
