"""A document that is handed over is stored, taken, posted and answered; each of them once, in this order (R28)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Make = Callable[..., Any]


def test_an_invoice_is_taken_then_posted_then_answered_and_the_next_run_is_silent(make: Make) -> None:
    world = make()
    world.invoice("1")
    world.run()
    assert world.there.order == ["take 1", "post HP-1", "posted 1"]
    (answer,) = world.told("1")
    assert (answer["voucher"], answer["on"], answer["blocked"]) == (world.bill("HP-1")["id"], "2026-03-02", False)
    assert answer["message"] == f"Posted as HP-1 ({answer['voucher']}) in Books."
    assert world.status("1") == "posted"
    world.run()
    world.run()
    assert world.there.order == ["take 1", "post HP-1", "posted 1"]
    assert world.record("1")["state"] == "in_step"


def test_nothing_is_taken_before_a_person_accepted_the_plan(make: Make) -> None:
    world = make()
    world.invoice("1")
    report = world.run(accept=False)
    assert report.plans["bills"].counts["create"] == 1
    assert (world.there.order, world.status("1")) == ([], "offered")
    world.run()
    assert world.kinds("1") == ["taken", "posted"]


def test_what_another_program_took_is_warned_of_and_never_posted(make: Make) -> None:
    world = make()
    world.invoice("1", status="taken")
    world.run()
    world.run(sweep=True)
    assert (world.there.order, world.posted()) == ([], [])
    assert world.record("1")["state"] == "not_carried"
    assert "taken_elsewhere" in world.alerts()


def test_who_is_faster_than_our_first_attempt_keeps_the_document(make: Make) -> None:
    world = make()
    world.invoice("1")
    world.there.switches["faster"] = True
    world.run()
    world.run(sweep=True)
    assert (world.kinds("1"), world.record("1")["state"]) == ([], "not_carried")
    assert world.posted() == []
    assert "taken_elsewhere" in world.alerts()


def test_what_was_handed_over_before_is_left_alone(make: Make) -> None:
    world = make()
    world.run()
    world.invoice("1", status="posted")
    world.run()
    assert (world.there.order, world.holds()) == ([], [])
    assert world.record("1")["state"] == "not_carried"


def test_a_draft_in_the_ledger_is_answered_once_it_is_open(make: Make) -> None:
    world = make()
    world.there.switches["drafts"] = True
    world.invoice("1")
    world.run()
    assert world.kinds("1") == ["taken"]
    world.there.person("bills", world.bill("HP-1")["id"], status="open")
    world.run()
    assert world.kinds("1") == ["taken", "posted"]


def test_what_people_over_there_must_mend_is_given_back_and_decided_anew_when_offered_again(make: Make) -> None:
    world = make()
    world.invoice("1", rows="90.00")
    world.run()
    assert world.kinds("1") == ["taken", "refused"]
    (hold,) = world.rows("SELECT code, sentence FROM holds WHERE cleared_at IS NULL")
    assert hold["code"] == "totals_differ"
    assert world.told("1")[0]["message"] == hold["sentence"]
    assert (world.status("1"), world.posted()) == ("refused", [])
    world.run()
    assert world.kinds("1") == ["taken", "refused"], "it waits over there, and is told nothing twice"
    world.invoice("1", rows="100.00")
    world.run()
    assert world.kinds("1") == ["taken", "refused", "taken", "posted"]
    assert (world.posted(), world.holds()) == (["HP-1"], [])
    codes = [one["code"] for one in world.told("1")]
    assert len(set(codes)) == 2


def test_a_cure_on_our_side_posts_nothing_that_was_given_back(make: Make) -> None:
    world = make()
    world.invoice("1", rows="90.00")
    world.run()
    world.there.person("invoices", "1", rows="100.00")  # mended over there, not offered again yet
    world.run()
    assert (world.posted(), world.status("1")) == ([], "refused")
    assert world.record("1") == {
        "state": "not_carried",
        "reason": "it was given back: people mend it over there and offer it again",
    }


def test_what_is_mended_here_is_kept_and_posted_when_it_is(make: Make) -> None:
    world = make()
    world.invoice("1", vendor="Baltic Ink")
    world.run()
    assert (world.kinds("1"), world.status("1"), world.holds()) == (["taken"], "taken", ["missing_vendor"])
    world.pass_time(4 * 86_400)
    world.run()
    assert world.kinds("1") == ["taken"]
    assert world.rows("SELECT sentence FROM alerts WHERE sentence LIKE 'For 3 days now%' AND cleared_at IS NULL")
    world.vendor("Baltic Ink")
    world.run()
    world.run()
    assert world.kinds("1") == ["taken", "posted"]
    assert world.posted() == ["HP-1"]


def test_what_is_withdrawn_is_not_carried_or_held_with_an_alert(make: Make) -> None:
    world = make()
    world.invoice("1")
    world.invoice("2", vendor="Baltic Ink")
    world.run()
    world.there.person("invoices", "1", status="withdrawn")
    world.there.person("invoices", "2", status="withdrawn")
    world.run()
    assert world.record("1")["state"] == "held"
    assert world.record("2")["state"] == "not_carried"
    assert world.holds() == ["void_blocked"]
    assert "void_blocked" in world.alerts()
    assert world.posted() == ["HP-1"]


def test_a_payment_block_holds_before_anything_is_taken(make: Make) -> None:
    world = make()
    world.invoice("1", blocked=True)
    world.run()
    assert (world.there.order, world.holds()) == ([], ["payment_blocked"])
    world.there.person("invoices", "1", blocked=False)
    world.run()
    assert world.kinds("1") == ["taken", "posted"]
    world.there.person("invoices", "1", blocked=True)
    world.run()
    assert world.holds() == ["payment_blocked"], "it is in the ledger, and must not be paid"


def test_a_person_who_skips_an_invoice_gives_it_back(make: Make) -> None:
    world = make()
    world.invoice("1", vendor="Baltic Ink")
    world.run()
    world.skip("1", "posted by hand")
    world.run()
    (answer,) = world.told("1")
    assert (answer["kind"], answer["message"]) == ("refused", "Not posted, as a person decided: posted by hand.")
