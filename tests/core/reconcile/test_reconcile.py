"""Both registers compared: what is matched, what is missing and why, and that every cent of difference has a name."""

from datetime import date
from decimal import Decimal

import pytest
from mlc.accounting.headers import shorten_number
from mlc.engine.reconcile import Bucket, Finding, Kind, Reconciliation, Total
from mlc.recipes import Policy, PurchaseTax, Side
from mlc.records import (
    ApprovalStatus,
    Deletion,
    DeletionKind,
    DocumentStatus,
    MoneyMovement,
    ObjectType,
    PaymentStatus,
    Ref,
    SourceMeta,
)

from .conftest import NUMBER_MAX, World, bill, credit, expense, invoice, order, payment

LEFT, RIGHT = Side.LEFT, Side.RIGHT


def found(made: Reconciliation, kind: Kind) -> list[Finding]:
    return made.differences.get(kind, [])


def total_of(made: Reconciliation, kind: ObjectType = ObjectType.BILL, currency: str = "EUR") -> Total:
    return next(one for one in made.totals if one.object_type is kind and one.currency == currency)


def unexplained(made: Reconciliation) -> Decimal:
    return sum((one.unexplained for one in made.totals), Decimal(0))


def test_two_equal_registers_are_balanced(world: World) -> None:
    world.carry(order(LEFT, "PO-1", "500.00"), order(RIGHT, "PO-1", "500.00"))
    for number in range(5):
        world.carry(bill(LEFT, f"HP-{number}", "118.00"), bill(RIGHT, f"HP-{number}", "118.00"))
    world.carry(credit(LEFT, "CR-1", "20.00"), credit(RIGHT, "CR-1", "20.00"))
    world.carry(payment(LEFT, "p1", "118.00"), payment(RIGHT, "z1", "118.00"))
    made = world.reconcile()
    assert made.balanced
    assert made.counts["matched"] == 8
    assert total_of(made).left == total_of(made).right == Decimal("590.00")
    assert not list(made.lines())
    assert made.calls["left"] > 3


def test_two_equal_registers_match_by_number_and_vendor_name_without_any_binding(world: World) -> None:
    other = Ref(record_type=ObjectType.VENDOR, source_id="v9", name="Mill & Sons")
    there = Ref(record_type=ObjectType.VENDOR, source_id="c9", name="MILL & Sons")
    world.left.append(bill(LEFT, "A-1", "10.00", vendor=other))
    world.right.append(bill(RIGHT, "A-1", "10.00", vendor=there))
    made = world.reconcile()
    assert made.counts["matched"] == 1
    assert [one.what for one in found(made, Kind.UNBOUND)] == ["Bill A-1 of Mill & Sons"]
    assert unexplained(made) == 0


def test_a_held_bill_explains_the_difference_it_causes_and_is_listed_by_name_and_code(world: World) -> None:
    held = bill(LEFT, "HP-9", "118.00")
    world.left.append(held)
    world.hold(world.record(held, state="held"), "account_unmapped", "Account 6100 is not mapped.")
    made = world.reconcile()
    assert made.balanced
    assert total_of(made).difference == Decimal("118.00")
    assert total_of(made).explained == {Bucket.HELD: Decimal("118.00")}
    [line] = found(made, Kind.HELD)
    assert line.what == "Bill HP-9 of Harbour Paper"
    assert line.why.startswith("account_unmapped: ")
    assert line.amount == Decimal("118.00")
    assert made.held_by_period == {"2026-03": {"EUR": Decimal("118.00")}}


def test_a_record_with_two_holds_counts_once_in_its_period(world: World) -> None:
    held = bill(LEFT, "HP-9", "118.00", posting_date=date(2026, 4, 2))
    world.left.append(held)
    record_id = world.record(held, state="held")
    world.hold(record_id, "account_unmapped")
    world.hold(record_id, "closed_period")
    made = world.reconcile()
    assert made.held_by_period == {"2026-04": {"EUR": Decimal("118.00")}}
    assert len(found(made, Kind.HELD)) == 2


