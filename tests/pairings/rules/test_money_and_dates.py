"""R26, R27, R40, R41: exact amounts, closed periods, go-live, and nothing that could be paid twice."""

from decimal import Decimal

import pytest
from rulebench.bench import Bench
from rulebench.people import PAID, People

from .conftest import Opener

JPY_VENDOR, KWD_VENDOR = 41, 56


@pytest.mark.parametrize(
    ("vendor", "currency", "amount"),
    [(JPY_VENDOR, "JPY", "50123"), (KWD_VENDOR, "KWD", "12.345"), (19, "EUR", "10.05")],
)
def test_a_total_arrives_to_the_last_digit_of_its_currency(
    bench: Bench, people: People, vendor: int, currency: str, amount: str
) -> None:
    uuid = people.posted_bill(vendor=vendor, currency=currency, amount=amount)
    posted = people.document(uuid)
    assert (posted["currency_code"], posted["total"]) == (currency, Decimal(amount))
    assert bench.codes(uuid) == []


def test_one_yen_or_one_fils_is_another_bill(bench: Bench, people: People) -> None:
    pairs = [(JPY_VENDOR, "JPY", "7001", "7002"), (KWD_VENDOR, "KWD", "5.001", "5.002")]
    uuids = []
    for vendor, currency, ours, theirs in pairs:
        uuid = people.bill(vendor=vendor, currency=currency, amount=ours)
        people.type_in(like=uuid, line_items=[people.line(theirs)])
        uuids.append(uuid)
    bench.run()
    assert [bench.codes(uuid) for uuid in uuids] == [["number_conflict"]] * 2
    assert [len(people.documents(uuid)) for uuid in uuids] == [1, 1]


def test_a_bill_in_another_currency_than_its_vendor_can_have_is_held(bench: Bench, people: People) -> None:
    uuid = people.bill(vendor=2, currency="EUR", amount="100.00")
    bench.run()
    assert bench.codes(uuid) == ["currency_mismatch"]
    assert people.documents(uuid) == []
    bench.run()
    assert bench.wrote_nothing()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Honolulu"])
def test_a_closed_period_ends_with_its_last_day_wherever_the_books_are_kept(opening: Opener, zone: str) -> None:
    with opening() as bench:
        people = People(bench)
        bench.run()
        organisation = bench.company.ledger_organization_id
        bench.target.post("objects/organizations", {"id": organisation, "time_zone": zone})
        bench.source.post("switches", {"bill_date_time": "location_midnight"})
        people.lock("2026-11-14", ("purchase",))
        closed, open_ = people.bill(day="2026-11-14"), people.bill(day="2026-11-15")
        bench.run()
        assert bench.codes(closed) == ["closed_period"]
        assert people.documents(closed) == []
        assert people.document(open_)["date"] == "2026-11-15"
        bench.run()
        assert bench.wrote_nothing()
        people.lock("2026-11-13", ("purchase",))
        bench.run()
        assert people.document(closed)["date"] == "2026-11-14", "an opened period wakes what waited for it"
        assert bench.alerts("closed_period") == []


def test_an_opened_period_wakes_what_waits_in_any_pairing_of_that_ledger(opening: Opener) -> None:
    with opening() as bench:
        people = People(bench)
        bench.run()
        bench.source.post("objects/tenants", {"name": "south"})
        bench.add_pairing("south", left="procurify-south", endpoint=f"{bench.source.url}/south")
        people.lock("2026-11-14", ("purchase",))
        closed = people.bill(day="2026-11-14")
        bench.run()
        assert bench.codes(closed) == ["closed_period"]
        people.lock("2026-11-13", ("purchase",))
        bench.run("south")
        bench.run()
        assert people.document(closed)["date"] == "2026-11-14"


