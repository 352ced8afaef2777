"""The event table and the status tables, row by row."""

from datetime import date
from decimal import Decimal

import pytest
from mlc.accounting.decide import (
    Accepts,
    Cancel,
    Create,
    Nothing,
    Situation,
    TargetFacts,
    Update,
    Verdict,
    Void,
    Want,
    decide,
    facts_of,
    wants,
)
from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.recipes import Flow, FlowMode, Owner, Policy, Side
from mlc.records import (
    ApprovalStatus,
    Bill,
    Deletion,
    DeletionKind,
    DocumentStatus,
    Expense,
    Invoice,
    Line,
    ObjectType,
    OrderStatus,
    PaymentStatus,
    PurchaseOrder,
    Ref,
    SourceMeta,
)
from mlc.tenants import Probe

OWNERS = {"coding": Owner.LEFT, "tax": Owner.LEFT, "memo": Owner.LEFT, "due_date": Owner.LEFT}
BILLS = Flow(name="bills", object=ObjectType.BILL, source=Side.LEFT, owners=OWNERS)
ORDERS = Flow(name="orders", object=ObjectType.PURCHASE_ORDER, source=Side.LEFT, owners=OWNERS)
ACCOUNT = Ref(record_type=ObjectType.ACCOUNT, source_id="a1", code="6000")
OTHER = Ref(record_type=ObjectType.ACCOUNT, source_id="a2", code="6100")


def bill(**fields):
    given = {
        "source": SourceMeta(system="west", source_id="17"),
        "bill_number": "HP-2209",
        "vendor": Ref(record_type=ObjectType.VENDOR, source_id="v1", name="Harbour Paper"),
        "currency": "EUR",
        "issue_date": date(2026, 3, 2),
        "due_date": date(2026, 4, 1),
        "memo": "Paper",
        "total": Decimal("118.00"),
        "lines": (Line(line_id="l1", line_net_amount=Decimal(118), account=ACCOUNT),),
        "status": DocumentStatus.OPEN,
        "approval_status": ApprovalStatus.APPROVED,
        "payment_status": PaymentStatus.UNPAID,
    }
    return Bill(**(given | fields))


def order(**fields):
    given = {
        "source": SourceMeta(system="west", source_id="5"),
        "po_number": "PO-7",
        "currency": "EUR",
        "issue_date": date(2026, 3, 2),
        "total": Decimal("118.00"),
        "status": OrderStatus.ISSUED,
    }
    return PurchaseOrder(**(given | fields))


def situation(record=None, **fields):
    record = record or bill()
    flow = ORDERS if isinstance(record, PurchaseOrder) else BILLS
    given = {"flow": flow, "policy": Policy(), "probe": Probe(), "want": wants(record, flow)}
    return Situation(record=record, **(given | fields))


def bound(record=None, base=None, **fields):
    """Bound and in step with ``base``; the target shows what it showed then."""
    record = record or bill()
    base = base or (bill() if isinstance(record, Bill) else order())
    given = {"bound": True, "base_source": base, "target_now": base, "base_target": base}
    return situation(record, **(given | fields))


def code_of(now):
    decision = decide(now)
    assert isinstance(decision, Hold), decision
    assert decision.sentence.endswith(".")
    return decision.code


STATUSES = [
    ({"status": DocumentStatus.DRAFT, "approval_status": ApprovalStatus.NONE}, Want.CORRECTION),
    ({"approval_status": ApprovalStatus.PENDING}, Want.CORRECTION),
    ({}, Want.POST),
    ({"payment_status": PaymentStatus.SCHEDULED}, Want.POST),
    ({"payment_status": PaymentStatus.PAID}, Want.SETTLED),
    ({"payment_status": PaymentStatus.PARTIAL}, Want.SETTLED),
    ({"approval_status": ApprovalStatus.REJECTED}, Want.VOID),
    ({"status": DocumentStatus.VOID}, Want.VOID),
    ({"status": DocumentStatus.UNKNOWN}, Want.UNKNOWN),
]


@pytest.mark.parametrize(("fields", "want"), STATUSES)
def test_what_a_bills_status_asks_for(fields, want):
    assert wants(bill(**fields), BILLS) is want


