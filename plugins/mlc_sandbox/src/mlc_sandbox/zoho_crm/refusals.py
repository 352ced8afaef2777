"""What CRM says when it refuses: a request as a whole, or one row of a batch."""

from __future__ import annotations

from typing import Any


class RowRefused(Exception):
    """One row of a write was refused; the others are done."""

    def __init__(self, code: str, message: str, details: dict[str, Any]) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details

    def body(self) -> dict[str, Any]:
        """The row as it stands among the results."""
        return {"code": self.code, "details": self.details, "message": self.message, "status": "error"}


class Refusal(Exception):
    """Ends a request. Nothing may have been stored when it is raised."""

    def __init__(self, code: str, message: str, status: int = 400, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.details = details or {}

    def body(self) -> dict[str, Any]:
        """The envelope of a refused request."""
        return {"code": self.code, "details": self.details, "message": self.message, "status": "error"}


def invalid_token() -> Refusal:
    """A token that is expired, revoked, or of another data centre."""
    return Refusal("INVALID_TOKEN", "invalid oauth token", 401)


def no_token() -> Refusal:
    """No Authorization header, or not of the form that CRM takes."""
    return Refusal("AUTHENTICATION_FAILURE", "Authentication failed", 401)


def wrong_scope() -> Refusal:
    """The token is good, for something else."""
    return Refusal("OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this URL", 401)


def no_permission(permission: str) -> Refusal:
    """The user behind the token may not."""
    return Refusal("NO_PERMISSION", "permission denied", 403, {"permissions": [permission]})


def invalid_module() -> Refusal:
    """No such module, or one that this edition does not have."""
    return Refusal("INVALID_MODULE", "the module name given seems to be invalid", 400, {"resource_path_index": 0})


def missing_parameter(name: str) -> Refusal:
    """A query parameter that must be there."""
    return Refusal("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", 400, {"param_name": name})


def bad_parameter(name: str) -> Refusal:
    """A query parameter with a value it cannot take."""
    return Refusal("INVALID_DATA", f"the value of {name} is invalid", 400, {"param_name": name})


def bad_body(path: str, expected: str) -> Refusal:
    """A body that is no JSON, or lacks its outermost form."""
    details = {"expected_data_type": expected, "api_name": path.rpartition(".")[2], "json_path": path}
    return Refusal("INVALID_DATA", "body", 400, details)


def too_many(message: str) -> Refusal:
    """A limit of requests was reached."""
    return Refusal("TOO_MANY_REQUESTS", message, 429)


def bad_value(api_name: str, path: str, **more: Any) -> RowRefused:
    """A field's value cannot be taken; ``more`` is what makes the details of this kind."""
    return RowRefused("INVALID_DATA", "invalid data", {**more, "api_name": api_name, "json_path": path})


def mandatory(api_name: str, path: str) -> RowRefused:
    """A field without which there is no such record."""
    return RowRefused("MANDATORY_NOT_FOUND", "required field not found", {"api_name": api_name, "json_path": path})
