"""Whether a change arrived is read off what it was to bring about, line by line: a total says too little (R7)."""

from decimal import Decimal

import pytest
from mlc.contract import Operation, Strategy
from mlc.engine.evidence import is_applied
from mlc.engine.intents import Intent
from mlc.engine.states import IntentState
from mlc.recipes import Side
from mlc.records import Bill, Line, ObjectType, PurchaseOrder, Ref, SourceMeta

SOURCE = SourceMeta(system="tidewater", source_id="7")


def line(net: str, *, text: str = "Goods", account: str = "6100", **own: object) -> Line:
    ref = Ref(record_type=ObjectType.ACCOUNT, source_id=account, code=account)
    return Line(
        description=text, quantity=Decimal(1), unit_price=Decimal(net), line_net_amount=Decimal(net), account=ref, **own
    )


def document(*lines: Line, kind: type[Bill] | type[PurchaseOrder] = Bill, **own: object) -> Bill | PurchaseOrder:
    return kind(source=SOURCE, currency="EUR", lines=lines, **own)


def update(rendered: Bill | PurchaseOrder) -> Intent:
    return Intent(
        id="i", record_id=1, side=Side.RIGHT, object_type=ObjectType.BILL, part="main", operation=Operation.UPDATE,
        action=None, state=IntentState.UNCERTAIN, strategy=Strategy.UNIQUE_FIELD, attempt=1, generation=0, fence=1,
        record_key="k", natural_key=None, external_id="9", after_part=None, parent_id=None, expected_version=None,
        payload=b"", line_keys=("1",), rendered=rendered, source_side=Side.LEFT, source_id="7", source_version="2",
        source_input=None, mapper_version=None, sent_at=None, looked_at=None, due_at=None, error=None,
    )  # fmt: skip


@pytest.mark.parametrize("kind", [Bill, PurchaseOrder])
def test_what_shows_every_line_as_sent_has_arrived(kind: type[Bill] | type[PurchaseOrder]) -> None:
    sent = document(line("70.00"), line("30.00", account="6200"), kind=kind)
    shown = document(line("70"), line("30", account="6200"), kind=kind)
    assert is_applied(update(sent), shown)


@pytest.mark.parametrize(
    "shown",
    [
        (line("60.00"), line("40.00")),  # moved between lines
        (line("70.00"), line("30.00", account="6200")),  # coded elsewhere
        (line("70.00", text="Goods and freight"), line("30.00")),
    ],
)
def test_a_line_that_shows_something_else_has_not_arrived(shown: tuple[Line, ...]) -> None:
    sent = document(line("70.00"), line("30.00"), total=Decimal("100.00"))
    assert not is_applied(update(sent), document(*shown, total=Decimal("100.00")))


def test_an_order_that_shows_no_total_is_told_by_its_lines() -> None:
    sent = document(line("1870.00"), kind=PurchaseOrder, total=Decimal("1870.00"))
    assert not is_applied(update(sent), document(line("969"), kind=PurchaseOrder))
