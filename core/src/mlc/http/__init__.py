"""The seam to the vendors' HTTP: the only package that imports httpx."""

from mlc.http.base import Auth, BaseTransport, ConnectError, Headers, MockTransport, ReadError, Request, Response
from mlc.http.calls import CallCount, CallKind, Calls
from mlc.http.client import VendorClient
from mlc.http.clocks import boottime
from mlc.http.custody import MintWatch
from mlc.http.decoding import decode
from mlc.http.permits import LateError, Permit, PermitState, Verdict
from mlc.http.quota import HeldBackError, Purpose, QuotaGate, Reservation
from mlc.http.reads import REDIRECTED_OUTSIDE
from mlc.http.redaction import redact
from mlc.http.windows import BudgetLine

__all__ = [
    "REDIRECTED_OUTSIDE",
    "Auth",
    "BaseTransport",
    "BudgetLine",
    "CallCount",
    "CallKind",
    "Calls",
    "ConnectError",
    "Headers",
    "HeldBackError",
    "LateError",
    "MintWatch",
    "MockTransport",
    "Permit",
    "PermitState",
    "Purpose",
    "QuotaGate",
    "ReadError",
    "Request",
    "Reservation",
    "Response",
    "VendorClient",
    "Verdict",
    "boottime",
    "decode",
    "redact",
]
