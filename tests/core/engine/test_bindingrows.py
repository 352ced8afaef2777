"""Which line of ours is which over there, as writes and their parts tell it."""

import json

import pytest
from mlc.contract import Operation, Strategy
from mlc.engine.bindingrows import BindingRows
from mlc.engine.changeset import ChangeSet
from mlc.engine.intents import Intent
from mlc.engine.states import IntentState
from mlc.recipes import Side
from mlc.records import Line, ObjectType, PurchaseOrder, SourceMeta

ORDER = PurchaseOrder(source=SourceMeta(system="west", source_id="PO-1"), lines=(Line(line_id="1"), Line(line_id="2")))


def intent(*keys, part="main", operation=Operation.UPDATE):
    return Intent(
        id="i", record_id=1, side=Side.RIGHT, object_type=ObjectType.PURCHASE_ORDER, part=part, operation=operation,
        action=None, state=IntentState.SENDING, strategy=Strategy.CALLER_KEY, attempt=1, generation=0, fence=0,
        record_key="east:purchase_order:1", natural_key=None, external_id="PO-1", after_part=None, parent_id=None,
        expected_version=None, payload=b"{}", line_keys=keys, rendered=None, source_side=Side.LEFT, source_id="1",
        source_version=None, source_input=None, mapper_version="1", sent_at=None, looked_at=None, due_at=None,
        error=None,
    )  # fmt: skip


@pytest.fixture
def rows():
    return BindingRows("p", ChangeSet())


def test_lines_that_a_part_brought_are_the_documents(rows):
    rows.part(intent("a", "b", part="lines"), "PO-1", "v2", ORDER, "now")
    (moved,) = rows.rows.moved
    assert moved["b_part"] == "main"
    assert json.loads(moved["lines"]) == {"a": "1", "b": "2"}


def test_a_part_without_lines_leaves_those_that_are_bound(rows):
    rows.part(intent(part="open"), "PO-1", "v2", ORDER, "now")
    assert "lines" not in rows.rows.moved[0]


def test_a_change_that_sent_no_lines_leaves_those_that_are_bound(rows):
    rows.target(intent(), "PO-1", "v2", ORDER, None, "now")
    assert "lines" not in rows.rows.moved[0]
    rows.target(intent("a", "b"), "PO-1", "v3", ORDER, None, "now")
    assert json.loads(rows.rows.moved[1]["lines"]) == {"a": "1", "b": "2"}
