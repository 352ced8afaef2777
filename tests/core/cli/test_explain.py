"""``mlc explain`` and ``mlc held`` name the same ways to settle a hold."""

import pytest
from mlc.accounting.holdcodes import HoldCode
from mlc.cli.explain import _hold
from mlc.engine.decisions import verbs_for


@pytest.mark.parametrize("object_type", ["customer", "bill"])
def test_what_settles_a_hold_is_said_for_its_own_type(object_type: str) -> None:
    row = {"code": "vanished", "object_type": object_type, "record_id": 7, "since": "2026-11-01", "sentence": "Gone."}
    told = _hold(row | {"waits_kind": "person"})
    assert told["settled_by"] == [f"mlc held {verb} 7" for verb in verbs_for(HoldCode.VANISHED, object_type)]
    assert ("mlc held link 7" in told["settled_by"]) is (object_type == "customer")
