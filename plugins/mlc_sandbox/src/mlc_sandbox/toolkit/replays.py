"""Idempotency keys: a write that comes again with its key gets the first answer, and nothing is done twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mlc_sandbox.toolkit.faults import Kind
from mlc_sandbox.toolkit.http import Refused, Request, Response, json_response

if TYPE_CHECKING:
    from mlc_sandbox.toolkit.standin import StandIn


@dataclass(frozen=True, slots=True)
class Remembered:
    """A first answer, and what was asked."""

    asked: str
    response: Response
    at: datetime


def other_body(key: str) -> Response:
    """The answer to a key that comes with another request."""
    return json_response(422, {"error": "idempotency_key_reused", "key": key})


class ReplayBook:
    """Answers by key.

    Args:
        valid_s: How long a key is remembered, by the stand-in's clock.
        refuse: Answers a key that comes with another path or body; None: the first answer is given all the same.
        failures: Whether refusals (4xx, 5xx) are remembered as well.
    """

    def __init__(
        self,
        standin: StandIn,
        *,
        valid_s: float = 86_400.0,
        refuse: Callable[[str], Response] | None = other_body,
        failures: bool = False,
    ) -> None:
        self._standin = standin
        self._valid = timedelta(seconds=valid_s)
        self._refuse = refuse
        self._failures = failures
        self._answers: dict[str, Remembered] = {}

    def once(self, request: Request, key: str | None, work: Callable[[], Response]) -> Response:
        """The answer of ``work``, or the remembered one. Without a key, or one forgotten by a fault, it is done.

        Raises: Refused for a key that was used for something else.
        """
        if not key:
            return work()
        if self._standin.faults.active(Kind.FORGET_REPLAY_KEYS, request) is not None:
            self._answers.clear()
        now = self._standin.clock.now()
        asked = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.body).hexdigest()
        found = self._answers.get(key)
        if found is not None and now < found.at + self._valid:
            if found.asked != asked and self._refuse is not None:
                raise Refused(self._refuse(key))
            return found.response
        try:
            response = work()
        except Refused as refused:
            if self._failures:
                self._answers[key] = Remembered(asked, refused.response, now)
            raise
        if response.status < 400 or self._failures:
            self._answers[key] = Remembered(asked, response, now)
        return response