@pytest.mark.parametrize(
    ("kind", "evidence", "want"),
    [
        (DeletionKind.VOIDED, "status", Want.VOID),
        (DeletionKind.HARD_DELETED, "event", Want.VOID),
        (DeletionKind.HARD_DELETED, "http_404", Want.GONE),
        (DeletionKind.VANISHED, "missing_in_scan", Want.GONE),
        (DeletionKind.ARCHIVED, "status", Want.GONE),
    ],
)
def test_only_an_explicit_word_voids(kind, evidence, want):
    source = SourceMeta(system="west", source_id="17", deleted=Deletion(kind=kind, evidence=evidence))
    assert wants(bill(source=source), BILLS) is want


def test_categories_and_off_are_not_carried():
    flow = BILLS.model_copy(update={"categories": ("order",)})
    assert wants(bill(category="card"), flow) is Want.NOT_CARRIED
    assert wants(bill(category="order"), flow) is Want.POST
    assert wants(bill(), BILLS.model_copy(update={"mode": FlowMode.OFF})) is Want.NOT_CARRIED


def test_a_new_final_document_is_created():
    assert decide(situation()) == Create()


@pytest.mark.parametrize("fields", [{"approval_status": ApprovalStatus.PENDING}, {"status": DocumentStatus.VOID}])
def test_a_new_document_that_is_not_final_or_void_is_not_carried(fields):
    assert isinstance(decide(situation(bill(**fields))), Nothing)


def test_documents_before_go_live_are_not_created():
    decision = decide(situation(policy=Policy(since=date(2026, 4, 1))))
    assert isinstance(decision, Nothing)
    assert "before go-live" in decision.reason


def test_a_closed_period_holds_or_moves_a_create():
    closed = {"probe": Probe(locks={"purchases": date(2026, 3, 31)}), "lock_area": "purchases"}
    hold = decide(situation(**closed))
    assert (hold.code, hold.waits, hold.key) == (HoldCode.CLOSED_PERIOD, Waits.PERIOD, "purchases:2026-03-31")
    moved = decide(situation(policy=Policy(closed_period="next_open"), **closed))
    assert moved == Create(moved_to=date(2026, 4, 1))


def test_a_paid_bill_is_posted_where_the_source_pays_and_stays_away_where_the_target_does():
    paid = bill(payment_status=PaymentStatus.PAID)
    assert decide(situation(paid, policy=Policy(payment_authority=Side.LEFT))) == Create()
    assert decide(situation(paid, policy=PAYS)) == Nothing("it was paid before it was carried")


def test_a_bill_paid_in_part_asks_a_person_where_the_target_pays():
    part = bill(payment_status=PaymentStatus.PARTIAL)
    assert code_of(situation(part, policy=PAYS)) is HoldCode.ALREADY_PAID
    assert decide(situation(part, policy=PAYS, verdicts={HoldCode.ALREADY_PAID: Verdict.POST})) == Create()


PAYS = Policy(payment_authority=Side.RIGHT)


FREE, POSTED = TargetFacts(), TargetFacts(paid=True)
BILLED = TargetFacts(can_close=True, billed=True)
APPROVED, CLOSED = TargetFacts(approved_by_person=True), TargetFacts(period_locked=True)
SCHEDULED, FILED = TargetFacts(scheduled=True), TargetFacts(filed=True)
MEMO, DUE = {"memo": "Other"}, {"due_date": date(2026, 5, 1)}
CODING = {"lines": (Line(line_id="l1", line_net_amount=Decimal(118), account=OTHER),)}
AMOUNT = {"total": Decimal(120)}


@pytest.mark.parametrize(
    ("changes", "facts", "expected"),
    [
        (MEMO, FREE, {"memo"}),
        (DUE, FREE, {"due_date"}),
        (MEMO, APPROVED, {"memo"}),
        (MEMO, POSTED, {"memo"}),
        (MEMO, CLOSED, None),
        (DUE, APPROVED, {"due_date"}),
        (DUE, SCHEDULED, HoldCode.CHANGED_AFTER_PAYMENT),
        (DUE, POSTED, HoldCode.CHANGED_AFTER_PAYMENT),
        (DUE, CLOSED, HoldCode.CHANGED_AFTER_CLOSE),
        (CODING, FREE, {"coding"}),
        (CODING, APPROVED, HoldCode.CHANGED_AFTER_POSTING),
        (CODING, CLOSED, HoldCode.CHANGED_AFTER_POSTING),
        (AMOUNT, FREE, {"amount"}),
        (AMOUNT, APPROVED, HoldCode.CHANGED_AFTER_APPROVAL),
        (AMOUNT, SCHEDULED, HoldCode.CHANGED_AFTER_POSTING),
        (AMOUNT, POSTED, HoldCode.CHANGED_AFTER_POSTING),
        (AMOUNT, CLOSED, HoldCode.CHANGED_AFTER_CLOSE),
        (AMOUNT, FILED, HoldCode.CHANGED_AFTER_CLOSE),
        ({"currency": "USD"}, POSTED, HoldCode.CHANGED_AFTER_POSTING),
        ({"bill_number": "HP-2210"}, FREE, {"number"}),
        (AMOUNT | MEMO, POSTED, HoldCode.CHANGED_AFTER_POSTING),
        ({"payment_terms": "30 days"}, FREE, None),
    ],
)
def test_what_a_change_at_the_source_does(changes, facts, expected):
    now = bound(bill(**changes), facts=facts)
    if isinstance(expected, HoldCode):
        assert code_of(now) is expected
    elif expected is None:
        assert isinstance(decide(now), Nothing)
    else:
        assert decide(now) == Update(frozenset(expected))