def test_a_change_of_a_bill_in_a_closed_period_is_held_and_goes_when_it_is_opened(opening: Opener) -> None:
    with opening() as bench:
        people = People(bench)
        bench.run()
        uuid = people.posted_bill(day="2026-11-05", amount="50.00")
        people.lock("2026-11-10", ("purchase",))
        people.reprice(uuid, "52.00")
        bench.run()
        assert bench.codes(uuid) == ["changed_after_close"]
        assert people.document(uuid)["total"] == Decimal("50.00")
        people.lock(None, ("purchase",))
        bench.run()
        assert people.document(uuid)["total"] == Decimal("52.00")
        assert bench.codes(uuid) == []


def test_a_payment_in_a_closed_period_waits_too(opening: Opener) -> None:
    with opening() as bench:
        people = People(bench)
        bench.run()
        uuid = people.posted_bill(day="2026-11-05")
        people.lock("2026-11-25", ("banking",))
        people.pay(uuid, payment_date="2026-11-20")
        bench.run()
        assert people.payments(uuid) == []
        assert bench.alerts("closed_period")
        people.lock(None, ("banking",))
        bench.run()
        assert len(people.payments(uuid)) == 1
        assert bench.alerts("closed_period") == []


def test_a_bill_from_before_go_live_is_counted_and_never_created(bench: Bench, people: People) -> None:
    uuid = people.bill(day="2026-09-30")
    bench.run()
    assert bench.state(uuid) == "before_go_live"
    assert (people.documents(uuid), bench.codes(uuid)) == ([], [])


def test_a_payment_for_a_bill_from_before_go_live_adopts_that_bill_and_settles_it(bench: Bench, people: People) -> None:
    people.lock(None)
    uuid = people.bill(day="2026-09-15", amount="432.10")
    people.type_in(like=uuid)
    people.lock("2026-10-04")
    bench.run()
    people.pay(uuid)
    bench.run()
    assert (bench.state(uuid), len(people.documents(uuid))) == ("in_step", 1)
    assert people.document(uuid)["balance"] == 0
    assert len(people.payments(uuid)) == 1


def test_a_payment_for_a_bill_from_before_go_live_without_its_twin_is_counted_too(bench: Bench, people: People) -> None:
    uuid = people.bill(day="2026-09-15")
    payment = people.pay(uuid)
    bench.run()
    assert people.documents(uuid) == []
    paid = bench.rows("SELECT state FROM records WHERE object_type = 'payment' AND external_id LIKE ?", f"%{payment}%")
    assert {row["state"] for row in paid} <= {"before_go_live", "held"}


def test_a_payment_typed_into_the_books_is_told_at_once_and_stops_ours(bench: Bench, people: People) -> None:
    uuid = people.posted_bill()
    people.accountant(uuid, action="pay", date="2026-11-20", paid_through_account_id=bank(bench))
    bench.run()
    assert bench.codes(uuid) == ["paid_on_wrong_side"]
    number = people.source_bill(uuid)["invoice_number"]
    assert len([one for one in bench.alerts("paid_on_wrong_side") if number in one["sentence"]]) == 1
    people.pay(uuid)
    bench.run()
    assert len(people.payments(uuid)) == 1, "it is paid in the books; ours would be the second"
    assert any(number in one["sentence"] for one in bench.alerts("would_overpay"))
    bench.decide("accept", bench.record(uuid)["id"])
    bench.run()
    assert bench.wrote_nothing()
    assert bench.codes(uuid) == []
    assert bench.alerts("paid_on_wrong_side") == []


def bank(bench: Bench) -> str:
    return str(bench.company.money_accounts[0].ledger_id)


def test_a_denied_bill_that_was_paid_in_the_books_is_not_voided(bench: Bench, people: People) -> None:
    uuid = people.posted_bill()
    people.accountant(uuid, action="pay", date="2026-11-20", paid_through_account_id=bank(bench))
    people.deny(uuid)
    bench.run()
    assert "void_blocked" in bench.codes(uuid)
    assert people.document(uuid)["status"] == "paid"
    assert bench.alerts("void_blocked")


def test_a_payment_that_failed_later_is_held_and_never_deleted(bench: Bench, people: People) -> None:
    uuid = people.posted_bill()
    payment = people.pay(uuid)
    bench.run()
    assert len(people.payments(uuid)) == 1
    bench.source.post("objects/payments", {"id": payment, "action": "fail"})
    bench.run()
    assert bench.wrote_nothing()
    assert bench.alerts("payment_reversed")
    assert len(people.payments(uuid)) == 1


