"""The pass ``webhook`` of ``quickbooks+basware``: thirty vendors change in QuickBooks, one delivery names them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from mlc_sandbox.company import Company
from mlc_sandbox.scenarios.disturbances import Change
from mlc_sandbox.scenarios.judging import CaseResult
from mlc_sandbox.scenarios.ledgerview import Record

SOURCE: Final = "quickbooks"
VERIFIER: Final = "quickbooks-verifier-4711"
VENDORS: Final = 30

Post = Callable[[str, object], Any]


class QuickBooksPass:
    """Counts metered reads by what the portal shows of them."""

    TELLS = SOURCE

    def __init__(self) -> None:
        self._post: Post | None = None
        self._reads: list[int] = []

    def set_up(self, post: Post, url: str) -> object:
        """What the operator makes in the developer portal; events wait, so that they leave together."""
        self._post, self._reads = post, []
        made = post("objects/webhooks", {"url": url, "verifier": VERIFIER})
        self._count()
        return {"portal": made}

    def faults(self) -> list[Mapping[str, Any]]:
        """Nothing goes wrong on the way."""
        return []

    def changes(self, company: Company) -> list[Change]:
        """Vendors move to other telephones."""
        every = Counter(one.name for one in company.contacts)
        names = [
            one.name.replace(":", " ")
            for one in company.contacts
            if one.contact_type == "vendor" and one.active and every[one.name] == 1
        ]
        phones = {"PrimaryPhone": {"FreeFormNumber": "+1 555 0199"}}
        moved = [
            Change(name, SOURCE, "Vendor", {"DisplayName": name, "action": "change", **phones})
            for name in names[:VENDORS]
        ]
        return [*moved, Change("delivered", SOURCE, "deliveries", {})]

    def lost_of(self, log: Iterable[Mapping[str, Any]], delivered: Iterable[str]) -> Sequence[str]:
        """Nothing is lost."""
        return []

    def written_of(self, target_log: Iterable[Mapping[str, Any]]) -> Sequence[str]:
        """Codes of the vendors that were sent with the new telephone."""
        self._count()
        return sorted(
            str(entry["after"]["vendorCode"])
            for entry in target_log
            if entry["type"] == "vendors" and entry["cause"].get("kind") == "request" and _moved(entry["after"])
        )

    def check(
        self,
        source_objects: Mapping[str, Iterable[Record]],
        target_objects: Mapping[str, Iterable[Record]],
        source_log: Iterable[Mapping[str, Any]],
        target_log: Iterable[Mapping[str, Any]],
        *,
        lost: Iterable[str],
        by_poll: Iterable[str],
    ) -> list[CaseResult]:
        """All of them were told of, sent once, and read together."""
        moved = {f"V{row['Id']}" for row in source_objects["Vendor"] if "0199" in str(row.get("PrimaryPhone"))}
        sent = list(self.written_of(target_log))
        there = {str(row["vendorCode"]) for row in target_objects["vendors"] if _moved(row)}
        at_once = self._reads[1] - self._reads[0]
        return [
            CaseResult("webhook_vendors_there", f"{VENDORS} of {VENDORS}", f"{len(there & moved)} of {len(moved)}"),
            CaseResult("webhook_vendors_sent_once", "yes", "yes" if len(sent) == len(set(sent)) else "no"),
            CaseResult("webhook_left_to_the_poll", "none", ", ".join(by_poll) or "none"),
            CaseResult("metered_reads_of_webhooks", "1", str(at_once)),
        ]

    def _count(self) -> None:
        if self._post is None:
            return
        self._reads.append(int(self._post("objects/metering", {})["CorePlus"]))


def _moved(row: Mapping[str, Any]) -> bool:
    return any("0199" in str(one.get("telephone")) for one in row.get("contacts", ()))


WEBHOOKS = QuickBooksPass()