def test_the_hold_shows_both_values():
    hold = decide(bound(bill(**AMOUNT), facts=POSTED))
    assert hold.sentence == (
        "Bill HP-2209 of Harbour Paper: it changed at the source (amount was 118.00, is 120), "
        "but in the target it is paid."
    )


def test_coding_written_once_is_left_alone():
    flow = BILLS.model_copy(update={"owners": {"coding": Owner.ONCE}})
    assert isinstance(decide(bound(bill(**CODING), flow=flow)), Nothing)


def test_the_lock_itself_closes_the_period_of_a_bound_document():
    closed = {"probe": Probe(locks={"purchases": date(2026, 3, 31)}), "lock_area": "purchases"}
    assert code_of(bound(bill(**AMOUNT), **closed)) is HoldCode.CHANGED_AFTER_CLOSE
    moved = bill(issue_date=date(2026, 2, 1))
    february = {"probe": Probe(locks={"purchases": date(2026, 2, 28)}), "lock_area": "purchases"}
    assert code_of(bound(moved, **february)) is HoldCode.CLOSED_PERIOD


@pytest.mark.parametrize("facts", [FREE, POSTED, CLOSED])
def test_correction_writes_nothing(facts):
    assert code_of(bound(bill(approval_status=ApprovalStatus.PENDING, **AMOUNT), facts=facts)) is HoldCode.IN_CORRECTION


@pytest.mark.parametrize(
    ("facts", "expected"),
    [(FREE, Void), (POSTED, Hold), (APPROVED, Hold), (CLOSED, Hold), (TargetFacts(can_void=False), Hold)],
)
def test_a_void_at_the_source_voids_only_what_is_free(facts, expected):
    decision = decide(bound(bill(status=DocumentStatus.VOID), facts=facts))
    assert isinstance(decision, expected)
    if isinstance(decision, Hold):
        assert decision.code is HoldCode.VOID_BLOCKED


def test_a_void_on_both_sides_is_nothing():
    assert isinstance(decide(bound(bill(status=DocumentStatus.VOID), facts=TargetFacts(void=True))), Nothing)


def test_what_is_gone_at_the_source_waits_for_a_person():
    source = SourceMeta(
        system="west", source_id="17", deleted=Deletion(kind=DeletionKind.VANISHED, evidence="missing_in_scan")
    )
    gone = bill(source=source)
    assert code_of(bound(gone)) is HoldCode.VANISHED
    assert isinstance(decide(bound(gone, verdicts={HoldCode.VANISHED: Verdict.VOID})), Void)
    assert isinstance(decide(bound(gone, verdicts={HoldCode.VANISHED: Verdict.ACCEPT})), Nothing)


def test_an_edit_in_the_target_is_drift_whatever_else_changed():
    edited = bill(total=Decimal(200))
    assert code_of(bound(target_now=edited)) is HoldCode.DRIFT
    assert code_of(bound(bill(**MEMO), target_now=edited)) is HoldCode.DRIFT
    accepted = decide(bound(target_now=edited, verdicts={HoldCode.DRIFT: Verdict.ACCEPT}))
    assert accepted.accepts is Accepts.TARGET
    repaired = decide(bound(target_now=edited, verdicts={HoldCode.DRIFT: Verdict.REPAIR}))
    assert repaired == Update(frozenset({"amount"}))


