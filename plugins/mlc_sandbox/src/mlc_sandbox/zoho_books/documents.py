"""What bills, orders, credits and invoices share: header references, priced lines and full line replacement."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.zoho_books.books import ONE, Books
from mlc_sandbox.zoho_books.collections import Record
from mlc_sandbox.zoho_books.refusals import bad_value, business
from mlc_sandbox.zoho_books.values import ZERO, flag, identifier, number, optional_number, rounded, rows, text

UNPOSTABLE: Final = frozenset(("accounts_receivable", "accounts_payable", "bank", "cash", "credit_card"))
NO_TAX: Final = {"tax_id": "", "tax_name": "", "tax_type": "", "tax_percentage": ZERO}
INACTIVE_CODE: Final = 1004


@dataclass(frozen=True, slots=True)
class Money:
    """The currency of a document and what it is worth that day."""

    currency_id: str
    currency_code: str
    currency_symbol: str
    digits: int
    rate: Decimal

    def header(self) -> dict[str, Any]:
        """The header fields that tell it."""
        return {
            "currency_id": self.currency_id,
            "currency_code": self.currency_code,
            "currency_symbol": self.currency_symbol,
            "price_precision": self.digits,
            "exchange_rate": self.rate,
        }


def money_of(books: Books, body: dict[str, Any], party: Record, before: Record | None, on_day: str) -> Money:
    """The document's currency: sent, or kept, or the contact's; its rate: sent, or kept, or the organisation's own."""
    kept = before["currency_id"] if before else party["currency_id"]
    currency_id = identifier(body, "currency_id") or kept
    currency = books["currencies"].get(currency_id)
    if currency is None:
        raise bad_value("currency_id")
    if currency_id == books.base_currency_id:
        rate = ONE
    elif body.get("exchange_rate") not in (None, ""):
        rate = number(body["exchange_rate"], "exchange_rate")
        if rate <= 0:
            raise bad_value("exchange_rate")
    elif before is not None and before["currency_id"] == currency_id:
        rate = before["exchange_rate"]
    else:
        rate = books.rate_on(currency_id, on_day)
    return Money(currency_id, currency["currency_code"], currency["currency_symbol"], books.digits(currency), rate)


def party_of(books: Books, body: dict[str, Any], name: str, before: Record | None, kind: str) -> Record:
    """The contact a document is for, checked for its type and for being active."""
    contact_id = identifier(body, name)
    if not contact_id:
        if before is None or books.switches["put_needs_required"]:
            raise bad_value(name)
        contact_id = before[name]
    contact = books.require("contacts", contact_id)
    if contact["contact_type"] != kind:
        raise bad_value(name)
    moved = before is None or before[name] != contact_id
    if moved and contact["status"] != "active" and books.switches["inactive_vendor_refused"]:
        raise business(INACTIVE_CODE, f"The contact {contact['contact_name']} is inactive.")
    return contact


def account_of(books: Books, account_id: str, name: str = "account_id") -> Record:
    """An active account that a document line may post to."""
    account = books["chartofaccounts"].get(account_id)
    if account is None:
        raise bad_value(name)
    if not account["is_active"]:
        raise business(INACTIVE_CODE, f"The account {account['account_name']} is inactive.")
    if account["account_type"] in UNPOSTABLE:
        raise bad_value(name)
    return account


def tax_of(books: Books, tax_id: str) -> dict[str, Any]:
    """The tax fields of a line."""
    if not tax_id:
        return NO_TAX
    tax = books["taxes"].get(tax_id)
    if tax is None:
        raise bad_value("tax_id")
    return {key: tax[key] for key in NO_TAX}


def tax_amounts(body: dict[str, Any], digits: int) -> dict[str, Decimal]:
    """Amounts per tax that the caller sets in ``taxes`` in place of the computed ones."""
    sent = rows(body, "taxes")
    return {
        identifier(row, "tax_id"): rounded(number(row["tax_amount"], "tax_amount"), digits)
        for row in sent
        if row.get("tax_amount") not in (None, "")
    }


def location_of(books: Books, body: dict[str, Any], before: Record | None) -> dict[str, str]:
    """``location_id`` and ``location_name``; older callers say ``branch_id``."""
    location_id = identifier(body, "location_id") or identifier(body, "branch_id")
    if not location_id:
        if before is not None:
            return {"location_id": before["location_id"], "location_name": before["location_name"]}
        return {"location_id": "", "location_name": ""}
    location = books["locations"].get(location_id)
    if location is None:
        raise bad_value("location_id")
    return {"location_id": location_id, "location_name": location["location_name"]}


