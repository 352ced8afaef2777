"""Vendors that lose answers, answer late, badly or not at all: one record, and a state that is true.

Every operation is struck in the same run: a new bill, a corrected one, a withdrawn one, a payment and an image.
"""

import time
from typing import Any

import pytest

from faultbench.people import People

OPERATIONS = ("create", "update", "void", "payment", "image")
#: Operation → the requests that carry it out.
MATCH = {
    "create": "POST|PUT /bills$",
    "update": r"PUT /bills/\d+$",
    "void": r"POST /bills/\d+/status/void$",
    "payment": "POST|PUT /vendorpayments$",
    "image": r"POST /bills/\d+/attachment$",
}
#: Name → the fault's kind and options.
FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "commit_then_drop": ("commit_then_drop", {}),
    "commit_then_500": ("commit_then_500", {}),
    "drop": ("drop", {}),
    "truncate": ("truncate", {}),
    "reply_garbled": ("reply_garbled", {}),
    "html": ("html", {}),
    "redirect_302_after_commit": ("redirect_write", {"status": 302, "commit": True}),
    "redirect_307": ("redirect_write", {"status": 307}),
    "redirect_308_after_commit": ("redirect_write", {"status": 308, "commit": True}),
    "slow_drip": ("slow_drip", {"seconds": 6.0}),
    "rate_limit": ("rate_limit", {}),
    "token_revoked": ("token_revoked", {}),
}


#: One of each sort for every change; the matrix does the others.
SORTS = (
    "commit_then_drop",
    "drop",
    "redirect_302_after_commit",
    "slow_drip",
    "rate_limit",
    "token_revoked",
    "truncate",
)


def strike_all(people: People, name: str) -> None:
    """The same fault at every operation in one run."""
    kind, options = FAULTS[name]
    for operation in OPERATIONS:
        people.do(operation)
        people.world.fault(MATCH[operation], kind, **options)
    people.world.run()
    people.world.settle()
    assert people.world.struck() >= len(OPERATIONS)
    people.judge()


class VendorCases:
    """The suite's share."""

    @pytest.mark.parametrize("name", SORTS)
    def test_a_bad_answer_to_any_write_leaves_exactly_one_record(self, people: People, name: str) -> None:
        strike_all(people, name)

    def test_a_write_that_is_carried_out_late_is_not_sent_again(self, people: People) -> None:
        for operation in OPERATIONS:
            people.do(operation)
            people.world.fault(MATCH[operation], "commit_late", seconds=1.0)
        people.world.run()
        people.world.settle(wait=True, rounds=20)
        people.judge()

    def test_a_list_that_lags_does_not_hide_what_was_written(self, people: People) -> None:
        people.world.fault("READ /bills$", "list_lag", seconds=1.5)
        for operation in ("create", "payment"):
            people.do(operation)
            people.world.fault(MATCH[operation], "commit_then_drop")
        people.world.run()
        people.world.settle(wait=True, rounds=20)
        people.judge()

    def test_a_stale_read_does_not_undo_a_correction(self, people: People) -> None:
        people.world.fault(r"READ /bills/\d+$", "read_stale", seconds=1.0)
        for operation in ("update", "void"):
            people.do(operation)
            people.world.fault(MATCH[operation], "commit_then_drop")
        people.world.run()
        time.sleep(1.0)
        people.world.settle(wait=True, rounds=20)
        people.judge()


@pytest.mark.torture
class VendorMatrix:
    """The other faults at all operations at once, then every fault at every operation on its own."""

    @pytest.mark.parametrize("name", sorted(set(FAULTS) - set(SORTS)))
    def test_a_bad_answer_to_any_write_leaves_exactly_one_record(self, people: People, name: str) -> None:
        strike_all(people, name)

    @pytest.mark.parametrize("operation", OPERATIONS)
    @pytest.mark.parametrize("name", sorted(FAULTS))
    def test_it_leaves_exactly_one_record(self, people: People, name: str, operation: str) -> None:
        kind, options = FAULTS[name]
        people.do(operation)
        people.world.fault(MATCH[operation], kind, **options)
        people.world.run()
        people.world.settle()
        assert people.world.struck() >= 1
        people.judge()
