"""Which words stand in the fields that show how the side that pays has a bill."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from mlc.engine.marking import marks_fields, wanted_marks
from mlc.errors import ConfigError
from mlc.recipes import Flow, Policy, Side, StateFields
from mlc.records import ApprovalStatus, Bill, ObjectType, PaymentStatus, SourceMeta

BOTH = Policy(state_fields=StateFields(approval="cf_a", payment="cf_p"))
BILLS = Flow(name="bills", object=ObjectType.BILL, source=Side.LEFT)


def shown(**told: Any) -> Bill:
    return Bill(source=SourceMeta(system="payer", source_id="1"), **told)


def session(policy: Policy, *, can: bool = True) -> Any:
    pairing = SimpleNamespace(name="main", policy=policy)
    return SimpleNamespace(pairing=pairing, system=lambda _side: SimpleNamespace(title="Ledger", can=lambda *_: can))


def test_only_named_fields_are_written_and_an_unknown_state_leaves_its_field_alone() -> None:
    known = shown(approval_status=ApprovalStatus.APPROVED, payment_status=PaymentStatus.SCHEDULED)
    assert wanted_marks(known, BOTH) == {"cf_a": "approved", "cf_p": "scheduled"}
    assert wanted_marks(known, Policy(state_fields=StateFields(payment="cf_p"))) == {"cf_p": "scheduled"}
    assert wanted_marks(known, Policy()) == {}
    unknown = shown(approval_status=ApprovalStatus.UNKNOWN, payment_status=PaymentStatus.UNPAID)
    assert wanted_marks(unknown, BOTH) == {"cf_p": ""}
    assert wanted_marks(shown(), BOTH) == {}, "what was not shown is not known to be nothing"


def test_it_is_off_unless_fields_are_named_and_needs_a_call_that_touches_nothing_else() -> None:
    assert not marks_fields(session(Policy(), can=False), BILLS)
    assert not marks_fields(session(BOTH), Flow(name="orders", object=ObjectType.PURCHASE_ORDER, source=Side.LEFT))
    assert marks_fields(session(BOTH), BILLS)
    with pytest.raises(ConfigError, match="leave state_fields out"):
        marks_fields(cast(Any, session(BOTH, can=False)), BILLS)