def test_a_dead_bill_explains_its_difference_with_its_reason(world: World) -> None:
    dead = bill(LEFT, "HP-9", "118.00")
    world.left.append(dead)
    world.record(dead, state="dead", reason="The target refused it.")
    made = world.reconcile()
    assert made.balanced
    assert total_of(made).explained == {Bucket.DEAD: Decimal("118.00")}
    assert [one.why for one in found(made, Kind.DEAD)] == ["The target refused it."]


def test_a_bill_that_was_never_carried_is_missing_on_the_right_and_unexplained(world: World) -> None:
    world.left.append(bill(LEFT, "HP-9", "118.00"))
    made = world.reconcile()
    assert not made.balanced
    assert total_of(made).unexplained == Decimal("118.00")
    [line] = found(made, Kind.MISSING_RIGHT)
    assert line.right is None
    assert "has not been read yet" in line.why


def test_a_bill_that_was_carried_and_is_gone_is_missing_even_though_it_is_bound(world: World) -> None:
    world.carry(bill(LEFT, "HP-1", "118.00"), bill(RIGHT, "HP-1", "118.00"))
    world.right.clear()
    made = world.reconcile()
    assert not made.balanced
    assert "no longer lists it" in found(made, Kind.MISSING_RIGHT)[0].why


def test_a_bill_whose_source_is_no_longer_listed_is_missing_on_the_left(world: World) -> None:
    world.carry(bill(LEFT, "HP-1", "118.00"), bill(RIGHT, "HP-1", "118.00"))
    world.left.clear()
    made = world.reconcile()
    assert total_of(made).unexplained == Decimal("-118.00")
    assert found(made, Kind.MISSING_LEFT)[0].left is None


def test_a_bill_typed_into_the_ledger_by_hand_is_ledger_only(world: World) -> None:
    world.right.append(bill(RIGHT, "RENT-3", "900.00"))
    made = world.reconcile()
    assert made.balanced
    assert total_of(made).explained == {Bucket.LEDGER_ONLY: Decimal("-900.00")}
    assert len(found(made, Kind.LEDGER_ONLY)) == 1


def test_a_document_with_our_key_that_nothing_binds_is_never_called_typed_by_hand(world: World) -> None:
    world.right.append(bill(RIGHT, "HP-1", "900.00", external_key="buying:bill:left-HP-1"))
    made = world.reconcile()
    assert not made.balanced
    assert "carries our key" in found(made, Kind.MISSING_LEFT)[0].why


def test_a_bill_posted_twice_is_doubled_and_never_balanced(world: World) -> None:
    world.carry(bill(LEFT, "HP-1", "118.00"), bill(RIGHT, "HP-1", "118.00"))
    world.right.append(bill(RIGHT, "HP-1", "118.00", id="second"))
    made = world.reconcile()
    assert not made.balanced
    assert [one.right for one in found(made, Kind.DOUBLED)] == ["118.00 EUR (second)"]
    assert total_of(made).unexplained == Decimal("-118.00")


def test_a_double_is_seen_although_a_missing_bill_of_the_same_amount_hides_it_in_the_total(world: World) -> None:
    world.carry(bill(LEFT, "HP-1", "118.00"), bill(RIGHT, "HP-1", "118.00"))
    world.right.append(bill(RIGHT, "HP-1", "118.00", id="second"))
    world.left.append(bill(LEFT, "HP-2", "118.00"))
    made = world.reconcile()
    assert total_of(made).difference == total_of(made).unexplained == 0
    assert total_of(made).loose == 2
    assert not made.balanced


def test_a_bill_entered_twice_at_the_source_and_held_there_is_no_double(world: World) -> None:
    world.carry(bill(LEFT, "HP-1", "118.00"), bill(RIGHT, "HP-1", "118.00"))
    again = bill(LEFT, "HP-1", "118.00", id="again")
    world.left.append(again)
    world.hold(world.record(again, state="held"), "near_twin")
    made = world.reconcile()
    assert made.balanced
    assert total_of(made).explained == {Bucket.HELD: Decimal("118.00")}