def test_an_edit_of_a_field_that_is_not_the_sources_is_none_of_ours():
    flow = BILLS.model_copy(update={"owners": {"coding": Owner.ONCE, "memo": Owner.RIGHT}})
    assert isinstance(decide(bound(target_now=bill(**CODING, **MEMO), flow=flow)), Nothing)


@pytest.mark.parametrize("facts", [TargetFacts(void=True), TargetFacts(deleted=True)])
def test_what_a_person_voided_or_deleted_is_never_created_again_by_itself(facts):
    assert code_of(bound(facts=facts)) is HoldCode.GONE_IN_TARGET
    assert decide(bound(facts=facts, verdicts={HoldCode.GONE_IN_TARGET: Verdict.REPAIR})) == Create()


def test_what_is_still_unanswered_keeps_both_bases():
    unknown = bill(status=DocumentStatus.UNKNOWN, **AMOUNT)
    assert decide(bound(unknown)).keeps_bases
    assert decide(bound(bill(**MEMO), facts=CLOSED)).keeps_bases
    assert not decide(bound()).keeps_bases


def test_skip_writes_nothing():
    skipped = {HoldCode.NEAR_TWIN: Verdict.SKIP}
    assert isinstance(decide(situation(verdicts=skipped)), Nothing)


@pytest.mark.parametrize(
    ("status", "facts", "expected"),
    [
        (OrderStatus.RECEIVED, FREE, Nothing("both sides are in step")),
        (OrderStatus.CLOSED, TargetFacts(billed=True), Update(frozenset({"status"}), OrderStatus.BILLED)),
        (OrderStatus.CLOSED, FREE, Cancel("closed at the source, nothing was billed")),
        (OrderStatus.CLOSED, TargetFacts(can_close=True), Update(frozenset({"status"}), OrderStatus.CLOSED)),
        (OrderStatus.BILLED, TargetFacts(can_close=True), Update(frozenset({"status"}), OrderStatus.CLOSED)),
        (
            OrderStatus.CLOSED,
            TargetFacts(can_close=True, billed=True),
            Update(frozenset({"status"}), OrderStatus.BILLED),
        ),
        (OrderStatus.CANCELLED, TargetFacts(can_close=True), Cancel("it is void at the source")),
        (OrderStatus.CANCELLED, FREE, Cancel("it is void at the source")),
        (OrderStatus.CANCELLED, TargetFacts(void=True), Nothing("it is void on both sides")),
    ],
)
def test_an_orders_status_follows(status, facts, expected):
    assert decide(bound(order(status=status), facts=facts)) == expected


def test_an_order_that_its_source_billed_is_closed_and_never_cancelled():
    billed = decide(bound(order(status=OrderStatus.BILLED, billed_total=Decimal(600)), facts=FREE))
    assert billed == Update(frozenset({"status"}), OrderStatus.BILLED)


def test_a_cancelled_order_that_was_billed_is_held():
    assert code_of(bound(order(status=OrderStatus.CANCELLED), facts=TargetFacts(billed=True))) is HoldCode.VOID_BLOCKED


@pytest.mark.parametrize("shown", [OrderStatus.BILLED, OrderStatus.CANCELLED])
def test_an_order_opened_again_is_opened_in_the_target(shown):
    closed = order(status=OrderStatus.CLOSED)
    target = order(status=shown)
    now = bound(order(), closed, target_now=target, base_target=target, facts=facts_of(target))
    assert decide(now) == Update(frozenset({"status"}), OrderStatus.ISSUED)


def test_an_order_cancelled_by_a_person_is_gone():
    target = order(status=OrderStatus.CANCELLED)
    assert code_of(bound(order(), target_now=target, facts=facts_of(target))) is HoldCode.GONE_IN_TARGET


def test_facts_are_read_from_the_targets_own_record():
    assert facts_of(None).deleted
    assert facts_of(bill(amount_paid=Decimal(5))).part_paid
    assert facts_of(bill(payment_status=PaymentStatus.SCHEDULED)).scheduled
    assert facts_of(order(billed_total=Decimal(3))).billed
    assert facts_of(bill()).free


INVOICES = Flow(name="invoices", object=ObjectType.INVOICE, source=Side.LEFT, owners={"due_date": Owner.LEFT})
EXPENSES = Flow(name="expenses", object=ObjectType.EXPENSE, source=Side.LEFT, owners={"coding": Owner.ONCE})


