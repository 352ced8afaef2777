"""What a plan would bind is known to the rest of it, and takes no memory however long the plan is (R39)."""

import sys
import threading
import tracemalloc

import pytest
from mlc.engine.outlook import Outlook
from mlc.records import ObjectType


@pytest.fixture
def outlook():
    made = Outlook()
    yield made
    made.clear()


def test_the_last_word_counts_until_it_is_cleared(outlook):
    assert outlook.get(ObjectType.BILL, "1") is None
    outlook.put(ObjectType.BILL, "1", "planned:1")
    outlook.put(ObjectType.VENDOR, "1", "v")
    outlook.put(ObjectType.BILL, "1", "b")
    assert [outlook.get(kind, "1") for kind in (ObjectType.BILL, ObjectType.VENDOR)] == ["b", "v"]
    outlook.clear()
    assert outlook.get(ObjectType.BILL, "1") is None
    outlook.put(ObjectType.BILL, "2", "c")
    assert outlook.get(ObjectType.BILL, "2") == "c"


def test_another_thread_may_go_on_with_it(outlook):
    outlook.put(ObjectType.BILL, "1", "b")
    seen = []
    thread = threading.Thread(target=lambda: seen.append(outlook.get(ObjectType.BILL, "1")))
    thread.start()
    thread.join()
    assert seen == ["b"]


def test_a_long_plan_is_kept_in_no_objects(outlook):
    names = [f"bill-{number:06}" for number in range(5_000)]
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for name in names:
            outlook.put(ObjectType.BILL, name, f"planned:{name}")
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < len(names) * sys.getsizeof("planned:bill-000001") / 10
    assert outlook.get(ObjectType.BILL, names[-1]) == f"planned:{names[-1]}"