def test_two_bills_of_one_number_that_both_went_over_are_doubled_unless_a_person_said_so(world: World) -> None:
    world.carry(bill(LEFT, "HP-1", "118.00"), bill(RIGHT, "HP-1", "118.00"))
    second = world.carry(bill(LEFT, "HP-1", "90.00", id="l2"), bill(RIGHT, "HP-1", "90.00", id="r2"))
    assert not world.reconcile().balanced
    world.decision(second, "not_a_duplicate", "right-HP-1")
    assert world.reconcile().balanced


def test_a_number_used_again_after_a_year_is_no_double(world: World) -> None:
    world.policy = Policy()
    world.carry(bill(LEFT, "1", "118.00"), bill(RIGHT, "1", "118.00"))
    later = date(2027, 3, 10)
    world.carry(bill(LEFT, "1", "5.00", id="l2", issue_date=later), bill(RIGHT, "1", "5.00", id="r2", issue_date=later))
    made = world.reconcile()
    assert made.balanced
    assert made.counts["matched"] == 2


def test_one_document_bound_by_two_records_is_bound_twice(world: World) -> None:
    world.carry(bill(LEFT, "HP-1", "118.00"), bill(RIGHT, "HP-1", "118.00"))
    other = bill(LEFT, "HP-2", "118.00")
    world.left.append(other)
    world.bind(world.record(other), bill(RIGHT, "HP-1", "118.00"), part="second")
    made = world.reconcile()
    assert not made.balanced
    assert len(found(made, Kind.BOUND_TWICE)) == 1


def test_documents_from_before_go_live_are_counted_apart(world: World) -> None:
    old = date(2026, 2, 27)
    world.left += [
        bill(LEFT, "O-1", "10.00", issue_date=old),
        bill(LEFT, "O-2", "20.00", issue_date=old),
        bill(LEFT, "O-3", "30.00", issue_date=old),
    ]
    world.right += [
        bill(RIGHT, "O-1", "10.00", issue_date=old),
        bill(RIGHT, "O-2", "21.00", issue_date=old),
        bill(RIGHT, "O-9", "7.00", issue_date=old),
    ]
    made = world.reconcile()
    assert made.balanced
    counts = {name: count for name, count in made.counts.items() if count}
    assert counts == {
        "before_go_live_matched": 1,
        "before_go_live_differs": 1,
        "before_go_live_missing_right": 1,
        "before_go_live_missing_left": 1,
    }
    assert total_of(made).explained == {Bucket.BEFORE_GO_LIVE: Decimal("22.00")}
    assert not list(made.lines())


def test_another_amount_is_told_with_both_amounts(world: World) -> None:
    world.carry(bill(LEFT, "HP-1", "118.00"), bill(RIGHT, "HP-1", "119.00"))
    made = world.reconcile()
    assert not made.balanced
    [line] = found(made, Kind.AMOUNT)
    assert (line.left, line.right, line.amount) == ("118.00 EUR", "119.00 EUR", Decimal("-1.00"))


@pytest.mark.parametrize("code", ["drift", "changed_after_posting", "posted_differs"])
def test_another_amount_of_a_held_bill_is_explained_by_its_hold(world: World, code: str) -> None:
    world.hold(world.carry(bill(LEFT, "HP-1", "118.00"), bill(RIGHT, "HP-1", "119.00"), state="held"), code)
    made = world.reconcile()
    assert made.balanced
    assert not found(made, Kind.AMOUNT)
    assert total_of(made).explained == {Bucket.HELD: Decimal("-1.00")}


def test_another_amount_that_a_person_accepted_stays_listed_as_accepted(world: World) -> None:
    world.decision(world.carry(bill(LEFT, "HP-1", "118.00"), bill(RIGHT, "HP-1", "119.00")), "accept", "drift")
    made = world.reconcile()
    assert made.balanced
    assert len(found(made, Kind.ACCEPTED)) == 1


def test_a_rounding_that_was_intended_is_expected(world: World) -> None:
    world.carry(bill(LEFT, "HP-1", "118.00"), bill(RIGHT, "HP-1", "117.97"), overrides='{"rounding": "0.03"}')
    made = world.reconcile()
    assert made.balanced
    assert total_of(made).explained == {Bucket.OVERRIDES: Decimal("0.03")}


