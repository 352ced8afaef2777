"""Refusals in Basware's words: the P2P body, and the others that its neighbours use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mlc_sandbox.toolkit.http import Refused, Request, Response, json_response
from mlc_sandbox.toolkit.wirejson import dumps

_TYPES = {
    "SCHEMA_VALIDATION_ERROR": "VALIDATION",
    "PARAMETER_VALIDATION_ERROR": "VALIDATION",
    "EXTERNAL_CODE_MISMATCH": "VALIDATION",
    "CONFLICT_IN_POST": "BUSINESS",
    "METHOD_NOT_ALLOWED": "BUSINESS",
    "DATA_VALIDATION_FAILED": "BUSINESS",
    "ENTITY_NOT_FOUND": "BUSINESS",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One line of an error body."""

    message: str
    code: str = "SCHEMA_VALIDATION_ERROR"
    external_code: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The form of the wire."""
        kind = _TYPES.get(self.code, "TECHNICAL")
        return {
            "externalCode": self.external_code,
            "type": kind,
            "code": self.code,
            "message": self.message,
            "info": None,
        }


class Refusal(Exception):
    """Raised to answer with Basware's error body; the stand-in adds the id of the request."""

    def __init__(self, status: int, problems: Iterable[Problem], headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.problems = list(problems)
        self.headers = headers or {}
        super().__init__("; ".join(problem.message for problem in self.problems) or str(status))

    def response(self, request_id: str) -> Response:
        """The reply."""
        told = [problem.as_json() for problem in self.problems]
        return json_response(
            self.status, {"requestId": request_id, "hasErrors": True, "errors": told}, {**self.headers}
        )


def refused(status: int, code: str, message: str, external_code: str | None = None) -> Refusal:
    """A refusal with one line."""
    return Refusal(status, [Problem(message, code, external_code)])


def empty(status: int) -> Refused:
    """A refusal without a body: 401 of P2P, 404 of a list that found nothing or of a record that is not there."""
    return Refused(Response(status, b""))


def message(status: int, text: str, headers: dict[str, str] | None = None) -> Refused:
    """The body that API gateway, push notifications and data extracts use."""
    return Refused(json_response(status, {"message": text}, headers))


def not_found() -> Refused:
    """404 of push notifications and data extracts."""
    return Refused(json_response(404, {"detail": "Not Found"}))


def too_many(request: Request, wait_s: float) -> Response:
    """429. The documents name neither status nor header; ``wait_s`` 0 leaves ``Retry-After`` out."""
    headers = {"retry-after": str(max(1, round(wait_s)))} if wait_s > 0 else {}
    return Response(429, dumps({"message": "Too Many Requests"}), {"content-type": "application/json", **headers})


def unprocessable(*wrong: tuple[list[str], str, str]) -> Response:
    """422 of the token service: where, what, and which kind of error."""
    detail = [{"loc": place, "msg": text, "type": kind} for place, text, kind in wrong]
    return json_response(422, {"detail": detail})
