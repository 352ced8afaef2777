"""The pass ``webhook`` of ``zoho-books+bill``: the books tell of bills at once, of some twice, some late or never."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from mlc_sandbox.company import Company
from mlc_sandbox.scenarios.disturbances import Change
from mlc_sandbox.scenarios.judging import CaseResult
from mlc_sandbox.scenarios.ledgerview import Record, decimal

SOURCE: Final = "zoho-books"
SECRET: Final = "webhookpass4711"  # noqa: S105 - of a stand-in on loopback
BILLS: Final = 50
_LOST_AFTER: Final = (6, 12, 18, 24, 30)
_DOUBLED_AFTER: Final = (2, 7, 12, 17, 22, 27, 31)
_LATE_AFTER: Final = (4, 10, 16, 22, 28)
_ACCOUNTS: Final = ("5000", "6100", "6200", "6600", "6700")

Post = Callable[[str, object], Any]


def set_up(post: Post, url: str) -> Mapping[str, str]:
    """What the operator makes on the screens of the books: a webhook to ``url``, and the rule that fires it.

    Args:
        post: A control call of the books' stand-in, e.g. ``Served.post``.
        url: Where the receiver listens on this machine for this connection.

    Returns:
        ``webhook_id`` and ``workflow_id``.
    """
    hook = post("objects/webhooks", {"webhook_name": "mlc", "entity": "bill", "url": url, "secret": SECRET})
    rule = {"workflow_name": "mlc", "entity": "bill", "rule_event": "created_or_edited"}
    made = post("objects/workflows", {**rule, "webhook_id": hook["webhook_id"]})
    return {"webhook_id": str(hook["webhook_id"]), "workflow_id": str(made["workflow_id"])}


def faults(path: str = "/webhooks/") -> list[dict[str, Any]]:
    """What goes wrong on the way: five deliveries lost, seven doubled, five held back until the next has left."""
    kinds = (("webhook_lost", _LOST_AFTER), ("webhook_duplicate", _DOUBLED_AFTER), ("webhook_reorder", _LATE_AFTER))
    return [{"match": path, "kind": kind, "times": 1, "after": after} for kind, places in kinds for after in places]


def number_of(place: int) -> str:
    """The number of one of the bills; no two of them look alike."""
    return f"WH-{11 * (100 + place)}"


def changes(company: Company) -> list[Change]:
    """Fifty bills that a person types into the books, one after the other."""
    rng = Random(f"{company.seed}:webhook")
    known = {one.contact for one in company.payer.vendors} if company.payer is not None else set()
    vendors = [
        one for one in company.contacts if one.vendor == "ordinary" and one.currency == "USD" and one.key in known
    ]
    due = company.today + timedelta(days=30)
    rows = []
    for place in range(1, BILLS + 1):
        amount = Decimal(rng.randint(1_000, 90_000)) / 100
        account = company.account(rng.choice(_ACCOUNTS))
        body = {
            "vendor_id": rng.choice(vendors).ledger_id,
            "bill_number": number_of(place),
            "date": company.today.isoformat(),
            "due_date": due.isoformat(),
            "line_items": [{"account_id": account.ledger_id, "rate": amount, "quantity": 1}],
        }
        rows.append(Change(number_of(place), SOURCE, "bills", body))
    return rows


def check(
    source_objects: Mapping[str, Iterable[Record]],
    target_objects: Mapping[str, Iterable[Record]],
    source_log: Iterable[Mapping[str, Any]],
    target_log: Iterable[Mapping[str, Any]],
    *,
    lost: Iterable[str],
    by_poll: Iterable[str],
) -> list[CaseResult]:
    """All fifty stand in BILL once and right; what was lost came by the poll; none of our own writes came back.

    Args:
        lost: Numbers of the bills whose delivery never left, as ``lost_of`` tells them.
        by_poll: Numbers of the bills that the polling run wrote.
    """
    wanted = {number_of(place) for place in range(1, BILLS + 1)}
    totals = {row["bill_number"]: decimal(row["total"]) for row in source_objects["bills"]}
    there = [row for row in target_objects["bills"] if row["invoice"]["invoiceNumber"] in wanted]
    counts = Counter(str(row["invoice"]["invoiceNumber"]) for row in there)
    twice = sorted(number for number, count in counts.items() if count > 1)
    wrong = sorted(
        str(row["invoice"]["invoiceNumber"])
        for row in there
        if decimal(row["amount"]) != totals[row["invoice"]["invoiceNumber"]]
    )
    echoes = [
        entry
        for log in (source_log, target_log)
        for entry in log
        if entry["type"] == "bills" and entry["op"] == "update" and entry["cause"].get("kind") == "request"
        and _number(entry["after"]) in wanted
    ]  # fmt: skip
    missed = sorted(set(lost) - set(by_poll))
    return [
        CaseResult("webhook_bills_there", f"{BILLS} bills", f"{len(counts)} bills"),
        CaseResult("webhook_bills_twice", "none", ", ".join(twice) or "none"),
        CaseResult("webhook_amounts", "all right", ", ".join(wrong) or "all right"),
        CaseResult("webhook_lost_came_by_poll", "all", ", ".join(missed) or "all"),
        CaseResult("webhook_echoes", "0 writes", f"{len(echoes)} writes"),
    ]


def _number(row: Record | None) -> str:
    shown = row or {}
    return str(shown.get("bill_number") or (shown.get("invoice") or {}).get("invoiceNumber", ""))


def written_of(target_log: Iterable[Mapping[str, Any]]) -> list[str]:
    """Numbers of the bills of this pass that the connector created in BILL."""
    return sorted(
        _number(entry["after"])
        for entry in target_log
        if entry["type"] == "bills" and entry["op"] == "create" and entry["cause"].get("kind") == "request"
        and _number(entry["after"]).startswith("WH-")
    )  # fmt: skip


def lost_of(log: Iterable[Mapping[str, Any]], delivered: Iterable[str]) -> list[str]:
    """Numbers of the bills of this pass that no delivery told of; ``delivered`` are the ids that arrived."""
    arrived = set(delivered)
    return sorted(
        _number(entry["after"])
        for entry in log
        if entry["type"] == "bills" and entry["op"] == "create" and _number(entry["after"]).startswith("WH-")
        and entry["id"] not in arrived
    )  # fmt: skip
