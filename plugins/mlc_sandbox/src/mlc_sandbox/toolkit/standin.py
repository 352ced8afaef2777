"""What every stand-in is: a vendor's service as one synchronous object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import RLock
from typing import Any, ClassVar

from mlc_sandbox.toolkit.calls import CallCounter
from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.faults import FaultPlan
from mlc_sandbox.toolkit.http import Refused, Request, Response, json_response
from mlc_sandbox.toolkit.log import OperationLog
from mlc_sandbox.toolkit.routing import Found, Route, Router
from mlc_sandbox.toolkit.store import ObjectStore

__all__ = ["Access", "StandIn", "UnknownChange"]


class UnknownChange(Exception):
    """A change asked for through ``/_sandbox/objects`` that the vendor's own screens do not offer."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a connection to a stand-in is configured with: the plugin's settings without ``endpoint``, its secrets."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)


class StandIn:
    """A vendor. Subclasses set ``name``, ``title`` and ``SWITCHES``, and fill ``self.router`` in their constructor.

    One thread at a time may be inside: the server takes ``lock`` for each request, and code that reaches in from
    another thread takes it too.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    SWITCHES: ClassVar[dict[str, Any]] = {}
    """Every fact the vendor's documents leave open, with the value taken until told otherwise."""

    def __init__(self, *, clock: Clock | None = None, company: Any = None) -> None:
        self.clock = clock if clock is not None else Clock()
        self.log = OperationLog()
        self.store = ObjectStore(self.log, self.clock)
        self.faults = FaultPlan()
        self.calls = CallCounter()
        self.switches: dict[str, Any] = dict(self.SWITCHES)
        self.limits: dict[str, Any] = {}
        self.limits_enabled = True
        self.router = Router()
        self.lock = RLock()
        self.crashes: list[str] = []
        self.callbacks: dict[str, str] = {}
        """Public root of a URL that was registered for webhooks → the root on this machine it is delivered to."""
        self.late: list[tuple[datetime, Callable[[], object]]] = []
        """Writes that were taken and are carried out at a moment of this vendor's clock (``commit_late``)."""
        self._requests = 0
        self._company = company

    def next_number(self) -> int:
        """The number of the next request."""
        self._requests += 1
        return self._requests

    def carry_out_late(self) -> None:
        """Do what its clock has reached by now, the oldest first."""
        now = self.clock.now()
        due = sorted((one for one in self.late if one[0] <= now), key=lambda one: one[0])
        self.late = [one for one in self.late if one[0] > now]
        for _moment, work in due:
            work()

    def respond(self, request: Request) -> Response:
        """Answer one request: admit, route, handle. What a handler raises as Refused is the answer."""
        found = self.router.find(request.method, request.path)
        route = None if found is None else found.route
        request.template = "(no route)" if route is None else route.template
        try:
            self.admit(request, route)
            if found is None:
                return self.no_such_path(request)
            if route is None:
                return self.wrong_method(request, found)
            return route.handler(self, request, **found.values)
        except Refused as refused:
            return refused.response

    def arrived(self, request: Request) -> None:
        """Called when a request is complete, before a delay is played: how many are in process can be told from it."""

    def left(self, request: Request) -> None:
        """Called when its reply leaves, or its connection was cut."""

    def admit(self, request: Request, route: Route | None) -> None:
        """Check credentials and quotas; raise Refused to turn the request away."""

    def no_such_path(self, request: Request) -> Response:
        """The vendor's answer for a path it does not have."""
        return json_response(404, {"detail": "Not found."})

    def wrong_method(self, request: Request, found: Found) -> Response:
        """The vendor's answer for a method that a path does not take."""
        return json_response(
            405, {"detail": f'Method "{request.method}" not allowed.'}, {"allow": ", ".join(found.methods)}
        )

    def call_kind(self, request: Request) -> str:
        """What a request counts as: read, write or auth."""
        found = self.router.find(request.method, request.path)
        if found is not None and found.route is not None:
            return found.route.kind
        return "write" if request.is_write else "read"

    def access(self) -> Access:
        """What ``mlc connect`` would be told for this stand-in; the torture connects with it."""
        return Access()

    def seed(self, company: Any, part: str = "all") -> None:
        """Fill with a company's records in this vendor's form."""
        raise UnknownChange(f"{self.name} has no seed")

    def ui_change(self, type: str, change: dict[str, Any]) -> dict[str, Any]:
        """Create (no ``id``) or change a record as a user of the vendor's own screens would; ``action`` names a button.

        Raises:
            UnknownChange: the screens offer no such thing, or not for a record in this state.
        """
        raise UnknownChange(f"{self.title} has no screen for {type}")

    def switches_changed(self) -> None:
        """Called after switches were changed by a control call."""

    def limits_changed(self) -> None:
        """Called after ``limits`` or ``limits_enabled`` were changed by a control call."""
