"""Quay Desk, invented: partners behind an API token, paged by offset."""

from __future__ import annotations

from collections import Counter
from typing import Any

from mlc_sandbox.company import Company
from mlc_sandbox.toolkit.clock import Clock, wire_time
from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.index import SortedIndex
from mlc_sandbox.toolkit.paging import by_offset
from mlc_sandbox.toolkit.routing import Route, route
from mlc_sandbox.toolkit.standin import Access, StandIn, UnknownChange
from mlc_sandbox.toolkit.tokencalls import unauthorised
from mlc_sandbox.toolkit.tokenserver import TokenServer

KEY = "quay-key-1"


class QuayStandIn(StandIn):
    """A key in a header of its own; a partner's change moves it to the end of the list."""

    name = "quay"
    title = "Quay Desk"

    def __init__(self, *, clock: Clock | None = None, company: Company | None = None) -> None:
        super().__init__(clock=clock, company=company)
        self.router.collect(QuayStandIn)
        self.tokens = TokenServer(self.clock, clients={})
        self.tokens.api_token(KEY)
        self.by_change = SortedIndex(self.store, "partners", key=lambda row: row["at"])
        if company is not None:
            self.seed(company)

    def access(self) -> Access:
        return Access(secrets={"key": KEY})

    def admit(self, request: Request, route: Route | None) -> None:
        if self.tokens.good(request.headers.get("x-quay-key")) is None:
            raise unauthorised({"error": "no key"})

    @route("GET", "/partners")
    def partners(self, request: Request) -> Response:
        part = by_offset(request, self.by_change.ids(low=request.query.get("after")), most=40, faults=self.faults)
        rows = [self.store.get("partners", id) for id in part.rows]
        return json_response(200, {"rows": rows, "following": part.next, "clock": wire_time(self.clock.now())})

    def ui_change(self, type: str, change: dict[str, Any]) -> dict[str, Any]:
        if type != "partners" or "id" not in change:
            raise UnknownChange("Quay Desk lets people change partners only")
        row = {**self.store.edit("partners", change["id"]), **change, "at": wire_time(self.clock.stamp())}
        return self.store.put("partners", row["id"], row, {"kind": "ui"})

    def seed(self, company: Company, part: str = "all") -> None:
        titles = Counter(vendor.name.casefold() for vendor in company.vendors)
        for vendor in company.vendors:
            if titles[vendor.name.casefold()] > 1:
                continue  # Quay Desk keeps titles unique
            row = {"id": str(vendor.id), "title": vendor.name, "money": vendor.currency, "web": vendor.website}
            row |= {"open": vendor.active, "at": wire_time(self.clock.stamp())}
            self.store.put("partners", row["id"], row, {"kind": "seed"})