def test_a_number_that_was_shortened_still_is_the_same_document(world: World) -> None:
    full = "SUPPLIER/2026/000000000000000107"
    short = shorten_number(full, NUMBER_MAX)
    world.carry(bill(LEFT, full, "118.00"), bill(RIGHT, short, "118.00"), overrides=f'{{"number": "{full}"}}')
    made = world.reconcile()
    assert made.balanced
    assert made.counts["matched"] == 1
    assert "shortened on purpose" in found(made, Kind.OVERRIDES)[0].why


def test_a_number_that_had_to_be_made_is_expected(world: World) -> None:
    world.carry(bill(LEFT, None, "118.00"), bill(RIGHT, "PF-BILL-7", "118.00"))
    made = world.reconcile()
    assert made.balanced
    assert found(made, Kind.OVERRIDES)[0].right == "PF-BILL-7"


def test_a_number_changed_in_the_ledger_is_one_difference_not_two_missing_bills(world: World) -> None:
    world.carry(bill(LEFT, "HP-1", "118.00"), bill(RIGHT, "HP-1-new", "118.00"))
    made = world.reconcile()
    assert [(one.left, one.right) for one in found(made, Kind.NUMBER)] == [("HP-1", "HP-1-new")]
    assert not found(made, Kind.MISSING_LEFT)


def test_a_moved_date_is_expected_and_any_other_is_told(world: World) -> None:
    moved = bill(RIGHT, "HP-1", "118.00", issue_date=date(2026, 4, 1))
    world.carry(bill(LEFT, "HP-1", "118.00"), moved, overrides='{"moved_to": "2026-04-01"}')
    world.carry(bill(LEFT, "HP-2", "118.00"), bill(RIGHT, "HP-2", "118.00", issue_date=date(2026, 3, 11)))
    made = world.reconcile()
    assert len(found(made, Kind.OVERRIDES)) == 1
    assert [(one.left, one.right) for one in found(made, Kind.DATE)] == [("2026-03-10", "2026-03-11")]


def test_another_currency_shows_in_both_totals(world: World) -> None:
    world.carry(bill(LEFT, "HP-1", "118.00"), bill(RIGHT, "HP-1", "118.00", currency="USD"))
    made = world.reconcile()
    assert not made.balanced
    assert [(one.left, one.right) for one in found(made, Kind.CURRENCY)] == [("118.00 EUR", "118.00 USD")]
    assert total_of(made).unexplained == Decimal("118.00")
    assert total_of(made, currency="USD").unexplained == Decimal("-118.00")


def test_tax_is_compared_from_the_full_readings_where_the_lists_state_none(world: World) -> None:
    record_id = world.carry(bill(LEFT, "HP-1", "118.00"), bill(RIGHT, "HP-1", "118.00"))
    assert record_id
    world.left[0] = bill(LEFT, "HP-1", "118.00", tax_total=Decimal("18.00"))
    world.right[0] = bill(RIGHT, "HP-1", "118.00", tax_total=Decimal("19.00"))
    [line] = found(world.reconcile(), Kind.TAX)
    assert (line.left, line.right) == ("18.00 EUR", "19.00 EUR")


def test_folded_tax_is_not_compared(world: World) -> None:
    world.policy = Policy(purchase_tax=PurchaseTax.FOLD)
    world.carry(
        bill(LEFT, "HP-1", "118.00", tax_total=Decimal("18.00")),
        bill(RIGHT, "HP-1", "118.00", tax_total=Decimal("0.00")),
    )
    assert not found(world.reconcile(), Kind.TAX)


def test_a_bill_void_on_one_side_only_is_a_difference_of_status_and_of_money(world: World) -> None:
    world.carry(bill(LEFT, "HP-1", "118.00"), bill(RIGHT, "HP-1", "118.00", status=DocumentStatus.VOID))
    made = world.reconcile()
    assert not made.balanced
    assert total_of(made).unexplained == Decimal("118.00")
    assert [(one.left, one.right) for one in found(made, Kind.STATUS)] == [("open", "void")]


