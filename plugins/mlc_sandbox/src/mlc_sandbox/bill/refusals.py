"""What BILL says when it refuses: a bare array with one object for each problem."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from mlc_sandbox.bill.wire import instant
from mlc_sandbox.toolkit.http import Response, json_response

SESSION_ENDED: Final = "Session is invalid.  Please log in."
MESSAGES: Final = {
    "BDC_1101": "Username or password is incorrect.",
    "BDC_1102": "Invalid developer key.",
    "BDC_1103": "Developer key is inactive.",
    "BDC_1105": "Organization is not enabled for the API.",
    "BDC_1107": "Organization is locked out. Please wait a few minutes and try again.",
    "BDC_1109": SESSION_ENDED,
    "BDC_1110": "Login is locked. Please reset the password.",
    "BDC_1120": "No data found.",
    "BDC_1121": "API not supported.",
    "BDC_1122": "JSON can not be parsed.",
    "BDC_1123": "Invalid organization id.",
    "BDC_1145": "You do not have permission to perform this operation.",
    "BDC_1361": "Session is untrusted. Please perform MFA.",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; pure field validation carries no code."""

    message: str
    code: str | None = None
    category: str = "DOWNSTREAM"

    def as_json(self, at: datetime) -> dict[str, Any]:
        """One element of the array."""
        told = {"timestamp": instant(at), "code": self.code, "severity": "ERROR", "category": self.category}
        return {key: value for key, value in {**told, "message": self.message}.items() if value is not None}


class Refusal(Exception):
    """Ends a call with a status and an array of problems.

    Nothing may have been stored when it is raised: every check comes before the first write.
    """

    def __init__(self, status: int, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.status = status
        self.problems = problems

    def response(self, at: datetime) -> Response:
        """The reply."""
        return json_response(self.status, [problem.as_json(at) for problem in self.problems])


def refused(status: int, code: str, message: str | None = None) -> Refusal:
    """A refusal of one problem, in the code's usual words unless told."""
    return Refusal(status, Problem(message if message is not None else MESSAGES[code], code))


def invalid(*messages: str) -> Refusal:
    """Field validation: 400, one object per field, without codes."""
    return Refusal(400, *(Problem(message, None, "REQUEST") for message in messages))


def bad_entity(message: str) -> Refusal:
    """The data of a record cannot be taken."""
    return refused(400, "BDC_1143", message)
