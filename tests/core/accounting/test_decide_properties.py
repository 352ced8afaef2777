"""Decide answers every combination, and what it decided is not decided again once it was done."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
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
    wants,
)
from mlc.accounting.holdcodes import Hold, HoldCode
from mlc.recipes import Flow, FlowMode, Owner, Policy, Side
from mlc.records import (
    ApprovalStatus,
    Bill,
    Deletion,
    DeletionKind,
    DocumentStatus,
    Line,
    ObjectType,
    OrderStatus,
    PaymentStatus,
    PurchaseOrder,
    Ref,
    SourceMeta,
    VendorCredit,
)
from mlc.tenants import Probe

DAYS = st.dates(date(2026, 1, 1), date(2026, 6, 30))
FIELDS = ("memo", "due_date", "coding", "tax", "amount", "vendor", "number", "lines_text", "links", "issue_date")


@st.composite
def sources(draw):
    deleted = draw(
        st.none()
        | st.builds(
            Deletion,
            kind=st.sampled_from(list(DeletionKind)),
            evidence=st.sampled_from(["event", "http_404", "status"]),
        )
    )
    return SourceMeta(system="west", source_id="17", deleted=deleted if draw(st.integers(0, 5)) == 0 else None)


@st.composite
def records(draw, model):
    fields = {
        "source": draw(sources()),
        "vendor": Ref(record_type=ObjectType.VENDOR, source_id=draw(st.sampled_from(["v1", "v2"]))),
        "currency": draw(st.sampled_from(["EUR", "USD"])),
        "issue_date": draw(st.none() | DAYS),
        "total": draw(st.none() | st.integers(-10, 100).map(Decimal)),
        "memo": draw(st.sampled_from([None, "", "a", "b"])),
    }
    if draw(st.booleans()):
        account = st.builds(Ref, record_type=st.just(ObjectType.ACCOUNT), source_id=st.sampled_from(["1", "2"]))
        line = st.builds(
            Line, line_id=st.sampled_from(["l1", "l2"]), account=account, line_net_amount=st.just(Decimal(5))
        )
        fields["lines"] = tuple(draw(st.lists(line, max_size=3)))
    if model is PurchaseOrder:
        return model(**fields, po_number="P", status=draw(st.sampled_from(list(OrderStatus))))
    return model(
        **fields,
        bill_number=draw(st.sampled_from([None, "1", "2"])),
        due_date=draw(st.none() | DAYS),
        status=draw(st.sampled_from(list(DocumentStatus))),
        approval_status=draw(st.sampled_from(list(ApprovalStatus))),
        payment_status=draw(st.sampled_from(list(PaymentStatus))),
    )


@st.composite
def situations(draw):
    model = draw(st.sampled_from([Bill, VendorCredit, PurchaseOrder]))
    flow = Flow(
        name="flow",
        object=model.object_type,
        source=draw(st.sampled_from(list(Side))),
        mode=draw(st.sampled_from(list(FlowMode))),
        creates=draw(st.booleans()),
        owners=draw(st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(list(Owner)))),
    )
    record = draw(records(model))
    policy = Policy(
        since=draw(st.none() | DAYS),
        payment_authority=draw(st.none() | st.sampled_from(list(Side))),
        closed_period=draw(st.sampled_from(["hold", "next_open"])),
    )
    verdicts = st.dictionaries(st.sampled_from(list(HoldCode)), st.sampled_from(list(Verdict)), max_size=3)
    return Situation(
        record=record,
        want=draw(st.sampled_from(list(Want)) | st.just(wants(record, flow))),
        flow=flow,
        policy=policy,
        probe=Probe(locks=draw(st.dictionaries(st.just("purchases"), DAYS))),
        bound=draw(st.booleans()),
        base_source=draw(st.none() | records(model)),
        target_now=draw(st.none() | records(model)),
        base_target=draw(st.none() | records(model)),
        facts=TargetFacts(*(draw(st.booleans()) for _ in range(10))),
        verdicts=draw(verdicts),
        lock_area=draw(st.sampled_from([None, "purchases", "banking"])),
    )


@settings(max_examples=150, deadline=None)
@given(situations())
def test_every_combination_has_an_answer(now):
    decision = decide(now)
    assert isinstance(decision, Create | Update | Void | Cancel | Nothing | Hold)
    if isinstance(decision, Hold):
        assert decision.sentence.endswith(".")
        assert decision.key
    if isinstance(decision, Update):
        assert decision.fields


@settings(max_examples=150, deadline=None)
@given(situations())
def test_nothing_is_ever_written_unasked_to_what_is_gone_paid_or_closed(now):
    if now.verdicts or not now.bound:
        return
    decision = decide(now)
    if now.facts.deleted:
        assert isinstance(decision, Nothing | Hold)
    if isinstance(decision, Void):
        assert now.facts.free
    if isinstance(decision, Update) and not now.facts.free and decision.status is None:
        assert decision.fields <= {"memo", "due_date"}


def applied(now, decision):
    """The situation after the decision was carried out and both sides were taken as base."""
    record, shown = now.record, now.target_now or now.base_target or now.record
    facts, live = now.facts, {"status": _open(record)}
    if isinstance(decision, Create):
        facts, shown = TargetFacts(), record.model_copy(update=live)
    elif isinstance(decision, Void | Cancel):
        void = OrderStatus.CANCELLED if isinstance(record, PurchaseOrder) else DocumentStatus.VOID
        shown = shown.model_copy(update={"status": void})
        facts = replace(facts, void=True)
    elif isinstance(decision, Update):
        status = {} if decision.status is None else {"status": decision.status}
        shown = shown.model_copy(update=status)
        facts = replace(facts, void=False if decision.status is OrderStatus.ISSUED else facts.void)
    return replace(
        now, bound=True, base_source=record, target_now=shown, base_target=shown, facts=facts, changed=None, verdicts={}
    )


def _open(record):
    return OrderStatus.ISSUED if isinstance(record, PurchaseOrder) else DocumentStatus.OPEN


@settings(max_examples=150, deadline=None)
@given(situations())
def test_what_was_done_is_not_done_again(now):
    now = replace(now, want=wants(now.record, now.flow))
    decision = decide(now)
    if isinstance(decision, Create | Update | Void | Cancel):
        again = decide(applied(now, decision))
        created_closed = isinstance(decision, Create) and isinstance(now.record, PurchaseOrder)
        assert isinstance(again, Nothing) or created_closed or _asked_before(now), (decision, again)


def _asked_before(now):
    """A person's word was needed for it, so the question comes back while the source stays as it is."""
    return bool(now.verdicts)


@settings(max_examples=150, deadline=None)
@given(situations())
def test_accepting_ends_the_question(now):
    now = replace(now, bound=True, want=wants(now.record, now.flow), verdicts={})
    hold = decide(now)
    if not isinstance(hold, Hold):
        return
    accepted = decide(replace(now, verdicts={hold.code: Verdict.ACCEPT}))
    if not isinstance(accepted, Nothing) or accepted.accepts is None:
        return
    moved = now
    if accepted.accepts in (Accepts.SOURCE, Accepts.BOTH):
        moved = replace(moved, base_source=now.record, changed=None)
    if accepted.accepts in (Accepts.TARGET, Accepts.BOTH):
        moved = replace(moved, base_target=_as_it_is(now))
    again = decide(moved)
    assert not isinstance(again, Hold) or again.code is not hold.code, (hold, again)


def _as_it_is(now):
    """What the target shows; what is deleted there is kept as deleted."""
    shown = now.target_now or now.record
    if not now.facts.gone:
        return shown
    deleted = Deletion(kind=DeletionKind.HARD_DELETED, evidence="http_404")
    return shown.model_copy(update={"source": shown.source.model_copy(update={"deleted": deleted})})
