"""What a full update has to send back because it would be emptied otherwise: every documented member that can be
written, as QuickBooks showed it. Pure.

It travels with the record as one text of JSON, without the members that nobody has told us of. Lines are part of it: a
line that is left out of an update is gone.

Vendor doc: https://developer.intuit.com/app/developer/qbo/docs/learn/rest-api-features (full update)
"""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from mlc.records import Record
from mlc.wire import Body, encode

from mlc_quickbooks.schemas import Row

KEPT = "kept"
LINES = "Line"
#: What the note of an order says that was cancelled: QuickBooks knows only open and closed.
CANCELLED = "Cancelled at its source."

_SHARED = (
    "DocNumber", "PrivateNote", "TxnDate", "VendorRef", "APAccountRef", "DepartmentRef", "CurrencyRef", "ExchangeRate",
    "GlobalTaxCalculation", "TxnTaxDetail", "LinkedTxn", "TransactionLocationType", "IncludeInAnnualTPAR", LINES,
)  # fmt: skip
BILL = (*_SHARED, "DueDate", "SalesTermRef")
VENDOR_CREDIT = _SHARED
JOURNAL = ("DocNumber", "PrivateNote", "TxnDate", "CurrencyRef", "ExchangeRate", "Adjustment", LINES)
PURCHASE_ORDER = (
    *_SHARED, "DueDate", "SalesTermRef", "ClassRef", "Memo", "POStatus", "POEmail", "EmailStatus", "ShipAddr", "ShipTo",
    "ShipMethodRef", "VendorAddr", "CustomField",
)  # fmt: skip
VENDOR = (
    "Title", "GivenName", "MiddleName", "FamilyName", "Suffix", "DisplayName", "CompanyName", "PrintOnCheckName",
    "AcctNum", "PrimaryEmailAddr", "PrimaryPhone", "AlternatePhone", "Mobile", "Fax", "WebAddr", "BillAddr",
    "OtherContactInfo", "TermRef", "CurrencyRef", "Active", "Vendor1099", "BillRate", "CostRate", "APAccountRef",
    "TaxReportingBasis", "GSTIN", "GSTRegistrationType", "BusinessNumber", "T4AEligible", "T5018Eligible", "HasTPAR",
    "Source",
)  # fmt: skip

#: Members inside those: of references, addresses, lines and their details, links, taxes, custom fields.
_INSIDE = frozenset(
    {
        "value", "type", "Type", "Id", "LineNum", "Description", "Amount", "DetailType", "LinkedTxn", "TxnId",
        "TxnType",
        "TxnLineId", "TxnDate", "ProjectRef", "Received", "AccountBasedExpenseLineDetail", "ItemBasedExpenseLineDetail",
        "JournalEntryLineDetail", "DescriptionLineDetail", "GroupLineDetail", "TDSLineDetail", "AccountRef", "ClassRef",
        "CustomerRef", "BillableStatus", "TaxCodeRef", "TaxAmount", "TaxInclusiveAmt", "MarkupInfo",
        "Percent", "PriceLevelRef", "PercentBased", "MarkUpIncomeAccountRef", "ItemRef", "Qty", "UnitPrice",
        "PostingType",
        "Entity", "EntityRef", "DepartmentRef", "TaxApplicableOn", "JournalCodeRef", "ServiceDate", "TotalTax",
        "TxnTaxCodeRef", "TaxLine", "TaxLineDetail", "TaxRateRef", "TaxPercent", "NetAmountTaxable",
        "OverrideDeltaAmount", "Address", "URI", "FreeFormNumber", "Line1", "Line2", "Line3", "Line4", "Line5", "City",
        "Country", "CountrySubDivisionCode", "PostalCode", "DefinitionId", "Name", "StringValue", "Line",
        "GroupItemRef", "Quantity",
    }
)  # fmt: skip


def kept_of(row: Row, members: Iterable[str]) -> dict[str, str]:
    """As the ``extensions`` of a record."""
    found: Body = {name: _known(row[name]) for name in members if row.get(name) not in (None, "")}
    return {KEPT: encode(found).decode()}


def kept_in(record: Record | None) -> Body | None:
    """What QuickBooks showed when the record was read; None when it was never read whole."""
    stated = getattr(record, "extensions", {}).get(KEPT)
    if not isinstance(stated, str):
        return None
    found: Body = json.loads(stated, parse_float=Decimal)
    return found


def lines_of(body: Body) -> list[dict[str, Any]]:
    found = body.get(LINES)
    return [dict(line) for line in found if isinstance(line, Mapping)] if isinstance(found, list) else []


def _known(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _known(one) for key, one in value.items() if key in _INSIDE and one is not None}
    if isinstance(value, list):
        return [_known(one) for one in value]
    return value
