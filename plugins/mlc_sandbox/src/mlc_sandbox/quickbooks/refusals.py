"""What QuickBooks says when it refuses: a ``Fault`` of the service, or the gateway's ``fault`` in lower case."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from mlc_sandbox.quickbooks.wire import now_text
from mlc_sandbox.toolkit.http import Response, json_response

MESSAGES: Final = {
    "500": "Unsupported Operation",
    "600": "Duplicate Request Id",
    "610": "Object Not Found",
    "620": "Transaction cannot be linked",
    "700": "Invalid Parent Reference",
    "1040": "Batch size limit exceeded",
    "1050": "Invalid Content Type",
    "2000": "Invalid Object Name",
    "2010": "Request has invalid or unsupported property",
    "2020": "Required param missing, need to supply the required value for the API",
    "2030": "Invalid ID",
    "2040": "Invalid String",
    "2050": "String length is either shorter or longer than supported",
    "2060": "Invalid Date Format",
    "2090": "Invalid Number",
    "2110": "Invalid Decimal",
    "2120": "Invalid Type",
    "2130": "Invalid Request Id Format",
    "2170": "Invalid Enumeration",
    "2210": "Invalid Email Address format",
    "2230": "Invalid Boolean",
    "2290": "Amount is negative",
    "2300": "Debits do not equal credits",
    "2500": "Invalid Reference Id",
    "4000": "Error parsing query",
    "4001": "Invalid query",
    "5010": "Stale Object Error",
    "5030": "Feature Not Supported Error",
    "6000": "A business validation error has occurred while processing your request",
    "6010": "Account Type or Sub Type is required",
    "6030": "Upload too large",
    "6040": "Invalid file metadata",
    "6041": "Invalid uploaded file",
    "6050": "Unsupported entity reference type",
    "6070": "Amount is not equal to UnitPrice * Qty",
    "6080": "At least one name is required",
    "6100": "Invalid Line TaxCode",
    "6140": "Duplicate Document Number Error",
    "6150": "Invalid Parent Reference",
    "6160": "Invalid TaxCodeRef",
    "6170": "TxnTaxDetail is not allowed",
    "6180": "Sub-level limit exceeded",
    "6190": "Invalid Company Status",
    "6200": "Account Period Closed, Cannot Update Through Services API",
    "6210": "Account Period Closed, Password Required",
    "6240": "Duplicate Name Exists Error",
    "6430": "Invalid account type used",
    "6440": "Account or item is required",
    "6480": "Transaction cannot be changed",
    "10000": "An application error has occurred while processing your request",
}
OBJECT_GONE: Final = (
    "Object Not Found : Something you're trying to use has been made inactive. "
    "Check the fields with accounts, customers, items, vendors or employees."
)


class Refusal(Exception):
    """Ends a call with a Fault. Nothing may have been stored when it is raised: every check comes first."""

    def __init__(
        self, code: str, detail: str = "", *, element: str = "", status: int = 400, type: str = "ValidationFault"
    ) -> None:
        super().__init__(f"{code}: {detail or MESSAGES.get(code, '')}")
        self.code = code
        self.detail = detail or MESSAGES.get(code, "")
        self.element = element
        self.status = status
        self.type = type

    def fault(self) -> dict[str, Any]:
        """The member ``Fault``."""
        error = {"Message": MESSAGES.get(self.code, "Error"), "Detail": self.detail, "code": self.code}
        return {"Error": [{**error, "element": self.element}], "type": self.type}

    def response(self, at: datetime) -> Response:
        """The whole reply."""
        return json_response(self.status, {"Fault": self.fault(), "time": now_text(at)})


def missing(name: str) -> Refusal:
    """A required parameter is not there."""
    return Refusal("2020", f"Required parameter {name} is missing in the request", element=name)


def unsupported(name: str) -> Refusal:
    """A property that the entity does not have."""
    return Refusal("2010", f"Property Name:{name} specified is unsupported or invalid", element=name)


def business(detail: str) -> Refusal:
    """A rule of bookkeeping."""
    return Refusal("6000", f"Business Validation Error: {detail}")


def gateway(status: int, code: str, name: str, detail: str, type: str, at: datetime) -> Response:
    """The gateway's answer, in its own casing and with its own time."""
    long = code.zfill(6)
    error = {"message": f"message={name}; errorCode={long}; statusCode={status}", "detail": detail, "code": code}
    body: dict[str, Any] = {
        "warnings": None,
        "intuitObject": None,
        "fault": {"error": [{**error, "element": None}], "type": type},
        "report": None,
        "queryResponse": None,
        "batchItemResponse": [],
        "attachableResponse": [],
        "syncErrorResponse": None,
        "requestId": None,
        "time": int(at.timestamp() * 1000),
        "status": None,
        "cdcresponse": [],
    }
    return json_response(status, body)
