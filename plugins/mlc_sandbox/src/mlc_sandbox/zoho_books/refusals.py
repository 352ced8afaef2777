"""What Books says when it refuses: one exception, one function per documented kind of refusal."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """Ends a call with a Books error envelope.

    Nothing may have been stored when it is raised: every check comes before the first write.
    """

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def body(self) -> dict[str, Any]:
        """The error envelope."""
        return {"code": self.code, "message": self.message}


BAD_QUERY = 2
BAD_BODY = 4
BAD_URL = 5
EXPIRED_TOKEN = 14
WRONG_METHOD = 37
PER_MINUTE = 44
PER_DAY = 45
UNAUTHORISED = 57
MISSING_RECORD = 1002
ITEM_EXISTS = 1001
BAD_JSON = 1038
IN_PROCESS = 1070
NAME_TAKEN = 3062
WRONG_ORGANISATION = 6041


def bad_query(name: str) -> Refusal:
    """A query parameter the endpoint knows, with a value it cannot take."""
    return Refusal(BAD_QUERY, f"Invalid value passed for {name}")


def bad_value(name: str) -> Refusal:
    """A value in the JSON body that Books cannot take, or a mandatory one that is absent."""
    return Refusal(BAD_BODY, f"Invalid value passed for {name}")


def unauthorised() -> Refusal:
    """A dead or foreign token, a missing scope, or a role without the permission: all the same to the caller."""
    return Refusal(UNAUTHORISED, "You are not authorized to perform this operation", 401)


def business(code: int, message: str) -> Refusal:
    """A rule of bookkeeping stands against the write."""
    return Refusal(code, message)
