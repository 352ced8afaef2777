"""The pass ``webhook`` of ``zoho-books+zoho-crm`` as a demo runs it: the desk tells, the books are written to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from mlc_sandbox.company import Company
from mlc_sandbox.company.relations import Relations
from mlc_sandbox.scenarios import watchpass
from mlc_sandbox.scenarios.disturbances import Change
from mlc_sandbox.scenarios.judging import CaseResult
from mlc_sandbox.scenarios.ledgerview import Record

Objects = Mapping[str, Iterable[Record]]
#: What the connector gives its channels; the stand-in finds the receiver of this machine behind it.
PUBLIC: Final = "https://hooks.example"


@dataclass
class DeskPass:
    """A ``WebhookPass`` in which the sales desk is the system that tells."""

    TELLS = watchpass.TARGET
    _known: Relations | None = None

    def set_up(self, post: Callable[[str, object], Any], url: str) -> str:
        """Nothing is made on a screen: the connector makes its channel itself, at the address this returns."""
        parts = urlsplit(url)
        watchpass.set_up(post, public=PUBLIC, local=f"{parts.scheme}://{parts.netloc}")
        return f"{PUBLIC}{parts.path}"

    def faults(self) -> Sequence[Mapping[str, Any]]:
        return watchpass.faults()

    def changes(self, company: Company) -> Sequence[Change]:
        """Fifty people whom the desk adds. Raises ValueError for a company without a sales side."""
        if company.relations is None:
            raise ValueError("this pass needs the company 'selling'")
        self._known = company.relations
        return watchpass.changes(company.relations)

    def lost_of(self, log: Iterable[Mapping[str, Any]], delivered: Iterable[str]) -> Sequence[str]:
        return watchpass.lost_of(log, delivered)

    def written_of(self, target_log: Iterable[Mapping[str, Any]]) -> Sequence[str]:
        """Addresses of this pass that calls have brought into the books."""
        found: set[str] = set()
        for entry in target_log:
            if entry["type"] == "contacts" and entry["cause"].get("kind") == "request" and entry["after"]:
                found |= _addresses(entry["after"]) - _addresses(entry["before"] or {})
        return sorted(found)

    def check(
        self,
        source_objects: Objects,
        target_objects: Objects,
        source_log: Iterable[Mapping[str, Any]],
        target_log: Iterable[Mapping[str, Any]],
        *,
        lost: Iterable[str],
        by_poll: Iterable[str],
    ) -> Sequence[CaseResult]:
        """``source`` is the desk here, ``target`` the books. Call it after ``changes``."""
        del target_log
        assert self._known is not None
        return watchpass.check(self._known, target_objects, source_objects, source_log, lost=lost, by_poll=by_poll)


def _addresses(contact: Mapping[str, Any]) -> set[str]:
    people = contact.get("contact_persons", ())
    return {str(person["email"]) for person in people if str(person["email"]).startswith("watch-")}
