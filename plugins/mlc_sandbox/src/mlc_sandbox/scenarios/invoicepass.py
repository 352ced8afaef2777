"""The pass ``webhook`` of ``zoho-books+basware``: P2P tells of invoices at once, of some twice, late or never."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.company import Company
from mlc_sandbox.scenarios.disturbances import Change
from mlc_sandbox.scenarios.handedover import DESK, invoice
from mlc_sandbox.scenarios.judging import CaseResult
from mlc_sandbox.scenarios.ledgerview import Record, decimal

TELLS: Final = DESK
INVOICES: Final = 30
_LOST_AFTER: Final = (5, 12, 19)
_DOUBLED_AFTER: Final = (2, 7, 14, 20)
_LATE_AFTER: Final = (4, 10, 17)

Post = Callable[[str, object], Any]


def number_of(place: int) -> str:
    """The number of one of the invoices; no two of them look alike."""
    return f"WH-{11 * (100 + place)}"


def set_up(post: Post, url: str) -> str:
    """Nothing is made on a screen: the connector subscribes itself, with the address that this returns."""
    del post
    return url


def faults() -> Sequence[Mapping[str, Any]]:
    """What goes wrong on the way: three deliveries lost, four doubled, three held back until the next has left."""
    kinds = (("webhook_lost", _LOST_AFTER), ("webhook_duplicate", _DOUBLED_AFTER), ("webhook_reorder", _LATE_AFTER))
    return [
        {"match": "/webhooks/", "kind": kind, "times": 1, "after": after} for kind, places in kinds for after in places
    ]


def changes(company: Company) -> Sequence[Change]:
    """Thirty invoices that people approve, one after the other."""
    return [
        Change(
            number_of(place), DESK, "invoices", invoice(company, number_of(place), Decimal(10_000 + 137 * place) / 100)
        )
        for place in range(1, INVOICES + 1)
    ]


def check(
    source_objects: Mapping[str, Iterable[Record]],
    target_objects: Mapping[str, Iterable[Record]],
    source_log: Iterable[Mapping[str, Any]],
    target_log: Iterable[Mapping[str, Any]],
    *,
    lost: Iterable[str],
    by_poll: Iterable[str],
) -> Sequence[CaseResult]:
    """All thirty stand in the books once and right, each is answered once; what was lost came by the poll."""
    del source_log, target_log
    wanted = {number_of(place) for place in range(1, INVOICES + 1)}
    invoices = {str(one.get("invoiceNumber")): one for one in source_objects["accountingDocuments"]}
    there = [row for row in target_objects["bills"] if row["bill_number"] in wanted]
    counts = Counter(str(row["bill_number"]) for row in there)
    twice = sorted(number for number, count in counts.items() if count > 1)
    wrong = sorted(
        str(row["bill_number"])
        for row in there
        if decimal(row["total"]) != decimal(invoices[str(row["bill_number"])]["grossSum"])
    )
    answers = Counter(
        f"{invoices[number]['processingStatus']}, {len(invoices[number].get('transferResponses', ()))} answers"
        for number in wanted
    )
    missed = sorted(set(lost) - set(by_poll))
    told = ", ".join(f"{count} {word}" for word, count in sorted(answers.items()))
    return [
        CaseResult("webhook_invoices_there", f"{INVOICES} bills", f"{len(counts)} bills"),
        CaseResult("webhook_invoices_twice", "none", ", ".join(twice) or "none"),
        CaseResult("webhook_amounts", "all right", ", ".join(wrong) or "all right"),
        CaseResult("webhook_answers", f"{INVOICES} Transferred, 1 answers", told),
        CaseResult("webhook_lost_came_by_poll", "all", ", ".join(missed) or "all"),
    ]


def written_of(target_log: Iterable[Mapping[str, Any]]) -> Sequence[str]:
    """Numbers of the invoices of this pass that the connector posted."""
    return sorted(
        str(entry["after"]["bill_number"])
        for entry in target_log
        if entry["type"] == "bills" and entry["op"] == "create" and entry["cause"].get("kind") == "request"
        and str(entry["after"]["bill_number"]).startswith("WH-")
    )  # fmt: skip


def lost_of(log: Iterable[Mapping[str, Any]], delivered: Iterable[str]) -> Sequence[str]:
    """Numbers of the invoices of this pass that no delivery told of; ``delivered`` are the ids that arrived."""
    arrived = set(delivered)
    return sorted(
        str(entry["after"]["invoiceNumber"])
        for entry in log
        if entry["type"] == "p2p_invoices" and entry["op"] == "create"
        and str(entry["after"].get("invoiceNumber")).startswith("WH-")
        and str(entry["id"]) not in arrived
    )  # fmt: skip