def test_a_bill_void_on_both_sides_counts_nowhere(world: World) -> None:
    gone = {"status": DocumentStatus.VOID}
    world.carry(bill(LEFT, "HP-1", "118.00", **gone), bill(RIGHT, "HP-1", "118.00", **gone))
    made = world.reconcile()
    assert made.balanced
    assert not made.totals


def test_a_withdrawn_bill_with_a_hold_explains_what_still_stands_in_the_ledger(world: World) -> None:
    source = SourceMeta(
        system="buying", source_id="left-HP-1", deleted=Deletion(kind=DeletionKind.VOIDED, evidence="status")
    )
    record_id = world.carry(bill(LEFT, "HP-1", "118.00", source=source), bill(RIGHT, "HP-1", "118.00"), state="held")
    world.hold(record_id, "void_blocked")
    made = world.reconcile()
    assert made.balanced
    assert total_of(made).explained == {Bucket.HELD: Decimal("-118.00")}


def test_a_bill_that_is_not_approved_yet_is_named_as_such(world: World) -> None:
    draft = bill(LEFT, "HP-1", "118.00", status=DocumentStatus.DRAFT, approval_status=ApprovalStatus.PENDING)
    world.left.append(draft)
    world.record(draft, state="not_carried")
    made = world.reconcile()
    assert made.balanced
    assert total_of(made).explained == {Bucket.NOT_APPROVED: Decimal("118.00")}
    assert len(found(made, Kind.NOT_APPROVED)) == 1


def test_a_bill_that_lands_as_a_draft_is_matched_and_listed_as_not_in_the_ledger(world: World) -> None:
    world.carry(bill(LEFT, "HP-1", "118.00"), bill(RIGHT, "HP-1", "118.00", status=DocumentStatus.DRAFT))
    made = world.reconcile()
    assert made.balanced
    assert len(found(made, Kind.NOT_IN_LEDGER)) == 1


def test_a_bill_approved_since_the_last_run_is_not_explained_by_its_old_state(world: World) -> None:
    fresh = bill(LEFT, "HP-1", "118.00")
    world.left.append(fresh)
    world.record(fresh, state="not_carried", version="0")
    made = world.reconcile()
    assert not made.balanced
    assert "changed since the last run" in found(made, Kind.MISSING_RIGHT)[0].why


def test_kinds_that_the_flow_does_not_carry_are_counted_outside(world: World) -> None:
    world.left.append(bill(LEFT, "E-1", "40.00", category="expense"))
    made = world.reconcile()
    assert made.balanced
    assert made.counts["outside"] == 1
    assert not made.totals


def test_a_row_that_no_mapping_understands_is_never_balanced_unless_its_record_is_known_as_dead(world: World) -> None:
    strange = bill(LEFT, "HP-1", "118.00")
    world.left.append(strange)
    world.garbled.add("left-HP-1")
    assert not world.reconcile().balanced
    world.record(strange, state="dead", reason="Its status is not known.")
    made = world.reconcile()
    assert made.balanced
    assert made.counts["unreadable"] == 1


def test_what_was_left_out_of_an_order_on_purpose_is_expected(world: World) -> None:
    there = order(RIGHT, "PO-1", "500.00")
    record_id = world.carry(order(LEFT, "PO-1", "512.50"), there)
    assert not world.reconcile().balanced
    world.sent(record_id, there)
    made = world.reconcile()
    assert made.balanced
    assert total_of(made, ObjectType.PURCHASE_ORDER).explained == {Bucket.OVERRIDES: Decimal("12.50")}


def test_a_paid_bill_whose_payment_is_held_is_explained_by_that_hold(world: World) -> None:
    paid = bill(LEFT, "HP-1", "118.00", payment_status=PaymentStatus.PAID)
    world.carry(paid, bill(RIGHT, "HP-1", "118.00"))
    waiting = payment(LEFT, "p1", "118.00", documents=("left-HP-1",))
    world.left.append(waiting)
    world.hold(world.record(waiting, state="held"), "money_account_unmapped")
    made = world.reconcile()
    assert made.balanced
    assert not found(made, Kind.PAYMENT_STATUS)
    assert total_of(made, ObjectType.PAYMENT).explained == {Bucket.HELD: Decimal("118.00")}


