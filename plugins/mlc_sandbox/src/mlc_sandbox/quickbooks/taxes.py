"""Taxes on purchases: pseudo codes in the US, tax codes with rates elsewhere."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from mlc_sandbox.quickbooks.deed import Deed
from mlc_sandbox.quickbooks.refusals import Refusal, missing, unsupported
from mlc_sandbox.quickbooks.wire import Record, money, number, value_of

PSEUDO: Final = ("TAX", "NON")
_HUNDRED: Final = Decimal(100)


def check_mode(deed: Deed, body: Record) -> None:
    """``GlobalTaxCalculation``: absent in the US, required elsewhere. Raises Refusal."""
    if deed.american:
        if "GlobalTaxCalculation" in body and deed.books.switches["us_global_tax"] == "refuse":
            raise unsupported("GlobalTaxCalculation")
        body.pop("GlobalTaxCalculation", None)
        body.pop("TxnTaxDetail", None)
        return
    if "GlobalTaxCalculation" not in body:
        raise missing("GlobalTaxCalculation")
    if body["GlobalTaxCalculation"] == "NotApplicable" and body.get("TxnTaxDetail", {}).get("TotalTax"):
        raise Refusal("6170", "TxnTaxDetail cannot be sent with NotApplicable", element="TxnTaxDetail")


def check_code(deed: Deed, detail: Record, mode: str | None) -> None:
    """The tax code of a line. Raises Refusal 6100, 2500."""
    code = value_of(detail.get("TaxCodeRef"))
    if deed.american:
        if code and code not in PSEUDO:
            raise Refusal("6100", f"{code} is no line tax code of a US company: TAX or NON", element="TaxCodeRef")
        detail["TaxCodeRef"] = {"value": code or "NON"}
        return
    if not code:
        if mode != "NotApplicable":
            raise missing("TaxCodeRef")
        return
    if code in PSEUDO:
        raise Refusal("6100", f"{code} is a line tax code of US companies alone", element="TaxCodeRef")
    detail["TaxCodeRef"] = {
        "value": deed.books.pointed(deed.realm, "TaxCode", detail["TaxCodeRef"], element="TaxCodeRef")["Id"]
    }


def add_up(deed: Deed, body: Record) -> Decimal:
    """Write ``TxnTaxDetail`` and return the tax. A TotalTax that was sent stands, as an override of the sum."""
    mode = body.get("GlobalTaxCalculation")
    sent = body.pop("TxnTaxDetail", None)
    if deed.american or mode == "NotApplicable":
        return Decimal(0)
    taken: dict[str, tuple[Decimal, Decimal]] = {}
    for line in body["Line"]:
        detail = line.get(line["DetailType"], {})
        net, code = Decimal(line.get("Amount") or 0), value_of(detail.get("TaxCodeRef"))
        gross = detail.get("TaxInclusiveAmt") if mode == "TaxInclusive" else None
        for rate_id, percent in _rates(deed, code):
            tax = Decimal(gross) - net if gross is not None else net * percent / _HUNDRED
            if deed.books.switches["tax_rounding"] == "line":
                tax = money(tax)
            base, sum_ = taken.get(rate_id, (Decimal(0), Decimal(0)))
            taken[rate_id] = (base + net, sum_ + tax)
    rows = [_row(deed, rate_id, base, money(tax)) for rate_id, (base, tax) in taken.items()]
    total = sum((row["Amount"] for row in rows), Decimal(0))
    override = number(sent.get("TotalTax")) if isinstance(sent, dict) else None
    if override is not None and rows:
        rows[-1]["Amount"] += money(override) - total
        total = money(override)
    body["TxnTaxDetail"] = {"TotalTax": total, "TaxLine": rows}
    return total


def _rates(deed: Deed, code: str) -> list[tuple[str, Decimal]]:
    found = deed.books.get(deed.realm, "TaxCode", code) if code else None
    rows = (found or {}).get("PurchaseTaxRateList", {}).get("TaxRateDetail", [])
    ids = [row["TaxRateRef"]["value"] for row in rows]
    return [(id, Decimal(deed.books.require(deed.realm, "TaxRate", id)["RateValue"])) for id in ids]


def _row(deed: Deed, rate_id: str, base: Decimal, tax: Decimal) -> Record:
    percent = deed.books.require(deed.realm, "TaxRate", rate_id)["RateValue"]
    detail = {"TaxRateRef": {"value": rate_id}, "PercentBased": True, "TaxPercent": percent, "NetAmountTaxable": base}
    return {"Amount": tax, "DetailType": "TaxLineDetail", "TaxLineDetail": detail}
