"""Which lists are read once more after a write: those that may show more than its answer told."""

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest
from mlc import Capability, GrantKind, ObjectSupport, Secrets, Settings, System
from mlc.engine.intents import Intent
from mlc.engine.moved import moved_by, note_moved
from mlc.engine.session import Session
from mlc.recipes import Side
from mlc.records import Bill, Line, ObjectType, Record, Ref, SourceMeta

BILL, ORDER = ObjectType.BILL, ObjectType.PURCHASE_ORDER


def session(moves: frozenset[ObjectType] | None) -> Session:
    can = frozenset({Capability.READ, Capability.CREATE})
    system = System(
        "tiny-books", "Tiny Books", "0.1.0", Settings, Secrets, (GrantKind.API_TOKEN,),
        (ObjectSupport(BILL, can, moves=moves),), lambda settings: ("api.example.com",),
    )  # fmt: skip
    return cast(Session, SimpleNamespace(wrote=set(), system=lambda side: system))


def bill(**line: Any) -> Bill:
    return Bill(
        source=SourceMeta(system="tiny-books", source_id="1"), bill_number="1", issue_date=date(2026, 11, 1),
        lines=(Line(description="Paper"), Line(description="Pens", **line)),
    )  # fmt: skip


def noted(moves: frozenset[ObjectType] | None, rendered: Record | None) -> set[tuple[Side, ObjectType]]:
    given = session(moves)
    intent = SimpleNamespace(side=Side.LEFT, object_type=BILL, rendered=rendered)
    note_moved(given, cast(Intent, intent))
    return given.wrote


NAMES = pytest.mark.parametrize("name", ["purchase_order", "purchase_order_line"])


def test_a_write_whose_answer_tells_all_of_it_moves_nothing() -> None:
    assert noted(frozenset(), bill(purchase_order=Ref(record_type=ORDER, source_id="7"))) == set()


def test_where_nothing_is_declared_every_document_may_have_moved() -> None:
    assert noted(None, bill()) == {(Side.LEFT, BILL)}
    assert ORDER in moved_by(session(None).system(Side.LEFT), BILL)


@NAMES
def test_an_order_is_moved_only_by_a_bill_that_names_one(name: str) -> None:
    assert noted(frozenset({ORDER}), bill()) == set()
    assert noted(frozenset({ORDER}), bill(**{name: Ref(record_type=ORDER, source_id="7")})) == {(Side.LEFT, BILL)}


def test_what_was_sent_without_its_record_may_have_moved_everything_declared() -> None:
    assert noted(frozenset({ORDER}), None) == {(Side.LEFT, BILL)}