def test_a_paid_bill_is_explained_through_the_group_its_payment_names(world: World) -> None:
    paid = bill(LEFT, "HP-1", "118.00", payment_status=PaymentStatus.PAID, payment_group="g7")
    world.carry(paid, bill(RIGHT, "HP-1", "118.00"))
    planned = payment(LEFT, "p1", "118.00", documents=("g7",), movement=MoneyMovement.PLANNED)
    world.left.append(planned)
    made = world.reconcile()
    assert not found(made, Kind.PAYMENT_STATUS)
    assert {one.what for one in found(made, Kind.NOT_APPROVED)} == {
        "Bill HP-1 of Harbour Paper",
        "Payment (id p1) of Harbour Paper on 2026-03-20",
    }


def test_a_bill_paid_without_any_payment_is_told(world: World) -> None:
    world.carry(bill(LEFT, "HP-1", "118.00", payment_status=PaymentStatus.PAID), bill(RIGHT, "HP-1", "118.00"))
    [line] = found(world.reconcile(), Kind.PAYMENT_STATUS)
    assert (line.left, line.right) == ("paid", "unpaid")


def test_payments_match_by_vendor_amount_and_date_whatever_their_numbers(world: World) -> None:
    world.left.append(payment(LEFT, "p1", "118.00", payment_number="17"))
    world.right.append(payment(RIGHT, "z1", "118.00", payment_number="3"))
    made = world.reconcile()
    assert made.counts["matched"] == 1
    assert [one.currency for one in made.totals] == ["EUR"]
    assert unexplained(made) == 0


def test_a_payment_recorded_twice_is_doubled(world: World) -> None:
    world.carry(payment(LEFT, "p1", "118.00"), payment(RIGHT, "z1", "118.00"))
    world.right.append(payment(RIGHT, "z2", "118.00"))
    made = world.reconcile()
    assert not made.balanced
    assert len(found(made, Kind.DOUBLED)) == 1


def test_two_equal_payments_on_both_sides_are_two_payments(world: World) -> None:
    for number in "12":
        world.carry(payment(LEFT, f"p{number}", "118.00"), payment(RIGHT, f"z{number}", "118.00"))
    assert world.reconcile().balanced


def test_a_split_document_is_compared_as_a_whole(world: World) -> None:
    record_id = world.carry(bill(LEFT, "HP-1", "118.00"), bill(RIGHT, "HP-1", "100.00"))
    rest = bill(RIGHT, "HP-1-B", "18.00")
    world.right.append(rest)
    world.bind(record_id, rest, part="department:B")
    made = world.reconcile()
    assert made.balanced
    assert made.counts["matched"] == 1


def test_what_is_explained_and_what_is_not_adds_up_to_the_difference(world: World) -> None:
    world.carry(bill(LEFT, "A", "10.00"), bill(RIGHT, "A", "11.00"))
    world.left.append(bill(LEFT, "B", "20.00"))
    held = bill(LEFT, "C", "30.00")
    world.left.append(held)
    world.hold(world.record(held, state="held"), "zero_total")
    world.right += [bill(RIGHT, "D", "40.00"), bill(RIGHT, "A", "11.00", id="again")]
    one = total_of(world.reconcile())
    assert one.difference == Decimal("60.00") - Decimal("62.00")
    assert one.unexplained == Decimal("-1.00") + Decimal("20.00") - Decimal("11.00")
    assert one.loose == 3


def test_tax_that_the_map_folds_into_the_lines_is_expected(world: World) -> None:
    taxed = bill(LEFT, "HP-1", "118.00", tax_total=Decimal("18.00"))
    folded = bill(RIGHT, "HP-1", "118.00", tax_total=Decimal("0.00"))
    record_id = world.carry(taxed, folded)
    assert len(found(world.reconcile(), Kind.TAX)) == 1
    world.sent(record_id, folded)
    made = world.reconcile()
    assert not found(made, Kind.TAX)
    assert "tax map" in found(made, Kind.OVERRIDES)[0].why