def test_a_bill_that_is_paid_at_the_source_without_a_payment_is_told_after_three_days(opening: Opener) -> None:
    with opening() as bench:
        people = People(bench)
        bench.run()
        uuid = people.posted_bill(status=PAID)
        paid = people.posted_bill()
        people.pay(paid)
        bench.run(sweep=True)
        assert people.document(uuid)["balance"] == people.document(uuid)["total"]
        assert bench.alerts("paid_without_payment") == []
        bench.pass_time(3 * 86_400.0)
        bench.run(sweep=True)
        (alert,) = bench.alerts("paid_without_payment")
        assert people.source_bill(uuid)["invoice_number"] in alert["sentence"]
        assert people.source_bill(paid)["invoice_number"] not in alert["sentence"]
        people.accountant(uuid, action="pay", date="2026-11-20", paid_through_account_id=bank(bench))
        bench.run(sweep=True)
        assert bench.alerts("paid_without_payment") == []


def test_a_paid_bill_whose_amount_changes_is_held(bench: Bench, people: People) -> None:
    uuid = people.posted_bill(amount="70.00")
    people.pay(uuid)
    bench.run()
    people.reprice(uuid, "71.00")
    bench.run()
    assert bench.codes(uuid) == ["changed_after_posting"]
    assert people.document(uuid)["total"] == Decimal("70.00")


def test_a_payment_that_would_overpay_is_given_up_when_a_person_accepts(bench: Bench, people: People) -> None:
    uuid = people.posted_bill()
    people.accountant(uuid, action="pay", date="2026-11-20", paid_through_account_id=bank(bench))
    people.pay(uuid)
    bench.run()
    (hold,) = [one for one in bench.holds() if one["code"] == "would_overpay" and number_in(people, uuid, one)]
    bench.decide("accept", hold["record_id"])
    bench.run()
    bench.run()
    assert bench.wrote_nothing()
    assert [one for one in bench.holds() if one["code"] == "would_overpay" and number_in(people, uuid, one)] == []
    assert len(people.payments(uuid)) == 1


def number_in(people: People, uuid: str, hold: dict[str, object]) -> bool:
    return str(people.source_bill(uuid)["invoice_number"]) in str(hold["sentence"])


def test_a_bill_in_a_closed_period_goes_to_the_first_open_day_when_a_person_moves_it(opening: Opener) -> None:
    with opening() as bench:
        people = People(bench)
        bench.run()
        people.lock("2026-11-10", ("purchase",))
        moved, waits = people.bill(day="2026-11-05", amount="30.00"), people.bill(day="2026-11-06", amount="31.00")
        bench.run()
        assert [bench.codes(uuid) for uuid in (moved, waits)] == [["closed_period"]] * 2
        bench.decide("move", bench.record(moved)["id"])
        bench.run()
        assert (people.document(moved)["date"], bench.codes(moved)) == ("2026-11-11", [])
        assert (people.documents(waits), bench.codes(waits)) == ([], ["closed_period"])
        people.reprice(moved, "33.00")
        bench.run()
        posted = people.document(moved)
        assert (posted["date"], posted["total"]) == ("2026-11-11", Decimal("33.00")), "it stays where it was moved"
        bench.run()
        assert bench.wrote_nothing()


def test_documents_that_somebody_else_carries_already_are_told_before_the_first_write(opening: Opener) -> None:
    with opening() as bench:
        people = People(bench)
        uuids = [people.bill(vendor=vendor) for vendor in range(1, 7)]
        for uuid in uuids:
            people.type_in(like=uuid)
        bench.run(accept=False)
        (told,) = bench.alerts("carried_elsewhere")
        assert "demo:bills: 6 of " in told["sentence"]
        assert bench.wrote_nothing()
        bench.run()
        assert bench.alerts("carried_elsewhere") == []
        assert [len(people.documents(uuid)) for uuid in uuids] == [1] * 6