def tags_of(books: Books, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Reporting tags as stored, with their names."""
    told = []
    for row in rows(body, "tags"):
        tag = books["reportingtags"].get(identifier(row, "tag_id"))
        option_id = identifier(row, "tag_option_id")
        if tag is None:
            raise bad_value("tags")
        option = next((o for o in tag["tag_options"] if o["tag_option_id"] == option_id), None)
        if option is None:
            raise bad_value("tags")
        told.append(
            {
                "tag_id": tag["tag_id"],
                "tag_name": tag["tag_name"],
                "tag_option_id": option_id,
                "tag_option_name": option["tag_option_name"],
                "is_tag_mandatory": books.switches["mandatory_tag"],
            }
        )
    return told


def lines_of(
    books: Books, body: dict[str, Any], before: Record | None, *, side: str = "purchase"
) -> list[dict[str, Any]]:
    """Fresh lines from a request: a full replacement, where a ``line_item_id`` keeps and changes an existing line.

    Raises:
        Refusal: a line without an account, an id the document does not have, an inactive or unknown reference.
    """
    known = {line["line_item_id"]: line for line in before["line_items"]} if before else {}
    built = []
    for place, row in enumerate(rows(body, "line_items")):
        line_id = identifier(row, "line_item_id")
        kept = known.pop(line_id, None) if line_id else None
        if line_id and kept is None:
            raise bad_value("line_item_id")
        built.append(_line(books, row, kept, place, side))
    return built


def _line(books: Books, row: dict[str, Any], kept: dict[str, Any] | None, place: int, side: str) -> dict[str, Any]:
    old = kept or {}
    item = _item(books, row, old, side)
    account_id = identifier(row, "account_id") or old.get("account_id", "") or item.get("account_id", "")
    if not account_id and side == "purchase":
        raise bad_value("account_id")
    account = account_of(books, account_id) if account_id else {"account_name": ""}
    rate = optional_number(row, "rate", old.get("rate", item.get("rate")) or ZERO)
    tax_id = identifier(row, "tax_id") if "tax_id" in row else old.get("tax_id", "")
    name = text(row, "name", 200, old.get("name", item.get("name")) or "")
    tags = tags_of(books, row) if "tags" in row else old.get("tags", [])
    if books.switches["mandatory_tag"] and not tags:
        raise bad_value("tags")
    order = row.get("item_order")
    return {
        "line_item_id": old.get("line_item_id") or books.next_id(),
        "purchaseorder_item_id": identifier(row, "purchaseorder_item_id") or old.get("purchaseorder_item_id", ""),
        "item_id": item.get("item_id", ""),
        "sku": item.get("sku", ""),
        "name": name,
        "account_id": account_id,
        "account_name": account["account_name"],
        "description": text(row, "description", 2000, old.get("description", "")),
        "rate": _rate(books, rate),
        "quantity": optional_number(row, "quantity", old.get("quantity", ONE)),
        "unit": text(row, "unit", 100, old.get("unit", "")),
        **tax_of(books, tax_id),
        "tds_tax_id": identifier(row, "tds_tax_id") or old.get("tds_tax_id", ""),
        "tax_exemption_code": text(row, "tax_exemption_code", 100, old.get("tax_exemption_code", "")),
        "item_order": order if isinstance(order, int) else old.get("item_order", place + 1),
        "product_type": text(row, "product_type", 20, old.get("product_type", "goods")),
        "line_item_category": "line_item",
        **location_of(books, row, kept),
        "project_id": identifier(row, "project_id") or old.get("project_id", ""),
        "customer_id": identifier(row, "customer_id") or old.get("customer_id", ""),
        "is_billable": flag(row, "is_billable", old.get("is_billable", False)),
        "tags": tags,
        "item_custom_fields": row.get("item_custom_fields") or old.get("item_custom_fields", []),
    }


def _rate(books: Books, rate: Decimal) -> Decimal:
    digits = books.switches["rate_decimals"]
    exponent = rate.as_tuple().exponent
    return rate if isinstance(exponent, int) and -exponent <= digits else rounded(rate, digits)


def _item(books: Books, row: dict[str, Any], old: dict[str, Any], side: str) -> Record:
    item_id = identifier(row, "item_id") if "item_id" in row else old.get("item_id", "")
    if not item_id:
        return {}
    item = books["items"].get(item_id)
    if item is None:
        raise bad_value("item_id")
    if item["status"] != "active" and not old:
        raise business(INACTIVE_CODE, f"The item {item['name']} is inactive.")
    if side == "sales":
        return item
    if not item["purchase_account_id"]:
        raise bad_value("item_id")  # sold only: it has no purchase information
    return {**item, "account_id": item["purchase_account_id"], "rate": item["purchase_rate"]}