def invoice(**fields):
    given = {
        "source": SourceMeta(system="west", source_id="31"),
        "invoice_number": "HC-11",
        "customer": Ref(record_type=ObjectType.CUSTOMER, source_id="c1", name="Northgate Clinics"),
        "currency": "EUR",
        "issue_date": date(2026, 3, 2),
        "total": Decimal("118.00"),
        "status": DocumentStatus.OPEN,
        "payment_status": PaymentStatus.UNPAID,
    }
    return Invoice(**(given | fields))


def about(record, flow, **fields):
    given = {"record": record, "flow": flow, "policy": Policy(), "probe": Probe(), "want": wants(record, flow)}
    return Situation(**(given | fields))


def test_an_invoice_is_wanted_once_it_is_sent():
    assert wants(invoice(), INVOICES) is Want.POST
    assert wants(invoice(status=DocumentStatus.DRAFT), INVOICES) is Want.CORRECTION
    assert wants(invoice(status=DocumentStatus.VOID), INVOICES) is Want.VOID
    assert wants(invoice(payment_status=PaymentStatus.PAID), INVOICES) is Want.SETTLED


def test_a_paid_invoice_goes_to_whoever_shows_it_and_to_nobody_who_collects():
    paid = invoice(payment_status=PaymentStatus.PAID, amount_paid=Decimal(118))
    assert isinstance(decide(about(paid, INVOICES)), Create)
    assert decide(about(paid, INVOICES, collects=True)) == Nothing("it was paid before it was carried")
    part = invoice(payment_status=PaymentStatus.PARTIAL, amount_paid=Decimal(50))
    held = decide(about(part, INVOICES, collects=True))
    assert (held.code, "the customer would be asked for the whole" in held.sentence) == (HoldCode.ALREADY_PAID, True)
    posted = about(part, INVOICES, collects=True, verdicts={HoldCode.ALREADY_PAID: Verdict.POST})
    assert isinstance(decide(posted), Create)


def test_an_invoice_paid_at_the_source_is_told_while_the_target_still_collects():
    paid = invoice(payment_status=PaymentStatus.PAID, amount_paid=Decimal(118))
    sent = {"bound": True, "base_source": invoice(), "base_target": invoice(), "target_now": invoice()}
    held = decide(about(paid, INVOICES, collects=True, **sent))
    assert (held.code, held.waits) == (HoldCode.PAID_ON_WRONG_SIDE, Waits.PERSON)
    accepted = {HoldCode.PAID_ON_WRONG_SIDE: Verdict.ACCEPT}
    assert isinstance(decide(about(paid, INVOICES, collects=True, verdicts=accepted, **sent)), Nothing)
    told = decide(about(paid, INVOICES, collects=True, facts=TargetFacts(paid=True), **sent))
    assert isinstance(told, Nothing)
    assert isinstance(decide(about(paid, INVOICES, **sent)), Nothing)


def test_an_expense_is_created_and_a_changed_amount_is_written_while_nobody_edited_it():
    spent = Expense(
        source=SourceMeta(system="west", source_id="e1"), expense_number="e1", issue_date=date(2026, 3, 2),
        currency="EUR", total=Decimal("12.50"),
    )  # fmt: skip
    assert isinstance(decide(about(spent, EXPENSES)), Create)
    more = spent.model_copy(update={"total": Decimal("13.00")})
    there = {"bound": True, "base_source": spent, "base_target": spent}
    assert decide(about(more, EXPENSES, target_now=spent, **there)) == Update(frozenset({"amount"}))
    edited = spent.model_copy(update={"total": Decimal("11.00")})
    assert decide(about(spent, EXPENSES, target_now=edited, **there)).code is HoldCode.DRIFT


def test_a_part_paid_bill_goes_to_whoever_pays_only_where_payments_tell_what_was_paid():
    part = {"payment_status": PaymentStatus.PARTIAL, "amount_paid": Decimal(40)}
    pays = {"payment_authority": Side.RIGHT}
    assert decide(situation(bill(**part), policy=Policy(**pays))).code is HoldCode.ALREADY_PAID
    record = Policy(**pays, part_paid="record")
    assert isinstance(decide(situation(bill(**part), policy=record)), Create)
    credited = bill(**part, credit_applied=Decimal(5))
    assert decide(situation(credited, policy=record)).code is HoldCode.ALREADY_PAID
    paid = bill(payment_status=PaymentStatus.PAID, amount_paid=Decimal(118), status=DocumentStatus.CLOSED)
    assert isinstance(decide(situation(paid, policy=record)), Nothing)