def test_a_payment_that_failed_after_it_was_recorded_is_explained_by_its_hold(world: World) -> None:
    world.carry(bill(LEFT, "HP-1", "118.00"), bill(RIGHT, "HP-1", "118.00", payment_status=PaymentStatus.PAID))
    failed = payment(LEFT, "p1", "118.00", documents=("left-HP-1",), movement=MoneyMovement.FAILED)
    assert not world.reconcile().differences.get(Kind.HELD)
    world.hold(world.carry(failed, payment(RIGHT, "z1", "118.00"), state="held"), "payment_reversed")
    made = world.reconcile()
    assert made.balanced
    assert not found(made, Kind.PAYMENT_STATUS)
    assert total_of(made, ObjectType.PAYMENT).explained == {Bucket.HELD: Decimal("-118.00")}


def test_a_question_about_a_bill_that_is_in_step_is_listed_but_not_held_in_its_period(world: World) -> None:
    world.hold(world.carry(bill(LEFT, "HP-1", "118.00"), bill(RIGHT, "HP-1", "118.00")), "paid_on_wrong_side")
    made = world.reconcile()
    assert len(found(made, Kind.HELD)) == 1
    assert made.held_by_period == {}


def test_invoices_are_compared_by_number_and_customer_whatever_vendor_has_the_same_name(world: World) -> None:
    world.vendor("Harbour Paper", "k1", "b1", kind="customer")
    world.carry(invoice(LEFT, "HC-1", "80.00", "k1"), invoice(RIGHT, "HC-1", "80.00", "b1"))
    world.carry(invoice(LEFT, "HC-2", "50.00", "k1"), invoice(RIGHT, "HC-2", "45.00", "b1"))
    world.left.append(invoice(LEFT, "HC-3", "7.00", "k1"))
    world.left.append(invoice(LEFT, "HC-4", "9.00", "k1", status=DocumentStatus.DRAFT))
    made = world.reconcile()
    assert [one.what for one in found(made, Kind.AMOUNT)] == ["Invoice HC-2 of Harbour Paper"]
    assert [one.what for one in found(made, Kind.MISSING_RIGHT)] == ["Invoice HC-3 of Harbour Paper"]
    assert [one.what for one in found(made, Kind.NOT_APPROVED)] == ["Invoice HC-4 of Harbour Paper"]
    total = total_of(made, ObjectType.INVOICE)
    assert (total.left, total.right, total.unexplained) == (Decimal("146.00"), Decimal("125.00"), Decimal("12.00"))
    assert not made.balanced


def test_expenses_are_compared_by_their_number_and_what_is_not_carried_counts_only_where_it_is_ours(
    world: World,
) -> None:
    spent, booked = expense(RIGHT, "trx-1", "15.00"), expense(LEFT, "trx-1", "15.00")
    world.left.append(booked)
    world.right.append(spent)
    record = world.record(spent, side=RIGHT)
    world.bind(record, spent, side=RIGHT)
    world.bind(record, booked, side=LEFT)
    asked = expense(LEFT, "e-7", "20.00", category="asked")
    world.carry(asked, expense(RIGHT, "e-7", "20.00", category="reimbursement"))
    world.right.append(expense(RIGHT, "trx-2", "15.00", category="authorization"))
    world.left.append(expense(LEFT, "e-8", "3.00", category="expense"))
    made = world.reconcile()
    assert made.balanced
    assert made.counts_by_type["expense"] == {"matched": 2}
    assert made.counts["outside"] == 2
    total = total_of(made, ObjectType.EXPENSE)
    assert total.left == total.right == Decimal("35.00")
    world.right.append(expense(RIGHT, "trx-3", "4.00"))
    assert [one.what for one in found(world.reconcile(), Kind.MISSING_LEFT)] == ["Expense trx-3"]
